//! A folder for files and logs of one run.

use crate::Outcome;
use std::path::{Path, PathBuf};

/// A new folder, removed with everything in it when dropped, unless it is to be looked at.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    /// # Errors
    /// Where it cannot be made.
    pub fn create() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("waybill-crash-{:016x}", fastrand::u64(..)));
        std::fs::create_dir(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        Ok(Self { path, kept: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Leaves everything where it is.
    pub fn keep(&mut self) -> &Path {
        self.kept = true;
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
