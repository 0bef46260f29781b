//! The lock that makes a store belong to one process.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use waybill_store::StoreError;

/// Held while a process owns a store; the system lets go of it however the process ends.
///
/// It is a file of its own because closing any handle of the database file would drop SQLite's own locks on it (POSIX).
#[derive(Debug)]
pub struct Ownership {
    _file: File,
}

impl Ownership {
    /// Takes the store, making its folder where there is none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another process (or another opening in this one) has it.
    pub fn take(store: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = store.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
        }
        let path = beside(store, ".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| unusable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked(store.display().to_string())),
            Err(TryLockError::Error(error)) => Err(unusable(&path, &error)),
        }
    }
}

/// The path with something added to the file's name: `store.sqlite` and `-wal` give `store.sqlite-wal`.
pub fn beside(store: &Path, addition: &str) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(addition);
    PathBuf::from(name)
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Configuration(format!("cannot use {}: {error}", path.display()))
}
