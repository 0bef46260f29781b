//! The document that booked postings which belong to no order: the root of a receipt's or adjustment's history.

use crate::chain::Chain;
use crate::ids::{LocationId, StockDocumentId};
use crate::time::Timestamp;

codes! {
    /// What a stock document books.
    pub enum StockDocumentKind {
        Receipt = "receipt",
        Adjustment = "adjustment",
    }
}

/// A booked receipt or adjustment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockDocument {
    pub id: StockDocumentId,
    pub kind: StockDocumentKind,
    pub location_id: LocationId,
    /// The delivery note, count sheet or other paper it stands for.
    pub reference: Option<String>,
    pub booked_at: Timestamp,
    pub chain: Chain,
}
