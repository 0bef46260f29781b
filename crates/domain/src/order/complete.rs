//! Close an order when nothing is left to do.

use super::OrderRefusal;
use super::events::OrderCompleted;
use super::money::bill;
use super::records::{Lifecycle, Order, Step};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::payment::TransactionKind;
use crate::payment::authorization::request;
use crate::payment::refund::is_under_way;
use crate::shipping::ParcelState;
use crate::world::World;
use std::collections::BTreeMap;

/// Completes an order that is shipped, delivered and paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteOrder {
    pub order_id: OrderId,
}

/// What is still open, as stable words: `lines`, `delivery`, `payment`, `transactions`, `refunds`.
pub fn open_matters(order: &Order, billed: crate::money::Minor) -> Vec<String> {
    let mut open = Vec::new();
    if order.lines.iter().any(|line| !line.unshipped().is_zero()) {
        open.push("lines".to_owned());
    }
    let over = |state: ParcelState| {
        use ParcelState::{Delivered, Lost, ReturnedToSender, Void};
        matches!(state, Delivered | Lost | ReturnedToSender | Void)
    };
    if order.parcels.iter().any(|parcel| !over(parcel.state)) {
        open.push("delivery".to_owned());
    }
    if order.head.kept() < billed {
        open.push("payment".to_owned());
    }
    if order.refunds.iter().any(is_under_way) {
        open.push("refunds".to_owned());
    }
    if order.transactions.iter().any(|transaction| transaction.is_open()) {
        open.push("transactions".to_owned());
    }
    open
}

pub fn complete_order(world: &World, command: &CompleteOrder, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Confirmed {
        return Err(world.wrong_lifecycle(order, "confirmed").into());
    }
    let holds = order.holds_blocking(Step::Complete, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: command.order_id, step: Step::Complete, holds }.into());
    }
    let bill = bill(order, &BTreeMap::new(), true);
    let open = open_matters(order, order.head.recognized + bill.total());
    if !open.is_empty() {
        return Err(OrderRefusal::NotFinished { order_id: command.order_id, open }.into());
    }
    let mut events = vec![Event::OrderCompleted(OrderCompleted { order: command.order_id, at: attempt.now, bill })];
    // Nothing more will be captured.
    for payment in order.payments.iter().filter(|payment| payment.open_authorization().0 > 0) {
        let (ahead, amount) = (events.len() as u32 - 1, payment.open_authorization());
        let void = request(order, ahead, payment.number, TransactionKind::Void, amount, attempt);
        events.push(Event::PaymentRequested(void));
    }
    Ok(events)
}
