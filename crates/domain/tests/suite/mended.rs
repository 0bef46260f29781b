//! What a review once found, kept from coming back: money that is counted twice, holds that did not hold, goods and money
//! left behind.

use crate::shop::{Shop, blank_order};
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::hold::{ApplyHold, RejectHold, ReleaseHeldStock, ReleaseHold};
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder, SubmitOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::reservation::ExpireOrderReservation;
use waybill_domain::order::{ChargeKind, HoldKind, Lifecycle, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::{AuthorizePayment, RenewAuthorization};
use waybill_domain::payment::capture::CaptureDue;
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::PersonalText;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};

fn shop_with(stock: &[(&str, i64)]) -> Shop {
    let mut shop = Shop::open();
    for (sku, quantity) in stock {
        let lines = vec![ReceiveLine { sku: (*sku).into(), lot_id: LotId::NIL, quantity: Quantity(*quantity) }];
        let location_id = shop.locations[0];
        shop.run(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }).unwrap();
    }
    shop
}

/// Places lines (SKU, quantity, cents) with payments (method, cents or the rest) and postage.
fn place(
    shop: &mut Shop,
    lines: &[(&str, i64, i64)],
    payments: &[(PaymentMethod, Option<i64>)],
    postage: i64,
    draft: bool,
) -> OrderId {
    let charge = ChargeInput { kind: ChargeKind::Shipping, amount: Minor(postage), tax: Minor(0), label: None };
    let lines = lines
        .iter()
        .map(|(sku, quantity, cents)| LineInput {
            sku: (*sku).into(),
            quantity: Quantity(*quantity),
            unit_price: UnitPrice(cents * 10_000),
            discount: Minor(0),
            tax: Minor(0),
            note: None,
        })
        .collect();
    let payments = payments
        .iter()
        .map(|(method, amount)| PaymentInput {
            method: *method,
            gateway: Some("sim".into()),
            token: Some(PersonalText { id: shop.ids().nth(1), value: "t".into() }),
            amount: amount.map(Minor),
        })
        .collect();
    shop.run(PlaceOrder {
        draft,
        lines,
        charges: if postage == 0 { vec![] } else { vec![charge] },
        payments,
        ..blank_order()
    })
    .unwrap();
    *shop.orders.last().unwrap()
}

fn succeed(shop: &mut Shop, order: OrderId, number: u32) {
    let expires_at = Some(shop.now.plus_seconds(600));
    let outcome = GatewayOutcome::Succeeded { reference: None, expires_at };
    shop.run(RecordOutcome { transaction_id: TransactionId::new(order, number), outcome }).unwrap();
    shop.check();
}

fn fail(shop: &mut Shop, order: OrderId, number: u32) {
    let outcome = GatewayOutcome::Failed { code: "card_declined".into() };
    shop.run(RecordOutcome { transaction_id: TransactionId::new(order, number), outcome }).unwrap();
    shop.check();
}

fn work(order: OrderId) -> FulfillmentOrderId {
    FulfillmentOrderId::new(order, 1)
}

fn pack(shop: &mut Shop, order: OrderId) {
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    shop.run(Pick { fulfillment_order_id: work(order), picks: vec![], shorts: vec![] }).unwrap();
    shop.run(Pack { fulfillment_order_id: work(order), lines: vec![], weight_g: None }).unwrap();
}

/// Ships what is packed and has it delivered.
fn deliver(shop: &mut Shop, order: OrderId) {
    let open = shop.order(order).transactions.iter().find(|one| one.is_open()).map(|one| one.number);
    open.into_iter().for_each(|number| succeed(shop, order, number));
    shop.run(Ship { fulfillment_order_id: work(order), carrier: None, service: None, parcels: vec![] }).unwrap();
    let (parcel_id, occurred_at) = (ParcelId::new(order, 1), shop.now);
    let status = TrackingStatus::Delivered;
    shop.run(RecordTracking { parcel_id, status, occurred_at, carrier_event: None, raw: None }).unwrap();
    shop.check();
}

fn hold(order_id: OrderId, steps: Vec<Step>, line: Option<u32>) -> ApplyHold {
    let kind = HoldKind::Manual;
    ApplyHold { order_id, kind, steps, line, reason: "check".into(), note: None, owner: None, due_at: None }
}

fn cancel_line(order: OrderId, line: u32, quantity: Option<i64>) -> CancelLine {
    let quantity = quantity.map(Quantity);
    CancelLine { line_id: LineId::new(order, line), quantity, reason: "less".into(), refund: true }
}

use PaymentMethod::{Card, Cash, Terms, Transfer};

#[test]
fn money_that_was_promised_is_not_counted_again_when_it_arrives() {
    let mut shop = shop_with(&[("MUG", 5)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Cash, Some(5_000)), (Card, Some(5_000))], 0, false);
    fail(&mut shop, order, 1);
    shop.run(ReleaseHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap();
    shop.run(RecordPayment { order_id: order, method: Cash, amount: Minor(5_000), reference: None }).unwrap();
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Placed, "half of it is still missing");

    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Card, Some(5_000)), (Card, Some(5_000))], 0, false);
    succeed(&mut shop, order, 1);
    fail(&mut shop, order, 2);
    shop.now = shop.now.plus_seconds(500);
    shop.run(RenewAuthorization { payment_id: PaymentId::new(order, 1) }).unwrap();
    succeed(&mut shop, order, 3);
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Placed, "renewed is not more");
    assert_eq!(shop.order(order).head.holds_active, 1, "the other card has not answered");
    // A third card takes the place of the second.
    let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
    shop.run(AuthorizePayment { order_id: order, gateway: "sim".into(), token, amount: None }).unwrap();
    succeed(&mut shop, order, 4);
    assert_eq!((shop.order(order).head.lifecycle, shop.order(order).head.holds_active), (Lifecycle::Confirmed, 0));
}

#[test]
fn a_hold_that_a_person_applied_is_not_a_gateways_to_release() {
    let mut shop = shop_with(&[("MUG", 5)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Card, None)], 0, false);
    shop.run(ApplyHold { kind: HoldKind::Payment, ..hold(order, vec![Step::Confirm], None) }).unwrap();
    succeed(&mut shop, order, 1);
    assert_eq!((shop.order(order).head.lifecycle, shop.order(order).head.holds_active), (Lifecycle::Placed, 1));
}

#[test]
fn a_capture_that_failed_keeps_its_hold_until_its_own_card_answers() {
    let mut shop = shop_with(&[("MUG", 5)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Card, Some(5_000)), (Card, Some(5_000))], 0, false);
    succeed(&mut shop, order, 1);
    succeed(&mut shop, order, 2);
    pack(&mut shop, order);
    fail(&mut shop, order, 3);
    succeed(&mut shop, order, 4);
    shop.now = shop.now.plus_seconds(500);
    let renew = |shop: &mut Shop, payment| shop.run(RenewAuthorization { payment_id: PaymentId::new(order, payment) });
    assert!(renew(&mut shop, 2).is_err(), "all of it is captured");
    assert_eq!(shop.order(order).head.holds_active, 1);
    renew(&mut shop, 1).unwrap();
    succeed(&mut shop, order, 5);
    assert_eq!(shop.order(order).head.holds_active, 0);
}

#[test]
fn what_came_in_cash_goes_back_in_cash() {
    let mut shop = shop_with(&[("MUG", 5)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Terms, None)], 0, false);
    for (method, amount) in [(Transfer, 4_000), (Cash, 6_000)] {
        shop.run(RecordPayment { order_id: order, method, amount: Minor(amount), reference: None }).unwrap();
    }
    let mut back = |amount: i64| -> Vec<(String, i64)> {
        let command = GrantRefund { order_id: order, amount: Minor(amount), reason: "goodwill".into() };
        let events = shop.run(command).unwrap();
        shop.check();
        let postings = events.iter().flat_map(|event| event.money_postings());
        postings.map(|posting| (posting.credit.code().into_owned(), posting.amount.0)).collect()
    };
    assert_eq!(back(5_000), [("cash".to_owned(), 5_000)]);
    assert_eq!(back(3_000), [("cash".to_owned(), 1_000), ("bank".to_owned(), 2_000)]);
    assert_eq!(back(2_000), [("bank".to_owned(), 2_000)]);
}

#[test]
fn a_capture_that_succeeds_after_the_order_was_given_up_goes_back() {
    let mut shop = shop_with(&[("MUG", 5)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Card, None)], 0, false);
    succeed(&mut shop, order, 1);
    pack(&mut shop, order);
    shop.run(CancelOrder { order_id: order, reason: "no".into() }).unwrap();
    succeed(&mut shop, order, 2);
    succeed(&mut shop, order, 3);
    let head = &shop.order(order).head;
    assert_eq!((head.kept(), head.deposit), (Minor(0), Minor(0)));

    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Card, None)], 0, false);
    succeed(&mut shop, order, 1);
    pack(&mut shop, order);
    shop.run(CancelOrder { order_id: order, reason: "no".into() }).unwrap();
    fail(&mut shop, order, 2);
    succeed(&mut shop, order, 3);
    assert_eq!(shop.order(order).payment(1).map(|payment| payment.authorized), Some(Minor(0)), "let go");
}

#[test]
fn services_and_the_rest_of_the_postage_are_captured_too() {
    let mut shop = shop_with(&[("MUG", 1)]);
    let order = place(&mut shop, &[("ENGRAVING", 1, 1_000)], &[(Card, None)], 0, false);
    succeed(&mut shop, order, 1);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    shop.run(CaptureDue { order_id: order }).unwrap();
    succeed(&mut shop, order, 2);
    shop.run(CompleteOrder { order_id: order }).unwrap();

    let order = place(&mut shop, &[("MUG", 1, 1_000), ("PEN", 1, 1_000)], &[(Card, None)], 499, false);
    succeed(&mut shop, order, 1);
    pack(&mut shop, order);
    deliver(&mut shop, order);
    shop.run(cancel_line(order, 2, None)).unwrap();
    shop.run(CaptureDue { order_id: order }).unwrap();
    let last = shop.order(order).transactions.len() as u32;
    succeed(&mut shop, order, last);
    shop.run(CompleteOrder { order_id: order }).unwrap();
    let head = &shop.order(order).head;
    assert_eq!((head.kept(), head.recognized), (Minor(1_499), Minor(1_499)), "10.00 and 4.99 of postage");
    let void = shop.order(order).transactions.iter().last().map(|one| (one.kind.to_string(), one.amount));
    assert_eq!(void, Some(("void".into(), Minor(1_000))), "what was authorized for the other line is let go");
}

#[test]
fn open_units_are_allocated_while_others_are_backordered() {
    let mut shop = shop_with(&[("MUG", 2)]);
    let order = place(&mut shop, &[("MUG", 2, 10_000), ("PEN", 1, 100)], &[(Terms, None)], 0, false);
    let due_at = Some(shop.now);
    shop.run(ApplyHold { due_at, ..hold(order, vec![Step::Release], None) }).unwrap();
    shop.run(ReleaseHeldStock { order_id: order }).unwrap();
    shop.run(ReleaseHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap();
    shop.run(AllocateOrder { order_id: order }).unwrap();
    assert_eq!(shop.order(order).line(1).map(|line| line.allocated), Some(Quantity(2)));
}

#[test]
fn a_hold_on_a_line_keeps_it_from_every_step_it_names() {
    let mut shop = shop_with(&[("MUG", 2)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Terms, None)], 0, false);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    let held = |shop: &mut Shop, step: Step, number: u32| {
        shop.run(hold(order, vec![step], Some(1))).unwrap();
        let refusal = match step {
            Step::Pick => shop.run(Pick { fulfillment_order_id: work(order), picks: vec![], shorts: vec![] }),
            Step::Pack => shop.run(Pack { fulfillment_order_id: work(order), lines: vec![], weight_g: None }),
            _ => shop.run(Ship { fulfillment_order_id: work(order), carrier: None, service: None, parcels: vec![] }),
        };
        assert_eq!(refusal.unwrap_err().code, "order.held", "{step}");
        shop.run(ReleaseHold { hold_id: HoldId::new(order, number), reason: None }).unwrap();
    };
    held(&mut shop, Step::Pick, 1);
    shop.run(Pick { fulfillment_order_id: work(order), picks: vec![], shorts: vec![] }).unwrap();
    held(&mut shop, Step::Pack, 2);
    shop.run(Pack { fulfillment_order_id: work(order), lines: vec![], weight_g: None }).unwrap();
    held(&mut shop, Step::Ship, 3);
    shop.run(Ship { fulfillment_order_id: work(order), carrier: None, service: None, parcels: vec![] }).unwrap();
}

#[test]
fn a_draft_that_is_held_is_not_confirmed_by_submitting_it() {
    let mut shop = shop_with(&[("MUG", 2)]);
    let order = place(&mut shop, &[("MUG", 2, 10_000)], &[(Terms, None)], 0, true);
    shop.run(hold(order, vec![Step::Confirm], None)).unwrap();
    shop.run(SubmitOrder { order_id: order }).unwrap();
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Placed);
    shop.run(ReleaseHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap();
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Confirmed);
}

#[test]
fn a_cancelled_order_has_no_hold_left_that_could_give_it_up_again() {
    let mut shop = shop_with(&[("MUG", 2)]);
    let order = place(&mut shop, &[("MUG", 2, 10_000)], &[(Terms, None)], 0, false);
    shop.run(hold(order, vec![Step::Ship], None)).unwrap();
    shop.run(CancelOrder { order_id: order, reason: "no".into() }).unwrap();
    assert_eq!(shop.order(order).head.holds_active, 0);
    let refusal = shop.run(RejectHold { hold_id: HoldId::new(order, 1), reason: None }).unwrap_err();
    assert_eq!(refusal.code, "order.hold_ended");
}

#[test]
fn a_return_may_name_a_line_twice_and_credits_no_more_than_was_billed() {
    let mut shop = shop_with(&[("MUG", 5)]);
    let order = place(&mut shop, &[("MUG", 2, 10_000)], &[(Transfer, None)], 0, false);
    shop.run(RecordPayment { order_id: order, method: Transfer, amount: Minor(20_000), reference: None }).unwrap();
    pack(&mut shop, order);
    deliver(&mut shop, order);
    shop.run(GrantRefund { order_id: order, amount: Minor(15_000), reason: "goodwill".into() }).unwrap();
    let back = |reason: &str| ReturnInput {
        line: 1,
        quantity: Quantity(1),
        state: StockAccount::Damaged,
        reason: reason.into(),
    };
    let location_id = shop.locations[0];
    let lines = vec![back("scratched"), back("broken")];
    shop.run(ReceiveReturn { order_id: order, location_id, lines, credit: None, refund: true }).unwrap();
    shop.check();
    let numbers: Vec<u32> = shop.order(order).return_lines.iter().map(|line| line.number).collect();
    let head = &shop.order(order).head;
    assert_eq!((numbers, head.recognized, head.kept()), (vec![1, 2], Minor(0), Minor(0)));
}

#[test]
fn what_was_paid_for_a_cancelled_line_goes_back() {
    let mut shop = shop_with(&[("MUG", 2)]);
    let order = place(&mut shop, &[("MUG", 1, 10_000), ("PEN", 1, 500)], &[(Transfer, None)], 0, false);
    shop.run(RecordPayment { order_id: order, method: Transfer, amount: Minor(10_500), reference: None }).unwrap();
    pack(&mut shop, order);
    deliver(&mut shop, order);
    shop.run(cancel_line(order, 2, None)).unwrap();
    shop.run(CompleteOrder { order_id: order }).unwrap();
    let head = &shop.order(order).head;
    assert_eq!((head.kept(), head.deposit, head.lifecycle), (Minor(10_000), Minor(0), Lifecycle::Completed));
}

#[test]
fn an_unpaid_order_ends_even_where_nothing_could_be_reserved() {
    let mut shop = shop_with(&[]);
    let order = place(&mut shop, &[("MUG", 1, 10_000)], &[(Transfer, None)], 0, false);
    let until = shop.order(order).head.reserved_until.expect("an end of the wait");
    shop.now = until;
    shop.run(ExpireOrderReservation { order_id: order }).unwrap();
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Cancelled);
    shop.check();
}
