//! The receipts that a history implies: what its sales and corrections need and its stock does not have.

use super::{Action, Step};
use crate::history::records::{Deed, History};
use crate::map::Map;
use crate::source::names::Name;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use waybill_domain::time::Timestamp;

/// Goods that come in at one location, just before the first of them are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub at: Timestamp,
    pub location: Name,
    pub lines: Vec<(Name, i64)>,
    /// Names the document for good.
    pub reference: String,
}

/// Units per item and location.
type Balance = FxHashMap<(Name, Name), i64>;

/// What one location misses on one day.
#[derive(Debug)]
struct Shortage {
    first: Timestamp,
    /// In the order in which they were missed.
    lines: Vec<(Name, i64)>,
    places: FxHashMap<Name, usize>,
}

/// One receipt per day (of the mapping's time zone) and location; `steps` are in order. The stock that is there before
/// the history does not count: a history stands on its own.
pub fn receipts(map: &Map, history: &History, steps: &[Step]) -> Vec<Receipt> {
    let mut ledger = Ledger { balance: Balance::default(), day: BTreeMap::new() };
    let mut receipts = Vec::new();
    let mut today = None;
    for step in steps {
        let number = day_number(map, step.at);
        if today != Some(number) {
            ledger.close(map, history, &mut receipts);
            today = Some(number);
        }
        ledger.book(history, step);
    }
    ledger.close(map, history, &mut receipts);
    receipts
}

/// Days since 1970 in the mapping's time zone.
fn day_number(map: &Map, at: Timestamp) -> i64 {
    let zoned = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    let offset = map.zone.to_offset(zoned).seconds();
    at.plus_seconds(i64::from(offset)).0.div_euclid(86_400_000_000)
}

struct Ledger {
    balance: Balance,
    day: BTreeMap<Name, Shortage>,
}

impl Ledger {
    fn take(&mut self, at: Timestamp, sku: Name, location: Name, units: i64) {
        let balance = self.balance.entry((sku, location)).or_default();
        *balance -= units;
        let missing = -*balance;
        if missing <= 0 {
            return;
        }
        *balance = 0;
        let shortage = self.day.entry(location).or_insert_with(|| Shortage {
            first: at,
            lines: Vec::new(),
            places: FxHashMap::default(),
        });
        let place = *shortage.places.entry(sku).or_insert_with(|| {
            shortage.lines.push((sku, 0));
            shortage.lines.len() - 1
        });
        shortage.lines[place].1 += missing;
    }

    fn give(&mut self, sku: Name, location: Name, units: i64) {
        *self.balance.entry((sku, location)).or_default() += units;
    }

    fn book(&mut self, history: &History, step: &Step) {
        match step.action {
            Action::Place(order) => {
                for line in &history.orders[order].lines {
                    self.take(step.at, line.sku, line.location, line.quantity);
                }
            }
            Action::CancelOrder(order) => {
                for line in &history.orders[order].lines {
                    self.give(line.sku, line.location, line.quantity - line.cancelled);
                }
            }
            Action::CancelLine { effect, line } => {
                if let Deed::Cancel { order, lines, .. } = &history.effects[effect].deed {
                    let units = lines[line];
                    let line = &history.orders[*order].lines[units.line];
                    self.give(line.sku, line.location, units.units);
                }
            }
            Action::Return(effect) => {
                if let Deed::Return { order, lines, .. } = &history.effects[effect].deed {
                    let order = &history.orders[*order];
                    // All of a return comes in where its first line left.
                    let location = lines.first().map(|units| order.lines[units.line].location);
                    for units in lines {
                        let line = &order.lines[units.line];
                        self.give(line.sku, location.unwrap_or(line.location), units.units);
                    }
                }
            }
            Action::Adjust(effect) => {
                if let Deed::Adjust { sku, location, delta, .. } = history.effects[effect].deed {
                    match delta {
                        ..0 => self.take(step.at, sku, location, -delta),
                        0.. => self.give(sku, location, delta),
                    }
                }
            }
            Action::Receive(_)
            | Action::Hold(_)
            | Action::Pay { .. }
            | Action::Release(_)
            | Action::Pick { .. }
            | Action::Pack { .. }
            | Action::Ship { .. }
            | Action::Deliver { .. }
            | Action::Complete(_)
            | Action::Surcharge(_)
            | Action::CancelRefund(_)
            | Action::Refund(_) => {}
        }
    }

    fn close(&mut self, map: &Map, history: &History, receipts: &mut Vec<Receipt>) {
        for (location, shortage) in std::mem::take(&mut self.day) {
            let at = jiff::Timestamp::from_microsecond(shortage.first.0).unwrap_or_default();
            let date = map.zone.to_datetime(at).date();
            let reference = format!("import:{}:receipt:{date}:{}", map.name, history.names.text(location));
            receipts.push(Receipt { at: shortage.first, location, lines: shortage.lines, reference });
        }
    }
}
