//! One item that everybody buys, against items bought all over; and several engines at once, against one.

use crate::BenchError;
use crate::engine::measure;
use crate::goods::Taste;
use std::time::Duration;
use waybill_engine::Engine;

/// Rounds of both; what disturbs the machine for a moment then disturbs both.
const ROUNDS: u32 = 3;

/// Orders a second.
#[derive(Debug, Default)]
pub struct Compared {
    /// Spread, by one engine alone; 0 where there is only one.
    pub alone: f64,
    /// By all engines.
    pub spread: f64,
    pub hot: f64,
}

pub async fn compare(engines: &[Engine], callers: usize, measured: Duration) -> Result<Compared, BenchError> {
    let mut sums = Compared::default();
    let part = measured / ROUNDS;
    for _ in 0..ROUNDS {
        if engines.len() > 1 {
            sums.alone += measure(&engines[..1], callers, Taste::Spread, part).await?.per_s();
        }
        sums.spread += measure(engines, callers, Taste::Spread, part).await?.per_s();
        sums.hot += measure(engines, callers, Taste::Hot, part).await?.per_s();
    }
    let mean = |sum: f64| sum / f64::from(ROUNDS);
    Ok(Compared { alone: mean(sums.alone), spread: mean(sums.spread), hot: mean(sums.hot) })
}
