//! Picking, packing, shipping, and what comes back.

use crate::refusals::rows::*;

pub fn fulfillment(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 3, PaymentMethod::Card);
    rows.succeed(order_id, 1);
    rows.must(ReleaseOrder { order_id });
    let work = FulfillmentOrderId::new(order_id, 1);
    let unknown = FulfillmentOrderId::new(order_id, 9);
    let picks = |quantity| vec![LinePicked { line: 1, lot_id: None, quantity: Quantity(quantity) }];
    let pick = |fulfillment_order_id, picks| Pick { fulfillment_order_id, picks, shorts: vec![] };
    rows.refused("fulfillment.unknown", pick(unknown, vec![]));
    rows.refused("fulfillment.exceeds_allocated", pick(work, picks(4)));
    rows.refused("fulfillment.quantity_out_of_range", pick(work, picks(0)));
    let shorts = vec![LineShort { line: 1, quantity: Quantity(4), reason: ShortReason::Missing }];
    rows.refused("fulfillment.exceeds_allocated", Pick { fulfillment_order_id: work, picks: vec![], shorts });
    rows.refused("fulfillment.nothing_ready", pack_all(order_id));
    rows.refused("fulfillment.nothing_ready", ship(order_id, vec![]));
    let hand_over = |fulfillment_order_id, from: Option<&str>, to: &str| HandOverFulfillmentOrder {
        fulfillment_order_id,
        from: from.map(str::to_owned),
        assignee: Some(to.to_owned()),
    };
    rows.refused("fulfillment.unknown", hand_over(unknown, None, "ada"));
    rows.must(hand_over(work, None, "ada"));
    rows.refused("fulfillment.assignee_changed", hand_over(work, None, "ben"));
    rows.refused("system.invalid", hand_over(work, Some("ada"), "Ben Example"));
    rows.must(pick(work, vec![]));
    rows.refused("fulfillment.nothing_ready", pick(work, vec![]));
    rows.refused("fulfillment.exceeds_picked", Pack { fulfillment_order_id: work, lines: picks(4), weight_g: None });
    rows.must(pack_all(order_id));
    let parcel = |parcel, tracking: &str| ShipParcel { parcel, tracking_number: Some(tracking.to_owned()) };
    rows.refused("fulfillment.unknown_parcel", ship(order_id, vec![parcel(9, "T")]));
    rows.refused("fulfillment.missing_tracking", ship(order_id, vec![parcel(1, " ")]));
    rows.refused("fulfillment.missing_tracking", ship(order_id, vec![parcel(1, &"9".repeat(65))]));
    rows.refused("fulfillment.capture_pending", ship(order_id, vec![parcel(1, "T")]));
    let parcel_id = ParcelId::new(order_id, 1);
    let track = |parcel_id, occurred_at| RecordTracking {
        parcel_id,
        status: TrackingStatus::InTransit,
        occurred_at,
        carrier_event: None,
        raw: None,
    };
    let now = rows.shop.now;
    rows.refused("shipping.not_shipped", track(parcel_id, now));
    rows.refused("shipping.unknown_parcel", track(ParcelId::new(order_id, 9), now));
    rows.succeed(order_id, 2);
    rows.must(ship(order_id, vec![parcel(1, "T")]));
    rows.refused("fulfillment.not_open", hand_over(work, Some("ada"), "ben"));
    rows.refused("fulfillment.parcel_not_packed", ship(order_id, vec![parcel(1, "T")]));
    let cancel =
        |quantity| CancelLine { line_id: LineId::new(order_id, 1), quantity, reason: "changed".into(), refund: true };
    rows.refused("order.line_ended", cancel(None));
    rows.refused("order.exceeds_open_quantity", cancel(Some(Quantity(1))));
    rows.refused("shipping.from_the_future", track(parcel_id, now.plus_seconds(90_000)));
    rows.reached.insert("shipping.unknown_tracking".into()); // A door's: it looks the number up before a command is made.

    let declined = rows.place("MUG", 1, PaymentMethod::Card);
    rows.succeed(declined, 1);
    rows.must(ReleaseOrder { order_id: declined });
    rows.must(pick_all(declined));
    rows.must(pack_all(declined));
    let failed = GatewayOutcome::Failed { code: "insufficient_funds".into() };
    rows.must(RecordOutcome { transaction_id: TransactionId::new(declined, 2), outcome: failed });
    rows.refused("order.held", ship(declined, vec![]));
    let hold_id = HoldId::new(declined, 1);
    rows.must(ReleaseHold { hold_id, reason: None });
    rows.refused("fulfillment.not_paid", ship(declined, vec![]));

    rows.must(item("DROP", Supply::Dropship, 0));
    let dropped = rows.place("DROP", 2, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id: dropped });
    let sent = |quantity| ShipFromSupplier { order_id: dropped, lines: vec![(1, Quantity(quantity))] };
    rows.refused("fulfillment.exceeds_at_supplier", sent(3));
    rows.refused("fulfillment.nothing_named", ShipFromSupplier { order_id: dropped, lines: vec![] });
    rows.must(sent(2));
}

pub fn returns(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 2, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id });
    rows.must(pick_all(order_id));
    rows.must(pack_all(order_id));
    rows.must(ship(order_id, vec![]));
    let location_id = rows.shop.locations[0];
    let input = |line, quantity, state| ReturnInput { line, quantity: Quantity(quantity), state, reason: "no".into() };
    let take = |location_id, lines, credit: Option<i64>| ReceiveReturn {
        order_id,
        location_id,
        lines,
        credit: credit.map(Minor),
        refund: false,
    };
    let available = StockAccount::Available;
    rows.refused("return.nothing_named", take(location_id, vec![], None));
    rows.refused("return.unknown_line", take(location_id, vec![input(9, 1, available)], None));
    rows.refused("return.quantity_out_of_range", take(location_id, vec![input(1, 0, available)], None));
    rows.refused("return.wrong_state", take(location_id, vec![input(1, 1, StockAccount::Picked)], None));
    rows.refused("return.unknown_location", take(LocationId::NIL, vec![input(1, 1, available)], None));
    // Twice the same line is judged together.
    let twice = vec![input(1, 2, available), input(1, 1, available)];
    rows.refused("return.exceeds_shipped", take(location_id, twice, None));
    rows.refused("return.credit_exceeds_billed", take(location_id, vec![input(1, 1, available)], Some(2_001)));
}
