//! An item's balance over time, from its present one backwards through its postings.

use super::super::chart::{Chart, Form, Series};
use super::super::html::Html;
use super::super::look::{self, Look};
use std::collections::BTreeMap;
use waybill_domain::ids::{LocationId, LotId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};
use waybill_store::read::stock_item::Move;

/// Postings that a page reads at most, of all stock keys of the item together.
pub const MOVES_MAX: usize = 1_000;

/// What a posting does to what is on hand, and to what is available.
pub fn effect(from: StockAccount, to: StockAccount, quantity: Quantity) -> (i64, i64) {
    let on_hand = |account: StockAccount| account != StockAccount::InTransit && account.state_index().is_some();
    let available = |account: StockAccount| account == StockAccount::Available;
    let change = |is_in: &dyn Fn(StockAccount) -> bool| (i64::from(is_in(to)) - i64::from(is_in(from))) * quantity.0;
    (change(&on_hand), change(&available))
}

/// A balance over time.
pub struct Balance {
    pub html: Html,
    /// Whether a script makes more of it.
    pub is_dense: bool,
    /// Since when it is known, where that is not all of the days.
    pub known_since: Option<String>,
}

/// The balance of the last `days` days.
pub fn chart(
    moves: &[Move],
    each_max: usize,
    now: (Quantity, Quantity),
    precision: u32,
    days: i32,
    look: &Look,
) -> Balance {
    let mut first = back(look.today(), days - 1);
    let known_since = known_since(moves, each_max).map(|at| look.day_of(at));
    let cut = known_since.filter(|since| *since > first);
    first = cut.unwrap_or(first);
    let mut dates = vec![first];
    while let Some(next) = dates.last().and_then(|last| last.tomorrow().ok()).filter(|next| *next <= look.today()) {
        dates.push(next);
    }
    // What is true at the end of a day is what is true now without everything that came later.
    let mut changes: BTreeMap<Date, (i64, i64, i64)> = BTreeMap::new();
    for one in moves {
        let (on_hand, available) = effect(one.from, one.to, one.quantity);
        let day = changes.entry(look.day_of(one.happened_at)).or_default();
        day.0 += on_hand;
        day.1 += available;
        if one.from == StockAccount::Supplier {
            day.2 += one.quantity.0;
        }
    }
    let later = |day: Date, of: fn(&(i64, i64, i64)) -> i64| {
        changes.range(day..).filter(|(at, _)| **at > day).map(|(_, change)| of(change)).sum::<i64>()
    };
    let on_hand: Vec<i64> = dates.iter().map(|day| now.0.0 - later(*day, |change| change.0)).collect();
    let available: Vec<i64> = dates.iter().map(|day| now.1.0 - later(*day, |change| change.1)).collect();
    let written = |value: i64| look::quantity(Quantity(value), precision);
    let received = dates.iter().enumerate().filter_map(|(n, day)| Some((n, changes.get(day)?.2)));
    // At the right the last values stand, and two labels cannot be read in one place.
    let most = received.filter(|(n, units)| *units > 0 && n * 5 < dates.len() * 4).max_by_key(|(_, units)| *units);
    let then = on_hand.first().copied().unwrap_or_default();
    let says = format!(
        "On hand was {} on {} and is {} today; {} of it is available",
        written(then),
        look.day(first),
        written(now.0.0),
        written(now.1.0)
    );
    let mut columns: Vec<String> = dates.iter().map(|day| look.day(*day)).collect();
    if let Some(last) = columns.last_mut() {
        "today".clone_into(last);
    }
    let chart = Chart {
        form: Form::Step,
        says,
        head: "End of day",
        columns,
        series: vec![
            Series::new("On hand", on_hand.into_iter().map(Some)),
            Series::new("Available", available.into_iter().map(Some)),
        ],
        written: &written,
        base: 1,
        adds_up: false,
        note: most.map(|(n, units)| (n, format!("{} received", written(units)))),
    };
    Balance { is_dense: chart.is_dense(), html: chart.html(), known_since: cut.map(|since| look.day(since)) }
}

fn back(day: Date, days: i32) -> Date {
    day.checked_sub(jiff::Span::new().days(days)).unwrap_or(day)
}

/// From when on every posting of every key was read; None where all there are were.
fn known_since(moves: &[Move], each_max: usize) -> Option<Timestamp> {
    let mut keys: BTreeMap<(LocationId, LotId), (usize, Timestamp)> = BTreeMap::new();
    for one in moves {
        let key = keys.entry((one.location_id, one.lot_id)).or_insert((0, one.happened_at));
        key.0 += 1;
        key.1 = key.1.min(one.happened_at);
    }
    keys.into_values().filter(|(count, _)| *count >= each_max).map(|(_, oldest)| oldest).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use waybill_domain::ids::Id;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc3339(text).unwrap()
    }

    fn posting(day: &str, from: StockAccount, to: StockAccount, units: i64) -> Move {
        Move {
            location_id: LocationId(Id(1)),
            lot_id: LotId::NIL,
            from,
            to,
            quantity: Quantity(units),
            happened_at: at(&format!("{day}T12:00:00Z")),
        }
    }

    #[test]
    fn a_days_balance_is_the_present_one_without_what_came_later() {
        use StockAccount::{Allocated, Available, Customer, Supplier};
        let look = Look::new(TimeZone::UTC, at("2026-11-05T09:00:00Z"));
        let moves = [
            posting("2026-11-04", Allocated, Customer, 3),
            posting("2026-11-03", Available, Allocated, 3),
            posting("2026-11-02", Supplier, Available, 10),
        ];
        let Balance { html, known_since: cut, .. } = chart(&moves, 100, (Quantity(7), Quantity(7)), 0, 5, &look);
        let html = html.to_string();
        assert_eq!(cut, None);
        for (day, on_hand, available) in
            [("Nov 1", 0, 0), ("Nov 2", 10, 10), ("Nov 3", 10, 7), ("Nov 4", 7, 7), ("today", 7, 7)]
        {
            let row = format!("<td>{day}</td><td class=\"num\">{on_hand}</td><td class=\"num\">{available}</td>");
            assert!(html.contains(&row), "{row} in {html}");
        }
        assert!(html.contains(">10 received</text>"), "{html}");
        let cut = chart(&moves[..2], 2, (Quantity(7), Quantity(7)), 0, 5, &look).known_since;
        assert_eq!(cut.as_deref(), Some("Nov 3"), "what lies before was not read");
    }
}
