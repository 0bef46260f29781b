//! Days as whoever looks counts them, as stretches of time that sums can be asked for.

use super::look::Look;
use jiff::tz::Offset;
use waybill_domain::time::{Date, Timestamp};
use waybill_store::read::stats::Stretch;

/// A quarter of an hour, which every zone's distance from UTC is a multiple of.
const QUARTER_S: i64 = 900;

/// The stretches of some days, both included.
pub fn days(look: &Look, from: Date, to: Date) -> Vec<Stretch> {
    let end = to.tomorrow().unwrap_or(to);
    stretches(look, look.start_of(from), look.start_of(end))
}

/// The stretches between two moments, one for each change of the clock and one more.
fn stretches(look: &Look, from: Timestamp, to: Timestamp) -> Vec<Stretch> {
    let zone = look.zone();
    let mut out = Vec::new();
    let mut at = from;
    while at < to {
        let here = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
        let change = zone.following(here).next().map(|change| Timestamp(change.timestamp().as_microsecond()));
        let end = change.filter(|change| *change > at && *change < to).unwrap_or(to);
        out.push(Stretch { from: at, to: end, offset_s: quarter(zone.to_offset(here)) });
        at = end;
    }
    out
}

fn quarter(offset: Offset) -> i64 {
    let seconds = i64::from(offset.seconds());
    (seconds + QUARTER_S / 2).div_euclid(QUARTER_S) * QUARTER_S
}

/// The day and the second of it that a wall clock showed, counted in seconds since 1970.
pub fn local(seconds: i64) -> (Date, i64) {
    let first = jiff::civil::date(1970, 1, 1);
    let day = first.saturating_add(jiff::Span::new().days(seconds.div_euclid(86_400)));
    (day, seconds.rem_euclid(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn a_day_on_which_the_clock_changes_is_two_stretches() {
        let now = Timestamp::from_rfc3339("2026-11-19T12:00:00Z").unwrap();
        let look = Look::new(TimeZone::get("America/Los_Angeles").unwrap(), now);
        let day = jiff::civil::date(2026, 11, 1);
        let found = days(&look, day, day);
        let at = |text| Timestamp::from_rfc3339(text).unwrap();
        assert_eq!(
            found,
            [
                Stretch { from: at("2026-11-01T07:00:00Z"), to: at("2026-11-01T09:00:00Z"), offset_s: -25_200 },
                Stretch { from: at("2026-11-01T09:00:00Z"), to: at("2026-11-02T08:00:00Z"), offset_s: -28_800 },
            ]
        );
        let nepal = Look::new(TimeZone::get("Asia/Kathmandu").unwrap(), now);
        assert_eq!(days(&nepal, day, day).first().map(|one| one.offset_s), Some(20_700));
    }

    #[test]
    fn a_wall_clock_is_read() {
        assert_eq!(local(86_400 * 365 + 3_600), (jiff::civil::date(1971, 1, 1), 3_600));
    }
}
