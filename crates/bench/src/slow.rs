//! A disk that takes its time: the same load with and without a pause before every commit.

use crate::BenchError;
use crate::engine;
use crate::goods::Taste;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use waybill_engine::Engine;
use waybill_store::backend::StoreGauges;
use waybill_store::{Loader, Row, Select, Store, StoreError, Value, Write, Writer};

/// Rounds of both, in turns.
const ROUNDS: u32 = 3;

/// A store whose commits take `delay` longer, as a disk does that has to turn or to cross a network.
pub struct SlowDisk {
    pub inner: Arc<dyn Store>,
    pub delay: Duration,
}

struct SlowWriter {
    inner: Box<dyn Writer>,
    delay: Duration,
}

#[async_trait]
impl Loader for SlowWriter {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.inner.select(selects).await
    }
}

#[async_trait]
impl Writer for SlowWriter {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.inner.begin().await
    }
    async fn write(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.inner.write(writes).await
    }
    async fn take_positions(&mut self, before: &[Write<'_>], count: i64) -> Result<i64, StoreError> {
        self.inner.take_positions(before, count).await
    }
    async fn commit(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        tokio::time::sleep(self.delay).await;
        self.inner.commit(writes).await
    }
    async fn rollback(&mut self) {
        self.inner.rollback().await;
    }
}

#[async_trait]
impl Store for SlowDisk {
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.inner.migrate().await
    }
    async fn check_schema(&self) -> Result<(), StoreError> {
        self.inner.check_schema().await
    }
    async fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(SlowWriter { inner: self.inner.writer().await?, delay: self.delay }))
    }
    async fn loader(&self) -> Result<Option<Box<dyn Loader>>, StoreError> {
        self.inner.loader().await
    }
    async fn read(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.inner.read(sql, params).await
    }
    async fn read_together(&self, statements: &[(&str, &[Value])]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.inner.read_together(statements).await
    }
    async fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, StoreError> {
        self.inner.execute(statements).await
    }
    async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        self.inner.backup(path).await
    }
    async fn gauges(&self) -> Result<StoreGauges, StoreError> {
        self.inner.gauges().await
    }
    async fn explain(&self, sql: &str, params: &[Value]) -> Result<Vec<String>, StoreError> {
        self.inner.explain(sql, params).await
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
    let slow: Arc<dyn Store> = Arc::new(SlowDisk { inner: store.clone(), delay });
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
