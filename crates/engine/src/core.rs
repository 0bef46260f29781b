//! The engine's handle: submit, wait for a gateway, look at figures, stop.

use crate::batch::{self, Preview};
use crate::ids::IdMint;
use crate::ports::Ports;
use crate::queue::{Queue, Waiting};
use crate::receipt::{Answer, Placed, Receipt};
use crate::runs::Runs;
use crate::submission::{Submission, SubmitError};
use crate::trouble::Troubles;
use crate::workers::Workers;
use crate::workers::gateway::GatewayDesk;
use crate::workers::receipts::Emptying;
use crate::workers::sink::{SinkStanding, Standings};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot, watch};
use waybill_domain::Code;
use waybill_domain::ids::{IdSource, OrderId};
use waybill_domain::refusal::Refusal;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::DeliveryOutcome;
use waybill_domain::webhook::secret::SigningSecret;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_store::{Store, StoreError};

/// How much the engine takes on.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Commands that may wait; beyond it `overloaded` is answered at once.
    pub waiting_max: usize,
    /// Rows that those write, roughly, from which on nothing more is taken in: what bounds the memory they take.
    pub waiting_rows_max: usize,
    /// Commands decided in one transaction at most.
    pub batch_max: usize,
    /// Rows written in one transaction, roughly, at most.
    pub batch_rows_max: usize,
    /// Calls to gateways under way at once.
    pub gateway_calls_max: usize,
    /// Whether workers run (expiry, backorders, release, janitor).
    pub workers: bool,
    /// Whether deciding and writing have a thread each. Without them they are tasks of the caller's runtime, so that a
    /// simulation can schedule everything on one thread.
    pub own_thread: bool,
    /// How long an idempotency key is remembered at least, in seconds.
    pub receipts_keep_s: i64,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            waiting_max: 4_096,
            waiting_rows_max: 400_000,
            batch_max: 1_000,
            batch_rows_max: 40_000,
            gateway_calls_max: 4_096,
            workers: true,
            own_thread: true,
            receipts_keep_s: 14 * 86_400,
        }
    }
}

/// Counters since the start, for metrics and benchmarks.
#[derive(Debug, Default)]
pub struct Figures {
    pub commands: AtomicU64,
    pub refusals: AtomicU64,
    pub replays: AtomicU64,
    pub overloads: AtomicU64,
    pub batches: AtomicU64,
    pub retries: AtomicU64,
    /// Batches that were decided while the one before was written, because nobody else wrote.
    pub ahead: AtomicU64,
    pub events: AtomicU64,
    pub faults: AtomicU64,
    /// Log position of the latest commit of this process.
    pub position: AtomicI64,
    /// Time spent per stage, in microseconds: load, decide, flush and commit.
    pub load_us: AtomicU64,
    pub decide_us: AtomicU64,
    pub commit_us: AtomicU64,
    /// Tries at telling a webhook endpoint of an event, in the order of `DeliveryOutcome::ALL`.
    deliveries: [AtomicU64; DeliveryOutcome::ALL.len()],
}

impl Figures {
    pub(crate) fn delivered(&self, outcome: DeliveryOutcome) {
        self.deliveries[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many tries at telling a webhook endpoint of an event ended so.
    pub fn deliveries(&self, outcome: DeliveryOutcome) -> u64 {
        self.deliveries[outcome as usize].load(Ordering::Relaxed)
    }
}

/// What every part of the engine shares.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) ports: Ports,
    pub(crate) options: EngineOptions,
    pub(crate) queue: Queue,
    pub(crate) figures: Figures,
    pub(crate) mint: IdMint,
    pub(crate) gateway: GatewayDesk,
    /// Wakes the workers: something changed that they may care about.
    pub(crate) nudge: Notify,
    /// The latest committed position of this process, for feeds and pages.
    pub(crate) position: watch::Sender<i64>,
    /// Becomes true when the workers are to end.
    stopping: watch::Sender<bool>,
    /// Why this process does not write any more, if so.
    pub(crate) closed: std::sync::Mutex<Option<String>>,
    pub(crate) troubles: Troubles,
    pub(crate) emptying: Emptying,
    pub(crate) sinks: Standings,
}

/// A running engine. Clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    at_work: Arc<std::sync::Mutex<Option<AtWork>>>,
}

/// What a stop waits for.
struct AtWork {
    batches: Runs,
    workers: Workers,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("store", &self.shared.store.name()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the store's writer and starts the batch loop on a thread of its own, and the workers on this runtime.
    ///
    /// # Errors
    /// When the schema is not this version's or the store has another writer.
    pub async fn start(store: Arc<dyn Store>, ports: Ports, options: EngineOptions) -> Result<Self, StoreError> {
        store.check_schema().await?;
        let shared = Arc::new(Shared {
            gateway: GatewayDesk::new(options.gateway_calls_max),
            store,
            ports,
            options,
            queue: Queue::new(options.waiting_max, options.waiting_rows_max),
            figures: Figures::default(),
            mint: IdMint::default(),
            nudge: Notify::new(),
            position: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
            closed: std::sync::Mutex::new(None),
            troubles: Troubles::default(),
            emptying: Emptying::default(),
            sinks: Standings::default(),
        });
        let (ready, started) = oneshot::channel();
        let batches = batch::run(shared.clone(), ready);
        let batches = Runs::start("waybill-engine", options.own_thread, batches)?;
        started.await.map_err(|_| StoreError::Other("the engine did not start".into()))??;
        let workers = crate::workers::start(&shared);
        Ok(Self { shared, at_work: Arc::new(std::sync::Mutex::new(Some(AtWork { batches, workers }))) })
    }

    /// For tests of what works inside.
    #[cfg(test)]
    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    pub fn now(&self) -> Timestamp {
        self.shared.ports.clock.now()
    }

    pub fn figures(&self) -> &Figures {
        &self.shared.figures
    }

    /// How the sinks stand that this process hands events to; those that another process sees to are not among them.
    pub fn sinks(&self) -> Vec<SinkStanding> {
        self.shared.sinks.now()
    }

    pub fn gateways(&self) -> impl Iterator<Item = &str> + Clone {
        self.shared.ports.gateways.keys().map(String::as_str)
    }

    /// What keeps webhooks from being sent to an address, if anything does.
    pub fn webhook_objection(&self, url: &EndpointUrl) -> Option<String> {
        self.shared.ports.webhooks.as_ref()?.objection(url)
    }

    /// A secret nobody can guess.
    pub fn signing_secret(&self) -> SigningSecret {
        SigningSecret(self.token().to_vec())
    }

    /// 32 bytes nobody can guess.
    pub fn token(&self) -> [u8; 32] {
        let mut token = [0; 32];
        for half in token.chunks_mut(16) {
            half.copy_from_slice(&self.shared.ports.entropy.random().to_be_bytes());
        }
        token
    }

    /// Ids for one command.
    pub fn ids(&self) -> IdSource {
        self.shared.mint.next(&*self.shared.ports.clock, &*self.shared.ports.entropy)
    }

    /// Carries a command out; returns when it is durable.
    ///
    /// # Errors
    /// [`SubmitError`]: refused by the rules, overloaded, or the store cannot be written.
    pub async fn submit(&self, submission: Submission) -> Result<Receipt, SubmitError> {
        self.shared.submit(submission, false).await
    }

    /// Carries out an order's placing and hands back, with its receipt, the order as it was committed: None for a repeat,
    /// and while a gateway is being asked.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub async fn place(&self, submission: Submission) -> Result<(Receipt, Option<Box<Placed>>), SubmitError> {
        let answer = self.shared.ask(Submission { show: true, ..submission }, false).await?;
        Ok((answer.receipt, answer.placed))
    }

    /// What a command would do now: permitted and decided like a submitted one, on what is true at this moment, and then
    /// forgotten. Nothing is written, nobody waits for it, and what it shows may be outdated at once.
    ///
    /// # Errors
    /// As [`Engine::submit`], without `Overloaded` and `KeyReused`.
    pub async fn preview(&self, submission: Submission) -> Result<Preview, SubmitError> {
        batch::preview(&self.shared, submission).await
    }

    /// What the rules would refuse each submission for now, None where they would carry it out; each judged by itself.
    /// Nothing is written.
    ///
    /// # Errors
    /// As [`Engine::preview`], without a refusal.
    pub async fn judge(&self, submissions: Vec<Submission>) -> Result<Vec<Option<Box<Refusal>>>, SubmitError> {
        batch::judge(&self.shared, submissions).await
    }

    /// What a command would be told at once because too much is waiting. For doors that then spare themselves the work of
    /// making one.
    pub fn overload(&self) -> Option<SubmitError> {
        self.shared.queue.overload().inspect(|_| self.shared.note_overload())
    }

    /// Like [`Engine::submit`], but waits for room in the queue instead of being told `overloaded`. For doors that
    /// bound themselves, such as imports and workers.
    ///
    /// # Errors
    /// As [`Engine::submit`], without `Overloaded`.
    pub async fn submit_patiently(&self, submission: Submission) -> Result<Receipt, SubmitError> {
        self.shared.submit(submission, true).await
    }

    /// Waits until no call to a gateway is under way for the order, or `limit` has passed. True when settled.
    pub async fn settled(&self, order: OrderId, limit: Duration) -> bool {
        self.shared.gateway.settled(order, limit).await
    }

    /// The position of the latest commit of this process, as it moves on.
    pub fn positions(&self) -> watch::Receiver<i64> {
        self.shared.position.subscribe()
    }

    /// Why this process does not write any more, if so; readiness fails with it.
    pub fn closed(&self) -> Option<String> {
        self.shared.closed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What keeps commands from being written for now, such as a full disk; this process goes on trying.
    pub fn trouble(&self) -> Option<String> {
        self.shared.troubles.now()
    }

    /// How many commands wait.
    pub fn waiting(&self) -> usize {
        self.shared.queue.len()
    }

    /// Wakes the workers.
    pub fn nudge(&self) {
        self.shared.nudge.notify_waiters();
    }

    /// Carries out what waits, and stops the loop and the workers. When this returns, the workers have given back what
    /// they held, so that the next process works at once; those that cannot within some seconds are left behind.
    pub async fn stop(&self) {
        self.shared.stopping.send_replace(true);
        self.shared.queue.close();
        let at_work = self.at_work.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(AtWork { batches, workers }) = at_work {
            workers.ended().await;
            batches.ended().await;
        }
    }
}

impl Shared {
    pub(crate) async fn submit(&self, submission: Submission, patient: bool) -> Result<Receipt, SubmitError> {
        Ok(self.ask(submission, patient).await?.receipt)
    }

    async fn ask(&self, submission: Submission, patient: bool) -> Result<Answer, SubmitError> {
        // Told before anything is made for it: there are many of them when it happens.
        if !patient && let Some(error) = self.queue.overload() {
            self.note_overload();
            return Err(error);
        }
        let (reply, answer) = oneshot::channel();
        let (operation, asked) = (submission.command.operation(), Instant::now());
        let waiting = Waiting::new(submission, reply);
        if patient {
            self.queue.push_patiently(waiting).await?;
        } else {
            self.queue.push(waiting).inspect_err(|error| {
                if matches!(error, SubmitError::Overloaded { .. }) {
                    self.note_overload();
                }
            })?;
        }
        // Whoever had it ended without a word, perhaps after it was written.
        let answer = answer.await.unwrap_or(Err(SubmitError::OutcomeUnknown));
        // Here, where it is still known which request it was for.
        tracing::debug!(
            operation,
            position = answer.as_ref().map_or(0, |answer| answer.receipt.position),
            is_done = answer.is_ok(),
            took_us = asked.elapsed().as_micros() as u64,
            "a command was answered"
        );
        answer
    }

    fn note_overload(&self) {
        self.figures.overloads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Returns when the workers are to end.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        drop(stopping.wait_for(|is_stopping| *is_stopping).await);
    }

    pub(crate) fn close(&self, why: String) {
        tracing::error!(reason = %why, "this process stops writing");
        *self.closed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(why);
    }
}
