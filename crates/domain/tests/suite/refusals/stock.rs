//! Stock documents, transfers and reservations.

use crate::refusals::rows::*;

pub fn stock(rows: &mut Rows) {
    let here = rows.shop.locations[0];
    let there = rows.shop.locations[1];
    let lines =
        |sku: &str, quantity| vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
    let state = StockAccount::Available;
    let receipt = |location_id, lines| ReceiveStock { location_id, state, reference: None, lines };
    rows.refused("stock.unknown_item", receipt(here, lines("NOTHING", 1)));
    rows.refused("stock.not_stocked", receipt(here, lines("ENGRAVING", 1)));
    rows.refused("stock.unknown_location", receipt(LocationId::NIL, lines("MUG", 1)));
    rows.refused("stock.nothing_to_do", receipt(here, vec![]));
    rows.refused("stock.quantity_out_of_range", receipt(here, lines("MUG", 0)));
    rows.refused("stock.quantity_out_of_range", receipt(here, lines("MUG", -1)));
    rows.refused("stock.quantity_out_of_range", receipt(here, lines("MUG", i64::MAX)));
    let wrong =
        ReceiveStock { location_id: here, state: StockAccount::Allocated, reference: None, lines: lines("MUG", 1) };
    rows.refused("stock.wrong_state", wrong);
    let twice = [lines("MUG", 600_000_000_000), lines("MUG", 600_000_000_000)].concat();
    rows.refused("stock.exceeds_capacity", receipt(here, twice));
    let adjust = |delta| AdjustStock {
        location_id: here,
        reason: AdjustReason::Lost,
        reference: None,
        // Two lines on one balance are judged together.
        lines: vec![AdjustLine { sku: "PEN".into(), lot_id: LotId::NIL, state, to: None, delta }; 2],
    };
    rows.receive("PEN", 3);
    rows.refused("stock.exceeds_balance", adjust(-2));
    rows.refused("stock.quantity_out_of_range", adjust(i64::MIN));
    rows.refused("stock.exceeds_capacity", adjust(600_000_000_000));
    let mut nowhere = adjust(1);
    nowhere.lines.iter_mut().for_each(|line| line.to = Some(line.state));
    rows.refused("stock.nothing_to_do", nowhere);

    let reserve = |quantity, seconds| ReserveStock {
        channel_id: None,
        sku: "PEN".into(),
        location_id: here,
        lot_id: LotId::NIL,
        quantity: Quantity(quantity),
        seconds,
    };
    rows.refused("stock.expiry_out_of_range", reserve(1, 0));
    rows.refused("stock.exceeds_balance", reserve(4, 60));
    let made = rows.must(reserve(1, 60));
    let reservation_id = ReservationId(made[0].aggregate().id);
    rows.refused("stock.not_yet_expired", ExpireReservation { reservation_id });
    rows.must(ReleaseReservation { reservation_id });
    rows.refused("stock.reservation_ended", ReleaseReservation { reservation_id });
    rows.refused("stock.unknown_reservation", ReleaseReservation { reservation_id: ReservationId::NIL });

    let send = |to, quantity| SendTransfer {
        from_location_id: here,
        to_location_id: to,
        lines: vec![SendLine { sku: "PEN".into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }],
    };
    rows.refused("stock.same_location", send(here, 1));
    rows.refused("stock.exceeds_balance", send(there, 4));
    let made = rows.must(send(there, 2));
    let transfer_id = TransferId(made[0].aggregate().id);
    let take = |transfer_id, received| ReceiveTransfer {
        transfer_id,
        lines: vec![ReceiveTransferLine { line: 1, received: Quantity(received), lost: Quantity(0) }],
    };
    rows.refused("stock.unknown_transfer", take(TransferId::NIL, 1));
    rows.refused("stock.exceeds_in_transit", take(transfer_id, 3));
    rows.must(take(transfer_id, 1));

    // Nothing is sold from an archived location: no more is to come to it, but what is on its way arrives, and all of it may leave.
    let facts = rows.shop.world.catalog.location(there).expect("a location").facts();
    rows.must(ArchiveLocation { code: facts.code.clone() });
    rows.refused("stock.location_archived", receipt(there, lines("MUG", 1)));
    rows.refused("stock.location_archived", send(there, 1));
    rows.refused("stock.location_archived", ReserveStock { location_id: there, ..reserve(1, 60) });
    rows.must(take(transfer_id, 1));
    rows.refused("stock.transfer_closed", take(transfer_id, 1));
    rows.must(SendTransfer { from_location_id: there, to_location_id: here, ..send(here, 2) });
    rows.must(PutLocation { facts });
    rows.must(receipt(there, lines("MUG", 1)));
}
