//! `waybill` as a process.

use crate::Outcome;
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A start that takes longer has failed.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The program, and the database that it is to use.
#[derive(Clone, Debug)]
pub struct Program {
    pub binary: PathBuf,
    /// As `--database` takes it.
    pub database: String,
    /// Standard error of its processes goes here, one after the other.
    pub log: PathBuf,
}

/// A running `waybill serve`. Dropping it kills it.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// `http://host:port`.
    pub address: String,
}

impl Program {
    fn command(&self, words: &[&str]) -> Outcome<Command> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.map_err(|error| format!("cannot write {}: {error}", self.log.display()))?;
        let mut command = Command::new(&self.binary);
        command.args(["--json", "--database", &self.database]).args(words);
        command.env_remove("WAYBILL_DATABASE").env_remove("WAYBILL_CONFIG").env("WAYBILL_LOG", "info");
        command.stdin(Stdio::null()).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    /// Starts to serve. Returns once it listens.
    ///
    /// # Errors
    /// Where it ends before that; its log says why.
    pub async fn serve(&self) -> Outcome<Serving> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--gateway-ms", "5"])?;
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| self.unusable(&error))?;
        let said = child.stdout.take().ok_or("standard output is piped")?;
        let mut line = String::new();
        let read = tokio::time::timeout(START_LIMIT, BufReader::new(said).read_line(&mut line)).await;
        let address =
            serde_json::from_str::<Value>(&line).ok().and_then(|said| Some(said["listening"].as_str()?.to_owned()));
        match (read, address) {
            (Ok(Ok(_)), Some(address)) => Ok(Serving { child, address }),
            _ => Err(format!("`waybill serve` did not start; the end of its log:\n{}", end_of(&self.log))),
        }
    }

    /// Runs another command to its end. Returns its exit code and the JSON that it printed.
    ///
    /// # Errors
    /// Where it cannot be run, or was killed.
    pub async fn run(&self, words: &[&str]) -> Outcome<(i32, Value)> {
        let mut command = self.command(words)?;
        command.stderr(Stdio::piped());
        let output = command.output().await.map_err(|error| self.unusable(&error))?;
        let code = output.status.code().ok_or_else(|| format!("waybill {words:?} was killed"))?;
        let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
        let said = String::from_utf8_lossy(text);
        let last = said.lines().last().unwrap_or_default();
        Ok((code, serde_json::from_str(last).unwrap_or_else(|_| Value::from(&*said))))
    }

    /// Runs another command and kills it after `limit`, if it has not ended by then.
    ///
    /// # Errors
    /// Where it cannot be run.
    pub async fn run_and_kill(&self, words: &[&str], limit: Duration) -> Outcome {
        let mut command = self.command(words)?;
        let mut child = command.stdout(Stdio::null()).spawn().map_err(|error| self.unusable(&error))?;
        if tokio::time::timeout(limit, child.wait()).await.is_err() {
            child.kill().await.map_err(|error| format!("cannot kill {words:?}: {error}"))?;
        }
        Ok(())
    }

    /// Proves the books.
    ///
    /// # Errors
    /// What the audit found.
    pub async fn audit(&self) -> Outcome<Value> {
        let (code, said) = self.run(&["audit"]).await?;
        if code == 0 && said["ok"] == true { Ok(said) } else { Err(format!("the audit ended with {code}: {said}")) }
    }

    /// Fails where a process said something in its log that no trouble from outside explains.
    ///
    /// # Errors
    /// The line.
    pub fn check_log(&self) -> Outcome {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let bad = |line: &&str| line.contains("panicked") || line.contains("stops writing");
        log.lines().find(bad).map_or(Ok(()), |line| Err(format!("in the server's log: {line}")))
    }

    fn unusable(&self, error: &std::io::Error) -> String {
        format!("cannot run {}: {error}", self.binary.display())
    }
}

impl Serving {
    /// Ends it as a power cut of the process would (`SIGKILL`), and waits until it is gone.
    ///
    /// # Errors
    /// Where it had ended by itself.
    pub async fn kill(mut self) -> Outcome {
        self.check()?;
        self.child.kill().await.map_err(|error| format!("cannot kill the server: {error}"))
    }

    /// Fails where it has ended by itself.
    ///
    /// # Errors
    /// How it ended.
    pub fn check(&mut self) -> Outcome {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("the server ended by itself ({status})")),
            Err(error) => Err(format!("cannot ask for the server's state: {error}")),
        }
    }
}

fn end_of(log: &Path) -> String {
    let log = std::fs::read(log).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
