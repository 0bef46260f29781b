//! A private PostgreSQL server that lives exactly as long as the command that asked for it.
//!
//! The command does not run the server itself: it starts a *keeper*, this same program in a process group of its own,
//! and holds the other end of the keeper's standard input. However the command ends (done, failed, Ctrl-C, killed), the
//! system closes that pipe, and the keeper stops the server and removes its folder. So nothing here handles signals.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use waybill_private_postgres::{Programs, Server};

use crate::Outcome;

/// The hidden command that runs a keeper.
pub const KEEPER: &str = "postgres-keeper";

/// A running server. Dropping it stops the server and waits until nothing of it is left.
pub struct PrivatePostgres {
    keeper: Child,
    /// Closing it tells the keeper to stop; `None` only while dropping.
    leash: Option<ChildStdin>,
    url: String,
}

impl PrivatePostgres {
    /// Starts a server, installing PostgreSQL first where that is possible and needed. Returns once it takes connections.
    pub fn start() -> Outcome<Self> {
        // Asked here too, so that an installation shows its progress and Ctrl-C reaches it.
        Programs::find_or_install()?;
        let program = std::env::current_exe().map_err(|error| format!("cannot find this program's file: {error}"))?;
        let mut keeper = Command::new(program)
            .arg(KEEPER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start the keeper of the PostgreSQL server: {error}"))?;
        let leash = keeper.stdin.take();
        let answers = keeper.stdout.take().expect("the keeper's standard output is piped");
        let mut server = Self { keeper, leash, url: String::new() };
        // The keeper's one line is the URL; without it, it has said why on standard error.
        BufReader::new(answers)
            .read_line(&mut server.url)
            .map_err(|error| format!("cannot read from the keeper of the PostgreSQL server: {error}"))?;
        server.url.truncate(server.url.trim_end().len());
        if server.url.is_empty() {
            return Err("the private PostgreSQL server did not start; the lines above say why".to_owned());
        }
        Ok(server)
    }

    /// The URL of the server's `postgres` database, for its superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the server ends by itself, which is a failure.
    fn wait(&mut self) -> Outcome {
        // `leash` is held apart from `keeper`, or `Child::wait` would close it.
        let status = self.keeper.wait().map_err(|error| format!("cannot wait for the keeper: {error}"))?;
        Err(format!("the PostgreSQL server ended by itself ({status})"))
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        self.leash = None;
        let _ = self.keeper.wait();
    }
}

/// `cargo xtask postgres`: a server to try things on, until Ctrl-C.
pub fn run_in_foreground() -> Outcome {
    let mut server = PrivatePostgres::start()?;
    println!("{}", server.url());
    eprintln!("PostgreSQL is running; Ctrl-C stops it and removes its data. In another terminal:");
    eprintln!("  psql {}", server.url());
    eprintln!("  WAYBILL_TEST_POSTGRES={} cargo xtask test", server.url());
    server.wait()
}

/// The keeper: runs a server until standard input closes.
pub fn keep() -> Outcome {
    let programs = Programs::find_or_install()?;
    let mut server = Server::start(&programs)?;
    println!("{}", server.url());
    let (released, leash) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        // Ends at the end of input, which is when the command that started us is gone or done.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(released);
    });
    loop {
        match leash.recv_timeout(Duration::from_millis(200)) {
            Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Timeout) => server.check()?,
        }
    }
}
