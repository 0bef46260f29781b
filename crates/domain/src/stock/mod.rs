//! Stock: what is where, in which state.

pub mod adjust;
pub mod document;
pub mod events;
pub mod level;
pub mod receive;
pub mod reservation;
pub mod transfer;

use crate::ids::{ItemId, LocationId, LotId, ReservationId, TransferId};
use crate::ledger::StockAccount;
use crate::quantity::Quantity;

refusals! {
    /// Why a stock command was not carried out.
    pub enum StockRefusal in "stock" {
        UnknownItem { sku: String } => "unknown_item", AfterChange, "No item has the SKU {sku}.", "Create the item or correct the SKU.";
        NotStocked { sku: String } => "not_stocked", Never, "Item {sku} is not kept in stock.", "Change the item's supply to stock, or leave this line out.";
        UnknownLocation { location: String } => "unknown_location", AfterChange, "There is no location {location}.", "Create the location or correct its code.";
        LocationArchived { location: String } => "location_archived", AfterChange, "Location {location} is archived; nothing is sold from it.", "Name a location that is in use, or bring this one back by changing it.";
        NothingToDo => "nothing_to_do", Never, "The request names no quantity to move.", "Name at least one line with a quantity above zero.";
        QuantityOutOfRange { path: String } => "quantity_out_of_range", Never, "The quantity at {path} is outside 1 to 1,000,000,000,000.", "Send a whole number of the item's smallest unit within that range.";
        ExceedsBalance { item_id: ItemId, location_id: LocationId, state: StockAccount, requested: Quantity, balance: Quantity } => "exceeds_balance", AfterChange, "{requested} units were asked for and {balance} are {state} there.", "Ask for no more than the balance, or receive or adjust stock first.";
        WrongState { state: StockAccount } => "wrong_state", Never, "Stock cannot be booked into or out of {state} by hand.", "Use available, quality_control, damaged or quarantined.";
        ExceedsCapacity { item_id: ItemId, location_id: LocationId } => "exceeds_capacity", Never, "The balance would exceed 1,000,000,000,000 units.", "Check the quantity; keep larger amounts in a coarser unit.";
        UnknownReservation { reservation_id: ReservationId } => "unknown_reservation", Never, "There is no reservation {reservation_id}.", "Check the id; a reservation that expired can be made anew.";
        ReservationEnded { reservation_id: ReservationId, state: String } => "reservation_ended", Never, "Reservation {reservation_id} is {state}.", "Make a new reservation.";
        NotYetExpired { reservation_id: ReservationId } => "not_yet_expired", AfterChange, "Reservation {reservation_id} has not expired.", "Wait until its expiry or release it.";
        ExpiryOutOfRange { seconds: i64 } => "expiry_out_of_range", Never, "A reservation cannot last {seconds} seconds.", "Ask for 1 second to 30 days.";
        SameLocation => "same_location", Never, "A transfer needs two different locations.", "Name another destination.";
        UnknownTransfer { transfer_id: TransferId } => "unknown_transfer", Never, "There is no transfer {transfer_id}.", "Check the id.";
        TransferClosed { transfer_id: TransferId } => "transfer_closed", Never, "Transfer {transfer_id} is done.", "Start a new transfer.";
        ExceedsInTransit { transfer_id: TransferId, line: u32, requested: Quantity, in_transit: Quantity } => "exceeds_in_transit", AfterChange, "Line {line} has {in_transit} units in transit and {requested} were received.", "Receive what was sent and book the surplus as an adjustment.";
    }
}

/// The states that receipts and adjustments may touch; the others belong to orders and reservations.
pub fn by_hand(state: StockAccount) -> Result<(), StockRefusal> {
    match state {
        StockAccount::Available | StockAccount::QualityControl | StockAccount::Damaged | StockAccount::Quarantined => {
            Ok(())
        }
        StockAccount::Reserved
        | StockAccount::Allocated
        | StockAccount::Picked
        | StockAccount::Packed
        | StockAccount::InTransit
        | StockAccount::Supplier
        | StockAccount::Customer
        | StockAccount::Loss
        | StockAccount::Gain
        | StockAccount::Transfer => Err(StockRefusal::WrongState { state }),
    }
}

/// A quantity of an item at a lot, as stock documents name it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StockLine {
    pub item: ItemId,
    #[serde(default = "nil_lot", skip_serializing_if = "is_nil_lot")]
    pub lot: LotId,
    pub quantity: Quantity,
}

/// For serde: the lot of items that are not tracked by lot.
pub fn nil_lot() -> LotId {
    LotId::NIL
}

/// For serde: whether a lot need not be written.
pub fn is_nil_lot(lot: &LotId) -> bool {
    *lot == LotId::NIL
}
