//! Reads what is there, page by page along primary keys, so that no read is long.

use super::{Existing, ExistingOrder};
use crate::history::records::known_credit_note;
use rustc_hash::{FxHashMap, FxHashSet};
use waybill_domain::ids::{ChannelId, Id, LocationId, OrderId};
use waybill_domain::order::{DeliveryStatus, FulfillmentStatus, Lifecycle};
use waybill_domain::time::Timestamp;
use waybill_store::value::{Row, Value};
use waybill_store::{Store, StoreError};

/// Rows of one page.
const PAGE: usize = 2_000;

const CHANNELS: &str = "SELECT id, code FROM channels";
const LOCATIONS: &str = "SELECT id, code FROM locations";
const SKUS: &str = "SELECT id, sku FROM items WHERE id > $1 ORDER BY id LIMIT 2000";
const CUSTOMERS: &str = "SELECT id, code FROM customers WHERE id > $1 ORDER BY id LIMIT 2000";
const DOCUMENTS: &str = "SELECT id, reference, booked_at FROM stock_documents WHERE id > $1 ORDER BY id LIMIT 2000";
const ORDERS: &str = "SELECT id, channel_id, external_ref, lifecycle, received, fulfillment_status, delivery_status, \
     holds_active, placed_at FROM orders WHERE id > $1 ORDER BY id LIMIT 2000";
const LINES: &str = "SELECT order_id, number, cancelled, backordered FROM order_lines \
     WHERE order_id > $1 AND order_id <= $2 AND (cancelled > 0 OR backordered > 0)";
const RETURNS: &str = "SELECT DISTINCT order_id, reason FROM return_lines WHERE order_id > $1 AND order_id <= $2";
const CHARGES: &str = "SELECT order_id, label FROM order_charges \
     WHERE order_id > $1 AND order_id <= $2 AND label IS NOT NULL";
const REFUNDS: &str = "SELECT order_id, reason, granted_at FROM refunds WHERE order_id > $1 AND order_id <= $2";
const AVAILABLE: &str = "SELECT l.item_id, i.sku, CAST(SUM(l.available) AS BIGINT) FROM stock_levels l \
     JOIN items i ON i.id = l.item_id JOIN locations p ON p.id = l.location_id \
     WHERE NOT p.archived AND l.item_id > $1 GROUP BY l.item_id, i.sku ORDER BY l.item_id LIMIT 2000";

/// What the store knows of orders in `channels` whose number `is_wanted`, of the documents of the mapping `name`, and
/// of the catalog. Stock balances only `with_stock`.
///
/// # Errors
/// Where the store cannot be read.
pub async fn load(
    store: &dyn Store,
    name: &str,
    channels: &FxHashSet<String>,
    is_wanted: impl Fn(&str) -> bool,
    with_stock: bool,
) -> Result<Existing, StoreError> {
    let mut existing = Existing::default();
    let mut channel_codes: FxHashMap<ChannelId, String> = FxHashMap::default();
    for mut row in store.read(CHANNELS, &[]).await? {
        let (id, code): (ChannelId, String) = (row.take()?, row.take()?);
        channel_codes.insert(id, code.clone());
        existing.channels.insert(code);
    }
    for mut row in store.read(LOCATIONS, &[]).await? {
        let (id, code): (LocationId, String) = (row.take()?, row.take()?);
        existing.locations.insert(code, id);
    }
    each(store, SKUS, |row| {
        existing.skus.insert(row.take()?);
        Ok(())
    })
    .await?;
    each(store, CUSTOMERS, |row| {
        existing.customers.insert(row.take()?);
        Ok(())
    })
    .await?;
    let prefix = format!("import:{name}:");
    each(store, DOCUMENTS, |row| {
        let (reference, at): (Option<String>, Timestamp) = (row.take()?, row.take()?);
        if let Some(reference) = reference.filter(|reference| reference.starts_with(&prefix)) {
            existing.documents.insert(reference);
            existing.latest = existing.latest.max(Some(at));
        }
        Ok(())
    })
    .await?;
    if with_stock {
        available(store, &mut existing).await?;
    }
    channel_codes.retain(|_, code| channels.contains(code));
    if !channel_codes.is_empty() {
        orders(store, &channel_codes, is_wanted, &mut existing).await?;
    }
    Ok(existing)
}

/// Rows that begin with their id, page by page.
async fn each(
    store: &dyn Store,
    sql: &str,
    mut take: impl FnMut(&mut Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = Id::NIL;
    loop {
        let rows = store.read(sql, &[Value::Id(after)]).await?;
        let count = rows.len();
        for mut row in rows {
            after = row.take()?;
            take(&mut row)?;
        }
        if count < PAGE {
            return Ok(());
        }
    }
}

async fn available(store: &dyn Store, existing: &mut Existing) -> Result<(), StoreError> {
    let mut after = Id::NIL;
    loop {
        let rows = store.read(AVAILABLE, &[Value::Id(after)]).await?;
        let count = rows.len();
        for mut row in rows {
            after = row.take()?;
            existing.available.insert(row.take()?, row.take()?);
        }
        if count < PAGE {
            return Ok(());
        }
    }
}

async fn orders(
    store: &dyn Store,
    channels: &FxHashMap<ChannelId, String>,
    is_wanted: impl Fn(&str) -> bool,
    existing: &mut Existing,
) -> Result<(), StoreError> {
    let mut after = Id::NIL;
    loop {
        let rows = store.read(ORDERS, &[Value::Id(after)]).await?;
        let count = rows.len();
        let mut page: FxHashMap<OrderId, (String, String, ExistingOrder)> = FxHashMap::default();
        let before = after;
        for mut row in rows {
            let (id, channel, number): (OrderId, ChannelId, Option<String>) = (row.take()?, row.take()?, row.take()?);
            after = id.0;
            let (Some(channel), Some(number)) = (channels.get(&channel), number) else {
                continue;
            };
            if !is_wanted(&number) {
                continue;
            }
            let (lifecycle, received): (Lifecycle, i64) = (row.take()?, row.take()?);
            let (fulfillment, delivery): (FulfillmentStatus, DeliveryStatus) = (row.take()?, row.take()?);
            let (holds, placed_at): (i64, Timestamp) = (row.take()?, row.take()?);
            existing.latest = existing.latest.max(Some(placed_at));
            let order = ExistingOrder {
                id,
                lifecycle,
                received,
                fulfilled: fulfillment == FulfillmentStatus::Fulfilled,
                delivered: delivery == DeliveryStatus::Delivered,
                held: holds > 0,
                cancelled: FxHashMap::default(),
                backordered: FxHashMap::default(),
                returns: FxHashSet::default(),
                refunds: FxHashSet::default(),
                charges: FxHashSet::default(),
            };
            page.insert(id, (channel.clone(), number, order));
        }
        if !page.is_empty() {
            details(store, before, after, &mut page, &mut existing.latest).await?;
        }
        existing.orders.extend(page.into_values().map(|(channel, number, order)| ((channel, number), order)));
        if count < PAGE {
            return Ok(());
        }
    }
}

/// Cancelled, returned, charged and refunded of the orders of a page.
async fn details(
    store: &dyn Store,
    before: Id,
    last: Id,
    page: &mut FxHashMap<OrderId, (String, String, ExistingOrder)>,
    latest: &mut Option<Timestamp>,
) -> Result<(), StoreError> {
    let range = [Value::Id(before), Value::Id(last)];
    for mut row in store.read(LINES, &range).await? {
        let Some((_, _, order)) = page.get_mut(&row.take()?) else {
            continue;
        };
        let (line, cancelled, backordered): (u32, i64, i64) = (row.take()?, row.take()?, row.take()?);
        order.cancelled.insert(line, cancelled);
        order.backordered.insert(line, backordered);
    }
    for mut row in store.read(RETURNS, &range).await? {
        let Some((_, _, order)) = page.get_mut(&row.take()?) else {
            continue;
        };
        order.returns.insert(known_credit_note(&row.take::<String>()?));
    }
    for mut row in store.read(CHARGES, &range).await? {
        let Some((_, _, order)) = page.get_mut(&row.take()?) else {
            continue;
        };
        order.charges.insert(known_credit_note(&row.take::<String>()?));
    }
    for mut row in store.read(REFUNDS, &range).await? {
        let Some((_, _, order)) = page.get_mut(&row.take()?) else {
            continue;
        };
        order.refunds.insert(known_credit_note(&row.take::<String>()?));
        *latest = (*latest).max(Some(row.take()?));
    }
    Ok(())
}
