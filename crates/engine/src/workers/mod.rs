//! Workers: reconcilers woken by nudge and by timer. They take no input, read what is true, and submit commands whose
//! decisions check again; running twice at once is harmless, a lease keeps it from being the rule.

mod desks;
pub mod gateway;
mod lease;
#[cfg(test)]
mod plans;
mod projection;
pub(crate) mod receipts;
mod search;
pub(crate) mod sink;
mod stats;
mod webhooks;

use crate::core::Shared;
use crate::submission::{Submission, SubmitError};
use lease::Lease;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::command::Command;

/// At the latest this often every worker looks.
const PERIOD: Duration = Duration::from_secs(1);
/// A nudge is answered after this long at the earliest, so that a busy store is not asked at every commit.
const REST: Duration = Duration::from_millis(200);
/// After a long look the rest is this many times as long, so that no worker keeps a reader to itself.
const LOOK_SHARE: u32 = 9;
/// A stop waits this long at most until the workers have ended and given back their leases: a database that does not answer
/// keeps no process from ending.
const STOP_MAX: Duration = Duration::from_secs(6);

/// The workers at work.
pub(crate) struct Workers(Vec<JoinHandle<()>>);

impl Workers {
    /// Waits until all have ended after a stop; those that cannot are cut off.
    pub(crate) async fn ended(self) {
        let late = Instant::now() + STOP_MAX;
        for mut worker in self.0 {
            if tokio::time::timeout_at(late, &mut worker).await.is_err() {
                tracing::warn!("a worker did not end in time; its lease runs out by itself");
                worker.abort();
            }
        }
    }
}

/// Starts the workers on this runtime.
pub(crate) fn start(shared: &Arc<Shared>) -> Workers {
    if !shared.options.workers {
        return Workers(Vec::new());
    }
    let mut workers: Vec<_> = desks::ALL.into_iter().map(|desk| employ(shared, desk)).collect();
    workers.push(projection::start(shared, search::Words));
    workers.push(projection::start(shared, stats::Stats::new()));
    workers.extend(webhooks::start(shared));
    workers.extend(sink::start(shared));
    Workers(workers)
}

fn employ(shared: &Arc<Shared>, desk: &'static desks::Desk) -> JoinHandle<()> {
    let shared = shared.clone();
    tokio::spawn(async move {
        let mut lease = Lease::new(&shared, desk.name);
        Lease::until_stopped(&shared, tend(&shared, desk, &mut lease)).await;
        lease.release(&shared).await;
    })
}

/// Runs one worker until the engine stops.
async fn tend(shared: &Arc<Shared>, desk: &'static desks::Desk, lease: &mut Lease) {
    let actor = Arc::new(Actor::system(desk.name, Door::Worker));
    while !shared.is_stopping() {
        let nudged = shared.nudge.notified();
        let found = match lease.hold(shared).await {
            Ok(true) => desk.round(shared, &actor).await,
            Ok(false) => Ok(Duration::ZERO),
            Err(error) => Err(error),
        };
        let looked = found.unwrap_or_else(|error| {
            tracing::warn!(worker = desk.name, %error, "a worker could not look");
            Duration::ZERO
        });
        let rest = REST.max(looked * LOOK_SHARE);
        tokio::select! {
            biased;
            () = async { tokio::time::sleep(rest).await; nudged.await } => {}
            () = tokio::time::sleep(rest.max(PERIOD)) => {}
            () = shared.stopped() => {}
        }
    }
}

/// Submits a worker's commands together and waits for them; returns how many were carried out. A refusal means that the
/// world moved on; it is no failure. `expected_version` is what the worker decided on, where that matters.
pub(super) async fn carry_out(
    shared: &Arc<Shared>,
    actor: &Arc<Actor>,
    commands: Vec<Command>,
    expected_version: Option<i64>,
) -> usize {
    let mut done = 0;
    let submissions = commands.into_iter().map(|command| {
        let ids = shared.mint.next(&*shared.ports.clock, &*shared.ports.entropy);
        let submission = Submission { expected_version, ..Submission::new(command, actor.clone(), ids) };
        async move { shared.submit(submission, true).await }
    });
    for result in futures_util::future::join_all(submissions).await {
        match result {
            Ok(_) => done += 1,
            Err(SubmitError::Refused { refusal, .. }) => {
                tracing::debug!(worker = %actor.principal, code = %refusal.code, "nothing left to do");
            }
            // The next process goes on where this one stops.
            Err(SubmitError::NotWriting(_)) => break,
            Err(error) => tracing::warn!(worker = %actor.principal, %error, "a worker's command failed"),
        }
    }
    done
}
