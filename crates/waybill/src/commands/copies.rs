//! `waybill backup` and `waybill restore`.

use crate::cli::{Backup, Restore};
use crate::control::{self, Answer};
use crate::database::Database;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::path::Path;

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
    let bytes = match beside_its_owner(&database, &asked.file).await? {
        Some(bytes) => bytes,
        None => {
            let store = database.open_reader(settings).await?;
            store.check_schema().await?;
            store.backup(&asked.file).await?;
            std::fs::metadata(&asked.file).map_or(0, |file| file.len())
        }
    };
    output.answer(&json!({"file": asked.file, "bytes": bytes}));
    output.line(format!("{} holds a copy of {} ({bytes} bytes)", asked.file.display(), database.shown()));
    Ok(())
}

/// Asks the process that serves the store, whose log stays short meanwhile; how many bytes the copy has. None where no process
/// of this machine does.
async fn beside_its_owner(database: &Database, file: &Path) -> Result<Option<u64>, Failure> {
    let Database::Sqlite(store) = database else { return Ok(None) };
    let file = std::path::absolute(file).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    match control::ask_backup(store, &file).await {
        Some(Answer::Bytes(bytes)) => Ok(Some(bytes)),
        Some(Answer::Failed(why)) => Err(Failure::Other(why)),
        None => Ok(None),
    }
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
