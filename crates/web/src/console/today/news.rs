//! What just happened, in words, over all orders.

use super::super::html::{Html, icon};
use super::super::look::Look;
use super::super::order::timeline::{Words, said};
use waybill_domain::event::Event;
use waybill_domain::ids::OrderId;
use waybill_store::Store;
use waybill_store::read::today::{self, JustNow, Recent};
use waybill_store::read::{ReadError, Viewer};

/// What somebody who glances at a screen wants to hear of.
const KINDS: [&str; 20] = [
    "order.placed",
    "order.completed",
    "order.cancelled",
    "order.lines_cancelled",
    "order.hold_applied",
    "order.hold_released",
    "order.hold_rejected",
    "backorder.opened",
    "fulfillment_order.released",
    "pick.short",
    "parcel.packed",
    "shipment.shipped",
    "shipment.delivered",
    "shipment.exception",
    "shipment.lost",
    "payment.captured",
    "payment.failed",
    "payment.unknown",
    "refund.granted",
    "return.received",
];
const SHOWN: usize = 8;

#[derive(Debug)]
pub struct Entry {
    pub tone: &'static str,
    pub icon: Html,
    pub number: String,
    pub text: String,
    pub at: Html,
}

pub async fn entries(store: &dyn Store, viewer: &Viewer, look: &Look) -> Result<Vec<Entry>, ReadError> {
    let found = today::just_now(store, viewer, &KINDS, SHOWN).await?;
    Ok(found.events.iter().filter_map(|one| entry(one, &found, look)).collect())
}

fn entry(one: &Recent, found: &JustNow, look: &Look) -> Option<Entry> {
    let event = Event::decode(&one.record.kind, one.record.version, &one.record.payload).ok()?;
    let order = OrderId(one.record.aggregate_id);
    let line = |number| found.lines.get(&(order, number)).cloned();
    let words = Words { currency: one.currency, locations: &found.locations, line: &line, look };
    let (name, tone, text) = said(&event, &words)?;
    Some(Entry {
        tone,
        icon: icon(name, ""),
        number: one.number.to_string(),
        text,
        at: look.moment(one.record.happened_at),
    })
}
