//! Orders that somebody might place.

use crate::fate::{Fate, Paying};
use crate::random::Random;
use crate::shop::{Shop, person, price};
use crate::step::DAY;
use crate::words;
use waybill_domain::ids::IdSource;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::{ChargeKind, Destination};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::personal::{Address, Personal};
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};

/// An order that somebody might place, and what becomes of it.
pub fn order(shop: &Shop, random: &mut Random, reference: String, at: Timestamp, ids: IdSource) -> (PlaceOrder, Fate) {
    let channel = match random.range(1, 100) {
        1..=60 => 0,
        61..=80 => 1,
        81..=88 => 2,
        _ => 3,
    };
    let channel = shop.channels[channel.min(shop.channels.len() - 1)].clone();
    let is_trade = channel == "trade";
    let fate = Fate::draw(random.clone(), is_trade);
    let (city, country, latitude_e1, longitude_e1) = *random.pick(words::CITIES);
    let party = person(random);
    let address = Address {
        name: party.name.clone(),
        company: party.company.clone(),
        line1: Some(format!("{} {}", random.range(1, 180), random.pick(words::STREETS))),
        city: Some(city.to_owned()),
        postal_code: Some(format!("{:05}", random.range(10_000, 99_999))),
        country: country.to_owned(),
        ..Address::default()
    };
    let known = !shop.customers.is_empty() && (is_trade || random.chance(700));
    let customer = known.then(|| shop.customers[random.popular(shop.customers.len())].clone());
    let mut lines: Vec<LineInput> = Vec::new();
    let count = [1, 1, 1, 2, 2, 3, 4, 6][random.range(0, 7) as usize];
    for _ in 0..count {
        let sku = &shop.skus[random.popular(shop.skus.len())];
        if lines.iter().all(|line| line.sku != *sku) {
            lines.push(line(sku, random, is_trade));
        }
    }
    let goods: i64 = lines.iter().map(|line| line.unit_price.0 / 10_000 * line.quantity.0).sum();
    let mut charges = Vec::new();
    if goods < 8_000 {
        let (amount, label) = (Minor(499), Some("standard".to_owned()));
        charges.push(ChargeInput { kind: ChargeKind::Shipping, amount, tax: Minor(95), label });
    } else if random.chance(150) {
        let (amount, label) = (Minor(-goods / 20), Some("WELCOME5".to_owned()));
        charges.push(ChargeInput { kind: ChargeKind::Discount, amount, tax: Minor::ZERO, label });
    }
    let instructions = random.chance(80).then(|| (*random.pick(words::INSTRUCTIONS)).to_owned());
    let command = PlaceOrder {
        reservations: Vec::new(),
        draft: false,
        channel,
        external_ref: Some(reference),
        currency: Currency::EUR,
        customer,
        party: (!known).then(|| Personal { id: ids.nth(1), value: party }),
        ship_to: Some(Personal { id: ids.nth(2), value: address }),
        destination: Destination {
            country: Some(country.to_owned()),
            latitude_e1: Some(latitude_e1),
            longitude_e1: Some(longitude_e1),
        },
        instructions: instructions.map(|text| Personal { id: ids.nth(3), value: text }),
        po_number: is_trade.then(|| format!("PO-{}", random.range(10_000, 99_999))),
        requested_by: random.chance(300).then(|| day(at.plus_seconds(random.range(3, 12) * DAY))).flatten(),
        lines,
        charges,
        payments: vec![payment(fate.paying, ids)],
    };
    (command, fate)
}

fn line(sku: &str, random: &mut Random, is_trade: bool) -> LineInput {
    let quantity = if is_trade { random.range(2, 14) } else { [1, 1, 1, 2, 3][random.range(0, 4) as usize] };
    let unit_price = price(sku);
    let whole = unit_price.0 / 10_000 * quantity;
    let discount = if random.chance(100) { Minor(whole / 10) } else { Minor::ZERO };
    let tax = Minor((whole - discount.0) * 19 / 100);
    LineInput { sku: sku.to_owned(), quantity: Quantity(quantity), unit_price, discount, tax, note: None }
}

fn payment(paying: Paying, ids: IdSource) -> PaymentInput {
    let method = match paying {
        Paying::Card => PaymentMethod::Card,
        Paying::Transfer => PaymentMethod::Transfer,
        Paying::Cash => PaymentMethod::Cash,
        Paying::Terms => PaymentMethod::Terms,
    };
    let card = paying == Paying::Card;
    PaymentInput {
        method,
        gateway: card.then(|| "simulator".to_owned()),
        token: card.then(|| Personal { id: ids.nth(4), value: "sim_ok".to_owned() }),
        amount: None,
    }
}

fn day(at: Timestamp) -> Option<Date> {
    at.to_rfc3339().get(..10)?.parse().ok()
}
