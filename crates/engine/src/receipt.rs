//! What a caller gets back, and what is kept under its key.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use waybill_domain::event::{Aggregate, AggregateKind, Event};
use waybill_domain::ids::*;
use waybill_domain::order::place::PlaceOrder;
use waybill_domain::order::{Order, OrderNumber};
use waybill_domain::refusal::Refusal;

/// What a command was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub kind: AggregateKind,
    pub id: Id,
}

impl Subject {
    pub fn order_id(&self) -> Option<OrderId> {
        (self.kind == AggregateKind::Order).then_some(OrderId(self.id))
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Aggregate { kind: self.kind, id: self.id }.fmt(f)
    }
}

impl From<Aggregate> for Subject {
    fn from(aggregate: Aggregate) -> Self {
        Self { kind: aggregate.kind, id: aggregate.id }
    }
}

/// The answer to a command that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// None where nothing needed to change (what was asked for was true already).
    pub subject: Option<Subject>,
    pub number: Option<OrderNumber>,
    /// The subject's version after the command.
    pub version: i64,
    /// The log position of the last event; a reader that has seen it sees the change.
    pub position: i64,
    /// Ids of what the command made inside an order: holds, parcels, shipments, refunds, fulfillment orders.
    pub made: Vec<String>,
    /// A gateway is being asked; see [`crate::Engine::settled`].
    pub awaits_gateway: bool,
    /// The same key was carried out before and this is what was answered then.
    pub replayed: bool,
}

/// An order as it was committed, for whoever placed it and would otherwise read it back.
#[derive(Debug)]
pub struct Placed {
    pub command: PlaceOrder,
    pub order: Order,
    /// Codes of the locations that its allocations name.
    pub locations: BTreeMap<LocationId, String>,
}

/// What a caller is told.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) receipt: Receipt,
    pub(crate) placed: Option<Box<Placed>>,
}

/// A receipt as stored: short names, because one is kept for every command.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stored {
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    kind: Option<AggregateKind>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    number: Option<OrderNumber>,
    #[serde(rename = "v", default)]
    version: i64,
    #[serde(rename = "m", default, skip_serializing_if = "Vec::is_empty")]
    made: Vec<String>,
    #[serde(rename = "g", default, skip_serializing_if = "std::ops::Not::not")]
    awaits_gateway: bool,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    refusal: Option<Box<Refusal>>,
}

/// The outcome of one command of a batch, before the position is known.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    Done(Receipt),
    Refused(Box<Refusal>),
}

impl Verdict {
    pub(crate) fn encode(&self) -> String {
        let stored = match self {
            Self::Done(receipt) => Stored {
                kind: receipt.subject.map(|subject| subject.kind),
                id: receipt.subject.map(|subject| format!("{:032x}", subject.id.0)),
                number: receipt.number,
                version: receipt.version,
                made: receipt.made.clone(),
                awaits_gateway: receipt.awaits_gateway,
                refusal: None,
            },
            Self::Refused(refusal) => Stored { refusal: Some(refusal.clone()), ..Stored::default() },
        };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    pub(crate) fn decode(text: &str, position: i64) -> Option<Self> {
        let stored: Stored = serde_json::from_str(text).ok()?;
        if let Some(refusal) = stored.refusal {
            return Some(Self::Refused(refusal));
        }
        let id = stored.id.and_then(|id| u128::from_str_radix(&id, 16).ok()).map(Id);
        Some(Self::Done(Receipt {
            subject: stored.kind.zip(id).map(|(kind, id)| Subject { kind, id }),
            number: stored.number,
            version: stored.version,
            position,
            made: stored.made,
            awaits_gateway: stored.awaits_gateway,
            replayed: true,
        }))
    }
}

/// Ids of what an event made inside its order.
pub(crate) fn made(event: &Event, out: &mut Vec<String>) {
    match event {
        Event::HoldApplied(event) => out.push(HoldId::new(event.order, event.hold).to_string()),
        Event::FulfillmentReleased(event) => {
            out.extend(event.work.iter().map(|work| FulfillmentOrderId::new(event.order, work.number).to_string()))
        }
        Event::ParcelPacked(event) => out.push(ParcelId::new(event.order, event.parcel).to_string()),
        Event::ShipmentShipped(event) => out.push(ShipmentId::new(event.order, event.shipment).to_string()),
        Event::ReturnReceived(event) => out.push(ReturnId::new(event.order, event.return_number).to_string()),
        Event::RefundGranted(event) => out.push(RefundId::new(event.order, event.refund).to_string()),
        Event::PaymentAdded(event) => out.push(PaymentId::new(event.order, event.payment).to_string()),
        _ => {}
    }
}
