//! `waybill why`: the reasons kept in an order's history.

use crate::cli::Why;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::ids::*;
use waybill_domain::order::{OrderHead, OrderNumber};
use waybill_store::read::order::{OrderDetail, OrderKey, order};
use waybill_store::read::{Viewer, why};
use waybill_store::{Store, StoreError};

pub async fn run(asked: &Why, settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = settings.database()?.open_reader(settings).await?;
    store.check_schema().await?;
    let part = Part::read(&asked.id);
    let viewer = Viewer::from(Arc::new(Actor::system("command_line", Door::Command)));
    let head = find(&*store, &viewer, &asked.id, part.as_ref()).await?;
    let reasons = why::of_order(&*store, &viewer, head.id).await.map_err(StoreError::from)?;
    // Where nothing was chosen about a part alone, what was chosen about its order is the answer.
    let concerns = |reason: &&why::Reason| part.as_ref().is_none_or(|part| part.concerns(reason));
    let alone = reasons.iter().any(|reason| concerns(&reason));
    let reasons: Vec<_> = reasons.iter().filter(|reason| !alone || concerns(reason)).collect();
    let list: Vec<_> = reasons
        .iter()
        .map(|reason| {
            json!({
                "position": reason.position, "at": reason.happened_at.to_rfc3339(), "event": reason.kind,
                "sentence": reason.sentence, "facts": reason.facts,
            })
        })
        .collect();
    output.answer(&json!({
        "id": head.id, "about": asked.id, "number": head.number.to_string(), "lifecycle": head.lifecycle,
        "payment_status": head.payment_status, "fulfillment_status": head.fulfillment_status,
        "delivery_status": head.delivery_status, "return_status": head.return_status, "reasons": list,
    }));
    output.line(format!(
        "{} ({}): {}, payment {}, fulfillment {}, delivery {}, returns {}",
        head.number,
        head.id,
        head.lifecycle,
        head.payment_status,
        head.fulfillment_status,
        head.delivery_status,
        head.return_status
    ));
    if part.is_some() && !alone {
        output.line(format!("nothing was decided about {} alone; about its order:", asked.id));
    }
    for reason in &reasons {
        output.line(format!("{}  {}: {}", reason.happened_at, reason.kind, reason.sentence));
    }
    Ok(())
}

/// Something that belongs to an order and has an id of its own.
struct Part {
    order_id: OrderId,
    number: u32,
    what: &'static str,
    /// Whether an order has one of this number.
    has: fn(&OrderDetail, u32) -> bool,
    /// What an event calls its number.
    fact: &'static str,
}

impl Part {
    fn read(text: &str) -> Option<Self> {
        macro_rules! parts {
            ($($id:ident $what:literal $fact:literal |$order:ident| $numbers:expr),+) => {
                $(if let Ok($id { order_id, number }) = text.parse() {
                    let has = |$order: &OrderDetail, number| $numbers.any(|one: u32| one == number);
                    return Some(Self { order_id, number, what: $what, has, fact: $fact });
                })+
            };
        }
        parts!(
            LineId "line" "line" |order| order.lines.iter().map(|(one, _)| one.number),
            HoldId "hold" "hold" |order| order.holds.iter().map(|(one, _)| one.number),
            PaymentId "payment" "payment" |order| order.payments.iter().map(|one| one.number),
            TransactionId "gateway call" "transaction" |order| order.transactions.iter().map(|one| one.number),
            FulfillmentOrderId "fulfillment order" "fulfillment_order" |order| order.fulfillment_orders.iter().map(|one| one.number),
            ParcelId "parcel" "parcel" |order| order.parcels.iter().map(|one| one.number),
            ShipmentId "shipment" "shipment" |order| order.shipments.iter().map(|one| one.number),
            ReturnId "return" "return_number" |order| order.returns.iter().map(|one| one.number),
            RefundId "refund" "refund" |order| order.refunds.iter().map(|one| one.number)
        );
        None
    }

    fn concerns(&self, reason: &why::Reason) -> bool {
        // Where a fulfillment order is worked on was chosen before it had a number.
        let routed = self.fact == "fulfillment_order" && reason.kind == "routing.decided";
        routed || names(&reason.facts, self.fact, self.number)
    }
}

/// Whether `fact` has this number anywhere in the facts of an event.
fn names(facts: &serde_json::Value, fact: &str, number: u32) -> bool {
    match facts {
        serde_json::Value::Object(fields) => {
            fields.iter().any(|(name, value)| (name == fact && *value == number) || names(value, fact, number))
        }
        serde_json::Value::Array(values) => values.iter().any(|value| names(value, fact, number)),
        _ => false,
    }
}

async fn find(store: &dyn Store, viewer: &Viewer, text: &str, part: Option<&Part>) -> Result<OrderHead, Failure> {
    let key = match (part, text.parse::<OrderId>(), text.parse::<OrderNumber>()) {
        (Some(part), _, _) => OrderKey::Id(part.order_id),
        (_, Ok(id), _) => OrderKey::Id(id),
        (_, _, Ok(number)) => OrderKey::Number(number),
        _ => {
            return Err(Failure::Usage(format!(
                "{text} is neither an order's number (W-100001) nor the id of an order (ord_...) or of something in one: \
                 a line (lin_...-1), hold (hld_), payment (pay_), gateway call (txn_), fulfillment order (ful_), parcel (pcl_), \
                 shipment (shp_), return (ret_) or refund (rfd_)"
            )));
        }
    };
    let Some(order) = order(store, viewer, key).await.map_err(StoreError::from)? else {
        return Err(Failure::Usage(format!("there is no order {text} in this store; check the id and --database")));
    };
    if let Some(part) = part.filter(|part| !(part.has)(&order, part.number)) {
        return Err(Failure::Usage(format!("order {} has no {} {}", order.head.number, part.what, part.number)));
    }
    Ok(order.head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_no_part_of_an_order_or_the_one_it_names(
            text in prop_oneof![any::<String>(), "(lin|hld|pay|ful)_[0-9a-z]{26}(-[0-9+-]{0,11})?"],
            order in any::<u128>(), number in any::<u32>(),
        ) {
            let _ = Part::read(&text);
            let order = OrderId(Id(order));
            for (written, what) in [
                (LineId::new(order, number).to_string(), "line"),
                (HoldId::new(order, number).to_string(), "hold"),
                (TransactionId::new(order, number).to_string(), "gateway call"),
                (RefundId::new(order, number).to_string(), "refund"),
            ] {
                let read = Part::read(&written).map(|part| (part.order_id, part.number, part.what));
                prop_assert_eq!(read, Some((order, number, what)));
            }
            prop_assert!(Part::read(&order.to_string()).is_none());
        }
    }
}
