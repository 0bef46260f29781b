//! Take the money for what ships.

use super::authorization::request;
use super::records::{PaymentMethod, TransactionKind};
use super::{Payment, PaymentRefusal, PaymentTransaction};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::fulfillment::pack::due_with;
use crate::ids::{OrderId, PaymentId};
use crate::money::Minor;
use crate::order::{Lifecycle, Order, OrderRefusal, Step};
use crate::world::World;

/// Captures part or all of what is authorized, ahead of shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturePayment {
    pub payment_id: PaymentId,
    /// None captures everything authorized.
    pub amount: Option<Minor>,
}

/// Authorized, not captured, and not asked for by a capture under way. Nothing while a void is: whichever arrives last
/// would find the money gone.
pub(crate) fn capturable(order: &Order, payment: &Payment) -> Minor {
    let letting_go = |one: &PaymentTransaction| one.kind == TransactionKind::Void && one.is_open();
    if order.transactions.iter().any(|one| one.payment == payment.number && letting_go(one)) {
        return Minor::ZERO;
    }
    let under_way: Minor = order
        .transactions
        .iter()
        .filter(|one| one.payment == payment.number && one.kind == TransactionKind::Capture && one.is_open())
        .map(|one| one.amount)
        .sum();
    payment.open_authorization() - under_way
}

/// The intents that bring what is captured (or on its way) up to `due`, card payments in their order.
pub fn capture_intents(order: &Order, due: Minor, attempt: &Attempt) -> Vec<Event> {
    let under_way: Minor = order
        .transactions
        .iter()
        .filter(|one| one.kind == TransactionKind::Capture && one.is_open())
        .map(|one| one.amount)
        .sum();
    let mut missing = due - order.head.kept() - under_way;
    let mut events = Vec::new();
    for payment in &order.payments {
        let amount = Minor(capturable(order, payment).0.min(missing.0));
        if amount.0 <= 0 {
            continue;
        }
        missing -= amount;
        let ahead = events.len() as u32;
        let intent = request(order, ahead, payment.number, TransactionKind::Capture, amount, attempt);
        events.push(Event::PaymentRequested(intent));
    }
    events
}

/// Captures what is billed or packed and not paid yet, from what is authorized; everything, when nothing is left to ship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureDue {
    pub order_id: OrderId,
}

/// What is to have been captured by now: what is billed or packed; everything, when nothing is left to ship. What was
/// credited stays with the customer.
pub(crate) fn due(order: &Order) -> Minor {
    let waiting = order.lines.iter().any(|line| !line.unshipped().is_zero());
    if waiting { due_with(order, &[]) } else { order.price() }
}

pub fn capture_due(world: &World, command: &CaptureDue, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Confirmed {
        return Err(world.wrong_lifecycle(order, "confirmed").into());
    }
    let holds = order.holds_blocking(Step::Capture, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: command.order_id, step: Step::Capture, holds }.into());
    }
    let intents = capture_intents(order, due(order), attempt);
    if intents.is_empty() {
        return Err(PaymentRefusal::NothingDue { order_id: command.order_id }.into());
    }
    Ok(intents)
}

pub fn capture_payment(world: &World, command: &CapturePayment, attempt: &Attempt) -> Outcome {
    let id = command.payment_id;
    let order = world.known_order(id.order_id)?;
    let payment = order.payment(id.number).ok_or(PaymentRefusal::Unknown { payment_id: id })?;
    if payment.method != PaymentMethod::Card {
        return Err(PaymentRefusal::WrongMethod { payment_id: id, method: payment.method }.into());
    }
    if order.head.lifecycle == Lifecycle::Cancelled {
        // It would only be given back.
        return Err(world.wrong_lifecycle(order, "not cancelled").into());
    }
    let holds = order.holds_blocking(Step::Capture, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: id.order_id, step: Step::Capture, holds }.into());
    }
    let open = capturable(order, payment);
    let amount = command.amount.unwrap_or(open);
    if !(1..=Minor::MAX.0).contains(&amount.0) {
        return Err(match command.amount {
            Some(_) => PaymentRefusal::AmountOutOfRange,
            None => PaymentRefusal::NothingAuthorized { order_id: OrderId(order.head.id.0) },
        }
        .into());
    }
    if amount > open {
        let (requested, authorized) = (amount.of(order.head.currency), open.of(order.head.currency));
        return Err(PaymentRefusal::ExceedsAuthorized { payment_id: id, requested, authorized }.into());
    }
    Ok(vec![Event::PaymentRequested(request(order, 0, id.number, TransactionKind::Capture, amount, attempt))])
}
