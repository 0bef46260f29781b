//! One run: a world from a seed, in which a process lives, ends and lives again until all is done.

use crate::coverage::{Coverage, Kind};
use crate::gateway::Mood;
use crate::sim::Sim;
use crate::step::{Step, take};
use crate::{books, drain};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use waybill_engine::{Engine, EngineOptions};
use waybill_fault_vfs::{CutKind, Dice, Disk, Moment};
use waybill_store::around::Surrounded;
use waybill_store::{Store, Value};
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub steps: u32,
    /// Steps that are left out; each step is the same whatever is left out before it.
    pub skip: BTreeSet<u32>,
}

impl Plan {
    pub fn new(seed: u64, steps: u32) -> Self {
        Self { seed, steps, skip: BTreeSet::new() }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub trace: Vec<String>,
    /// What the auditor found, first things first; empty where all is well.
    pub failures: Vec<String>,
    pub coverage: Arc<Coverage>,
    pub requests: u64,
}

/// How a life ended.
enum End {
    /// By a fault, or in order.
    Over,
    /// All steps are done and everything has drained.
    Done,
}

/// How far the run is.
#[derive(Debug, Default)]
struct Progress {
    is_set_up: bool,
    step: u32,
    lives: u32,
}

/// Lives that a run may take; one that keeps dying is stuck.
const LIVES_MAX: u32 = 200;

/// Runs a plan. The same plan gives the same outcome.
pub fn run(plan: &Plan) -> Outcome {
    let disk = Disk::new(plan.seed);
    let sim = Sim::new(plan.seed, Some(disk.clone()));
    let mut progress = Progress::default();
    loop {
        progress.lives += 1;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let Ok(runtime) = runtime else { panic!("no runtime") };
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                sim.clock.start();
                let end = live(&sim, &disk, plan, &mut progress).await;
                sim.clock.halt();
                end
            })
        }));
        // All that the process had in memory goes with it.
        drop(runtime);
        sim.in_flight.store(0, Ordering::SeqCst);
        let end = lived.unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            sim.books().fail(format!("panicked: {said}"));
            End::Done
        });
        let failed = !sim.books().failures.is_empty();
        if failed || matches!(end, End::Done) {
            break;
        }
        if progress.lives > LIVES_MAX {
            sim.fail("the process does not come to live");
            break;
        }
        after_life(&sim, &disk);
    }
    if let Some(panic) = crate::panics::last() {
        sim.fail(panic);
    }
    let figures = disk.figures();
    sim.coverage.add(Kind::Fault, "disk full", figures.refused_full);
    sim.coverage.add(Kind::Fault, "sync failed", figures.failed_syncs);
    let mut books = sim.books();
    let failures = std::mem::take(&mut books.failures);
    let requests = books.answers.len() as u64;
    drop(books);
    let coverage = sim.coverage.clone();
    Outcome { trace: sim.take_trace(), failures, coverage, requests }
}

/// The machine comes up again, some time later.
fn after_life(sim: &Sim, disk: &Disk) {
    let fault = match disk.ended() {
        None => "restarted in order",
        Some((kind, moment)) => fault(kind, moment),
    };
    sim.coverage.fault(fault);
    sim.note(fault);
    disk.restart();
    let mut dice = Dice::of(sim.seed, sim.now().0 as u64);
    sim.clock.jump(dice.between(1_000, 90_000_000));
}

const fn fault(kind: CutKind, moment: Moment) -> &'static str {
    match (kind, moment) {
        (CutKind::Process, Moment::LogWrite) => "process ended at a log write",
        (CutKind::Process, Moment::LogSync) => "process ended at a log sync",
        (CutKind::Process, Moment::DataWrite) => "process ended at a data write",
        (CutKind::Process, Moment::DataSync) => "process ended at a data sync",
        (CutKind::Process, Moment::Idle) => "process ended between changes",
        (CutKind::Power, Moment::LogWrite) => "power cut at a log write",
        (CutKind::Power, Moment::LogSync) => "power cut at a log sync",
        (CutKind::Power, Moment::DataWrite) => "power cut at a data write",
        (CutKind::Power, Moment::DataSync) => "power cut at a data sync",
        (CutKind::Power, Moment::Idle) => "power cut between changes",
    }
}

/// A store small enough to be copied into place often.
fn store_options(disk: &Disk) -> SqliteOptions {
    SqliteOptions {
        readers: 2,
        writer_cache_kib: 512,
        reader_cache_kib: 256,
        mapped_bytes: 0,
        checkpoint_bytes: 128 << 10,
        vfs: Some(disk.vfs()),
        threads: false,
        ..SqliteOptions::default()
    }
}

fn engine_options(seed: u64) -> EngineOptions {
    let mut dice = Dice::of(seed, 0x0071);
    EngineOptions {
        waiting_max: [6, 64, 512][dice.below(3) as usize],
        batch_max: [3, 20, 200][dice.below(3) as usize],
        batch_rows_max: [60, 2_000, 40_000][dice.below(3) as usize],
        own_thread: false,
        ..EngineOptions::default()
    }
}

/// One life of the process.
async fn live(sim: &Arc<Sim>, disk: &Disk, plan: &Plan, progress: &mut Progress) -> End {
    let store = match open(sim, disk).await {
        Some(store) => store,
        None => return End::Over,
    };
    let troubled: Arc<dyn Store> = Arc::new(Surrounded::new(store.clone(), sim.trouble.clone()));
    sim.calm();
    let engine = match Engine::start(troubled, sim.ports(), engine_options(sim.seed)).await {
        Ok(engine) => engine,
        Err(error) => {
            if !sim.is_over() {
                sim.fail(format!("the engine did not start: {error}"));
            }
            return End::Over;
        }
    };
    if !progress.is_set_up {
        if !sim.set_up(&engine).await {
            return End::Over;
        }
        progress.is_set_up = true;
    }
    // Clients come back with what they were not answered, in no particular order.
    let mut open: Vec<_> = sim.books().open.values().cloned().collect();
    let mut dice = Dice::of(sim.seed, 0x5000 + u64::from(progress.step));
    while !open.is_empty() {
        let next = dice.below(open.len() as u64) as usize;
        if next > 0 {
            sim.coverage.fault("requests reordered");
        }
        let intent = open.swap_remove(next);
        sim.send(&engine, &intent);
    }
    while progress.step < plan.steps {
        progress.step += 1;
        if plan.skip.contains(&progress.step) {
            continue;
        }
        let step = take(sim, &engine, &*store, progress.step).await;
        if sim.is_over() || !sim.books().failures.is_empty() {
            return End::Over;
        }
        if let Some(why) = engine.closed() {
            sim.fail(format!("the engine stopped writing: {why}"));
            return End::Over;
        }
        if step == Step::Stop {
            engine.stop().await;
            return End::Over;
        }
    }
    if let Some(disk) = &sim.disk {
        disk.plan(None);
    }
    sim.gateway.set_mood(Mood::CALM);
    drain::drain(sim, &engine, &*store).await;
    sim.note(digest(&*store).await);
    engine.stop().await;
    End::Done
}

async fn open(sim: &Arc<Sim>, disk: &Disk) -> Option<Arc<SqliteStore>> {
    let opened = SqliteStore::open(disk.path("store.sqlite"), store_options(disk)).map(Arc::new);
    let migrated = match &opened {
        Ok(store) => store.migrate().await.map(|_| ()),
        Err(error) => Err(error.clone()),
    };
    if let Err(error) = migrated {
        if !sim.is_over() {
            sim.fail(format!("the store does not open: {error}"));
        }
        return None;
    }
    let store = opened.ok()?;
    let held = store.read("SELECT COUNT(*) FROM leases WHERE until > $1", &[Value::Int(sim.now().0)]).await;
    if let Ok(mut rows) = held
        && rows.first_mut().is_some_and(|row| row.take::<i64>().is_ok_and(|held| held > 0))
    {
        sim.coverage.fault("lease left behind");
    }
    Some(store)
}

/// All of the log in one number, for the comparison of two runs.
async fn digest(store: &dyn Store) -> String {
    let rows = store.read("SELECT hash FROM events ORDER BY position", &[]).await.unwrap_or_default();
    let hashes = rows.into_iter().filter_map(|mut row| row.take::<Vec<u8>>().ok());
    let bytes = hashes.flatten().fold(0, |sum, byte| Dice::of(sum, u64::from(byte)).next());
    format!("the log is {bytes:016x}")
}

/// Compares store and books now, when every request has its answer.
pub(crate) async fn check(sim: &Arc<Sim>, engine: &Engine, store: &dyn Store, whole: bool) {
    sim.calm();
    if !sim.settled(engine).await {
        return;
    }
    let checked = {
        let moved = sim.gateway.moved();
        let mut kept = std::mem::take(&mut *sim.books());
        let checked = books::check(store, &mut kept, &moved, &sim.coverage).await;
        *sim.books() = kept;
        checked
    };
    let violations = sim.gateway.violations();
    violations.into_iter().for_each(|why| sim.fail(format!("gateway: {why}")));
    if let Err(error) = checked
        && !sim.is_over()
    {
        sim.fail(format!("the store could not be read: {error}"));
    }
    if whole {
        match waybill_store::audit::audit(store, &mut |_, _, _| {}).await {
            Ok(report) if report.ok => {}
            Ok(report) => sim.fail(format!("the store's audit found {:?}", report.violations)),
            Err(error) if sim.is_over() => drop(error),
            Err(error) => sim.fail(format!("the store could not be audited: {error}")),
        }
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
}
