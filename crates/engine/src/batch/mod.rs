//! The batch loop: everything that waits is decided together, committed once, and only then answered.
//!
//! Where others write too, one transaction locks, loads, writes and commits. While this process alone writes, the next
//! batch is decided on what the one before has decided while that is still being written: nobody is answered before
//! the commit, and when it fails both are decided again. Nobody has to say which of the two it is: a batch that finds the
//! log's head elsewhere than where our own last one left it has met others, and a number of batches that found it there
//! has not.

mod decide;
mod decided;
mod draft;
mod entry;
mod kept;
mod preview;
mod side;

use crate::core::Shared;
use crate::queue::Waiting;
use crate::receipt::{Answer, Placed, Receipt, Verdict};
use crate::submission::{Submission, SubmitError};
use decided::Decided;
pub(crate) use decided::Intent;
use draft::{Draft, changes_catalog, state};
use entry::Entry;
use futures_util::FutureExt;
use kept::Kept;
pub use preview::{LevelChange, Preview};
pub(crate) use preview::{judge, preview};
use rustc_hash::FxHashSet;
use side::{Landing, Side, landed};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
use waybill_domain::catalog::Catalog;
use waybill_domain::command::Command;
use waybill_domain::ids::Id;
use waybill_domain::world::World;
use waybill_store::StoreError;
use waybill_store::tables::StoreState;

/// Whole batches are decided again this often before commands go one at a time.
const RETRIES_MAX: u32 = 3;

/// Runs until the queue is closed and empty.
pub(crate) async fn run(shared: Arc<Shared>, ready: oneshot::Sender<Result<(), StoreError>>) {
    let mut batches = match Side::open(&*shared.store, shared.options.own_thread).await {
        Ok(side) => Loop { shared: shared.clone(), side, kept: Kept::default(), later: Vec::new() },
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let opened = batches.open().await;
    let failed = opened.is_err();
    let _ = ready.send(opened);
    if failed {
        return;
    }
    // A bug in a rule must not leave callers waiting for ever, nor go on with a World it may have spoiled.
    if std::panic::AssertUnwindSafe(batches.go_on()).catch_unwind().await.is_err() {
        shared.close("a rule failed; see the log".into());
        shared.queue.close();
    }
    batches.side.end().await;
    shared.queue.abandon();
}

struct Loop {
    shared: Arc<Shared>,
    side: Side,
    kept: Kept,
    /// Repeats of commands that are being written: taken in when that is done.
    later: Vec<Waiting>,
}

/// A batch that is being written.
struct Flight {
    entries: Vec<Entry>,
    keys: FxHashSet<Id>,
    decided: Arc<Decided>,
    done: Landing,
    began: Instant,
}

impl Flight {
    /// Nothing is decided beside it: it changes what every decision reads.
    fn is_alone(&self) -> bool {
        self.decided.next_state.is_some()
    }
}

/// Waits until the flight, if there is one, is over.
async fn landing(flight: &mut Option<Flight>) -> (Result<(), StoreError>, Duration) {
    match flight {
        Some(flight) => landed(&mut flight.done).await,
        None => std::future::pending().await,
    }
}

impl Loop {
    /// Warms the caches, where this Waybill may write.
    async fn open(&mut self) -> Result<(), StoreError> {
        self.side.begin().await?;
        let state = state(self.side.loader(), false).await;
        self.side.rollback().await;
        StoreState::check_writer(state?.0.min_writer)?;
        self.kept.warm(&*self.shared.store).await?;
        let head = self.kept.head.unwrap_or_default();
        self.shared.figures.position.store(head, Ordering::Relaxed);
        self.shared.position.send_replace(head);
        Ok(())
    }

    async fn go_on(&mut self) {
        let mut comes_more = true;
        while comes_more {
            comes_more = if self.side.is_alone() { self.run_ahead().await } else { self.take_turns().await };
        }
    }

    /// One batch after the other, each beside those of others, until nobody else writes. False when nothing comes any more.
    async fn take_turns(&mut self) -> bool {
        let (shared, options) = (self.shared.clone(), self.shared.options);
        while !self.side.is_alone() {
            match shared.queue.take(options.batch_max, options.batch_rows_max).await {
                Some(batch) => self.serve(batch).await,
                None => return false,
            }
        }
        true
    }

    /// Decides what comes while the batch before is written, until somebody else writes too. Whatever was decided by then
    /// is the next batch. False when nothing comes any more.
    async fn run_ahead(&mut self) -> bool {
        let (shared, options) = (self.shared.clone(), self.shared.options);
        let mut flight: Option<Flight> = None;
        let mut draft: Option<Draft> = None;
        let mut is_open = true;
        while (is_open && self.side.is_alone()) || flight.is_some() || draft.is_some() {
            let (count, weight) = draft.as_ref().map_or((0, 0), |draft| (draft.entries.len(), draft.weight()));
            let (more, rows) = (options.batch_max.saturating_sub(count), options.batch_rows_max.saturating_sub(weight));
            let busy = !self.side.is_alone() || flight.as_ref().is_some_and(Flight::is_alone);
            tokio::select! {
                biased;
                (result, took) = landing(&mut flight), if flight.is_some() => {
                    let Some(over) = flight.take() else { continue };
                    let decided_since = draft.take();
                    match result {
                        Ok(()) => {
                            // What was decided since is under way before anybody is answered.
                            if let Some(draft) = decided_since {
                                flight = self.launch(draft).await;
                            }
                            self.land(over.decided, over.entries, took, over.began);
                        }
                        Err(error) => {
                            let error = self.failed(error).await;
                            self.try_again(over.entries, error).await;
                            if let Some(draft) = decided_since {
                                // What was decided on it does not hold either.
                                self.serve(draft.entries.into_iter().map(|entry| entry.waiting).collect()).await;
                            }
                        }
                    }
                    let later = std::mem::take(&mut self.later);
                    if self.side.is_alone() && !later.is_empty() {
                        self.take_in(later, &flight, &mut draft).await;
                    } else {
                        self.later = later;
                    }
                }
                batch = shared.queue.take(more, rows), if is_open && more > 0 && rows > 0 && !busy => match batch {
                    Some(batch) => self.take_in(batch, &flight, &mut draft).await,
                    None => is_open = false,
                }
            }
            if flight.is_none()
                && let Some(ready) = draft.take()
            {
                flight = self.launch(ready).await;
            }
        }
        let later = std::mem::take(&mut self.later);
        if !later.is_empty() {
            self.serve(later).await;
        }
        is_open
    }

    /// Takes commands into the draft, which is opened for the first.
    async fn take_in(&mut self, batch: Vec<Waiting>, flight: &Option<Flight>, draft: &mut Option<Draft>) {
        let mut entries: Vec<Entry> = batch.into_iter().map(|waiting| Entry::new(&self.shared, waiting)).collect();
        if let Some(flight) = flight {
            for repeat in entries.extract_if(.., |entry| flight.keys.contains(&entry.key)) {
                self.later.push(repeat.waiting);
            }
        }
        if entries.is_empty() {
            return;
        }
        let mut open = match draft.take() {
            Some(draft) => draft,
            None => match self.begin(false, flight.as_ref()).await {
                Ok(draft) => draft,
                Err(error) if error.is_race() => {
                    // Decided beside others, when what is under way is over.
                    self.meet_others();
                    return self.later.extend(entries.into_iter().map(|entry| entry.waiting));
                }
                Err(error) => {
                    self.side.rollback().await;
                    return self.fail(entries, &error);
                }
            },
        };
        let before = flight.as_ref().map(|flight| &*flight.decided);
        match open.take_in(entries, self.side.loader(), before).await {
            Ok(()) => *draft = Some(open),
            Err(error) => {
                // The flight is not touched by this, nor the numbers that follow on its own.
                self.kept.forget_catalog();
                self.side.rollback().await;
                self.fail(open.entries, &error);
            }
        }
    }

    /// Hands what was decided to the writing thread; answers at once where there is nothing to write.
    async fn launch(&mut self, draft: Draft) -> Option<Flight> {
        let began = Instant::now();
        self.note(&draft);
        let (entries, decided) = draft.finish(&mut self.kept);
        let Some(decided) = decided else {
            self.side.rollback().await;
            self.answer(entries, Vec::new(), None, began);
            return None;
        };
        self.shared.figures.ahead.fetch_add(1, Ordering::Relaxed);
        self.kept.head = Some(decided.last_position());
        let decided = Arc::new(decided);
        let done = self.side.launch(decided.clone()).await;
        let keys = entries.iter().map(|entry| entry.key).collect();
        Some(Flight { entries, keys, decided, done, began })
    }

    /// Carries out a batch whole and answers everybody in it.
    async fn serve(&mut self, batch: Vec<Waiting>) {
        let entries = batch.into_iter().map(|waiting| Entry::new(&self.shared, waiting)).collect();
        let began = Instant::now();
        match self.attempt(entries).await {
            Ok((entries, decided, took)) => self.done(entries, decided, took, began),
            Err((entries, error)) => self.try_again(entries, error).await,
        }
    }

    /// Decides a batch again after a failed attempt, as long as that may help; then its commands go one at a time.
    async fn try_again(&mut self, mut entries: Vec<Entry>, mut error: StoreError) {
        let (began, mut tries) = (Instant::now(), 0);
        doubt(&mut entries, &error);
        while (error.is_race() || matches!(error, StoreError::CommitUnknown(_))) && tries < RETRIES_MAX {
            tries += 1;
            self.shared.figures.retries.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(%error, commands = entries.len(), "a batch is decided again");
            entries.iter_mut().for_each(Entry::forget);
            match self.attempt(entries).await {
                Ok((entries, decided, took)) => return self.done(entries, decided, took, began),
                Err(failed) => (entries, error) = failed,
            }
            doubt(&mut entries, &error);
        }
        if (error.is_race() || matches!(error, StoreError::Other(_))) && entries.len() > 1 {
            // One of them cannot go through with the others; none is taken along by its neighbor.
            tracing::warn!(%error, commands = entries.len(), "commands go one at a time");
            for entry in entries {
                Box::pin(self.serve(vec![entry.waiting])).await;
            }
        } else {
            self.fail(entries, &error);
        }
    }

    fn done(&mut self, entries: Vec<Entry>, decided: Option<Arc<Decided>>, took: Duration, began: Instant) {
        match decided {
            Some(decided) => self.land(decided, entries, took, began),
            None => self.answer(entries, Vec::new(), None, began),
        }
    }

    /// One attempt at a whole batch. After an error nothing of it was kept, and the caches are to be read anew.
    #[allow(clippy::type_complexity)]
    async fn attempt(
        &mut self,
        entries: Vec<Entry>,
    ) -> Result<(Vec<Entry>, Option<Arc<Decided>>, Duration), (Vec<Entry>, StoreError)> {
        let catalog = entries.iter().any(|entry| changes_catalog(entry.command()));
        let mut draft = match self.begin(catalog, None).await {
            Ok(draft) => draft,
            Err(error) => return Err((entries, self.failed(error).await)),
        };
        if let Err(error) = draft.take_in(entries, self.side.loader(), None).await {
            return Err((draft.entries, self.failed(error).await));
        }
        self.note(&draft);
        let (mut entries, decided) = draft.finish(&mut self.kept);
        let Some(decided) = decided else {
            self.side.rollback().await;
            return Ok((entries, None, Duration::ZERO));
        };
        let began = Instant::now();
        match self.side.write(decided, &mut entries).await {
            Ok(decided) => {
                self.side.went_through(self.kept.head == Some(decided.base));
                self.kept.head = Some(decided.last_position());
                Ok((entries, Some(decided), began.elapsed()))
            }
            Err(error) => Err((entries, self.failed(error).await)),
        }
    }

    async fn failed(&mut self, error: StoreError) -> StoreError {
        self.side.rollback().await;
        if error.is_race() {
            self.meet_others();
        }
        self.kept.forget();
        error
    }

    /// Somebody else wrote, or was about to: nothing that this process knew of the store holds any more.
    fn meet_others(&mut self) {
        self.side.met_others();
        self.kept.forget();
    }

    /// Opens a draft on caches that are true, and on what `flight` decided. `lock` keeps other processes from changing
    /// catalog and settings meanwhile.
    async fn begin(&mut self, lock: bool, flight: Option<&Flight>) -> Result<Draft, StoreError> {
        self.kept.warm(&*self.shared.store).await?;
        self.side.begin().await?;
        if let Some(head) = self.side.head().await? {
            // The flight is in what is seen, or is not there yet.
            let ours = [self.kept.head, flight.map(|flight| flight.decided.base)];
            if !ours.contains(&Some(head)) {
                self.side.rollback().await;
                return Err(StoreError::Serialization(format!("somebody else's events stand before {head}")));
            }
        }
        let (state, turn) = state(self.side.loader(), lock).await?;
        if let Err(error) = StoreState::check_writer(state.min_writer) {
            self.shared.close(format!(
                "the store asks for version {} of its writers, this is {}",
                state.min_writer,
                StoreState::WRITER
            ));
            return Err(error);
        }
        if (state.catalog, state.settings) != (self.kept.catalog_version, self.kept.settings_version) {
            self.kept.reload(&*self.shared.store).await?;
        }
        let base = self.kept.head.filter(|_| self.side.is_alone());
        Ok(Draft::new(&mut self.kept, base, state, turn))
    }

    fn note(&self, draft: &Draft) {
        let figures = &self.shared.figures;
        figures.load_us.fetch_add(draft.loading.as_micros() as u64, Ordering::Relaxed);
        figures.decide_us.fetch_add(draft.deciding.as_micros() as u64, Ordering::Relaxed);
    }

    /// A batch is durable: tells the world, and everybody who waits.
    fn land(&mut self, decided: Arc<Decided>, entries: Vec<Entry>, took: Duration, began: Instant) {
        let figures = &self.shared.figures;
        figures.commit_us.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
        self.shared.troubles.over();
        figures.events.fetch_add(decided.count as u64, Ordering::Relaxed);
        tracing::debug!(
            commands = entries.len(),
            events = decided.count,
            position = decided.last_position(),
            commit_us = took.as_micros() as u64,
            took_us = began.elapsed().as_micros() as u64,
            "a batch was committed"
        );
        if decided.count > 0 {
            let position = decided.last_position();
            figures.position.fetch_max(position, Ordering::Relaxed);
            self.shared.position.send_if_modified(|latest| {
                let is_later = position > *latest;
                *latest = position.max(*latest);
                is_later
            });
        }
        let intents = decided.intents();
        let mut decided = Arc::into_inner(decided);
        match &mut decided {
            Some(Decided { world, next_state: Some(next_state), .. }) => {
                self.kept.take_back(world);
                (self.kept.catalog_version, self.kept.settings_version) = (next_state.catalog, next_state.settings);
            }
            Some(_) => {}
            None => self.kept.forget_catalog(),
        }
        self.answer(entries, intents, decided.map(|decided| decided.world), began);
    }

    /// Answers everybody; calls to gateways begin before, so that whoever waits for them finds them under way.
    fn answer(&mut self, entries: Vec<Entry>, intents: Vec<Intent>, world: Option<World>, began: Instant) {
        let figures = &self.shared.figures;
        figures.batches.fetch_add(1, Ordering::Relaxed);
        for intent in intents {
            crate::workers::gateway::dispatch(&self.shared, intent);
        }
        let mut world = world.unwrap_or_default();
        for entry in entries {
            let verdict = entry.verdict.unwrap_or(Err(SubmitError::Fault));
            let Waiting { submission, reply, .. } = entry.waiting;
            let answer = match verdict {
                Ok(Verdict::Done(receipt)) => {
                    let counter = if receipt.replayed { &figures.replays } else { &figures.commands };
                    counter.fetch_add(1, Ordering::Relaxed);
                    let placed = placed(submission, &receipt, &mut world, &self.kept.catalog);
                    Ok(Answer { receipt, placed })
                }
                Ok(Verdict::Refused(refusal)) => {
                    figures.refusals.fetch_add(1, Ordering::Relaxed);
                    Err(SubmitError::Refused { refusal, replayed: entry.replayed })
                }
                Err(error) => Err(error),
            };
            // Whoever asked may have gone; the command stands all the same.
            let _ = reply.send(answer);
        }
        self.shared.queue.took(began.elapsed().as_millis() as u64);
        self.shared.nudge.notify_waiters();
    }

    fn fail(&mut self, entries: Vec<Entry>, error: &StoreError) {
        self.shared.figures.faults.fetch_add(1, Ordering::Relaxed);
        let answer = match error {
            StoreError::Full => SubmitError::Unavailable("the disk is full".into()),
            StoreError::Unavailable(_) | StoreError::Locked(_) => SubmitError::Unavailable(error.to_string()),
            StoreError::CommitUnknown(_) => SubmitError::OutcomeUnknown,
            StoreError::NewerSchema { .. } | StoreError::OlderSchema { .. } => {
                SubmitError::NotWriting(error.to_string())
            }
            // Nothing was done and nothing is broken: others were first, every time.
            StoreError::Serialization(_) => SubmitError::Unavailable("others write to it at the same time".into()),
            StoreError::Constraint { .. }
            | StoreError::Damaged(_)
            | StoreError::Configuration(_)
            | StoreError::Other(_) => SubmitError::Fault,
        };
        match error {
            StoreError::Full | StoreError::Unavailable(_) | StoreError::Locked(_) => {
                self.shared.troubles.met(&error.to_string(), entries.len());
            }
            _ => tracing::error!(%error, commands = entries.len(), "a batch was not committed"),
        }
        for entry in entries {
            let answer = if entry.waiting.in_doubt { SubmitError::OutcomeUnknown } else { answer.clone() };
            let _ = entry.waiting.reply.send(Err(answer));
        }
    }
}

/// Remembers that a commit's answer was lost, whatever is found later: a store that cannot be reached then has not said
/// that nothing was done.
fn doubt(entries: &mut [Entry], error: &StoreError) {
    if matches!(error, StoreError::CommitUnknown(_)) {
        entries.iter_mut().for_each(|entry| entry.waiting.in_doubt = true);
    }
}

/// The order that a submission placed, for a caller who wants to see it.
fn placed(submission: Submission, receipt: &Receipt, world: &mut World, catalog: &Catalog) -> Option<Box<Placed>> {
    if !submission.show || receipt.replayed || receipt.awaits_gateway {
        return None;
    }
    let Command::PlaceOrder(command) = submission.command else { return None };
    let order = world.take_order(receipt.subject?.order_id()?)?;
    if command.party.is_none() && order.head.party_id.is_some() {
        // A known customer's name, which only the store has.
        return None;
    }
    let location = |id| Some((id, catalog.location(id)?.code.clone()));
    let locations = order.allocations.iter().filter_map(|allocation| location(allocation.location_id)).collect();
    Some(Box::new(Placed { command, order, locations }))
}
