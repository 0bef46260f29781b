//! `waybill backup` and `waybill restore`.

use crate::cli::{Backup, Restore};
use crate::database::Database;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;

pub async fn backup(asked: &Backup, settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = settings.database()?;
    if let Database::Postgres(_) = database {
        return Err(Failure::Usage(
            "a PostgreSQL database is copied with pg_dump or the server's own backups".to_owned(),
        ));
    }
    if asked.file.exists() {
        return Err(Failure::Usage(format!("{} exists already; name a new file", asked.file.display())));
    }
    let folder = asked.file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Failure::Usage(format!("there is no folder {} for the copy", folder.display())));
    }
    let store = database.open_reader(settings).await?;
    store.check_schema().await?;
    store.backup(&asked.file).await?;
    let bytes = std::fs::metadata(&asked.file).map_or(0, |file| file.len());
    output.answer(&json!({"file": asked.file, "bytes": bytes}));
    output.line(format!("{} holds a copy of {} ({bytes} bytes)", asked.file.display(), database.shown()));
    Ok(())
}

pub fn restore(asked: &Restore, settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = settings.database()?;
    let Database::Sqlite(path) = &database else {
        return Err(Failure::Usage("a PostgreSQL database is restored with pg_restore".to_owned()));
    };
    if !asked.file.is_file() {
        return Err(Failure::Usage(format!("there is no backup {}", asked.file.display())));
    }
    let kept = waybill_store_sqlite::restore(&asked.file, path)?;
    output.answer(&json!({"database": database.shown(), "kept": kept}));
    output.line(format!("{} is now the copy from {}", database.shown(), asked.file.display()));
    if let Some(kept) = kept {
        output.line(format!("what was there is kept at {}", kept.display()));
    }
    Ok(())
}
