//! Walks through all aggregates by id, a slice at a time, and checks each.

use super::aggregates;
use super::history::{self, History};
use super::laws;
use super::ledger::{HELD, Held};
use super::reading::{Gathered, complete, ranges, records};
use super::report::{Findings, Stage};
use super::slice::{Orders, Slice};
use crate::backend::Store;
use crate::error::StoreError;
use futures_util::TryStreamExt;
use std::sync::{Arc, Mutex, PoisonError};
use waybill_domain::catalog::item::Supply;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::OrderId;
use waybill_domain::ledger::StockKey;
use waybill_domain::order::{Allocation, OrderHead};
use waybill_domain::stock::reservation::ReservationState;
use waybill_domain::world::World;

/// What the walk counted.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) events: i64,
    pub(super) orders: i64,
    /// What orders and reservations held at the position up to which the ledger was added up.
    pub(super) held: Held,
}

impl Totals {
    fn add(&mut self, more: Self) {
        self.events += more.events;
        self.orders += more.orders;
        for (key, more) in more.held {
            let sums = self.held.entry(key).or_default();
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
}

/// Slices that are read and checked at once.
const AT_ONCE: usize = 4;

/// Walks through all aggregates, up to `position` of the stock ledger: slices are read while others are checked, each on a
/// thread of its own; one after the other where somebody else works with the store. What is found comes in the order of the ids.
pub(super) async fn walk(
    store: &dyn Store,
    position: i64,
    in_use: bool,
    findings: &mut Findings,
    progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
) -> Result<Totals, StoreError> {
    let statements = Slice::statements();
    let (statements, spares) = (statements.as_slice(), &Spares::default());
    let slices = ranges(store)
        .map_ok(|range| async move {
            let spares = spares.clone();
            let records = records(store, statements, range, spares.take()).await?;
            let slice = complete(store, records).await?;
            tokio::task::spawn_blocking(move || check(slice, position, &spares)).await.map_err(unfinished)
        })
        .try_buffered(if in_use { 1 } else { AT_ONCE });
    let mut slices = std::pin::pin!(slices);
    let mut totals = Totals::default();
    while let Some((found, counted)) = slices.try_next().await? {
        findings.append(found);
        totals.add(counted);
        progress(Stage::Histories, totals.events, position);
    }
    Ok(totals)
}

fn unfinished(error: tokio::task::JoinError) -> StoreError {
    StoreError::Other(format!("a check did not finish: {error}"))
}

fn check(slice: Gathered<Slice>, position: i64, spares: &Spares) -> (Findings, Totals) {
    let Gathered { rows, mut findings } = slice;
    let totals = check_slice(&rows, position, &mut findings);
    spares.give(rows);
    (findings, totals)
}

/// Slices that were checked, for the room that their rows took: a slice after the other fills the same.
#[derive(Clone, Default)]
struct Spares(Arc<Mutex<Vec<Slice>>>);

impl Spares {
    fn take(&self) -> Slice {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give(&self, mut slice: Slice) {
        slice.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(slice);
    }
}

fn check_slice(slice: &Slice, position: i64, findings: &mut Findings) -> Totals {
    let mut world = World::default();
    let mut others: Vec<History<'_>> = Vec::new();
    let (mut heads, mut rows) = (slice.orders.iter().peekable(), Orders::of(slice));
    let without_events = |head: &OrderHead, findings: &mut Findings| {
        findings.add("record.unexpected", "orders", head.id, "none", "an order without events");
    };
    for events in slice.events.chunk_by(|one, other| one.aggregate_id == other.aggregate_id) {
        let history = history::follow(events, slice, &mut world, findings);
        if history.kind != AggregateKind::Order {
            others.push(history);
            continue;
        }
        // An order is compared while it is at hand, and then forgotten: there are many, and each is large.
        let id = OrderId(history.id);
        world.settle();
        let (folded, rows) = (world.take_order(id), rows.next(id));
        while let Some(head) = heads.next_if(|head| head.id < id) {
            without_events(head, findings);
        }
        match heads.next_if(|head| head.id == id) {
            Some(head) => {
                laws::check(head, &rows, &history.books, findings);
                if history.whole {
                    aggregates::compare_order(head, &rows, folded.as_ref(), findings);
                }
            }
            None => findings.add("record.missing", "orders", id, "a row", "none"),
        }
    }
    heads.for_each(|head| without_events(head, findings));
    aggregates::compare(slice, &world, &others, findings);
    Totals { events: slice.events.len() as i64, orders: slice.orders.len() as i64, held: held(slice, position) }
}

/// What the slice's orders and reservations held at the position up to which the ledger was added up: what they hold now,
/// less what was posted since.
fn held(slice: &Slice, position: i64) -> Held {
    let mut held = Held::default();
    let mut rows = Orders::of(slice);
    for allocations in slice.allocations.chunk_by(|one, other| one.order_id == other.order_id) {
        let lines = allocations.first().map_or(&[][..], |first| rows.next(first.order_id).lines);
        let counted = |allocation: &&Allocation| {
            lines.iter().any(|line| line.number == allocation.line && line.supply == Supply::Stock)
        };
        for allocation in allocations.iter().filter(counted) {
            let sums = held.entry(allocation.key()).or_default();
            let quantities = [allocation.reserved, allocation.allocated, allocation.picked, allocation.packed];
            sums.iter_mut().zip(quantities).for_each(|(sum, quantity)| *sum += quantity.0);
        }
    }
    for one in slice.reservations.iter().filter(|one| one.state == ReservationState::Active) {
        let key = StockKey { item_id: one.item_id, location_id: one.location_id, lot_id: one.lot_id };
        held.entry(key).or_default()[0] += one.quantity.0;
    }
    let since = slice.stock.partition_point(|posting| posting.position <= position);
    for posting in &slice.stock[since..] {
        let key = StockKey { item_id: posting.item_id, location_id: posting.location_id, lot_id: posting.lot_id };
        let sums = held.entry(key).or_default();
        for (sum, state) in sums.iter_mut().zip(HELD) {
            *sum += if posting.from_account == state { posting.quantity.0 } else { 0 };
            *sum -= if posting.to_account == state { posting.quantity.0 } else { 0 };
        }
    }
    held
}
