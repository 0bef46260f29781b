//! Keeps the words that orders and customers are found by, the notes that colleagues are named in, and the customers' messages
//! that nobody has answered, following the log from a cursor. Placing an order writes none.
//!
//! A slice of the log names orders and customers; what is true of them now is read, and their words are written together
//! with the cursor, as are the notes for whom they name. Doing a slice again changes nothing. An old store is read from its
//! first event.

use super::projection::{Projection, Slice, end, stored};
use crate::core::Shared;
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::actor::Principal;
use waybill_domain::event::Event;
use waybill_domain::ids::{Id, UserId};
use waybill_domain::personal::Party;
use waybill_store::StoreError;
use waybill_store::search::words;
use waybill_store::value::{Row, Value};

/// Events of orders and customers taken in one slice.
const SLICE: i64 = 200;
/// Positions passed in one slice at most, however few of them matter; as many may be looked at again each time while
/// nothing matters.
const WINDOW: i64 = 1_000;
/// Lines of an order whose SKUs are words.
const LINES_MAX: i64 = 100;
/// Rows written by one statement.
const ROWS: usize = 64;

const NAME: &str = "search";

/// The next events that matter, and the log's head.
const HEAD: &str = "SELECT position FROM log_head WHERE id = 1";
const NEXT: &str = "SELECT e.position FROM events e WHERE e.position > $1 AND e.position <= $2 \
     AND e.kind IN ('order.drafted', 'order.placed', 'order.note_added', 'customer.created', 'customer.changed', \
     'customer.note_added') \
     ORDER BY e.position LIMIT $3";
/// What a slice names, with who that is now.
const ORDERS: &str = "SELECT o.id, p.name, p.company, p.email, p.phone FROM events e \
     JOIN orders o ON o.id = e.aggregate_id LEFT JOIN parties p ON p.id = o.party_id \
     WHERE e.position > $1 AND e.position <= $2 AND e.kind IN ('order.drafted', 'order.placed') \
     AND o.party_id IS NOT NULL";
const LINES: &str = "SELECT l.order_id, l.sku FROM events e JOIN order_lines l ON l.order_id = e.aggregate_id \
     WHERE e.position > $1 AND e.position <= $2 AND e.kind IN ('order.drafted', 'order.placed') AND l.number <= $3";
const CUSTOMERS: &str = "SELECT c.id, p.name, p.company, p.email, p.phone FROM events e \
     JOIN customers c ON c.id = e.aggregate_id LEFT JOIN parties p ON p.id = c.party_id \
     WHERE e.position > $1 AND e.position <= $2 AND e.kind IN ('customer.created', 'customer.changed')";

const NOTES: &str = "SELECT e.position, e.aggregate_id, e.kind, e.version, e.payload FROM events e \
     WHERE e.position > $1 AND e.position <= $2 AND e.kind IN ('order.note_added', 'customer.note_added')";

/// Of two processes that both think they have the lease, the one that comes late moves nothing.
const ADVANCE: &str = "UPDATE cursors SET position = $2 WHERE name = $1 AND position = $3";
const MENTION: &str = "INSERT INTO unread_mentions (user_id, position) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const ANSWERED: &str = "DELETE FROM waiting_messages WHERE order_id = $1";
/// The customer's first message behind the last note of anybody else, which is its answer.
const WAITING: &str = "INSERT INTO waiting_messages (order_id, position, since) \
     SELECT e.aggregate_id, e.position, e.happened_at FROM events e \
     WHERE e.aggregate_id = $1 AND e.kind = 'order.note_added' AND e.actor = $2 AND e.position > COALESCE((\
     SELECT MAX(n.position) FROM events n WHERE n.aggregate_id = $1 AND n.kind = 'order.note_added' AND n.actor <> $2), 0) \
     ORDER BY e.position LIMIT 1";
const FORGET_ORDER: &str = "DELETE FROM order_words WHERE order_id = $1";
const FORGET_CUSTOMER: &str = "DELETE FROM customer_words WHERE customer_id = $1";

/// What the worker reads, for the test of their plans.
#[cfg(test)]
pub(super) fn reads() -> [&'static str; 5] {
    [NEXT, ORDERS, LINES, CUSTOMERS, NOTES]
}

/// Of orders and customers.
pub(super) struct Words;

#[async_trait]
impl Projection for Words {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn take(&self, shared: &Shared, at: &mut Option<i64>) -> Result<Slice, StoreError> {
        let from = match *at {
            Some(from) => from,
            None => stored(shared, NAME).await?,
        };
        let window = [Value::Int(from), Value::Int(from.saturating_add(WINDOW)), Value::Int(SLICE)];
        let mut found = shared.store.read_together(&[(HEAD, &[]), (NEXT, &window)]).await?.into_iter();
        let mut head = found.next().unwrap_or_default();
        let positions = found.next().unwrap_or_default().iter_mut().map(Row::take).collect::<Result<Vec<i64>, _>>()?;
        let (head, upto) = end(&mut head, &positions, from, WINDOW, SLICE as usize)?;
        let is_named = !positions.is_empty();
        // A cursor that only passed what does not matter is written when it has come far.
        if is_named || upto >= from + WINDOW {
            let mut statements = if is_named { changes(shared, from, upto).await? } else { Vec::new() };
            statements.push((ADVANCE.to_owned(), vec![Value::from(NAME), Value::Int(upto), Value::Int(from)]));
            let moved = write(shared, &statements).await?;
            if moved.last() == Some(&0) {
                // Somebody else took this slice and may have gone on to an event that erased some of it.
                write(shared, &changes(shared, from, upto).await?).await?;
                *at = None;
                return Ok(Slice::More);
            }
            *at = Some(upto);
        }
        Ok(if upto < head { Slice::More } else { Slice::CaughtUp })
    }
}

type Statement = (String, Vec<Value>);

async fn write(shared: &Shared, statements: &[Statement]) -> Result<Vec<u64>, StoreError> {
    let statements: Vec<(&str, &[Value])> =
        statements.iter().map(|(sql, params)| (sql.as_str(), params.as_slice())).collect();
    shared.store.execute(&statements).await
}

/// What makes the words of everything that a stretch of the log names those of now.
async fn changes(shared: &Shared, from: i64, upto: i64) -> Result<Vec<Statement>, StoreError> {
    let bounds = [Value::Int(from), Value::Int(upto), Value::Int(LINES_MAX)];
    let asked = [(ORDERS, &bounds[..2]), (LINES, &bounds[..]), (CUSTOMERS, &bounds[..2]), (NOTES, &bounds[..2])];
    let mut found = shared.store.read_together(&asked).await?.into_iter();
    let mut next = || found.next().unwrap_or_default();
    let (orders, lines, customers, notes) = (parties(next())?, next(), parties(next())?, next());

    let mut statements = Vec::new();
    let mut of_orders: BTreeSet<(String, Id)> = BTreeSet::new();
    for (id, party) in orders {
        // Erased.
        if party == Party::default() {
            statements.push((FORGET_ORDER.to_owned(), vec![Value::Id(id)]));
        }
        of_orders.extend(words::of_party(&party).into_iter().map(|word| (word, id)));
    }
    for mut row in lines {
        let (id, sku): (Id, String) = (row.take()?, row.take()?);
        of_orders.extend(words::of_sku(&sku).into_iter().map(|word| (word, id)));
    }
    let mut of_customers = BTreeSet::new();
    for (id, party) in customers {
        // Those of the names before go.
        statements.push((FORGET_CUSTOMER.to_owned(), vec![Value::Id(id)]));
        of_customers.extend(words::of_party(&party).into_iter().map(|word| (word, id)));
    }
    insert("order_words (word, order_id)", of_orders, &mut statements);
    insert("customer_words (word, customer_id)", of_customers, &mut statements);
    let Notes { mentions, orders } = read_notes(notes)?;
    for (user_id, position) in mentions {
        statements.push((MENTION.to_owned(), vec![Value::Id(user_id.0), Value::Int(position)]));
    }
    let customer = Value::from(Principal::CUSTOMER.to_string().as_str());
    for order in orders {
        statements.push((ANSWERED.to_owned(), vec![Value::Id(order)]));
        statements.push((WAITING.to_owned(), vec![Value::Id(order), customer.clone()]));
    }
    Ok(statements)
}

/// What the notes of a slice say.
#[derive(Default)]
struct Notes {
    /// Whom each names, with where it is in the log.
    mentions: Vec<(UserId, i64)>,
    /// The orders that they are about.
    orders: BTreeSet<Id>,
}

fn read_notes(rows: Vec<Row>) -> Result<Notes, StoreError> {
    let mut notes = Notes::default();
    for mut row in rows {
        let (position, about): (i64, Id) = (row.take()?, row.take()?);
        let (kind, version, payload): (String, i64, String) = (row.take()?, row.take()?, row.take()?);
        let named = match Event::decode(&kind, version, &payload).map_err(StoreError::Damaged)? {
            Event::NoteAdded(note) => {
                notes.orders.insert(about);
                note.mentions
            }
            Event::CustomerNoteAdded(note) => note.mentions,
            _ => Vec::new(),
        };
        notes.mentions.extend(named.into_iter().map(|user_id| (user_id, position)));
    }
    Ok(notes)
}

/// Each thing once, with the party it has now.
fn parties(rows: Vec<Row>) -> Result<BTreeMap<Id, Party>, StoreError> {
    let read = |mut row: Row| {
        let id = row.take()?;
        Ok((id, Party { name: row.take()?, company: row.take()?, email: row.take()?, phone: row.take()? }))
    };
    rows.into_iter().map(read).collect()
}

/// Inserts in the order of the words, which is that of the index.
fn insert(columns: &str, words: BTreeSet<(String, Id)>, statements: &mut Vec<Statement>) {
    let places: Vec<_> = (0..ROWS).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
    let sql = format!("INSERT INTO {columns} VALUES {} ON CONFLICT DO NOTHING", places.join(", "));
    let words: Vec<_> = words.into_iter().collect();
    for rows in words.chunks(ROWS) {
        // The last row fills the places that are left.
        let filled = rows.iter().chain(rows.last().into_iter().cycle()).take(ROWS);
        let params = filled.flat_map(|(word, id)| [Value::from(word.as_str()), Value::Id(*id)]);
        statements.push((sql.clone(), params.collect()));
    }
}
