//! Finding PostgreSQL's server programs, and installing them where that needs no question.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::packages::{can_install, find_in_path, install, path_folders};

/// A folder that holds `initdb`, `postgres` and `pg_ctl` of one version.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// As [`Programs::find`]; installs Debian's package when root finds none.
    pub fn find_or_install() -> Outcome<Self> {
        if let Some(programs) = Self::find() {
            return Ok(programs);
        }
        if !can_install() {
            return Err(MISSING.to_owned());
        }
        eprintln!(
            "==> the tests need a PostgreSQL server and none is installed: installing Debian's package postgresql"
        );
        install("postgresql").map_err(|problem| format!("{problem}\n{MISSING}"))?;
        Self::find().ok_or_else(|| format!("the package postgresql is installed but brought no server\n{MISSING}"))
    }

    /// Looks in `PATH`, then where Debian keeps each version.
    pub fn find() -> Option<Self> {
        path_folders()
            .into_iter()
            .chain(debian_folders())
            .find(|folder| is_complete(folder))
            .map(|folder| Self { folder })
    }

    pub fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub fn pg_ctl(&self) -> PathBuf {
        self.folder.join("pg_ctl")
    }

    /// A client's program, which may be elsewhere: where PATH names links to single programs, beside what they lead to.
    pub fn pg_basebackup(&self) -> PathBuf {
        let server = self.postgres().canonicalize().unwrap_or_else(|_| self.postgres());
        let beside = server.with_file_name("pg_basebackup");
        if beside.is_file() { beside } else { find_in_path("pg_basebackup").unwrap_or(beside) }
    }
}

const MISSING: &str = "\
PostgreSQL's server programs (initdb, postgres, pg_ctl) were not found in PATH or /usr/lib/postgresql. Either
  install them (Debian and Ubuntu: `apt-get install postgresql`; elsewhere put their folder into PATH), or
  set WAYBILL_TEST_POSTGRES to the URL of a server whose role may create databases, for example
    WAYBILL_TEST_POSTGRES=postgres://postgres@127.0.0.1:5432/postgres";

/// `/usr/lib/postgresql/<version>/bin`, newest version first.
fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    newest_first(entries.flatten().map(|entry| entry.path()).collect())
        .into_iter()
        .map(|path| path.join("bin"))
        .collect()
}

fn newest_first(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    // As numbers: as text, version 9 would come after version 17.
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders
}

fn version(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.split('.').next()?.parse().ok()
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres", "pg_ctl"].iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::newest_first;

    #[test]
    fn the_newest_installed_version_is_taken_first() {
        let sorted = newest_first(["9.6", "17", "15"].map(PathBuf::from).to_vec());
        assert_eq!(sorted, ["17", "15", "9.6"].map(PathBuf::from));
    }
}
