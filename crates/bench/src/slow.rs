//! A disk that takes its time: the same load with and without a pause before every commit.

use crate::BenchError;
use crate::engine;
use crate::goods::Taste;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use waybill_engine::Engine;
use waybill_store::around::{Around, Surrounded};
use waybill_store::{Store, StoreError, Write, Writer};

/// Rounds of both, in turns.
const ROUNDS: u32 = 3;

/// Commits take this much longer, as on a disk that has to turn or to cross a network.
struct SlowDisk(Duration);

#[async_trait]
impl Around for SlowDisk {
    async fn commit(&self, writer: &mut dyn Writer, writes: &[Write<'_>]) -> Result<(), StoreError> {
        // Here and not by the runtime's timer: a sync holds up the thread that commits, and wakes it without a detour.
        std::thread::sleep(self.0);
        writer.commit(writes).await
    }
}

/// Starts an engine on a store.
pub type Starts<'a> = &'a (dyn Fn(Arc<dyn Store>) -> crate::Boxed<'static, Result<Engine, BenchError>> + Send + Sync);

/// Orders a second without and with the pause.
pub async fn compare(
    store: &Arc<dyn Store>,
    delay: Duration,
    callers: usize,
    measured: Duration,
    start: Starts<'_>,
) -> Result<(f64, f64), BenchError> {
    let slow: Arc<dyn Store> = Arc::new(Surrounded::new(store.clone(), Arc::new(SlowDisk(delay))));
    let mut done = [0.0; 2];
    for _ in 0..ROUNDS {
        for (done, store) in done.iter_mut().zip([store, &slow]) {
            let engine = start(store.clone()).await?;
            let one = std::slice::from_ref(&engine);
            *done += engine::measure(one, callers, Taste::Spread, measured / ROUNDS).await?.per_s();
            engine.stop().await;
        }
    }
    Ok((done[0] / f64::from(ROUNDS), done[1] / f64::from(ROUNDS)))
}
