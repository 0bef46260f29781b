//! Lessons about promising and moving stock.

use crate::lessons::order_id;
use crate::shop::{Shop, on_both, quiet};
use futures_util::future::join_all;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, Pick};
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::reservation::ReserveStock;
use waybill_engine::SubmitError;

/// Stock of an item at one location, in a state.
async fn at(shop: &Shop, location: LocationId, sku: &str, state: &str) -> i64 {
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(s.{state}), 0) AS BIGINT) FROM stock_levels s JOIN items i ON i.id = s.item_id \
         WHERE i.sku = $1 AND s.location_id = $2"
    );
    shop.one(&sql, &[sku.into(), location.0.into()]).await
}

async fn sum(shop: &Shop, column: &str) -> i64 {
    shop.one(&format!("SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM order_lines"), &[]).await
}

/// medusajs/medusa #16502: two lines that share an item each pass the check and oversell together. Sum the demand first.
#[test]
fn medusa_16502_two_lines_of_one_item_are_summed() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 3).await;
        shop.must(shop.order(&[("MUG-1", 2, 1000), ("MUG-1", 2, 900)], shop.terms())).await;
        assert_eq!((shop.stock("MUG-1", "available").await, shop.stock("MUG-1", "allocated").await), (0, 3));
        assert_eq!((sum(&shop, "allocated").await, sum(&shop, "backordered").await), (3, 1));
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #16569: reservations at once oversubscribe unless the caller locks. Safety belongs in the store.
#[test]
fn medusa_16569_reservations_at_once_never_exceed_the_stock() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let doors = shop.doors().await;
        let reserve = |n: usize| {
            let (channel_id, lot_id, location_id) = (None, LotId::NIL, shop.dublin);
            let (sku, quantity, seconds) = ("MUG-1".into(), Quantity(1), 600);
            doors[n % doors.len()].submit(ReserveStock { channel_id, sku, location_id, lot_id, quantity, seconds })
        };
        let answers = join_all((0..40).map(reserve)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
        let refused = |answer: &&Result<_, SubmitError>| matches!(answer, Err(SubmitError::Refused { .. }));
        assert_eq!(answers.iter().filter(refused).count(), 30, "{answers:?}");
        assert_eq!((shop.stock("MUG-1", "available").await, shop.stock("MUG-1", "reserved").await), (0, 10));
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #16825: who loses a race leaves an order without stock or payment. All of it commits, or nothing.
#[test]
fn medusa_16825_whoever_loses_a_race_leaves_nothing_behind() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 100).await;
        let doors = shop.doors().await;
        let place = |n: usize| {
            let door = &doors[n % doors.len()];
            let mut order = door.order(&[("MUG-1", 2, 1000)], door.card("sim_ok"));
            order.external_ref = Some("the same order".into());
            door.submit(order)
        };
        let answers = join_all((0..20).map(place)).await;
        let placed: Vec<_> = answers.iter().flatten().collect();
        assert_eq!(placed.len(), 1, "{answers:?}");
        for door in &doors {
            door.settle(order_id(placed[0])).await;
        }
        for (table, rows) in [("orders", 1), ("order_lines", 1), ("allocations", 1), ("payments", 1)] {
            assert_eq!(shop.count(table).await, rows, "{table}");
        }
        assert_eq!(shop.count("events WHERE kind = 'order.placed'").await, 1);
        assert_eq!(shop.stock("MUG-1", "available").await, 98);
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #14987, #15132: the check sums all locations and the reservation takes the first. One function for both.
#[test]
fn medusa_14987_what_is_promised_is_what_was_checked() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 2).await;
        shop.receive(shop.lyon, "MUG-1", 3).await;
        let receipt = shop.must(shop.order(&[("MUG-1", 5, 1000)], shop.terms())).await;
        assert_eq!(shop.order_column::<String>("lifecycle", order_id(&receipt)).await, "confirmed");
        assert_eq!((sum(&shop, "allocated").await, sum(&shop, "backordered").await), (5, 0));
        let split =
            (at(&shop, shop.dublin, "MUG-1", "allocated").await, at(&shop, shop.lyon, "MUG-1", "allocated").await);
        assert_eq!(split, (2, 3));
        shop.must(shop.order(&[("MUG-1", 1, 1000)], shop.terms())).await;
        assert_eq!(sum(&shop, "backordered").await, 1, "there was nothing more to promise");
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #16338: fulfilling from another location than the reserved one corrupts both. A move consumes its own
/// allocation or is refused.
#[test]
fn medusa_16338_a_move_consumes_its_own_allocation() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 2).await;
        shop.receive(shop.lyon, "MUG-1", 5).await;
        let here = order_id(&shop.must(shop.order(&[("MUG-1", 2, 1000)], shop.terms())).await);
        let there = order_id(&shop.must(shop.order(&[("MUG-1", 3, 1000)], shop.terms())).await);
        for order_id in [here, there] {
            shop.must(ReleaseOrder { order_id }).await;
        }
        let work = FulfillmentOrderId::new(here, 1);
        let three = vec![LinePicked { line: 1, lot_id: None, quantity: Quantity(3) }];
        let more = Pick { fulfillment_order_id: work, picks: three, shorts: vec![] };
        assert_eq!(shop.refused(more).await, "fulfillment.exceeds_allocated", "what Lyon holds is another's");
        shop.must(Pick { fulfillment_order_id: work, picks: vec![], shorts: vec![] }).await;
        shop.must(Pack { fulfillment_order_id: work, lines: vec![], weight_g: None }).await;
        shop.must(Ship { fulfillment_order_id: work, carrier: None, service: None, parcels: vec![] }).await;
        for state in ["available", "allocated", "picked", "packed"] {
            assert_eq!(at(&shop, shop.dublin, "MUG-1", state).await, 0, "{state} in Dublin");
        }
        let lyon = (at(&shop, shop.lyon, "MUG-1", "available").await, at(&shop, shop.lyon, "MUG-1", "allocated").await);
        assert_eq!(lyon, (2, 3), "the other order's units were not touched");
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #12401: a reserved quantity is negative "and no way to fix". Balances are sums; corrections are postings.
#[test]
fn medusa_12401_no_balance_goes_below_zero_and_a_correction_is_a_posting() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 5).await;
        let order_id = order_id(&shop.must(shop.order(&[("MUG-1", 3, 1000)], shop.terms())).await);
        let cancel = || CancelOrder { order_id, reason: "changed_mind".into() };
        let less =
            CancelLine { line_id: LineId::new(order_id, 1), quantity: None, reason: "less".into(), refund: true };
        let (one, two, three) = tokio::join!(shop.submit(cancel()), shop.submit(less), shop.submit(cancel()));
        let answers = [one, two, three];
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "given back once: {answers:?}");
        assert_eq!((shop.stock("MUG-1", "available").await, shop.stock("MUG-1", "allocated").await), (5, 0));
        let adjust = |delta: i64| {
            let (sku, lot_id, state, to) = ("MUG-1".into(), LotId::NIL, StockAccount::Available, None);
            let lines = vec![AdjustLine { sku, lot_id, state, to, delta }];
            AdjustStock { location_id: shop.dublin, reason: AdjustReason::Count, reference: None, lines }
        };
        assert_eq!(shop.refused(adjust(-6)).await, "stock.exceeds_balance");
        let postings = shop.count("stock_postings").await;
        shop.must(adjust(-2)).await;
        assert_eq!((shop.stock("MUG-1", "available").await, shop.count("stock_postings").await), (3, postings + 1));
        shop.books_are_right().await;
    });
}

/// vendurehq/vendure #3508, #1738, PR #4930: check and allocation in two transactions oversell, or leave a paid order
/// short. One atomic step, with real concurrency.
#[test]
fn vendure_3508_check_and_allocation_are_one_step() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 15).await;
        shop.receive(shop.lyon, "MUG-1", 10).await;
        let doors = shop.doors().await;
        let place = async |n: usize| {
            let door = &doors[n % doors.len()];
            let receipt = door.must(door.order(&[("MUG-1", 2, 1000)], door.card("sim_ok"))).await;
            door.settle(order_id(&receipt)).await;
        };
        join_all((0..30).map(place)).await;
        let promised = shop.stock("MUG-1", "allocated").await + shop.stock("MUG-1", "reserved").await;
        assert_eq!((promised, shop.stock("MUG-1", "available").await), (25, 0));
        // Of 60 units 35 wait, and no line says otherwise than the stock.
        assert_eq!((sum(&shop, "allocated + reserved").await, sum(&shop, "backordered").await), (25, 35));
        assert_eq!(shop.count("order_lines WHERE allocated + reserved + backordered <> ordered").await, 0);
        shop.books_are_right().await;
    });
}
