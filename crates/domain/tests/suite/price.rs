//! What an order comes to once goods came back, money was given back or lines were cancelled: nobody pays twice for it, and
//! nobody gets it for nothing. A mug costs 10.00.

use crate::charges::{add, deliver, pack, pay, place, send, shop, succeed};
use crate::shop::{Shop, blank_order};
use waybill_domain::event::Event;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::{ApplyHold, RejectHold};
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::order::{ChargeKind, HoldKind, HoldState, Lifecycle, PaymentStatus, Step};
use waybill_domain::payment::PaymentMethod::{self, Card, Cash, Terms, Transfer};
use waybill_domain::payment::authorization::AuthorizePayment;
use waybill_domain::payment::capture::{CaptureDue, CapturePayment};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::PersonalText;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};

fn decline(shop: &mut Shop, order: OrderId) {
    let open = shop.order(order).transactions.iter().find(|one| one.is_open()).map(|one| one.id()).unwrap();
    let outcome = GatewayOutcome::Failed { code: "insufficient_funds".into() };
    shop.run(RecordOutcome { transaction_id: open, outcome }).unwrap();
    shop.check();
}

fn cancel(shop: &mut Shop, order: OrderId, line: u32, quantity: i64) {
    let (line_id, quantity) = (LineId::new(order, line), Some(Quantity(quantity)));
    shop.run(CancelLine { line_id, quantity, reason: "changed_mind".into(), refund: true }).unwrap();
    shop.check();
}

/// Takes mugs of the first line back, and the money for them.
fn take_back(shop: &mut Shop, order_id: OrderId, mugs: i64) {
    let state = StockAccount::Available;
    let lines = vec![ReturnInput { line: 1, quantity: Quantity(mugs), state, reason: "unwanted".into() }];
    let location_id = shop.locations[0];
    shop.run(ReceiveReturn { order_id, location_id, lines, credit: None, refund: true }).unwrap();
    shop.check();
}

fn money(shop: &Shop, order: OrderId) -> (i64, i64) {
    let head = &shop.order(order).head;
    (head.received.0, head.refunded.0)
}

fn line(sku: &str, price: i64) -> LineInput {
    LineInput {
        sku: sku.into(),
        quantity: Quantity(1),
        unit_price: UnitPrice(price * 10_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    }
}

fn payment(method: PaymentMethod, amount: Option<i64>) -> PaymentInput {
    let token = (method == Card).then(|| PersonalText { id: TextId(Id(7)), value: "t".into() });
    let gateway = (method == Card).then(|| "sim".to_owned());
    PaymentInput { method, gateway, token, amount: amount.map(Minor) }
}

fn place_with(shop: &mut Shop, lines: Vec<LineInput>, payments: Vec<PaymentInput>) -> OrderId {
    shop.run(PlaceOrder { lines, payments, ..blank_order() }).unwrap();
    *shop.orders.last().unwrap()
}

fn hold(order_id: OrderId, line: Option<u32>, steps: &[Step]) -> ApplyHold {
    let (kind, reason) = (HoldKind::Fraud, "check".to_owned());
    ApplyHold { order_id, line, kind, steps: steps.into(), reason, note: None, owner: None, due_at: None }
}

#[test]
fn what_was_given_back_to_a_card_is_not_taken_again() {
    let mut shop = shop();
    let order = place(&mut shop, 2, Card, false);
    succeed(&mut shop, order);
    cancel(&mut shop, order, 1, 1);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    pack(&mut shop, order, 1);
    succeed(&mut shop, order);
    shop.run(crate::charges::ship(order)).unwrap();
    take_back(&mut shop, order, 1);
    succeed(&mut shop, order);
    assert_eq!(money(&shop, order), (1_000, 1_000), "10.00 more is authorized, and not due");
    assert!(!shop.order(order).head.to_capture);
    let refusal = shop.run(CaptureDue { order_id: order }).unwrap_err();
    assert_eq!(refusal.code, "payment.nothing_due");
}

#[test]
fn goodwill_is_not_taken_again_when_the_rest_is_cancelled() {
    let mut shop = shop();
    let order = place(&mut shop, 2, Card, false);
    succeed(&mut shop, order);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    pack(&mut shop, order, 1);
    succeed(&mut shop, order);
    shop.run(crate::charges::ship(order)).unwrap();
    shop.run(GrantRefund { order_id: order, amount: Minor(300), reason: "scratched".into() }).unwrap();
    succeed(&mut shop, order);
    cancel(&mut shop, order, 1, 1);
    let head = &shop.order(order).head;
    assert_eq!((head.kept(), head.to_capture), (Minor(700), false));
    assert_eq!(shop.order(order).price(), Minor(700));
}

#[test]
fn an_order_without_stock_that_is_paid_does_not_expire() {
    for sku in ["PEN", "ENGRAVING"] {
        let mut shop = shop();
        let order = place_with(&mut shop, vec![line(sku, 1_000)], vec![payment(Card, None)]);
        decline(&mut shop, order);
        // A hold of another kind keeps the order from being confirmed.
        shop.run(hold(order, None, &[Step::Confirm])).unwrap();
        pay(&mut shop, order, Transfer, 1_000);
        let head = &shop.order(order).head;
        assert_eq!((head.lifecycle, head.payment_status), (Lifecycle::Placed, PaymentStatus::Paid), "{sku}");
        assert_eq!(head.reserved_until, None, "{sku}: nobody waits for a payment any more");
        shop.now = shop.now.plus_seconds(30 * 86_400);
        let refusal = shop.run(ExpireOrderReservation { order_id: order }).unwrap_err();
        assert_eq!(refusal.code, "order.nothing_reserved", "{sku}");
    }
}

#[test]
fn an_order_that_came_to_less_than_was_paid_goes_on_at_once() {
    let mut shop = shop();
    let order = place(&mut shop, 3, Transfer, false);
    pay(&mut shop, order, Transfer, 2_000);
    cancel(&mut shop, order, 1, 1);
    let head = &shop.order(order).head;
    assert_eq!((head.lifecycle, head.reserved_until, head.kept()), (Lifecycle::Confirmed, None, Minor(2_000)));
    assert_eq!(shop.order(order).line(1).unwrap().allocated, Quantity(2));
    // So does one whose line is given up by rejecting its hold; what was paid beyond goes back.
    let lines = vec![line("MUG", 1_000), line("MUG", 500)];
    let order = place_with(&mut shop, lines, vec![payment(Transfer, None)]);
    shop.run(hold(order, Some(1), &[Step::Confirm])).unwrap();
    pay(&mut shop, order, Transfer, 700);
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Placed);
    shop.run(RejectHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap();
    shop.check();
    assert_eq!((shop.order(order).head.lifecycle, money(&shop, order)), (Lifecycle::Confirmed, (700, 200)));
    assert_eq!(shop.order(order).line(2).unwrap().allocated, Quantity(1));
}

#[test]
fn money_that_comes_another_way_ends_the_hold_of_a_declined_card() {
    let mut shop = shop();
    let order = place(&mut shop, 1, Card, false);
    decline(&mut shop, order);
    pay(&mut shop, order, Transfer, 999);
    assert_eq!(shop.order(order).head.holds_active, 1, "a cent is missing");
    pay(&mut shop, order, Transfer, 1);
    let ended = shop.order(order).holds.iter().all(|one| one.state == HoldState::Released);
    assert_eq!((shop.order(order).head.lifecycle, ended), (Lifecycle::Confirmed, true));
    // Beside another card that was accepted.
    let payments = vec![payment(Card, Some(1_000)), payment(Card, Some(2_000))];
    let order = place_with(&mut shop, vec![line("MUG", 3_000)], payments);
    succeed(&mut shop, order);
    decline(&mut shop, order);
    pay(&mut shop, order, Transfer, 2_000);
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Confirmed);
    assert_eq!(shop.run(ConfirmOrder { order_id: order }).unwrap_err().code, "order.wrong_lifecycle");
}

#[test]
fn a_line_cancelled_after_a_return_is_paid_back_too() {
    let mut shop = shop();
    let order = place(&mut shop, 3, Transfer, false);
    pay(&mut shop, order, Transfer, 3_000);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    send(&mut shop, order, 1);
    take_back(&mut shop, order, 1);
    assert_eq!(money(&shop, order), (3_000, 1_000));
    cancel(&mut shop, order, 1, 1);
    assert_eq!(money(&shop, order), (3_000, 2_000));
    send(&mut shop, order, 1);
    assert_eq!(shop.order(order).head.receivable(), Minor(0));
    assert_eq!(shop.order(order).head.deposit, Minor(0));
}

#[test]
fn goods_that_come_back_take_their_share_of_the_orders_discount_with_them() {
    let mut shop = shop();
    let order = place(&mut shop, 3, Transfer, false);
    add(&mut shop, order, ChargeKind::Discount, -1_000);
    pay(&mut shop, order, Transfer, 2_000);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    send(&mut shop, order, 3);
    // 10.00 a mug less a third of 10.00: 6.67, 6.66 and 6.67, to the penny.
    for back in [667, 1_333, 2_000] {
        take_back(&mut shop, order, 1);
        assert_eq!(money(&shop, order), (2_000, back));
    }
    assert_eq!(shop.order(order).head.recognized, Minor(0));
}

#[test]
fn another_card_is_asked_for_what_cash_and_terms_leave() {
    let mut shop = shop();
    let payments = vec![payment(Cash, Some(2_000)), payment(Card, None)];
    let order = place_with(&mut shop, vec![line("MUG", 5_000)], payments);
    decline(&mut shop, order);
    let again = |shop: &mut Shop| {
        let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
        shop.run(AuthorizePayment { order_id: order, gateway: "sim".into(), token, amount: None })
    };
    let events = again(&mut shop).unwrap();
    assert!(matches!(&events[0], Event::PaymentAdded(added) if added.amount == Minor(3_000)), "{events:?}");
    succeed(&mut shop, order);
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Confirmed);
    assert_eq!(again(&mut shop).unwrap_err().code, "payment.nothing_due");
}

#[test]
fn a_line_whose_hold_is_rejected_is_paid_back() {
    let mut shop = shop();
    let order = place_with(&mut shop, vec![line("MUG", 1_000), line("PEN", 500)], vec![payment(Transfer, None)]);
    pay(&mut shop, order, Transfer, 1_500);
    shop.run(hold(order, Some(2), &[Step::Ship])).unwrap();
    shop.run(RejectHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap();
    shop.check();
    assert_eq!(money(&shop, order), (1_500, 500));
}

#[test]
fn what_is_no_longer_owed_is_not_awaited() {
    let mut shop = shop();
    let status = |shop: &Shop, order: OrderId| shop.order(order).head.payment_status;
    let order = place(&mut shop, 2, Terms, false);
    assert_eq!(status(&shop, order), PaymentStatus::Pending);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    send(&mut shop, order, 2);
    deliver(&mut shop, order);
    take_back(&mut shop, order, 1);
    assert_eq!(status(&shop, order), PaymentStatus::Pending);
    pay(&mut shop, order, Transfer, 1_000);
    assert_eq!(status(&shop, order), PaymentStatus::Paid);
    shop.run(CompleteOrder { order_id: order }).unwrap();
    let all = place(&mut shop, 1, Terms, false);
    shop.run(ReleaseOrder { order_id: all }).unwrap();
    send(&mut shop, all, 1);
    take_back(&mut shop, all, 1);
    assert_eq!(status(&shop, all), PaymentStatus::None);
    let given_up = place(&mut shop, 1, Terms, false);
    shop.run(CancelOrder { order_id: given_up, reason: "no".into() }).unwrap();
    assert_eq!(status(&shop, given_up), PaymentStatus::None);
}

#[test]
fn a_hold_keeps_people_from_capturing_too() {
    let mut shop = shop();
    let order = place(&mut shop, 1, Card, false);
    succeed(&mut shop, order);
    shop.run(hold(order, None, &[Step::Capture, Step::Ship])).unwrap();
    let payment_id = PaymentId::new(order, 1);
    assert_eq!(shop.run(CapturePayment { payment_id, amount: None }).unwrap_err().code, "order.held");
}

#[test]
fn payments_do_not_come_to_more_than_the_order() {
    let mut shop = shop();
    for payments in [vec![payment(Terms, Some(1_001)), payment(Cash, None)], vec![payment(Card, Some(500_000))]] {
        let refusal = shop.run(PlaceOrder { lines: vec![line("MUG", 1_000)], payments, ..blank_order() }).unwrap_err();
        let found: Vec<_> = refusal.problems.iter().map(|one| format!("{} {}", one.path, one.code)).collect();
        assert_eq!(found, ["payments[0].amount_minor exceeds_total"]);
    }
}
