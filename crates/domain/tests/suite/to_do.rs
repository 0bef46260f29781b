//! What workers look up: each order says what is next, and nothing once it is done.

use crate::shop::{Shop, blank_order};
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::hold::ReleaseHold;
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::capture::CaptureDue;
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::personal::PersonalText;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};

fn place(shop: &mut Shop, quantity: i64, method: PaymentMethod) -> OrderId {
    let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
    let line = LineInput {
        sku: "MUG".into(),
        quantity: Quantity(quantity),
        unit_price: UnitPrice(10_000_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    };
    let payment = PaymentInput { method, gateway: Some("sim".into()), token: Some(token), amount: None };
    shop.run(PlaceOrder { lines: vec![line], payments: vec![payment], ..blank_order() }).unwrap();
    *shop.orders.last().unwrap()
}

fn receive(shop: &mut Shop, quantity: i64) {
    let lines = vec![ReceiveLine { sku: "MUG".into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
    let location_id = shop.locations[0];
    shop.run(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }).unwrap();
}

fn next(shop: &Shop, order: OrderId) -> (bool, bool, bool, bool) {
    let head = &shop.order(order).head;
    (head.to_fill, head.to_release, head.to_capture, head.to_complete)
}

#[test]
fn an_order_waits_for_stock_and_then_for_its_release() {
    let mut shop = Shop::open();
    let order = place(&mut shop, 2, PaymentMethod::Terms);
    assert_eq!(next(&shop, order), (true, false, false, false), "nothing is there");
    receive(&mut shop, 2);
    shop.run(AllocateOrder { order_id: order }).unwrap();
    assert_eq!(next(&shop, order), (false, true, false, false), "all is there");
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    assert_eq!(next(&shop, order), (false, false, false, false), "people pick it");
}

/// Otherwise a worker asks once a second, and every answer adds a hold.
#[test]
fn a_capture_that_failed_is_asked_for_again_only_when_its_hold_is_released() {
    let mut shop = Shop::open();
    receive(&mut shop, 1);
    let order = place(&mut shop, 1, PaymentMethod::Card);
    let answer = |shop: &mut Shop, number, outcome| {
        shop.run(RecordOutcome { transaction_id: TransactionId::new(order, number), outcome }).unwrap();
    };
    let good =
        |shop: &Shop| GatewayOutcome::Succeeded { reference: None, expires_at: Some(shop.now.plus_seconds(9_000)) };
    let outcome = good(&shop);
    answer(&mut shop, 1, outcome);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    let fulfillment_order_id = FulfillmentOrderId::new(order, 1);
    shop.run(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }).unwrap();
    shop.run(Pack { fulfillment_order_id, lines: vec![], weight_g: None }).unwrap();
    answer(&mut shop, 2, GatewayOutcome::Failed { code: "insufficient_funds".into() });
    assert!(!next(&shop, order).2);
    let refused = shop.run(CaptureDue { order_id: order }).unwrap_err();
    assert_eq!(refused.code, "order.held");
    shop.run(ReleaseHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap();
    assert!(next(&shop, order).2);
    shop.run(CaptureDue { order_id: order }).unwrap();
}

#[test]
fn an_authorization_is_due_in_its_last_quarter() {
    let mut shop = Shop::open();
    receive(&mut shop, 1);
    let order = place(&mut shop, 1, PaymentMethod::Card);
    assert_eq!(shop.order(order).head.authorization_due_at, None, "the gateway is being asked");
    let expires_at = Some(shop.now.plus_seconds(400));
    let outcome = GatewayOutcome::Succeeded { reference: None, expires_at };
    shop.run(RecordOutcome { transaction_id: TransactionId::new(order, 1), outcome }).unwrap();
    assert_eq!(shop.order(order).head.authorization_due_at, Some(shop.now.plus_seconds(300)));
}
