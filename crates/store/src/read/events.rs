//! The log from a position on, for consumers that keep a cursor.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::record::Record;
use crate::record::columns;
use crate::tables::EventRecord;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::attempt::Origin;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::*;

/// Positions looked at for one answer at most, so that a filter that matches little stays quick.
pub const WINDOW: i64 = 20_000;

/// What a consumer takes.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only these kinds; empty for all.
    pub kinds: Vec<String>,
    /// Only these origins; empty for all.
    pub origins: Vec<Origin>,
}

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub events: Vec<EventRecord>,
    /// Ask on from here: everything up to this position was looked at.
    pub next_after: i64,
    /// The log's latest position.
    pub head: i64,
}

/// An event as it is shown outside, the same to whoever reads the feed and to whoever is sent it. No personal data.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ShownEvent {
    /// Global, without gaps, in commit order.
    pub position: i64,
    pub id: String,
    pub kind: String,
    /// The version of the payload's shape.
    pub version: i64,
    /// What it happened to.
    pub subject_kind: String,
    pub subject_id: String,
    /// Within the subject, from 1.
    pub sequence: i64,
    pub actor: String,
    pub origin: String,
    pub happened_at: String,
    pub recorded_at: String,
    pub payload: serde_json::Value,
}

impl From<EventRecord> for ShownEvent {
    fn from(record: EventRecord) -> Self {
        Self {
            position: record.position,
            id: record.id.to_string(),
            kind: record.kind,
            version: record.version,
            subject_kind: record.aggregate_kind.to_string(),
            subject_id: subject(record.aggregate_kind, record.aggregate_id),
            sequence: record.sequence,
            actor: record.actor,
            origin: record.origin.to_string(),
            happened_at: record.happened_at.to_string(),
            recorded_at: record.recorded_at.to_string(),
            payload: serde_json::from_str(&record.payload).unwrap_or(serde_json::Value::Null),
        }
    }
}

/// The typed id of a root, as shown outside.
pub fn subject(kind: AggregateKind, id: Id) -> String {
    match kind {
        AggregateKind::Order => OrderId(id).to_string(),
        AggregateKind::Item => ItemId(id).to_string(),
        AggregateKind::Location => LocationId(id).to_string(),
        AggregateKind::Channel => ChannelId(id).to_string(),
        AggregateKind::Customer => CustomerId(id).to_string(),
        AggregateKind::StockDocument => StockDocumentId(id).to_string(),
        AggregateKind::Transfer => TransferId(id).to_string(),
        AggregateKind::Reservation => ReservationId(id).to_string(),
        AggregateKind::ApiKey => ApiKeyId(id).to_string(),
        AggregateKind::Settings => "settings".to_owned(),
        AggregateKind::WebhookEndpoint => WebhookEndpointId(id).to_string(),
        AggregateKind::User => UserId(id).to_string(),
    }
}

/// At most `limit` (1 to 1,000) events after a position. A viewer with a scope gets the events of orders in its channels
/// and of stock in its locations, and those of the catalog.
pub async fn after(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &EventFilter,
    after: i64,
    limit: usize,
) -> Result<Feed, ReadError> {
    viewer.must(&[Permission::EventsRead])?;
    let after = after.clamp(0, i64::MAX - WINDOW);
    let limit = limit.clamp(1, 1_000);
    let mut query = Query::new(format!("SELECT {} FROM events e WHERE TRUE", columns::<EventRecord>("e")));
    query.and("e.position > ?", after);
    query.and("e.position <= ?", after + WINDOW);
    one_of(&mut query, "e.kind", filter.kinds.iter().map(String::as_str));
    one_of(&mut query, "e.origin", filter.origins.iter().map(|origin| origin.code()));
    scope(&mut query, viewer);
    query.order_and_limit("e.position", limit);
    let head = Query::new("SELECT position FROM log_head WHERE id = 1");
    let mut found = Query::together(&[&head, &query], store).await?.into_iter();
    let head = found.next().unwrap_or_default().first_mut().map_or(Ok(0), |row| row.take())?;
    let rows = found.next().unwrap_or_default();
    let events = rows.into_iter().map(|mut row| EventRecord::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    let full = events.len() == limit;
    let next_after = match events.last() {
        Some(last) if full => last.position,
        _ => after.max(head.min(after + WINDOW)),
    };
    Ok(Feed { events, next_after, head })
}

fn one_of<'a>(query: &mut Query, column: &str, values: impl Iterator<Item = &'a str>) {
    let places: Vec<_> = values.map(|value| query.bind(value)).collect();
    if !places.is_empty() {
        query.push(&format!(" AND {column} IN ({})", places.join(", ")));
    }
}

/// Only what lies within the viewer's scope.
pub(super) fn scope(query: &mut Query, viewer: &Viewer) {
    let actor = viewer.actor();
    if actor.is_unscoped() {
        return;
    }
    let mut seen = vec!["e.aggregate_kind IN ('item', 'location', 'channel', 'customer')".to_owned()];
    let order = query.contained("o.channel_id", &actor.channels, |id| id.0).unwrap_or_else(|| "TRUE".into());
    seen.push(format!(
        "(e.aggregate_kind = 'order' AND EXISTS (SELECT 1 FROM orders o WHERE o.id = e.aggregate_id AND {order}))"
    ));
    let document = query.contained("d.location_id", &actor.locations, |id| id.0).unwrap_or_else(|| "TRUE".into());
    seen.push(format!(
        "(e.aggregate_kind = 'stock_document' AND EXISTS \
         (SELECT 1 FROM stock_documents d WHERE d.id = e.aggregate_id AND {document}))"
    ));
    let reserved = query.contained("r.location_id", &actor.locations, |id| id.0).unwrap_or_else(|| "TRUE".into());
    let reserved_for = query.contained("r.channel_id", &actor.channels, |id| id.0).unwrap_or_else(|| "TRUE".into());
    seen.push(format!(
        "(e.aggregate_kind = 'reservation' AND EXISTS (SELECT 1 FROM reservations r \
         WHERE r.id = e.aggregate_id AND {reserved} AND (r.channel_id IS NULL OR {reserved_for})))"
    ));
    let from = query.contained("t.from_location_id", &actor.locations, |id| id.0).unwrap_or_else(|| "TRUE".into());
    let to = query.contained("t.to_location_id", &actor.locations, |id| id.0).unwrap_or_else(|| "TRUE".into());
    seen.push(format!(
        "(e.aggregate_kind = 'transfer' AND EXISTS \
         (SELECT 1 FROM transfers t WHERE t.id = e.aggregate_id AND ({from} OR {to})))"
    ));
    query.push(&format!(" AND ({})", seen.join(" OR ")));
}
