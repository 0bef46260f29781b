//! What placing and reading cost as the store grows.

use crate::BenchError;
use crate::goods::{self, CHANNEL, Taste, ids_all_over, prefill, release_some};
use crate::latency::Latency;
use crate::random::Random;
use crate::{engine, report::ratio};
use serde::Serialize;
use std::time::{Duration, Instant};
use waybill_domain::order::Lifecycle;
use waybill_engine::Engine;
use waybill_store::read::order::{OrderKey, order};
use waybill_store::read::orders::{OrderFilter, orders};
use waybill_store::read::queue::{WorkFilter, queue};
use waybill_store::read::{PageRequest, ReadError, Viewer};
use waybill_store::search::Search;
use waybill_store::{Store, StoreError, Value};

/// How often each question is asked at each size.
const ASKED: i64 = 200;

/// Figures at one size. Reads are medians, with nothing else going on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Grown {
    pub orders: i64,
    pub placed_per_s: f64,
    /// Time of placing an order against the first size.
    pub placing_cost: Option<f64>,
    pub read_one_ms: f64,
    pub list_newest_ms: f64,
    /// Orders of one channel that are under way, and those with a hold.
    pub list_confirmed_ms: f64,
    pub list_held_ms: f64,
    /// Orders by a customer's first and last name, and by a word that every order has; 0 without workers, who keep the words.
    pub search_ms: f64,
    pub search_common_ms: f64,
    pub pick_queue_ms: f64,
    /// Against the first size.
    pub pick_queue_cost: Option<f64>,
    pub audit_ok: bool,
    pub audit_postings_per_s: f64,
    pub data_mb: f64,
}

/// How orders are placed at each size.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub callers: usize,
    pub measured: Duration,
    /// Whether the engine's workers run.
    pub workers: bool,
}

/// Fills the store to each of `sizes`, smallest first, and measures there.
pub async fn measure(
    engine: &Engine,
    sizes: &[i64],
    load: &Load,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Vec<Grown>, BenchError> {
    let store = &**engine.store();
    let mut all: Vec<Grown> = Vec::new();
    for size in sizes {
        let there = count(store).await?;
        say(&format!("filling the store to {size} orders"));
        prefill(engine, size - there, load.callers.max(500), &|_, _| {}).await?;
        store.count_anew().await?;
        if all.is_empty() {
            release_some(engine).await?;
        }
        say(&format!("measuring at {size} orders"));
        let grown = at_size(engine, load, all.first(), say).await?;
        all.push(grown);
    }
    Ok(all)
}

async fn at_size(
    engine: &Engine,
    load: &Load,
    first: Option<&Grown>,
    say: &(dyn Fn(&str) + Send + Sync),
) -> Result<Grown, BenchError> {
    let store = &**engine.store();
    let orders = count(store).await?;
    let placed_per_s =
        engine::measure(std::slice::from_ref(engine), load.callers, Taste::Spread, load.measured).await?.per_s();
    if load.workers {
        say("waiting until every order is found by its words");
        words_are_kept(store).await?;
    }
    let audit = waybill_store::audit::audit(store, &mut |_, _, _| {}).await?;
    let pick_queue_ms =
        ask(|_| async { queue(store, &viewer(), &WorkFilter::default(), &page()).await.map(drop) }).await?;
    Ok(Grown {
        orders,
        placed_per_s,
        placing_cost: ratio(first.map_or(placed_per_s, |first| first.placed_per_s), placed_per_s),
        read_one_ms: read_one(store).await?,
        list_newest_ms: list(store, OrderFilter::default()).await?,
        list_confirmed_ms: list(
            store,
            OrderFilter {
                lifecycles: vec![Lifecycle::Confirmed],
                channel: Some(CHANNEL.to_owned()),
                ..OrderFilter::default()
            },
        )
        .await?,
        list_held_ms: list(store, OrderFilter { held: Some(true), ..OrderFilter::default() }).await?,
        search_ms: if load.workers { search(store, full_name).await? } else { 0.0 },
        search_common_ms: if load.workers { search(store, |_| "example.org".to_owned()).await? } else { 0.0 },
        pick_queue_ms,
        pick_queue_cost: ratio(pick_queue_ms, first.map_or(pick_queue_ms, |first| first.pick_queue_ms)),
        audit_ok: audit.ok,
        audit_postings_per_s: audit.postings as f64 / audit.seconds.max(1e-3),
        data_mb: store.gauges().await?.data_bytes as f64 / 1e6,
    })
}

fn viewer() -> Viewer {
    Viewer::system()
}

fn page() -> PageRequest {
    PageRequest { limit: None, after: None }
}

async fn count(store: &dyn Store) -> Result<i64, StoreError> {
    let rows = store.read("SELECT CAST(COUNT(*) AS BIGINT) FROM orders", &[]).await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.take())
}

/// The median time of a question that is asked again and again, in milliseconds.
async fn ask<F: Future<Output = Result<(), ReadError>>>(question: impl Fn(i64) -> F) -> Result<f64, BenchError> {
    let mut micros = Vec::new();
    for n in 0..ASKED {
        let asked = Instant::now();
        question(n).await.map_err(|error| BenchError::Other(error.to_string()))?;
        micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
    Ok(Latency::of(micros).p50_ms)
}

async fn list(store: &dyn Store, filter: OrderFilter) -> Result<f64, BenchError> {
    let filter = &filter;
    ask(|_| async move { orders(store, &viewer(), filter, &page()).await.map(drop) }).await
}

fn full_name(random: &mut Random) -> String {
    let (first, last) = goods::name(random);
    format!("{first} {last}")
}

async fn search(store: &dyn Store, words: fn(&mut Random) -> String) -> Result<f64, BenchError> {
    ask(|_| async move {
        let search = Some(Search::new(&words(&mut Random::fresh())));
        orders(store, &viewer(), &OrderFilter { search, ..OrderFilter::default() }, &page()).await.map(drop)
    })
    .await
}

/// Waits for the worker that keeps the words of orders; how long it takes is not counted.
pub async fn words_are_kept(store: &dyn Store) -> Result<(), StoreError> {
    has_read(store, "search").await
}

/// Waits for the worker that keeps the sums behind the reports.
pub async fn sums_are_kept(store: &dyn Store) -> Result<(), StoreError> {
    has_read(store, waybill_store::read::stats::CURSOR).await
}

/// Waits until whoever reads the log under this name has seen the last order placed.
async fn has_read(store: &dyn Store, name: &str) -> Result<(), StoreError> {
    let name = [Value::from(name)];
    let begun = "SELECT position FROM cursors WHERE name = $1";
    let behind = "SELECT e.position FROM events e WHERE e.kind = 'order.placed' AND e.position > \
         (SELECT c.position FROM cursors c WHERE c.name = $1) ORDER BY e.position LIMIT 1";
    while store.read(begun, &name).await?.is_empty() || !store.read(behind, &name).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Orders from all over the store, by their ids.
async fn read_one(store: &dyn Store) -> Result<f64, BenchError> {
    let ids = &ids_all_over(store).await?;
    ask(|n| async move {
        match ids.get(n as usize % ids.len().max(1)) {
            Some(id) => order(store, &viewer(), OrderKey::Id(*id)).await.map(drop),
            None => Ok(()),
        }
    })
    .await
}
