//! A whole run.

use crate::cpu::Cpu;
use crate::databases::{Database, Place};
use crate::goods::{Taste, prefill, stock_up};
use crate::http::{self, Server};
use crate::memory::{Watch, written_bytes};
use crate::report::{BenchReport, ratio};
use crate::sample::{self, Sample, Stand};
use crate::{BenchError, card, engine, grow, hot, housekeeping, overload, pages, raw, reads, slow};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use waybill_engine::ports::SystemClock;
use waybill_engine::{Engine, EngineOptions, Gateway, Ports};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_store::Store;

/// Orders that are written again to find how many a commit are best.
const SAMPLE: usize = 20_000;
/// Orders per commit of bare rows.
const PER_COMMIT: [usize; 3] = [100, 500, 1_000];

/// Which part of the benchmark runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Engine, cards, HTTP, hot item, and the bare rows beside them.
    Whole,
    /// The engine and the bare rows alone.
    Engine,
    /// One item bought by everyone against items bought all over.
    Hot,
    /// A disk that takes this much longer to commit.
    SlowDisk(Duration),
    /// Five times what can be taken.
    Overload,
    /// Ever larger stores, of so many orders.
    Grow(Vec<i64>),
    /// Pages read beside orders that are being placed.
    Reads,
    /// An audit, an export and a backup beside orders that are being placed.
    Housekeeping,
    /// The pages of the console and what it costs to look at them.
    Pages,
}

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    pub place: Place,
    /// How long each part is measured.
    pub measured: Duration,
    pub prefill: i64,
    pub callers: usize,
    pub connections: usize,
    pub gateway_latency: Duration,
    pub part: Part,
    pub with_raw: bool,
    /// Engines at once in the hot-item comparison.
    pub writers: usize,
    /// Whether the engine's workers run, as in `waybill serve`.
    pub workers: bool,
    pub keep: bool,
}

/// Measures on a fresh store and audits it. `say` hears what is going on.
///
/// # Errors
/// [`BenchError`]; books that are not right are in the report.
pub async fn run(
    options: &Options,
    server: &dyn Server,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<BenchReport, BenchError> {
    let mut database = options.place.fresh("store").await?;
    if options.keep {
        database.keep();
        say(&format!("the store is {}", database.shown));
    }
    let mut report = BenchReport {
        database: database.store.name().to_owned(),
        workers: options.workers,
        callers: options.callers,
        connections: options.connections,
        seconds_measured: options.measured.as_secs_f64(),
        gateway_ms: options.gateway_latency.as_millis() as u64,
        writers: options.writers,
        ..BenchReport::default()
    };
    let written = measure(options, server, &database, &mut report, say).await?;
    audit(&*database.store, &mut report, say).await?;
    if let Some(written) = written.filter(|_| report.audit_ok) {
        bare_rows(options, &*database.store, &written, &mut report, say).await?;
    }
    database.end().await?;
    Ok(report)
}

/// What the engine part wrote, to be written again.
struct Written {
    /// Before the first order, and before the first that counts.
    first: Stand,
    before: Stand,
    /// The log position of its end.
    until: i64,
    sample: Sample,
}

async fn measure(
    options: &Options,
    server: &dyn Server,
    database: &Database,
    report: &mut BenchReport,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Option<Written>, BenchError> {
    let store = &database.store;
    let started = start(options, store.clone(), options.gateway_latency).await?;
    stock_up(&started).await?;
    let first = Stand::of(&**store).await?;
    say(&format!("filling the store with {} orders", options.prefill));
    let filling = |done: i64, of: i64| {
        if done % 20_000 == 0 {
            say(&format!("{done} of {of} orders"));
        }
    };
    prefill(&started, options.prefill, options.callers.max(500), &filling).await?;
    store.count_anew().await?;
    report.orders_before = orders(&**store).await?;
    if apart(options, server, database, &started, report, say).await? {
        started.stop().await;
        report.orders_after = orders(&**store).await?;
        return Ok(None);
    }
    let mut written = None;
    if matches!(options.part, Part::Whole | Part::Engine) {
        let before = Stand::of(&**store).await?;
        engine_part(options, database, &started, report, say).await?;
        if options.with_raw {
            let until = sample::head(&**store).await?;
            let sample = sample::take(&**store, before.position, until, SAMPLE).await?;
            written = Some(Written { first, before, until, sample });
        }
        if options.part == Part::Engine {
            started.stop().await;
            report.orders_after = orders(&**store).await?;
            return Ok(written);
        }
        say("measuring cards");
        let done = card::measure(&started, options.callers, options.measured).await?;
        (report.card_orders_per_s, report.card_p50_ms) = (done.per_s(), done.latency.p50_ms);
        (report.card_p95_ms, report.card_p99_ms) = (done.latency.p95_ms, done.latency.p99_ms);
        say("measuring over HTTP");
        let done = http::measure(server, &started, options.connections, options.measured).await?;
        (report.http_orders_per_s, report.http_p50_ms) = (done.per_s(), done.latency.p50_ms);
        (report.http_p95_ms, report.http_p99_ms) = (done.latency.p95_ms, done.latency.p99_ms);
    }
    let mut engines = vec![started];
    if options.part == Part::Whole && options.gateway_latency > Duration::ZERO {
        // The same again with a gateway that answers at once.
        engines[0].stop().await;
        engines[0] = start(options, store.clone(), Duration::ZERO).await?;
        say("measuring cards with a gateway that answers at once");
        let at_once = card::measure(&engines[0], options.callers, options.measured).await?;
        report.gateway_ratio = ratio(report.card_orders_per_s, at_once.per_s());
    }
    while engines.len() < options.writers {
        engines.push(start(options, store.clone(), Duration::ZERO).await?);
    }
    say("measuring one hot item against items all over");
    let compared = hot::compare(&engines, options.callers, options.measured).await?;
    (report.spread_orders_per_s, report.hot_item_orders_per_s) = (compared.spread, compared.hot);
    report.hot_item_ratio = ratio(compared.hot, compared.spread);
    report.one_writer_orders_per_s = compared.alone;
    report.writers_ratio = ratio(compared.spread, compared.alone);
    for engine in engines {
        engine.stop().await;
    }
    report.orders_after = orders(&**store).await?;
    Ok(written)
}

/// The parts that are measured by themselves; false for the others.
async fn apart(
    options: &Options,
    server: &dyn Server,
    database: &Database,
    started: &Engine,
    report: &mut BenchReport,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<bool, BenchError> {
    let (callers, measured) = (options.callers, options.measured);
    match &options.part {
        Part::Whole | Part::Engine | Part::Hot => return Ok(false),
        Part::SlowDisk(delay) => {
            say("measuring with and without a pause before every commit");
            // Each engine has the store to itself.
            started.stop().await;
            let start = |store: Arc<dyn Store>| -> crate::Boxed<'static, Result<Engine, BenchError>> {
                let options = options.clone();
                Box::pin(async move { start(&options, store, Duration::ZERO).await })
            };
            let (undelayed, delayed) = slow::compare(&database.store, *delay, callers, measured, &start).await?;
            report.fsync_delay_ms = delay.as_secs_f64() * 1e3;
            (report.undelayed_orders_per_s, report.delayed_orders_per_s) = (undelayed, delayed);
            report.fsync_ratio = ratio(delayed, undelayed);
        }
        Part::Overload => {
            say("measuring what can be taken, then offering five times as much");
            report.overload = Some(overload::measure(started, callers, measured).await?);
            // While all connections may wait at once.
            let capacity = http::measure(server, started, options.connections, measured).await?.per_s();
            started.stop().await;
            say("the same over HTTP, to a queue that is soon full");
            let engine = EngineOptions { waiting_max: overload::WAITING_MAX, ..engine_options(options) };
            let engine = start_with(engine, database.store.clone(), Duration::ZERO).await?;
            let offered = overload::over_http(server, &engine, capacity, measured).await;
            engine.stop().await;
            report.overload_http = Some(offered?);
        }
        Part::Grow(sizes) => {
            let load = grow::Load { callers, measured, workers: options.workers };
            report.grown = grow::measure(started, sizes, &load, say).await?;
        }
        Part::Reads => report.reads = reads::measure(started, callers, measured, say).await?,
        Part::Pages => report.pages = Some(pages::measure(server, started, callers, measured, say).await?),
        Part::Housekeeping => {
            report.housekeeping = housekeeping::measure(started, database, callers, measured, say).await?;
        }
    }
    Ok(true)
}

async fn engine_part(
    options: &Options,
    database: &Database,
    started: &Engine,
    report: &mut BenchReport,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), BenchError> {
    let store = &*database.store;
    let (bytes, written) = (store.gauges().await?.data_bytes, written_bytes().unwrap_or_default());
    let figures = || {
        let figures = started.figures();
        [&figures.commands, &figures.batches, &figures.load_us, &figures.decide_us, &figures.commit_us]
            .map(|figure| figure.load(Ordering::Relaxed))
    };
    let begun = figures();
    say("measuring the engine");
    let (memory, cpu) = (Watch::start(), Cpu::now());
    let done = engine::measure(std::slice::from_ref(started), options.callers, Taste::Spread, options.measured).await?;
    report.rss_mb = memory.most_mb();
    drop(memory);
    let cpu_after = Cpu::now();
    let placed = (orders(store).await? - report.orders_before).max(1) as f64;
    let ended = figures();
    let [commands, batches, load, decide, commit] = std::array::from_fn(|n| (ended[n] - begun[n]) as f64);
    report.engine_batch = commands / batches.max(1.0);
    report.load_us_per_order = load / commands.max(1.0);
    report.decide_us_per_order = decide / commands.max(1.0);
    report.commit_us_per_order = commit / commands.max(1.0);
    report.cpu_us_per_order = cpu_after.us(&cpu) / placed;
    let of = |name| cpu_after.us_of(name, &cpu) / placed;
    (report.cpu_deciding_us_per_order, report.cpu_writing_us_per_order) = (of("waybill-engine"), of("waybill-writer"));
    report.cpu_checkpoint_us_per_order = of("sqlite-checkpoi");
    report.bytes_per_order = (store.gauges().await?.data_bytes - bytes) as f64 / placed;
    report.pages_per_order = report.bytes_per_order / database.page_bytes();
    report.written_bytes_per_order = (written_bytes().unwrap_or_default() - written) as f64 / placed;
    (report.engine_orders_per_s, report.engine_p50_ms) = (done.per_s(), done.latency.p50_ms);
    (report.engine_p95_ms, report.engine_p99_ms) = (done.latency.p95_ms, done.latency.p99_ms);
    Ok(())
}

/// An engine as `waybill serve` runs it.
async fn start(options: &Options, store: Arc<dyn Store>, latency: Duration) -> Result<Engine, BenchError> {
    start_with(engine_options(options), store, latency).await
}

fn engine_options(options: &Options) -> EngineOptions {
    EngineOptions { workers: options.workers, ..EngineOptions::default() }
}

async fn start_with(engine: EngineOptions, store: Arc<dyn Store>, latency: Duration) -> Result<Engine, BenchError> {
    let gateway: Arc<dyn Gateway> = Arc::new(Simulator::new(Arc::new(SystemClock), latency));
    Ok(Engine::start(store, Ports::system([gateway]), engine).await?)
}

async fn orders(store: &dyn Store) -> Result<i64, BenchError> {
    let rows = store.read("SELECT CAST(COUNT(*) AS BIGINT) FROM orders", &[]).await?;
    Ok(rows.into_iter().next().map_or(Ok(0), |mut row| row.take())?)
}

async fn audit(
    store: &dyn Store,
    report: &mut BenchReport,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), BenchError> {
    say("auditing");
    let audit = waybill_store::audit::audit(store, &mut |_, _, _| {}).await?;
    report.audit_ok = audit.ok;
    (report.audit_postings, report.audit_seconds) = (audit.postings, audit.seconds);
    report.audit_violations = audit.violations.iter().take(10).map(|one| format!("{one:?}")).collect();
    Ok(())
}

async fn bare_rows(
    options: &Options,
    store: &dyn Store,
    written: &Written,
    report: &mut BenchReport,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<(), BenchError> {
    let (sample, before) = (&written.sample, &written.before);
    let count = sample.orders.len();
    let rows: usize =
        sample.orders.iter().flat_map(|order| order.records.values().chain(order.log.values())).map(Vec::len).sum();
    report.rows_per_order = rows as f64 / count.max(1) as f64;
    let mut sampled = [0.0; PER_COMMIT.len()];
    for (speed, per_commit) in sampled.iter_mut().zip(PER_COMMIT) {
        say(&format!("writing {count} orders as bare rows into an empty store, {per_commit} a commit"));
        *speed = raw::sampled(&options.place, sample, &before.levels, per_commit).await?;
    }
    [report.raw_100_orders_per_s, report.raw_500_orders_per_s, report.raw_1000_orders_per_s] = sampled;
    let best = sampled.iter().zip(PER_COMMIT).max_by(|one, other| one.0.total_cmp(other.0));
    let per_commit = best.map_or(500, |(_, per_commit)| per_commit);
    let said = |done: usize| say(&format!("{done} orders"));
    let again = |from| raw::Stretch { from, counted_from: before.position, until: written.until };
    say(&format!("writing all orders of the engine as bare rows into an empty store, {per_commit} a commit"));
    let speed = raw::again(&options.place, store, again(before), per_commit, &said).await?;
    (report.raw_orders_per_s, report.raw_cpu_us_per_order) = (speed.orders_per_s, speed.cpu_us_per_order);
    say("the same into a store filled with the bare rows of all orders before them");
    let filled = raw::again(&options.place, store, again(&written.first), per_commit, &said).await?;
    report.raw_filled_orders_per_s = filled.orders_per_s;
    report.engine_ratio = ratio(report.engine_orders_per_s, report.raw_orders_per_s);
    report.http_ratio = ratio(report.http_orders_per_s, report.raw_orders_per_s);
    report.engine_filled_ratio = ratio(report.engine_orders_per_s, report.raw_filled_orders_per_s);
    Ok(())
}
