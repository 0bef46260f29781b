//! A store that takes its time and fails in the ways a store may.

use crate::coverage::Coverage;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use waybill_fault_vfs::Dice;
use waybill_store::around::Around;
use waybill_store::{StoreError, Write, Writer};

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

/// What decides when a store fails. Outlives the processes that use the store.
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

#[async_trait]
impl Around for Trouble {
    async fn reach(&self) -> Result<(), StoreError> {
        if self.strikes("store unreachable", |odds| odds.unreachable) {
            return Err(StoreError::Unavailable("the line is dead".into()));
        }
        Ok(())
    }

    async fn commit(&self, writer: &mut dyn Writer, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.wait().await;
        let lost = || StoreError::CommitUnknown("the line went dead".into());
        if self.strikes("race lost", |odds| odds.race) {
            writer.rollback().await;
            return Err(StoreError::Serialization("another was first".into()));
        }
        if self.strikes("commit reply lost, not committed", |odds| odds.lost_before) {
            writer.rollback().await;
            return Err(lost());
        }
        writer.commit(writes).await?;
        if self.strikes("commit reply lost, committed", |odds| odds.lost_after) {
            return Err(lost());
        }
        self.wait().await;
        Ok(())
    }
}
