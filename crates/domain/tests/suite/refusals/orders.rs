//! Placing, totals, and what comes after.

use crate::refusals::rows::*;

pub fn placing(rows: &mut Rows) {
    let mut order = rows.order("NOTHING", 0, PaymentMethod::Card);
    order.channel = "nowhere".into();
    order.customer = Some("nobody".into());
    order.payments[0].token = None;
    let before = rows.shop.events.len();
    let refusal = rows.shop.run(order).expect_err("an order with problems");
    let paths: Vec<&str> = refusal.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["channel", "customer.code", "lines[0].sku", "lines[0].quantity", "payments[0].token"]);
    assert_eq!((refusal.code.as_str(), rows.shop.events.len()), ("order.invalid", before));
    rows.reached.insert("order.invalid".into());
    for (quantity, price, discount) in
        [(i64::MAX, 1, 0), (1, -1, 0), (1, i64::MAX, 0), (1_000_000_000_000, 10_000_000_000_000_000, 0), (1, 1, 500)]
    {
        let mut order = rows.order("MUG", quantity, PaymentMethod::Terms);
        order.lines[0].unit_price = UnitPrice(price);
        order.lines[0].discount = Minor(discount);
        rows.refused("order.invalid", order);
    }
    totals(rows);
    let mut first = rows.order("MUG", 1, PaymentMethod::Terms);
    first.external_ref = Some("1001".into());
    rows.must(first.clone());
    rows.refused("order.duplicate_external_ref", first);

    rows.receive("PEN", 1);
    rows.receive("MUG", 1);
    let here = rows.shop.locations[0];
    let made = rows.must(ReserveStock {
        channel_id: None,
        sku: "PEN".into(),
        location_id: here,
        lot_id: LotId::NIL,
        quantity: Quantity(1),
        seconds: 60,
    });
    let reservation_id = ReservationId(made[0].aggregate().id);
    let mut with = |sku: &str, reservation: ReservationId| PlaceOrder {
        reservations: vec![reservation],
        ..rows.order(sku, 1, PaymentMethod::Terms)
    };
    let (unknown, other) = (with("MUG", ReservationId::NIL), with("MUG", reservation_id));
    let (taken, again) = (with("PEN", reservation_id), with("PEN", reservation_id));
    rows.refused("order.unknown_reservation", unknown);
    rows.refused("order.reservation_not_wanted", other);
    rows.must(taken);
    rows.refused("order.reservation_ended", again);
}

/// A mug costs 10.00.
fn totals(rows: &mut Rows) {
    let mut with = |charges: &[(ChargeKind, i64, i64)]| PlaceOrder {
        charges: charges
            .iter()
            .map(|(kind, amount, tax)| ChargeInput {
                kind: *kind,
                amount: Minor(*amount),
                tax: Minor(*tax),
                label: None,
            })
            .collect(),
        ..rows.order("MUG", 1, PaymentMethod::Terms)
    };
    use ChargeKind::{Discount, Fee, Shipping, Surcharge};
    let fits = [with(&[(Discount, -1_000, 0)]), with(&[(Discount, -1_499, 0), (Shipping, 499, 0), (Fee, 0, 0)])];
    let signs = [
        with(&[(Discount, 1, 0)]),
        with(&[(Discount, -1, 1)]),
        with(&[(Shipping, -1, 0)]),
        with(&[(Fee, -1, 0)]),
        with(&[(Surcharge, 1, -1)]),
    ];
    let below = [with(&[(Discount, -1_001, 0)]), with(&[(Discount, -1_000, -1)])];
    let fits_again = with(&[]);
    let both = with(&[(Shipping, 499, 0), (Fee, -1, 0), (Discount, 2, 0), (Discount, -1_501, 0)]);
    let mut unreadable = with(&[(Fee, -1, 0)]);
    unreadable.lines[0].quantity = Quantity(0);
    signs.clone().into_iter().for_each(|order| rows.refused("order.charge_wrong_sign", order));
    below.clone().into_iter().for_each(|order| rows.refused("order.total_below_zero", order));
    let paths = |refusal: &Refusal| -> Vec<String> {
        refusal.problems.iter().map(|problem| format!("{} {}", problem.path, problem.code)).collect()
    };
    let refusal = rows.shop.run(both).expect_err("all of it at once");
    let expected = [
        "charges[1].amount_minor charge_wrong_sign",
        "charges[2].amount_minor charge_wrong_sign",
        "totals total_below_zero",
    ];
    // 10.00 + 4.99 - 0.01 + 0.02 - 15.01 = -0.01
    assert_eq!(
        (paths(&refusal), refusal.code.as_str()),
        (expected.map(str::to_owned).to_vec(), "order.charge_wrong_sign")
    );
    let refusal = rows.shop.run(unreadable).expect_err("with what else is wrong");
    let expected = ["lines[0].quantity out_of_range", "charges[0].amount_minor charge_wrong_sign"];
    assert_eq!(paths(&refusal), expected);
    for order in fits {
        let placed = rows.must(order)[0].aggregate().id;
        assert_eq!(rows.shop.order(OrderId(placed)).head.total(), Minor(0), "nothing is a price");
    }
    // History has credit documents, but no discount that costs something.
    rows.shop.origin = Origin::Import;
    signs[2..].iter().chain(&below).for_each(|order| drop(rows.must(order.clone())));
    rows.refused("order.charge_wrong_sign", signs[0].clone());
    let placed = rows.must(fits_again)[0].aggregate();
    let (order_id, now) = (OrderId(placed.id), rows.shop.now);
    // Time may stand still, but not run backwards.
    rows.must(hold(order_id, vec![Step::Ship]));
    rows.shop.now = now.plus_seconds(-1);
    rows.refused("system.before_latest_event", hold(order_id, vec![Step::Ship]));
    for origin in [Origin::Simulation, Origin::Live] {
        rows.shop.origin = origin;
        let outcome = rows.shop.run(hold(order_id, vec![Step::Ship]));
        assert_eq!(outcome.is_ok(), origin == Origin::Live, "clocks of machines differ by moments");
    }
    rows.shop.now = now;
    rows.shop.origin = Origin::Live;
}

pub fn orders(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 4, PaymentMethod::Terms);
    let line_id = LineId::new(order_id, 1);
    let reason = || "changed".to_owned();
    rows.refused("order.unknown", ReleaseOrder { order_id: OrderId::NIL });
    let cancel = |line_id, quantity: Option<i64>| CancelLine {
        line_id,
        quantity: quantity.map(Quantity),
        reason: reason(),
        refund: true,
    };
    rows.refused("order.unknown_line", cancel(LineId::new(order_id, 9), None));
    rows.refused("order.exceeds_open_quantity", cancel(line_id, Some(5)));
    rows.refused("order.quantity_out_of_range", cancel(line_id, Some(0)));
    rows.shop.expected_version = Some(1);
    rows.refused("order.stale_version", cancel(line_id, Some(1)));
    rows.refused("order.wrong_lifecycle", SubmitOrder { order_id });
    rows.refused("order.nothing_to_allocate", AllocateOrder { order_id });
    rows.refused("order.nothing_reserved", ReleaseHeldStock { order_id });
    rows.refused("order.no_steps_blocked", hold(order_id, vec![]));
    rows.must(hold(order_id, vec![Step::Release]));
    rows.refused("order.held", ReleaseOrder { order_id });
    let hold_id = HoldId::new(order_id, 1);
    rows.refused("order.unknown_hold", ReleaseHold { hold_id: HoldId::new(order_id, 9), reason: None });
    rows.refused("order.unknown_hold", HandOverHold { hold_id: HoldId::new(order_id, 9), owner: None });
    rows.must(HandOverHold { hold_id, owner: Some("review".into()) });
    rows.must(ReleaseHold { hold_id, reason: None });
    rows.refused("order.hold_ended", HandOverHold { hold_id, owner: None });
    rows.refused(
        "order.unknown",
        AddNote {
            order_id: OrderId::NIL,
            note: PersonalText { id: TextId::NIL, value: "n".into() },
            mentions: Vec::new(),
        },
    );
    rows.refused("order.hold_ended", ReleaseHold { hold_id, reason: None });
    rows.refused("order.not_finished", CompleteOrder { order_id });
    rows.must(ReleaseOrder { order_id });
    rows.refused("order.nothing_to_release", ReleaseOrder { order_id });
    rows.must(pick_all(order_id));
    rows.must(pack_all(order_id));
    rows.must(ship(order_id, vec![]));
    let give_up = |order_id| CancelOrder { order_id, reason: reason() };
    rows.refused("order.shipped_already", give_up(order_id));

    let unpaid = rows.place("MUG", 1, PaymentMethod::Transfer);
    rows.refused("order.not_paid", ConfirmOrder { order_id: unpaid });
    rows.refused("order.not_yet_expired", ExpireOrderReservation { order_id: unpaid });
    rows.must(give_up(unpaid));
    rows.refused("order.nothing_to_cancel", give_up(unpaid));
}
