//! Goods in, corrections, transfers and reservations of carts.

use super::{Desk, OTHERS};
use crate::books::Books;
use waybill_domain::Code;
use waybill_domain::command::Command;
use waybill_domain::ids::{Id, LocationId, LotId, ReservationId, TransferId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::adjust::{AdjustLine, AdjustReason, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::reservation::{ExpireReservation, ReleaseReservation, ReserveStock};
use waybill_domain::stock::transfer::{ReceiveTransfer, ReceiveTransferLine, SendLine, SendTransfer};

/// A lot now and then.
fn lot(desk: &mut Desk<'_>) -> LotId {
    if desk.dice.chance(10) { LotId(Id(9_000 + u128::from(desk.dice.below(2)))) } else { LotId::NIL }
}

fn sku(desk: &mut Desk<'_>) -> String {
    match desk.dice.below(50) {
        0 => "NONE".into(),
        1 => desk.any(&OTHERS).into(),
        _ => desk.stocked(),
    }
}

/// A quantity, rarely one that cannot be.
fn quantity(desk: &mut Desk<'_>, most: i64) -> Quantity {
    Quantity(match desk.dice.below(60) {
        0 => 0,
        1 => 2_000_000_000_000,
        2 => 999_999_999_999,
        _ => desk.dice.between(1, most),
    })
}

fn by_hand(desk: &mut Desk<'_>) -> StockAccount {
    use StockAccount::{Available, Damaged, QualityControl, Quarantined, Reserved};
    let states =
        [Available, Available, Available, Available, Available, Available, QualityControl, Damaged, Quarantined];
    if desk.dice.chance(3) { Reserved } else { *desk.dice.pick(&states).unwrap_or(&Available) }
}

fn count(desk: &mut Desk<'_>) -> usize {
    if desk.dice.chance(4) { 0 } else { 1 + desk.dice.below(3) as usize }
}

/// Something about stock outside orders.
pub fn stock(desk: &mut Desk<'_>) -> Command {
    match desk.dice.below(20) {
        0..6 => {
            let location_id = desk.location();
            let line = |desk: &mut Desk<'_>| {
                let sku = sku(desk);
                let most = if sku == super::STOCKED[0] { 8 } else { 20 };
                ReceiveLine { sku, lot_id: lot(desk), quantity: quantity(desk, most) }
            };
            let lines = (0..count(desk)).map(|_| line(desk)).collect();
            ReceiveStock { location_id, state: by_hand(desk), reference: Some(desk.tag()), lines }.into()
        }
        6..9 => {
            let location_id = desk.location();
            let line = |desk: &mut Desk<'_>| {
                let to = desk.dice.chance(40).then(|| by_hand(desk));
                let amount = quantity(desk, 4).0;
                let delta = if to.is_none() && desk.dice.chance(50) { -amount } else { amount };
                AdjustLine { sku: sku(desk), lot_id: lot(desk), state: by_hand(desk), to, delta }
            };
            let lines = (0..count(desk)).map(|_| line(desk)).collect();
            let reason = *desk.dice.pick(<AdjustReason as Code>::ALL).unwrap_or(&AdjustReason::Count);
            AdjustStock { location_id, reason, reference: Some(desk.tag()), lines }.into()
        }
        9..11 => {
            let (from_location_id, to_location_id) = (desk.location(), desk.location());
            let line =
                |desk: &mut Desk<'_>| SendLine { sku: sku(desk), lot_id: LotId::NIL, quantity: quantity(desk, 3) };
            let lines = (0..count(desk)).map(|_| line(desk)).collect();
            SendTransfer { from_location_id, to_location_id, lines }.into()
        }
        11..13 => {
            let known: Vec<TransferId> = desk.books.transfers.keys().copied().collect();
            let transfer_id = desk.dice.pick(&known).copied().filter(|_| desk.dice.chance(95));
            let transfer_id = transfer_id.unwrap_or(TransferId(Id(6)));
            let lines = desk.books.transfers.get(&transfer_id).map_or(1, |transfer| transfer.lines.len()) as u32;
            let line = |desk: &mut Desk<'_>, line: u32| {
                let most = desk
                    .books
                    .transfers
                    .get(&transfer_id)
                    .map_or(1, |transfer| transfer.lines.get(line as usize - 1).map_or(1, |(_, left)| *left));
                let whole = desk.dice.chance(60);
                let received = if whole { most } else { desk.dice.between(0, 4) };
                let lost = if whole { 0 } else { desk.dice.between(0, 1) };
                ReceiveTransferLine { line, received: Quantity(received), lost: Quantity(lost) }
            };
            let lines = (1..=lines).map(|number| line(desk, number)).collect();
            ReceiveTransfer { transfer_id, lines }.into()
        }
        13..17 => {
            let channel_id = desk.dice.chance(30).then(|| desk.books.channels.get("web").copied()).flatten();
            let seconds = match desk.dice.below(20) {
                0 => 0,
                1..10 => desk.dice.between(1, 60),
                _ => desk.dice.between(60, 7_200),
            };
            let (sku, location_id) = (sku(desk), desk.location());
            let quantity = quantity(desk, 2);
            ReserveStock { channel_id, sku, location_id, lot_id: LotId::NIL, quantity, seconds }.into()
        }
        rest => {
            let known = desk.dice.pick(&desk.books.reservations).map(|(id, _)| *id);
            let reservation_id = known.filter(|_| desk.dice.chance(95)).unwrap_or(ReservationId(Id(8)));
            if rest < 19 {
                ReleaseReservation { reservation_id }.into()
            } else {
                ExpireReservation { reservation_id }.into()
            }
        }
    }
}

/// The first goods of every item, so that how each is supplied and measured is settled before anybody orders.
pub fn opening(books: &Books) -> Vec<Command> {
    let receipt = |(code, location_id): (&String, &LocationId)| {
        let line = |sku: &&str| ReceiveLine { sku: (*sku).into(), lot_id: LotId::NIL, quantity: Quantity(4) };
        let (state, reference) = (StockAccount::Available, Some(format!("opening {code}")));
        let lines = super::STOCKED.iter().map(line).collect();
        Command::from(ReceiveStock { location_id: *location_id, state, reference, lines })
    };
    books.locations.iter().map(receipt).collect()
}
