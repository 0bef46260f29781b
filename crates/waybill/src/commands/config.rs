//! `waybill config check`: that this runs at all means that every source could be read.

use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::{Map, Value, json};

/// A URL as it is written in a file, without user, password or token.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://{}", &url[..scheme], &url[at + 1..]),
        _ => url.to_owned(),
    }
}

pub fn check(settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = settings.database()?;
    let mut values = Map::new();
    for known in settings.list() {
        let name =
            if known.section.is_empty() { known.name.to_owned() } else { format!("{}.{}", known.section, known.name) };
        // URLs may hold passwords.
        let value = match name.as_str() {
            "database" => database.shown(),
            "nats.url" => without_user(&known.value),
            _ => known.value,
        };
        output.line(format!("{name} = {value}"));
        values.insert(name, Value::String(value));
    }
    output.answer(&json!({"ok": true, "settings": values}));
    output.line("the settings are good");
    Ok(())
}
