//! Backups made under load, restored elsewhere, and compared with what had been acknowledged before they began.

use crate::Outcome;
use crate::check;
use crate::client::Client;
use crate::journal::{Entry, Journal};
use crate::process::Program;
use std::path::{Path, PathBuf};

/// A backup, and what it must hold at least.
#[derive(Debug)]
pub struct Copy {
    file: PathBuf,
    before: Vec<Entry>,
}

/// Makes a backup beside whatever else is going on.
///
/// # Errors
/// Where `waybill backup` fails.
pub async fn make(program: Program, file: PathBuf, journal: Journal) -> Outcome<Copy> {
    let before = journal.entries();
    let name = file.display().to_string();
    match program.run(&["backup", &name]).await? {
        (0, _) => Ok(Copy { file, before }),
        (code, said) => Err(format!("the backup ended with {code}: {said}")),
    }
}

impl Copy {
    /// Restores it into a new place and checks it: the books are right, positions have no gap, and everything that was
    /// acknowledged before the backup began is there, with its receipt.
    ///
    /// # Errors
    /// What does not hold.
    pub async fn check(&self, binary: &Path, folder: &Path, client: &Client) -> Outcome {
        let name = self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let database = format!("sqlite:{}", folder.join(format!("{name}-restored/waybill.db")).display());
        let program = Program { binary: binary.to_owned(), database, log: folder.join(format!("{name}.log")) };
        let (code, said) = program.run(&["restore", &self.file.display().to_string()]).await?;
        if code != 0 {
            return Err(format!("the restore ended with {code}: {said}"));
        }
        program.audit().await?;
        let serving = program.serve().await?;
        let log = crate::feed::read_all(client, &serving.address).await?;
        check::none(check::gapless(&log))?;
        check::none(check::repeat(&self.before, client, &serving.address).await)?;
        serving.kill().await?;
        program.audit().await?;
        std::fs::remove_file(&self.file).map_err(|error| error.to_string())
    }
}
