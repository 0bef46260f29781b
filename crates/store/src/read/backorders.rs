//! Lines that wait for stock, by item, the oldest first.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::actor::Permission;
use waybill_domain::ids::{ItemId, OrderId};
use waybill_domain::order::OrderNumber;
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};

/// A line with units that were judged unavailable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backorder {
    pub order_id: OrderId,
    pub order_number: OrderNumber,
    pub line: u32,
    pub item_id: ItemId,
    pub sku: String,
    pub name: String,
    pub precision: u32,
    pub quantity: Quantity,
    pub since: Timestamp,
    pub expected_on: Option<Date>,
    pub requested_by: Option<Date>,
    /// Higher goes first when stock comes.
    pub priority: i64,
    /// The name, or else the company, of who ordered.
    pub customer: Option<String>,
    pub holds_active: i64,
}

fn read(row: &mut Row) -> Result<Backorder, StoreError> {
    Ok(Backorder {
        order_id: row.take()?,
        order_number: row.take()?,
        line: row.take()?,
        item_id: row.take()?,
        sku: row.take()?,
        name: row.take()?,
        precision: row.take()?,
        quantity: row.take()?,
        since: row.take()?,
        expected_on: row.take()?,
        requested_by: row.take()?,
        priority: row.take()?,
        customer: row.take()?,
        holds_active: row.take()?,
    })
}

/// Backordered lines in the viewer's channels, item after item and the longest waiting first; of one item where its SKU
/// is given.
pub async fn backorders(
    store: &dyn Store,
    viewer: &Viewer,
    sku: Option<&str>,
    page: &PageRequest,
) -> Result<Page<Backorder>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let mut query = Query::new(
        "SELECT o.id, o.number, r.number, r.item_id, i.sku, i.name, r.precision, r.backordered, r.backordered_at, \
         r.expected_on, o.requested_by, o.priority, COALESCE(p.name, p.company), o.holds_active FROM order_lines r \
         JOIN orders o ON o.id = r.order_id JOIN items i ON i.id = r.item_id LEFT JOIN parties p ON p.id = o.party_id \
         WHERE r.backordered > 0 AND r.backordered_at IS NOT NULL",
    );
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.and_some("r.item_id = (SELECT x.id FROM items x WHERE x.sku = ?)", sku);
    let key = ["r.item_id", "r.backordered_at", "r.order_id", "r.number"];
    if let Some(after) = &page.after {
        let kinds = [ColumnKind::Id, ColumnKind::Int, ColumnKind::Id, ColumnKind::Int];
        query.after(&key, cursor::decode(after, &kinds)?);
    }
    query.order_and_limit(&key.join(", "), page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| {
        vec![Value::Id(row.item_id.0), Value::Int(row.since.0), Value::Id(row.order_id.0), Value::Int(row.line.into())]
    }))
}
