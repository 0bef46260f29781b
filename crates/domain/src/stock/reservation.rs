//! Soft promises: stock kept for a cart, a quote or a counter until an expiry.

use super::StockRefusal;
use super::events::{ReservationConverted, ReservationCreated, ReservationEnded};
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{ChannelId, ItemId, LocationId, LotId, OrderId, ReservationId};
use crate::ledger::{StockAccount, StockKey};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::time::Timestamp;
use crate::world::World;

codes! {
    /// Whether a reservation still holds stock.
    pub enum ReservationState {
        Active = "active",
        Converted = "converted",
        Released = "released",
        Expired = "expired",
    }
}

/// A promise of stock of one key with an expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub id: ReservationId,
    pub channel_id: Option<ChannelId>,
    pub item_id: ItemId,
    pub location_id: LocationId,
    pub lot_id: LotId,
    pub quantity: Quantity,
    pub state: ReservationState,
    pub expires_at: Timestamp,
    pub chain: Chain,
}

/// Promises `quantity` of an item at a location for `seconds` (1 second to 30 days).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReserveStock {
    pub channel_id: Option<ChannelId>,
    pub sku: String,
    pub location_id: LocationId,
    pub lot_id: LotId,
    pub quantity: Quantity,
    pub seconds: i64,
}

/// Gives the units back before the expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseReservation {
    pub reservation_id: ReservationId,
}

/// Gives the units back because the expiry has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpireReservation {
    pub reservation_id: ReservationId,
}

/// A promise is a conditional posting: refused when less is available, and, with everything at fault, when the request names
/// something that cannot be reserved.
pub fn reserve_stock(world: &World, command: &ReserveStock, attempt: &Attempt) -> Outcome {
    let mut refused = Refusals::default();
    if !command.quantity.is_valid_demand() {
        refused.add("quantity", StockRefusal::QuantityOutOfRange { path: "quantity".into() });
    }
    if !(1..=30 * 86_400).contains(&command.seconds) {
        refused.add("seconds", StockRefusal::ExpiryOutOfRange { seconds: command.seconds });
    }
    let item = world.stocked_item(&command.sku);
    refused.or("sku", item.clone());
    refused.or("location", world.stocked_location(command.location_id));
    refused.none()?;
    let item = item?;
    let key = StockKey { item_id: item.id, location_id: command.location_id, lot_id: command.lot_id };
    let balance = world.level(key).map_or(Quantity::ZERO, |level| level.available());
    if command.quantity > balance {
        return Err(StockRefusal::ExceedsBalance {
            item_id: item.id,
            location_id: command.location_id,
            state: StockAccount::Available,
            requested: command.quantity,
            balance,
        }
        .into());
    }
    Ok(vec![Event::ReservationCreated(ReservationCreated {
        reservation: attempt.ids.nth(0),
        channel: command.channel_id,
        item: item.id,
        location: command.location_id,
        lot: command.lot_id,
        quantity: command.quantity,
        expires_at: attempt.now.plus_seconds(command.seconds),
    })])
}

fn active(world: &World, id: ReservationId) -> Result<&Reservation, StockRefusal> {
    let reservation = world.reservation(id).ok_or(StockRefusal::UnknownReservation { reservation_id: id })?;
    match reservation.state {
        ReservationState::Active => Ok(reservation),
        state @ (ReservationState::Converted | ReservationState::Released | ReservationState::Expired) => {
            Err(StockRefusal::ReservationEnded { reservation_id: id, state: state.to_string() })
        }
    }
}

impl Reservation {
    pub(crate) fn ended(&self) -> ReservationEnded {
        ReservationEnded {
            reservation: self.id,
            item: self.item_id,
            location: self.location_id,
            lot: self.lot_id,
            quantity: self.quantity,
        }
    }

    pub(crate) fn converted(&self, order: OrderId) -> ReservationConverted {
        ReservationConverted {
            reservation: self.id,
            order,
            item: self.item_id,
            location: self.location_id,
            lot: self.lot_id,
            quantity: self.quantity,
        }
    }

    /// What it is at this moment: one whose time is up has expired, whether or not anybody has noted it.
    pub fn state_at(&self, now: Timestamp) -> ReservationState {
        match self.state {
            ReservationState::Active if self.expires_at <= now => ReservationState::Expired,
            state => state,
        }
    }
}

pub fn release_reservation(world: &World, command: &ReleaseReservation) -> Outcome {
    let reservation = active(world, command.reservation_id)?;
    Ok(vec![Event::ReservationReleased(reservation.ended())])
}

pub fn expire_reservation(world: &World, command: &ExpireReservation, attempt: &Attempt) -> Outcome {
    let reservation = active(world, command.reservation_id)?;
    if attempt.now < reservation.expires_at {
        return Err(StockRefusal::NotYetExpired { reservation_id: reservation.id }.into());
    }
    Ok(vec![Event::ReservationExpired(reservation.ended())])
}
