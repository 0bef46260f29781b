//! Walks through all aggregates by id, a slice at a time, and checks each.

use super::aggregates;
use super::history::{self, History};
use super::laws;
use super::ledger::{HELD, Held, Ledger};
use super::reading::{complete, ranges, records};
use super::report::{Findings, Stage};
use super::slice::{Slice, of};
use crate::backend::Store;
use crate::error::StoreError;
use futures_util::{TryFutureExt, TryStreamExt};
use waybill_domain::catalog::item::Supply;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::OrderId;
use waybill_domain::ledger::StockKey;
use waybill_domain::order::Allocation;
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

/// What the walk carries from slice to slice.
struct Walk {
    ledger: Ledger,
    findings: Findings,
    totals: Totals,
}

/// Slices of which the records, and as many of which the postings, are read at once.
const READ_AT_ONCE: usize = 2;

/// Walks through all aggregates: slices are read while one that was read is checked, on a thread of its own.
pub(super) async fn walk(
    store: &dyn Store,
    ledger: Ledger,
    findings: Findings,
    progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
) -> Result<(Ledger, Findings, Totals), StoreError> {
    let statements = Slice::statements();
    let position = ledger.position();
    let mut walk = Walk { ledger, findings, totals: Totals::default() };
    let slices = ranges(store)
        .map_ok(|range| records(store, &statements, range))
        .try_buffered(READ_AT_ONCE)
        .map_ok(|records| complete(store, records))
        .try_buffered(READ_AT_ONCE);
    let mut slices = std::pin::pin!(slices);
    let mut next = slices.try_next().await?;
    while let Some(slice) = next {
        let checking = tokio::task::spawn_blocking(move || {
            let slice = Slice::read(slice, &mut walk.findings);
            check(&slice, &mut walk);
            walk
        });
        let checked;
        (checked, next) = futures_util::try_join!(checking.map_err(unfinished), slices.try_next())?;
        walk = checked;
        progress(Stage::Histories, walk.totals.events, position);
    }
    Ok((walk.ledger, walk.findings, walk.totals))
}

fn unfinished(error: tokio::task::JoinError) -> StoreError {
    StoreError::Other(format!("a check did not finish: {error}"))
}

fn check(slice: &Slice, walk: &mut Walk) {
    let Walk { ledger, findings, totals } = walk;
    totals.events += slice.events.len() as i64;
    totals.orders += slice.orders.len() as i64;
    let mut world = World::default();
    let mut histories: Vec<History<'_>> = Vec::new();
    for events in slice.events.chunk_by(|one, other| one.aggregate_id == other.aggregate_id) {
        histories.push(history::follow(events, slice, &mut world, findings));
    }
    world.settle();
    aggregates::compare(slice, &world, &histories, findings);
    for history in histories.iter().filter(|history| history.kind == AggregateKind::Order) {
        let id = OrderId(history.id);
        match slice.orders.binary_search_by_key(&id, |head| head.id) {
            Ok(place) => {
                let head = &slice.orders[place];
                laws::check(head, slice, &history.books, findings);
                if history.whole {
                    aggregates::compare_order(head, slice, &world, findings);
                }
            }
            Err(_) => findings.add("record.missing", "orders", id, "a row", "none"),
        }
    }
    for head in &slice.orders {
        if histories.binary_search_by_key(&head.id.0, |history| history.id).is_err() {
            findings.add("record.unexpected", "orders", head.id, "none", "an order without events");
        }
    }
    hold(slice, ledger, &mut totals.held);
}

/// Adds what the slice's orders and reservations held when the ledger was added up: what they hold now, less what was
/// posted since.
fn hold(slice: &Slice, ledger: &Ledger, held: &mut Held) {
    let counted = |allocation: &Allocation| {
        of(&slice.lines, allocation.order_id)
            .iter()
            .any(|line| line.number == allocation.line && line.supply == Supply::Stock)
    };
    for allocation in slice.allocations.iter().filter(|allocation| counted(allocation)) {
        let sums = held.entry(allocation.key()).or_default();
        let quantities = [allocation.reserved, allocation.allocated, allocation.picked, allocation.packed];
        sums.iter_mut().zip(quantities).for_each(|(sum, quantity)| *sum += quantity.0);
    }
    for one in slice.reservations.iter().filter(|one| one.state == ReservationState::Active) {
        let key = StockKey { item_id: one.item_id, location_id: one.location_id, lot_id: one.lot_id };
        held.entry(key).or_default()[0] += one.quantity.0;
    }
    let since = slice.stock.partition_point(|posting| posting.position <= ledger.position());
    for posting in &slice.stock[since..] {
        let key = StockKey { item_id: posting.item_id, location_id: posting.location_id, lot_id: posting.lot_id };
        let sums = held.entry(key).or_default();
        for (sum, state) in sums.iter_mut().zip(HELD) {
            *sum += if posting.from_account == state { posting.quantity.0 } else { 0 };
            *sum -= if posting.to_account == state { posting.quantity.0 } else { 0 };
        }
    }
}
