//! Backups made under load, restored elsewhere, and compared with what had been acknowledged before they began.

use crate::Outcome;
use crate::check;
use crate::client::Client;
use crate::journal::{Entry, Journal};
use crate::process::Program;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// When restores are killed, of the time that one takes.
const KILLED_AFTER: [f64; 4] = [0.3, 0.7, 0.9, 0.98];

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
        let began = Instant::now();
        self.restore(&program).await?;
        let took = began.elapsed();
        program.audit().await?;
        let serving = program.serve().await?;
        let log = crate::feed::read_all(client, &serving.address).await?;
        check::none(check::gapless(&log))?;
        check::none(check::repeat(&self.before, client, &serving.address).await)?;
        serving.kill().await?;
        // Over a store whose log still holds commits, and killed before it is through: whatever is left of it, the next one
        // puts the copy in place.
        for share in KILLED_AFTER {
            program.run_and_kill(&["restore", &self.file.display().to_string()], took.mul_f64(share)).await?;
        }
        self.restore(&program).await?;
        program.audit().await?;
        std::fs::remove_file(&self.file).map_err(|error| error.to_string())
    }

    async fn restore(&self, program: &Program) -> Outcome {
        match program.run(&["restore", &self.file.display().to_string()]).await? {
            (0, _) => Ok(()),
            (code, said) => Err(format!("the restore ended with {code}: {said}")),
        }
    }
}
