//! Two engines on one store: each takes itself to be alone while it is, and neither decides on what the other changed.

use crate::shop::{Shop, ports, quiet};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use waybill_domain::actor::{Actor, Door};
use waybill_domain::catalog::item::ArchiveItem;
use waybill_domain::ids::LocationId;
use waybill_engine::{Engine, Submission};
use waybill_store::around::{Around, Surrounded};
use waybill_store::{Store, StoreError};
use waybill_store_postgres::testing::TestDatabase;

/// A shop on PostgreSQL, and the same with a second engine; nothing where no server is named.
fn with_two(test: impl AsyncFn(&Shop, &Shop)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(database) = TestDatabase::create().await else { return };
        let first = Shop::open(Arc::new(database.open().await), quiet()).await;
        let store: Arc<dyn Store> = Arc::new(database.open().await);
        let engine = Engine::start(store.clone(), ports(), quiet()).await.expect("a second engine");
        let actor = Arc::new(Actor::system("second", Door::Command));
        let (dublin, lyon): (LocationId, LocationId) = (first.dublin, first.lyon);
        let second = Shop { engine, store, actor, dublin, lyon };
        test(&first, &second).await;
        first.engine.stop().await;
        second.engine.stop().await;
        let audit = waybill_store::audit::audit(&*second.store, &mut |_, _, _| {}).await.unwrap();
        assert!(audit.violations.is_empty(), "{:?}", audit.violations);
    });
}

/// Places orders for one mug each, one after the other, until the engine decides ahead.
async fn until_alone(shop: &Shop) -> i64 {
    let ahead = || shop.engine.figures().ahead.load(Ordering::Relaxed);
    let (before, mut placed) = (ahead(), 0);
    while ahead() == before {
        assert!(placed < 100, "an engine that is alone for a hundred batches does not notice");
        shop.must(shop.order(&[("MUG-1", 1, 500)], shop.terms())).await;
        placed += 1;
    }
    placed
}

/// Places `count` orders for one mug each, all at once.
async fn place(shop: &Shop, count: usize) {
    let order =
        || Submission::new(shop.order(&[("MUG-1", 1, 500)], shop.terms()), shop.actor.clone(), shop.engine.ids());
    let placed = futures_util::future::join_all((0..count).map(|_| shop.engine.submit(order()))).await;
    assert!(placed.iter().all(Result::is_ok), "an order was not taken: {placed:?}");
}

#[test]
fn an_engine_decides_ahead_while_it_is_alone_and_sells_nothing_twice_when_it_is_not() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 150).await;
        let mut placed = until_alone(first).await;
        // What the first has cached and decided ahead is outdated by each order of the second, and the other way round.
        tokio::join!(place(first, 60), place(second, 60));
        placed += 120;
        placed += until_alone(second).await;
        tokio::join!(place(first, 20), place(second, 20));
        placed += 40;
        assert!(placed > 150, "more is ordered than there is");
        assert_eq!((first.stock("MUG-1", "available").await, first.stock("MUG-1", "allocated").await), (0, 150));
        let orders: i64 = first.one("SELECT COUNT(*) FROM orders", &[]).await;
        assert_eq!(orders, placed);
        let numbers: i64 = first.one("SELECT COUNT(DISTINCT number) FROM orders", &[]).await;
        assert_eq!(numbers, placed, "each order has a number of its own");
        let gaps: i64 = first.one("SELECT MAX(position) - COUNT(*) FROM events", &[]).await;
        assert_eq!(gaps, 0, "positions have no gap");
    });
}

#[test]
fn a_catalog_that_another_process_changed_is_not_decided_on() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 50).await;
        until_alone(first).await;
        second.must(ArchiveItem { sku: "MUG-1".into() }).await;
        let order = first.order(&[("MUG-1", 1, 500)], first.terms());
        assert_eq!(first.refused(order).await, "order.invalid");
    });
}

#[test]
fn a_key_that_both_engines_are_given_is_carried_out_once() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 500).await;
        until_alone(first).await;
        let orders = || first.one::<i64>("SELECT COUNT(*) FROM orders", &[]);
        let before = orders().await;
        for _ in 0..20 {
            let actor = first.actor.clone();
            let submission =
                Submission::new(first.order(&[("MUG-1", 1, 500)], first.terms()), actor, first.engine.ids());
            let (here, there) = tokio::join!(first.engine.submit(submission.clone()), second.engine.submit(submission));
            let (here, there) = (here.expect("an order"), there.expect("an order"));
            assert_eq!(here.subject, there.subject);
            assert!(here.replayed != there.replayed, "one of them was first");
        }
        assert_eq!(orders().await, before + 20);
    });
}

/// The older of two requests with one key looked the key up before the receipts' tables took turns.
#[test]
fn a_key_that_both_engines_are_given_while_the_receipts_turn_is_carried_out_once() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 50).await;
        // So that the two requests do not meet at the first block of numbers.
        place(first, 1).await;
        let asked = |shop: &Shop| {
            let order = shop.order(&[("MUG-1", 1, 500)], shop.terms());
            let submission = Submission::new(order, first.actor.clone(), shop.engine.ids()).keyed("one key");
            let engine = shop.engine.clone();
            tokio::spawn(async move { engine.submit(submission).await })
        };
        let waiting = async |count: i64| {
            let sql =
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while first.one::<i64>(sql, &[]).await < count {
                tokio::task::yield_now().await;
            }
        };
        let mut held = first.store.writer().await.expect("a writer");
        held.begin().await.expect("a transaction");
        held.take_positions(&[], 0).await.expect("the head of the log");
        let here = asked(first);
        waiting(1).await;
        first.store.execute(&[("UPDATE receipt_turn SET generation = 1 - generation", &[])]).await.expect("a turn");
        let there = asked(second);
        waiting(2).await;
        held.rollback().await;
        let (here, there) = (here.await.unwrap().expect("an order"), there.await.unwrap().expect("an order"));
        assert_eq!(here.subject, there.subject);
        assert!(here.replayed != there.replayed, "one of them was first");
        assert_eq!(first.one::<i64>("SELECT COUNT(*) FROM orders", &[]).await, 2);
    });
}

/// Where the next block of numbers begins, and the highest number that an order has.
async fn numbers(shop: &Shop) -> (i64, i64) {
    (
        shop.one("SELECT next FROM number_blocks WHERE name = 'order'", &[]).await,
        shop.one("SELECT MAX(number) FROM orders", &[]).await,
    )
}

#[test]
fn an_engine_that_met_others_leases_numbers_from_where_they_left_them() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 10_000).await;
        until_alone(first).await;
        // So many that it leases a block while it is alone.
        place(first, 60).await;
        let (next, highest) = numbers(first).await;
        place(second, 1_200).await;
        // What is left of the block of the first.
        place(first, (next - 1 - highest) as usize).await;
        // An order that takes a number first, so that a block is leased, and is then refused: it makes no event.
        assert_eq!(first.refused(first.order(&[("NONE-1", 1, 500)], first.terms())).await, "order.invalid");
        let (next, highest) = numbers(first).await;
        assert!(next > highest, "numbers go on at {next}, and {highest} is taken");
        second.engine.stop().await;
        place(first, 200).await;
        let gone: i64 = first.one("SELECT COUNT(*) - COUNT(DISTINCT number) FROM orders", &[]).await;
        assert_eq!(gone, 0, "each order has a number of its own");
    });
}

/// Somebody leases order numbers, for orders that are then refused, whenever an engine asks its store for something. The
/// log's head does not move by that.
struct Refused {
    store: Arc<dyn Store>,
    next: AtomicI64,
}

#[async_trait]
impl Around for Refused {
    async fn reach(&self) -> Result<(), StoreError> {
        // Whoever has the row has it until they commit.
        let lease = "UPDATE number_blocks SET next = next + 10000 WHERE name IN \
                     (SELECT name FROM number_blocks WHERE name = 'order' FOR UPDATE SKIP LOCKED)";
        if self.store.execute(&[(lease, &[])]).await? == [1] {
            let rows = self.store.read("SELECT next FROM number_blocks WHERE name = 'order'", &[]).await?;
            self.next.fetch_max(rows.into_iter().next().map_or(Ok(0), |mut row| row.take())?, Ordering::SeqCst);
        }
        Ok(())
    }
}

#[test]
fn an_engine_that_is_alone_overwrites_no_lease_that_made_no_event() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let Some(database) = TestDatabase::create().await else { return };
        let store: Arc<dyn Store> = Arc::new(database.open().await);
        let refused = Arc::new(Refused { store: store.clone(), next: AtomicI64::new(0) });
        let shop = Shop::open(Arc::new(Surrounded::new(store, refused.clone())), quiet()).await;
        shop.receive(shop.dublin, "MUG-1", 1_000).await;
        for _ in 0..5 {
            until_alone(&shop).await;
            // More than it has numbers for.
            place(&shop, 100).await;
            let leased = refused.next.load(Ordering::SeqCst);
            let (next, _) = numbers(&shop).await;
            assert!(next >= leased, "numbers up to {leased} were leased, and go on at {next}");
        }
        shop.engine.stop().await;
    });
}

#[test]
fn numbers_that_fell_behind_the_orders_go_on_above_them() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 10_000).await;
        for (place_on, count) in [(first, 300), (second, 20)] {
            place(place_on, count).await;
            let behind = "UPDATE number_blocks SET next = 100001 WHERE name = 'order'";
            first.store.execute(&[(behind, &[])]).await.unwrap();
        }
        // More than any block that one of them still has.
        place(first, 3_000).await;
        let (next, highest) = numbers(first).await;
        assert!(next > highest, "numbers go on at {next}, and {highest} is taken");
    });
}

#[test]
fn numbers_leased_for_an_order_that_was_refused_are_given_to_nobody_else() {
    with_two(async |first, second| {
        first.receive(first.dublin, "MUG-1", 5_000).await;
        let mut placed = until_alone(first).await;
        // So many that the first has leased a block while it was alone, and knows where the next one begins.
        place(first, 200).await;
        assert_eq!(second.refused(second.order(&[("NONE-1", 1, 500)], second.terms())).await, "order.invalid");
        place(first, 3_000).await;
        // No more than it could have of the block that it leased for the refused one.
        place(second, 4).await;
        placed += 3_204;
        let numbers: i64 = first.one("SELECT COUNT(DISTINCT number) FROM orders", &[]).await;
        assert_eq!(numbers, placed, "each order has a number of its own");
    });
}
