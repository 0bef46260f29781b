//! Orders.

use super::{CHANNELS, Desk, MEASURED, OTHERS};
use crate::gateway::NAME;
use waybill_domain::Code;
use waybill_domain::command::Command;
use waybill_domain::ids::{Id, ReservationId};
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::{ChargeKind, Destination};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::personal::{Address, Party, Personal};
use waybill_domain::quantity::Quantity;

fn line(desk: &mut Desk<'_>) -> LineInput {
    let sku: String = match desk.dice.below(40) {
        0 => "NONE".into(),
        1..7 => desk.any(&OTHERS).into(),
        _ => desk.stocked(),
    };
    let quantity = match desk.dice.below(60) {
        0 => 0,
        1 => 40,
        _ if sku == MEASURED => desk.dice.between(1, 399),
        _ => desk.dice.between(1, 3),
    };
    let price = desk.dice.between(0, 4_000) * 10_000 + if sku == MEASURED { desk.dice.between(0, 9_999) } else { 0 };
    let discount = if desk.dice.chance(10) { desk.dice.between(1, 200) } else { 0 };
    let tax = if desk.dice.chance(50) { desk.dice.between(0, 900) } else { 0 };
    LineInput {
        sku,
        quantity: Quantity(quantity),
        unit_price: UnitPrice(price),
        discount: Minor(discount),
        tax: Minor(tax),
        note: None,
    }
}

fn charge(desk: &mut Desk<'_>) -> ChargeInput {
    let kind = *desk.dice.pick(<ChargeKind as Code>::ALL).unwrap_or(&ChargeKind::Fee);
    let amount = desk.dice.between(1, 499);
    let wrong = desk.dice.chance(4);
    let sign = if (kind == ChargeKind::Discount) == wrong { 1 } else { -1 };
    ChargeInput { kind, amount: Minor(sign * amount), tax: Minor(0), label: Some("POST".into()) }
}

fn payment(desk: &mut Desk<'_>, method: PaymentMethod, amount: Option<i64>) -> PaymentInput {
    let card = method == PaymentMethod::Card;
    let token = card.then(|| Personal { id: desk.ids.nth(1), value: "tok".to_owned() });
    let gateway = card.then(|| NAME.to_owned());
    PaymentInput { method, gateway, token, amount: amount.map(Minor) }
}

fn payments(desk: &mut Desk<'_>) -> Vec<PaymentInput> {
    match desk.dice.below(20) {
        0 => Vec::new(),
        1..7 => vec![payment(desk, PaymentMethod::Terms, None)],
        7..9 => vec![payment(desk, PaymentMethod::Transfer, None)],
        9..11 => vec![payment(desk, PaymentMethod::Cash, None)],
        11 => {
            let part = desk.dice.between(1, 900);
            vec![payment(desk, PaymentMethod::Card, Some(part)), payment(desk, PaymentMethod::Terms, None)]
        }
        12 => {
            let part = desk.dice.between(1, 900);
            vec![payment(desk, PaymentMethod::Transfer, Some(part)), payment(desk, PaymentMethod::Card, None)]
        }
        _ => vec![payment(desk, PaymentMethod::Card, None)],
    }
}

/// An order, marked by its number.
pub fn place(desk: &mut Desk<'_>) -> Command {
    let lines: Vec<LineInput> = (0..1 + desk.dice.below(3)).map(|_| line(desk)).collect();
    let lines = if desk.dice.chance(1) { Vec::new() } else { lines };
    let draft = desk.dice.chance(8);
    let mut reservations: Vec<ReservationId> = Vec::new();
    if desk.dice.chance(25) && !draft {
        let wanted = |sku: &String| lines.iter().any(|line| line.sku == *sku);
        let fitting: Vec<_> =
            desk.books.reservations.iter().filter(|(_, sku)| wanted(sku)).map(|(id, _)| *id).collect();
        let latest = &fitting[fitting.len().saturating_sub(3)..];
        reservations.extend(desk.dice.pick(latest));
        if desk.dice.chance(6) {
            reservations.extend(desk.dice.pick(&desk.books.reservations).map(|(id, _)| *id));
            reservations.sort_unstable();
            reservations.dedup();
        }
        if desk.dice.chance(3) {
            reservations.push(ReservationId(Id(8)));
        }
    }
    let party = Party { name: Some("Somebody".into()), ..Party::default() };
    let address = Address { name: Some("Somebody".into()), country: "IE".into(), ..Address::default() };
    let personal = desk.dice.chance(30);
    let (country, latitude) = *desk.dice.pick(&[("IE", 533), ("FR", 488), ("DE", 525)]).unwrap_or(&("IE", 533));
    PlaceOrder {
        draft,
        channel: match desk.dice.below(40) {
            0 => "none".into(),
            1 => "fair".into(),
            _ => desk.any(&CHANNELS).into(),
        },
        external_ref: desk.dice.chance(30).then(|| format!("x{}", desk.dice.below(60))),
        currency: Currency::EUR,
        customer: desk.dice.chance(20).then(|| format!("c{}", desk.dice.below(4))),
        party: personal.then(|| Personal { id: desk.ids.nth(2), value: party }),
        ship_to: personal.then(|| Personal { id: desk.ids.nth(3), value: address }),
        destination: Destination { country: Some(country.into()), latitude_e1: Some(latitude), longitude_e1: Some(20) },
        instructions: None,
        po_number: Some(desk.tag()),
        requested_by: None,
        lines,
        charges: if desk.dice.chance(30) { vec![charge(desk)] } else { Vec::new() },
        payments: payments(desk),
        reservations,
    }
    .into()
}
