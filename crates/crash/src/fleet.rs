//! Several `waybill serve` processes on one PostgreSQL database.

use crate::client::Client;
use crate::feed::{self, Consumer};
use crate::journal::Journal;
use crate::place::{DATABASE, Kind, Place};
use crate::process::{Program, Serving};
use crate::{Outcome, check, session, shop};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use waybill_private_postgres::Server;

/// Service that takes longer to resume does not resume.
const RESUME_LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(5);

/// Running processes, one more consumer each, and everything around them.
#[derive(Debug)]
pub struct Fleet {
    // Processes end before the database that they use.
    pub serving: Vec<Serving>,
    pub consumers: Vec<Consumer>,
    pub place: Place,
    /// A synchronous copy of the database server, where there is one.
    pub standby: Option<Server>,
    pub program: Program,
    pub addresses: watch::Sender<Vec<String>>,
    pub client: Client,
    pub journal: Journal,
}

impl Fleet {
    /// Starts `count` processes on a new database, on a server with a synchronous standby where one is wanted.
    ///
    /// # Errors
    /// Where something does not start.
    pub async fn start(binary: &Path, count: usize, with_standby: bool) -> Outcome<Self> {
        let place = Place::create(Kind::Postgres).await?;
        let mut program = place.program(binary);
        let standby = match &place.server {
            Some(server) if with_standby => Some(synchronous_standby(server).await?),
            _ => None,
        };
        if let (Some(server), Some(standby)) = (&place.server, &standby) {
            program.database = format!("postgres://postgres@{},{}/{DATABASE}", server.address(), standby.address());
        }
        let mut serving = Vec::new();
        for _ in 0..count {
            serving.push(program.serve().await?);
        }
        let client = Client::default();
        shop::set_up(&client, &serving[0].address).await?;
        let journal = Journal::default();
        let addresses = watch::Sender::new(serving.iter().map(|one| one.address.clone()).collect());
        let follow = |n| Consumer::start(n, &client, &addresses.subscribe(), &journal);
        let consumers = (0..count).map(follow).collect();
        Ok(Self { serving, consumers, place, standby, program, addresses, client, journal })
    }

    /// Waits until so many more requests have an end.
    ///
    /// # Errors
    /// An answer that must not be, a process that ended, or a service that does not resume.
    pub async fn answers(&mut self, more: usize) -> Outcome {
        let (wanted, began) = (self.journal.len() + more, Instant::now());
        while self.journal.len() < wanted {
            self.serving.iter_mut().try_for_each(Serving::check)?;
            check::none(self.journal.wrong())?;
            if began.elapsed() > RESUME_LIMIT {
                return Err(format!("service did not resume within {RESUME_LIMIT:?}"));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Compares what was acknowledged with what is there, on every process, and audits. Returns the log.
    ///
    /// # Errors
    /// What does not hold.
    pub async fn compare(&mut self) -> Outcome<Vec<feed::Event>> {
        self.serving.iter_mut().try_for_each(Serving::check)?;
        let (entries, addresses) = (self.journal.entries(), self.addresses.borrow().clone());
        for address in &addresses {
            check::none(check::repeat(&entries, &self.client, address).await)?;
        }
        let log = feed::read_all(&self.client, &addresses[0]).await?;
        check::none(check::gapless(&log))?;
        check::none(check::compare(&entries, &log))?;
        for consumer in &self.consumers {
            consumer.catch_up(log.len() as i64).await;
            check::none(check::same(&consumer.seen.events()[..log.len()], &log))?;
        }
        check::none(self.journal.wrong())?;
        self.program.audit().await?;
        self.program.check_log()?;
        Ok(log)
    }
}

/// A standby that every commit on `server` waits for.
async fn synchronous_standby(server: &Server) -> Outcome<Server> {
    let standby = tokio::task::block_in_place(|| server.start_standby())?;
    session::execute(&server.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'").await?;
    session::execute(&server.url(), "SELECT pg_reload_conf()").await?;
    let client = session::connect(&server.url()).await?;
    let (sql, began) = ("SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = 'sync'", Instant::now());
    while client.query_one(sql, &[]).await.map_err(|error| error.to_string())?.get::<_, i64>(0) == 0 {
        if began.elapsed() > RESUME_LIMIT {
            return Err("the standby does not follow".to_owned());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(standby)
}
