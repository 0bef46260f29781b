//! Folds carrier facts into an order.

use super::events::ShipmentTracked;
use super::{TrackingEvent, TrackingStatus};
use crate::order::Order;
use crate::quantity::Quantity;

impl Order {
    pub(crate) fn apply_tracked(&mut self, event: &ShipmentTracked) {
        self.tracking.add(TrackingEvent {
            order_id: event.order,
            number: event.tracking,
            parcel: event.parcel,
            status: event.status,
            occurred_at: event.occurred_at,
            digest: event.digest.0,
            raw: event.raw,
        });
        if event.news
            && let Some(parcel) = self.parcels.edit_where(|parcel| parcel.number == event.parcel)
        {
            parcel.state = event.status.parcel_state();
            parcel.tracked_at = Some(event.occurred_at);
            if matches!(event.status, TrackingStatus::Delivered | TrackingStatus::Lost) {
                parcel.ended_at = Some(event.occurred_at);
            }
        }
        for one in &event.lines {
            if event.found {
                self.deliver(one.line, Quantity::ZERO - one.quantity, true);
            }
            self.deliver(one.line, one.quantity, event.status == TrackingStatus::Lost);
        }
    }
}
