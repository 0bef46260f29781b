//! Items and what of each is where.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::value::{ColumnKind, Row, Value};
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::ids::ItemId;
use waybill_domain::quantity::Quantity;

/// What one location has of an item, all lots together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtPlace {
    /// The location's code.
    pub location: String,
    pub available: Quantity,
    /// Reserved, allocated, picked or packed.
    pub promised: Quantity,
    pub on_hand: Quantity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridRow {
    pub item_id: ItemId,
    pub sku: String,
    pub name: String,
    pub unit: String,
    pub precision: u32,
    /// By the location's code.
    pub places: Vec<AtPlace>,
    /// Units that customers wait for, in the viewer's channels.
    pub backordered: Quantity,
}

/// What one looks for in stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockState {
    /// Less is available than open orders and reservations have taken.
    Low,
    /// Nothing is available.
    Out,
    /// Customers wait for it.
    Backordered,
}

#[derive(Clone, Debug, Default)]
pub struct GridFilter {
    /// SKU or name contains this.
    pub text: Option<String>,
    /// The location's code.
    pub location: Option<String>,
    pub state: Option<StockState>,
}

/// Adds whose levels are looked at: those of one location, and in the viewer's scope.
fn limit(query: &mut Query, viewer: &Viewer, filter: &GridFilter) {
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    query.and_some("s.location_id = (SELECT f.id FROM locations f WHERE f.code = ?)", filter.location.as_deref());
}

/// Stocked items by SKU, with what is at the viewer's locations.
pub async fn grid(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &GridFilter,
    page: &PageRequest,
) -> Result<Page<GridRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = Query::new(
        "SELECT i.id, i.sku, i.name, i.unit, i.precision FROM items i WHERE i.supply = 'stock' AND i.archived = FALSE",
    );
    if let Some(text) = &filter.text {
        query.and_contains(&["i.sku", "i.name"], text);
    }
    if filter.location.is_some() || viewer.actor().locations.only().is_some() {
        query.push(" AND EXISTS (SELECT 1 FROM stock_levels s WHERE s.item_id = i.id");
        limit(&mut query, viewer, filter);
        query.push(")");
    }
    let sum = match filter.state {
        None | Some(StockState::Backordered) => None,
        Some(StockState::Low) => Some(("s.available - s.reserved - s.allocated - s.picked - s.packed", "< 0")),
        Some(StockState::Out) => Some(("s.available", "= 0")),
    };
    if let Some((figure, is)) = sum {
        query.push(&format!(" AND (SELECT COALESCE(SUM({figure}), 0) FROM stock_levels s WHERE s.item_id = i.id"));
        limit(&mut query, viewer, filter);
        query.push(&format!(") {is}"));
    }
    if filter.state == Some(StockState::Backordered) {
        query.push(" AND EXISTS (SELECT 1 FROM order_lines b");
        waiting(&mut query, viewer);
        query.push(" AND b.item_id = i.id)");
    }
    if let Some(after) = &page.after {
        query.after(&["i.sku"], cursor::decode(after, &[ColumnKind::Text])?);
    }
    query.order_and_limit("i.sku", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut page = Page::cut(rows, page.limit(), |row| vec![Value::from(row.sku.as_str())]);
    fill(store, viewer, filter, &mut page.rows).await?;
    Ok(page)
}

fn read(row: &mut Row) -> Result<GridRow, StoreError> {
    Ok(GridRow {
        item_id: row.take()?,
        sku: row.take()?,
        name: row.take()?,
        unit: row.take()?,
        precision: row.take()?,
        places: Vec::new(),
        backordered: Quantity::ZERO,
    })
}

/// Goes on behind `order_lines b`: lines that wait, of orders in the viewer's channels.
fn waiting(query: &mut Query, viewer: &Viewer) {
    if viewer.actor().channels.only().is_some() {
        query.push(" JOIN orders o ON o.id = b.order_id");
    }
    query.push(" WHERE b.backordered > 0");
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
}

async fn fill(store: &dyn Store, viewer: &Viewer, filter: &GridFilter, rows: &mut [GridRow]) -> Result<(), ReadError> {
    if rows.is_empty() {
        return Ok(());
    }
    let of = |query: &mut Query| {
        let places: Vec<_> = rows.iter().map(|row| query.bind(row.item_id.0)).collect();
        format!("IN ({})", places.join(", "))
    };
    let mut levels = Query::new(
        "SELECT s.item_id, l.code, CAST(SUM(s.available) AS BIGINT), \
         CAST(SUM(s.reserved + s.allocated + s.picked + s.packed) AS BIGINT), CAST(SUM(s.available + s.reserved + \
         s.allocated + s.picked + s.packed + s.quality_control + s.damaged + s.quarantined) AS BIGINT) \
         FROM stock_levels s JOIN locations l ON l.id = s.location_id WHERE s.item_id ",
    );
    let items = of(&mut levels);
    levels.push(&items);
    limit(&mut levels, viewer, filter);
    levels.push(" GROUP BY s.item_id, l.code ORDER BY l.code");
    let mut waits = Query::new("SELECT b.item_id, CAST(SUM(b.backordered) AS BIGINT) FROM order_lines b");
    waiting(&mut waits, viewer);
    let items = of(&mut waits);
    waits.push(&format!(" AND b.item_id {items} GROUP BY b.item_id"));
    let found = Query::together(&[&levels, &waits], store).await?;
    let places: BTreeMap<ItemId, usize> = rows.iter().enumerate().map(|(n, row)| (row.item_id, n)).collect();
    let [levels, waits] = <[_; 2]>::try_from(found).unwrap_or_default();
    for mut row in levels {
        let item: ItemId = row.take()?;
        let at = AtPlace { location: row.take()?, available: row.take()?, promised: row.take()?, on_hand: row.take()? };
        if let Some(row) = places.get(&item).and_then(|n| rows.get_mut(*n)) {
            row.places.push(at);
        }
    }
    for mut row in waits {
        let item: ItemId = row.take()?;
        if let Some(found) = places.get(&item).and_then(|n| rows.get_mut(*n)) {
            found.backordered = row.take()?;
        }
    }
    Ok(())
}
