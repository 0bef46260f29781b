//! What happened to an order's demand. Payments, fulfillment, shipping and returns have their own files.

use super::records::{ChargeKind, HoldKind, Step};
use super::{OrderNumber, priority::Priority};
use crate::catalog::item::Supply;
use crate::ids::*;
use crate::ledger::StockAccount;
use crate::money::{Currency, Minor, UnitPrice};
use crate::payment::PaymentMethod;
use crate::quantity::Quantity;
use crate::stock::{is_nil_lot, nil_lot};
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// For serde: a line number of 0 need not be written.
fn is_zero(line: &u32) -> bool {
    *line == 0
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedLine {
    pub line: u32,
    pub item: ItemId,
    pub sku: String,
    pub supply: Supply,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub precision: u32,
    pub quantity: Quantity,
    /// Millionths of the major unit.
    pub unit_price: UnitPrice,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub discount: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub tax: Minor,
    pub total: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<TextId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedCharge {
    pub kind: ChargeKind,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub tax: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// How the order is to be paid, as chosen when it was placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedPayment {
    pub method: PaymentMethod,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Where the gateway's token is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TextId>,
}

/// `order.drafted` and `order.placed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    pub order: OrderId,
    pub number: OrderNumber,
    pub channel: ChannelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<AddressId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude_e1: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude_e1: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<TextId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub po_number: Option<String>,
    pub currency: Currency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Date>,
    pub at: Timestamp,
    /// Why the order goes before or after others.
    pub priority: Priority,
    pub lines: Vec<PlacedLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<PlacedCharge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<PlacedPayment>,
    /// Of a cart, whose stock became the order's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reservations: Vec<ReservationId>,
}

/// `order.submitted`: a draft became a placed order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSubmitted {
    pub order: OrderId,
    pub at: Timestamp,
}

/// `order.confirmed`: paid as agreed, stock promised; the business will deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderConfirmed {
    pub order: OrderId,
    pub at: Timestamp,
}

/// `order.completed`: nothing is left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCompleted {
    pub order: OrderId,
    pub at: Timestamp,
    /// Charges billed at the end, for an order that shipped nothing.
    #[serde(default, skip_serializing_if = "crate::order::money::Bill::is_zero")]
    pub bill: crate::order::money::Bill,
}

/// `order.charge_added`: the order costs more, or less, than when it was placed. The next bill takes its share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeAdded {
    pub order: OrderId,
    pub charge: u32,
    pub kind: ChargeKind,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub tax: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The payment that is to pay `promised` more; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub payment: u32,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub promised: Minor,
    pub at: Timestamp,
}

/// `order.note_added`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteAdded {
    pub order: OrderId,
    pub note: TextId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    pub at: Timestamp,
}

/// `order.hold_applied`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldApplied {
    pub order: OrderId,
    pub hold: u32,
    pub kind: HoldKind,
    pub steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub line: u32,
    /// The payment it waits for; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub payment: u32,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<TextId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// `order.hold_handed_over`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldHandedOver {
    pub order: OrderId,
    pub hold: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub at: Timestamp,
}

/// `order.hold_released` and `order.hold_rejected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldEnded {
    pub order: OrderId,
    pub hold: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: Timestamp,
}

/// Where units of a line come from before they are promised, and what they become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpromised {
    Open,
    Backordered,
}

/// Units of a line at a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub line: u32,
    pub item: ItemId,
    #[serde(default = "nil_lot", skip_serializing_if = "is_nil_lot")]
    pub lot: LotId,
    pub quantity: Quantity,
    /// False for items that are shipped but not counted: no stock posting.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub counted: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// Units at one location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtLocation {
    pub location: LocationId,
    pub lines: Vec<Moved>,
}

/// `allocation.made`: available stock was bound to lines, softly (reserved) or for good (allocated).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationMade {
    pub order: OrderId,
    pub from: Unpromised,
    /// `reserved` or `allocated`.
    pub to: StockAccount,
    /// When reserved stock goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_until: Option<Timestamp>,
    pub at: Vec<AtLocation>,
}

/// `allocation.hardened`: the order's reserved stock is allocated for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationHardened {
    pub order: OrderId,
    pub at: Vec<AtLocation>,
}

codes! {
    /// Why stock was given back.
    pub enum ReleaseReason {
        Expired = "expired",
        Cancelled = "cancelled",
        Held = "held",
        ShortPick = "short_pick",
    }
}

/// `allocation.released`: units went from `from` back to available stock, and on the line back to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationReleased {
    pub order: OrderId,
    pub reason: ReleaseReason,
    pub from: StockAccount,
    pub at: Vec<AtLocation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuantity {
    pub line: u32,
    pub quantity: Quantity,
}

/// `backorder.opened`: open units were judged unavailable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackorderOpened {
    pub order: OrderId,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_on: Option<Date>,
    pub lines: Vec<LineQuantity>,
}

/// One location as the routing rule saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingOption {
    pub location: LocationId,
    /// Lines it could fill completely on its own.
    pub lines_filled: u32,
    /// Units it could fill.
    pub units: Quantity,
    /// None where either point is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<i64>,
    pub same_country: bool,
    pub preference: i64,
    /// Available units of the items wanted.
    pub available: Quantity,
}

/// Which of a routing's figures set the winner apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutingFigure {
    FewestSplits,
    Distance,
    Preference,
    Balance,
    Order,
}

/// `routing.decided`: where there was a choice, what was chosen and over what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingDecided {
    pub order: OrderId,
    pub rule: String,
    pub version: u32,
    /// In the order they were taken.
    pub winners: Vec<RoutingOption>,
    /// At most three that were not taken, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losers: Vec<RoutingOption>,
    pub decided_by: RoutingFigure,
}

/// What was cancelled of a line that held no stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCancelled {
    pub line: u32,
    #[serde(default, skip_serializing_if = "Quantity::is_zero_ref")]
    pub open: Quantity,
    #[serde(default, skip_serializing_if = "Quantity::is_zero_ref")]
    pub backordered: Quantity,
    #[serde(default, skip_serializing_if = "Quantity::is_zero_ref")]
    pub at_supplier: Quantity,
}

/// `order.lines_cancelled`: units will not be delivered. Stock they held was released by the event before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinesCancelled {
    pub order: OrderId,
    pub reason: String,
    pub lines: Vec<LineCancelled>,
}

/// `order.cancelled`: nothing of the order will be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCancelled {
    pub order: OrderId,
    pub reason: String,
    pub at: Timestamp,
}
