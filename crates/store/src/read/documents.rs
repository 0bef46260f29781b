//! Receipts and adjustments of stock, newest first.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::{Record, columns};
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::event::Event;
use waybill_domain::ids::StockDocumentId;
use waybill_domain::stock::document::{StockDocument, StockDocumentKind};

/// A document with the event that it stands for.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    pub document: StockDocument,
    /// The location's code.
    pub location: String,
    /// What was booked; None where a later version wrote it.
    pub event: Option<Event>,
    pub actor: String,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct DocumentFilter {
    pub kind: Option<StockDocumentKind>,
}

fn base(viewer: &Viewer) -> Query {
    let mut query = Query::new(format!(
        "SELECT {}, l.code, e.kind, e.version, e.payload, e.actor FROM stock_documents d \
         JOIN locations l ON l.id = d.location_id LEFT JOIN events e ON e.aggregate_id = d.id AND e.sequence = 1 WHERE TRUE",
        columns::<StockDocument>("d")
    ));
    query.within("d.location_id", &viewer.actor().locations, |id| id.0);
    query
}

fn read(row: &mut Row) -> Result<DocumentRow, StoreError> {
    let (document, location) = (StockDocument::read(row)?, row.take()?);
    let (kind, version): (Option<String>, Option<i64>) = (row.take()?, row.take()?);
    let (payload, actor): (Option<String>, Option<String>) = (row.take()?, row.take()?);
    let parts = kind.zip(version).zip(payload);
    let event = parts.and_then(|((kind, version), payload)| Event::decode(&kind, version, &payload).ok());
    Ok(DocumentRow { document, location, event, actor: actor.unwrap_or_default() })
}

/// Documents of the viewer's locations.
pub async fn documents(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &DocumentFilter,
    page: &PageRequest,
) -> Result<Page<DocumentRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = base(viewer);
    query.and_some("d.kind = ?", filter.kind.map(Code::code));
    if let Some(after) = &page.after {
        let key = cursor::decode(after, &[ColumnKind::Id])?;
        query.and("d.id < ?", key.into_iter().next().unwrap_or(Value::Null));
    }
    query.order_and_limit("d.id DESC", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.document.id.0)]))
}

/// Some documents (200 at most), in no order.
pub async fn some(store: &dyn Store, viewer: &Viewer, ids: &[StockDocumentId]) -> Result<Vec<DocumentRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = base(viewer);
    let places: Vec<_> = ids.iter().take(200).map(|id| query.bind(id.0)).collect();
    query.push(&format!(" AND d.id IN ({})", places.join(", ")));
    Ok(query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?)
}
