//! What is done with a store from time to time, while orders are placed as fast as they can be taken.

use crate::databases::Database;
use crate::engine::measure_beside;
use crate::load::Done;
use crate::report::ratio;
use crate::{BenchError, Boxed};
use serde::Serialize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use waybill_engine::Engine;
use waybill_store::Store;
use waybill_store::read::Viewer;
use waybill_store::read::events::{EventFilter, after};

/// Events that an export takes at once.
const EXPORTED: usize = 1_000;
/// Time between two looks at the log's file.
const LOOK: Duration = Duration::from_millis(20);

/// Placing beside one such piece of work.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Beside {
    pub work: String,
    /// How often it was done, one after the other, and how long each took.
    pub times: u32,
    pub seconds_each: f64,
    pub placed_per_s: f64,
    /// Against placing with nothing beside it.
    pub placed_ratio: Option<f64>,
    pub p99_ms: f64,
    pub p99_ratio: Option<f64>,
    /// The longest that the file of the write-ahead log was, in megabytes; 0 where a server has it.
    pub log_mb: f64,
}

/// Nothing, an audit, an export of all events and, where the store makes it, a backup. Each is done again until `measured`
/// is over, and to its end.
pub async fn measure(
    engine: &Engine,
    database: &Database,
    callers: usize,
    measured: Duration,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Vec<Beside>, BenchError> {
    let store = &**engine.store();
    let backup = database.folder().map(|folder| folder.join("backup.db"));
    let mut works = vec!["nothing", "audit", "export"];
    works.extend(backup.is_some().then_some("backup"));
    let mut all: Vec<Beside> = Vec::new();
    for work in works {
        say(&format!("placing as many orders as can be taken; beside it: {work}"));
        let longest = AtomicU64::new(0);
        let once = || -> Boxed<'_, Result<(), BenchError>> {
            match (work, &backup) {
                ("audit", _) => Box::pin(audit(store)),
                ("export", _) => Box::pin(export(store)),
                ("backup", Some(path)) => Box::pin(back_up(store, path)),
                _ => Box::pin(async move {
                    tokio::time::sleep(measured).await;
                    Ok(())
                }),
            }
        };
        let works = async {
            tokio::select! {
                done = again(&once, measured) => done,
                never = watch(database, &longest) => never,
            }
        };
        let (done, (times, seconds_each)) = measure_beside(engine, callers, measured / 10, works).await?;
        let log_mb = longest.load(Ordering::Relaxed) as f64 / 1e6;
        all.push(beside(work, times, seconds_each, &done, log_mb, all.first()));
    }
    Ok(all)
}

fn beside(work: &str, times: u32, seconds_each: f64, done: &Done, log_mb: f64, nothing: Option<&Beside>) -> Beside {
    let (placed_per_s, p99_ms) = (done.per_s(), done.latency.p99_ms);
    Beside {
        work: work.to_owned(),
        times,
        seconds_each,
        placed_per_s,
        placed_ratio: nothing.and_then(|nothing| ratio(placed_per_s, nothing.placed_per_s)),
        p99_ms,
        p99_ratio: nothing.and_then(|nothing| ratio(p99_ms, nothing.p99_ms)),
        log_mb,
    }
}

/// Does the work until the time is over, at least once; how often, and how long each took.
async fn again<'a>(
    once: &(impl Fn() -> Boxed<'a, Result<(), BenchError>> + Sync),
    time: Duration,
) -> Result<(u32, f64), BenchError> {
    let (begun, mut times) = (Instant::now(), 0);
    while times == 0 || begun.elapsed() < time {
        once().await?;
        times += 1;
    }
    Ok((times, begun.elapsed().as_secs_f64() / f64::from(times)))
}

/// Looks at the log's file for ever.
async fn watch<T>(database: &Database, longest: &AtomicU64) -> T {
    loop {
        longest.fetch_max(database.log_bytes(), Ordering::Relaxed);
        tokio::time::sleep(LOOK).await;
    }
}

async fn audit(store: &dyn Store) -> Result<(), BenchError> {
    let report = waybill_store::audit::audit(store, &mut |_, _, _| {}).await?;
    if report.ok { Ok(()) } else { Err(BenchError::Other("an audit under load found the books not right".to_owned())) }
}

/// Reads every event that there is when it begins.
async fn export(store: &dyn Store) -> Result<(), BenchError> {
    let (viewer, everything, mut position, mut end) = (Viewer::system(), EventFilter::default(), 0, None);
    while end.is_none_or(|end| position < end) {
        let feed = after(store, &viewer, &everything, position, EXPORTED).await;
        let feed = feed.map_err(|error| BenchError::Other(error.to_string()))?;
        (position, end) = (feed.next_after, end.or(Some(feed.head)));
    }
    Ok(())
}

async fn back_up(store: &dyn Store, path: &Path) -> Result<(), BenchError> {
    store.backup(path).await?;
    std::fs::remove_file(path).map_err(|error| BenchError::Other(format!("the backup cannot be removed: {error}")))
}
