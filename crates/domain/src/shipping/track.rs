//! Take in what a carrier says: once, in any order.

use super::events::{Id128, ShipmentTracked};
use super::{ParcelState, ShippingRefusal, TrackingStatus};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{Id, ParcelId};
use crate::order::events::LineQuantity;
use crate::personal::PersonalText;
use crate::time::Timestamp;
use crate::world::World;
use sha2::{Digest, Sha256};

/// A normalized fact from a carrier about one parcel. A fact that is known already changes nothing and succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTracking {
    pub parcel_id: ParcelId,
    pub status: TrackingStatus,
    pub occurred_at: Timestamp,
    /// The carrier's own id of the message, where it has one.
    pub carrier_event: Option<String>,
    pub raw: Option<PersonalText>,
}

fn digest(command: &RecordTracking) -> Id {
    let mut hasher = Sha256::new();
    hasher.update(command.parcel_id.number.to_be_bytes());
    hasher.update([command.status as u8]);
    hasher.update(command.occurred_at.0.to_be_bytes());
    hasher.update(command.carrier_event.as_deref().unwrap_or_default().as_bytes());
    let hash = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Id::from_bytes(bytes)
}

/// Delivered is the last word, whatever comes late; lost gives way to delivered only.
const fn rank(state: ParcelState) -> u8 {
    match state {
        ParcelState::Delivered => 2,
        ParcelState::Lost => 1,
        ParcelState::Packed
        | ParcelState::Void
        | ParcelState::Shipped
        | ParcelState::InTransit
        | ParcelState::OutForDelivery
        | ParcelState::Exception
        | ParcelState::ReturnedToSender => 0,
    }
}

pub fn record_tracking(world: &World, command: &RecordTracking, attempt: &Attempt) -> Outcome {
    let id = command.parcel_id;
    let unknown = ShippingRefusal::UnknownParcel { parcel_id: id };
    let order = world.order(id.order_id).ok_or_else(|| unknown.clone())?;
    let parcel = order.parcel(id.number).ok_or(unknown)?;
    if matches!(parcel.state, ParcelState::Packed | ParcelState::Void) {
        return Err(ShippingRefusal::NotShipped { parcel_id: id, state: parcel.state }.into());
    }
    if command.occurred_at > attempt.now.plus_seconds(86_400) {
        return Err(ShippingRefusal::FromTheFuture { parcel_id: id }.into());
    }
    let digest = digest(command);
    if order.tracking.iter().any(|known| known.digest == digest) {
        return Ok(Vec::new());
    }
    let next = command.status.parcel_state();
    let (before, after) = (rank(parcel.state), rank(next));
    let newer = parcel.tracked_at.is_none_or(|known| command.occurred_at >= known);
    let news = after > before || (after == before && after == 0 && newer);
    let ends = news && after > 0;
    let lines = order.lines_of_parcel(id.number).filter(|_| ends);
    let tracked = ShipmentTracked {
        order: id.order_id,
        parcel: id.number,
        tracking: order.tracking.len() as u32 + 1,
        status: command.status,
        occurred_at: command.occurred_at,
        digest: Id128(digest),
        raw: command.raw.as_ref().map(|raw| raw.id),
        news,
        lines: lines.map(|held| LineQuantity { line: held.line, quantity: held.quantity }).collect(),
        found: ends && parcel.state == ParcelState::Lost,
    };
    let event = match (command.status, news) {
        (TrackingStatus::Delivered, true) => Event::ShipmentDelivered(tracked),
        (TrackingStatus::Lost, true) => Event::ShipmentLost(tracked),
        (TrackingStatus::Exception | TrackingStatus::ReturnedToSender, true) => Event::ShipmentException(tracked),
        (TrackingStatus::InTransit | TrackingStatus::OutForDelivery, true) | (_, false) => {
            Event::ShipmentTracked(tracked)
        }
    };
    Ok(vec![event])
}
