//! Orders that no location works on yet, and who ordered what is worked on, for a board.

use super::orders::{self, COLUMNS, OrderRow, read};
use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::ids::OrderId;

/// Orders to confirm, and confirmed orders of which nothing was released.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub placed: Vec<OrderRow>,
    pub confirmed: Vec<OrderRow>,
}

/// What waits before the floor in the viewer's channels, at most `limit` of each, most urgent first. Where more wait, of
/// the placed ones the oldest are taken; of the confirmed ones what can be released, then what is held, then what waits
/// for stock.
pub async fn waiting(store: &dyn Store, viewer: &Viewer, limit: usize) -> Result<Waiting, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let query = |condition: &str, order: &str| {
        let mut query = Query::new(COLUMNS);
        query.push(condition);
        query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
        query.order_and_limit(order, limit);
        query
    };
    let untouched = " AND o.fulfillment_status IN ('unfulfilled', 'backordered')";
    let placed = query(" AND o.lifecycle = 'placed'", "o.id");
    let ready = orders::releasable(store, viewer, &|query| query.push(untouched), "o.id DESC", limit).await?;
    let held = query(
        &format!(" AND o.lifecycle = 'confirmed' AND o.holds_active > 0{untouched}"),
        "o.lifecycle, o.hold_due_at",
    );
    let short = query(&format!(" AND o.to_fill{untouched}"), "o.priority DESC, o.id");
    let found = Query::together(&[&placed, &held, &short], store).await?;
    let mut columns = Vec::with_capacity(found.len());
    for mut rows in found {
        columns.push(rows.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    let mut columns = columns.into_iter();
    let mut placed = columns.next().unwrap_or_default();
    let mut confirmed: Vec<OrderRow> = ready;
    for row in columns.flatten() {
        if confirmed.len() < limit && confirmed.iter().all(|one| one.id != row.id) {
            confirmed.push(row);
        }
    }
    for column in [&mut placed, &mut confirmed] {
        column.sort_by_key(|row| (std::cmp::Reverse(row.priority), row.id));
    }
    Ok(Waiting { placed, confirmed })
}

/// The names, or else the companies, of who placed some orders (400 at most) in the viewer's channels.
pub async fn names(store: &dyn Store, viewer: &Viewer, of: &[OrderId]) -> Result<BTreeMap<OrderId, String>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut query = Query::new(
        "SELECT o.id, COALESCE(p.name, p.company) FROM orders o JOIN parties p ON p.id = o.party_id \
         WHERE COALESCE(p.name, p.company) IS NOT NULL",
    );
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let places: Vec<_> = of.iter().take(400).map(|id| query.bind(id.0)).collect();
    query.push(&format!(" AND o.id IN ({})", places.join(", ")));
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect::<Result<_, StoreError>>()?)
}
