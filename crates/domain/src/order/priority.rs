//! Which order goes first.
//!
//! The score is a moment, turned round: the time by which the order ought to leave, in minutes before a far day. An
//! older order therefore rises by itself, without anything being stored again as the clock moves on, and any two
//! orders keep their order for ever.

use crate::customer::Tier;
use crate::money::Minor;
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// Minutes since 1970 of the day the score counts down to (in the year 2100).
const FAR_MINUTE: i64 = 68_374_080;
/// What an order without a wish may take, in minutes.
const ALLOWANCE: i64 = 3 * 24 * 60;
/// An order should leave this many days before the one it is wanted.
const TRANSIT_DAYS: i64 = 2;
/// The same in minutes.
const TRANSIT: i64 = TRANSIT_DAYS * 24 * 60;
/// The most that value can move an order forward, in minutes.
const VALUE_MAX: i64 = 24 * 60;

/// A score and what it is made of. All parts are minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// Higher goes first.
    pub score: i64,
    /// Minutes since 1970 at which the order ought to leave, before tier and value.
    pub due: i64,
    pub tier: i64,
    pub value: i64,
}

/// The last day on which an order that is wanted on a day ought to leave.
pub fn leave_by(wanted: Date) -> Date {
    use jiff::ToSpan;
    wanted.saturating_sub(TRANSIT_DAYS.days())
}

/// Judges an order when it is placed.
///
/// Deadline: two days before the day it is wanted, unless that day is over already; at the latest three days after placing. Tier: gold a day earlier,
/// silver half a day. Value: one minute earlier for each whole major unit, a day at most.
pub fn priority(
    placed_at: Timestamp,
    requested_by: Option<Date>,
    tier: Tier,
    total: Minor,
    currency_exponent: u32,
) -> Priority {
    let minutes = |at: Timestamp| at.0.div_euclid(60_000_000);
    let placed = minutes(placed_at);
    // A day that was over when the order was placed is a leftover of the source, not a wish.
    let wanted = requested_by.map(Timestamp::end_of_day).filter(|end| *end >= placed_at);
    let wanted = wanted.map_or(i64::MAX, |end| minutes(end) - TRANSIT);
    let due = wanted.min(placed + ALLOWANCE);
    let tier = match tier {
        Tier::Standard => 0,
        Tier::Silver => 12 * 60,
        Tier::Gold => 24 * 60,
    };
    let value = (total.0 / 10i64.pow(currency_exponent)).clamp(0, VALUE_MAX);
    Priority { score: FAR_MINUTE - due + tier + value, due, tier, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadline_tier_value_and_age_each_move_an_order_forward() {
        let at = |day: i64| Timestamp(day * 86_400_000_000);
        let score = |placed, wanted, tier, total| priority(at(placed), wanted, tier, Minor(total), 2).score;
        let plain = score(20_000, None, Tier::Standard, 5_000);
        assert_eq!(score(19_999, None, Tier::Standard, 5_000), plain + 24 * 60, "a day older");
        assert_eq!(score(20_000, None, Tier::Gold, 5_000), plain + 24 * 60, "gold");
        assert_eq!(score(20_000, None, Tier::Standard, 15_000), plain + 100, "100.00 more");
        assert_eq!(score(20_000, None, Tier::Standard, 1_000_000_000), plain + 24 * 60 - 50, "value is capped");
        // 20,001 days after 1970-01-01 is 2024-10-05; its end less two days is 1 minute before day 20,000.
        let soon = score(20_000, Some(jiff::civil::date(2024, 10, 5)), Tier::Standard, 5_000);
        assert_eq!(soon, plain + 3 * 24 * 60 + 1, "wanted tomorrow");
        // Day 20,000 is 2024-10-04: wanted on the day itself, and on one that was over for a minute, or for years.
        let today = score(20_000, Some(jiff::civil::date(2024, 10, 4)), Tier::Standard, 5_000);
        assert_eq!(today, plain + 4 * 24 * 60 + 1, "wanted today");
        for late in [jiff::civil::date(2024, 10, 3), jiff::civil::date(1999, 1, 1)] {
            assert_eq!(score(20_000, Some(late), Tier::Standard, 5_000), plain, "no wish: {late}");
        }
    }
}
