//! The list of orders, newest first.

use super::cursor;
use super::finding::Finding;
use super::query::Query;
use super::words::{self, CHUNK};
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::search::Search;
use crate::value::{ColumnKind, Row, Value};
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::{Permission, Scope};
use waybill_domain::attempt::Origin;
use waybill_domain::ids::{ChannelId, Id, OrderId};
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::{
    DeliveryStatus, FulfillmentStatus, HoldKind, Lifecycle, OrderNumber, PaymentStatus, ReturnStatus,
};
use waybill_domain::time::{Date, Timestamp};

/// Orders of the same reference, or with parcels of the same tracking number, that are found.
const EXACT_MAX: usize = 20;

/// Orders with a message that waits, of which a list is made. The limit also tells a planner that they are few.
const UNANSWERED_MAX: i64 = 1_000;

/// Which orders are wanted; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// One of these; any where there are none.
    pub lifecycles: Vec<Lifecycle>,
    pub payment_status: Option<PaymentStatus>,
    pub fulfillment_status: Option<FulfillmentStatus>,
    pub delivery_status: Option<DeliveryStatus>,
    pub return_status: Option<ReturnStatus>,
    /// The channel's code.
    pub channel: Option<String>,
    /// The customer's code.
    pub customer: Option<String>,
    pub external_ref: Option<String>,
    pub number: Option<OrderNumber>,
    /// With an active hold, or without.
    pub held: Option<bool>,
    pub origin: Option<Origin>,
    pub placed_from: Option<Timestamp>,
    /// Before this moment.
    pub placed_to: Option<Timestamp>,
    /// With a parcel that arrived at this moment or later.
    pub delivered_from: Option<Timestamp>,
    /// With a parcel that arrived before this moment.
    pub delivered_to: Option<Timestamp>,
    /// Wanted by this day at the earliest, and not all of it has left.
    pub unsent_from: Option<Date>,
    /// Wanted by this day at the latest, and not all of it has left.
    pub unsent_by: Option<Date>,
    /// Whose customer wrote and was not answered: of those the newest thousand orders.
    pub unanswered: bool,
    /// What somebody typed. What is exactly that comes first; see [`orders`].
    pub search: Option<Search>,
}

/// An order as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    pub id: OrderId,
    pub number: OrderNumber,
    pub channel: String,
    pub external_ref: Option<String>,
    /// The customer's code.
    pub customer: Option<String>,
    /// The name, or else the company, of who ordered.
    pub name: Option<String>,
    pub country: Option<String>,
    pub currency: Currency,
    pub total: Minor,
    pub lifecycle: Lifecycle,
    pub payment_status: PaymentStatus,
    pub fulfillment_status: FulfillmentStatus,
    pub delivery_status: DeliveryStatus,
    pub return_status: ReturnStatus,
    pub holds_active: i64,
    pub priority: i64,
    pub placed_at: Timestamp,
    pub requested_by: Option<Date>,
    pub version: i64,
}

pub(super) const COLUMNS: &str = "SELECT o.id, o.number, ch.code, o.external_ref, c.code, COALESCE(p.name, p.company), o.country, \
    o.currency, o.goods + o.tax + o.charges, o.lifecycle, o.payment_status, o.fulfillment_status, o.delivery_status, \
    o.return_status, o.holds_active, o.priority, o.placed_at, o.requested_by, o.sequence \
    FROM orders o JOIN channels ch ON ch.id = o.channel_id LEFT JOIN customers c ON c.id = o.customer_id \
    LEFT JOIN parties p ON p.id = o.party_id WHERE TRUE";

pub(super) fn read(row: &mut Row) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        id: row.take()?,
        number: row.take()?,
        channel: row.take()?,
        external_ref: row.take()?,
        customer: row.take()?,
        name: row.take()?,
        country: row.take()?,
        currency: row.take()?,
        total: row.take()?,
        lifecycle: row.take()?,
        payment_status: row.take()?,
        fulfillment_status: row.take()?,
        delivery_status: row.take()?,
        return_status: row.take()?,
        holds_active: row.take()?,
        priority: row.take()?,
        placed_at: row.take()?,
        requested_by: row.take()?,
        version: row.take()?,
    })
}

/// Everything that a list asks, save which page.
fn wanted(viewer: &Viewer, filter: &OrderFilter) -> Query {
    let mut query = Query::new(COLUMNS);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    lifecycle(&mut query, filter);
    query.and_some("o.payment_status = ?", filter.payment_status.map(Code::code));
    query.and_some("o.fulfillment_status = ?", filter.fulfillment_status.map(Code::code));
    if let Some(status) = filter.delivery_status {
        // Written out: SQLite finds the index of those on their way only by their very word.
        query.push(&format!(" AND o.delivery_status = '{}'", status.code()));
    }
    query.and_some("o.return_status = ?", filter.return_status.map(Code::code));
    query.and_some("o.origin = ?", filter.origin.map(Code::code));
    query.and_some("o.channel_id = (SELECT f.id FROM channels f WHERE f.code = ?)", filter.channel.as_deref());
    query.and_some("o.customer_id = (SELECT f.id FROM customers f WHERE f.code = ?)", filter.customer.as_deref());
    if let Some(external_ref) = &filter.external_ref {
        // References are found by channel and reference; whoever names no channel means any.
        query.push(" AND o.channel_id IN (SELECT x.id FROM channels x)");
        query.and("o.external_ref = ?", external_ref.as_str());
    }
    query.and_some("o.number = ?", filter.number.map(|number| number.0));
    query.and_some("o.placed_at >= ?", filter.placed_from.map(|at| at.0));
    query.and_some("o.placed_at < ?", filter.placed_to.map(|at| at.0));
    if filter.unanswered {
        let place = query.bind(UNANSWERED_MAX);
        query.push(&format!(
            " AND o.id IN (SELECT m.order_id FROM waiting_messages m ORDER BY m.order_id DESC LIMIT {place})"
        ));
    }
    if filter.delivered_from.is_some() || filter.delivered_to.is_some() {
        query.push(" AND o.id IN (SELECT d.order_id FROM parcels d WHERE d.state = 'delivered'");
        query.and_some("d.ended_at >= ?", filter.delivered_from.map(|at| at.0));
        query.and_some("d.ended_at < ?", filter.delivered_to.map(|at| at.0));
        query.push(")");
    }
    if filter.unsent_from.is_some() || filter.unsent_by.is_some() {
        query.push(
            " AND o.requested_by IS NOT NULL AND o.ended_at IS NULL AND o.lifecycle <> 'draft' \
             AND o.fulfillment_status <> 'fulfilled'",
        );
        query.and_some("o.requested_by >= ?", filter.unsent_from.map(|day| day.to_string()));
        query.and_some("o.requested_by <= ?", filter.unsent_by.map(|day| day.to_string()));
    }
    match filter.held {
        Some(true) => query.push(" AND o.holds_active > 0"),
        Some(false) => query.push(" AND o.holds_active = 0"),
        None => {}
    }
    query
}

/// How far the orders are.
fn lifecycle(query: &mut Query, filter: &OrderFilter) {
    let asked = &filter.lifecycles;
    match asked.as_slice() {
        [] => {}
        [one] => query.and("o.lifecycle = ?", one.code()),
        several => {
            let places: Vec<_> = several.iter().map(|one| query.bind(one.code())).collect();
            query.push(&format!(" AND o.lifecycle IN ({})", places.join(", ")));
        }
    }
    // What a planner cannot know of a value it has not seen, so that it finds the indexes of the few that are not over.
    if !asked.is_empty() && asked.iter().all(|one| matches!(one, Lifecycle::Placed | Lifecycle::Confirmed)) {
        query.push(" AND o.ended_at IS NULL AND o.lifecycle IN ('placed', 'confirmed')");
        if matches!(filter.payment_status, Some(PaymentStatus::Failed | PaymentStatus::Unknown)) {
            query.push(" AND o.payment_status IN ('failed', 'unknown')");
        }
    }
}

/// Orders in the viewer's channels, newest first.
///
/// With a search: the order of that number first, then those of that reference, then those with a parcel of that tracking
/// number, then those in which every word is the beginning of one of its party's words or of a SKU. Where words are
/// common, only the newest that have them are looked at for one page, so that a page may be short of its limit, or empty,
/// and still have a next one.
pub async fn orders(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &OrderFilter,
    page: &PageRequest,
) -> Result<Page<OrderRow>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    if let Some(search) = &filter.search {
        let exact = exact(store, viewer, search).await?;
        let found = |row: &mut Row| read(row);
        let ids = |ids: &[Id]| {
            let mut query = wanted(viewer, filter);
            query.among("o.id", ids, CHUNK);
            query.push(" ORDER BY o.id DESC");
            query
        };
        return Finding { store, words: &words::OF_ORDERS, search, exact }.page(page, ids, found, |row| row.id.0).await;
    }
    let mut query = wanted(viewer, filter);
    if let Some(after) = &page.after {
        let key = cursor::decode(after, &[ColumnKind::Id])?;
        query.and("o.id < ?", key.into_iter().next().unwrap_or(Value::Null));
    }
    query.order_and_limit("o.id DESC", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.id.0)]))
}

/// The orders that are exactly what was typed: by number or id, by reference, by a parcel's tracking number.
async fn exact(store: &dyn Store, viewer: &Viewer, search: &Search) -> Result<Vec<Vec<Id>>, ReadError> {
    let mut number = Query::new("SELECT o.id FROM orders o WHERE TRUE");
    number.and("o.number = ?", search.order_number().map(|number| number.0));
    let mut queries = vec![number];
    // One question each: to either of two spellings, newest first, a planner would answer from the newest order on.
    let codes = search.codes();
    for code in &codes {
        let mut reference = Query::new("SELECT o.id FROM orders o WHERE TRUE");
        reference.push(" AND o.channel_id IN (SELECT x.id FROM channels x)");
        reference.and("o.external_ref = ?", code.as_str());
        reference.order_and_limit("o.id DESC", EXACT_MAX);
        queries.push(reference);
    }
    for code in &codes {
        let mut tracking = Query::new("SELECT p.order_id FROM parcels p WHERE TRUE");
        tracking.within("p.location_id", &viewer.actor().locations, |id| id.0);
        tracking.and("p.tracking_number = ?", code.as_str());
        tracking.order_and_limit("p.order_id DESC", EXACT_MAX);
        queries.push(tracking);
    }
    let found = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?.into_iter();
    let ids = found.map(|rows| rows.into_iter().map(|mut row| row.take()).collect());
    let mut ids = ids.collect::<Result<Vec<Vec<Id>>, StoreError>>()?.into_iter();
    let mut next = |count: usize| ids.by_ref().take(count).flatten().collect::<Vec<Id>>();
    let mut one = next(1);
    one.extend(search.order_id().map(|id| id.0));
    Ok(vec![one, next(codes.len()), next(codes.len())])
}

/// The numbers of some orders (200 at most) in the viewer's channels.
pub async fn numbers(
    store: &dyn Store,
    viewer: &Viewer,
    of: &[OrderId],
) -> Result<BTreeMap<OrderId, OrderNumber>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut query = Query::new("SELECT o.id, o.number FROM orders o WHERE TRUE");
    let places: Vec<_> = of.iter().take(200).map(|id| query.bind(id.0)).collect();
    query.push(&format!(" AND o.id IN ({})", places.join(", ")));
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect::<Result<_, StoreError>>()?)
}

/// Orders in the viewer's channels by their numbers (200 at most), newest first.
pub async fn by_numbers(
    store: &dyn Store,
    viewer: &Viewer,
    numbers: &[OrderNumber],
) -> Result<Vec<OrderRow>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(COLUMNS);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let numbers = numbers.iter().take(PageRequest::LIMIT_MAX as usize);
    let places: Vec<_> = numbers.map(|number| query.bind(number.0)).collect();
    query.push(&format!(" AND o.number IN ({}) ORDER BY o.id DESC", places.join(", ")));
    Ok(query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?)
}

/// Orders of which something can be handed to a location now, most urgent first: what has stock and no hold in its way.
pub async fn to_release(store: &dyn Store, viewer: &Viewer, page: &PageRequest) -> Result<Page<OrderRow>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let after = match &page.after {
        Some(after) => Some(cursor::decode(after, &[ColumnKind::Int, ColumnKind::Id])?),
        None => None,
    };
    let behind = |query: &mut Query| {
        let Some(key) = &after else { return };
        let mut key = key.iter().cloned();
        let priority = query.bind(key.next().unwrap_or(Value::Null));
        let id = query.bind(key.next().unwrap_or(Value::Null));
        query.push(&format!(" AND (o.priority < {priority} OR (o.priority = {priority} AND o.id > {id}))"));
    };
    let rows = releasable(store, viewer, &behind, "o.id", page.limit() + 1).await?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Int(row.priority), Value::Id(row.id.0)]))
}

/// Orders that can be released and are what `more` asks for, most urgent first. Each channel is asked for its own: there is
/// no index by urgency over all of them. `ties` is which of equally urgent ones are taken where not all are; the index gives
/// `o.id DESC` without sorting them.
pub(super) async fn releasable(
    store: &dyn Store,
    viewer: &Viewer,
    more: &(dyn Fn(&mut Query) + Send + Sync),
    ties: &str,
    limit: usize,
) -> Result<Vec<OrderRow>, ReadError> {
    let channels: Vec<ChannelId> = match &viewer.actor().channels {
        Scope::All(_) => {
            let mut all = Query::new("SELECT id FROM channels").rows(store).await?;
            all.iter_mut().map(Row::take).collect::<Result<_, _>>()?
        }
        Scope::Only(ids) => ids.clone(),
    };
    let queries: Vec<Query> = channels
        .into_iter()
        .map(|channel_id| {
            let mut query = Query::new(COLUMNS);
            query.push(" AND o.to_release");
            query.and("o.channel_id = ?", channel_id.0);
            more(&mut query);
            query.order_and_limit(&format!("o.priority DESC, {ties}"), limit);
            query
        })
        .collect();
    let found = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?;
    let mut rows = found.into_iter().flatten().map(|mut row| read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| (std::cmp::Reverse(row.priority), row.id));
    rows.truncate(limit);
    Ok(rows)
}

/// The kinds of the active holds of some orders (200 at most) in the viewer's channels, the one due first at the front.
pub async fn active_holds(
    store: &dyn Store,
    viewer: &Viewer,
    of: &[OrderId],
) -> Result<Vec<(OrderId, HoldKind)>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT h.order_id, h.kind FROM holds h JOIN orders o ON o.id = h.order_id WHERE h.state = 'active'",
    );
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let places: Vec<_> = of.iter().take(PageRequest::LIMIT_MAX as usize).map(|id| query.bind(id.0)).collect();
    query.push(&format!(" AND h.order_id IN ({})", places.join(", ")));
    query.push(" ORDER BY h.order_id, CASE WHEN h.due_at IS NULL THEN 1 ELSE 0 END, h.due_at, h.number");
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect::<Result<Vec<_>, StoreError>>()?)
}
