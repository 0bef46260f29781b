//! Whether the goods are there: always, or as the store says (`--stock strict`).

use super::records::{Line, Order};
use crate::state::{Existing, ExistingOrder};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use waybill_domain::time::Timestamp;

/// The stock that the history draws on.
#[derive(Debug)]
pub enum Shelf {
    /// What is missing is received.
    Endless,
    Counted(Counted),
}

/// Units available per SKU, as they will be after every step that is not yet done.
#[derive(Debug, Default)]
pub struct Counted {
    available: FxHashMap<String, i64>,
    /// Orders that come to an end by status or list: what they hold goes back then.
    ends: BinaryHeap<Reverse<(Timestamp, usize)>>,
}

impl Shelf {
    pub fn strict(existing: &Existing) -> Self {
        Self::Counted(Counted { available: existing.available.clone(), ends: BinaryHeap::new() })
    }

    pub const fn is_counted(&self) -> bool {
        matches!(self, Self::Counted(_))
    }

    /// Takes what the lines want; notes what is missing. True when the order has to wait.
    pub fn place(&mut self, lines: &mut [Line], sku: impl Fn(&Line) -> String, known: Option<&ExistingOrder>) -> bool {
        let Self::Counted(counted) = self else { return false };
        for (n, line) in lines.iter_mut().enumerate() {
            line.short = match known {
                // Its stock is taken already; what waits is known.
                Some(order) => order.backordered.get(&(n as u32 + 1)).copied().unwrap_or_default(),
                None => {
                    let available = counted.available.entry(sku(line)).or_default();
                    let taken = line.quantity.min((*available).max(0));
                    *available -= taken;
                    line.quantity - taken
                }
            };
        }
        lines.iter().any(|line| line.short > 0) || known.is_some_and(|order| order.held)
    }

    /// Cancelled units: what was missing anyway first, the rest is free again.
    pub fn cancel(&mut self, line: &mut Line, units: i64, sku: impl Fn(&Line) -> String) {
        let Self::Counted(counted) = self else { return };
        let missing = units.min(line.short);
        line.short -= missing;
        *counted.available.entry(sku(line)).or_default() += units - missing;
    }

    pub fn put_back(&mut self, sku: &str, units: i64) {
        let Self::Counted(counted) = self else { return };
        *counted.available.entry(sku.to_owned()).or_default() += units;
    }

    /// Changes the balance; false where it would go below zero.
    pub fn adjust(&mut self, sku: &str, delta: i64) -> bool {
        let Self::Counted(counted) = self else { return true };
        let available = counted.available.entry(sku.to_owned()).or_default();
        if *available + delta < 0 {
            return false;
        }
        *available += delta;
        true
    }

    /// Remembers when an order gives its units back.
    pub fn ends_at(&mut self, at: Timestamp, order: usize) {
        if let Self::Counted(counted) = self {
            counted.ends.push(Reverse((at, order)));
        }
    }

    /// Orders that end up to now; their units are free again.
    pub fn ended(&mut self, now: Timestamp, orders: &[Order], sku: impl Fn(&Line) -> String) {
        let Self::Counted(counted) = self else { return };
        while let Some(Reverse((at, order))) = counted.ends.peek().copied() {
            if at > now {
                return;
            }
            counted.ends.pop();
            for line in orders.get(order).into_iter().flat_map(|order| &order.lines) {
                *counted.available.entry(sku(line)).or_default() += line.quantity - line.short - line.cancelled;
            }
        }
    }
}
