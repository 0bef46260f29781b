//! The whole life of an order through the engine, on both databases.

use crate::shop::{Shop, on_both, quiet};
use std::time::Duration;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_engine::{EngineOptions, Submission};

impl Shop {
    /// Picks, packs, ships and delivers one fulfillment order.
    async fn fulfill(&self, order: OrderId, number: u32, parcel: u32) {
        let fulfillment_order_id = FulfillmentOrderId::new(order, number);
        self.must(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }).await;
        self.must(Pack { fulfillment_order_id, lines: vec![], weight_g: None }).await;
        assert!(self.engine.settled(order, Duration::from_secs(30)).await);
        self.must(Ship { fulfillment_order_id, carrier: None, service: None, parcels: vec![] }).await;
        self.must(RecordTracking {
            parcel_id: ParcelId::new(order, parcel),
            status: TrackingStatus::Delivered,
            occurred_at: self.engine.now(),
            carrier_event: None,
            raw: None,
        })
        .await;
    }
}

#[test]
fn an_order_on_terms_lives_from_placing_to_completion() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let receipt = shop.must(shop.order(&[("MUG-1", 4, 1999)], shop.terms())).await;
        let id = receipt.subject.unwrap().order_id().unwrap();
        assert_eq!(receipt.number.unwrap().to_string(), "W-100001");
        assert_eq!(shop.order_column::<String>("lifecycle", id).await, "confirmed");
        assert_eq!((shop.stock("MUG-1", "available").await, shop.stock("MUG-1", "allocated").await), (6, 4));

        shop.must(ReleaseOrder { order_id: id }).await;
        shop.fulfill(id, 1, 1).await;
        assert_eq!(shop.order_column::<String>("delivery_status", id).await, "delivered");
        assert_eq!(shop.refused(CompleteOrder { order_id: id }).await, "order.not_finished");
        assert_eq!(shop.balance("receivable").await, 7996, "4 x 19.99, billed and unpaid");
        assert_eq!(shop.balance("revenue").await, -7996);
        let amount = Minor(7996);
        shop.must(RecordPayment { order_id: id, method: PaymentMethod::Transfer, amount, reference: None }).await;
        assert_eq!((shop.balance("receivable").await, shop.balance("bank").await), (0, 7996));
        shop.must(CompleteOrder { order_id: id }).await;
        assert_eq!(
            shop.events(id).await,
            [
                "order.placed",
                "allocation.made",
                "order.confirmed",
                "fulfillment_order.released",
                "pick.completed",
                "parcel.packed",
                "shipment.shipped",
                "shipment.delivered",
                "payment.received",
                "order.completed"
            ]
        );
        let (head, count): (i64, i64) =
            (shop.one("SELECT position FROM log_head", &[]).await, shop.one("SELECT COUNT(*) FROM events", &[]).await);
        assert_eq!(head, count, "positions are gapless");
    });
}

#[test]
fn a_card_is_authorized_captured_when_packed_and_refunded_on_return() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 5).await;
        let receipt = shop.must(shop.order(&[("MUG-1", 3, 1000)], shop.card("sim_ok"))).await;
        let id = receipt.subject.unwrap().order_id().unwrap();
        assert!(receipt.awaits_gateway);
        assert!(shop.engine.settled(id, Duration::from_secs(30)).await);
        assert_eq!(shop.order_column::<String>("lifecycle", id).await, "confirmed");
        assert_eq!(shop.order_column::<String>("payment_status", id).await, "authorized");
        shop.must(ReleaseOrder { order_id: id }).await;
        shop.fulfill(id, 1, 1).await;
        assert_eq!(shop.order_column::<String>("payment_status", id).await, "paid");
        assert_eq!(shop.balance("clearing:simulator").await, 3000);
        assert_eq!((shop.balance("receivable").await, shop.balance("deposits").await), (0, 0));

        let back = |line, quantity| ReturnInput {
            line,
            quantity: Quantity(quantity),
            state: StockAccount::Available,
            reason: "unwanted".into(),
        };
        let take = |quantity| ReceiveReturn {
            order_id: id,
            location_id: shop.dublin,
            lines: vec![back(1, quantity)],
            credit: None,
            refund: true,
        };
        assert_eq!(shop.refused(take(4)).await, "return.exceeds_shipped");
        shop.must(take(1)).await;
        assert!(shop.engine.settled(id, Duration::from_secs(30)).await);
        assert_eq!(shop.balance("clearing:simulator").await, 2000);
        assert_eq!((shop.balance("revenue").await, shop.balance("receivable").await), (-2000, 0));
        assert_eq!(shop.stock("MUG-1", "available").await, 3, "5 - 3 + 1");
        assert_eq!(shop.order_column::<String>("return_status", id).await, "partially_returned");
        let reason = "goodwill".to_owned();
        let too_much = GrantRefund { order_id: id, amount: Minor(2001), reason: reason.clone() };
        assert_eq!(shop.refused(too_much).await, "payment.exceeds_received");
        shop.must(GrantRefund { order_id: id, amount: Minor(500), reason }).await;
        assert!(shop.engine.settled(id, Duration::from_secs(30)).await);
        assert_eq!(shop.balance("clearing:simulator").await, 1500);
        assert_eq!(shop.balance("receivable").await, 0);
    });
}

#[test]
fn a_declined_card_holds_the_order_and_its_stock_stays_reserved() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 2).await;
        let receipt = shop.must(shop.order(&[("MUG-1", 2, 1000)], shop.card("sim_decline"))).await;
        let id = receipt.subject.unwrap().order_id().unwrap();
        assert!(shop.engine.settled(id, Duration::from_secs(30)).await);
        assert_eq!(shop.order_column::<String>("lifecycle", id).await, "placed");
        assert_eq!(shop.order_column::<String>("payment_status", id).await, "failed");
        assert_eq!(shop.order_column::<i64>("holds_active", id).await, 1);
        assert_eq!(shop.stock("MUG-1", "reserved").await, 2);
        let token = waybill_domain::personal::PersonalText { id: shop.engine.ids().nth(1), value: "sim_ok".into() };
        let again = waybill_domain::payment::authorization::AuthorizePayment {
            order_id: id,
            gateway: "simulator".into(),
            token,
            amount: None,
        };
        shop.must(again).await;
        assert!(shop.engine.settled(id, Duration::from_secs(30)).await);
        assert_eq!(shop.order_column::<String>("lifecycle", id).await, "confirmed");
        assert_eq!(shop.order_column::<i64>("holds_active", id).await, 0);
        assert_eq!(shop.stock("MUG-1", "allocated").await, 2);
        shop.must(CancelOrder { order_id: id, reason: "changed_mind".into() }).await;
        assert!(shop.engine.settled(id, Duration::from_secs(30)).await);
        assert_eq!(shop.stock("MUG-1", "available").await, 2);
        assert!(shop.events(id).await.contains(&"payment.voided".to_owned()));
    });
}

#[test]
fn an_unknown_outcome_is_asked_about_until_it_is_known() {
    on_both(EngineOptions::default(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 4).await;
        let late = shop.must(shop.order(&[("MUG-1", 1, 1000)], shop.card("sim_late"))).await;
        let never = shop.must(shop.order(&[("MUG-1", 1, 1000)], shop.card("sim_timeout"))).await;
        let id = |receipt: waybill_engine::Receipt| receipt.subject.unwrap().order_id().unwrap();
        let (late, never) = (id(late), id(never));
        shop.until(late, "lifecycle", "confirmed").await;
        shop.until(never, "payment_status", "failed").await;
        assert!(shop.events(late).await.contains(&"payment.resolved".to_owned()));
    });
}

#[test]
fn what_is_not_there_is_backordered_and_filled_when_it_arrives() {
    on_both(EngineOptions::default(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 2).await;
        let receipt = shop.must(shop.order(&[("MUG-1", 5, 1000), ("PEN-1", 1, 100)], shop.terms())).await;
        let id = receipt.subject.unwrap().order_id().unwrap();
        let backordered: i64 = shop
            .one("SELECT CAST(SUM(backordered) AS BIGINT) FROM order_lines WHERE order_id = $1", &[id.0.into()])
            .await;
        assert_eq!(backordered, 4);
        shop.receive(shop.lyon, "MUG-1", 10).await;
        shop.receive(shop.lyon, "PEN-1", 10).await;
        loop {
            let waiting: i64 = shop
                .one("SELECT CAST(SUM(backordered) AS BIGINT) FROM order_lines WHERE order_id = $1", &[id.0.into()])
                .await;
            if waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(shop.stock("MUG-1", "allocated").await, 5);
        shop.must(CancelLine {
            line_id: LineId::new(id, 1),
            quantity: Some(Quantity(4)),
            reason: "less".into(),
            refund: true,
        })
        .await;
        assert_eq!(shop.stock("MUG-1", "available").await, 11);
        assert_eq!(shop.order_column::<i64>("goods", id).await, 1100);
    });
}

#[test]
fn a_repeat_gets_the_same_receipt_and_the_key_takes_no_other_body() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let send = |body: u8| {
            let mut submission =
                Submission::new(shop.order(&[("MUG-1", 1, 1000)], shop.terms()), shop.actor.clone(), shop.engine.ids());
            submission.body_hash = [body; 16];
            shop.engine.submit(submission.keyed("k-1"))
        };
        // In one batch and in separate ones alike.
        let (first, second) = tokio::join!(send(1), send(1));
        let (first, second) = (first.unwrap(), second.unwrap());
        let third = send(1).await.unwrap();
        assert_eq!((first.subject, first.version, first.position), (second.subject, second.version, second.position));
        assert_eq!((first.subject, first.version, first.position), (third.subject, third.version, third.position));
        assert!(third.replayed && second.replayed && !first.replayed);
        assert_eq!(send(2).await, Err(waybill_engine::SubmitError::KeyReused));
        assert_eq!(shop.stock("MUG-1", "allocated").await, 1);
    });
}

#[test]
fn a_hundred_callers_share_ten_units_and_nothing_is_sold_twice() {
    on_both(quiet(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let orders = (0..100).map(|_| shop.must(shop.order(&[("MUG-1", 1, 1000), ("MUG-1", 1, 900)], shop.terms())));
        futures_util::future::join_all(orders).await;
        assert_eq!(shop.stock("MUG-1", "available").await, 0);
        assert_eq!(shop.stock("MUG-1", "allocated").await, 10);
        let waiting: i64 = shop.one("SELECT CAST(SUM(backordered) AS BIGINT) FROM order_lines", &[]).await;
        assert_eq!(waiting, 190);
    });
}
