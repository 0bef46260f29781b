//! Webhook endpoints, how far each has come, and what was tried. Secrets are not among what is read here.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::tables::WebhookAttempt;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::attempt::Origin;
use waybill_domain::ids::WebhookEndpointId;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{DisabledReason, EndpointState};

/// An endpoint with how its deliveries stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRow {
    pub id: WebhookEndpointId,
    pub name: String,
    pub url: EndpointUrl,
    pub kinds: EventKinds,
    pub origins: Vec<Origin>,
    pub ordered: bool,
    pub state: EndpointState,
    pub disabled_because: Option<DisabledReason>,
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// Until when requests are signed with the secret before, too.
    pub previous_until: Option<Timestamp>,
    pub version: i64,
    /// Everything in the log up to here was delivered, is not for it, or waits to be tried again.
    pub position: i64,
    pub failing_since: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    /// Events that wait to be tried again.
    pub retries: i64,
    /// The log's latest position.
    pub head: i64,
}

const PERMISSIONS: &[Permission] = &[Permission::WebhooksRead, Permission::WebhooksWrite];

fn base() -> Query {
    Query::new(
        "SELECT w.id, w.name, w.url, w.kinds, w.origins, w.ordered, w.state, w.disabled_because, w.disabled_at, \
         w.created_at, w.previous_until, w.sequence, COALESCE(c.position, w.begins_after), c.failing_since, \
         c.delivered_at, (SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_retries r WHERE r.endpoint_id = w.id), \
         (SELECT h.position FROM log_head h WHERE h.id = 1) \
         FROM webhook_endpoints w LEFT JOIN webhook_cursors c ON c.endpoint_id = w.id WHERE TRUE",
    )
}

fn read(row: &mut Row) -> Result<EndpointRow, StoreError> {
    Ok(EndpointRow {
        id: row.take()?,
        name: row.take()?,
        url: row.take()?,
        kinds: row.take()?,
        origins: row.take()?,
        ordered: row.take()?,
        state: row.take()?,
        disabled_because: row.take()?,
        disabled_at: row.take()?,
        created_at: row.take()?,
        previous_until: row.take()?,
        version: row.take()?,
        position: row.take()?,
        failing_since: row.take()?,
        delivered_at: row.take()?,
        retries: row.take()?,
        head: row.take()?,
    })
}

/// How deliveries stand in all of a store, for operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub enabled: i64,
    pub disabled: i64,
    /// Events that wait to be tried again at enabled endpoints.
    pub retries: i64,
    /// Positions between the log's head and the enabled endpoint that is furthest behind.
    pub lag: i64,
    /// Since when the enabled endpoint that has failed the longest has taken nothing; None where all take.
    pub failing_since: Option<Timestamp>,
}

pub async fn standing(store: &dyn Store) -> Result<Standing, ReadError> {
    let query = Query::new(
        "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_endpoints WHERE state = 'enabled'), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_endpoints WHERE state = 'disabled'), \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM webhook_endpoints w JOIN webhook_retries r ON r.endpoint_id = w.id \
         WHERE w.state = 'enabled'), \
         (SELECT MAX(h.position - COALESCE(c.position, w.begins_after)) FROM webhook_endpoints w \
         LEFT JOIN webhook_cursors c ON c.endpoint_id = w.id JOIN log_head h ON h.id = 1 WHERE w.state = 'enabled'), \
         (SELECT MIN(c.failing_since) FROM webhook_endpoints w JOIN webhook_cursors c ON c.endpoint_id = w.id \
         WHERE w.state = 'enabled')",
    );
    let mut rows = query.rows(store).await?;
    let Some(row) = rows.first_mut() else { return Ok(Standing::default()) };
    Ok(Standing {
        enabled: row.take()?,
        disabled: row.take()?,
        retries: row.take()?,
        lag: row.take::<Option<i64>>()?.unwrap_or_default(),
        failing_since: row.take()?,
    })
}

/// Endpoints in the order of their creation; archived ones only where `state` says so.
pub async fn endpoints(
    store: &dyn Store,
    viewer: &Viewer,
    state: Option<EndpointState>,
    page: &PageRequest,
) -> Result<Page<EndpointRow>, ReadError> {
    viewer.must(PERMISSIONS)?;
    let mut query = base();
    match state {
        Some(state) => query.and("w.state = ?", state.code()),
        None => query.and("w.state <> ?", EndpointState::Archived.code()),
    }
    if let Some(after) = &page.after {
        query.after(&["w.id"], cursor::decode(after, &[ColumnKind::Id])?);
    }
    query.order_and_limit("w.id", page.limit() + 1);
    let rows = query.rows(store).await?;
    let rows = rows.into_iter().map(|mut row| read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.id.0)]))
}

/// One endpoint, an archived one too.
pub async fn endpoint(
    store: &dyn Store,
    viewer: &Viewer,
    id: WebhookEndpointId,
) -> Result<Option<EndpointRow>, ReadError> {
    viewer.must(PERMISSIONS)?;
    let mut query = base();
    query.and("w.id = ?", id.0);
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}

/// What was tried for an endpoint, the latest first.
pub async fn attempts(
    store: &dyn Store,
    viewer: &Viewer,
    id: WebhookEndpointId,
    page: &PageRequest,
) -> Result<Page<WebhookAttempt>, ReadError> {
    viewer.must(PERMISSIONS)?;
    let mut query = Query::new(format!("SELECT {} FROM webhook_attempts a WHERE TRUE", columns::<WebhookAttempt>("a")));
    query.and("a.endpoint_id = ?", id.0);
    if let Some(after) = &page.after {
        let key = cursor::decode(after, &[ColumnKind::Id])?;
        key.into_iter().for_each(|id| query.and("a.id < ?", id));
    }
    query.order_and_limit("a.id DESC", page.limit() + 1);
    let rows = query.rows(store).await?;
    let rows = rows.into_iter().map(|mut row| WebhookAttempt::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.id)]))
}
