//! What of an import is in the store already.

mod load;

pub use load::load;

use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use waybill_domain::ids::{LocationId, OrderId};
use waybill_domain::order::Lifecycle;
use waybill_domain::time::Timestamp;

/// What the store knows of the source, by the source's own names.
#[derive(Clone, Debug, Default)]
pub struct Existing {
    /// By channel code and order number.
    pub orders: FxHashMap<(String, String), ExistingOrder>,
    /// References of receipts and adjustments of this mapping.
    pub documents: FxHashSet<String>,
    pub skus: FxHashSet<String>,
    pub customers: FxHashSet<String>,
    pub channels: FxHashSet<String>,
    pub locations: BTreeMap<String, LocationId>,
    /// Units available per SKU over all locations; read for `--stock strict` only.
    pub available: FxHashMap<String, i64>,
    /// The latest moment of what is there: everything before it was decided by an earlier run.
    pub latest: Option<Timestamp>,
}

impl Existing {
    pub fn order(&self, channel: &str, number: &str) -> Option<&ExistingOrder> {
        // Nothing to look for in a store that is new, which is where most imports go.
        if self.orders.is_empty() {
            return None;
        }
        self.orders.get(&(channel.to_owned(), number.to_owned()))
    }
}

/// How far an order is.
#[derive(Clone, Debug)]
pub struct ExistingOrder {
    pub id: OrderId,
    pub lifecycle: Lifecycle,
    /// Minor units ever received.
    pub received: i64,
    pub fulfilled: bool,
    pub delivered: bool,
    pub held: bool,
    /// Units cancelled and backordered by line number.
    pub cancelled: FxHashMap<u32, i64>,
    pub backordered: FxHashMap<u32, i64>,
    /// Reasons of returned lines and of refunds: which cancellation invoices are done.
    pub returns: FxHashSet<String>,
    pub refunds: FxHashSet<String>,
    /// Labels of charges.
    pub charges: FxHashSet<String>,
}

impl ExistingOrder {
    pub fn is_ended(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Completed | Lifecycle::Cancelled)
    }
}
