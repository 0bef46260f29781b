//! Copies of a store, made while it is in use and put back while it is not.

use crate::error::plain;
use crate::migrate::{MIGRATIONS, applied};
use crate::open;
use crate::options::SqliteOptions;
use crate::owner::{Ownership, beside};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use waybill_store::StoreError;
use waybill_store::migration::pending;

/// Pages copied at a time.
const STEP_PAGES: i32 = 1024;

/// Copies a consistent image of a store to a new file, which is there whole or not at all.
///
/// The copy is read in one read transaction: it never waits for the writer nor starts over when the writer goes on, as
/// SQLite's backup between short transactions would; meanwhile the log cannot start over and grows. `VACUUM INTO` has
/// the same property, is several times slower, and would only give a smaller file.
pub fn backup(from: &Path, to: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::Configuration(format!("{} exists already", to.display())));
    }
    let source = open::checked_reader(from, options)?;
    let partial = copy(&source, to)?;
    put_in_place(&partial, to)
}

/// Puts a copy in the place of a store that no process holds. What was there is kept beside it; returns where.
///
/// # Errors
/// [`StoreError::Locked`] where a process holds the store; [`StoreError::Damaged`] and [`StoreError::NewerSchema`] where
/// the copy is not a store that this version can open. Nothing is replaced then.
pub fn restore(from: &Path, to: &Path) -> Result<Option<PathBuf>, StoreError> {
    let options = SqliteOptions::default();
    let _ownership = Ownership::take(to)?;
    let source = open::checked_reader(from, &options)?;
    pending(&applied(&source)?, MIGRATIONS)?;
    let partial = copy(&source, to)?;
    check_pages(&partial, &options).inspect_err(|_| drop(fs::remove_file(&partial)))?;
    let kept = set_aside(to)?;
    put_in_place(&partial, to)?;
    Ok(kept)
}

fn copy(source: &Connection, to: &Path) -> Result<PathBuf, StoreError> {
    let partial = beside(to, ".partial");
    if partial.exists() {
        fs::remove_file(&partial).map_err(|error| unwritable(&partial, &error))?;
    }
    let transaction = source.unchecked_transaction().map_err(plain)?;
    // The transaction takes its image of the store with its first read.
    transaction.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(())).map_err(plain)?;
    let mut target = Connection::open(&partial).map_err(plain)?;
    // Nobody sees the copy before it is whole and synced, so that it needs no journal of its own.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;").map_err(plain)?;
    let copying = Backup::new(&transaction, &mut target).map_err(plain)?;
    loop {
        match copying.step(STEP_PAGES).map_err(plain)? {
            StepResult::Done => break,
            StepResult::More => {}
            // Busy: something else has the copy open.
            _ => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
    drop(copying);
    Ok(partial)
}

fn check_pages(copy: &Path, options: &SqliteOptions) -> Result<(), StoreError> {
    let connection = open::reader(copy, options)?;
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(plain)?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Damaged(said)) }
}

/// Moves a store out of the way, its log with it: the log may hold commits that the file does not.
fn set_aside(store: &Path) -> Result<Option<PathBuf>, StoreError> {
    if !store.exists() {
        return Ok(None);
    }
    let free = (1..).map(|n| beside(store, &format!(".replaced-{n}"))).find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| beside(store, ".replaced"));
    for addition in ["-wal", "-shm", ""] {
        let from = beside(store, addition);
        if from.exists() {
            fs::rename(&from, beside(&aside, addition)).map_err(|error| unwritable(&from, &error))?;
        }
    }
    Ok(Some(aside))
}

fn put_in_place(partial: &Path, to: &Path) -> Result<(), StoreError> {
    let done = File::open(partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(partial, to))
        .and_then(|()| sync_folder(to));
    done.map_err(|error| unwritable(to, &error))
}

/// Makes a rename durable, where folders can be synced.
#[cfg(unix)]
fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::Full,
        _ => StoreError::Configuration(format!("cannot write {}: {error}", path.display())),
    }
}
