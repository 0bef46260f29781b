//! A charge that comes after placing: billed once and to the penny, paid by whoever pays the rest. A mug costs 10.00.

use crate::shop::{Shop, blank_order};
use waybill_domain::event::Event;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, Pick};
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::hold::{ApplyHold, RejectHold};
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder, SubmitOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{ChargeKind, HoldKind, Lifecycle, PaymentStatus, Step};
use waybill_domain::payment::PaymentMethod::{self, Card, Cash, Terms, Transfer};
use waybill_domain::payment::authorization::{AuthorizePayment, RenewAuthorization};
use waybill_domain::payment::capture::{CaptureDue, CapturePayment};
use waybill_domain::payment::outcome::{GatewayOutcome, RecordOutcome};
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::personal::PersonalText;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};

pub(super) fn shop() -> Shop {
    let mut shop = Shop::open();
    let lines = vec![ReceiveLine { sku: "MUG".into(), lot_id: LotId::NIL, quantity: Quantity(20) }];
    let location_id = shop.locations[0];
    shop.run(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }).unwrap();
    shop
}

pub(super) fn place(shop: &mut Shop, mugs: i64, method: PaymentMethod, draft: bool) -> OrderId {
    let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
    let line = LineInput {
        sku: "MUG".into(),
        quantity: Quantity(mugs),
        unit_price: UnitPrice(10_000_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    };
    shop.run(PlaceOrder {
        draft,
        lines: vec![line],
        payments: vec![PaymentInput { method, gateway: Some("sim".into()), token: Some(token), amount: None }],
        ..blank_order()
    })
    .unwrap();
    *shop.orders.last().unwrap()
}

fn charge(order_id: OrderId, kind: ChargeKind, amount: i64) -> AddCharge {
    AddCharge { order_id, kind, amount: Minor(amount), tax: Minor(0), label: None }
}

pub(super) fn add(shop: &mut Shop, order: OrderId, kind: ChargeKind, amount: i64) {
    shop.run(charge(order, kind, amount)).unwrap();
    shop.check();
}

pub(super) fn succeed(shop: &mut Shop, order: OrderId) {
    let open = shop.order(order).transactions.iter().find(|one| one.is_open()).map(|one| one.id()).unwrap();
    let outcome = GatewayOutcome::Succeeded { reference: None, expires_at: Some(shop.now.plus_seconds(9_000)) };
    shop.run(RecordOutcome { transaction_id: open, outcome }).unwrap();
    shop.check();
}

/// Picks and packs some mugs of the order's work.
pub(super) fn pack(shop: &mut Shop, order: OrderId, mugs: i64) {
    let fulfillment_order_id = FulfillmentOrderId::new(order, 1);
    let picks = vec![LinePicked { line: 1, lot_id: None, quantity: Quantity(mugs) }];
    shop.run(Pick { fulfillment_order_id, picks, shorts: vec![] }).unwrap();
    shop.run(Pack { fulfillment_order_id, lines: vec![], weight_g: None }).unwrap();
}

pub(super) fn ship(order: OrderId) -> Ship {
    let fulfillment_order_id = FulfillmentOrderId::new(order, 1);
    Ship { fulfillment_order_id, carrier: None, service: None, parcels: vec![] }
}

/// Packs and ships some mugs; what was billed for fees, and in all.
pub(super) fn send(shop: &mut Shop, order: OrderId, mugs: i64) -> (i64, i64) {
    pack(shop, order, mugs);
    let events = shop.run(ship(order)).unwrap();
    shop.check();
    match &events[0] {
        Event::ShipmentShipped(shipped) => (shipped.bill.fees.0, shipped.bill.total().0),
        other => panic!("not shipped: {other:?}"),
    }
}

pub(super) fn deliver(shop: &mut Shop, order: OrderId) {
    let parcels = shop.order(order).parcels.len() as u32;
    for parcel in 1..=parcels {
        let (parcel_id, occurred_at) = (ParcelId::new(order, parcel), shop.now);
        let status = TrackingStatus::Delivered;
        shop.run(RecordTracking { parcel_id, status, occurred_at, carrier_event: None, raw: None }).unwrap();
    }
}

pub(super) fn pay(shop: &mut Shop, order_id: OrderId, method: PaymentMethod, amount: i64) {
    shop.run(RecordPayment { order_id, method, amount: Minor(amount), reference: None }).unwrap();
    shop.check();
}

#[test]
fn parcels_after_it_take_their_share_and_catch_up_with_those_before() {
    let mut shop = shop();
    let order = place(&mut shop, 4, Terms, false);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    assert_eq!(send(&mut shop, order, 2), (0, 2_000));
    add(&mut shop, order, ChargeKind::Fee, 501);
    assert_eq!(shop.order(order).head.total(), Minor(4_501));
    // Three of four mugs have left: 501 x 3 / 4 = 375.75, rounded 376. The last takes the other 125.
    assert_eq!(send(&mut shop, order, 1), (376, 1_376));
    assert_eq!(send(&mut shop, order, 1), (125, 1_125));
    deliver(&mut shop, order);
    assert!(!shop.order(order).head.to_complete, "nothing is paid");
    pay(&mut shop, order, Transfer, 4_500);
    assert!(!shop.order(order).head.to_complete, "a cent is missing");
    pay(&mut shop, order, Transfer, 1);
    assert!(shop.order(order).head.to_complete);
    shop.run(CompleteOrder { order_id: order }).unwrap();
    assert!(!shop.order(order).head.to_complete, "it is done");
    let head = &shop.order(order).head;
    assert_eq!((head.recognized, head.applied, head.deposit), (Minor(4_501), Minor(4_501), Minor(0)));
}

#[test]
fn after_the_last_parcel_completing_bills_it_once_it_is_paid() {
    let mut shop = shop();
    let order = place(&mut shop, 4, Cash, false);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    send(&mut shop, order, 4);
    deliver(&mut shop, order);
    pay(&mut shop, order, Cash, 4_000);
    add(&mut shop, order, ChargeKind::Surcharge, 250);
    assert!(!shop.order(order).head.to_complete, "no worker tries in vain");
    let refusal = shop.run(CompleteOrder { order_id: order }).unwrap_err();
    assert_eq!((refusal.code.as_str(), &refusal.facts["open"][0]), ("order.not_finished", &"payment".into()));
    pay(&mut shop, order, Cash, 250);
    let payments = &shop.order(order).payments;
    assert_eq!((payments.len(), payments.iter().map(|one| one.amount.0).sum::<i64>()), (1, 4_250), "the same payment");
    shop.run(CompleteOrder { order_id: order }).unwrap();
    shop.check();
    assert_eq!(shop.order(order).head.recognized, Minor(4_250));
}

#[test]
fn money_off_can_be_what_was_missing() {
    let mut shop = shop();
    let order = place(&mut shop, 1, Transfer, false);
    pay(&mut shop, order, Transfer, 900);
    add(&mut shop, order, ChargeKind::Discount, -99);
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Placed, "a cent is missing");
    add(&mut shop, order, ChargeKind::Discount, -1);
    let head = &shop.order(order).head;
    assert_eq!((head.lifecycle, head.payment_status), (Lifecycle::Confirmed, PaymentStatus::Paid));
    assert_eq!(shop.order(order).line(1).unwrap().allocated, Quantity(1));
}

#[test]
fn a_card_pays_what_it_was_asked_for_and_the_rest_is_asked_for_anew() {
    let mut shop = shop();
    let order = place(&mut shop, 1, Card, false);
    succeed(&mut shop, order);
    add(&mut shop, order, ChargeKind::Fee, 250);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    pack(&mut shop, order, 1);
    succeed(&mut shop, order);
    assert_eq!(shop.order(order).head.kept(), Minor(1_000));
    assert_eq!(shop.run(ship(order)).unwrap_err().code, "fulfillment.not_paid");
    let token = PersonalText { id: shop.ids().nth(1), value: "t".into() };
    shop.run(AuthorizePayment { order_id: order, gateway: "sim".into(), token, amount: None }).unwrap();
    assert!(!shop.order(order).head.to_capture, "the gateway is being asked");
    succeed(&mut shop, order);
    assert!(shop.order(order).head.to_capture, "2.50 is packed, authorized and not captured");
    shop.run(CaptureDue { order_id: order }).unwrap();
    assert!(!shop.order(order).head.to_capture, "the gateway is being asked");
    succeed(&mut shop, order);
    assert!(!shop.order(order).head.to_capture, "all of it is captured");
    shop.run(ship(order)).unwrap();
    shop.check();
    assert_eq!(shop.order(order).head.kept(), Minor(1_250));

    // Of a draft nothing was asked for yet.
    let draft = place(&mut shop, 1, Card, true);
    add(&mut shop, draft, ChargeKind::Shipping, 499);
    add(&mut shop, draft, ChargeKind::Discount, -100);
    shop.run(SubmitOrder { order_id: draft }).unwrap();
    assert_eq!(shop.order(draft).transactions.iter().map(|one| one.amount.0).collect::<Vec<_>>(), [1_399]);
    let free = place(&mut shop, 1, Card, true);
    add(&mut shop, free, ChargeKind::Discount, -1_000);
    shop.run(SubmitOrder { order_id: free }).unwrap();
    let order = shop.order(free);
    assert_eq!((order.transactions.len(), order.head.lifecycle), (0, Lifecycle::Confirmed));
}

#[test]
fn what_is_authorized_for_later_parcels_waits_for_them() {
    let mut shop = shop();
    let order = place(&mut shop, 2, Card, false);
    succeed(&mut shop, order);
    shop.run(ReleaseOrder { order_id: order }).unwrap();
    pack(&mut shop, order, 1);
    succeed(&mut shop, order);
    let order = shop.order(order);
    assert_eq!((order.head.kept(), order.head.to_capture), (Minor(1_000), false), "10.00 more is held, and not due");
}

#[test]
fn what_cannot_be_charged_is_refused() {
    let mut shop = shop();
    let order = place(&mut shop, 1, Terms, false);
    let mut refused = |command: AddCharge, code: &str| {
        let before = shop.events.len();
        let refusal = shop.run(command).expect_err("a refusal");
        assert_eq!((refusal.code.as_str(), shop.events.len()), (code, before), "{refusal}");
    };
    refused(charge(order, ChargeKind::Fee, -1), "order.charge_wrong_sign");
    refused(charge(order, ChargeKind::Discount, 1), "order.charge_wrong_sign");
    refused(charge(order, ChargeKind::Discount, -1_001), "order.total_below_zero");
    refused(charge(order, ChargeKind::Fee, 0), "order.invalid");
    refused(charge(order, ChargeKind::Fee, i64::MAX), "order.invalid");
    refused(charge(order, ChargeKind::Fee, 10_000_000_000_000), "order.invalid");
    refused(charge(OrderId::NIL, ChargeKind::Fee, 1), "order.unknown");
    shop.run(CancelOrder { order_id: order, reason: "no".into() }).unwrap();
    let refusal = shop.run(charge(order, ChargeKind::Fee, 1)).unwrap_err();
    assert_eq!(refusal.code, "order.wrong_lifecycle");
}

#[test]
fn what_is_left_of_an_order_never_costs_less_than_nothing() {
    let mut shop = shop();
    let order = place(&mut shop, 4, Terms, false);
    add(&mut shop, order, ChargeKind::Discount, -2_500);
    let cancel = |quantity: i64| CancelLine {
        line_id: LineId::new(order, 1),
        quantity: Some(Quantity(quantity)),
        reason: "changed_mind".into(),
        refund: true,
    };
    // Two mugs are worth 20.00, and 25.00 is off.
    assert_eq!(shop.run(cancel(2)).unwrap_err().code, "order.total_below_zero");
    shop.run(cancel(1)).unwrap();
    shop.check();
    assert_eq!(shop.order(order).head.total(), Minor(500));
    // A hold on a line that is rejected gives the line up, within the same bound.
    let lines = ["MUG", "PEN"].map(|sku| LineInput {
        sku: sku.into(),
        quantity: Quantity(1),
        unit_price: UnitPrice(10_000_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    });
    let payments = vec![PaymentInput { method: Terms, gateway: None, token: None, amount: None }];
    shop.run(PlaceOrder { lines: lines.into(), payments, ..blank_order() }).unwrap();
    let two = *shop.orders.last().unwrap();
    add(&mut shop, two, ChargeKind::Discount, -1_500);
    let hold = ApplyHold {
        order_id: two,
        line: Some(1),
        kind: HoldKind::Manual,
        steps: vec![Step::Ship],
        reason: "check".into(),
        note: None,
        owner: None,
        due_at: None,
    };
    shop.run(hold).unwrap();
    let hold_id = HoldId::new(two, 1);
    assert_eq!(shop.run(RejectHold { hold_id, reason: None }).unwrap_err().code, "order.total_below_zero");
    // Without the last mug there is no order, and so no discount.
    shop.run(cancel(3)).unwrap();
    shop.check();
    assert_eq!(shop.order(order).head.lifecycle, Lifecycle::Cancelled);
}

#[test]
fn every_bad_line_of_a_return_is_named() {
    let mut shop = shop();
    let order_id = place(&mut shop, 2, Terms, false);
    shop.run(ReleaseOrder { order_id }).unwrap();
    send(&mut shop, order_id, 2);
    let state = StockAccount::Available;
    let lines = [(1, 1, state), (1, 2, state), (9, 1, state), (1, 0, state), (1, 1, StockAccount::Packed)];
    let lines = lines.map(|(line, quantity, state)| ReturnInput {
        line,
        quantity: Quantity(quantity),
        state,
        reason: "unwanted".into(),
    });
    let location_id = shop.locations[0];
    let command = ReceiveReturn { order_id, location_id, lines: lines.into(), credit: None, refund: false };
    let refusal = shop.run(command).unwrap_err();
    let found: Vec<String> = refusal.problems.iter().map(|one| format!("{} {}", one.path, one.code)).collect();
    let expected = [
        "lines[1].quantity exceeds_shipped",
        "lines[2].line unknown_line",
        "lines[3].quantity quantity_out_of_range",
        "lines[4].state wrong_state",
    ];
    assert_eq!(found, expected);
    assert_eq!(refusal.code, "return.unknown_line", "what will never be possible comes first");
}

/// Two captures are under way when the order is given up. The first that ends lets go of the rest, and not of what the
/// other takes.
#[test]
fn what_another_capture_takes_is_not_let_go() {
    let mut shop = shop();
    let order = place(&mut shop, 3, Card, false);
    succeed(&mut shop, order);
    let payment_id = PaymentId::new(order, 1);
    for amount in [500, 700] {
        shop.run(CapturePayment { payment_id, amount: Some(Minor(amount)) }).unwrap();
    }
    shop.run(CancelOrder { order_id: order, reason: "no".into() }).unwrap();
    let refusal = shop.run(CapturePayment { payment_id, amount: Some(Minor(1)) }).unwrap_err();
    assert_eq!(refusal.code, "order.wrong_lifecycle");
    // 500 and 700 captured and given back, 30.00 less 12.00 let go.
    while shop.order(order).transactions.iter().any(|one| one.is_open()) {
        succeed(&mut shop, order);
    }
    let (head, payment) = (&shop.order(order).head, &shop.order(order).payments.iter().next().unwrap());
    assert_eq!((head.received, head.refunded), (Minor(1_200), Minor(1_200)));
    assert_eq!((payment.authorized, payment.received), (Minor(1_200), Minor(1_200)));
}

/// The same where a renewal is under way beside a capture.
#[test]
fn what_a_capture_takes_is_not_let_go_by_a_renewal() {
    let mut shop = shop();
    let order = place(&mut shop, 3, Card, false);
    succeed(&mut shop, order);
    let payment_id = PaymentId::new(order, 1);
    shop.now = shop.now.plus_seconds(8_000);
    shop.run(RenewAuthorization { payment_id }).unwrap();
    shop.run(CapturePayment { payment_id, amount: Some(Minor(500)) }).unwrap();
    shop.run(CancelOrder { order_id: order, reason: "no".into() }).unwrap();
    while shop.order(order).transactions.iter().any(|one| one.is_open()) {
        succeed(&mut shop, order);
    }
    let (head, payment) = (&shop.order(order).head, &shop.order(order).payments.iter().next().unwrap());
    assert_eq!((head.received, head.refunded), (Minor(500), Minor(500)));
    assert_eq!((payment.authorized, payment.received), (Minor(500), Minor(500)));
}
