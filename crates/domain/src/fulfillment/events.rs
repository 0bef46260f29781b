//! What happened on the floor.

use crate::ids::{LocationId, OrderId};
use crate::ledger::StockAccount;
use crate::order::events::{LineQuantity, Moved};
use crate::order::money::Bill;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One fulfillment order and the allocations it works on, by their numbers in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub number: u32,
    pub location: LocationId,
    pub allocations: Vec<u32>,
}

/// `fulfillment_order.released`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfillmentReleased {
    pub order: OrderId,
    pub at: Timestamp,
    pub priority: i64,
    pub work: Vec<Work>,
    /// Services, done with the release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<LineQuantity>,
    /// Dropship lines, now the supplier's to ship.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_supplier: Vec<LineQuantity>,
    /// For what is served.
    #[serde(default, skip_serializing_if = "Bill::is_zero")]
    pub bill: Bill,
}

/// `fulfillment_order.handed_over`: the work is somebody else's, or nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfillmentHandedOver {
    pub order: OrderId,
    pub fulfillment_order: u32,
    /// Whose it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    pub at: Timestamp,
}

/// `pick.completed`: units went from allocated to picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickCompleted {
    pub order: OrderId,
    pub fulfillment_order: u32,
    pub location: LocationId,
    pub lines: Vec<Moved>,
}

codes! {
    /// Why units were not where they should be.
    pub enum ShortReason {
        /// Not there: written off, to be counted.
        Missing = "missing",
        Damaged = "damaged",
        /// There, but not picked; goes back to available.
        Skipped = "skipped",
    }
}

impl ShortReason {
    /// Where the stock goes that was allocated and not picked.
    pub const fn account(self) -> StockAccount {
        match self {
            Self::Missing => StockAccount::Loss,
            Self::Damaged => StockAccount::Damaged,
            Self::Skipped => StockAccount::Available,
        }
    }
}

/// `pick.short`: units could not be picked; on the line they are open again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickShort {
    pub order: OrderId,
    pub fulfillment_order: u32,
    pub location: LocationId,
    pub reason: ShortReason,
    pub lines: Vec<Moved>,
}

/// `parcel.packed`: units went from picked to packed, into one box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelPacked {
    pub order: OrderId,
    pub fulfillment_order: u32,
    pub parcel: u32,
    pub location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<i64>,
    pub at: Timestamp,
    pub lines: Vec<Moved>,
}

/// `parcel.unpacked`: a box was opened again; its units are picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelUnpacked {
    pub order: OrderId,
    pub fulfillment_order: u32,
    pub parcel: u32,
    pub location: LocationId,
    pub lines: Vec<Moved>,
}

/// A box that leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelSent {
    pub parcel: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
}

/// `shipment.shipped`: boxes left; what they hold is the customer's and is billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentShipped {
    pub order: OrderId,
    pub shipment: u32,
    pub fulfillment_order: u32,
    pub location: LocationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    pub at: Timestamp,
    pub parcels: Vec<ParcelSent>,
    pub lines: Vec<Moved>,
    #[serde(default, skip_serializing_if = "Bill::is_zero")]
    pub bill: Bill,
}

/// `supplier.shipped`: a supplier sent dropship units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplierShipped {
    pub order: OrderId,
    pub at: Timestamp,
    pub lines: Vec<LineQuantity>,
    #[serde(default, skip_serializing_if = "Bill::is_zero")]
    pub bill: Bill,
}
