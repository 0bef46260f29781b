//! Parcels on their way: shipments and what carriers say about them.

pub mod apply;
pub mod events;
pub mod track;

use crate::catalog::item::Supply;
use crate::ids::{Id, ItemId, LocationId, LotId, OrderId, ParcelId, ShipmentId, TextId};
use crate::order::Order;
use crate::order::events::Moved;
use crate::quantity::Quantity;
use crate::time::Timestamp;

codes! {
    /// Where a parcel is.
    pub enum ParcelState {
        Packed = "packed",
        /// Opened again before it left.
        Void = "void",
        Shipped = "shipped",
        InTransit = "in_transit",
        OutForDelivery = "out_for_delivery",
        Exception = "exception",
        ReturnedToSender = "returned_to_sender",
        Delivered = "delivered",
        Lost = "lost",
    }

    /// What a carrier says, normalized.
    pub enum TrackingStatus {
        InTransit = "in_transit",
        OutForDelivery = "out_for_delivery",
        Exception = "exception",
        ReturnedToSender = "returned_to_sender",
        Delivered = "delivered",
        Lost = "lost",
    }
}

impl TrackingStatus {
    pub const fn parcel_state(self) -> ParcelState {
        match self {
            Self::InTransit => ParcelState::InTransit,
            Self::OutForDelivery => ParcelState::OutForDelivery,
            Self::Exception => ParcelState::Exception,
            Self::ReturnedToSender => ParcelState::ReturnedToSender,
            Self::Delivered => ParcelState::Delivered,
            Self::Lost => ParcelState::Lost,
        }
    }
}

/// One physical box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub order_id: OrderId,
    pub number: u32,
    pub fulfillment_order: u32,
    pub location_id: LocationId,
    pub weight_g: Option<i64>,
    pub packed_at: Timestamp,
    /// The shipment it left with; 0 before.
    pub shipment: u32,
    pub tracking_number: Option<String>,
    pub state: ParcelState,
    /// When the carrier's fact behind `state` happened; older facts do not change it.
    pub tracked_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl Parcel {
    pub fn id(&self) -> ParcelId {
        ParcelId::new(self.order_id, self.number)
    }
}

/// Units of a line in a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParcelLine {
    pub order_id: OrderId,
    pub parcel: u32,
    pub line: u32,
    pub lot_id: LotId,
    pub item_id: ItemId,
    pub quantity: Quantity,
}

impl ParcelLine {
    pub(crate) fn moved(&self, order: &Order) -> Moved {
        Moved {
            line: self.line,
            item: self.item_id,
            lot: self.lot_id,
            quantity: self.quantity,
            counted: order.line(self.line).is_some_and(|line| line.supply == Supply::Stock),
        }
    }
}

/// Parcels that left together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    pub order_id: OrderId,
    pub number: u32,
    pub fulfillment_order: u32,
    pub location_id: LocationId,
    pub carrier: Option<String>,
    pub service: Option<String>,
    pub shipped_at: Timestamp,
}

impl Shipment {
    pub fn id(&self) -> ShipmentId {
        ShipmentId::new(self.order_id, self.number)
    }
}

/// One fact from a carrier, kept once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingEvent {
    pub order_id: OrderId,
    pub number: u32,
    pub parcel: u32,
    pub status: TrackingStatus,
    pub occurred_at: Timestamp,
    /// Digest of what makes the fact the same fact: parcel, status, moment, the carrier's own id.
    pub digest: Id,
    /// The carrier's message as it came; may name people.
    pub raw: Option<TextId>,
}

refusals! {
    /// Why a carrier's message changed nothing.
    pub enum ShippingRefusal in "shipping" {
        UnknownParcel { parcel_id: ParcelId } => "unknown_parcel", Never, "There is no parcel {parcel_id}.", "Check the id or the tracking number.";
        UnknownTracking { tracking_number: String } => "unknown_tracking", AfterChange, "No parcel has the tracking number {tracking_number}.", "Ship the parcel with that number first.";
        NotShipped { parcel_id: ParcelId, state: ParcelState } => "not_shipped", AfterChange, "Parcel {parcel_id} is {state} and has not left.", "Ship it first.";
        FromTheFuture { parcel_id: ParcelId } => "from_the_future", Never, "The message says that it happened more than a day from now.", "Correct the clock or the time zone of the source.";
    }
}
