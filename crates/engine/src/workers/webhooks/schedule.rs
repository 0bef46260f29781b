//! When a delivery that failed is tried again, and when nothing is tried any more.

use crate::ports::RetryAfter;
use waybill_domain::time::Timestamp;

/// The first wait, and the longest, in seconds. Each is three times the one before.
const FIRST_S: i64 = 5;
const LONGEST_S: i64 = 2 * 3_600;
/// An event is tried for this long, and an endpoint that takes nothing for this long is disabled, in seconds.
const PATIENCE_S: i64 = 5 * 86_400;
/// A receiver that asks to be left alone is left alone for so long at most, in seconds.
const ASKED_MAX_S: i64 = 86_400;

/// The wait after the `attempts`-th try, in microseconds: four fifths to six fifths of what is due, so that events that
/// failed together do not come back together.
pub(super) fn wait_us(attempts: i64, random: u128) -> i64 {
    let exponent = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    let wait_s = FIRST_S.saturating_mul(3i64.saturating_pow(exponent)).min(LONGEST_S);
    let share = i64::try_from(random % 401).unwrap_or_default() + 800;
    wait_s * 1_000 * share
}

/// The earliest moment that a receiver wants to be asked again, and at most so far off that it cannot silence an endpoint.
pub(super) fn not_before(asked: RetryAfter, now: Timestamp) -> Timestamp {
    let latest = now.plus_seconds(ASKED_MAX_S);
    match asked {
        RetryAfter::Seconds(seconds) => now.plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX).min(ASKED_MAX_S)),
        RetryAfter::At(at) => at.min(latest),
    }
}

/// Whether trying since `since` has been long enough.
pub(super) const fn is_hopeless(since: Timestamp, now: Timestamp) -> bool {
    now.seconds_since(since) >= PATIENCE_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_hours_and_differ_by_a_fifth() {
        let seconds = |attempts, random| wait_us(attempts, random) / 1_000_000;
        let middle: Vec<i64> = (1..=10).map(|attempts| seconds(attempts, 200)).collect();
        assert_eq!(middle, [5, 15, 45, 135, 405, 1_215, 3_645, 7_200, 7_200, 7_200]);
        assert_eq!((seconds(2, 0), seconds(2, 400)), (12, 18));
        assert_eq!(seconds(i64::MAX, 200), 7_200);
        assert!(!is_hopeless(Timestamp(0), Timestamp(5 * 86_400_000_000 - 1)));
        assert!(is_hopeless(Timestamp(0), Timestamp(5 * 86_400_000_000)));
    }
}
