//! What happened to one thing, in order.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::record::Record;
use crate::record::columns;
use crate::tables::EventRecord;
use waybill_domain::actor::Permission;
use waybill_domain::ids::{Id, OrderId};

/// Events shown of one thing at most; a longer history is read through the events feed.
pub const EVENTS_MAX: usize = 1_000;

/// An order's events by sequence, those after `after`. Empty where the order is not in the viewer's channels.
pub async fn of_order(
    store: &dyn Store,
    viewer: &Viewer,
    order_id: OrderId,
    after: i64,
) -> Result<Vec<EventRecord>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let mut query = base(order_id.0, after);
    query.push(" AND EXISTS (SELECT 1 FROM orders o WHERE o.id = e.aggregate_id");
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.push(")");
    read(store, query).await
}

/// The events of any root by sequence, without asking who: for the command line.
pub async fn of_aggregate(store: &dyn Store, id: Id, after: i64) -> Result<Vec<EventRecord>, ReadError> {
    read(store, base(id, after)).await
}

fn base(id: Id, after: i64) -> Query {
    let mut query = Query::new(format!("SELECT {} FROM events e WHERE TRUE", columns::<EventRecord>("e")));
    query.and("e.aggregate_id = ?", id);
    query.and("e.sequence > ?", after);
    query
}

async fn read(store: &dyn Store, mut query: Query) -> Result<Vec<EventRecord>, ReadError> {
    query.order_and_limit("e.sequence", EVENTS_MAX);
    Ok(query.rows(store).await?.iter_mut().map(EventRecord::read).collect::<Result<Vec<_>, _>>()?)
}
