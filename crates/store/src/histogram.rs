//! How long things took, as counts in buckets whose bounds grow by a factor: small to keep, and quick to add up over a
//! year, while a percentile read from it is never further off than its bucket is wide (a quarter of its value).

use crate::error::StoreError;
use crate::value::{Column, ColumnKind, Sink, Source, Take};

/// Buckets of a histogram.
pub const BUCKETS: usize = 48;
/// What ends in the first bucket took less than this many seconds.
const FIRST_S: f64 = 60.0;
/// Buckets until the bound has doubled.
const PER_DOUBLING: f64 = 3.0;

/// The columns of a histogram, in the order of the buckets.
const NAMES: [&str; BUCKETS] = [
    "b00", "b01", "b02", "b03", "b04", "b05", "b06", "b07", "b08", "b09", "b10", "b11", "b12", "b13", "b14", "b15",
    "b16", "b17", "b18", "b19", "b20", "b21", "b22", "b23", "b24", "b25", "b26", "b27", "b28", "b29", "b30", "b31",
    "b32", "b33", "b34", "b35", "b36", "b37", "b38", "b39", "b40", "b41", "b42", "b43", "b44", "b45", "b46", "b47",
];

/// Counts per bucket: the first holds what took less than a minute, the last what took longer than 32 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram(pub [i64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Histogram {
    /// The columns, separated by commas, each within `around` (`?` stands for the name).
    pub fn columns(around: &str) -> String {
        NAMES.map(|name| around.replace('?', name)).join(", ")
    }

    /// Counts something that took so long; below zero counts as no time.
    pub fn count(&mut self, seconds: i64) {
        self.0[bucket(seconds)] += 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(one, other)| *one += other);
    }

    pub fn total(&self) -> i64 {
        self.0.iter().sum()
    }

    /// Within how many seconds `share` of a hundred ended; None where nothing was counted. Within a bucket all are
    /// taken to lie evenly.
    pub fn percentile(&self, share: i64) -> Option<i64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let wanted = total as f64 * share as f64 / 100.0;
        let mut before = 0.0;
        for (place, count) in self.0.iter().enumerate() {
            let after = before + *count as f64;
            if *count > 0 && after >= wanted {
                let (low, high) = (lower(place), lower(place + 1));
                let inside = ((wanted - before) / *count as f64).clamp(0.0, 1.0);
                return Some((low + (high - low) * inside).round() as i64);
            }
            before = after;
        }
        None
    }
}

/// Seconds from which on things fall into a bucket.
fn lower(place: usize) -> f64 {
    match place {
        0 => 0.0,
        place => (FIRST_S * ((place - 1) as f64 / PER_DOUBLING).exp2()).round(),
    }
}

fn bucket(seconds: i64) -> usize {
    let seconds = seconds.max(0) as f64;
    (1..BUCKETS).rev().find(|place| seconds >= lower(*place)).unwrap_or(0)
}

impl Column for Histogram {
    const KIND: ColumnKind = ColumnKind::Int;
    fn describe(_: &'static str, out: &mut Vec<(&'static str, ColumnKind, bool)>) {
        out.extend(NAMES.map(|name| (name, ColumnKind::Int, false)));
    }
    fn bind(&self, sink: &mut dyn Sink) {
        self.0.iter().for_each(|count| sink.int(Some(*count)));
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let mut histogram = Self::default();
        for count in &mut histogram.0 {
            *count = row.take()?;
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_never_further_off_than_a_quarter() {
        // Every minute of a day, once: half of them are within 12 hours, nine of ten within 21 h 36 m.
        let mut histogram = Histogram::default();
        (1..=1_440).for_each(|minute| histogram.count(minute * 60));
        for (share, exact) in [(10, 8_640), (50, 43_200), (90, 77_760), (99, 85_536)] {
            let found = histogram.percentile(share).unwrap();
            assert!((found - exact).abs() * 4 <= exact, "{share}: {found} for {exact}");
        }
        assert_eq!(histogram.total(), 1_440);
    }

    #[test]
    fn what_took_no_time_and_what_took_for_ever_is_counted() {
        let mut histogram = Histogram::default();
        [-5, 0, 59, 60, i64::MAX].into_iter().for_each(|seconds| histogram.count(seconds));
        assert_eq!((histogram.0[0], histogram.0[1], histogram.0[BUCKETS - 1]), (3, 1, 1));
        assert_eq!(Histogram::default().percentile(50), None);
    }

    #[test]
    fn bounds_double_every_three_buckets_and_never_repeat() {
        assert_eq!([1, 4, 7, 46].map(lower), [60.0, 120.0, 240.0, 1_966_080.0]);
        assert!((0..BUCKETS).all(|place| lower(place) < lower(place + 1)));
    }
}
