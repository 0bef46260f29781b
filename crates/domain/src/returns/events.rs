//! What came back.

use crate::ids::{ItemId, LocationId, LotId, OrderId};
use crate::ledger::StockAccount;
use crate::order::money::Bill;
use crate::quantity::Quantity;
use crate::stock::{is_nil_lot, nil_lot};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    pub line: u32,
    pub item: ItemId,
    #[serde(default = "nil_lot", skip_serializing_if = "is_nil_lot")]
    pub lot: LotId,
    pub quantity: Quantity,
    pub state: StockAccount,
    pub reason: String,
    /// False for items that are not counted.
    pub counted: bool,
}

/// `return.received`: units came back into a stock state, and what was billed for them is credited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnReceived {
    pub order: OrderId,
    pub return_number: u32,
    pub location: LocationId,
    pub at: Timestamp,
    pub lines: Vec<Returned>,
    /// As amounts above zero.
    #[serde(default, skip_serializing_if = "Bill::is_zero")]
    pub credit: Bill,
}
