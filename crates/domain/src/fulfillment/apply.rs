//! Folds fulfillment events into an order.

use super::events::*;
use super::{FulfillmentOrder, FulfillmentState};
use crate::ledger::StockAccount;
use crate::order::Order;
use crate::shipping::{Parcel, ParcelLine, ParcelState, Shipment};

impl Order {
    pub(crate) fn apply_released(&mut self, event: &FulfillmentReleased) {
        for work in &event.work {
            self.fulfillment_orders.add(FulfillmentOrder {
                order_id: event.order,
                number: work.number,
                location_id: work.location,
                released_at: event.at,
                state: FulfillmentState::Open,
                priority: event.priority,
                assignee: None,
            });
            for number in &work.allocations {
                if let Some(allocation) = self.allocations.edit_where(|one| one.number == *number) {
                    allocation.fulfillment_order = work.number;
                }
            }
        }
        self.serve(&event.served, &event.to_supplier);
        self.apply_bill(&event.bill);
    }

    pub(crate) fn apply_handed_over(&mut self, event: &FulfillmentHandedOver) {
        if let Some(work) = self.fulfillment_orders.edit_where(|work| work.number == event.fulfillment_order) {
            work.assignee.clone_from(&event.assignee);
        }
    }

    pub(crate) fn apply_picked(&mut self, event: &PickCompleted) {
        for moved in &event.lines {
            let to = Some(StockAccount::Picked);
            self.shift(Some(event.fulfillment_order), event.location, moved, StockAccount::Allocated, to);
        }
    }

    pub(crate) fn apply_short(&mut self, event: &PickShort) {
        for moved in &event.lines {
            self.shift(Some(event.fulfillment_order), event.location, moved, StockAccount::Allocated, None);
            if let Some(line) = self.lines.edit_where(|line| line.number == moved.line) {
                line.open += moved.quantity;
            }
        }
    }

    pub(crate) fn apply_packed(&mut self, event: &ParcelPacked) {
        self.parcels.add(Parcel {
            order_id: event.order,
            number: event.parcel,
            fulfillment_order: event.fulfillment_order,
            location_id: event.location,
            weight_g: event.weight_g,
            packed_at: event.at,
            shipment: 0,
            tracking_number: None,
            state: ParcelState::Packed,
            tracked_at: None,
            ended_at: None,
        });
        for moved in &event.lines {
            self.shift(
                Some(event.fulfillment_order),
                event.location,
                moved,
                StockAccount::Picked,
                Some(StockAccount::Packed),
            );
            self.parcel_lines.add(ParcelLine {
                order_id: event.order,
                parcel: event.parcel,
                line: moved.line,
                lot_id: moved.lot,
                item_id: moved.item,
                quantity: moved.quantity,
            });
        }
    }

    pub(crate) fn apply_unpacked(&mut self, event: &ParcelUnpacked) {
        for moved in &event.lines {
            self.shift(
                Some(event.fulfillment_order),
                event.location,
                moved,
                StockAccount::Packed,
                Some(StockAccount::Picked),
            );
        }
        if let Some(parcel) = self.parcels.edit_where(|parcel| parcel.number == event.parcel) {
            parcel.state = ParcelState::Void;
        }
    }

    pub(crate) fn apply_shipped(&mut self, event: &ShipmentShipped) {
        self.shipments.add(Shipment {
            order_id: event.order,
            number: event.shipment,
            fulfillment_order: event.fulfillment_order,
            location_id: event.location,
            carrier: event.carrier.clone(),
            service: event.service.clone(),
            shipped_at: event.at,
        });
        for sent in &event.parcels {
            if let Some(parcel) = self.parcels.edit_where(|parcel| parcel.number == sent.parcel) {
                parcel.shipment = event.shipment;
                parcel.tracking_number = sent.tracking_number.clone();
                parcel.state = ParcelState::Shipped;
            }
        }
        for moved in &event.lines {
            self.shift(
                Some(event.fulfillment_order),
                event.location,
                moved,
                StockAccount::Packed,
                Some(StockAccount::Customer),
            );
        }
        self.apply_bill(&event.bill);
    }

    pub(crate) fn apply_supplier_shipped(&mut self, event: &SupplierShipped) {
        for one in &event.lines {
            self.ship_from_supplier(one.line, one.quantity);
        }
        self.apply_bill(&event.bill);
    }
}
