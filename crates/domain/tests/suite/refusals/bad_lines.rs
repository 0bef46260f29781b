//! A body with several bad lines hears of all of them.

use crate::refusals::rows::*;

#[test]
fn every_bad_line_of_stock_and_fulfillment_is_named() {
    let mut rows = Rows::open();
    rows.receive("MUG", 5);
    let (here, there) = (rows.shop.locations[0], rows.shop.locations[1]);
    let (lot_id, state) = (LotId::NIL, StockAccount::Available);
    let three = [("MUG", 1), ("NOTHING", 0), ("ENGRAVING", 1)];

    let lines = three.map(|(sku, quantity)| ReceiveLine { sku: sku.into(), lot_id, quantity: Quantity(quantity) });
    let receipt = ReceiveStock { location_id: here, state, reference: None, lines: lines.into() };
    let expected = ["lines[1].quantity quantity_out_of_range", "lines[1].sku unknown_item", "lines[2].sku not_stocked"];
    // What will never be possible comes before what could be.
    assert_eq!(faults(&mut rows, receipt), ("stock.quantity_out_of_range".into(), expected.map(str::to_owned).into()));

    // Neither the head nor the lines hide each other.
    let lines = three.map(|(sku, quantity)| ReceiveLine { sku: sku.into(), lot_id, quantity: Quantity(quantity) });
    let (location_id, state_of_orders) = (LocationId::NIL, StockAccount::Packed);
    let receipt = ReceiveStock { location_id, state: state_of_orders, reference: None, lines: lines.into() };
    let expected = [["location unknown_location", "state wrong_state"].as_slice(), &expected].concat();
    let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
    assert_eq!(faults(&mut rows, receipt), ("stock.wrong_state".into(), expected));

    let keep = ReserveStock {
        channel_id: None,
        sku: "NOTHING".into(),
        location_id,
        lot_id,
        quantity: Quantity(0),
        seconds: 0,
    };
    let expected = [
        "quantity quantity_out_of_range",
        "seconds expiry_out_of_range",
        "sku unknown_item",
        "location unknown_location",
    ];
    assert_eq!(faults(&mut rows, keep), ("stock.quantity_out_of_range".into(), expected.map(str::to_owned).into()));

    let lines = [("MUG", -6, state), ("MUG", 1, StockAccount::Packed), ("MUG", 0, state), ("NOTHING", 1, state)];
    let lines = lines.map(|(sku, delta, state)| AdjustLine { sku: sku.into(), lot_id, state, to: None, delta });
    let adjust = AdjustStock { location_id: here, reason: AdjustReason::Count, reference: None, lines: lines.into() };
    let expected = [
        "lines[0].quantity exceeds_balance",
        "lines[1].state wrong_state",
        "lines[2].quantity quantity_out_of_range",
        "lines[3].sku unknown_item",
    ];
    assert_eq!(faults(&mut rows, adjust), ("stock.wrong_state".into(), expected.map(str::to_owned).into()));

    let lines = [("MUG", 3), ("MUG", 3), ("NOTHING", 1)];
    let lines = lines.map(|(sku, quantity)| SendLine { sku: sku.into(), lot_id, quantity: Quantity(quantity) });
    let send = SendTransfer { from_location_id: here, to_location_id: there, lines: lines.into() };
    let expected = ["lines[1].quantity exceeds_balance", "lines[2].sku unknown_item"];
    assert_eq!(faults(&mut rows, send), ("stock.exceeds_balance".into(), expected.map(str::to_owned).into()));

    let lines = [("MUG", 9), ("NOTHING", 0)];
    let lines = lines.map(|(sku, quantity)| SendLine { sku: sku.into(), lot_id, quantity: Quantity(quantity) });
    let elsewhere = LocationId(rows.shop.ids().nth(0));
    let send = SendTransfer { from_location_id: LocationId::NIL, to_location_id: elsewhere, lines: lines.into() };
    let expected = [
        "from unknown_location",
        "to unknown_location",
        "lines[1].quantity quantity_out_of_range",
        "lines[1].sku unknown_item",
    ];
    assert_eq!(faults(&mut rows, send), ("stock.quantity_out_of_range".into(), expected.map(str::to_owned).into()));

    let lines = vec![SendLine { sku: "MUG".into(), lot_id, quantity: Quantity(1) }];
    let sent = rows.must(SendTransfer { from_location_id: here, to_location_id: there, lines });
    let transfer_id = TransferId(sent[0].aggregate().id);
    let lines = [(1, 2), (9, 1), (1, -1)].map(|(line, received)| ReceiveTransferLine {
        line,
        received: Quantity(received),
        lost: Quantity(0),
    });
    let expected = ["lines[0] exceeds_in_transit", "lines[1] exceeds_in_transit", "lines[2] quantity_out_of_range"];
    let receive = ReceiveTransfer { transfer_id, lines: lines.into() };
    assert_eq!(faults(&mut rows, receive), ("stock.quantity_out_of_range".into(), expected.map(str::to_owned).into()));

    let order_id = rows.place("MUG", 2, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id });
    let work = FulfillmentOrderId::new(order_id, 1);
    let picks = |all: &[(u32, i64)]| -> Vec<LinePicked> {
        all.iter()
            .map(|(line, quantity)| LinePicked { line: *line, lot_id: None, quantity: Quantity(*quantity) })
            .collect()
    };
    let shorts = vec![LineShort { line: 1, quantity: Quantity(9), reason: ShortReason::Missing }];
    let pick = Pick { fulfillment_order_id: work, picks: picks(&[(1, 1), (2, 1), (1, 0)]), shorts };
    let expected = [
        "picks[1].quantity exceeds_allocated",
        "picks[2].quantity quantity_out_of_range",
        "shorts[0].quantity exceeds_allocated",
    ];
    let code = "fulfillment.quantity_out_of_range".to_owned();
    assert_eq!(faults(&mut rows, pick), (code.clone(), expected.map(str::to_owned).into()));
    rows.must(pick_all(order_id));
    let pack = Pack { fulfillment_order_id: work, lines: picks(&[(1, 3), (2, 0)]), weight_g: Some(-1) };
    let expected = [
        "weight_g quantity_out_of_range",
        "lines[0].quantity exceeds_picked",
        "lines[1].quantity quantity_out_of_range",
    ];
    assert_eq!(faults(&mut rows, pack), (code.clone(), expected.map(str::to_owned).into()));
    rows.must(pack_all(order_id));
    let parcels = [(9, "T"), (1, " "), (1, "T"), (8, "T")];
    let parcels = parcels.map(|(parcel, number)| ShipParcel { parcel, tracking_number: Some(number.into()) });
    let expected = [
        "parcels[0] unknown_parcel",
        "parcels[1].tracking_number missing_tracking",
        "parcels[2] parcel_not_packed",
        "parcels[3] unknown_parcel",
    ];
    let expected = ("fulfillment.unknown_parcel".to_owned(), expected.map(str::to_owned).into());
    assert_eq!(faults(&mut rows, ship(order_id, parcels.into())), expected);
    let sent = ShipFromSupplier { order_id, lines: vec![(1, Quantity(1)), (2, Quantity(0))] };
    let expected = ["lines[0].quantity exceeds_at_supplier", "lines[1].quantity quantity_out_of_range"];
    assert_eq!(faults(&mut rows, sent), (code, expected.map(str::to_owned).into()));
}
