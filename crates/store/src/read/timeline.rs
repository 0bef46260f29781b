//! What happened to one thing, in order.

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::record::Record;
use crate::record::columns;
use crate::tables::EventRecord;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::event::Event;
use waybill_domain::ids::{CustomerId, Id, OrderId, TextId, UserId};
use waybill_domain::time::Timestamp;

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
    events(store, query).await
}

async fn events(store: &dyn Store, query: Query) -> Result<Vec<EventRecord>, ReadError> {
    Ok(query.rows(store).await?.iter_mut().map(EventRecord::read).collect::<Result<Vec<_>, _>>()?)
}

/// A note on an order or about a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub id: TextId,
    /// The order or the customer.
    pub about: Id,
    /// The log position of its event.
    pub position: i64,
    pub happened_at: Timestamp,
    /// Who wrote it, as the log names principals.
    pub actor: String,
    /// None where it was erased.
    pub text: Option<String>,
    /// Colleagues whom it names.
    pub mentions: Vec<UserId>,
}

/// The notes on an order, the oldest first, at most [`EVENTS_MAX`].
pub async fn notes(store: &dyn Store, viewer: &Viewer, order_id: OrderId) -> Result<Vec<Note>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    notes_where(store, viewer, base(order_id.0, 0)).await
}

/// The notes on some orders, the oldest first of each order, at most [`EVENTS_MAX`].
pub async fn notes_on(store: &dyn Store, viewer: &Viewer, orders: &[OrderId]) -> Result<Vec<Note>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let mut query =
        Query::new(format!("SELECT {} FROM events e WHERE e.aggregate_id IN (", columns::<EventRecord>("e")));
    let places: Vec<String> = orders.iter().map(|id| query.bind(id.0)).collect();
    query.push(&format!("{})", places.join(", ")));
    notes_where(store, viewer, query).await
}

/// The latest notes about a customer, the newest first, at most `most` and [`EVENTS_MAX`].
pub async fn notes_about(
    store: &dyn Store,
    viewer: &Viewer,
    customer_id: CustomerId,
    most: usize,
) -> Result<Vec<Note>, ReadError> {
    viewer.must(&[Permission::CustomersRead])?;
    let mut query = base(customer_id.0, 0);
    query.and("e.kind = ?", "customer.note_added");
    query.order_and_limit("e.sequence DESC", most.min(EVENTS_MAX));
    written(store, query).await
}

async fn notes_where(store: &dyn Store, viewer: &Viewer, mut query: Query) -> Result<Vec<Note>, ReadError> {
    query.and("e.kind = ?", "order.note_added");
    query.push(" AND EXISTS (SELECT 1 FROM orders o WHERE o.id = e.aggregate_id");
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.push(")");
    query.order_and_limit("e.sequence", EVENTS_MAX);
    written(store, query).await
}

async fn written(store: &dyn Store, query: Query) -> Result<Vec<Note>, ReadError> {
    let events = events(store, query).await?;
    of_events(store, events).await
}

/// The notes of some events, with what they say.
pub(super) async fn of_events(store: &dyn Store, events: Vec<EventRecord>) -> Result<Vec<Note>, ReadError> {
    let noted = |event: &EventRecord| match Event::decode(&event.kind, event.version, &event.payload) {
        Ok(Event::NoteAdded(note)) => Some((note.note, note.order.0, note.mentions)),
        Ok(Event::CustomerNoteAdded(note)) => Some((note.note, note.customer.0, note.mentions)),
        Ok(_) | Err(_) => None,
    };
    let notes: Vec<_> = events.into_iter().filter_map(|event| noted(&event).map(|note| (note, event))).collect();
    let mut texts = texts(store, &notes.iter().map(|((id, ..), _)| *id).collect::<Vec<_>>()).await?;
    let note = |((id, about, mentions), event): ((TextId, Id, Vec<UserId>), EventRecord)| Note {
        id,
        about,
        mentions,
        position: event.position,
        happened_at: event.happened_at,
        actor: event.actor,
        text: texts.remove(&id),
    };
    Ok(notes.into_iter().map(note).collect())
}

/// Free texts by their ids; what was erased is left out.
async fn texts(store: &dyn Store, ids: &[TextId]) -> Result<BTreeMap<TextId, String>, ReadError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut query = Query::new("SELECT t.id, t.body FROM texts t WHERE t.id IN (");
    let places: Vec<String> = ids.iter().map(|id| query.bind(id.0)).collect();
    query.push(&places.join(", "));
    query.push(")");
    let mut found = BTreeMap::new();
    for mut row in query.rows(store).await? {
        let id = row.take::<TextId>()?;
        if let Some(text) = row.take::<Option<String>>()? {
            found.insert(id, text);
        }
    }
    Ok(found)
}
