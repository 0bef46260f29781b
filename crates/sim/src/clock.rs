//! The clock that everybody in the simulation reads: the runtime's, with jumps and drift.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;
use waybill_domain::time::Timestamp;
use waybill_engine::Clock;

/// Moves with the runtime's clock while a process lives, and stands still between two lives.
#[derive(Debug)]
pub struct SimClock(Mutex<State>);

#[derive(Debug)]
struct State {
    /// The time (UTC, microseconds) at `since`.
    at: i64,
    since: Option<Instant>,
    /// How much faster than the runtime's it goes, in millionths.
    drift_ppm: i64,
}

impl State {
    fn now(&self) -> i64 {
        let passed = self.since.map_or(0, |since| since.elapsed().as_micros() as i64);
        self.at + passed + passed / 1_000 * self.drift_ppm / 1_000
    }

    fn settle(&mut self) {
        self.at = self.now();
        self.since = self.since.map(|_| Instant::now());
    }
}

impl SimClock {
    pub fn new(at: Timestamp) -> Self {
        Self(Mutex::new(State { at: at.0, since: None, drift_ppm: 0 }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on it goes with the runtime that this is called in.
    pub fn start(&self) {
        self.state().since = Some(Instant::now());
    }

    pub fn halt(&self) {
        let mut state = self.state();
        state.settle();
        state.since = None;
    }

    pub fn jump(&self, microseconds: i64) {
        self.state().at += microseconds;
    }

    pub fn drift(&self, ppm: i64) {
        let mut state = self.state();
        state.settle();
        state.drift_ppm = ppm;
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.state().now())
    }
}
