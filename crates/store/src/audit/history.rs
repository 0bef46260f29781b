//! Follows one aggregate through the log: sequence, hash chain, postings; and folds it anew.

use super::laws::{Books, Unit};
use super::report::Findings;
use super::slice::Slice;
use crate::tables::{EventRecord, MoneyPostingRecord, StockPostingRecord};
use waybill_domain::Code;
use waybill_domain::chain::{Chain, Sealed, hex, seal};
use waybill_domain::event::{AggregateKind, Event};
use waybill_domain::ids::Id;
use waybill_domain::ledger::{MoneyPosting, StockKey, StockPosting};
use waybill_domain::world::World;

/// What an aggregate's events say.
#[derive(Debug)]
pub(super) struct History<'a> {
    pub(super) kind: AggregateKind,
    pub(super) id: Id,
    /// Nothing is missing or changed, so what the events fold to can be trusted.
    pub(super) whole: bool,
    pub(super) books: Books<'a>,
}

/// Checks an aggregate's events in their order and folds them into `world`, up to the first that is broken.
pub(super) fn follow<'a>(
    events: &'a [EventRecord],
    slice: &'a Slice,
    world: &mut World,
    findings: &mut Findings,
) -> History<'a> {
    let mut chain = Chain::default();
    let mut whole = true;
    let mut books = Books::default();
    for record in events {
        let stock = at(&slice.stock, record.position, |row| row.position);
        let money = at(&slice.money, record.position, |row| row.position);
        books.stock.extend(stock.iter().filter(|row| row.holder_id == Some(record.aggregate_id)).map(Unit::from));
        money.iter().for_each(|row| books.money.add(row));
        if !whole {
            continue;
        }
        match one(record, &chain, findings) {
            Some((event, next)) => {
                chain = next;
                stock_postings(record, &event.postings(), stock, findings);
                money_postings(record, &event.money_postings(), money, findings);
                world.refold(&event, chain, record.origin);
            }
            None => whole = false,
        }
    }
    if let (false, Some(record)) = (whole, events.first()) {
        // Half a history folds to something that never was.
        world.load_order(record.aggregate_id.into(), None);
    }
    let (kind, id) =
        events.first().map_or((AggregateKind::Settings, Id::NIL), |one| (one.aggregate_kind, one.aggregate_id));
    History { kind, id, whole, books }
}

/// The rows of one position.
fn at<T>(rows: &[T], position: i64, of: impl Fn(&T) -> i64) -> &[T] {
    let from = rows.partition_point(|row| of(row) < position);
    let count = rows[from..].iter().take_while(|row| of(row) == position).count();
    &rows[from..from + count]
}

/// The event and the chain with it, where the event is as it was written.
fn one(record: &EventRecord, chain: &Chain, findings: &mut Findings) -> Option<(Event, Chain)> {
    let key = || format!("position={} {} {}", record.position, record.kind, record.aggregate_id);
    if record.sequence != chain.sequence + 1 {
        findings.add("event.sequence", "events", key(), chain.sequence + 1, record.sequence);
        return None;
    }
    let next = seal(
        chain,
        &Sealed {
            event_id: record.id.0,
            aggregate_kind: record.aggregate_kind.code(),
            aggregate_id: record.aggregate_id,
            kind: &record.kind,
            version: record.version,
            actor: &record.actor,
            origin: record.origin.code(),
            cause: record.cause,
            happened_at: record.happened_at.0,
            recorded_at: record.recorded_at.0,
            payload: &record.payload,
        },
    );
    if next.hash != record.hash {
        findings.add("event.hash", "events", key(), hex(&next.hash), hex(&record.hash));
        return None;
    }
    let event = match Event::decode(&record.kind, record.version, &record.payload) {
        Ok(event) => event,
        Err(error) => {
            findings.add("event.unreadable", "events", key(), "an event", error);
            return None;
        }
    };
    let aggregate = event.aggregate();
    if aggregate.kind != record.aggregate_kind || aggregate.id != record.aggregate_id {
        let found = format!("{} {}", aggregate.kind, aggregate.id);
        findings.add(
            "event.aggregate",
            "events",
            key(),
            format!("{} {}", record.aggregate_kind, record.aggregate_id),
            found,
        );
        return None;
    }
    Some((event, next))
}

fn stock_postings(
    record: &EventRecord,
    expected: &[StockPosting],
    found: &[StockPostingRecord],
    findings: &mut Findings,
) {
    for n in 0..expected.len().max(found.len()) {
        let (expected, row) = (expected.get(n), found.get(n));
        let stored = row.map(|row| StockPosting {
            key: StockKey { item_id: row.item_id, location_id: row.location_id, lot_id: row.lot_id },
            from: row.from_account,
            to: row.to_account,
            quantity: row.quantity,
            holder: row
                .holder_id
                .zip(row.line.and_then(|line| u32::try_from(line).ok()))
                .map(|(id, line)| waybill_domain::ledger::Holder { id, line }),
        });
        let numbered = row.is_none_or(|row| row.number == n as i64);
        if expected != stored.as_ref() || !numbered {
            differs("stock_postings", record, n, expected, stored.as_ref(), findings);
            return;
        }
    }
}

fn money_postings(
    record: &EventRecord,
    expected: &[MoneyPosting],
    found: &[MoneyPostingRecord],
    findings: &mut Findings,
) {
    for n in 0..expected.len().max(found.len()) {
        let (expected, row) = (expected.get(n), found.get(n));
        let same = match (expected, row) {
            (Some(expected), Some(row)) => {
                row.number == n as i64
                    && row.order_id == expected.order_id
                    && row.payment == expected.payment
                    && row.amount == expected.amount
                    && row.debit == expected.debit.code()
                    && row.credit == expected.credit.code()
            }
            _ => false,
        };
        if !same {
            differs("money_postings", record, n, expected, row, findings);
            return;
        }
    }
}

fn differs(
    table: &'static str,
    record: &EventRecord,
    number: usize,
    expected: Option<&impl std::fmt::Debug>,
    found: Option<&impl std::fmt::Debug>,
    findings: &mut Findings,
) {
    let key = format!("position={} number={number} of {}", record.position, record.kind);
    let show = |posting: Option<String>| posting.unwrap_or_else(|| "none".to_owned());
    let (expected, found) = (expected.map(|one| format!("{one:?}")), found.map(|one| format!("{one:?}")));
    findings.add("posting.differs", table, key, show(expected), show(found));
}
