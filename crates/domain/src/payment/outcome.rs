//! What the gateway said.

use super::authorization::{renew_at, request};
use super::events::*;
use super::receive::applied;
use super::records::{TransactionKind, TransactionState};
use super::{Payment, PaymentRefusal, PaymentTransaction};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{PaymentId, TransactionId};
use crate::money::Minor;
use crate::order::hold::{payment_hold, release_payment_holds};
use crate::order::money::Bill;
use crate::order::{HoldKind, Lifecycle, Order, Step, confirm};
use crate::time::Timestamp;
use crate::world::World;

/// Takes in the outcome of a call to a gateway: its answer, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOutcome {
    pub transaction_id: TransactionId,
    pub outcome: GatewayOutcome,
}

/// A gateway's answer, translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayOutcome {
    Succeeded {
        reference: Option<String>,
        /// When an authorization ends by itself.
        expires_at: Option<Timestamp>,
    },
    /// Final. `code` is short and stable, such as `card_declined`.
    Failed { code: String },
    /// Timed out or not understood; asked again later.
    Unknown,
}

pub fn record_outcome(world: &World, command: &RecordOutcome, attempt: &Attempt) -> Outcome {
    let id = command.transaction_id;
    let unknown = PaymentRefusal::UnknownTransaction { transaction_id: id };
    let order = world.order(id.order_id).ok_or_else(|| unknown.clone())?;
    let transaction = order.transaction(id.number).ok_or_else(|| unknown.clone())?;
    let payment = order
        .payment(transaction.payment)
        .ok_or(PaymentRefusal::Unknown { payment_id: PaymentId::new(id.order_id, transaction.payment) })?;
    let was_unknown = match transaction.state {
        TransactionState::Pending => false,
        TransactionState::Unknown => true,
        state @ (TransactionState::Succeeded | TransactionState::Failed) => {
            return Err(PaymentRefusal::AlreadyResolved { transaction_id: id, state }.into());
        }
    };
    let resolved = |state| PaymentResolved { order: id.order_id, transaction: id.number, state };
    let mut events = Vec::new();
    match &command.outcome {
        GatewayOutcome::Unknown => {
            if !was_unknown {
                let unknown = PaymentUnknown { order: id.order_id, payment: payment.number, transaction: id.number };
                events.push(Event::PaymentUnknown(unknown));
            }
        }
        GatewayOutcome::Failed { code } => {
            if was_unknown {
                events.push(Event::PaymentResolved(resolved(TransactionState::Failed)));
            }
            failed(order, transaction, code, attempt, &mut events);
        }
        GatewayOutcome::Succeeded { reference, expires_at } => {
            if was_unknown {
                events.push(Event::PaymentResolved(resolved(TransactionState::Succeeded)));
            }
            succeeded(world, order, payment, transaction, reference.clone(), *expires_at, attempt, &mut events)?;
        }
    }
    Ok(events)
}

fn failed(order: &Order, transaction: &PaymentTransaction, code: &str, attempt: &Attempt, events: &mut Vec<Event>) {
    events.push(Event::PaymentFailed(PaymentFailed {
        order: order.head.id,
        payment: transaction.payment,
        transaction: transaction.number,
        kind: transaction.kind,
        code: code.to_owned(),
        at: attempt.now,
    }));
    if order.head.lifecycle == Lifecycle::Cancelled
        && matches!(transaction.kind, TransactionKind::Authorize | TransactionKind::Capture)
        && let Some(payment) = order.payment(transaction.payment)
    {
        let_go(order, 0, transaction, payment.open_authorization(), attempt, events);
    }
    if matches!(order.head.lifecycle, Lifecycle::Cancelled | Lifecycle::Completed) {
        return;
    }
    let steps: &[Step] = match transaction.kind {
        TransactionKind::Authorize => &[Step::Confirm, Step::Release],
        // Nor is the same asked again until somebody has looked at it, or the authorization was renewed.
        TransactionKind::Capture => &[Step::Ship, Step::Capture],
        TransactionKind::Void | TransactionKind::Refund => return,
    };
    let mut hold = payment_hold(order, transaction.payment, HoldKind::Payment, steps, code, attempt);
    if transaction.kind == TransactionKind::Authorize {
        hold.due_at = order.head.reserved_until.or(hold.due_at);
    }
    events.push(Event::HoldApplied(hold));
}

/// Lets go of what is still `held` of an authorization now that `transaction` has ended. What another call is about to
/// capture or to let go is left to the end of that call.
fn let_go(
    order: &Order,
    ahead: u32,
    transaction: &PaymentTransaction,
    held: Minor,
    attempt: &Attempt,
    events: &mut Vec<Event>,
) {
    let undecided = order.transactions.iter().filter(|other| {
        other.payment == transaction.payment
            && other.number != transaction.number
            && other.is_open()
            && matches!(other.kind, TransactionKind::Capture | TransactionKind::Void)
    });
    let rest = held - undecided.map(|other| other.amount).sum::<Minor>();
    if rest.0 > 0 {
        let void = request(order, ahead, transaction.payment, TransactionKind::Void, rest, attempt);
        events.push(Event::PaymentRequested(void));
    }
}

/// A capture that succeeded after the order was given up: the money goes back, and the rest of the authorization too.
fn give_back(
    order: &Order,
    payment: &Payment,
    capture: &PaymentTransaction,
    attempt: &Attempt,
    events: &mut Vec<Event>,
) {
    let captured = capture.amount;
    let refund = order.refunds.len() as u32 + 1;
    events.push(Event::RefundGranted(RefundGranted {
        order: order.head.id,
        refund,
        payment: payment.number,
        amount: captured,
        credited: applied(order, captured),
        credit: Bill::default(),
        reason: "captured_after_cancellation".to_owned(),
        return_number: 0,
        at: attempt.now,
    }));
    let mut back = request(order, 0, payment.number, TransactionKind::Refund, captured, attempt);
    back.refund = refund;
    events.push(Event::PaymentRequested(back));
    let_go(order, 1, capture, payment.open_authorization() - captured, attempt, events);
}

#[allow(clippy::too_many_arguments)]
fn succeeded(
    world: &World,
    order: &Order,
    payment: &Payment,
    transaction: &PaymentTransaction,
    reference: Option<String>,
    expires_at: Option<Timestamp>,
    attempt: &Attempt,
    events: &mut Vec<Event>,
) -> Result<(), crate::command::Stop> {
    let (order_id, number) = (order.head.id, transaction.number);
    match transaction.kind {
        TransactionKind::Authorize => {
            events.push(Event::PaymentAuthorized(PaymentAuthorized {
                order: order_id,
                payment: payment.number,
                transaction: number,
                amount: transaction.amount,
                expires_at,
                renew_at: expires_at.map(|expires_at| renew_at(world, expires_at, attempt)),
                reference,
                at: attempt.now,
            }));
            if order.head.lifecycle == Lifecycle::Cancelled {
                // A success that came after the order was given up: the money is let go again.
                let_go(order, 0, transaction, transaction.amount, attempt, events);
                return Ok(());
            }
            // A renewed authorization takes the place of the one before.
            let more = transaction.amount - payment.open_authorization();
            release_payment_holds(order, payment.number, more, "authorized", attempt, events);
            confirm::once_paid(world, order, more, attempt, events)?;
        }
        TransactionKind::Capture => {
            events.push(Event::PaymentCaptured(MoneyReceived {
                order: order_id,
                payment: payment.number,
                transaction: number,
                method: payment.method,
                gateway: payment.gateway.clone(),
                amount: transaction.amount,
                applied: applied(order, transaction.amount),
                reference,
                at: attempt.now,
            }));
            if order.head.lifecycle == Lifecycle::Cancelled {
                give_back(order, payment, transaction, attempt, events);
            }
        }
        TransactionKind::Void => events.push(Event::PaymentVoided(AuthorizationEnded {
            order: order_id,
            payment: payment.number,
            transaction: number,
            amount: transaction.amount,
            at: attempt.now,
        })),
        TransactionKind::Refund => {
            let refund = order.refunds.iter().find(|refund| refund.number == transaction.refund);
            events.push(Event::RefundSucceeded(RefundSucceeded {
                order: order_id,
                refund: transaction.refund,
                payment: payment.number,
                transaction: number,
                method: payment.method,
                gateway: payment.gateway.clone(),
                amount: transaction.amount,
                credited: refund.map(|refund| refund.credited).unwrap_or_default(),
                at: attempt.now,
            }));
        }
    }
    Ok(())
}
