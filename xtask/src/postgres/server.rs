//! One PostgreSQL server process: data, port, start and stop.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::account::Account;
use super::folder::{Folder, random};
use super::programs::Programs;
use crate::Outcome;

/// Below the ports a system gives to outgoing connections (from 32768 on Linux), so none of those takes ours.
const PORTS: std::ops::Range<u16> = 15_000..30_000;
const PORT_ATTEMPTS: u32 = 20;
const START_LIMIT: Duration = Duration::from_secs(60);
/// Tests run in parallel, each with pools of its own; PostgreSQL's default of 100 would be tight.
const MAX_CONNECTIONS: u32 = 200;

/// A server that takes connections. Dropping it stops it and removes its data.
pub struct Server {
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
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port()?;
            let mut process = Process::start(programs, &account, &folder, port)?;
            match process.wait_until_ready(&folder)? {
                Start::Ready => return Ok(Self { port, process, folder }),
                Start::PortTaken => continue,
            }
        }
        Err(format!("found no free port in {PORTS:?} for the PostgreSQL server"))
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@{}:{}/postgres", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Fails when the server has ended by itself.
    pub fn check(&mut self) -> Outcome {
        match self.process.ended()? {
            None => Ok(()),
            Some(status) => Err(format!("the PostgreSQL server ended ({status}); its log:\n{}", log_end(&self.folder))),
        }
    }
}

enum Start {
    Ready,
    /// Somebody took the port after we had found it free.
    PortTaken,
}

/// The server's process. Dropping it ends the server and waits for it.
struct Process {
    child: Child,
    stop: Command,
}

impl Process {
    fn start(programs: &Programs, account: &Account, folder: &Folder, port: u16) -> Outcome<Self> {
        let failed = |error| format!("cannot start {}: {error}", programs.postgres().display());
        // A new log for each start: an older attempt's "address in use" must not be read as this one's.
        let log = File::create(folder.log()).map_err(failed)?;
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
        let mut stop = account.command(&programs.pg_ctl());
        stop.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        stop.args(["stop", "-w", "-t", "30", "-D"]).arg(folder.data()).args(["-m", "fast"]);
        Ok(Self { child, stop })
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

    fn ended(&mut self) -> Outcome<Option<std::process::ExitStatus>> {
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

fn create_data(programs: &Programs, account: &Account, folder: &Folder) -> Outcome {
    let output = account
        .command(&programs.initdb())
        .current_dir(folder.path())
        .arg("-D")
        .arg(folder.data())
        // Any local user may connect without a password: the server is private to this machine and lives for minutes.
        .args(["--username=postgres", "--auth=trust"])
        // The same text order on every machine, whichever locales it has.
        .args(["--encoding=UTF8", "--locale=C"])
        // Only the making of the empty data skips the disk's confirmation; the server itself keeps `fsync`.
        .arg("--no-sync")
        .output()
        .map_err(|error| format!("cannot run {}: {error}", programs.initdb().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("initdb failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end()))
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
