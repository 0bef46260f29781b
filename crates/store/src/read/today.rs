//! What is going on now: how many orders stand at each stage and for how long, what needs a person, what just happened.
//! Every count stops at 1,001, the oldest first.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::{Record, columns};
use crate::tables::EventRecord;
use crate::value::Row;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::ids::{LocationId, OrderId};
use waybill_domain::money::Currency;
use waybill_domain::order::{HoldKind, OrderNumber};
use waybill_domain::time::{Date, Timestamp};

/// Whoever counts stops here: a person reads "1,000+".
const COUNTED_MAX: i64 = 1_001;
/// Positions that are looked through for what just happened.
const RECENT: i64 = 2_000;

/// How many wait, and for how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub count: i64,
    /// Of them, longer than the first limit and not than the second.
    pub ageing: i64,
    /// Longer than the second limit.
    pub late: i64,
    /// Of those that were counted.
    pub oldest: Option<Timestamp>,
}

/// How long something may wait until it counts as ageing and as late, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub ageing_s: i64,
    pub late_s: i64,
}

/// Orders, and the work and parcels they become, by stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pipeline {
    /// Orders that are placed and not confirmed, since they were placed.
    pub placed: Waiting,
    /// Confirmed orders of which nothing was released, since they were confirmed.
    pub confirmed: Waiting,
    /// Fulfillment orders nobody has begun, since their release.
    pub released: Waiting,
    /// Fulfillment orders begun with nothing packed, since their release.
    pub picking: Waiting,
    /// Packed parcels that have not left, since each was packed.
    pub packed: Waiting,
    /// Orders of which something left and nothing has arrived, since it left.
    pub in_transit: Waiting,
}

/// Counts what waits in the viewer's channels and at the viewer's locations.
pub async fn pipeline(
    store: &dyn Store,
    viewer: &Viewer,
    now: Timestamp,
    (inside, outside): (Limits, Limits),
) -> Result<Pipeline, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let count = |limits: Limits, of: &str| {
        let mut query = Query::new("SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN x.since < ");
        let (late, ageing) =
            (query.bind(now.plus_seconds(-limits.late_s).0), query.bind(now.plus_seconds(-limits.ageing_s).0));
        query.push(&format!(
            "{late} THEN 1 ELSE 0 END), 0) AS BIGINT), \
             CAST(COALESCE(SUM(CASE WHEN x.since < {ageing} THEN 1 ELSE 0 END), 0) AS BIGINT), MIN(x.since) FROM (SELECT {of}"
        ));
        query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
        query
    };
    let end = |mut query: Query, order: &str| {
        let place = query.bind(COUNTED_MAX);
        query.push(&format!("{order} LIMIT {place}) x"));
        query
    };
    let work = |since: &str, parcels: &str, condition: &str| {
        let mut query = count(
            inside,
            &format!(
                "{since} AS since FROM fulfillment_orders f JOIN orders o ON o.id = f.order_id{parcels} \
                 WHERE f.state IN ('open', 'in_progress') AND {condition}"
            ),
        );
        query.within("f.location_id", &viewer.actor().locations, |id| id.0);
        end(query, "")
    };
    let untouched = format!("f.state = 'in_progress' AND NOT {}", super::queue::HAS_PACKED);
    // A cross join, for SQLite would begin with all parcels there are.
    let packed = "p.order_id = f.order_id AND p.fulfillment_order = f.number AND p.state = 'packed'";
    let queries = [
        end(count(inside, "o.placed_at AS since FROM orders o WHERE o.lifecycle = 'placed'"), " ORDER BY o.id"),
        end(
            count(
                inside,
                "o.confirmed_at AS since FROM orders o WHERE o.confirmed_at IS NOT NULL \
                 AND o.ended_at IS NULL AND o.fulfillment_status = 'unfulfilled'",
            ),
            " ORDER BY o.id",
        ),
        work("f.released_at", "", "f.state = 'open'"),
        work("f.released_at", "", &untouched),
        work("p.packed_at", " CROSS JOIN parcels p", packed),
        end(
            count(
                outside,
                "(SELECT MIN(s.shipped_at) FROM shipments s WHERE s.order_id = o.id) AS since FROM orders o \
                 WHERE o.delivery_status = 'in_transit'",
            ),
            " ORDER BY o.id",
        ),
    ];
    let found = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?;
    let mut waiting = [Waiting::default(); 6];
    for (one, mut rows) in waiting.iter_mut().zip(found) {
        if let Some(row) = rows.first_mut() {
            let (count, late, aged): (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
            *one = Waiting { count, ageing: aged - late, late, oldest: row.take()? };
        }
    }
    let [placed, confirmed, released, picking, packed, in_transit] = waiting;
    Ok(Pipeline { placed, confirmed, released, picking, packed, in_transit })
}

/// How many orders in the viewer's channels have a parcel that arrived from one moment until before another. All are counted.
pub async fn delivered(
    store: &dyn Store,
    viewer: &Viewer,
    (from, to): (Timestamp, Timestamp),
) -> Result<i64, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let mut query = Query::new(
        "SELECT CAST(COUNT(DISTINCT d.order_id) AS BIGINT) FROM parcels d JOIN orders o ON o.id = d.order_id \
         WHERE d.state = 'delivered'",
    );
    query.and("d.ended_at >= ?", from.0);
    query.and("d.ended_at < ?", to.0);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let mut rows = query.rows(store).await?;
    Ok(rows.first_mut().map_or(Ok(0), Row::take)?)
}

/// Active holds of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRow {
    pub kind: HoldKind,
    pub count: i64,
    pub oldest: Timestamp,
    /// The next moment by which somebody is to have looked.
    pub due: Option<Timestamp>,
    /// The one owner they all have.
    pub owner: Option<String>,
}

/// What needs a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// By kind, the most first.
    pub held: Vec<HeldRow>,
    /// Not sent, and the day they are wanted by is over: how many, and since which day.
    pub missed: (i64, Option<Date>),
    /// Not sent, and wanted by today or tomorrow.
    pub at_risk: (i64, Option<Date>),
    pub payment_unknown: (i64, Option<Timestamp>),
    /// Not those that are held: they are among the holds.
    pub payment_failed: (i64, Option<Timestamp>),
    /// Orders with a parcel that went astray.
    pub exceptions: (i64, Option<Timestamp>),
    /// Lines with units that were judged unavailable.
    pub waiting_for_stock: (i64, Option<Timestamp>),
    /// Orders whose customer wrote and was not answered.
    pub messages: (i64, Option<Timestamp>),
    /// Webhook endpoints that were switched off because nothing got through; none for whoever may not see them.
    pub webhooks_off: (i64, Option<Timestamp>),
}

/// What needs a person in the viewer's channels; `today` is where the viewer is.
pub async fn needs(store: &dyn Store, viewer: &Viewer, today: Date) -> Result<Needs, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let tomorrow = today.tomorrow().unwrap_or(today);
    // Each kind is counted for itself: many of one would leave the others uncounted.
    let mut held = Query::default();
    for (at, kind) in HoldKind::ALL.iter().enumerate() {
        held.push(if at > 0 { " UNION ALL " } else { "" });
        held.push(
            "SELECT x.kind, CAST(COUNT(*) AS BIGINT), MIN(x.applied_at), MIN(x.due_at), MIN(x.owner), MAX(x.owner), \
             CAST(COUNT(x.owner) AS BIGINT) FROM (SELECT h.kind, h.applied_at, h.due_at, h.owner FROM holds h \
             JOIN orders o ON o.id = h.order_id WHERE h.state = 'active'",
        );
        held.and("h.kind = ?", kind.code());
        held.within("o.channel_id", &viewer.actor().channels, |id| id.0);
        let place = held.bind(COUNTED_MAX);
        held.push(&format!(" ORDER BY h.applied_at LIMIT {place}) x GROUP BY x.kind"));
    }
    held.push(" ORDER BY 2 DESC, 1");
    let count = |of: &str, conditions: &dyn Fn(&mut Query), order: &str| {
        let mut query = Query::new(format!("SELECT CAST(COUNT(*) AS BIGINT), MIN(x.since) FROM (SELECT {of}"));
        conditions(&mut query);
        query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
        let place = query.bind(COUNTED_MAX);
        query.push(&format!(" ORDER BY {order} LIMIT {place}) x"));
        query
    };
    let unsent = "o.requested_by AS since FROM orders o WHERE o.requested_by IS NOT NULL \
         AND o.ended_at IS NULL AND o.fulfillment_status <> 'fulfilled' AND o.lifecycle <> 'draft'";
    let missed = count(unsent, &|query| query.and("o.requested_by < ?", today.to_string()), "o.id");
    let at_risk = count(
        unsent,
        &|query| {
            query.and("o.requested_by >= ?", today.to_string());
            query.and("o.requested_by <= ?", tomorrow.to_string());
        },
        "o.id",
    );
    let payment = |status: &str, more: &str| {
        let of = format!(
            "o.placed_at AS since FROM orders o WHERE o.payment_status IN ('failed', 'unknown') \
             AND o.lifecycle IN ('placed', 'confirmed') AND o.payment_status = '{status}'{more}"
        );
        count(&of, &|_| {}, "o.id")
    };
    let (unknown, failed) = (payment("unknown", ""), payment("failed", " AND o.holds_active = 0"));
    let exceptions = count(
        "(SELECT MIN(s.shipped_at) FROM shipments s WHERE s.order_id = o.id) AS since FROM orders o \
         WHERE o.delivery_status = 'exception' AND o.ended_at IS NULL",
        &|_| {},
        "o.id",
    );
    let stock = count(
        "r.backordered_at AS since FROM order_lines r JOIN orders o ON o.id = r.order_id \
         WHERE r.backordered > 0 AND r.backordered_at IS NOT NULL",
        &|_| {},
        "r.item_id, r.backordered_at",
    );
    let mut messages = Query::new(
        "SELECT CAST(COUNT(*) AS BIGINT), MIN(x.since) FROM (SELECT m.since FROM waiting_messages m WHERE TRUE",
    );
    // Looked up for each: as a join, a planner may go through the orders instead.
    let channel = "(SELECT o.channel_id FROM orders o WHERE o.id = m.order_id)";
    messages.within(channel, &viewer.actor().channels, |id| id.0);
    let place = messages.bind(COUNTED_MAX);
    messages.push(&format!(" ORDER BY m.order_id LIMIT {place}) x"));
    let off = Query::new(format!(
        "SELECT CAST(COUNT(*) AS BIGINT), MIN(w.disabled_at) FROM webhook_endpoints w WHERE w.state = 'disabled' \
         AND w.disabled_because <> 'requested' AND {}",
        if viewer.may(Permission::WebhooksRead) { "TRUE" } else { "FALSE" }
    ));
    let queries = [&held, &missed, &at_risk, &unknown, &failed, &exceptions, &stock, &messages, &off];
    let mut found = Query::together(&queries, store).await?.into_iter();
    let held = found.next().unwrap_or_default().into_iter().map(held_row).collect::<Result<Vec<_>, _>>()?;
    let mut days = || pair::<Date>(found.next());
    let (missed, at_risk) = (days()?, days()?);
    let mut moments = || pair::<Timestamp>(found.next());
    Ok(Needs {
        held,
        missed,
        at_risk,
        payment_unknown: moments()?,
        payment_failed: moments()?,
        exceptions: moments()?,
        waiting_for_stock: moments()?,
        messages: moments()?,
        webhooks_off: moments()?,
    })
}

fn held_row(mut row: Row) -> Result<HeldRow, StoreError> {
    let (kind, count, oldest, due) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let (first, last, owned): (Option<String>, Option<String>, i64) = (row.take()?, row.take()?, row.take()?);
    Ok(HeldRow {
        kind,
        count,
        oldest,
        due,
        owner: first.filter(|first| owned == count && Some(first) == last.as_ref()),
    })
}

fn pair<T>(rows: Option<Vec<Row>>) -> Result<(i64, Option<T>), StoreError>
where
    Option<T>: crate::value::Column,
{
    rows.unwrap_or_default().first_mut().map_or(Ok((0, None)), |row| Ok((row.take()?, row.take()?)))
}

/// Something that just happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    pub record: EventRecord,
    pub number: OrderNumber,
    pub currency: Currency,
}

/// What just happened, with the words it is told with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JustNow {
    /// The latest first.
    pub events: Vec<Recent>,
    /// SKU and precision of the lines of their orders.
    pub lines: BTreeMap<(OrderId, u32), (String, u32)>,
    /// The names of all locations.
    pub locations: BTreeMap<LocationId, String>,
}

/// The latest events of some kinds in the viewer's channels: 50 at most, among the last 2,000 of the log.
pub async fn just_now(store: &dyn Store, viewer: &Viewer, kinds: &[&str], limit: usize) -> Result<JustNow, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let head = super::overview::position(store).await?;
    let mut query = Query::new(format!(
        "SELECT o.number, o.currency, {} FROM events e JOIN orders o ON o.id = e.aggregate_id WHERE TRUE",
        columns::<EventRecord>("e")
    ));
    query.and("e.position > ?", head - RECENT);
    let places: Vec<_> = kinds.iter().map(|kind| query.bind(*kind)).collect();
    query.push(&format!(" AND e.kind IN ({})", places.join(", ")));
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.order_and_limit("e.position DESC", limit.min(50));
    let read = |mut row: Row| -> Result<_, StoreError> {
        Ok(Recent { number: row.take()?, currency: row.take()?, record: EventRecord::read(&mut row)? })
    };
    let events = query.rows(store).await?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut just_now = JustNow { events, ..JustNow::default() };
    let mut orders: Vec<_> = just_now.events.iter().map(|one| one.record.aggregate_id).collect();
    orders.sort_unstable();
    orders.dedup();
    let mut lines = Query::new("SELECT l.order_id, l.number, l.sku, l.precision FROM order_lines l WHERE TRUE");
    lines.among("l.order_id", &orders, limit.min(50));
    let locations = Query::new("SELECT id, name FROM locations");
    let mut found = Query::together(&[&lines, &locations], store).await?.into_iter();
    for mut row in found.next().unwrap_or_default() {
        just_now.lines.insert((row.take()?, row.take()?), (row.take()?, row.take()?));
    }
    for mut row in found.next().unwrap_or_default() {
        just_now.locations.insert(row.take()?, row.take()?);
    }
    Ok(just_now)
}

/// What a new store has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetUp {
    pub channels: bool,
    pub locations: bool,
    pub items: bool,
    pub stock: bool,
    pub orders: bool,
}

/// Whether there is anything of each kind.
pub async fn set_up(store: &dyn Store) -> Result<SetUp, ReadError> {
    let any = |table: &str| format!("(SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT 1) x) > 0");
    let all = ["channels", "locations", "items", "stock_levels", "orders"].map(any);
    let mut rows = Query::new(format!("SELECT {}", all.join(", "))).rows(store).await?;
    let Some(row) = rows.first_mut() else { return Ok(SetUp::default()) };
    let mut next = || row.take::<bool>();
    Ok(SetUp { channels: next()?, locations: next()?, items: next()?, stock: next()?, orders: next()? })
}
