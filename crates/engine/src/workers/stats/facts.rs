//! What a slice of the log is read with. Everything here was fixed when it happened, or is itself the log, so that a slice
//! adds the same whenever it is taken.

use std::collections::BTreeMap;
use waybill_domain::event::Event;
use waybill_domain::ids::{ChannelId, LocationId, OrderId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Currency;
use waybill_domain::order::HoldKind;
use waybill_domain::quantity::Quantity;
use waybill_domain::time::Timestamp;
use waybill_store::record::columns;
use waybill_store::tables::{EventRecord, OpenPromise};
use waybill_store::value::{Row, Value};
use waybill_store::{Record, Store, StoreError};

/// The kinds of event that anything is counted by.
pub(super) const KINDS: [&str; 22] = [
    "order.placed",
    "order.submitted",
    "order.confirmed",
    "order.completed",
    "order.cancelled",
    "order.lines_cancelled",
    "order.charge_added",
    "order.hold_applied",
    "order.hold_released",
    "order.hold_rejected",
    "backorder.opened",
    "fulfillment_order.released",
    "pick.completed",
    "pick.short",
    "parcel.packed",
    "shipment.shipped",
    "supplier.shipped",
    "shipment.delivered",
    "shipment.exception",
    "shipment.lost",
    "refund.granted",
    "return.received",
];

/// Events `e` of a stretch that are of some kinds, in SQL.
fn stretch(kinds: &[&str]) -> String {
    let kinds: Vec<_> = kinds.iter().map(|kind| format!("'{kind}'")).collect();
    format!("e.position > $1 AND e.position <= $2 AND e.kind IN ({})", kinds.join(", "))
}

/// The statements of a slice. All but the first take its bounds, behind the first and with the last.
pub(super) struct Questions {
    /// With the bounds of a window and the size of a slice.
    pub events: String,
    orders: String,
    works: String,
    parcels: String,
    holds: String,
    picks: String,
    stories: String,
    open: String,
    stock: String,
}

impl Questions {
    pub(super) fn new() -> Self {
        let all = stretch(&KINDS);
        Self {
            events: format!(
                "SELECT {} FROM events e WHERE {all} ORDER BY e.position LIMIT $3",
                columns::<EventRecord>("e")
            ),
            orders: format!(
                "SELECT o.id, o.channel_id, o.currency, o.placed_at, o.confirmed_at FROM events e \
                 JOIN orders o ON o.id = e.aggregate_id WHERE {all}"
            ),
            works: format!(
                "SELECT f.order_id, f.number, f.released_at FROM events e \
                 JOIN fulfillment_orders f ON f.order_id = e.aggregate_id WHERE {}",
                stretch(&["pick.completed"])
            ),
            parcels: format!(
                "SELECT p.order_id, p.number, p.packed_at, p.location_id, l.zone, s.shipped_at FROM events e \
                 JOIN parcels p ON p.order_id = e.aggregate_id JOIN locations l ON l.id = p.location_id \
                 LEFT JOIN shipments s ON s.order_id = p.order_id AND s.number = p.shipment WHERE {}",
                stretch(&["shipment.shipped", "shipment.delivered"])
            ),
            holds: format!(
                "SELECT h.order_id, h.number, h.kind, h.applied_at FROM events e \
                 JOIN holds h ON h.order_id = e.aggregate_id WHERE {}",
                stretch(&["order.hold_released", "order.hold_rejected"])
            ),
            picks: format!(
                "SELECT e.position, MAX(q.happened_at) FROM events e \
                 JOIN events q ON q.aggregate_id = e.aggregate_id AND q.sequence < e.sequence \
                 WHERE {} AND q.kind = 'pick.completed' GROUP BY e.position",
                stretch(&["parcel.packed"])
            ),
            stories: format!(
                "SELECT e.position, q.kind, q.version, q.payload FROM events e \
                 JOIN events q ON q.aggregate_id = e.aggregate_id AND q.sequence < e.sequence WHERE {} \
                 AND q.kind IN ('order.drafted', 'order.placed', 'order.submitted', 'order.charge_added', 'backorder.opened', \
                 'order.lines_cancelled') ORDER BY e.position, q.sequence",
                stretch(&[
                    "order.submitted",
                    "order.cancelled",
                    "order.lines_cancelled",
                    "order.charge_added",
                    "backorder.opened"
                ])
            ),
            open: format!(
                "SELECT {} FROM events e JOIN stats_open_promises p ON p.order_id = e.aggregate_id WHERE {}",
                columns::<OpenPromise>("p"),
                stretch(&[
                    "order.cancelled",
                    "order.lines_cancelled",
                    "fulfillment_order.released",
                    "supplier.shipped",
                    "shipment.delivered"
                ])
            ),
            stock: "SELECT p.location_id, i.precision, p.from_account, p.to_account, CAST(SUM(p.quantity) AS BIGINT) \
                 FROM stock_postings p JOIN items i ON i.id = p.item_id WHERE p.position > $1 AND p.position <= $2 \
                 GROUP BY p.location_id, i.precision, p.from_account, p.to_account"
                .to_owned(),
        }
    }

    fn facts(&self) -> [&str; 8] {
        [&self.orders, &self.works, &self.parcels, &self.holds, &self.picks, &self.stories, &self.open, &self.stock]
    }

    /// Everything that is read, for the test of its plans.
    #[cfg(test)]
    pub(super) fn all(&self) -> Vec<String> {
        [self.events.as_str()].into_iter().chain(self.facts()).map(str::to_owned).collect()
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct OrderFacts {
    pub channel: ChannelId,
    pub currency: Currency,
    pub placed_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub(super) struct ParcelFacts {
    pub packed_at: Timestamp,
    pub location: LocationId,
    /// The zone of the place it leaves from.
    pub zone: String,
    pub shipped_at: Option<Timestamp>,
}

/// Units that went from one account of a location to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct StockMove {
    pub location: LocationId,
    pub precision: u32,
    pub from: StockAccount,
    pub to: StockAccount,
    pub quantity: Quantity,
}

/// What was read for a slice.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub orders: BTreeMap<OrderId, OrderFacts>,
    /// When fulfillment orders were released.
    pub works: BTreeMap<(OrderId, u32), Timestamp>,
    pub parcels: BTreeMap<(OrderId, u32), ParcelFacts>,
    pub holds: BTreeMap<(OrderId, u32), (HoldKind, Timestamp)>,
    /// By the position of what was packed: the last pick of the order before it.
    pub picks: BTreeMap<i64, Timestamp>,
    /// By the position of an event: what was said of the order's lines, charges and cancelled units before it.
    pub stories: BTreeMap<i64, Vec<Event>>,
    pub open: BTreeMap<OrderId, OpenPromise>,
    pub stock: Vec<StockMove>,
}

impl Facts {
    /// Reads what a slice needs.
    pub(super) async fn read(
        store: &dyn Store,
        questions: &Questions,
        from: i64,
        upto: i64,
    ) -> Result<Self, StoreError> {
        let bounds = [Value::Int(from), Value::Int(upto)];
        let asked = questions.facts().map(|sql| (sql, bounds.as_slice()));
        let mut found = store.read_together(&asked).await?.into_iter();
        let mut next = || found.next().unwrap_or_default();
        let mut facts = Self::default();
        for mut row in next() {
            let id = row.take()?;
            let (channel, currency, placed_at, confirmed_at) = (row.take()?, row.take()?, row.take()?, row.take()?);
            facts.orders.insert(id, OrderFacts { channel, currency, placed_at, confirmed_at });
        }
        for mut row in next() {
            facts.works.insert((row.take()?, row.take()?), row.take()?);
        }
        for mut row in next() {
            let key = (row.take()?, row.take()?);
            let of = ParcelFacts {
                packed_at: row.take()?,
                location: row.take()?,
                zone: row.take()?,
                shipped_at: row.take()?,
            };
            facts.parcels.insert(key, of);
        }
        for mut row in next() {
            facts.holds.insert((row.take()?, row.take()?), (row.take()?, row.take()?));
        }
        for mut row in next() {
            facts.picks.insert(row.take()?, row.take()?);
        }
        for mut row in next() {
            let (position, kind, version, payload): (i64, String, i64, String) =
                (row.take()?, row.take()?, row.take()?, row.take()?);
            facts.stories.entry(position).or_default().push(decode(&kind, version, &payload)?);
        }
        for mut row in next() {
            let open = OpenPromise::read(&mut row)?;
            facts.open.insert(open.order_id, open);
        }
        facts.stock = next().into_iter().map(stock).collect::<Result<_, _>>()?;
        Ok(facts)
    }
}

fn stock(mut row: Row) -> Result<StockMove, StoreError> {
    Ok(StockMove {
        location: row.take()?,
        precision: row.take()?,
        from: row.take()?,
        to: row.take()?,
        quantity: row.take()?,
    })
}

pub(super) fn decode(kind: &str, version: i64, payload: &str) -> Result<Event, StoreError> {
    Event::decode(kind, version, payload).map_err(StoreError::Damaged)
}
