//! The audit finds what was tampered with, and nothing where nothing was. On SQLite, and on PostgreSQL where
//! `WAYBILL_TEST_POSTGRES` names a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use waybill_demo::{Options, Shop, keep_going, play};
use waybill_engine::{Engine, EngineOptions, Gateway, Ports, ports::SystemClock};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_store::Store;
use waybill_store::audit::{AuditReport, audit};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

const ORDERS: u32 = 160;

async fn start(store: &Arc<dyn Store>, workers: bool) -> Engine {
    let gateway: Arc<dyn Gateway> = Arc::new(Simulator::new(Arc::new(SystemClock), Duration::from_millis(1)));
    let options = EngineOptions { workers, ..EngineOptions::default() };
    Engine::start(store.clone(), Ports::system([gateway]), options).await.expect("an engine")
}

async fn with_history(store: &Arc<dyn Store>) {
    store.migrate().await.expect("a schema");
    let engine = start(store, false).await;
    let options = Options { seed: 5, orders: ORDERS, days: 50 };
    let played = play(&engine, options, &mut |_, _| {}).await.expect("a history");
    assert_eq!(played.orders, ORDERS);
    engine.stop().await;
}

async fn audited(store: &Arc<dyn Store>) -> AuditReport {
    audit(&**store, &mut |_, _, _| {}).await.expect("a store that can be read")
}

/// One number of the store.
async fn number(store: &Arc<dyn Store>, sql: &str) -> i64 {
    store.read(sql, &[]).await.expect("a read").first_mut().expect("a row").take().expect("a number")
}

/// What is done behind the store's back, how it is undone, and the violation that must name it.
struct Tampering {
    what: &'static str,
    done: String,
    undone: String,
    kind: &'static str,
    table: &'static str,
    /// Part of the key, of what was expected or of what was found.
    named: String,
}

async fn tamperings(store: &Arc<dyn Store>) -> Vec<Tampering> {
    let level = "WHERE (item_id, location_id, lot_id) IN \
                 (SELECT item_id, location_id, lot_id FROM stock_levels ORDER BY item_id, location_id LIMIT 1)";
    let posting = number(store, "SELECT MAX(position) FROM stock_postings WHERE holder_id IS NOT NULL").await;
    let money = number(store, "SELECT MAX(position) FROM money_postings").await;
    let event = number(store, "SELECT MAX(position) FROM events WHERE kind = 'order.placed'").await;
    let delivered = number(store, "SELECT MIN(number) FROM orders WHERE delivery_status = 'delivered'").await;
    let delivered = format!("WHERE number = {delivered}");
    let allocation = format!("WHERE number = 1 AND order_id = (SELECT id FROM orders {delivered})");
    let one = |what, done: String, undone: String, kind, table, named: &str| Tampering {
        what,
        done,
        undone,
        kind,
        table,
        named: named.to_owned(),
    };
    let both = |table: &str, column: &str, condition: &str| {
        (
            format!("UPDATE {table} SET {column} = {column} + 1 {condition}"),
            format!("UPDATE {table} SET {column} = {column} - 1 {condition}"),
        )
    };
    let at = |position: i64| format!("WHERE position = {position} AND number = 0");
    let (balance, balance_back) = both("stock_levels", "available", level);
    let (count, count_back) = both("stock_levels", "postings", level);
    let (quantity, quantity_back) = both("stock_postings", "quantity", &at(posting));
    let (chain, chain_back) = both("stock_postings", "previous_number", &at(posting));
    let (amount, amount_back) = both("money_postings", "amount", &at(money));
    let (shipped, shipped_back) = both("allocations", "shipped", &allocation);
    let (sequence, sequence_back) = both("orders", "sequence", &delivered);
    let (deposit, deposit_back) = both("orders", "deposit", &delivered);
    let block = |by: &str| format!("UPDATE number_blocks SET next = next {by} 1000000 WHERE name = 'order'");
    let (block, block_back) = (block("-"), block("+"));
    let axis = |status: &str| format!("UPDATE orders SET delivery_status = '{status}' {delivered}");
    let actor = |actor: &str| format!("UPDATE events SET actor = '{actor}' WHERE position = {event}");
    let payload = |from: &str, to: &str| {
        format!("UPDATE events SET payload = replace(payload, '{from}', '{to}') WHERE position = {event}")
    };
    let posting = format!("position={posting} number=0");
    let money = format!("position={money} number=0");
    let event = format!("position={event} ");
    vec![
        one("a balance", balance, balance_back, "level.balance", "stock_levels", "available"),
        one("a count of postings", count, count_back, "level.postings", "stock_levels", "loc_"),
        one("a stock posting", quantity, quantity_back, "posting.differs", "stock_postings", &posting),
        one("a chain of postings", chain, chain_back, "posting.chain", "stock_postings", &posting),
        one("a money posting", amount, amount_back, "posting.differs", "money_postings", &money),
        one("an event's actor", actor("nobody"), actor("system:demo"), "event.hash", "events", &event),
        one("an event's payload", payload("EUR", "USD"), payload("USD", "EUR"), "event.hash", "events", &event),
        one("a stored axis", axis("in_transit"), axis("delivered"), "record.differs", "orders", "delivery_status"),
        one("an allocation", shipped.clone(), shipped_back.clone(), "record.differs", "allocations", "shipped"),
        one("an allocation's law", shipped, shipped_back, "line.allocations", "order_lines", "customer"),
        one("a version", sequence, sequence_back, "record.differs", "orders", "sequence"),
        one("a block of order numbers", block, block_back, "numbers.block", "number_blocks", "order"),
        one("an order's money", deposit, deposit_back, "order.money", "orders", "deposit"),
    ]
}

async fn finds_what_was_tampered_with(store: Arc<dyn Store>) {
    with_history(&store).await;
    let clean = audited(&store).await;
    assert!(clean.ok, "{:#?}", clean.violations);
    assert_eq!(clean.orders, i64::from(ORDERS));
    assert_eq!(clean.events, number(&store, "SELECT position FROM log_head").await);
    let postings =
        "SELECT CAST((SELECT COUNT(*) FROM stock_postings) + (SELECT COUNT(*) FROM money_postings) AS BIGINT)";
    assert_eq!(clean.postings, number(&store, postings).await);
    for tampering in tamperings(&store).await {
        let what = tampering.what;
        assert_eq!(store.execute(&[(&tampering.done, &[])]).await.expect(what), [1], "{what}");
        let report = audited(&store).await;
        assert!(!report.ok && report.violations_found > 0, "{what} was not noticed");
        let named = report.violations.iter().any(|one| {
            one.kind == tampering.kind
                && one.table == tampering.table
                && [&one.key, &one.expected, &one.found].iter().any(|text| text.contains(&tampering.named))
        });
        assert!(named, "{what}: no {} in {}:\n{:#?}", tampering.kind, tampering.table, report.violations);
        store.execute(&[(&tampering.undone, &[])]).await.expect(what);
        assert!(audited(&store).await.ok, "{what} was not undone");
    }
    // The last event of the log is gone, and with it what said so.
    let removed = [("DELETE FROM events WHERE position = (SELECT MAX(position) FROM events)", [].as_slice())];
    assert_eq!(store.execute(&removed).await.expect("a deletion"), [1]);
    let report = audited(&store).await;
    assert!(report.violations.iter().any(|one| one.kind == "event.missing"), "{:#?}", report.violations);
}

async fn is_clean_beside_a_writer(store: Arc<dyn Store>) {
    with_history(&store).await;
    let engine = start(&store, true).await;
    let shop = Shop::read(&engine).await.expect("a store that can be read").expect("a shop");
    let (busy, done) = (engine.clone(), Arc::new(AtomicBool::new(false)));
    let orders = tokio::spawn(async move { keep_going(&busy, &shop).await });
    let (writer, stop) = (engine.clone(), done.clone());
    let more = tokio::spawn(async move {
        let mut seed = 100;
        while !stop.load(Ordering::Relaxed) {
            waybill_demo::some_orders(&writer, seed, 20).await.expect("orders");
            seed += 1;
        }
    });
    let begun = number(&store, "SELECT position FROM log_head").await;
    for _ in 0..6 {
        let report = audited(&store).await;
        assert!(report.ok, "{:#?}", report.violations);
    }
    done.store(true, Ordering::Relaxed);
    more.await.expect("a writer");
    orders.abort();
    engine.stop().await;
    let ended = number(&store, "SELECT position FROM log_head").await;
    assert!(ended > begun, "nothing was written beside the audits");
    assert!(audited(&store).await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_names_whatever_was_tampered_with_on_sqlite() {
    let folder = TestFolder::create();
    finds_what_was_tampered_with(Arc::new(folder.open())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_names_whatever_was_tampered_with_on_postgres() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    finds_what_was_tampered_with(Arc::new(database.open().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_clean_beside_a_writer_on_sqlite() {
    let folder = TestFolder::create();
    is_clean_beside_a_writer(Arc::new(folder.open())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_clean_beside_a_writer_on_postgres() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    is_clean_beside_a_writer(Arc::new(database.open().await)).await;
}
