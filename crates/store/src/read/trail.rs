//! Who did what to what, and when: the log from its end backwards.

use super::events::{ShownEvent, WINDOW, scope};
use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::tables::{EventRecord, Session};
use crate::value::Row;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::{ApiKeyId, Id, UserId};
use waybill_domain::order::OrderNumber;
use waybill_domain::time::Timestamp;

/// What of the trail is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailFilter {
    /// What this user did.
    pub user: Option<UserId>,
    /// What people did, not programs and Waybill itself.
    pub people: bool,
    /// Only this kind of event.
    pub kind: Option<String>,
    /// Only what was done to this.
    pub subject: Option<Id>,
    /// Behind this position only; the beginning of the log when not said.
    pub after: Option<i64>,
    /// Behind this position; the end of the log when not said.
    pub before: Option<i64>,
    /// 1 to 200, 50 when not said.
    pub limit: Option<u32>,
}

/// An event with the names that people know its actor and its subject by.
#[derive(Clone, Debug, PartialEq)]
pub struct TrailEntry {
    pub event: ShownEvent,
    /// Of the user or the key who did it, where there is one.
    pub name: Option<String>,
    /// An order's number, an item's SKU, a location's code: of what it was done to, where that has one.
    pub subject: Option<String>,
    /// Network addresses of the sessions that the user had at that time, each once: one of them is where it was done. None for
    /// whoever needs no session, and where the sessions are no longer kept.
    pub addresses: Vec<String>,
}

/// A stretch of the trail, the latest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    pub entries: Vec<TrailEntry>,
    /// Ask on before this position; None at the beginning of the log.
    pub next_before: Option<i64>,
}

/// For how long a session may be used beyond what is noted of it, in seconds.
const UNNOTED_S: i64 = Session::SEEN_S + Session::REMEMBERED_S;

/// Sessions looked at for one answer, the latest first.
const VISITS_MAX: usize = 500;

/// At most so many positions are looked at for one answer, unless those of one user or of one subject are asked for: they are
/// found by themselves.
pub async fn trail(store: &dyn Store, viewer: &Viewer, filter: &TrailFilter) -> Result<Trail, ReadError> {
    viewer.must(&[Permission::AuditRead])?;
    let limit = filter.limit.unwrap_or(50).clamp(1, 200) as usize;
    let head = Query::new("SELECT position FROM log_head WHERE id = 1").rows(store).await?;
    let head: i64 = head.into_iter().next().map_or(Ok(0), |mut row| row.take())?;
    let before = filter.before.unwrap_or(i64::MAX).clamp(1, head + 1);
    let least = filter.after.unwrap_or(0).max(0);
    let is_found = filter.user.is_some() || filter.subject.is_some();
    let floor = if is_found { least } else { (before - 1 - WINDOW).max(least) };
    let mut query = Query::new(format!("SELECT {} FROM events e WHERE TRUE", columns::<EventRecord>("e")));
    query.and("e.position < ?", before);
    query.and("e.position > ?", floor);
    if filter.people || filter.user.is_some() {
        // As the index says it.
        query.push(" AND e.actor >= 'usr_' AND e.actor < 'usr`'");
    }
    query.and_some("e.actor = ?", filter.user.map(|user| user.to_string()));
    query.and_some("e.kind = ?", filter.kind.as_deref());
    query.and_some("e.aggregate_id = ?", filter.subject);
    scope(&mut query, viewer);
    query.order_and_limit("e.position DESC", limit);
    let rows = query.rows(store).await?;
    let events = rows.into_iter().map(|mut row| EventRecord::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    let reached = match events.last() {
        Some(last) if events.len() == limit => last.position,
        _ => floor + 1,
    };
    let names = names(store, &events).await?;
    let subjects = subjects(store, &events).await?;
    let visits = visits(store, &events).await?;
    let named = |event: EventRecord| TrailEntry {
        name: names.get(&event.actor).cloned(),
        subject: subjects.get(&event.aggregate_id).cloned(),
        addresses: from(&visits, &event),
        event: event.into(),
    };
    Ok(Trail {
        entries: events.into_iter().map(named).collect(),
        next_before: (reached > least + 1).then_some(reached),
    })
}

/// The last position that was recorded before a moment; 0 where all came later. A process's clock may have jumped: then it
/// is one of those around the moment.
pub async fn position_before(store: &dyn Store, viewer: &Viewer, at: Timestamp) -> Result<i64, ReadError> {
    viewer.must(&[Permission::AuditRead])?;
    let (mut before, mut from) = (0, super::overview::position(store).await? + 1);
    while from - before > 1 {
        let middle = before + (from - before) / 2;
        let mut query = Query::new("SELECT e.recorded_at FROM events e WHERE TRUE");
        query.and("e.position = ?", middle);
        let found: Option<Timestamp> = query.rows(store).await?.first_mut().map(Row::take).transpose()?;
        match found {
            Some(recorded) if recorded < at => before = middle,
            _ => from = middle,
        }
    }
    Ok(before)
}

/// What somebody calls by its number, SKU or code.
pub async fn called(store: &dyn Store, viewer: &Viewer, text: &str) -> Result<Option<Id>, ReadError> {
    viewer.must(&[Permission::AuditRead])?;
    let number: Option<OrderNumber> = text.to_ascii_uppercase().parse().ok();
    let mut queries = Vec::new();
    if let Some(OrderNumber(number)) = number {
        let mut query = Query::new("SELECT o.id FROM orders o WHERE TRUE");
        query.and("o.number = ?", number);
        queries.push(query);
    }
    for (table, column) in [("items", "sku"), ("locations", "code"), ("channels", "code"), ("customers", "code")] {
        let mut query = Query::new(format!("SELECT t.id FROM {table} t WHERE TRUE"));
        query.and(&format!("t.{column} = ?"), text);
        queries.push(query);
    }
    let found = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?;
    Ok(found.into_iter().flatten().next().map(|mut row| row.take()).transpose()?)
}

/// What people call a subject, by its kind.
const SUBJECTS: [(AggregateKind, &str, &str); 8] = [
    (AggregateKind::Order, "SELECT o.id, 'W-' || CAST(o.number AS TEXT) FROM orders o WHERE TRUE", "o.id"),
    (AggregateKind::Item, "SELECT i.id, i.sku FROM items i WHERE TRUE", "i.id"),
    (AggregateKind::Location, "SELECT l.id, l.code FROM locations l WHERE TRUE", "l.id"),
    (AggregateKind::Channel, "SELECT c.id, c.code FROM channels c WHERE TRUE", "c.id"),
    (AggregateKind::Customer, "SELECT c.id, c.code FROM customers c WHERE TRUE", "c.id"),
    (AggregateKind::User, USERS, "u.id"),
    (AggregateKind::ApiKey, KEYS, "k.id"),
    (AggregateKind::WebhookEndpoint, "SELECT w.id, w.name FROM webhook_endpoints w WHERE TRUE", "w.id"),
];

const USERS: &str = "SELECT u.id, p.name FROM users u JOIN parties p ON p.id = u.party_id WHERE p.name IS NOT NULL";
const KEYS: &str = "SELECT k.id, k.name FROM api_keys k WHERE TRUE";

/// What people call the subjects of events.
async fn subjects(store: &dyn Store, events: &[EventRecord]) -> Result<BTreeMap<Id, String>, ReadError> {
    let mut names = BTreeMap::new();
    for (kind, sql, column) in SUBJECTS {
        let ids = events.iter().filter(|event| event.aggregate_kind == kind).map(|event| event.aggregate_id);
        names.extend(named(store, sql, column, ids).await?);
    }
    Ok(names)
}

/// From when until when a user may have acted in a session, and its address.
struct Visit {
    actor: String,
    from: Timestamp,
    until: Timestamp,
    address: String,
}

/// The sessions that users had while these events were recorded.
async fn visits(store: &dyn Store, events: &[EventRecord]) -> Result<Vec<Visit>, ReadError> {
    let mut users: Vec<Id> =
        events.iter().filter_map(|event| event.actor.parse::<UserId>().ok()).map(|id| id.0).collect();
    users.sort_unstable();
    users.dedup();
    let at = || events.iter().map(|event| event.recorded_at);
    let (Some(first), Some(last)) = (at().min(), at().max()) else { return Ok(Vec::new()) };
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut query =
        Query::new("SELECT s.user_id, s.created_at, s.seen_at, s.ended_at, s.address FROM sessions s WHERE TRUE");
    let places: Vec<String> = users.into_iter().map(|id| query.bind(id)).collect();
    query.push(&format!(" AND s.user_id IN ({}) AND s.address IS NOT NULL", places.join(", ")));
    query.and("s.created_at <= ?", last.0);
    query.and("s.seen_at >= ?", first.plus_seconds(-UNNOTED_S).0);
    query.order_and_limit("s.created_at DESC", VISITS_MAX);
    let visit = |row: &mut Row| {
        let (user, from, seen): (Id, Timestamp, Timestamp) = (row.take()?, row.take()?, row.take()?);
        let (ended, address): (Option<Timestamp>, String) = (row.take()?, row.take()?);
        let until = ended.unwrap_or_else(|| seen.plus_seconds(UNNOTED_S));
        Ok(Visit { actor: UserId(user).to_string(), from, until, address })
    };
    Ok(query.rows(store).await?.iter_mut().map(visit).collect::<Result<_, StoreError>>()?)
}

/// Where whoever did this may have been.
fn from(visits: &[Visit], event: &EventRecord) -> Vec<String> {
    let at = event.recorded_at;
    let then = visits.iter().filter(|visit| visit.actor == event.actor && (visit.from..=visit.until).contains(&at));
    let mut addresses: Vec<String> = then.map(|visit| visit.address.clone()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// Names of the users and keys who acted.
async fn names(store: &dyn Store, events: &[EventRecord]) -> Result<BTreeMap<String, String>, ReadError> {
    let mut names = BTreeMap::new();
    let users = events.iter().filter_map(|event| event.actor.parse::<UserId>().ok()).map(|id| id.0);
    for (id, name) in named(store, USERS, "u.id", users).await? {
        names.insert(UserId(id).to_string(), name);
    }
    let keys = events.iter().filter_map(|event| event.actor.parse::<ApiKeyId>().ok()).map(|id| id.0);
    for (id, name) in named(store, KEYS, "k.id", keys).await? {
        names.insert(ApiKeyId(id).to_string(), name);
    }
    Ok(names)
}

async fn named(
    store: &dyn Store,
    sql: &str,
    column: &str,
    ids: impl Iterator<Item = Id>,
) -> Result<Vec<(Id, String)>, ReadError> {
    let mut ids: Vec<Id> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(sql);
    let places: Vec<String> = ids.into_iter().map(|id| query.bind(id)).collect();
    query.push(&format!(" AND {column} IN ({})", places.join(", ")));
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect::<Result<_, StoreError>>()?)
}
