//! Atomicity, names of constraints, fixed columns, paging, leases.

use super::{begin, event, number, write};
use crate::backend::{Store, WriteMode};
use crate::error::StoreError;
use crate::record::Record;
use crate::tables::{Cursor, EventRecord, NumberBlock};
use crate::value::{Source, Take, Value};
use crate::working_set::{read_rows, select};
use std::sync::{Arc, Mutex};
use waybill_domain::chain::Chain;
use waybill_domain::customer::{Customer, Tier};
use waybill_domain::ids::{CustomerId, Id, ItemId, LocationId, LotId};
use waybill_domain::ledger::StockKey;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::level::StockLevel;

/// What is not committed is seen by nobody; what is, is seen by everybody at once, with its positions.
pub async fn atomicity(store: &dyn Store) {
    let mut writer = store.writer().await.expect("a writer");
    let head = number(store, "SELECT position FROM log_head", &[]).await;
    let block = NumberBlock { name: "contract".into(), next: 7 };
    let count = "SELECT COUNT(*) FROM number_blocks WHERE name = 'contract'";

    begin(&mut *writer).await.expect("a transaction");
    let base = writer.take_positions(&[write(WriteMode::Insert, &block)], 1).await.expect("a position");
    assert_eq!(base, head, "positions go on from the head");
    assert_eq!(number(store, count, &[]).await, 0, "seen before the commit");
    writer.rollback().await;
    assert_eq!(number(store, count, &[]).await, 0, "seen after a rollback");
    assert_eq!(number(store, "SELECT position FROM log_head", &[]).await, head, "a rollback gives positions back");

    begin(&mut *writer).await.expect("a transaction");
    let base = writer.take_positions(&[write(WriteMode::Insert, &block)], 2).await.expect("positions");
    let events = [event(base + 1, Id(0xa70), 1), event(base + 2, Id(0xa70), 2)];
    let writes: Vec<_> = events.iter().map(|one| write::<EventRecord>(WriteMode::Insert, one)).collect();
    writer.commit(&writes).await.expect("a commit");
    assert_eq!(number(store, count, &[]).await, 1, "seen after the commit");
    assert_eq!(number(store, "SELECT position FROM log_head", &[]).await, head + 2);

    begin(&mut *writer).await.expect("a transaction");
    writer.write(&[write(WriteMode::Delete, &block)]).await.expect("a delete");
    writer.commit(&[]).await.expect("a commit");
    assert_eq!(number(store, count, &[]).await, 0, "deleted");
}

fn customer(id: u128, code: &str) -> Customer {
    Customer {
        id: CustomerId(Id(id)),
        code: code.into(),
        party_id: None,
        tier: Tier::Standard,
        archived: false,
        notes: 0,
        chain: Chain::default(),
    }
}

fn level(available: i64) -> StockLevel {
    let key = StockKey { item_id: ItemId(Id(0xc0)), location_id: LocationId(Id(1)), lot_id: LotId::NIL };
    let mut level = StockLevel::empty(key);
    level.balances[0] = Quantity(available);
    level
}

/// A violation is reported by the constraint's name, and ends the transaction without a trace.
pub async fn constraints_have_names(store: &dyn Store) {
    let mut writer = store.writer().await.expect("a writer");
    let first = customer(0xc1, "contract-1");
    begin(&mut *writer).await.expect("a transaction");
    writer.write(&[write(WriteMode::Insert, &first)]).await.expect("an insert");
    writer.commit(&[]).await.expect("a commit");

    let violated = |error: StoreError| match error {
        StoreError::Constraint { constraint } => constraint,
        other => panic!("expected a constraint, got {other}"),
    };
    begin(&mut *writer).await.expect("a transaction");
    let twin = customer(0xc2, "contract-1");
    let failed = writer.write(&[write(WriteMode::Insert, &twin)]).await.expect_err("a clash");
    assert_eq!(violated(failed), "customers_code");
    begin(&mut *writer).await.expect("a transaction after a failure");
    let below = level(-1);
    let failed = writer.write(&[write(WriteMode::Insert, &below)]).await.expect_err("a negative balance");
    assert_eq!(violated(failed), "stock_levels_available_not_negative");
    assert_eq!(number(store, "SELECT COUNT(*) FROM customers WHERE code LIKE 'contract-%'", &[]).await, 1);
}

/// An update finds its row by the key, writes what may change, and refuses a row that is not there.
pub async fn updates_leave_fixed_columns_alone(store: &dyn Store) {
    let mut writer = store.writer().await.expect("a writer");
    let changed = Customer { tier: Tier::Gold, code: "something else".into(), ..customer(0xc1, "") };
    begin(&mut *writer).await.expect("a transaction");
    writer.write(&[write(WriteMode::Update, &changed)]).await.expect("an update");
    let keys = vec![vec![Value::Id(Id(0xc1))]];
    let rows = writer.select(&[select::<Customer>(&["id"], keys, true)]).await.expect("a select");
    let found: Vec<Customer> = read_rows(rows.into_iter().next().unwrap_or_default()).expect("a customer");
    assert_eq!(found.first().map(|one| (one.tier, one.code.as_str())), Some((Tier::Gold, "contract-1")));
    writer.commit(&[]).await.expect("a commit");

    begin(&mut *writer).await.expect("a transaction");
    let absent = customer(0xdead, "absent");
    let failed = writer.write(&[write(WriteMode::Update, &absent)]).await;
    assert!(failed.is_err(), "an update of no row must not pass unseen");
    writer.rollback().await;
}

/// Keyset pages of texts and ids come in the same order on every database: by bytes.
pub async fn reads_page_and_compare_alike(store: &dyn Store) {
    let names = ["b", "B", "a", "ä", "A", "_", "1"];
    let rows: Vec<Cursor> = names.iter().map(|name| Cursor { name: format!("contract {name}"), position: 1 }).collect();
    let mut writer = store.writer().await.expect("a writer");
    begin(&mut *writer).await.expect("a transaction");
    let writes: Vec<_> = rows.iter().map(|row| write(WriteMode::Insert, row)).collect();
    writer.write(&writes).await.expect("inserts");
    writer.commit(&[]).await.expect("a commit");
    let mut expected: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    expected.sort();
    let sql = "SELECT name FROM cursors WHERE name > $1 AND name LIKE 'contract %' ORDER BY name LIMIT $2";
    let mut found = Vec::new();
    let mut last = String::new();
    loop {
        let page = store.read(sql, &[Value::from(last.as_str()), Value::Int(2)]).await.expect("a page");
        let names: Vec<String> = page.into_iter().map(|mut row| row.take().expect("a name")).collect();
        match names.last() {
            Some(name) => last.clone_from(name),
            None => break,
        }
        found.extend(names);
    }
    assert_eq!(found, expected);
}

/// Rows of the log, which earlier parts left, and texts: every kind of column but truth values, with nulls among them.
pub async fn visits_find_what_reads_find(store: &dyn Store) {
    let log =
        format!("SELECT {} FROM events WHERE position > $1 ORDER BY position", EventRecord::table().column_list());
    let names = "SELECT name, position FROM cursors WHERE name > $1 ORDER BY name";
    let statements: [(&str, &[Value]); 2] = [(&log, &[Value::Int(0)]), (names, &[Value::from("")])];
    let mut read = store.read_together(&statements).await.expect("two reads").into_iter();
    let mut next = || read.next().unwrap_or_default();
    let events: Vec<EventRecord> = read_rows(next()).expect("events");
    let cursors: Vec<Cursor> = read_rows(next()).expect("cursors");
    assert!(events.len() > 1 && !cursors.is_empty(), "earlier parts left events and cursors");
    let seen = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let into = Arc::clone(&seen);
    let visit = move |place: usize, row: &mut dyn Source| {
        let (events, cursors) = &mut *into.lock().expect("no visit fails");
        // Looking at a value takes none.
        assert_eq!(row.peek(0), row.peek(0));
        match place {
            0 => events.push(EventRecord::read(row)?),
            _ => cursors.push(Cursor::read(row)?),
        }
        Ok(())
    };
    store.visit(&statements, Box::new(visit)).await.expect("a visit");
    assert_eq!(*seen.lock().expect("no visit failed"), (events, cursors));

    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    let wrong = move |_: usize, row: &mut dyn Source| {
        *counted.lock().expect("no visit panics") += 1;
        // An id is neither true nor false.
        row.take::<bool>().map(|_| ())
    };
    let id = "SELECT id FROM events WHERE position > $1 ORDER BY position";
    let failed = store.visit(&[(id, &[Value::Int(0)])], Box::new(wrong)).await;
    assert!(matches!(failed, Err(StoreError::Damaged(_))), "{failed:?}");
    assert_eq!(*count.lock().expect("no visit panicked"), 1, "the first error ends it");
}

/// Of two that ask for a lease at once one gets it; it passes on when its time is over.
pub async fn leases_are_held_by_one(store: &dyn Store) {
    let create = "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
    let renew = "UPDATE leases SET holder = $2, until = $3 WHERE name = $1 AND (holder = $2 OR until < $4)";
    let ask = async |holder: u128, now: i64| {
        let params = [Value::from("contract"), Value::Id(Id(holder)), Value::Int(now + 30), Value::Int(now)];
        let changed = store.execute(&[(create, &params[..3]), (renew, &params)]).await.expect("a lease asked for");
        changed[1] == 1
    };
    assert!(ask(1, 100).await, "nobody had it");
    assert!(!ask(2, 110).await, "somebody has it");
    assert!(ask(1, 120).await, "its holder renews it");
    assert!(ask(2, 151).await, "its time is over");
    assert!(!ask(1, 152).await, "it has passed on");
}
