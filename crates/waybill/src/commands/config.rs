//! `waybill config check`: that this runs at all means that every source could be read.

use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::{Map, Value, json};

pub fn check(settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.database()?;
    let mut values = Map::new();
    for known in settings.list() {
        let name =
            if known.section.is_empty() { known.name.to_owned() } else { format!("{}.{}", known.section, known.name) };
        output.line(format!("{name} = {}", known.value));
        values.insert(name, Value::String(known.value));
    }
    output.answer(&json!({"ok": true, "settings": values}));
    output.line("the settings are good");
    Ok(())
}
