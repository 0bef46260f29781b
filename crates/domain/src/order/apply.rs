//! Folds order events into an order. Total: never refuses.

use super::events::*;
use super::money::Bill;
use super::records::*;
use crate::attempt::Origin;
use crate::chain::Chain;
use crate::ids::LocationId;
use crate::ledger::StockAccount;
use crate::money::Minor;
use crate::payment::{Payment, PaymentState};
use crate::quantity::Quantity;
use crate::rows::Tracked;
use crate::time::Timestamp;

impl Order {
    pub(crate) fn from_placed(event: &OrderPlaced, lifecycle: Lifecycle, origin: Origin) -> Self {
        let mut order = Self::new(Tracked::new(OrderHead {
            id: event.order,
            number: event.number,
            channel_id: event.channel,
            external_ref: event.external_ref.clone(),
            customer_id: event.customer,
            party_id: event.party,
            ship_to: event.ship_to,
            instructions: event.instructions,
            po_number: event.po_number.clone(),
            currency: event.currency,
            country: event.country.clone(),
            latitude_e1: event.latitude_e1,
            longitude_e1: event.longitude_e1,
            requested_by: event.requested_by,
            origin,
            placed_at: event.at,
            priority: event.priority.score,
            lifecycle,
            payment_status: PaymentStatus::None,
            fulfillment_status: FulfillmentStatus::Unfulfilled,
            delivery_status: DeliveryStatus::None,
            return_status: ReturnStatus::None,
            holds_active: 0,
            hold_due_at: None,
            reserved_until: None,
            authorization_due_at: None,
            to_fill: false,
            to_release: false,
            to_capture: false,
            to_complete: false,
            confirmed_at: None,
            ended_at: None,
            goods: Minor::ZERO,
            tax: Minor::ZERO,
            charges: Minor::ZERO,
            recognized: Minor::ZERO,
            received: Minor::ZERO,
            refunded: Minor::ZERO,
            charged_back: Minor::ZERO,
            applied: Minor::ZERO,
            deposit: Minor::ZERO,
            chain: Chain::default(),
        }));
        for line in &event.lines {
            order.lines.add(OrderLine {
                order_id: event.order,
                number: line.line,
                item_id: line.item,
                sku: line.sku.clone(),
                supply: line.supply,
                precision: line.precision,
                unit_price: line.unit_price,
                ordered: line.quantity,
                discount: line.discount,
                tax: line.tax,
                total: line.total,
                note: line.note,
                cancelled: Quantity::ZERO,
                open: line.quantity,
                backordered: Quantity::ZERO,
                at_supplier: Quantity::ZERO,
                served: Quantity::ZERO,
                reserved: Quantity::ZERO,
                allocated: Quantity::ZERO,
                picked: Quantity::ZERO,
                packed: Quantity::ZERO,
                shipped: Quantity::ZERO,
                delivered: Quantity::ZERO,
                lost: Quantity::ZERO,
                returned: Quantity::ZERO,
                backordered_at: None,
                expected_on: None,
            });
        }
        for (n, charge) in event.charges.iter().enumerate() {
            order.charges.add(Charge {
                order_id: event.order,
                number: n as u32 + 1,
                kind: charge.kind,
                amount: charge.amount,
                tax: charge.tax,
                label: charge.label.clone(),
                billed: Minor::ZERO,
                billed_tax: Minor::ZERO,
            });
        }
        for (n, payment) in event.payments.iter().enumerate() {
            order.payments.add(Payment {
                order_id: event.order,
                number: n as u32 + 1,
                method: payment.method,
                gateway: payment.gateway.clone(),
                token: payment.token,
                amount: payment.amount,
                state: PaymentState::Created,
                authorized: Minor::ZERO,
                expires_at: None,
                renew_at: None,
                received: Minor::ZERO,
                refunded: Minor::ZERO,
                charged_back: Minor::ZERO,
                in_cash: Minor::ZERO,
                reference: None,
            });
        }
        let (goods, tax, charges) = super::costs::totals(&order);
        let head = order.head.edit();
        (head.goods, head.tax, head.charges) = (goods, tax, charges);
        order
    }

    fn edit_line(&mut self, number: u32, change: impl FnOnce(&mut OrderLine)) {
        if let Some(line) = self.lines.edit_where(|line| line.number == number) {
            change(line);
        }
    }

    pub(crate) fn apply_submitted(&mut self, event: &OrderSubmitted) {
        let head = self.head.edit();
        head.lifecycle = Lifecycle::Placed;
        head.placed_at = event.at;
    }

    pub(crate) fn apply_confirmed(&mut self, event: &OrderConfirmed) {
        let head = self.head.edit();
        head.lifecycle = Lifecycle::Confirmed;
        head.confirmed_at = Some(event.at);
    }

    pub(crate) fn apply_completed(&mut self, event: &OrderCompleted) {
        self.apply_bill(&event.bill);
        let head = self.head.edit();
        head.lifecycle = Lifecycle::Completed;
        head.ended_at = Some(event.at);
    }

    pub(crate) fn apply_cancelled(&mut self, event: &OrderCancelled) {
        let head = self.head.edit();
        head.lifecycle = Lifecycle::Cancelled;
        head.ended_at = Some(event.at);
    }

    pub(crate) fn apply_hold(&mut self, event: &HoldApplied) {
        self.holds.add(Hold {
            order_id: event.order,
            number: event.hold,
            kind: event.kind,
            steps: Steps::of(&event.steps),
            line: event.line,
            payment: event.payment,
            reason: event.reason.clone(),
            note: event.note,
            owner: event.owner.clone(),
            due_at: event.due_at,
            applied_at: event.at,
            state: HoldState::Active,
            ended_at: None,
        });
    }

    pub(crate) fn apply_hold_handed_over(&mut self, event: &HoldHandedOver) {
        if let Some(hold) = self.holds.edit_where(|hold| hold.number == event.hold) {
            hold.owner.clone_from(&event.owner);
        }
    }

    pub(crate) fn apply_hold_ended(&mut self, event: &HoldEnded, state: HoldState) {
        if let Some(hold) = self.holds.edit_where(|hold| hold.number == event.hold) {
            hold.state = state;
            hold.ended_at = Some(event.at);
        }
    }

    pub(crate) fn apply_allocation_made(&mut self, event: &AllocationMade) {
        for place in &event.at {
            for moved in &place.lines {
                let mut allocation = Allocation {
                    order_id: event.order,
                    number: self.allocations.len() as u32 + 1,
                    line: moved.line,
                    location_id: place.location,
                    lot_id: moved.lot,
                    item_id: moved.item,
                    fulfillment_order: 0,
                    reserved: Quantity::ZERO,
                    allocated: Quantity::ZERO,
                    picked: Quantity::ZERO,
                    packed: Quantity::ZERO,
                    shipped: Quantity::ZERO,
                };
                allocation.add(event.to, moved.quantity);
                self.allocations.add(allocation);
                self.edit_line(moved.line, |line| match event.from {
                    Unpromised::Open => line.open -= moved.quantity,
                    Unpromised::Backordered => {
                        line.backordered -= moved.quantity;
                        if line.backordered.is_zero() {
                            line.backordered_at = None;
                            line.expected_on = None;
                        }
                    }
                });
            }
        }
        if event.reserved_until.is_some() {
            self.head.edit().reserved_until = event.reserved_until;
        }
    }

    pub(crate) fn apply_hardened(&mut self, event: &AllocationHardened) {
        for place in &event.at {
            for moved in &place.lines {
                self.shift(None, place.location, moved, StockAccount::Reserved, Some(StockAccount::Allocated));
            }
        }
        self.head.edit().reserved_until = None;
    }

    pub(crate) fn apply_allocation_released(&mut self, event: &AllocationReleased) {
        for place in &event.at {
            for moved in &place.lines {
                // What nobody works on yet goes first; of an overdue hold it is all there is.
                let unreleased = (event.reason == ReleaseReason::Held).then_some(0);
                self.shift(unreleased, place.location, moved, event.from, None);
                self.edit_line(moved.line, |line| line.open += moved.quantity);
            }
        }
        if event.reason == ReleaseReason::Expired {
            self.head.edit().reserved_until = None;
        }
    }

    /// Moves units of a line between the states of its allocations at a location: those of one fulfillment order, or
    /// unreleased ones first. `to` None lets the units go.
    pub(crate) fn shift(
        &mut self,
        fulfillment_order: Option<u32>,
        location: LocationId,
        moved: &Moved,
        from: StockAccount,
        to: Option<StockAccount>,
    ) {
        let mut left = moved.quantity;
        for tracked in self.allocations.tracked_mut() {
            if left.is_zero() {
                break;
            }
            let fits = tracked.line == moved.line
                && tracked.location_id == location
                && tracked.lot_id == moved.lot
                && fulfillment_order.is_none_or(|number| tracked.fulfillment_order == number);
            let part = tracked.quantity(from).min(left);
            if !fits || part.is_zero() {
                continue;
            }
            left -= part;
            let allocation = tracked.edit();
            allocation.add(from, Quantity::ZERO - part);
            if let Some(to) = to {
                allocation.add(to, part);
            }
        }
        debug_assert!(left.is_zero(), "{left} units of line {} were not {from} there", moved.line);
    }

    pub(crate) fn apply_backorder_opened(&mut self, event: &BackorderOpened) {
        for short in &event.lines {
            self.edit_line(short.line, |line| {
                line.open -= short.quantity;
                line.backordered += short.quantity;
                line.backordered_at = line.backordered_at.or(Some(event.at));
                line.expected_on = event.expected_on;
            });
        }
    }

    pub(crate) fn apply_lines_cancelled(&mut self, event: &LinesCancelled) {
        for one in &event.lines {
            self.edit_line(one.line, |line| {
                line.open -= one.open;
                line.backordered -= one.backordered;
                line.at_supplier -= one.at_supplier;
                line.cancelled += one.open + one.backordered + one.at_supplier;
                if line.backordered.is_zero() {
                    line.backordered_at = None;
                    line.expected_on = None;
                }
            });
        }
    }

    /// Books a bill on the order: what is recognized, which charges it took, how much deposit paid for it.
    pub(crate) fn apply_bill(&mut self, bill: &Bill) {
        if bill.is_zero() {
            return;
        }
        for share in &bill.charges {
            if let Some(charge) = self.charges.edit_where(|charge| charge.number == share.charge) {
                charge.billed += share.amount;
                charge.billed_tax += share.tax;
            }
        }
        let head = self.head.edit();
        head.recognized += bill.total();
        head.applied += bill.from_deposit;
        head.deposit -= bill.from_deposit;
    }

    pub(crate) fn serve(&mut self, served: &[LineQuantity], to_supplier: &[LineQuantity]) {
        for one in served {
            self.edit_line(one.line, |line| {
                line.open -= one.quantity;
                line.served += one.quantity;
            });
        }
        for one in to_supplier {
            self.edit_line(one.line, |line| {
                line.open -= one.quantity;
                line.at_supplier += one.quantity;
            });
        }
    }

    pub(crate) fn deliver(&mut self, line: u32, quantity: Quantity, lost: bool) {
        self.edit_line(line, |line| if lost { line.lost += quantity } else { line.delivered += quantity });
    }

    pub(crate) fn take_return(&mut self, line: u32, quantity: Quantity) {
        self.edit_line(line, |line| line.returned += quantity);
    }

    pub(crate) fn ship_from_supplier(&mut self, line: u32, quantity: Quantity) {
        self.edit_line(line, |line| {
            line.at_supplier -= quantity;
            line.served += quantity;
        });
    }

    /// When the order was last seen to wait for stock; for queues.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.lines.iter().filter_map(|line| line.backordered_at).min()
    }
}
