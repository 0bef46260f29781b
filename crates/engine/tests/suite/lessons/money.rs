//! Lessons about totals, payments and refunds.

use crate::lessons::order_id;
use crate::shop::{Shop, on_both, quiet};
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, Pick};
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::cancel::CancelLine;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::payment::capture::CapturePayment;
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_engine::{EngineOptions, Submission};

impl Shop {
    /// Picks what is named (everything where nothing is), packs and ships it.
    async fn send_off(&self, order: OrderId, picks: &[(u32, i64)]) {
        let fulfillment_order_id = FulfillmentOrderId::new(order, 1);
        let picked = |&(line, quantity): &(u32, i64)| LinePicked { line, lot_id: None, quantity: Quantity(quantity) };
        let picks = picks.iter().map(picked).collect();
        self.must(Pick { fulfillment_order_id, picks, shorts: vec![] }).await;
        self.must(Pack { fulfillment_order_id, lines: vec![], weight_g: None }).await;
        self.settle(order).await;
        self.must(Ship { fulfillment_order_id, carrier: None, service: None, parcels: vec![] }).await;
    }

    /// An order of `count` mugs at 10.00, paid by card and shipped.
    async fn shipped(&self, count: i64) -> OrderId {
        self.receive(self.dublin, "MUG-1", count).await;
        let order = order_id(&self.must(self.order(&[("MUG-1", count, 1000)], self.card("sim_ok"))).await);
        self.settle(order).await;
        self.must(ReleaseOrder { order_id: order }).await;
        self.send_off(order, &[]).await;
        order
    }

    fn refund(&self, order_id: OrderId, amount: i64) -> GrantRefund {
        GrantRefund { order_id, amount: Minor(amount), reason: "goodwill".into() }
    }
}

/// medusajs/medusa #14818, #12789: totals below a cent never equal what the gateway charged. Round once, to minor units.
#[test]
fn medusa_14818_what_is_captured_is_the_total_to_the_cent() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 7).await;
        shop.receive(shop.dublin, "PEN-1", 3).await;
        let mut order = shop.order(&[("MUG-1", 7, 0), ("PEN-1", 3, 0)], shop.card("sim_ok"));
        // 7 x 0.333333 = 2.333331, and 3 x 1.115 = 3.345, which is a tie and goes to the even cent.
        (order.lines[0].unit_price, order.lines[1].unit_price) = (UnitPrice(333_333), UnitPrice(1_115_000));
        let id = order_id(&shop.must(order).await);
        shop.settle(id).await;
        assert_eq!(shop.order_column::<i64>("goods", id).await, 233 + 334);
        shop.must(ReleaseOrder { order_id: id }).await;
        for part in [&[(1, 3)][..], &[(1, 2), (2, 1)], &[]] {
            shop.send_off(id, part).await;
        }
        assert_eq!(shop.order_column::<String>("payment_status", id).await, "paid");
        assert_eq!((shop.balance("clearing:simulator").await, shop.balance("revenue").await), (567, -567));
        assert_eq!((shop.balance("receivable").await, shop.balance("deposits").await), (0, 0));
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #13301: a capture is called twice or more. Idempotent commands, UNKNOWN as a state, and a janitor.
#[test]
fn medusa_13301_money_is_asked_for_once() {
    on_both(EngineOptions::default(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 2).await;
        // The authorization succeeded and its answer was lost.
        let id = order_id(&shop.must(shop.order(&[("MUG-1", 2, 1000)], shop.card("sim_late"))).await);
        shop.until(id, "lifecycle", "confirmed").await;
        shop.must(ReleaseOrder { order_id: id }).await;
        let fulfillment_order_id = FulfillmentOrderId::new(id, 1);
        shop.must(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }).await;
        // Packing asks for the capture: sent twice by a client, and asked for by hand at the same time.
        let pack = || Pack { fulfillment_order_id, lines: vec![], weight_g: None };
        let again = |key: &str| Submission::new(pack(), shop.actor.clone(), shop.engine.ids()).keyed(key);
        let by_hand = CapturePayment { payment_id: PaymentId::new(id, 1), amount: None };
        let (one, two, _) =
            tokio::join!(shop.engine.submit(again("k")), shop.engine.submit(again("k")), shop.submit(by_hand));
        assert_eq!(one.expect("packed").position, two.expect("packed before").position);
        shop.settle(id).await;
        shop.until(id, "payment_status", "paid").await;
        let kinds = shop.events(id).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "payment.captured").count(), 1, "{kinds:?}");
        for (kind, calls) in [("authorize", 1), ("capture", 1)] {
            let sent = format!("payment_transactions WHERE kind = '{kind}'");
            assert_eq!(shop.count(&sent).await, calls, "{kind}");
        }
        assert_eq!(shop.balance("clearing:simulator").await, 2000);
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #13068, #11645, #13433, #10842: what is owed is wrong after changes and returns, and a second refund
/// impossible. One ledger for money owed; a refund is a posting.
#[test]
fn medusa_13068_what_is_owed_stays_right_and_a_second_refund_is_possible() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 5).await;
        let id = order_id(&shop.must(shop.order(&[("MUG-1", 5, 1000)], shop.card("sim_ok"))).await);
        shop.settle(id).await;
        let two = Some(Quantity(2));
        shop.must(CancelLine { line_id: LineId::new(id, 1), quantity: two, reason: "less".into(), refund: true }).await;
        shop.settle(id).await;
        shop.must(ReleaseOrder { order_id: id }).await;
        shop.send_off(id, &[]).await;
        assert_eq!(shop.balance("clearing:simulator").await, 3000, "three of five were wanted in the end");
        let (line, quantity) = (1, Quantity(1));
        let back = ReturnInput { line, quantity, state: StockAccount::Available, reason: "unwanted".into() };
        let (lines, credit, refund) = (vec![back], None, true);
        shop.must(ReceiveReturn { order_id: id, location_id: shop.dublin, lines, credit, refund }).await;
        shop.settle(id).await;
        for (amount, left) in [(500, 1500), (700, 800)] {
            shop.must(shop.refund(id, amount)).await;
            shop.settle(id).await;
            assert_eq!(shop.balance("clearing:simulator").await, left);
        }
        assert_eq!(shop.refused(shop.refund(id, 801)).await, "payment.exceeds_received");
        assert_eq!((shop.balance("receivable").await, shop.balance("deposits").await), (0, 0), "nobody owes anything");
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #9261, #10491: no goodwill because of "no outstanding balance". Allow it, with a reason and a limit.
#[test]
fn medusa_9261_goodwill_needs_no_outstanding_balance() {
    on_both(quiet(), |shop| async move {
        let id = shop.shipped(2).await;
        assert_eq!((shop.balance("receivable").await, shop.balance("clearing:simulator").await), (0, 2000));
        shop.must(shop.refund(id, 300)).await;
        shop.settle(id).await;
        assert_eq!((shop.balance("clearing:simulator").await, shop.balance("revenue").await), (1700, -1700));
        let reason: String = shop.one("SELECT reason FROM refunds", &[]).await;
        assert_eq!(reason, "goodwill");
        assert_eq!(shop.refused(shop.refund(id, 1701)).await, "payment.exceeds_received", "the limit");
        shop.books_are_right().await;
    });
}

/// medusajs/medusa #14205: an early webhook completes a cart and rolls back, and order numbers get gaps. Number at the
/// commit; what is not final, or came before, changes nothing.
#[test]
fn medusa_14205_what_does_not_commit_takes_no_number() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let place = || shop.order(&[("MUG-1", 1, 1000)], shop.card("sim_ok"));
        let first = shop.must(place()).await;
        let id = order_id(&first);
        shop.settle(id).await;
        let before = shop.count("events").await;
        let transaction_id = TransactionId::new(id, 1);
        for outcome in [GatewayOutcome::Unknown, GatewayOutcome::Failed { code: "late".into() }] {
            assert_eq!(shop.refused(RecordOutcome { transaction_id, outcome }).await, "payment.already_resolved");
        }
        shop.refused(shop.order(&[("NO-SUCH", 1, 1000)], shop.terms())).await;
        shop.refused(shop.order(&[("MUG-1", 0, 1000)], shop.terms())).await;
        assert_eq!(shop.count("events").await, before, "nothing happened");
        let second = shop.must(place()).await;
        let numbers = [first, second].map(|receipt| receipt.number.expect("a number").to_string());
        assert_eq!(numbers, ["W-100001", "W-100002"]);
        shop.books_are_right().await;
    });
}
