//! Cancel part of a line, a line, or the order: whatever has not shipped.

use super::OrderRefusal;
use super::charge::check_total;
use super::confirm::once_paid;
use super::events::{
    AllocationReleased, AtLocation, HoldEnded, LineCancelled, LinesCancelled, Moved, OrderCancelled, ReleaseReason,
};
use super::records::{HoldState, Lifecycle, Order};
use crate::attempt::Attempt;
use crate::catalog::item::Supply;
use crate::command::{Outcome, Stop};
use crate::event::Event;
use crate::ids::{LineId, OrderId};
use crate::ledger::StockAccount;
use crate::money::Minor;
use crate::order::money::line_share;
use crate::payment::TransactionKind;
use crate::payment::authorization::request;
use crate::payment::refund::{free_deposit, refund_events, refundable};
use crate::quantity::Quantity;
use crate::world::World;
use std::collections::BTreeMap;

/// Cancels units of a line that have not shipped, and gives back the stock they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelLine {
    pub line_id: LineId,
    /// None for all that has not shipped.
    pub quantity: Option<Quantity>,
    pub reason: String,
    /// Whether money that was paid for the units goes back at once.
    pub refund: bool,
}

/// Cancels an order of which nothing has shipped; authorized money is let go, received money refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelOrder {
    pub order_id: OrderId,
    pub reason: String,
}

pub fn cancel_line(world: &World, command: &CancelLine, attempt: &Attempt) -> Outcome {
    let id = command.line_id;
    let order = world.known_order(id.order_id)?;
    match order.head.lifecycle {
        Lifecycle::Placed | Lifecycle::Confirmed => {}
        Lifecycle::Draft | Lifecycle::Completed | Lifecycle::Cancelled => {
            return Err(world.wrong_lifecycle(order, "placed or confirmed").into());
        }
    }
    let line = order.line(id.number).ok_or(OrderRefusal::UnknownLine { line_id: id })?;
    let open = line.unshipped();
    let requested = command.quantity.unwrap_or(open);
    if command.quantity.is_some_and(|quantity| !quantity.is_valid_demand()) {
        return Err(OrderRefusal::QuantityOutOfRange { path: "quantity".into() }.into());
    }
    if command.quantity.is_none() && open.is_zero() {
        return Err(OrderRefusal::LineEnded { line_id: id }.into());
    }
    if requested > open {
        return Err(OrderRefusal::ExceedsOpenQuantity { line_id: id, requested, open }.into());
    }
    let mut events = Vec::new();
    let quantities = BTreeMap::from([(id.number, requested)]);
    take_back(order, &quantities, &command.reason, &mut events);
    let everything = order.lines.iter().all(|other| {
        let cancelled = if other.number == id.number { requested } else { Quantity::ZERO };
        other.unshipped() == cancelled && other.shipped.is_zero()
    });
    let total = total_without(order, &quantities);
    if everything {
        give_up(order, &command.reason, attempt, &mut events);
        return Ok(events);
    }
    check_total(total.of(order.head.currency), attempt.origin)?;
    if command.refund {
        refund_beyond(order, total, &command.reason, attempt, &mut events);
    }
    go_on(world, order, attempt, &mut events)?;
    Ok(events)
}

/// What is left may be paid already: then a placed order goes on with it.
pub(super) fn go_on(world: &World, order: &Order, attempt: &Attempt, events: &mut Vec<Event>) -> Result<(), Stop> {
    if order.head.lifecycle != Lifecycle::Placed {
        return Ok(());
    }
    let mut left = order.clone();
    for event in events.iter() {
        match event {
            Event::AllocationReleased(event) => left.apply_allocation_released(event),
            Event::LinesCancelled(event) => left.apply_lines_cancelled(event),
            Event::HoldRejected(event) => left.apply_hold_ended(event, HoldState::Rejected),
            // Given up: nothing is left.
            Event::OrderCancelled(_) => return Ok(()),
            _ => {}
        }
    }
    left.settle();
    once_paid(world, &left, Minor::ZERO, attempt, events)
}

/// What was paid for cancelled units goes back, where the order's total is `total` without them.
fn refund_beyond(order: &Order, total: Minor, reason: &str, attempt: &Attempt, events: &mut Vec<Event>) {
    let price = total - order.credited();
    let back = Minor((refundable(order) - price).0.min(free_deposit(order).0));
    if back.0 > 0 {
        events.extend(refund_events(order, back, Minor::ZERO, reason, 0, attempt));
    }
}

pub fn cancel_order(world: &World, command: &CancelOrder, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    match order.head.lifecycle {
        Lifecycle::Draft | Lifecycle::Placed | Lifecycle::Confirmed => {}
        Lifecycle::Completed | Lifecycle::Cancelled => {
            return Err(OrderRefusal::NothingToCancel { order_id: command.order_id }.into());
        }
    }
    if order.lines.iter().any(|line| !line.shipped.is_zero()) {
        return Err(OrderRefusal::ShippedAlready { order_id: command.order_id }.into());
    }
    let mut events = Vec::new();
    cancel_events(order, None, &command.reason, attempt, &mut events)?;
    Ok(events)
}

/// What the order costs when these units are no longer wanted.
fn total_without(order: &Order, quantities: &BTreeMap<u32, Quantity>) -> Minor {
    let less = |(number, quantity): (&u32, &Quantity)| {
        let line = order.line(*number)?;
        let (before, after) = (line_share(line, line.wanted()), line_share(line, line.wanted() - *quantity));
        Some(before.total() - after.total())
    };
    order.head.total() - quantities.iter().filter_map(less).sum::<Minor>()
}

/// Cancels all that has not shipped of one line or of the whole order; what was paid for it goes back.
///
/// # Errors
/// Where the rest of the order would cost less than nothing.
pub(super) fn cancel_events(
    order: &Order,
    line: Option<u32>,
    reason: &str,
    attempt: &Attempt,
    events: &mut Vec<Event>,
) -> Result<(), OrderRefusal> {
    let quantities: BTreeMap<u32, Quantity> = order
        .lines
        .iter()
        .filter(|one| line.is_none_or(|line| one.number == line) && !one.unshipped().is_zero())
        .map(|one| (one.number, one.unshipped()))
        .collect();
    take_back(order, &quantities, reason, events);
    let rest = order
        .lines
        .iter()
        .any(|one| !one.shipped.is_zero() || (!quantities.contains_key(&one.number) && !one.unshipped().is_zero()));
    if rest {
        let total = total_without(order, &quantities);
        check_total(total.of(order.head.currency), attempt.origin)?;
        refund_beyond(order, total, reason, attempt, events);
        return Ok(());
    }
    give_up(order, reason, attempt, events);
    Ok(())
}

/// Nothing will be delivered: authorized money is let go, received money goes back.
fn give_up(order: &Order, reason: &str, attempt: &Attempt, events: &mut Vec<Event>) {
    events.push(Event::OrderCancelled(OrderCancelled {
        order: order.head.id,
        reason: reason.to_owned(),
        at: attempt.now,
    }));
    // Nothing is left to hold.
    let ended =
        |number: u32| events.iter().any(|event| matches!(event, Event::HoldRejected(hold) if hold.hold == number));
    let holds = order.holds.iter().filter(|hold| hold.state == HoldState::Active && !ended(hold.number));
    let released: Vec<Event> = holds
        .map(|hold| {
            let reason = Some("order_cancelled".to_owned());
            Event::HoldReleased(HoldEnded { order: order.head.id, hold: hold.number, reason, at: attempt.now })
        })
        .collect();
    events.extend(released);
    let mut transactions = 0;
    for payment in &order.payments {
        let open = payment.open_authorization();
        let busy = order.transactions.iter().any(|one| one.payment == payment.number && one.is_open());
        if open.0 > 0 && !busy {
            let void = request(order, transactions, payment.number, TransactionKind::Void, open, attempt);
            transactions += 1;
            events.push(Event::PaymentRequested(void));
        }
    }
    let back = refundable(order);
    if back.0 > 0 {
        let mut refunds = refund_events(order, back, Minor::ZERO, reason, 0, attempt);
        for event in &mut refunds {
            if let Event::PaymentRequested(intent) = event {
                intent.transaction += transactions;
            }
        }
        events.extend(refunds);
    }
}

/// Units of a line in one state, by location; `limit` takes no more than that.
fn held_of_line(order: &Order, line: u32, state: StockAccount, limit: Quantity, out: &mut Vec<AtLocation>) -> Quantity {
    let counted = order.line(line).is_some_and(|line| line.supply == Supply::Stock);
    let mut left = limit;
    for allocation in order.allocations_of(line) {
        let part = allocation.quantity(state).min(left);
        if part.is_zero() {
            continue;
        }
        left -= part;
        let moved = Moved { line, item: allocation.item_id, lot: allocation.lot_id, quantity: part, counted };
        match out.iter_mut().find(|place| place.location == allocation.location_id) {
            Some(place) => place.lines.push(moved),
            None => out.push(AtLocation { location: allocation.location_id, lines: vec![moved] }),
        }
    }
    limit - left
}

/// Allocated units that no fulfillment order works on yet, by location.
pub(super) fn unreleased_at(order: &Order) -> Vec<AtLocation> {
    let mut at: Vec<AtLocation> = Vec::new();
    for one in order.allocations.iter().filter(|one| one.fulfillment_order == 0 && !one.allocated.is_zero()) {
        let counted = order.line(one.line).is_some_and(|line| line.supply == Supply::Stock);
        let moved = Moved { line: one.line, item: one.item_id, lot: one.lot_id, quantity: one.allocated, counted };
        match at.iter_mut().find(|place| place.location == one.location_id) {
            Some(place) => place.lines.push(moved),
            None => at.push(AtLocation { location: one.location_id, lines: vec![moved] }),
        }
    }
    at
}

/// All units in one state, of one line or of the order.
pub(super) fn held_at(order: &Order, line: Option<u32>, state: StockAccount) -> Vec<AtLocation> {
    let mut at = Vec::new();
    for one in order.lines.iter().filter(|one| line.is_none_or(|line| one.number == line)) {
        held_of_line(order, one.number, state, Quantity::MAX, &mut at);
    }
    at
}

/// Takes `quantities` out of the order: first what was never promised, then what is furthest from the door. Parcels
/// that hold such units are unpacked first.
fn take_back(order: &Order, quantities: &BTreeMap<u32, Quantity>, reason: &str, events: &mut Vec<Event>) {
    let mut cancelled = Vec::new();
    let mut released: BTreeMap<StockAccount, Vec<AtLocation>> = BTreeMap::new();
    let mut unpacked: Vec<Event> = Vec::new();
    for (number, quantity) in quantities {
        let Some(line) = order.line(*number) else { continue };
        let mut left = *quantity;
        let mut take = |available: Quantity| {
            let part = available.min(left);
            left -= part;
            part
        };
        let mut one = LineCancelled {
            line: *number,
            backordered: take(line.backordered),
            open: take(line.open),
            at_supplier: take(line.at_supplier),
        };
        for state in [StockAccount::Reserved, StockAccount::Allocated, StockAccount::Picked, StockAccount::Packed] {
            if left.is_zero() {
                break;
            }
            // Unpacked units are picked ones by the time they are released.
            let from = if state == StockAccount::Packed { StockAccount::Picked } else { state };
            let part = held_of_line(order, *number, state, left, released.entry(from).or_default());
            if state == StockAccount::Packed && !part.is_zero() {
                crate::fulfillment::pack::unpack_holding(order, *number, &mut unpacked);
            }
            left -= part;
            one.open += part;
        }
        cancelled.push(one);
    }
    events.append(&mut unpacked);
    for (from, at) in released {
        if at.is_empty() {
            continue;
        }
        let release = AllocationReleased { order: order.head.id, reason: ReleaseReason::Cancelled, from, at };
        events.push(Event::AllocationReleased(release));
    }
    if !cancelled.is_empty() {
        let lines = LinesCancelled { order: order.head.id, reason: reason.to_owned(), lines: cancelled };
        events.push(Event::LinesCancelled(lines));
    }
}
