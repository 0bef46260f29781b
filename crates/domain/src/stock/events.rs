//! What happened to stock outside orders.

use super::StockLine;
use super::adjust::AdjustReason;
use crate::ids::{ChannelId, ItemId, LocationId, LotId, OrderId, ReservationId, StockDocumentId, TransferId};
use crate::ledger::StockAccount;
use crate::quantity::Quantity;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `stock.received`: goods came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockReceived {
    pub document: StockDocumentId,
    pub location: LocationId,
    /// The state the goods came into: available, quality control or quarantined.
    pub state: StockAccount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub at: Timestamp,
    pub lines: Vec<StockLine>,
}

/// One correction of one balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustedLine {
    pub item: ItemId,
    #[serde(default = "super::nil_lot", skip_serializing_if = "super::is_nil_lot")]
    pub lot: LotId,
    pub from: StockAccount,
    pub to: StockAccount,
    pub quantity: Quantity,
}

/// `stock.adjusted`: the books were corrected, with a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockAdjusted {
    pub document: StockDocumentId,
    pub location: LocationId,
    pub reason: AdjustReason,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub at: Timestamp,
    pub lines: Vec<AdjustedLine>,
}

/// `reservation.created`: stock is promised until `expires_at`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationCreated {
    pub reservation: ReservationId,
    pub channel: Option<ChannelId>,
    pub item: ItemId,
    pub location: LocationId,
    #[serde(default = "super::nil_lot", skip_serializing_if = "super::is_nil_lot")]
    pub lot: LotId,
    pub quantity: Quantity,
    pub expires_at: Timestamp,
}

/// `reservation.expired` and `reservation.released`: the promise ended and the stock is available again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationEnded {
    pub reservation: ReservationId,
    pub item: ItemId,
    pub location: LocationId,
    #[serde(default = "super::nil_lot", skip_serializing_if = "super::is_nil_lot")]
    pub lot: LotId,
    pub quantity: Quantity,
}

/// `reservation.converted`: an order took over. Its allocation, decided with this, takes the units it wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationConverted {
    pub reservation: ReservationId,
    pub order: OrderId,
    pub item: ItemId,
    pub location: LocationId,
    #[serde(default = "super::nil_lot", skip_serializing_if = "super::is_nil_lot")]
    pub lot: LotId,
    /// All that was promised; what the order does not want stays available.
    pub quantity: Quantity,
}

/// One line of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferLineMoved {
    pub line: u32,
    pub item: ItemId,
    #[serde(default = "super::nil_lot", skip_serializing_if = "super::is_nil_lot")]
    pub lot: LotId,
    pub quantity: Quantity,
}

/// `transfer.sent`: units left one location for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferSent {
    pub transfer: TransferId,
    pub from: LocationId,
    pub to: LocationId,
    pub at: Timestamp,
    pub lines: Vec<TransferLineMoved>,
}

/// `transfer.received`: units arrived, or were found missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferReceived {
    pub transfer: TransferId,
    pub to: LocationId,
    pub lines: Vec<TransferLineMoved>,
    /// Units written off as lost on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<TransferLineMoved>,
    /// Nothing is in transit any more.
    pub done: bool,
}
