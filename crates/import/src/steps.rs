//! The history as steps in the order of time: what is submitted, one after the other.

mod receipts;

use crate::history::records::{Deed, Effect, History, Order, Units};
use crate::map::Map;
use crate::source::names::Name;
use std::collections::BTreeSet;
use waybill_domain::money::{Minor, split_first};
use waybill_domain::time::Timestamp;

pub use receipts::{Receipt, receipts};

/// What a step does. Orders and effects by their place in the history; fulfillment orders and parcels from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Receive(usize),
    Place(usize),
    Hold(usize),
    Pay {
        order: usize,
        payment: usize,
    },
    CancelOrder(usize),
    Release(usize),
    Pick {
        order: usize,
        work: u32,
    },
    Pack {
        order: usize,
        work: u32,
    },
    Ship {
        order: usize,
        work: u32,
    },
    Deliver {
        order: usize,
        parcel: u32,
    },
    Complete(usize),
    CancelLine {
        effect: usize,
        line: usize,
    },
    /// What of the price of cancelled units was not credited stays due.
    Surcharge(usize),
    /// What was paid for cancelled units goes back.
    CancelRefund(usize),
    Return(usize),
    Refund(usize),
    Adjust(usize),
}

/// Places of actions at one moment: receipts first, then what is under way, then what the invoices say.
const RECEIPTS: u8 = 0;
const UNDER_WAY: u8 = 1;
const INVOICES: u8 = 2;

/// Something that happened, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub at: Timestamp,
    /// At the same moment: kind of step, line of the invoice in the file, place within it.
    rank: (u8, u32, u32),
    pub action: Action,
}

impl Order {
    /// Locations that its lines ship from, in the order of the lines: one fulfillment order each, as far as the file
    /// knows.
    pub fn locations(&self) -> Vec<Name> {
        let mut locations = Vec::new();
        for line in &self.lines {
            if !locations.contains(&line.location) {
                locations.push(line.location);
            }
        }
        locations
    }
}

/// All steps in order; the receipts that the history implies where `receive` is set.
pub fn steps(map: &Map, history: &mut History, receive: bool) -> (Vec<Step>, Vec<Receipt>) {
    ends(history);
    let mut steps = Vec::with_capacity(history.orders.len() * 8 + history.effects.len());
    for (n, order) in history.orders.iter().enumerate() {
        of_order(order, n, &mut steps);
    }
    for (n, effect) in history.effects.iter().enumerate() {
        of_effect(effect, n, &history.orders, &mut steps);
    }
    steps.sort_by_key(|step| (step.at, step.rank));
    if !receive {
        return (steps, Vec::new());
    }
    let receipts = receipts(map, history, &steps);
    steps.extend(receipts.iter().enumerate().map(|(n, receipt)| Step {
        at: receipt.at,
        rank: (RECEIPTS, n as u32, 0),
        action: Action::Receive(n),
    }));
    steps.sort_by_key(|step| (step.at, step.rank));
    (steps, receipts)
}

/// Effects that have no rows of their own: orders that came back as a whole, and money owed once the goods have left.
fn ends(history: &mut History) {
    for (place, order) in history.orders.iter_mut().enumerate() {
        let first_line = order.first_line;
        let effect = |at, reference: &str, deed| Effect {
            at,
            first_line,
            reference: reference.to_owned(),
            line: first_line,
            deed,
        };
        if let (Some(at), 1..) = (order.shipped_at, order.owed_after_shipping.min(order.kept))
            && !order.is_cancelled()
        {
            let amount = order.owed_after_shipping.min(order.kept);
            history.effects.push(effect(at, "credited", Deed::Refund { order: place, amount }));
            order.kept -= amount;
        }
        let Some(at) = order.returned_at else { continue };
        let lines: Vec<Units> = order
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.left > 0)
            .map(|(n, line)| Units { line: n, units: line.left, cancelled_then: 0 })
            .collect();
        let goods: i64 =
            order.lines.iter().map(|line| split_first(Minor(line.minor), line.left, line.quantity).0).sum();
        // A cancelled order gives its charges back too.
        let credit = if order.head.cancelled { goods + order.charged() } else { goods }.max(0);
        if !lines.is_empty() {
            history.effects.push(effect(at, "returned", Deed::Return { order: place, lines, credit }));
        }
    }
}

fn of_order(order: &Order, n: usize, steps: &mut Vec<Step>) {
    let mut add = |at: Timestamp, place: u32, action| {
        let kind = if at > order.placed_at { UNDER_WAY } else { INVOICES };
        steps.push(Step { at, rank: (kind, order.first_line, place), action });
    };
    add(order.placed_at, 0, Action::Place(n));
    if order.held {
        add(order.placed_at, 1, Action::Hold(n));
    }
    let ended = order.is_cancelled();
    let mut paid_at = order.placed_at;
    for (payment, one) in order.payments.iter().enumerate() {
        paid_at = paid_at.max(one.at);
        add(one.at, 2 + payment as u32, Action::Pay { order: n, payment });
    }
    if let Some(at) = order.cancelled_at {
        add(at, 90, Action::CancelOrder(n));
        return;
    }
    if ended {
        return;
    }
    let works = order.locations().len() as u32;
    if let Some(at) = order.shipped_at {
        add(at, 100, Action::Release(n));
        for work in 1..=works {
            add(at, 100 + work * 3, Action::Pick { order: n, work });
            add(at, 101 + work * 3, Action::Pack { order: n, work });
            add(at, 102 + work * 3, Action::Ship { order: n, work });
        }
        if let Some(at) = order.delivered_at {
            for parcel in 1..=works {
                add(at, 50_000 + parcel, Action::Deliver { order: n, parcel });
            }
        }
    }
    let paid: i64 = order.payments.iter().map(|payment| payment.minor).sum();
    let done = if order.lines.is_empty() { Some(order.placed_at) } else { order.delivered_at };
    if let Some(at) = done.filter(|_| paid >= order.billed()) {
        add(at.max(paid_at), 60_000, Action::Complete(n));
    }
}

fn of_effect(effect: &Effect, n: usize, orders: &[Order], steps: &mut Vec<Step>) {
    let first = 100_000 + n as u32 * 2;
    let mut add =
        |place, action| steps.push(Step { at: effect.at, rank: (INVOICES, effect.first_line, place), action });
    match &effect.deed {
        Deed::Cancel { order, lines, refund, surcharge } => {
            // One place for all lines: the sort is stable.
            (0..lines.len()).for_each(|line| add(first, Action::CancelLine { effect: n, line }));
            // An order that was cancelled as a whole later gave everything back.
            if *surcharge > 0 && !orders[*order].is_cancelled() {
                add(first, Action::Surcharge(n));
            }
            if *refund > 0 {
                add(first + 1, Action::CancelRefund(n));
            }
        }
        Deed::Return { .. } => add(first, Action::Return(n)),
        // An order that was cancelled as a whole has given everything back.
        Deed::Refund { order, .. } if orders[*order].is_cancelled() => {}
        Deed::Refund { .. } => add(first, Action::Refund(n)),
        Deed::Adjust { delta: 0, .. } => {}
        Deed::Adjust { .. } => add(first, Action::Adjust(n)),
    }
}

/// Channels and locations that the steps name.
#[derive(Debug, Default)]
pub struct Cast {
    pub channels: BTreeSet<Name>,
    pub locations: BTreeSet<Name>,
}

impl Cast {
    pub fn of(history: &History) -> Self {
        let mut cast = Self::default();
        for order in &history.orders {
            cast.channels.insert(order.head.channel);
            cast.locations.extend(order.lines.iter().map(|line| line.location));
        }
        for effect in &history.effects {
            if let Deed::Adjust { location, .. } = &effect.deed {
                cast.locations.insert(*location);
            }
        }
        cast
    }
}
