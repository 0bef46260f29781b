//! The crash test: load, trouble at random moments, and a comparison at the end.

use crate::callers::Callers;
use crate::client::Client;
use crate::copies::{self, Copy};
use crate::feed::{self, Consumer};
use crate::journal::Journal;
use crate::place::{Kind, Place};
use crate::process::{Program, Serving};
use crate::report::Report;
use crate::{Outcome, check, session, shop};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Service that takes longer to resume does not resume.
const RESUME_LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(1);
/// On an embedded store a backup is made beside every so many kills.
const KILLS_PER_BACKUP: u32 = 4;
const BACKUPS_MAX: u32 = 10;

/// What a run does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The `waybill` binary.
    pub binary: PathBuf,
    pub kind: Kind,
    pub kills: u32,
    pub callers: usize,
    pub seed: u64,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    KillServer,
    EndSessions,
    StopDatabase,
    StopBoth,
}

/// Runs the plan.
///
/// # Errors
/// What does not hold, or what kept the run from going on.
pub async fn run(plan: &Plan, say: &(dyn Fn(&str) + Send + Sync)) -> Outcome<Report> {
    let mut run = Run::begin(plan).await?;
    let ended = run.go_through(plan, say).await;
    if ended.is_err() {
        let kept = run.place.folder.keep();
        say(&format!("files and logs are kept in {}", kept.display()));
    }
    ended.map(|()| run.report)
}

struct Run {
    place: Place,
    program: Program,
    /// None only while it is down.
    serving: Option<Serving>,
    addresses: watch::Sender<Vec<String>>,
    client: Client,
    journal: Journal,
    random: fastrand::Rng,
    report: Report,
    backup: Option<JoinHandle<Outcome<Copy>>>,
    copies: Vec<Copy>,
}

impl Run {
    async fn begin(plan: &Plan) -> Outcome<Self> {
        let place = Place::create(plan.kind).await?;
        let program = place.program(&plan.binary);
        let (client, serving) = (Client::default(), program.serve().await?);
        shop::set_up(&client, &serving.address).await?;
        if place.server.is_some() {
            session::install_witness(&program.database).await?;
        }
        Ok(Self {
            addresses: watch::Sender::new(vec![serving.address.clone()]),
            place,
            program,
            serving: Some(serving),
            client,
            journal: Journal::default(),
            random: fastrand::Rng::with_seed(plan.seed),
            report: Report::default(),
            backup: None,
            copies: Vec::new(),
        })
    }

    async fn go_through(&mut self, plan: &Plan, say: &(dyn Fn(&str) + Send + Sync)) -> Outcome {
        let addresses = self.addresses.subscribe();
        let callers =
            Callers::start(plan.callers, &[shop::CHANNEL], plan.seed, &self.client, &addresses, &self.journal);
        let consumer = Consumer::start(0, &self.client, &addresses, &self.journal);
        for n in 1..=plan.kills {
            let more = self.random.usize(plan.callers..plan.callers * 12);
            self.answers(more).await?;
            self.back_up(n);
            // Any moment of a batch, not only just after an answer.
            tokio::time::sleep(Duration::from_micros(self.random.u64(..20_000))).await;
            self.trouble(plan.kind, n).await.map_err(|error| format!("trouble {n} of {}: {error}", plan.kills))?;
            self.backed_up().await?;
            if n % 10 == 0 {
                say(&format!("{n} of {} troubles; {} requests have an end", plan.kills, self.journal.len()));
            }
        }
        self.answers(plan.callers * 4).await?;
        callers.finish().await;
        say("comparing what was acknowledged with what is there");
        self.compare(plan, &consumer).await
    }

    /// Waits until so many more requests have an end.
    async fn answers(&mut self, more: usize) -> Outcome {
        let (wanted, began) = (self.journal.len() + more, Instant::now());
        while self.journal.len() < wanted {
            if let Some(serving) = &mut self.serving {
                serving.check()?;
            }
            check::none(self.journal.wrong())?;
            if began.elapsed() > RESUME_LIMIT {
                return Err(format!("service did not resume within {RESUME_LIMIT:?}"));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn trouble(&mut self, kind: Kind, n: u32) -> Outcome {
        // In turns, so that a short run has them all.
        let trouble = match (kind, n % 5) {
            (Kind::Sqlite, _) | (Kind::Postgres, 1 | 4) => Trouble::KillServer,
            (Kind::Postgres, 2) => Trouble::EndSessions,
            (Kind::Postgres, 3) => Trouble::StopDatabase,
            (Kind::Postgres, _) => Trouble::StopBoth,
        };
        let began = Instant::now();
        if matches!(trouble, Trouble::KillServer | Trouble::StopBoth) {
            self.addresses.send_replace(Vec::new());
            if let Some(serving) = self.serving.take() {
                serving.kill().await?;
            }
            self.report.servers_killed += 1;
        }
        if trouble == Trouble::EndSessions {
            self.report.sessions_ended += session::terminate(&self.program.database).await?;
        }
        if matches!(trouble, Trouble::StopDatabase | Trouble::StopBoth)
            && let Some(server) = &mut self.place.server
        {
            tokio::task::block_in_place(|| server.crash().and_then(|()| server.start_again()))?;
            self.report.databases_stopped += 1;
        }
        if self.serving.is_none() {
            let serving = self.program.serve().await?;
            self.addresses.send_replace(vec![serving.address.clone()]);
            self.serving = Some(serving);
        }
        self.answers(1).await?;
        self.report.recoveries.push(began.elapsed());
        Ok(())
    }

    fn back_up(&mut self, n: u32) {
        let wanted = n % KILLS_PER_BACKUP == 1 && self.report.backups < BACKUPS_MAX;
        if !wanted || self.place.server.is_some() {
            return;
        }
        self.report.backups += 1;
        let file = self.place.folder.join(&format!("copy-{n}.db"));
        self.backup = Some(tokio::spawn(copies::make(self.program.clone(), file, self.journal.clone())));
    }

    async fn backed_up(&mut self) -> Outcome {
        if let Some(backup) = self.backup.take() {
            self.copies.push(backup.await.map_err(|error| error.to_string())??);
        }
        Ok(())
    }

    async fn compare(&mut self, plan: &Plan, consumer: &Consumer) -> Outcome {
        let server = self.addresses.borrow().first().cloned().ok_or("a server runs at the end")?;
        let entries = self.journal.entries();
        for repeated in [false, true] {
            if repeated {
                check::none(check::repeat(&entries, &self.client, &server).await)?;
            }
            let log = feed::read_all(&self.client, &server).await?;
            check::none(check::gapless(&log))?;
            check::none(check::compare(&entries, &log))?;
            consumer.catch_up(log.len() as i64).await;
            check::none(check::same(&consumer.seen.events()[..log.len()], &log))?;
            self.report.events = log.len();
        }
        check::none(self.journal.wrong())?;
        if self.place.server.is_some() {
            session::hear_witness(&self.program.database).await?;
        }
        self.addresses.send_replace(Vec::new());
        if let Some(serving) = self.serving.take() {
            serving.kill().await?;
        }
        self.program.check_log()?;
        self.report.audit = self.program.audit().await?;
        for copy in &self.copies {
            copy.check(&plan.binary, self.place.folder.path(), &self.client).await?;
        }
        self.report.count(&self.journal);
        Ok(())
    }
}
