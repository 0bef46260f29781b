//! Stock levels: what is where, in which state.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::actor::Permission;
use waybill_domain::ids::ItemId;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::level::StockLevel;

/// A level with the names of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelRow {
    pub level: StockLevel,
    pub sku: String,
    pub name: String,
    /// The location's code.
    pub location: String,
    pub unit: String,
    pub precision: u32,
}

#[derive(Clone, Debug, Default)]
pub struct LevelFilter {
    pub sku: Option<String>,
    /// The location's code.
    pub location: Option<String>,
    /// Only levels with something available, or only those without.
    pub available: Option<bool>,
}

fn read(row: &mut Row) -> Result<LevelRow, StoreError> {
    Ok(LevelRow {
        level: StockLevel::read(row)?,
        sku: row.take()?,
        name: row.take()?,
        location: row.take()?,
        unit: row.take()?,
        precision: row.take()?,
    })
}

/// Levels at the viewer's locations, by item, location and lot.
pub async fn levels(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &LevelFilter,
    page: &PageRequest,
) -> Result<Page<LevelRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = Query::new(format!(
        "SELECT {}, i.sku, i.name, l.code, i.unit, i.precision FROM stock_levels s JOIN items i ON i.id = s.item_id \
         JOIN locations l ON l.id = s.location_id WHERE TRUE",
        columns::<StockLevel>("s")
    ));
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    query.and_some("s.item_id = (SELECT f.id FROM items f WHERE f.sku = ?)", filter.sku.as_deref());
    query.and_some("s.location_id = (SELECT f.id FROM locations f WHERE f.code = ?)", filter.location.as_deref());
    match filter.available {
        Some(true) => query.push(" AND s.available > 0"),
        Some(false) => query.push(" AND s.available = 0"),
        None => {}
    }
    let key = ["s.item_id", "s.location_id", "s.lot_id"];
    if let Some(after) = &page.after {
        query.after(&key, cursor::decode(after, &[ColumnKind::Id; 3])?);
    }
    query.order_and_limit(&key.join(", "), page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| {
        let key = row.level.key;
        vec![Value::Id(key.item_id.0), Value::Id(key.location_id.0), Value::Id(key.lot_id.0)]
    }))
}

/// What is available of some items (1,000 at most) at the viewer's locations, by item and the location's code; nothing
/// where nothing is.
pub async fn available(
    store: &dyn Store,
    viewer: &Viewer,
    items: &[ItemId],
) -> Result<Vec<(ItemId, String, Quantity)>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT s.item_id, l.code, CAST(SUM(s.available) AS BIGINT) FROM stock_levels s \
         JOIN locations l ON l.id = s.location_id WHERE s.available > 0",
    );
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    let places: Vec<_> = items.iter().take(1_000).map(|id| query.bind(id.0)).collect();
    query.push(&format!(
        " AND s.item_id IN ({}) GROUP BY s.item_id, l.code ORDER BY s.item_id, 3 DESC",
        places.join(", ")
    ));
    let rows = query.rows(store).await?;
    Ok(rows
        .into_iter()
        .map(|mut row| Ok((row.take()?, row.take()?, row.take()?)))
        .collect::<Result<Vec<_>, StoreError>>()?)
}
