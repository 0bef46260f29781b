//! From placed to confirmed: the stock is promised and the order is paid as its channel requires.

use super::OrderRefusal;
use super::allocate::{demands, plan, plan_beside, plan_events, take_reserved};
use super::events::{AllocationHardened, AllocationMade, AtLocation, Moved, OrderConfirmed, Unpromised};
use super::records::{Lifecycle, Order, Step};
use crate::attempt::Attempt;
use crate::catalog::item::Supply;
use crate::command::{Outcome, Stop};
use crate::event::Event;
use crate::footprint::Footprint;
use crate::ids::OrderId;
use crate::ledger::StockAccount;
use crate::money::Minor;
use crate::payment::authorization::request;
use crate::payment::{Payment, PaymentMethod, TransactionKind};
use crate::stock::reservation::Reservation;
use crate::world::World;

/// Confirms a placed order whose payment is secured, when a hold kept that from happening by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmOrder {
    pub order_id: OrderId,
}

/// What a payment still promises: terms and cash as agreed, a card what is authorized and not captured.
pub(crate) fn agreed(payment: &Payment) -> Minor {
    match payment.method {
        PaymentMethod::Terms | PaymentMethod::Cash => Minor((payment.amount - payment.received).0.max(0)),
        PaymentMethod::Card | PaymentMethod::Transfer => payment.open_authorization(),
    }
}

/// What is certain to be paid: promised or received.
pub fn secured(order: &Order) -> Minor {
    order.head.kept() + order.payments.iter().map(agreed).sum()
}

/// What follows from placing: stock for every line (reserved while a payment is awaited), the calls to gateways, and
/// confirmation where nothing stands in the way. `order` is as just placed; `reservations` are active and become its own.
pub fn promise(
    world: &World,
    order: &Order,
    reservations: &[&Reservation],
    attempt: &Attempt,
    events: &mut Vec<Event>,
) {
    let id = order.head.id;
    let paid = secured(order) >= order.price();
    let reserved_until = (!paid).then(|| attempt.now.plus_seconds(world.settings.reservation_seconds(order)));
    let to = if paid { StockAccount::Allocated } else { StockAccount::Reserved };
    events.extend(reservations.iter().map(|one| Event::ReservationConverted(one.converted(id))));
    let mut demands = demands(order, Unpromised::Open);
    let kept = take_reserved(&mut demands, reservations);
    let plan = plan_beside(world, order, &demands, kept, None);
    if reserved_until.is_some() && plan.at.is_empty() {
        // Nothing could be reserved; the wait for the payment has an end all the same.
        let at = Vec::new();
        events.push(Event::AllocationMade(AllocationMade {
            order: id,
            from: Unpromised::Open,
            to,
            reserved_until,
            at,
        }));
    }
    plan_events(id, plan, Unpromised::Open, to, reserved_until, attempt.now, events);
    if paid && order.holds_blocking(Step::Confirm, None).is_empty() {
        events.push(Event::OrderConfirmed(OrderConfirmed { order: id, at: attempt.now }));
    }
    // A draft may have become free since its card was chosen.
    let asks = |payment: &&Payment| payment.method == PaymentMethod::Card && payment.amount.0 > 0;
    let cards = order.payments.iter().filter(asks);
    for (n, payment) in cards.enumerate() {
        let intent = request(order, n as u32, payment.number, TransactionKind::Authorize, payment.amount, attempt);
        events.push(Event::PaymentRequested(intent));
    }
}

/// What follows when `more` money became certain: a placed order keeps its stock for good and is confirmed.
///
/// A payment that comes after its reservation ended is promised anew from what is available now; the rest is
/// backordered, never oversold.
pub fn once_paid(
    world: &World,
    order: &Order,
    more: Minor,
    attempt: &Attempt,
    events: &mut Vec<Event>,
) -> Result<(), Stop> {
    if order.head.lifecycle != Lifecycle::Placed || secured(order) + more < order.price() {
        return Ok(());
    }
    need_levels(world, order)?;
    harden(world, order, attempt, events);
    if blocked_after(order, events) {
        return Ok(());
    }
    events.push(Event::OrderConfirmed(OrderConfirmed { order: order.head.id, at: attempt.now }));
    Ok(())
}

/// Reserved units become allocated, open ones are allocated or backordered.
fn harden(world: &World, order: &Order, attempt: &Attempt, events: &mut Vec<Event>) {
    let mut at: Vec<AtLocation> = Vec::new();
    for allocation in order.allocations.iter().filter(|allocation| !allocation.reserved.is_zero()) {
        let counted = order.line(allocation.line).is_some_and(|line| line.supply == Supply::Stock);
        let moved = Moved {
            line: allocation.line,
            item: allocation.item_id,
            lot: allocation.lot_id,
            quantity: allocation.reserved,
            counted,
        };
        match at.iter_mut().find(|place| place.location == allocation.location_id) {
            Some(place) => place.lines.push(moved),
            None => at.push(AtLocation { location: allocation.location_id, lines: vec![moved] }),
        }
    }
    // Where nothing could be reserved the wait for the payment ends all the same.
    if !at.is_empty() || order.head.reserved_until.is_some() {
        events.push(Event::AllocationHardened(AllocationHardened { order: order.head.id, at }));
    }
    let open = demands(order, Unpromised::Open);
    if !open.is_empty() {
        let plan = plan(world, order, &open, None);
        plan_events(order.head.id, plan, Unpromised::Open, StockAccount::Allocated, None, attempt.now, events);
    }
}

/// Asks for the stock of items whose open units must be promised now.
fn need_levels(world: &World, order: &Order) -> Result<(), Stop> {
    let mut needs = Footprint::default();
    for line in order.lines.iter().filter(|line| !line.open.is_zero() && line.supply == Supply::Stock) {
        if !world.has_levels(line.item_id) {
            needs.levels.push(line.item_id);
        }
    }
    if needs.is_empty() { Ok(()) } else { Err(Stop::Needs(Box::new(needs))) }
}

/// Whether a hold still blocks confirming once the holds ended by `events` are gone.
fn blocked_after(order: &Order, events: &[Event]) -> bool {
    let released =
        |number: u32| events.iter().any(|event| matches!(event, Event::HoldReleased(ended) if ended.hold == number));
    order.holds_blocking(Step::Confirm, None).iter().any(|hold| !released(hold.number))
}

pub fn confirm_order(world: &World, command: &ConfirmOrder, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Placed {
        return Err(world.wrong_lifecycle(order, "placed").into());
    }
    let holds = order.holds_blocking(Step::Confirm, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: command.order_id, step: Step::Confirm, holds }.into());
    }
    if secured(order) < order.price() {
        return Err(OrderRefusal::NotPaid { order_id: command.order_id }.into());
    }
    let mut events = Vec::new();
    once_paid(world, order, Minor::ZERO, attempt, &mut events)?;
    Ok(events)
}
