//! What a cart reserved becomes its order's: the same units, once, and nobody else's.

use crate::shop::{Shop, blank_order};
use waybill_domain::actor::{Actor, Door, Scope};
use waybill_domain::command::{Command, Stop};
use waybill_domain::event::Event;
use waybill_domain::ids::*;
use waybill_domain::ledger::{StockAccount, StockKey};
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::{Destination, Lifecycle};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal::Refusal;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::stock::reservation::{ReleaseReservation, ReservationState, ReserveStock};

const DUB: usize = 0;
const LYS: usize = 1;

/// DUB has `dub` mugs, LYS has `lys`, and DUB 10 pens; Paris is nearer to LYS.
fn shop(dub: i64, lys: i64) -> Shop {
    let mut shop = Shop::open();
    let stock = [("MUG", DUB, dub), ("MUG", LYS, lys), ("PEN", DUB, 10)];
    for (sku, place, quantity) in stock.into_iter().filter(|(_, _, quantity)| *quantity > 0) {
        let lines = vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
        let location_id = shop.locations[place];
        shop.run(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }).unwrap();
    }
    shop
}

fn reserve(shop: &mut Shop, sku: &str, place: usize, quantity: i64) -> ReservationId {
    let (location_id, lot_id) = (shop.locations[place], LotId::NIL);
    let (sku, quantity) = (sku.to_owned(), Quantity(quantity));
    let made = shop.run(ReserveStock { channel_id: None, sku, location_id, lot_id, quantity, seconds: 600 }).unwrap();
    ReservationId(made[0].aggregate().id)
}

fn placement(lines: &[(&str, i64)], method: PaymentMethod, reservations: &[ReservationId]) -> PlaceOrder {
    let line = |(sku, quantity): &(&str, i64)| LineInput {
        sku: (*sku).into(),
        quantity: Quantity(*quantity),
        unit_price: UnitPrice(10_000_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    };
    PlaceOrder {
        reservations: reservations.to_vec(),
        destination: Destination { country: Some("FR".into()), latitude_e1: Some(488), longitude_e1: Some(23) },
        lines: lines.iter().map(line).collect(),
        payments: vec![PaymentInput { method, gateway: None, token: None, amount: None }],
        ..blank_order()
    }
}

/// Available, reserved and allocated units of an item at a location.
fn balances(shop: &Shop, sku: &str, place: usize) -> (i64, i64, i64) {
    let item_id = shop.world.catalog.item_by_sku(sku).unwrap().id;
    let key = StockKey { item_id, location_id: shop.locations[place], lot_id: LotId::NIL };
    let level = shop.world.level(key).unwrap();
    let of = |state| level.balance(state).0;
    (of(StockAccount::Available), of(StockAccount::Reserved), of(StockAccount::Allocated))
}

/// Line, place and allocated units of the latest order.
fn allocated(shop: &Shop) -> Vec<(u32, usize, i64)> {
    let order = shop.order(*shop.orders.last().unwrap());
    let place = |id| shop.locations.iter().position(|known| *known == id).unwrap();
    order.allocations.iter().map(|one| (one.line, place(one.location_id), one.allocated.0)).collect()
}

fn state(shop: &Shop, id: ReservationId) -> ReservationState {
    shop.world.reservation(id).unwrap().state
}

#[test]
fn the_lines_take_from_the_cart_first_and_the_rest_is_allocated_as_usual() {
    let mut shop = shop(10, 10);
    let cart = reserve(&mut shop, "MUG", DUB, 4);
    let events = shop.run(placement(&[("MUG", 6), ("PEN", 1)], PaymentMethod::Terms, &[cart])).unwrap();
    shop.check();
    // LYS is nearer and has all six; the four of the cart come from DUB all the same, as does the only pen.
    assert_eq!(allocated(&shop), [(1, DUB, 6), (2, DUB, 1)]);
    assert_eq!(balances(&shop, "MUG", DUB), (4, 0, 6));
    assert_eq!(state(&shop, cart), ReservationState::Converted);
    let kinds: Vec<&str> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds.first(), Some(&"order.placed"));
    assert_eq!(kinds.iter().filter(|kind| **kind == "reservation.converted").count(), 1);
    // The receipt tells the version of what the last event is about.
    assert_eq!(kinds.last(), Some(&"order.confirmed"));
}

#[test]
fn a_cart_keeps_what_others_would_have_taken() {
    let mut shop = shop(3, 0);
    let cart = reserve(&mut shop, "MUG", DUB, 3);
    shop.run(placement(&[("MUG", 1)], PaymentMethod::Terms, &[])).unwrap();
    assert_eq!(shop.order(shop.orders[0]).line(1).unwrap().backordered, Quantity(1));
    shop.run(placement(&[("MUG", 2), ("MUG", 2)], PaymentMethod::Terms, &[cart])).unwrap();
    shop.check();
    // Two for the first line, the third for the second, whose other unit waits.
    assert_eq!(allocated(&shop), [(1, DUB, 2), (2, DUB, 1)]);
    assert_eq!(shop.order(shop.orders[1]).line(2).unwrap().backordered, Quantity(1));
    assert_eq!(balances(&shop, "MUG", DUB), (0, 0, 3));
}

#[test]
fn what_the_order_does_not_want_of_a_cart_is_available_again() {
    let mut shop = shop(10, 10);
    let carts = [reserve(&mut shop, "MUG", DUB, 4), reserve(&mut shop, "MUG", LYS, 5)];
    assert_eq!((balances(&shop, "MUG", DUB), balances(&shop, "MUG", LYS)), ((6, 4, 0), (5, 5, 0)));
    shop.run(placement(&[("MUG", 6)], PaymentMethod::Terms, &carts)).unwrap();
    shop.check();
    assert_eq!(allocated(&shop), [(1, DUB, 4), (1, LYS, 2)]);
    assert_eq!((balances(&shop, "MUG", DUB), balances(&shop, "MUG", LYS)), ((6, 0, 4), (8, 0, 2)));
}

#[test]
fn an_unpaid_order_keeps_the_cart_s_units_reserved_under_its_own_name() {
    let mut shop = shop(5, 0);
    let cart = reserve(&mut shop, "MUG", DUB, 5);
    shop.run(placement(&[("MUG", 5)], PaymentMethod::Transfer, &[cart])).unwrap();
    shop.check();
    let order = shop.order(shop.orders[0]);
    assert_eq!((order.head.lifecycle, order.line(1).unwrap().reserved), (Lifecycle::Placed, Quantity(5)));
    assert!(order.head.reserved_until.is_some_and(|until| until > shop.now.plus_seconds(600)), "its own wait");
    assert_eq!(balances(&shop, "MUG", DUB), (0, 5, 0));
}

fn refused(shop: &mut Shop, command: PlaceOrder, code: &str) -> Refusal {
    let before = shop.events.len();
    let refusal = *shop.run(command).expect_err("a refusal");
    assert_eq!((refusal.code.as_str(), shop.events.len()), (code, before), "{refusal}");
    refusal
}

#[test]
fn a_reservation_becomes_one_orders_at_most_and_every_one_at_fault_is_named() {
    let mut shop = shop(20, 0);
    let (taken, released, expired) =
        (reserve(&mut shop, "MUG", DUB, 1), reserve(&mut shop, "MUG", DUB, 2), reserve(&mut shop, "MUG", DUB, 3));
    shop.run(placement(&[("MUG", 1)], PaymentMethod::Terms, &[taken])).unwrap();
    shop.run(ReleaseReservation { reservation_id: released }).unwrap();
    let mug = |reservations: &[ReservationId]| placement(&[("MUG", 1)], PaymentMethod::Terms, reservations);
    let again = refused(&mut shop, mug(&[taken]), "order.reservation_ended");
    assert_eq!(again.facts["state"], "converted");
    assert_eq!(again.facts["reservation_id"], taken.to_string());
    // Its moment has come, though no worker has been there.
    shop.now = shop.now.plus_seconds(600);
    let late = refused(&mut shop, mug(&[expired]), "order.reservation_ended");
    assert_eq!(late.facts["state"], "expired");

    let (fresh, pens) = (reserve(&mut shop, "MUG", DUB, 1), reserve(&mut shop, "PEN", DUB, 1));
    let all = refused(&mut shop, mug(&[fresh, pens, ReservationId::NIL, released]), "order.reservation_not_wanted");
    let problems: Vec<(&str, &str)> =
        all.problems.iter().map(|problem| (problem.path.as_str(), problem.code.as_str())).collect();
    let expected = [
        ("reservations[1]", "reservation_not_wanted"),
        ("reservations[2]", "unknown_reservation"),
        ("reservations[3]", "reservation_ended"),
    ];
    assert_eq!(problems, expected);
    assert_eq!(state(&shop, fresh), ReservationState::Active, "a refusal leaves no trace");

    let twice = refused(&mut shop, mug(&[fresh, fresh]), "order.invalid");
    assert_eq!(twice.problems[0].path, "reservations[1]");
    let mut draft = mug(&[fresh]);
    draft.draft = true;
    assert_eq!(refused(&mut shop, draft, "order.invalid").problems[0].path, "reservations");
    shop.check();
}

#[test]
fn a_reservation_of_another_channel_or_location_is_unknown() {
    let mut shop = shop(5, 5);
    let (location_id, lot_id, quantity) = (shop.locations[DUB], LotId::NIL, Quantity(1));
    let channel_id = Some(ChannelId(Id(7)));
    let made = shop.run(ReserveStock { channel_id, sku: "MUG".into(), location_id, lot_id, quantity, seconds: 60 });
    let foreign = ReservationId(made.unwrap()[0].aggregate().id);
    let command = placement(&[("MUG", 1)], PaymentMethod::Terms, &[foreign]);
    refused(&mut shop, command, "order.unknown_reservation");

    let cart = reserve(&mut shop, "MUG", DUB, 1);
    let mut elsewhere = Actor::system("elsewhere", Door::Api);
    elsewhere.locations = Scope::Only(vec![shop.locations[LYS]]);
    let command: Command = placement(&[("MUG", 1)], PaymentMethod::Terms, &[cart]).into();
    match command.permit(&shop.world, &elsewhere) {
        Err(Stop::Refused(refusal)) => assert_eq!(refusal.code, "order.unknown_reservation"),
        other => panic!("expected a refusal, got {other:?}"),
    }
}
