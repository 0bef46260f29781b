//! One item that everybody buys, against items bought all over.

use crate::BenchError;
use crate::engine::measure;
use crate::goods::Taste;
use std::time::Duration;
use waybill_engine::Engine;

/// Rounds of both; what disturbs the machine for a moment then disturbs both.
const ROUNDS: u32 = 3;

/// Orders a second, spread and hot.
pub async fn compare(engines: &[Engine], callers: usize, measured: Duration) -> Result<(f64, f64), BenchError> {
    let (mut spread, mut hot) = (0.0, 0.0);
    for _ in 0..ROUNDS {
        spread += measure(engines, callers, Taste::Spread, measured / ROUNDS).await?.per_s();
        hot += measure(engines, callers, Taste::Hot, measured / ROUNDS).await?.per_s();
    }
    Ok((spread / f64::from(ROUNDS), hot / f64::from(ROUNDS)))
}
