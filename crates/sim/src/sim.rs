//! What outlives the process that is simulated: the disk, the outside, the clients and their books.

use crate::books::Books;
use crate::clock::SimClock;
use crate::coverage::{Coverage, Kind};
use crate::gateway::{NAME, ScriptedGateway};
use crate::intent::{Answer, Intent};
use crate::theme::Theme;
use crate::trouble::{Odds, Trouble};
use crate::workload::{self, Request};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use waybill_domain::actor::Actor;
use waybill_domain::refusal::Retry;
use waybill_domain::time::Timestamp;
use waybill_engine::{Clock, Engine, Entropy, Gateway, Ports, SubmitError};
use waybill_fault_vfs::{Dice, Disk};

/// 2026-02-02T08:00:00Z: the simulated world begins on a Monday morning.
const BEGINNING: Timestamp = Timestamp(1_770_019_200_000_000);
/// A client asks this often before it leaves a request for later.
const TRIES: u64 = 6;

/// Randomness of the engine, from the seed.
#[derive(Debug)]
struct SeededEntropy(Mutex<Dice>);

impl Entropy for SeededEntropy {
    fn random(&self) -> u128 {
        let mut dice = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        u128::from(dice.next()) << 64 | u128::from(dice.next())
    }
}

/// The world around the process.
pub struct Sim {
    pub seed: u64,
    pub theme: Theme,
    /// None where the store is a server.
    pub disk: Option<Disk>,
    pub clock: Arc<SimClock>,
    entropy: Arc<SeededEntropy>,
    pub gateway: Arc<ScriptedGateway>,
    pub trouble: Arc<Trouble>,
    pub coverage: Arc<Coverage>,
    books: Mutex<Books>,
    trace: Mutex<Vec<String>>,
    keys: Mutex<BTreeMap<(String, &'static str), u64>>,
    reply_dice: Mutex<Dice>,
    /// Replies that never reach their client, in percent.
    pub replies_lost: AtomicU64,
    /// How long a sync takes, in microseconds.
    pub slow_sync_us: Arc<AtomicI64>,
    pub in_flight: AtomicUsize,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").field("seed", &self.seed).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sim {
    pub fn new(seed: u64, disk: Option<Disk>) -> Arc<Self> {
        let coverage = Arc::new(Coverage::default());
        let clock = Arc::new(SimClock::new(BEGINNING));
        let slow_sync_us = Arc::new(AtomicI64::new(0));
        if let Some(disk) = &disk {
            let (slow, clock, coverage) = (slow_sync_us.clone(), clock.clone(), coverage.clone());
            disk.on_sync(move || {
                let slow = slow.load(Ordering::Relaxed);
                if slow > 0 {
                    coverage.fault("sync slow");
                    clock.jump(slow);
                }
            });
        }
        Arc::new(Self {
            seed,
            theme: Theme::of(seed),
            disk,
            entropy: Arc::new(SeededEntropy(Mutex::new(Dice::of(seed, 0xe127)))),
            gateway: Arc::new(ScriptedGateway::new(seed, clock.clone(), coverage.clone())),
            trouble: Arc::new(Trouble::new(seed, coverage.clone())),
            clock,
            coverage,
            books: Mutex::default(),
            trace: Mutex::default(),
            keys: Mutex::default(),
            reply_dice: Mutex::new(Dice::of(seed, 0x4e91)),
            replies_lost: AtomicU64::new(0),
            slow_sync_us,
            in_flight: AtomicUsize::new(0),
        })
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        locked(&self.books)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn ports(&self) -> Ports {
        Ports {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            gateways: [(NAME.to_owned(), self.gateway.clone() as Arc<dyn Gateway>)].into(),
            webhooks: None,
            sinks: Vec::new(),
        }
    }

    /// Notes what happens, and when by the simulated clock.
    pub fn note(&self, what: impl std::fmt::Display) {
        let line = format!("{} {what}", self.now());
        locked(&self.trace).push(line);
    }

    pub fn take_trace(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.trace))
    }

    /// Whether the process has come to its end; nothing it says reaches anybody.
    pub fn is_over(&self) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.ended().is_some())
    }

    pub fn fail(&self, why: impl Into<String>) {
        let why = why.into();
        self.note(format!("FAILED {why}"));
        self.books().fail(why);
    }

    /// No more faults, from the store to the client's ear.
    pub fn calm(&self) {
        self.trouble.set(Odds::CALM);
        self.replies_lost.store(0, Ordering::Relaxed);
        self.slow_sync_us.store(0, Ordering::Relaxed);
        if let Some(disk) = &self.disk {
            disk.limit(None);
            disk.fail_syncs(0, false);
        }
    }

    /// A request under a key of its own. All principals count their keys alike, and so do all operations, so that the same
    /// key stands for many requests.
    pub fn intent(&self, number: u64, request: Request, actor: Arc<Actor>) -> Arc<Intent> {
        let (principal, operation) = (actor.principal.to_string(), request.command.operation());
        let mut keys = locked(&self.keys);
        let count = keys.entry((principal.clone(), operation)).or_default();
        *count += 1;
        let key = format!("k{count}");
        let count = *count;
        let elsewhere = |((other, theirs), used): (&(String, &str), &u64)| {
            *other != principal && *theirs == operation && *used >= count
        };
        if keys.iter().any(elsewhere) {
            self.coverage.fault("key used by another principal");
        }
        Arc::new(Intent {
            number,
            body_hash: crate::intent::digest(&request.command),
            command: request.command,
            actor,
            key,
            expected_version: request.expected_version,
            happened_at: request.happened_at,
            location: request.location,
        })
    }

    /// Sends a request from a client of its own.
    pub fn send(self: &Arc<Self>, engine: &Engine, intent: &Arc<Intent>) {
        self.books().send(intent);
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let (sim, engine, intent) = (self.clone(), engine.clone(), intent.clone());
        tokio::spawn(async move {
            sim.deliver(&engine, &intent).await;
            sim.in_flight.fetch_sub(1, Ordering::SeqCst);
        });
    }

    async fn deliver(&self, engine: &Engine, intent: &Arc<Intent>) {
        for attempt in 1..=TRIES {
            if self.is_over() {
                return;
            }
            let result = engine.submit(intent.submission(engine.ids())).await;
            if self.is_over() {
                return;
            }
            let operation = intent.command.operation();
            let answer = match result {
                Ok(receipt) => {
                    self.coverage.add(Kind::Operation, operation, 1);
                    Answer::Done(receipt)
                }
                Err(SubmitError::Refused { refusal, .. }) if refusal.retry != Retry::SameRequest => {
                    self.coverage.add(Kind::Refusal, &refusal.code, 1);
                    Answer::Refused(refusal.code.clone())
                }
                Err(SubmitError::KeyReused) => Answer::Reused,
                Err(error) => {
                    if matches!(error, SubmitError::Overloaded { .. }) {
                        self.coverage.fault("overloaded");
                    }
                    if error == SubmitError::Fault {
                        self.fail(format!("#{} {operation}: {error}", intent.number));
                    }
                    self.note(format!("#{} {operation}: {error}", intent.number));
                    tokio::time::sleep(Duration::from_millis(attempt * 150)).await;
                    continue;
                }
            };
            self.books().hear(intent, &answer);
            let lost = self.replies_lost.load(Ordering::Relaxed);
            if lost > 0 && locked(&self.reply_dice).chance(lost) {
                self.coverage.fault("reply lost");
                self.note(format!("#{} {operation}: reply lost", intent.number));
                continue;
            }
            self.note(format!("#{} {operation} {answer}", intent.number));
            self.books().settle(intent, answer, self.now());
            return;
        }
    }

    /// Opens the shop: its catalog, then its first goods. False where the process ends first.
    pub async fn set_up(self: &Arc<Self>, engine: &Engine) -> bool {
        for part in [|_: &Books| workload::setup(), workload::opening] {
            let (commands, actor) = {
                let books = self.books();
                (part(&books), workload::actors(&books)[0].clone())
            };
            for command in commands {
                let number = self.books().number();
                let intent = self.intent(number, command.into(), actor.clone());
                self.send(engine, &intent);
            }
            if !self.settled(engine).await {
                return false;
            }
        }
        true
    }

    /// Waits until every request has its answer; asks again for those that were left. False where the process ends first.
    pub async fn settled(self: &Arc<Self>, engine: &Engine) -> bool {
        for _ in 0..600 {
            if self.is_over() {
                return false;
            }
            if let Some(why) = engine.closed() {
                self.fail(format!("the engine stopped writing: {why}"));
                return false;
            }
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                let open: Vec<Arc<Intent>> = self.books().open.values().cloned().collect();
                if open.is_empty() {
                    return true;
                }
                open.iter().take(50).for_each(|intent| self.send(engine, intent));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let open: Vec<u64> = self.books().open.keys().copied().collect();
        self.fail(format!("requests stay without an answer: {open:?}"));
        false
    }
}
