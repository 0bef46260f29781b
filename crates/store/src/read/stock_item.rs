//! One item's stock: how its balance came about, and who waits for it.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::value::Row;
use waybill_domain::actor::Permission;
use waybill_domain::ids::{LocationId, LotId, OrderId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::order::OrderNumber;
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};

/// A posting of an item, as far as its balance needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub location_id: LocationId,
    pub lot_id: LotId,
    pub from: StockAccount,
    pub to: StockAccount,
    pub quantity: Quantity,
    pub happened_at: Timestamp,
}

/// The latest postings of an item at the viewer's locations, newest first: of each stock key at most `each_max`.
pub async fn moves(store: &dyn Store, viewer: &Viewer, sku: &str, each_max: usize) -> Result<Vec<Move>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    // Each posting names the one before it of its stock key, so only as many are read as are wanted, each once.
    const COLUMNS: &str = "p.position, p.number, p.location_id, p.lot_id, p.from_account, p.to_account, p.quantity, \
         p.previous_position, p.previous_number";
    // Cross joins, which SQLite takes in the order written; see `postings`.
    let mut query = Query::new(format!(
        "WITH RECURSIVE chain(position, number, location_id, lot_id, from_account, to_account, quantity, \
         previous_position, previous_number, depth) AS (SELECT {COLUMNS}, CAST(1 AS BIGINT) FROM stock_levels s \
         CROSS JOIN stock_postings p WHERE p.position = s.last_position AND p.number = s.last_number AND s.item_id = "
    ));
    let sku = query.bind(sku);
    query.push(&format!("(SELECT i.id FROM items i WHERE i.sku = {sku})"));
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    let depth = query.bind(i64::try_from(each_max).unwrap_or(i64::MAX));
    query.push(&format!(
        " UNION ALL SELECT {COLUMNS}, chain.depth + 1 FROM chain CROSS JOIN stock_postings p \
         WHERE p.position = chain.previous_position AND p.number = chain.previous_number AND chain.depth < {depth}) \
         SELECT c.location_id, c.lot_id, c.from_account, c.to_account, c.quantity, e.happened_at FROM chain c \
         CROSS JOIN events e WHERE e.position = c.position ORDER BY c.position DESC, c.number DESC"
    ));
    let read = |row: &mut Row| -> Result<Move, StoreError> {
        Ok(Move {
            location_id: row.take()?,
            lot_id: row.take()?,
            from: row.take()?,
            to: row.take()?,
            quantity: row.take()?,
            happened_at: row.take()?,
        })
    };
    Ok(query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?)
}

/// A line of an order that waits for an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingLine {
    pub order_id: OrderId,
    pub order: OrderNumber,
    pub line: u32,
    pub backordered: Quantity,
    pub since: Option<Timestamp>,
    pub expected_on: Option<Date>,
    /// The name, or else the company, of who ordered.
    pub name: Option<String>,
}

/// Lines in the viewer's channels that wait for an item, the longest first: 50 at most.
pub async fn waiting(store: &dyn Store, viewer: &Viewer, sku: &str) -> Result<Vec<WaitingLine>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let mut query = Query::new(
        "SELECT o.id, o.number, b.number, b.backordered, b.backordered_at, b.expected_on, COALESCE(p.name, p.company) \
         FROM order_lines b JOIN orders o ON o.id = b.order_id LEFT JOIN parties p ON p.id = o.party_id \
         WHERE b.backordered > 0",
    );
    query.and("b.item_id = (SELECT i.id FROM items i WHERE i.sku = ?)", sku);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.order_and_limit("b.backordered_at, b.order_id, b.number", 50);
    let read = |row: &mut Row| -> Result<WaitingLine, StoreError> {
        Ok(WaitingLine {
            order_id: row.take()?,
            order: row.take()?,
            line: row.take()?,
            backordered: row.take()?,
            since: row.take()?,
            expected_on: row.take()?,
            name: row.take()?,
        })
    };
    Ok(query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?)
}
