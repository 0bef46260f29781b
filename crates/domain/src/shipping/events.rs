//! What carriers told us.

use super::TrackingStatus;
use crate::ids::{Id, OrderId, TextId};
use crate::order::events::LineQuantity;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `shipment.tracked`: a fact from a carrier. `shipment.delivered`, `.exception` and `.lost` carry the same facts when
/// they change what is known of the parcel's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentTracked {
    pub order: OrderId,
    pub parcel: u32,
    pub tracking: u32,
    pub status: TrackingStatus,
    pub occurred_at: Timestamp,
    pub digest: Id128,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<TextId>,
    /// Whether the parcel takes this state; older news than what is known does not.
    pub news: bool,
    /// Units that are now delivered or lost, by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineQuantity>,
    /// Units that were told lost before and are delivered after all.
    #[serde(default, skip_serializing_if = "is_false")]
    pub found: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Sixteen bytes as hexadecimal text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id128(pub Id);

impl Serialize for Id128 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0.0))
    }
}

impl<'de> Deserialize<'de> for Id128 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(|value| Self(Id(value))).map_err(serde::de::Error::custom)
    }
}
