//! Ask for, renew, void and expire authorizations.

use super::events::{AuthorizationEnded, PaymentAdded, PaymentRequested};
use super::records::{PaymentMethod, TransactionKind, TransactionState};
use super::{Payment, PaymentRefusal};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{OrderId, PaymentId, TransactionId};
use crate::money::Minor;
use crate::order::confirm::secured;
use crate::order::hold::payment_hold;
use crate::order::{HoldKind, Lifecycle, Order, Step};
use crate::personal::PersonalText;
use crate::time::Timestamp;
use crate::world::World;

/// Pays (the rest of) an order with another instrument, after a decline for instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizePayment {
    pub order_id: OrderId,
    pub gateway: String,
    pub token: PersonalText,
    /// None asks for what is not secured yet.
    pub amount: Option<Minor>,
}

/// Asks the gateway for a new authorization before the one there is expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewAuthorization {
    pub payment_id: PaymentId,
}

/// Gives back what is authorized and not captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidPayment {
    pub payment_id: PaymentId,
}

/// Notes that an authorization has expired; the order is held before shipping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpireAuthorization {
    pub payment_id: PaymentId,
}

/// The order and the card payment asked for, with no call on it under way.
fn card(world: &World, id: PaymentId) -> Result<(&Order, &Payment), crate::command::Stop> {
    let order = world.known_order(id.order_id)?;
    let payment = order.payment(id.number).ok_or(PaymentRefusal::Unknown { payment_id: id })?;
    if payment.method != PaymentMethod::Card {
        return Err(PaymentRefusal::WrongMethod { payment_id: id, method: payment.method }.into());
    }
    if let Some(open) = order.transactions.iter().find(|open| open.payment == id.number && open.is_open()) {
        return Err(PaymentRefusal::InFlight { transaction_id: open.id() }.into());
    }
    Ok((order, payment))
}

/// The intent of a call: the next transaction of the order.
pub(crate) fn request(
    order: &Order,
    ahead: u32,
    payment: u32,
    kind: TransactionKind,
    amount: Minor,
    attempt: &Attempt,
) -> PaymentRequested {
    PaymentRequested {
        order: order.head.id,
        transaction: order.transactions.len() as u32 + ahead + 1,
        payment,
        kind,
        amount,
        refund: 0,
        at: attempt.now,
    }
}

pub fn authorize_payment(world: &World, command: &AuthorizePayment, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    match order.head.lifecycle {
        Lifecycle::Placed | Lifecycle::Confirmed => {}
        Lifecycle::Draft | Lifecycle::Completed => return Err(world.wrong_lifecycle(order, "placed").into()),
        Lifecycle::Cancelled => {
            return Err(PaymentRefusal::OrderEnded { order_id: command.order_id }.into());
        }
    }
    if let Some(open) = order.transactions.iter().find(|open| open.is_open()) {
        let transaction_id = TransactionId::new(command.order_id, open.number);
        return Err(PaymentRefusal::InFlight { transaction_id }.into());
    }
    let amount = command.amount.unwrap_or(order.price() - secured(order));
    if !(1..=Minor::MAX.0).contains(&amount.0) {
        return Err(match command.amount {
            Some(_) => PaymentRefusal::AmountOutOfRange,
            None => PaymentRefusal::NothingDue { order_id: command.order_id },
        }
        .into());
    }
    let payment = order.payments.len() as u32 + 1;
    Ok(vec![
        Event::PaymentAdded(PaymentAdded {
            order: command.order_id,
            payment,
            method: PaymentMethod::Card,
            amount,
            gateway: Some(command.gateway.clone()),
            token: Some(command.token.id),
        }),
        Event::PaymentRequested(request(order, 0, payment, TransactionKind::Authorize, amount, attempt)),
    ])
}

/// When an authorization given now is to be renewed: a short one in its last quarter, a long one as late as the settings
/// say.
pub(crate) fn renew_at(world: &World, expires_at: Timestamp, attempt: &Attempt) -> Timestamp {
    let quarter = expires_at.seconds_since(attempt.now) / 4;
    expires_at.plus_seconds(-world.settings.renew_before_s.min(quarter))
}

pub fn renew_authorization(world: &World, command: &RenewAuthorization, attempt: &Attempt) -> Outcome {
    let (order, payment) = card(world, command.payment_id)?;
    let amount = payment.open_authorization();
    if amount.0 <= 0 {
        return Err(PaymentRefusal::NothingAuthorized { order_id: order.head.id }.into());
    }
    let asked = order
        .transactions
        .iter()
        .rev()
        .find(|one| one.payment == payment.number && one.kind == TransactionKind::Authorize);
    if asked.is_some_and(|asked| asked.state == TransactionState::Failed) {
        return Err(PaymentRefusal::RenewalFailed { payment_id: command.payment_id }.into());
    }
    if payment.renew_at.is_some_and(|renew_at| attempt.now < renew_at) {
        return Err(PaymentRefusal::NotDueForRenewal { payment_id: command.payment_id }.into());
    }
    let request = request(order, 0, payment.number, TransactionKind::Authorize, amount, attempt);
    Ok(vec![Event::PaymentRequested(request)])
}

pub fn void_payment(world: &World, command: &VoidPayment, attempt: &Attempt) -> Outcome {
    let (order, payment) = card(world, command.payment_id)?;
    let amount = payment.open_authorization();
    if amount.0 <= 0 {
        return Err(PaymentRefusal::NothingAuthorized { order_id: order.head.id }.into());
    }
    let request = request(order, 0, payment.number, TransactionKind::Void, amount, attempt);
    Ok(vec![Event::PaymentRequested(request)])
}

pub fn expire_authorization(world: &World, command: &ExpireAuthorization, attempt: &Attempt) -> Outcome {
    let (order, payment) = card(world, command.payment_id)?;
    let amount = payment.open_authorization();
    if amount.0 <= 0 {
        return Err(PaymentRefusal::NothingAuthorized { order_id: order.head.id }.into());
    }
    if payment.expires_at.is_none_or(|expires_at| attempt.now < expires_at) {
        return Err(PaymentRefusal::NotYetExpired { payment_id: command.payment_id }.into());
    }
    let ended =
        AuthorizationEnded { order: order.head.id, payment: payment.number, transaction: 0, amount, at: attempt.now };
    let mut events = vec![Event::PaymentExpired(ended)];
    let ended = matches!(order.head.lifecycle, Lifecycle::Cancelled | Lifecycle::Completed);
    if !ended {
        let (kind, reason) = (HoldKind::PaymentExpired, "authorization_expired");
        let hold = payment_hold(order, payment.number, kind, &[Step::Ship], reason, attempt);
        events.push(Event::HoldApplied(hold));
    }
    Ok(events)
}
