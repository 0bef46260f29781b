//! Soft promises of stock, newest first.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::ids::ReservationId;
use waybill_domain::stock::reservation::{Reservation, ReservationState};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationRow {
    pub reservation: Reservation,
    pub sku: String,
    /// The location's code.
    pub location: String,
    /// The channel's code.
    pub channel: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct ReservationFilter {
    pub state: Option<ReservationState>,
    pub sku: Option<String>,
    /// The location's code.
    pub location: Option<String>,
}

fn base(viewer: &Viewer) -> Query {
    let mut query = Query::new(format!(
        "SELECT {}, i.sku, l.code, ch.code FROM reservations r JOIN items i ON i.id = r.item_id \
         JOIN locations l ON l.id = r.location_id LEFT JOIN channels ch ON ch.id = r.channel_id WHERE TRUE",
        columns::<Reservation>("r")
    ));
    query.within("r.location_id", &viewer.actor().locations, |id| id.0);
    // What was reserved for no channel is for all of them.
    if let Some(channel) = query.contained("r.channel_id", &viewer.actor().channels, |id| id.0) {
        query.push(&format!(" AND (r.channel_id IS NULL OR {channel})"));
    }
    query
}

fn read(row: &mut Row) -> Result<ReservationRow, StoreError> {
    Ok(ReservationRow {
        reservation: Reservation::read(row)?,
        sku: row.take()?,
        location: row.take()?,
        channel: row.take()?,
    })
}

pub async fn reservations(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &ReservationFilter,
    page: &PageRequest,
) -> Result<Page<ReservationRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = base(viewer);
    query.and_some("r.state = ?", filter.state.map(Code::code));
    query.and_some("i.sku = ?", filter.sku.as_deref());
    query.and_some("l.code = ?", filter.location.as_deref());
    if let Some(after) = &page.after {
        let key = cursor::decode(after, &[ColumnKind::Id])?;
        query.and("r.id < ?", key.into_iter().next().unwrap_or(Value::Null));
    }
    query.order_and_limit("r.id DESC", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.reservation.id.0)]))
}

pub async fn reservation(
    store: &dyn Store,
    viewer: &Viewer,
    id: ReservationId,
) -> Result<Option<ReservationRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = base(viewer);
    query.and("r.id = ?", id.0);
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}
