//! Goods that come back.

pub mod events;
pub mod receive;

use crate::ids::{ItemId, LocationId, LotId, OrderId, ReturnId};
use crate::ledger::StockAccount;
use crate::money::{Amount, Minor};
use crate::quantity::Quantity;
use crate::time::Timestamp;

/// Goods of an order that came back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub order_id: OrderId,
    pub number: u32,
    pub location_id: LocationId,
    pub received_at: Timestamp,
    /// Credited to the customer for it.
    pub credit: Minor,
}

impl Return {
    pub fn id(&self) -> ReturnId {
        ReturnId::new(self.order_id, self.number)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnLine {
    pub order_id: OrderId,
    pub return_number: u32,
    /// Within the return, from 1.
    pub number: u32,
    pub line: u32,
    pub item_id: ItemId,
    pub lot_id: LotId,
    /// Where the units went: available, quality control, damaged, quarantined or loss.
    pub state: StockAccount,
    pub quantity: Quantity,
    pub reason: String,
}

refusals! {
    /// Why a return was not taken in.
    pub enum ReturnRefusal in "return" {
        NothingNamed => "nothing_named", Never, "The return names no units.", "Name at least one line with a quantity.";
        UnknownLine { line: u32 } => "unknown_line", Never, "The order has no line {line}.", "Read the order and use one of its lines.";
        QuantityOutOfRange { path: String } => "quantity_out_of_range", Never, "The value at {path} is out of range.", "Send a whole number of the item's smallest unit, at least 1.";
        ExceedsShipped { line: u32, requested: Quantity, returnable: Quantity } => "exceeds_shipped", AfterChange, "Of line {line}, {requested} came back and {returnable} had shipped and not come back before.", "Take in no more than that.";
        WrongState { state: StockAccount } => "wrong_state", Never, "Returned goods cannot go to {state}.", "Use available, quality_control, damaged, quarantined or loss.";
        UnknownLocation { location_id: LocationId } => "unknown_location", AfterChange, "There is no location {location_id}.", "Create the location or correct the id.";
        CreditExceedsBilled { requested: Amount, billed: Amount } => "credit_exceeds_billed", AfterChange, "{requested} is to be credited and {billed} was billed for the order and not credited.", "Credit no more than that; a goodwill refund is a refund of its own.";
    }
}
