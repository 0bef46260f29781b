//! Reserved stock whose time is up goes back, and an order that nobody paid is given up.

use super::OrderRefusal;
use super::confirm;
use super::events::{AllocationReleased, ReleaseReason};
use super::records::{Lifecycle, Order};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::ledger::StockAccount;
use crate::money::Minor;
use crate::world::World;

/// Gives an order's reserved stock back because its expiry has passed.
///
/// While a payment's outcome is pending or unknown the order lives on and a late success promises anew; otherwise it is
/// cancelled as unpaid. One that is paid all the same is never given up: it keeps its stock and goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpireOrderReservation {
    pub order_id: OrderId,
}

pub fn expire_order_reservation(world: &World, command: &ExpireOrderReservation, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Placed {
        return Err(world.wrong_lifecycle(order, "placed").into());
    }
    // A decline that came after the reservation ended leaves only its hold to say until when to wait.
    let overdue = order.head.holds_active > 0 && order.head.hold_due_at.is_some_and(|due| due <= attempt.now);
    match order.head.reserved_until {
        None if overdue && confirm::secured(order) < order.price() => {}
        None => {
            return Err(OrderRefusal::NothingReserved { order_id: command.order_id }.into());
        }
        Some(until) if attempt.now < until => {
            return Err(OrderRefusal::NotYetExpired { order_id: command.order_id }.into());
        }
        Some(_) => {}
    }
    let mut events = Vec::new();
    if confirm::secured(order) >= order.price() {
        confirm::once_paid(world, order, Minor::ZERO, attempt, &mut events)?;
    } else if order.transactions.iter().any(|transaction| transaction.is_open()) {
        events.push(Event::AllocationReleased(released(order)));
    } else {
        super::cancel::cancel_events(order, None, "unpaid", attempt, &mut events)?;
    }
    Ok(events)
}

/// All reserved units of the order; may be none, which still ends the wait.
fn released(order: &Order) -> AllocationReleased {
    let at = super::cancel::held_at(order, None, StockAccount::Reserved);
    AllocationReleased { order: order.head.id, reason: ReleaseReason::Expired, from: StockAccount::Reserved, at }
}
