//! The derived axes of an order: one pure function each, computed at the end of every command, written nowhere else.

use super::costs::totals;
use super::records::*;
use super::to_do;
use crate::fulfillment::FulfillmentState;
use crate::ledger::StockAccount;
use crate::money::Minor;
use crate::payment::{Payment, PaymentMethod, PaymentState, RefundState, TransactionState};
use crate::quantity::Quantity;
use crate::shipping::ParcelState;

pub fn payment_status(order: &Order) -> PaymentStatus {
    let head = &*order.head;
    if order.transactions.iter().any(|transaction| transaction.state == TransactionState::Unknown) {
        return PaymentStatus::Unknown;
    }
    if head.received.0 > 0 {
        return match (head.refunded + head.charged_back, head.kept(), order.price()) {
            (back, _, _) if back == head.received => PaymentStatus::Refunded,
            (back, _, _) if back.0 > 0 => PaymentStatus::PartiallyRefunded,
            (_, kept, price) if kept < price => PaymentStatus::PartiallyPaid,
            (_, kept, price) if kept == price => PaymentStatus::Paid,
            _ => PaymentStatus::Overpaid,
        };
    }
    let authorized: Minor = order.payments.iter().map(Payment::open_authorization).sum();
    if authorized.0 > 0 {
        let all = authorized >= order.price();
        return if all { PaymentStatus::Authorized } else { PaymentStatus::PartiallyAuthorized };
    }
    if order.transactions.iter().any(|transaction| transaction.state == TransactionState::Pending) {
        return PaymentStatus::Pending;
    }
    let awaited = |payment: &Payment| match payment.method {
        PaymentMethod::Transfer | PaymentMethod::Cash | PaymentMethod::Terms => true,
        PaymentMethod::Card => matches!(payment.state, PaymentState::Created | PaymentState::Pending),
    };
    if order.payments.is_empty() {
        PaymentStatus::None
    } else if order.payments.iter().any(awaited) && order.price().0 > 0 {
        PaymentStatus::Pending
    } else if order.payments.iter().any(|payment| payment.state == PaymentState::Failed) {
        PaymentStatus::Failed
    } else {
        PaymentStatus::None
    }
}

pub fn fulfillment_status(order: &Order) -> FulfillmentStatus {
    let sum = |quantity: fn(&OrderLine) -> Quantity| -> i64 { order.lines.iter().map(|line| quantity(line).0).sum() };
    let (wanted, shipped) = (sum(OrderLine::wanted), sum(|line| line.shipped));
    if shipped > 0 {
        return if shipped >= wanted { FulfillmentStatus::Fulfilled } else { FulfillmentStatus::PartiallyFulfilled };
    }
    let working = order
        .fulfillment_orders
        .iter()
        .any(|work| matches!(work.state, FulfillmentState::Open | FulfillmentState::InProgress));
    if working || sum(|line| line.at_supplier) > 0 {
        FulfillmentStatus::InProgress
    } else if sum(|line| line.backordered) > 0 && sum(|line| line.reserved + line.allocated) == 0 {
        FulfillmentStatus::Backordered
    } else {
        FulfillmentStatus::Unfulfilled
    }
}

pub fn delivery_status(order: &Order) -> DeliveryStatus {
    let sent = |state: ParcelState| !matches!(state, ParcelState::Packed | ParcelState::Void);
    let sent = order.parcels.iter().filter(|parcel| sent(parcel.state));
    let (mut all, mut delivered, mut troubled) = (0, 0, 0);
    for parcel in sent {
        all += 1;
        delivered += u32::from(parcel.state == ParcelState::Delivered);
        troubled += u32::from(matches!(
            parcel.state,
            ParcelState::Exception | ParcelState::ReturnedToSender | ParcelState::Lost
        ));
    }
    let unshipped = order.lines.iter().any(|line| !line.unshipped().is_zero());
    match (all, delivered, troubled) {
        (0, _, _) => DeliveryStatus::None,
        (_, _, 1..) => DeliveryStatus::Exception,
        (all, delivered, _) if all == delivered && !unshipped => DeliveryStatus::Delivered,
        (_, 0, _) => DeliveryStatus::InTransit,
        _ => DeliveryStatus::PartiallyDelivered,
    }
}

pub fn return_status(order: &Order) -> ReturnStatus {
    let (mut shipped, mut returned) = (0, 0);
    for line in &order.lines {
        shipped += line.shipped.0;
        returned += line.returned.0;
    }
    match returned {
        0 => ReturnStatus::None,
        returned if returned == shipped => ReturnStatus::Returned,
        _ => ReturnStatus::PartiallyReturned,
    }
}

/// What a fulfillment order still has to do, read off its allocations.
fn fulfillment_state(order: &Order, number: u32) -> FulfillmentState {
    let sum = |state| -> i64 {
        order
            .allocations
            .iter()
            .filter(|allocation| allocation.fulfillment_order == number)
            .map(|allocation| allocation.quantity(state).0)
            .sum()
    };
    let (allocated, shipped) = (sum(StockAccount::Allocated), sum(StockAccount::Customer));
    let in_hand = sum(StockAccount::Picked) + sum(StockAccount::Packed);
    match (allocated, in_hand, shipped) {
        (0, 0, 0) => FulfillmentState::Cancelled,
        (0, 0, _) => FulfillmentState::Closed,
        (_, 0, 0) => FulfillmentState::Open,
        _ => FulfillmentState::InProgress,
    }
}

impl Order {
    /// Recomputes everything derived; called once at the end of a command that touched the order.
    pub fn settle(&mut self) {
        self.tally_lines();
        let states: Vec<(u32, FulfillmentState)> =
            self.fulfillment_orders.iter().map(|work| (work.number, fulfillment_state(self, work.number))).collect();
        for (number, state) in states {
            let differs = self.fulfillment_order(number).is_some_and(|work| work.state != state);
            if differs && let Some(work) = self.fulfillment_orders.edit_where(|work| work.number == number) {
                work.state = state;
            }
        }
        let (goods, tax, charges) = totals(self);
        let active = self.holds.iter().filter(|hold| hold.state == HoldState::Active);
        let (holds_active, hold_due_at) = (active.clone().count() as i64, active.filter_map(|hold| hold.due_at).min());
        let mut next = OrderHead {
            goods,
            tax,
            charges,
            holds_active,
            hold_due_at,
            authorization_due_at: to_do::authorization_due_at(self),
            fulfillment_status: fulfillment_status(self),
            delivery_status: delivery_status(self),
            return_status: return_status(self),
            ..(*self.head).clone()
        };
        if !matches!(next.lifecycle, Lifecycle::Placed) {
            next.reserved_until = None;
        }
        if next != *self.head {
            *self.head.edit() = next;
        }
        // These depend on what was just set.
        let next = OrderHead {
            payment_status: payment_status(self),
            to_fill: to_do::to_fill(self),
            to_release: to_do::to_release(self),
            to_capture: to_do::to_capture(self),
            to_complete: to_do::to_complete(self),
            ..(*self.head).clone()
        };
        if next != *self.head {
            *self.head.edit() = next;
        }
    }

    /// Sums each line's allocations per state.
    fn tally_lines(&mut self) {
        let mut sums: Vec<(u32, [Quantity; 5])> = Vec::with_capacity(self.lines.len());
        for allocation in &self.allocations {
            let parts =
                [allocation.reserved, allocation.allocated, allocation.picked, allocation.packed, allocation.shipped];
            match sums.iter_mut().rev().find(|(line, _)| *line == allocation.line) {
                Some((_, sum)) => sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part),
                None => sums.push((allocation.line, parts)),
            }
        }
        sums.sort_unstable_by_key(|(line, _)| *line);
        for tracked in self.lines.tracked_mut() {
            let sum = sums
                .binary_search_by_key(&tracked.number, |(line, _)| *line)
                .map_or([Quantity::ZERO; 5], |place| sums[place].1);
            let [reserved, allocated, picked, packed, shipped] = sum;
            let shipped = shipped + tracked.served;
            let now = (tracked.reserved, tracked.allocated, tracked.picked, tracked.packed, tracked.shipped);
            if now != (reserved, allocated, picked, packed, shipped) {
                let line = tracked.edit();
                (line.reserved, line.allocated, line.picked, line.packed) = (reserved, allocated, picked, packed);
                line.shipped = shipped;
            }
        }
    }

    /// The laws of the vocabulary that can be read off the order alone; the words name what is broken.
    pub fn broken_laws(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut check = |holds: bool, what: &str, which: u32| {
            if !holds {
                broken.push(format!("{what} ({which})"));
            }
        };
        if self.head.lifecycle != Lifecycle::Draft {
            for line in &self.lines {
                let sum = line.cancelled + line.open + line.backordered + line.at_supplier + line.reserved;
                let sum = sum + line.allocated + line.picked + line.packed + line.shipped;
                check(sum == line.ordered, "line quantities do not add up", line.number);
                check(line.delivered + line.lost <= line.shipped, "more delivered than shipped", line.number);
                check(line.returned <= line.shipped, "more returned than shipped", line.number);
                let parts = [line.cancelled, line.open, line.backordered, line.at_supplier, line.served];
                check(parts.iter().all(|part| part.0 >= 0), "a quantity is below zero", line.number);
            }
        }
        for payment in &self.payments {
            let authorizes = payment.method == PaymentMethod::Card;
            check(!authorizes || payment.received <= payment.authorized, "captured beyond authorized", payment.number);
            let back = payment.refunded + payment.charged_back;
            check(back <= payment.received, "refunded beyond received", payment.number);
        }
        let head = &*self.head;
        check(head.kept() == head.applied + head.deposit, "received does not equal applied and deposit", 0);
        check(head.deposit.0 >= 0, "a deposit is below zero", 0);
        let moved: Minor =
            self.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded).map(|one| one.amount).sum();
        check(moved == head.refunded, "refunds do not add up", 0);
        broken
    }
}
