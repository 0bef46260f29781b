//! Files of their own for tests, also those of other crates.

use crate::{SqliteOptions, SqliteStore};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

/// A new folder, removed with everything in it when dropped.
#[derive(Debug)]
pub struct TestFolder(PathBuf);

impl TestFolder {
    /// # Panics
    /// Where the folder cannot be made.
    pub fn create() -> Self {
        let random = RandomState::new().hash_one(std::process::id());
        let path = std::env::temp_dir().join(format!("waybill-test-{random:016x}"));
        std::fs::create_dir(&path).expect("a folder for tests");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the tests' store is.
    pub fn store_path(&self) -> PathBuf {
        self.0.join("store.sqlite")
    }

    /// Opens the store in this folder.
    ///
    /// # Panics
    /// Where that fails.
    pub fn open(&self) -> SqliteStore {
        SqliteStore::open(self.store_path(), SqliteOptions::default()).expect("a store for tests")
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
