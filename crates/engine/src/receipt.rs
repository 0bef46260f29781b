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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;
    use waybill_domain::Code;
    use waybill_domain::refusal::{Problem, Retry};

    fn receipt() -> impl Strategy<Value = Receipt> {
        let subject = prop::option::of((select(AggregateKind::ALL), any::<u128>()));
        let rest = (any::<Option<i64>>(), any::<i64>(), any::<i64>(), prop::collection::vec(any::<String>(), 0..3));
        (subject, rest, any::<bool>()).prop_map(|(subject, (number, version, position, made), awaits_gateway)| {
            Receipt {
                subject: subject.map(|(kind, id)| Subject { kind, id: Id(id) }),
                number: number.map(OrderNumber),
                version,
                position,
                made,
                awaits_gateway,
                replayed: true,
            }
        })
    }

    fn refusal() -> impl Strategy<Value = Refusal> {
        let texts = (any::<String>(), any::<String>(), any::<String>(), any::<String>());
        (texts, select(Retry::ALL), any::<i64>(), 0..3_usize).prop_map(
            |((code, message, next_step, path), retry, fact, count)| Refusal {
                facts: serde_json::json!({ "open": fact, "sku": message }),
                problems: vec![Problem::new(path, &code, message.clone()); count],
                code,
                message,
                retry,
                next_step,
            },
        )
    }

    proptest! {
        /// Whoever repeats a request is told what was told the first time.
        #[test]
        fn any_answer_is_told_again_as_it_was(receipt in receipt(), refusal in refusal()) {
            let again = Verdict::decode(&Verdict::Done(receipt.clone()).encode(), receipt.position);
            prop_assert!(matches!(&again, Some(Verdict::Done(read)) if *read == receipt), "{receipt:?} as {again:?}");
            let again = Verdict::decode(&Verdict::Refused(Box::new(refusal.clone())).encode(), 7);
            prop_assert!(matches!(&again, Some(Verdict::Refused(read)) if **read == refusal), "{refusal:?} as {again:?}");
        }

        /// Whatever stands in the store for a receipt is none, or one that is written so that it is read the same.
        #[test]
        fn any_stored_text_is_no_receipt_or_is_read_again(
            text in prop_oneof![
                any::<String>(),
                "\\{(\"[kinvmgr]\":(null|true|-?[0-9]{1,20}|\"[0-9a-f]{0,33}\"|\"order\"|\\[\"x\"\\]|\\{\\}),?){0,3}\\}",
            ],
            position in any::<i64>(),
        ) {
            let Some(read) = Verdict::decode(&text, position) else { return Ok(()) };
            let again = Verdict::decode(&read.encode(), position);
            prop_assert_eq!(format!("{again:?}"), format!("{:?}", Some(read)));
        }
    }
}
