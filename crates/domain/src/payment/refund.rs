//! Give money back: granted here, moved by a transaction or by hand.

use super::authorization::request;
use super::events::{RefundGranted, RefundSucceeded};
use super::records::{PaymentMethod, Refund, RefundState, TransactionKind};
use super::{Payment, PaymentRefusal};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::money::{Minor, split_by_weights};
use crate::order::Order;
use crate::order::money::Bill;
use crate::world::World;

/// Grants a refund and sends it on its way. Goodwill needs no return, only money that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRefund {
    pub order_id: OrderId,
    pub amount: Minor,
    pub reason: String,
}

/// Granted and neither moved nor failed.
pub const fn is_under_way(refund: &Refund) -> bool {
    matches!(refund.state, RefundState::Granted | RefundState::Pending | RefundState::Unknown)
}

fn under_way(order: &Order) -> impl Iterator<Item = &Refund> {
    order.refunds.iter().filter(|refund| is_under_way(refund))
}

/// The deposit that no refund under way has claimed.
pub(crate) fn free_deposit(order: &Order) -> Minor {
    let claimed: Minor = under_way(order).map(|refund| refund.amount - refund.credited).sum();
    Minor((order.head.deposit - claimed).0.max(0))
}

/// What was received and is neither refunded nor promised back.
pub fn refundable(order: &Order) -> Minor {
    order.head.kept() - under_way(order).map(|refund| refund.amount).sum()
}

/// The events that grant `amount` and send it, over the payments that received money, in their order.
///
/// `credited_now` is what an event just before credits (a return). The money comes first from what is owed to the
/// customer, then from deposits; what is left is goodwill and takes back part of what was billed.
pub fn refund_events(
    order: &Order,
    amount: Minor,
    credited_now: Minor,
    reason: &str,
    return_number: u32,
    attempt: &Attempt,
) -> Vec<Event> {
    let mut events = Vec::new();
    let mut left = amount;
    let claimed: Minor = under_way(order).map(|refund| refund.credited).sum();
    let mut owed = Minor((credited_now - order.head.receivable() - claimed).0.max(0));
    let mut deposit = free_deposit(order);
    let (mut refunds, mut transactions) = (order.refunds.len() as u32, 0);
    let mut purses: Vec<(&Payment, PaymentMethod, Minor)> = Vec::with_capacity(order.payments.len() * 2);
    for payment in &order.payments {
        let promised: Minor =
            under_way(order).filter(|refund| refund.payment == payment.number).map(|refund| refund.amount).sum();
        let free = payment.received - payment.refunded - payment.charged_back - promised;
        // What came in cash goes back in cash; the rest by the way of its payment.
        let cash = Minor(payment.in_cash.0.min(free.0));
        purses.extend([(payment, PaymentMethod::Cash, cash), (payment, payment.method, free - cash)]);
    }
    for (payment, method, free) in purses {
        let part = Minor(free.0.min(left.0));
        if part.0 <= 0 {
            continue;
        }
        left -= part;
        let from_owed = Minor(owed.0.min(part.0));
        owed -= from_owed;
        let from_deposit = Minor(deposit.0.min((part - from_owed).0));
        deposit -= from_deposit;
        refunds += 1;
        events.push(Event::RefundGranted(RefundGranted {
            order: order.head.id,
            refund: refunds,
            payment: payment.number,
            amount: part,
            credited: part - from_deposit,
            credit: goodwill(order, part - from_owed - from_deposit),
            reason: reason.to_owned(),
            return_number,
            at: attempt.now,
        }));
        let moved = match method {
            PaymentMethod::Card => {
                let mut intent = request(order, transactions, payment.number, TransactionKind::Refund, part, attempt);
                intent.refund = refunds;
                transactions += 1;
                Event::PaymentRequested(intent)
            }
            PaymentMethod::Transfer | PaymentMethod::Cash | PaymentMethod::Terms => {
                Event::RefundSucceeded(moved_by_hand(payment, method, refunds, part, part - from_deposit, attempt))
            }
        };
        events.push(moved);
    }
    events
}

fn moved_by_hand(
    payment: &Payment,
    method: PaymentMethod,
    refund: u32,
    amount: Minor,
    credited: Minor,
    attempt: &Attempt,
) -> RefundSucceeded {
    RefundSucceeded {
        order: payment.order_id,
        refund,
        payment: payment.number,
        transaction: 0,
        method,
        gateway: None,
        amount,
        credited,
        at: attempt.now,
    }
}

/// Splits a credit over revenue and tax as the order's goods and tax stand to each other.
pub(crate) fn goodwill(order: &Order, amount: Minor) -> Bill {
    let parts = split_by_weights(amount, &[order.head.goods.0.max(0), order.head.tax.0.max(0)]);
    Bill { revenue: parts[0], tax: parts[1], ..Bill::default() }
}

pub fn grant_refund(world: &World, command: &GrantRefund, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if !(1..=Minor::MAX.0).contains(&command.amount.0) {
        return Err(PaymentRefusal::AmountOutOfRange.into());
    }
    let refundable = refundable(order);
    if command.amount > refundable {
        return Err(PaymentRefusal::ExceedsReceived {
            order_id: command.order_id,
            requested: command.amount.of(order.head.currency),
            refundable: refundable.of(order.head.currency),
        }
        .into());
    }
    Ok(refund_events(order, command.amount, Minor::ZERO, &command.reason, 0, attempt))
}
