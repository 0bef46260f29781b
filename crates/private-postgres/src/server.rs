//! One PostgreSQL server: data, port, start and stop.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::account::Account;
use crate::folder::{Folder, random};
use crate::programs::Programs;

/// Below the ports a system gives to outgoing connections (from 32768 on Linux), so none of those takes ours.
const PORTS: std::ops::Range<u16> = 15_000..30_000;
const PORT_ATTEMPTS: u32 = 20;
const START_LIMIT: Duration = Duration::from_secs(60);
/// Tests run in parallel, each with pools of its own; PostgreSQL's default of 100 would be tight.
const MAX_CONNECTIONS: u32 = 200;

/// A server that takes connections. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Server {
    programs: Programs,
    account: Account,
    port: u16,
    // Fields drop in this order: the process ends before its folder goes.
    process: Process,
    folder: Folder,
}

impl Server {
    /// Makes a new, empty server on a free port. Returns once it takes connections.
    pub fn start(programs: &Programs) -> Outcome<Self> {
        let account = Account::choose()?;
        let folder = Folder::create(&account)?;
        create_data(programs, &account, &folder)?;
        Self::on_data(programs.clone(), account, folder)
    }

    /// A standby of this server: a copy of its data that follows it, on a port of its own. Returns once it takes
    /// connections.
    pub fn start_standby(&self) -> Outcome<Self> {
        let folder = Folder::create(&self.account)?;
        let mut copy = self.account.command(&self.programs.pg_basebackup());
        copy.current_dir(folder.path()).arg("--pgdata").arg(folder.data());
        copy.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]);
        copy.arg("--dbname").arg(self.url());
        finish(copy, "pg_basebackup")?;
        Self::on_data(self.programs.clone(), self.account.clone(), folder)
    }

    fn on_data(programs: Programs, account: Account, folder: Folder) -> Outcome<Self> {
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            let mut process = Process::start(&programs, &account, &folder, port)?;
            match process.wait_until_ready(&folder)? {
                Start::Ready => return Ok(Self { programs, account, port, process, folder }),
                Start::PortTaken => continue,
            }
        }
        Err(format!("found no free port in {PORTS:?} for the PostgreSQL server"))
    }

    /// The URL of the server's `postgres` database, for its superuser.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address())
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Fails when the server has ended by itself.
    pub fn check(&mut self) -> Outcome {
        match self.process.ended()? {
            None => Ok(()),
            Some(status) => Err(format!("the PostgreSQL server ended ({status}); its log:\n{}", log_end(&self.folder))),
        }
    }

    /// Stops the server as a crash would, without writing anything more (`pg_ctl stop -m immediate`).
    pub fn crash(&mut self) -> Outcome {
        let mut stop = stop(&self.programs, &self.account, &self.folder, "immediate");
        let stopped = stop.status().map_err(|error| format!("cannot run pg_ctl: {error}"))?;
        if !stopped.success() {
            return Err(format!("the PostgreSQL server did not stop ({stopped})"));
        }
        self.process.child.wait().map(drop).map_err(|error| format!("cannot wait for the PostgreSQL server: {error}"))
    }

    /// Starts a server that was stopped, on the same data and port. Returns once it takes connections.
    pub fn start_again(&mut self) -> Outcome {
        self.process = Process::start(&self.programs, &self.account, &self.folder, self.port)?;
        match self.process.wait_until_ready(&self.folder)? {
            Start::Ready => Ok(()),
            Start::PortTaken => Err(format!("somebody took the port {} of the PostgreSQL server", self.port)),
        }
    }

    /// Makes a standby a server that can be written. Returns once it can.
    pub fn promote(&self) -> Outcome {
        let mut promote = self.account.command(&self.programs.pg_ctl());
        promote.current_dir(self.folder.path()).args(["promote", "-w", "-t", "30", "-D"]).arg(self.folder.data());
        finish(promote, "pg_ctl promote")
    }
}

#[derive(Debug)]
enum Start {
    Ready,
    /// Somebody took the port after we had found it free.
    PortTaken,
}

/// The server's process. Dropping it ends the server and waits for it.
#[derive(Debug)]
struct Process {
    child: Child,
    stop: Command,
}

impl Process {
    fn start(programs: &Programs, account: &Account, folder: &Folder, port: u16) -> Outcome<Self> {
        let failed = |error| format!("cannot start {}: {error}", programs.postgres().display());
        // A new log for each start: an older attempt's "address in use" must not be read as this one's.
        let log = File::create(folder.log()).map_err(failed)?;
        // The file of the process before this one would say `ready` for it.
        remove(&folder.data().join("postmaster.pid"))?;
        let child = account
            .command(&programs.postgres())
            .current_dir(folder.path())
            .arg("-D")
            .arg(folder.data())
            .args(["-p", &port.to_string()])
            .args(["-c", &format!("listen_addresses={}", Ipv4Addr::LOCALHOST)])
            .args(["-c", &format!("unix_socket_directories={}", folder.path().display())])
            .args(["-c", &format!("max_connections={MAX_CONNECTIONS}")])
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            .spawn()
            .map_err(failed)?;
        Ok(Self { child, stop: stop(programs, account, folder, "fast") })
    }

    fn wait_until_ready(&mut self, folder: &Folder) -> Outcome<Start> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                let log = log_end(folder);
                if log.contains("Address already in use") {
                    return Ok(Start::PortTaken);
                }
                return Err(format!("the PostgreSQL server did not start ({status}); its log:\n{log}"));
            }
            if is_ready(folder) {
                return Ok(Start::Ready);
            }
            if started.elapsed() > START_LIMIT {
                return Err(format!(
                    "the PostgreSQL server is not ready after {START_LIMIT:?}; its log:\n{}",
                    log_end(folder)
                ));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ended(&mut self) -> Outcome<Option<ExitStatus>> {
        self.child.try_wait().map_err(|error| format!("cannot ask for the PostgreSQL server's state: {error}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // `fast` ends open sessions and writes what is left; `kill` is for a server too young or too stuck to be asked.
        let stopped = self.stop.status().is_ok_and(|status| status.success());
        if !stopped {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn stop(programs: &Programs, account: &Account, folder: &Folder, mode: &str) -> Command {
    let mut stop = account.command(&programs.pg_ctl());
    stop.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    stop.args(["stop", "-w", "-t", "30", "-D"]).arg(folder.data()).args(["-m", mode]);
    stop
}

fn create_data(programs: &Programs, account: &Account, folder: &Folder) -> Outcome {
    let mut initdb = account.command(&programs.initdb());
    initdb.current_dir(folder.path()).arg("-D").arg(folder.data());
    // Any local user may connect without a password: the server is private to this machine and lives for minutes.
    initdb.args(["--username=postgres", "--auth=trust"]);
    // The same text order on every machine, whichever locales it has.
    initdb.args(["--encoding=UTF8", "--locale=C"]);
    // Only the making of the empty data skips the disk's confirmation; the server itself keeps `fsync`.
    initdb.arg("--no-sync");
    finish(initdb, "initdb")
}

/// Runs a program to its end. Fails with what it said when it does not succeed.
fn finish(mut command: Command, name: &str) -> Outcome {
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name} failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end()))
}

fn remove(file: &Path) -> Outcome {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}
/// A port nobody listens on right now.
fn free_port() -> Outcome<u16> {
    let count = u64::from(PORTS.end - PORTS.start);
    (0..PORT_ATTEMPTS)
        .map(|_| PORTS.start + u16::try_from(random() % count).expect("smaller than a u16 range"))
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .ok_or_else(|| format!("found no free port in {PORTS:?} for the PostgreSQL server"))
}

/// The last line of `postmaster.pid` is where the server says `ready`; `pg_ctl start` looks there too.
fn is_ready(folder: &Folder) -> bool {
    fs::read_to_string(folder.data().join("postmaster.pid"))
        .is_ok_and(|state| state.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

/// The last lines of the server's log.
fn log_end(folder: &Folder) -> String {
    let log = fs::read(folder.log()).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::{PORTS, free_port};

    /// A port of the system's own range could be taken by any outgoing connection between choosing and listening.
    #[test]
    fn a_port_lies_below_those_the_system_hands_out() {
        for _ in 0..50 {
            let port = free_port().unwrap();
            assert!(PORTS.contains(&port) && port < 32_768, "{port}");
        }
    }
}
