//! A store that takes its time and fails in the ways a store may.

use crate::coverage::Coverage;
use async_trait::async_trait;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use waybill_fault_vfs::Dice;
use waybill_store::backend::StoreGauges;
use waybill_store::{Loader, Row, Select, Store, StoreError, Value, Write, Writer};

/// What goes wrong, in percent of calls.
#[derive(Clone, Copy, Debug)]
pub struct Odds {
    /// The commit is done and its answer lost.
    pub lost_after: u64,
    /// The commit is not done and its answer lost.
    pub lost_before: u64,
    pub race: u64,
    /// The connection breaks before anything was sent.
    pub unreachable: u64,
    /// A commit takes up to so long.
    pub latency_ms: u64,
}

impl Odds {
    pub const CALM: Self = Self { lost_after: 0, lost_before: 0, race: 0, unreachable: 0, latency_ms: 0 };
}

/// What decides when a store fails. Outlives the process that uses the store.
#[derive(Debug)]
pub struct Trouble {
    state: Mutex<(Dice, Odds)>,
    coverage: Arc<Coverage>,
}

impl Trouble {
    pub fn new(seed: u64, coverage: Arc<Coverage>) -> Self {
        Self { state: Mutex::new((Dice::of(seed, 0x7a0b), Odds::CALM)), coverage }
    }

    fn state(&self) -> MutexGuard<'_, (Dice, Odds)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, odds: Odds) {
        self.state().1 = odds;
    }

    fn strikes(&self, fault: &'static str, odds: impl Fn(&Odds) -> u64) -> bool {
        let mut state = self.state();
        let percent = odds(&state.1);
        let strikes = percent > 0 && state.0.chance(percent);
        if strikes {
            self.coverage.fault(fault);
        }
        strikes
    }

    fn reach(&self) -> Result<(), StoreError> {
        if self.strikes("store unreachable", |odds| odds.unreachable) {
            return Err(StoreError::Unavailable("the line is dead".into()));
        }
        Ok(())
    }

    async fn wait(&self) {
        let wait = {
            let mut state = self.state();
            let most = state.1.latency_ms;
            state.0.below(most + 1)
        };
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
    }
}

/// A store with trouble on the way to it.
pub struct TroubledStore {
    pub inner: Arc<dyn Store>,
    pub trouble: Arc<Trouble>,
}

impl std::fmt::Debug for TroubledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TroubledStore").field("inner", &self.inner.name()).finish_non_exhaustive()
    }
}

struct TroubledLoader {
    inner: Box<dyn Loader>,
    trouble: Arc<Trouble>,
}

#[async_trait]
impl Loader for TroubledLoader {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.trouble.reach()?;
        self.inner.select(selects).await
    }
}

struct TroubledWriter {
    inner: Box<dyn Writer>,
    trouble: Arc<Trouble>,
}

#[async_trait]
impl Loader for TroubledWriter {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        if let Err(error) = self.trouble.reach() {
            self.inner.rollback().await;
            return Err(error);
        }
        self.inner.select(selects).await
    }
}

#[async_trait]
impl Writer for TroubledWriter {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.trouble.reach()?;
        self.inner.begin().await
    }

    async fn write(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.inner.write(writes).await
    }

    async fn take_positions(&mut self, before: &[Write<'_>], count: i64) -> Result<i64, StoreError> {
        if let Err(error) = self.trouble.reach() {
            self.inner.rollback().await;
            return Err(error);
        }
        self.inner.take_positions(before, count).await
    }

    async fn commit(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.trouble.wait().await;
        let lost = || StoreError::CommitUnknown("the line went dead".into());
        if self.trouble.strikes("race lost", |odds| odds.race) {
            self.inner.rollback().await;
            return Err(StoreError::Serialization("another was first".into()));
        }
        if self.trouble.strikes("commit reply lost, not committed", |odds| odds.lost_before) {
            self.inner.rollback().await;
            return Err(lost());
        }
        self.inner.commit(writes).await?;
        if self.trouble.strikes("commit reply lost, committed", |odds| odds.lost_after) {
            return Err(lost());
        }
        self.trouble.wait().await;
        Ok(())
    }

    async fn rollback(&mut self) {
        self.inner.rollback().await;
    }
}

#[async_trait]
impl Store for TroubledStore {
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
        Ok(Box::new(TroubledWriter { inner: self.inner.writer().await?, trouble: self.trouble.clone() }))
    }

    async fn loader(&self) -> Result<Option<Box<dyn Loader>>, StoreError> {
        let Some(inner) = self.inner.loader().await? else { return Ok(None) };
        Ok(Some(Box::new(TroubledLoader { inner, trouble: self.trouble.clone() })))
    }

    async fn read(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.trouble.reach()?;
        self.inner.read(sql, params).await
    }

    async fn read_together(&self, statements: &[(&str, &[Value])]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.trouble.reach()?;
        self.inner.read_together(statements).await
    }

    async fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, StoreError> {
        self.trouble.reach()?;
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
