//! Workers: reconcilers woken by nudge and by timer. They take no input, read what is true, and submit commands whose
//! decisions check again; running twice at once is harmless, a lease keeps it from being the rule.

mod desks;
pub mod gateway;
mod lease;
#[cfg(test)]
mod plans;
mod projection;
mod search;
mod sink;
mod stats;
mod webhooks;

use crate::core::Shared;
use crate::submission::{Submission, SubmitError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::command::Command;

/// At the latest this often every worker looks.
const PERIOD: Duration = Duration::from_secs(1);
/// A nudge is answered after this long at the earliest, so that a busy store is not asked at every commit.
const REST: Duration = Duration::from_millis(200);
/// After a long look the rest is this many times as long, so that no worker keeps a reader to itself.
const LOOK_SHARE: u32 = 9;

/// Starts the workers on this runtime.
pub(crate) fn start(shared: &Arc<Shared>) {
    if !shared.options.workers {
        return;
    }
    for desk in desks::ALL {
        let shared = shared.clone();
        tokio::spawn(async move { tend(shared, desk).await });
    }
    projection::start(shared, search::Words);
    projection::start(shared, stats::Stats::new());
    webhooks::start(shared);
    sink::start(shared);
}

/// Runs one worker until the engine stops.
async fn tend(shared: Arc<Shared>, desk: &'static desks::Desk) {
    let actor = Arc::new(Actor::system(desk.name, Door::Worker));
    let mut lease = lease::Lease::new(&shared, desk.name);
    while !shared.stopping.load(Ordering::Acquire) {
        let nudged = shared.nudge.notified();
        let found = match lease.hold(&shared).await {
            Ok(true) => desk.round(&shared, &actor).await,
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
            () = shared.stop.notified() => {}
        }
    }
    lease.release(&shared).await;
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
