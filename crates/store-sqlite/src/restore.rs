//! A copy put back in the place of a store that no process holds.
//!
//! It may end at any moment. Until the copy stands where the store was, there is either the store as it was, or none: then
//! nobody opens an empty one in its place, and the next restore goes on from there.

use crate::backup::{copy, put_in_place, sync_folder, unwritable};
use crate::error::plain;
use crate::migrate::{MIGRATIONS, applied};
use crate::open;
use crate::options::SqliteOptions;
use crate::owner::{Ownership, beside};
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use waybill_store::StoreError;
use waybill_store::migration::pending;
use waybill_store::tables::StoreState;

/// The files of a store. The log goes along: it may hold commits that the file does not.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Puts a copy in the place of a store that no process holds. What was there is kept beside it; returns where.
///
/// # Errors
/// [`StoreError::Locked`] where a process holds the store; [`StoreError::Damaged`] and [`StoreError::NewerSchema`] where
/// the copy is not a store that this version can open. Nothing is replaced then.
pub fn restore(from: &Path, to: &Path) -> Result<Option<PathBuf>, StoreError> {
    let options = SqliteOptions::default();
    let _ownership = Ownership::take(to)?;
    check_whole(from)?;
    let source = open::checked_reader(from, &options)?;
    pending(&applied(&source)?, MIGRATIONS)?;
    check_writer(&source)?;
    check_pages(&source)?;
    let partial = copy(&source, to)?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(|error| unwritable(&partial, &error))?;
    let kept = set_aside(to)?;
    put_in_place(&partial, to)?;
    Ok(kept)
}

/// Refuses to make an empty store where a restore ended between the store that was there and the copy.
///
/// # Errors
/// [`StoreError::Configuration`], with what to do.
pub fn check_interrupted(store: &Path) -> Result<(), StoreError> {
    if store.exists() {
        return Ok(());
    }
    let aside = aside(store).into_iter().next_back();
    if aside.is_none() && !beside(store, ".partial").exists() {
        return Ok(());
    }
    let kept = match aside {
        Some(aside) => format!("; what was there before is {}", aside.display()),
        None => String::new(),
    };
    Err(StoreError::Configuration(format!(
        "there is no {}, and what is beside it says that a restore was interrupted{kept}: run `waybill restore` again, or \
         move the files beside it away",
        store.display()
    )))
}

/// Says of a copy that was cut off that it was; SQLite calls it malformed, or reads zeros at its end.
///
/// Reads the header itself (sqlite.org/fileformat2.html, 1.3), which must not be done to a store that this process has open:
/// closing the file would drop SQLite's locks on it.
fn check_whole(copy: &Path) -> Result<(), StoreError> {
    let mut header = [0; 100];
    let read = File::open(copy).and_then(|mut file| file.read_exact(&mut header).and_then(|()| file.metadata()));
    let Some(found) = read.ok().filter(|_| header.starts_with(b"SQLite format 3\0")).map(|file| file.len()) else {
        return Ok(());
    };
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let page_bytes = if header[16..18] == [0, 1] { 65_536 } else { number(&header[16..18]) };
    let said = page_bytes * number(&header[28..32]);
    if found >= said {
        return Ok(());
    }
    Err(StoreError::Damaged(format!(
        "{} was cut off: it says that it has {said} bytes and has {found}",
        copy.display()
    )))
}

fn check_pages(source: &Connection) -> Result<(), StoreError> {
    let said: String = source.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(plain)?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Damaged(said)) }
}

/// Whether this version may write what the copy holds: a newer one may have taken it over without a migration.
fn check_writer(source: &Connection) -> Result<(), StoreError> {
    let sql = "SELECT min_writer FROM store_state";
    let min_writer: i64 = source.query_row(sql, [], |row| row.get(0)).map_err(plain)?;
    StoreState::check_writer(min_writer)
}

/// What stores were moved to by restores, the latest last.
fn aside(store: &Path) -> Vec<PathBuf> {
    (1..).map(|n| beside(store, &format!(".replaced-{n}"))).take_while(|path| path.exists()).collect()
}

/// Moves a store out of the way, its file first: what is left of it is no store that anybody opens. Where an earlier restore
/// ended in the midst of that, the rest of it follows to where it moved the file.
fn set_aside(store: &Path) -> Result<Option<PathBuf>, StoreError> {
    let before = aside(store);
    // Nothing that is there already is written over.
    let is_rest = |of: &Path| PARTS.iter().all(|part| !(beside(store, part).exists() && beside(of, part).exists()));
    let to = match before.last() {
        Some(last) if !store.exists() && is_rest(last) => last.clone(),
        _ => beside(store, &format!(".replaced-{}", before.len() + 1)),
    };
    let mut moved = false;
    for part in PARTS {
        let from = beside(store, part);
        if from.exists() {
            fs::rename(&from, beside(&to, part)).map_err(|error| unwritable(&from, &error))?;
            moved = true;
        }
    }
    sync_folder(store).map_err(|error| unwritable(store, &error))?;
    Ok(moved.then_some(to))
}
