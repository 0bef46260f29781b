//! `waybill migrate`.

use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;

pub async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = settings.database()?;
    let applied = database.open(settings).await?.migrate().await?;
    output.answer(&json!({"database": database.shown(), "applied": applied}));
    for title in &applied {
        output.line(format!("applied {title}"));
    }
    if applied.is_empty() {
        output.line(format!("{} has this version's schema already", database.shown()));
    }
    Ok(())
}
