//! Record money that came in without a gateway.

use super::events::{MoneyReceived, PaymentAdded};
use super::records::PaymentMethod;
use super::{Payment, PaymentRefusal};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::money::Minor;
use crate::order::hold::release_payment_holds;
use crate::order::{Lifecycle, Order, confirm};
use crate::world::World;

/// Books money received by bank transfer, in cash, or for an invoice. Pays what is billed first; the rest is a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPayment {
    pub order_id: OrderId,
    /// `transfer` or `cash`.
    pub method: PaymentMethod,
    pub amount: Minor,
    /// The bank's reference.
    pub reference: Option<String>,
}

/// How much of `amount` pays what is billed and unpaid.
pub(super) fn applied(order: &Order, amount: Minor) -> Minor {
    Minor(order.head.receivable().0.clamp(0, amount.0))
}

/// The account that money of this method arrives in.
pub(crate) fn account(method: PaymentMethod, gateway: Option<&str>) -> crate::ledger::MoneyAccount {
    use crate::ledger::MoneyAccount;
    match method {
        PaymentMethod::Card => MoneyAccount::Clearing(gateway.unwrap_or("card").to_owned()),
        PaymentMethod::Cash => MoneyAccount::Cash,
        PaymentMethod::Transfer | PaymentMethod::Terms => MoneyAccount::Bank,
    }
}

pub fn record_payment(world: &World, command: &RecordPayment, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if !(1..=Minor::MAX.0).contains(&command.amount.0) {
        return Err(PaymentRefusal::AmountOutOfRange.into());
    }
    match order.head.lifecycle {
        Lifecycle::Draft => return Err(world.wrong_lifecycle(order, "placed").into()),
        Lifecycle::Cancelled => {
            return Err(PaymentRefusal::OrderEnded { order_id: command.order_id }.into());
        }
        Lifecycle::Placed | Lifecycle::Confirmed | Lifecycle::Completed => {}
    }
    match command.method {
        PaymentMethod::Transfer | PaymentMethod::Cash => {}
        method @ (PaymentMethod::Card | PaymentMethod::Terms) => {
            return Err(PaymentRefusal::MethodNotRecorded { method }.into());
        }
    }
    // An invoice on terms is settled by transfer or in cash, so such money goes to the terms payment too.
    let fits = |payment: &&Payment| {
        payment.method == command.method
            || (payment.method == PaymentMethod::Terms && payment.received < payment.amount)
    };
    let mut events = Vec::new();
    let payment = match order.payments.iter().find(fits) {
        Some(payment) => payment.number,
        None => {
            let number = order.payments.len() as u32 + 1;
            events.push(Event::PaymentAdded(PaymentAdded {
                order: command.order_id,
                payment: number,
                method: command.method,
                amount: command.amount,
                gateway: None,
                token: None,
            }));
            number
        }
    };
    let received = MoneyReceived {
        order: command.order_id,
        payment,
        transaction: 0,
        method: command.method,
        gateway: None,
        amount: command.amount,
        applied: applied(order, command.amount),
        reference: command.reference.clone(),
        at: attempt.now,
    };
    events.push(Event::PaymentReceived(received));
    // What terms and cash promised counts as certain before it arrives.
    let promised = order.payment(payment).map_or(Minor::ZERO, confirm::agreed);
    let more = command.amount - Minor(promised.0.min(command.amount.0));
    release_payment_holds(order, payment, more, "paid", attempt, &mut events);
    confirm::once_paid(world, order, more, attempt, &mut events)?;
    Ok(events)
}
