//! The history of one stock key, newest first.
//!
//! Postings of a key form a list from the level backwards, so a key's history needs no index of its own.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::tables::StockPostingRecord;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::actor::Permission;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::{Id, LotId};
use waybill_domain::time::Timestamp;

/// A posting and the event that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostingRow {
    pub posting: StockPostingRecord,
    pub event: String,
    pub aggregate_kind: AggregateKind,
    pub aggregate_id: Id,
    pub happened_at: Timestamp,
    pub actor: String,
}

/// The key whose postings are wanted.
#[derive(Clone, Debug)]
pub struct PostingFilter {
    pub sku: String,
    /// The location's code.
    pub location: String,
    /// Nil where the item is not tracked by lot.
    pub lot_id: LotId,
}

fn read(row: &mut Row) -> Result<PostingRow, StoreError> {
    Ok(PostingRow {
        posting: StockPostingRecord::read(row)?,
        event: row.take()?,
        aggregate_kind: row.take()?,
        aggregate_id: row.take()?,
        happened_at: row.take()?,
        actor: row.take()?,
    })
}

/// Postings of a key at one of the viewer's locations. Empty where the key has none.
pub async fn postings(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &PostingFilter,
    page: &PageRequest,
) -> Result<Page<PostingRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = Query::new("WITH RECURSIVE chain(position, number, depth) AS (");
    let (sku, location) = (query.bind(filter.sku.as_str()), query.bind(filter.location.as_str()));
    let lot = query.bind(filter.lot_id.0);
    // Where the walk begins: at the level, or behind the posting that the last page ended with.
    let (columns_from, extra) = match &page.after {
        None => ("s.last_position, s.last_number", String::new()),
        Some(after) => {
            let mut key = cursor::decode(after, &[ColumnKind::Int, ColumnKind::Int])?.into_iter();
            let position = query.bind(key.next().unwrap_or(Value::Null));
            let number = query.bind(key.next().unwrap_or(Value::Null));
            let join = format!(
                " JOIN stock_postings p ON p.position = {position} AND p.number = {number} \
                 AND p.item_id = s.item_id AND p.location_id = s.location_id AND p.lot_id = s.lot_id"
            );
            ("p.previous_position, p.previous_number", join)
        }
    };
    query.push(&format!(
        "SELECT {columns_from}, CAST(1 AS BIGINT) FROM stock_levels s{extra} \
         WHERE s.item_id = (SELECT i.id FROM items i WHERE i.sku = {sku}) \
         AND s.location_id = (SELECT l.id FROM locations l WHERE l.code = {location}) AND s.lot_id = {lot}"
    ));
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    let limit = page.limit() + 1;
    let depth = query.bind(limit as i64);
    // A cross join, which SQLite takes in the order written: for a chain whose length it cannot know, it would rather go
    // through all postings there are.
    query.push(&format!(
        " UNION ALL SELECT p.previous_position, p.previous_number, chain.depth + 1 FROM chain \
         JOIN stock_postings p ON p.position = chain.position AND p.number = chain.number WHERE chain.depth < {depth}) \
         SELECT {}, e.kind, e.aggregate_kind, e.aggregate_id, e.happened_at, e.actor FROM chain \
         CROSS JOIN stock_postings p JOIN events e ON e.position = p.position \
         WHERE p.position = chain.position AND p.number = chain.number",
        columns::<StockPostingRecord>("p")
    ));
    query.order_and_limit("p.position DESC, p.number DESC", limit);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Int(row.posting.position), Value::Int(row.posting.number)]))
}
