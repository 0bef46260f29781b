//! How long answers take.

use serde::Serialize;

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

impl Latency {
    /// From durations in microseconds.
    pub fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        let at = |permille: usize| {
            let place = (micros.len() * permille / 1_000).min(micros.len().saturating_sub(1));
            micros.get(place).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
        };
        Self { p50_ms: at(500), p95_ms: at(950), p99_ms: at(990) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_read_off_the_sorted_durations() {
        let latency = Latency::of((1..=1_000).rev().map(|n| n * 1_000).collect());
        assert_eq!(latency, Latency { p50_ms: 501.0, p95_ms: 951.0, p99_ms: 991.0 });
        assert_eq!(Latency::of(Vec::new()), Latency::default());
    }
}
