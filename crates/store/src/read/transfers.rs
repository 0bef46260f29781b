//! Transfers between locations, newest first.

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
use waybill_domain::ids::TransferId;
use waybill_domain::stock::transfer::{TransferHead, TransferLine, TransferState};

/// A transfer with its lines, each with its SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferRow {
    pub head: TransferHead,
    /// Codes of the locations.
    pub from: String,
    pub to: String,
    pub lines: Vec<(TransferLine, String)>,
}

#[derive(Clone, Debug, Default)]
pub struct TransferFilter {
    pub state: Option<TransferState>,
    /// The code of the location it leaves or reaches.
    pub location: Option<String>,
}

fn base(viewer: &Viewer) -> Query {
    let mut query = Query::new(format!(
        "SELECT {}, a.code, b.code FROM transfers t JOIN locations a ON a.id = t.from_location_id \
         JOIN locations b ON b.id = t.to_location_id WHERE TRUE",
        columns::<TransferHead>("t")
    ));
    let locations = &viewer.actor().locations;
    let from = query.contained("t.from_location_id", locations, |id| id.0);
    let to = query.contained("t.to_location_id", locations, |id| id.0);
    if let (Some(from), Some(to)) = (from, to) {
        query.push(&format!(" AND ({from} OR {to})"));
    }
    query
}

fn read(row: &mut Row) -> Result<TransferRow, StoreError> {
    Ok(TransferRow { head: TransferHead::read(row)?, from: row.take()?, to: row.take()?, lines: Vec::new() })
}

/// Transfers that leave or reach one of the viewer's locations.
pub async fn transfers(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &TransferFilter,
    page: &PageRequest,
) -> Result<Page<TransferRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = base(viewer);
    query.and_some("t.state = ?", filter.state.map(Code::code));
    query.and_some("? IN (a.code, b.code)", filter.location.as_deref());
    if let Some(after) = &page.after {
        let key = cursor::decode(after, &[ColumnKind::Id])?;
        query.and("t.id < ?", key.into_iter().next().unwrap_or(Value::Null));
    }
    query.order_and_limit("t.id DESC", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut page = Page::cut(rows, page.limit(), |row| vec![Value::Id(row.head.id.0)]);
    fill(store, &mut page.rows).await?;
    Ok(page)
}

pub async fn transfer(store: &dyn Store, viewer: &Viewer, id: TransferId) -> Result<Option<TransferRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = base(viewer);
    query.and("t.id = ?", id.0);
    let mut found = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    fill(store, &mut found).await?;
    Ok(found.into_iter().next())
}

async fn fill(store: &dyn Store, transfers: &mut [TransferRow]) -> Result<(), ReadError> {
    if transfers.is_empty() {
        return Ok(());
    }
    let mut query = Query::new(format!(
        "SELECT {}, i.sku FROM transfer_lines r JOIN items i ON i.id = r.item_id WHERE r.transfer_id IN (",
        columns::<TransferLine>("r")
    ));
    let places: Vec<_> = transfers.iter().map(|transfer| query.bind(transfer.head.id.0)).collect();
    query.push(&places.join(", "));
    query.push(") ORDER BY r.transfer_id, r.number");
    for mut row in query.rows(store).await? {
        let line = TransferLine::read(&mut row)?;
        let sku = row.take()?;
        if let Some(transfer) = transfers.iter_mut().find(|transfer| transfer.head.id == line.transfer_id) {
            transfer.lines.push((line, sku));
        }
    }
    Ok(())
}
