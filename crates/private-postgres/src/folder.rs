//! The temporary folder of one server: data, log, socket, and the lock that tells a live one from a leftover.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::Outcome;
use crate::account::Account;

const PREFIX: &str = "waybill-postgres-";
/// A younger folder is left alone even without a lock: its keeper may be about to take it.
const SETTLING: Duration = Duration::from_secs(60);

/// A folder that exists until dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Held while the keeper lives, and released by the system however it ends.
    _lock: File,
}

impl Folder {
    /// Makes a new folder for `account`, after removing what killed runs left behind.
    pub fn create(account: &Account) -> Outcome<Self> {
        let parent = std::env::temp_dir();
        remove_leftovers(&parent);
        let path = parent.join(format!("{PREFIX}{}-{:08x}", std::process::id(), random() as u32));
        let failed = |error| format!("cannot prepare the folder {}: {error}", path.display());
        DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let folder = Self { path, _lock: lock };
        account.own(&folder.path)?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// Any number.
pub fn random() -> u64 {
    // Each `RandomState` has its own keys from the system, which spares a dependency for one number.
    RandomState::new().hash_one(std::process::id())
}

/// Removes folders whose keeper was killed.
///
/// A server that outlived its keeper notices within a minute that its data is gone and ends by itself, so no process is
/// ever signalled by a number found in an old file.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_leftover(&path) {
            eprintln!("==> removing {}, left by a killed run", path.display());
            // A folder of someone else's stays; it is theirs to remove.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn is_leftover(path: &Path) -> bool {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return false;
    };
    let age = metadata.modified().ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
    if !metadata.is_dir() || age.is_none_or(|age| age < SETTLING) {
        return false;
    }
    match File::open(path.join("lock")) {
        Ok(lock) => !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aged(path: &Path) {
        File::open(path).unwrap().set_modified(SystemTime::now() - 2 * SETTLING).unwrap();
    }

    /// A parallel run must never lose its data to another run's tidying.
    #[test]
    fn only_an_old_folder_without_its_keeper_is_a_leftover() {
        let folder = Folder::create(&Account::Own).unwrap();
        assert!(!is_leftover(folder.path()), "young");
        aged(folder.path());
        assert!(!is_leftover(folder.path()), "old but kept");

        let Folder { path, _lock } = &folder;
        _lock.unlock().unwrap();
        assert!(is_leftover(path), "old and its keeper gone");
    }
}
