//! What reading pages costs beside orders that are being placed.

use crate::BenchError;
use crate::goods::{CHANNEL, Taste, ids_all_over, release_some};
use crate::latency::Latency;
use crate::report::ratio;
use crate::{engine, overload};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use waybill_domain::ids::OrderId;
use waybill_domain::order::Lifecycle;
use waybill_engine::Engine;
use waybill_store::Store;
use waybill_store::read::order::{OrderKey, order};
use waybill_store::read::orders::{OrderFilter, orders};
use waybill_store::read::queue::{WorkFilter, queue};
use waybill_store::read::{PageRequest, Viewer};

/// Somebody who reads looks at the page for this long before the next.
const LOOKS: Duration = Duration::from_millis(5);
/// Of what callers who wait are served, where the store is busy but not full.
const BUSY: f64 = 0.7;

/// Reads at one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reads {
    /// Orders a second beside them.
    pub placed_per_s: f64,
    /// The newest orders of one channel that are under way, one page.
    pub list: Latency,
    /// One order with everything in it, from all over the store.
    pub order: Latency,
    /// A page of what is to be picked.
    pub queue: Latency,
    /// The slowest of the three 99th percentiles against that of the same question with nothing beside it.
    pub p99_cost: Option<f64>,
}

/// Three readers, each with a question of its own: with nothing beside them, with orders offered at 70 % of what can be
/// taken, and with as many as can be taken.
pub async fn measure(
    engine: &Engine,
    callers: usize,
    measured: Duration,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Vec<Reads>, BenchError> {
    release_some(engine).await?;
    let store = &**engine.store();
    let ids = ids_all_over(store).await?;
    say("reading with nothing beside it");
    let alone = read_for(store, &ids, measured).await?;
    say("placing as many orders as can be taken, and reading beside it");
    let warm_up = measured / 10;
    let reading = read_for(store, &ids, measured);
    let (full, mut at_full) = engine::measure_beside(engine, callers, warm_up, reading).await?;
    let capacity = engine::measure(std::slice::from_ref(engine), callers, Taste::Spread, measured).await?.per_s();
    say("offering 70 % of what can be taken, and reading beside it");
    let over = AtomicBool::new(false);
    let offering = async {
        let offered = overload::offer(engine, capacity * BUSY, measured).await;
        over.store(true, Ordering::Relaxed);
        offered
    };
    let (offered, mut at_busy) = tokio::try_join!(offering, read_until(store, &ids, &over))?;
    at_busy.placed_per_s = offered.served as f64 / offered.seconds;
    at_full.placed_per_s = full.per_s();
    for reads in [&mut at_busy, &mut at_full] {
        reads.p99_cost = [(&reads.list, &alone.list), (&reads.order, &alone.order), (&reads.queue, &alone.queue)]
            .into_iter()
            .filter_map(|(beside, alone)| ratio(beside.p99_ms, alone.p99_ms))
            .max_by(f64::total_cmp);
    }
    Ok(vec![alone, at_busy, at_full])
}

async fn read_for(store: &dyn Store, ids: &[OrderId], time: Duration) -> Result<Reads, BenchError> {
    let over = AtomicBool::new(false);
    let ending = async {
        tokio::time::sleep(time).await;
        over.store(true, Ordering::Relaxed);
        Ok(())
    };
    let ((), reads) = tokio::try_join!(ending, read_until(store, ids, &over))?;
    Ok(reads)
}

async fn read_until(store: &dyn Store, ids: &[OrderId], over: &AtomicBool) -> Result<Reads, BenchError> {
    let viewer = &Viewer::system();
    let page = &PageRequest { limit: None, after: None };
    let filter = &OrderFilter {
        lifecycles: vec![Lifecycle::Confirmed],
        channel: Some(CHANNEL.to_owned()),
        ..OrderFilter::default()
    };
    let all_work = &WorkFilter::default();
    let failed = |error: waybill_store::read::ReadError| BenchError::Other(error.to_string());
    let (list, order, queue) = tokio::try_join!(
        ask_until(over, async |_| orders(store, viewer, filter, page).await.map(drop).map_err(failed)),
        ask_until(over, async |n| match ids.get(n % ids.len().max(1)) {
            Some(id) => order(store, viewer, OrderKey::Id(*id)).await.map(drop).map_err(failed),
            None => Ok(()),
        }),
        ask_until(over, async |_| queue(store, viewer, all_work, page).await.map(drop).map_err(failed)),
    )?;
    Ok(Reads { list, order, queue, ..Reads::default() })
}

/// Asks again and again, with a pause after each answer.
async fn ask_until(
    over: &AtomicBool,
    question: impl AsyncFn(usize) -> Result<(), BenchError>,
) -> Result<Latency, BenchError> {
    let mut micros = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        question(micros.len()).await?;
        micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        tokio::time::sleep(LOOKS).await;
    }
    Ok(Latency::of(micros))
}
