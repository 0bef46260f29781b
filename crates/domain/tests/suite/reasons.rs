//! Kept reasons replay: the rule run again on a reason's own figures gives the same winner, and other figures another.

use crate::shop::{Shop, blank_order};
use waybill_domain::customer::Tier;
use waybill_domain::event::Event;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::Destination;
use waybill_domain::order::allocate::{deciding_figure, rank_options};
use waybill_domain::order::events::{RoutingDecided, RoutingFigure};
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::priority::priority;
use waybill_domain::payment::PaymentMethod;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};

/// Places an order of mugs and pens to a point and returns the routing reason and where the units came from.
fn route(
    shop: &mut Shop,
    mugs: i64,
    pens: i64,
    latitude_e1: i64,
    longitude_e1: i64,
) -> (Option<RoutingDecided>, Vec<LocationId>) {
    let line = |sku: &str, quantity| LineInput {
        sku: sku.into(),
        quantity: Quantity(quantity),
        unit_price: UnitPrice(1_000_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    };
    let events = shop
        .run(PlaceOrder {
            destination: Destination {
                country: Some("FR".into()),
                latitude_e1: Some(latitude_e1),
                longitude_e1: Some(longitude_e1),
            },
            lines: vec![line("MUG", mugs), line("PEN", pens)],
            payments: vec![PaymentInput { method: PaymentMethod::Terms, gateway: None, token: None, amount: None }],
            ..blank_order()
        })
        .expect("an order");
    let reason = events.iter().find_map(|event| match event {
        Event::RoutingDecided(reason) => Some(reason.clone()),
        _ => None,
    });
    let from = events.iter().find_map(|event| match event {
        Event::AllocationMade(made) => Some(made.at.iter().map(|place| place.location).collect()),
        _ => None,
    });
    (reason, from.unwrap_or_default())
}

fn receive(shop: &mut Shop, location: usize, sku: &str, quantity: i64) {
    let location_id = shop.locations[location];
    let lines = vec![ReceiveLine { sku: sku.into(), lot_id: LotId::NIL, quantity: Quantity(quantity) }];
    shop.run(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }).expect("a receipt");
}

const DUBLIN: usize = 0;
const LYON: usize = 1;
const BARCELONA: usize = 2;

#[test]
fn the_nearest_location_wins_and_the_reason_replays() {
    let mut shop = Shop::open();
    for location in [DUBLIN, LYON, BARCELONA] {
        receive(&mut shop, location, "MUG", 10);
        receive(&mut shop, location, "PEN", 10);
    }
    // Paris: Lyon is 392 km away by great circle, Dublin 780, Barcelona 831 (published distances, within 3 %).
    let (reason, from) = route(&mut shop, 1, 1, 489, 24);
    let reason = reason.expect("there was a choice");
    assert_eq!(from, [shop.locations[LYON]]);
    assert_eq!(reason.decided_by, RoutingFigure::Distance);
    let km: Vec<i64> = reason.winners.iter().chain(&reason.losers).filter_map(|option| option.distance_km).collect();
    for (found, published) in km.iter().zip([392, 780, 831]) {
        assert!((found - published).abs() * 100 <= published * 3, "{found} km for {published}");
    }

    let mut again: Vec<_> = reason.winners.iter().chain(&reason.losers).cloned().rev().collect();
    rank_options(&mut again);
    assert_eq!(again[..1], reason.winners[..], "the rule on the kept figures gives the kept winner");
    assert_eq!(deciding_figure(&again[..1], &again[1..]), reason.decided_by);
    again[0].distance_km = Some(5_000);
    rank_options(&mut again);
    assert_ne!(again[0].location, shop.locations[LYON], "another figure, another winner");
}

#[test]
fn one_place_that_has_it_all_beats_two_that_are_nearer() {
    let mut shop = Shop::open();
    receive(&mut shop, LYON, "MUG", 5);
    receive(&mut shop, BARCELONA, "PEN", 5);
    receive(&mut shop, DUBLIN, "MUG", 5);
    receive(&mut shop, DUBLIN, "PEN", 5);
    let (reason, from) = route(&mut shop, 2, 2, 489, 24);
    assert_eq!(from, [shop.locations[DUBLIN]]);
    assert_eq!(reason.map(|reason| reason.decided_by), Some(RoutingFigure::FewestSplits));
}

#[test]
fn where_no_place_has_it_all_the_order_is_split_and_the_rest_waits() {
    let mut shop = Shop::open();
    receive(&mut shop, LYON, "MUG", 5);
    receive(&mut shop, BARCELONA, "PEN", 1);
    let (_, from) = route(&mut shop, 3, 2, 489, 24);
    assert_eq!(from, [shop.locations[LYON], shop.locations[BARCELONA]]);
    let order = shop.order(shop.orders[0]);
    assert_eq!(order.lines.iter().map(|line| line.backordered.0).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn equal_distances_leave_it_to_the_balance_of_stock() {
    let mut shop = Shop::open();
    receive(&mut shop, LYON, "MUG", 3);
    receive(&mut shop, LYON, "PEN", 3);
    receive(&mut shop, BARCELONA, "MUG", 9);
    receive(&mut shop, BARCELONA, "PEN", 3);
    let (reason, _) = route(&mut shop, 1, 1, 489, 24);
    let mut options: Vec<_> = reason.map(|reason| [reason.winners, reason.losers].concat()).expect("a choice");
    options.iter_mut().for_each(|option| option.distance_km = Some(100));
    rank_options(&mut options);
    assert_eq!(options[0].location, shop.locations[BARCELONA]);
    assert_eq!(deciding_figure(&options[..1], &options[1..]), RoutingFigure::Balance);
}

#[test]
fn a_priority_adds_up_to_its_parts() {
    let mut shop = Shop::open();
    receive(&mut shop, LYON, "MUG", 3);
    route(&mut shop, 1, 1, 489, 24);
    let kept = shop.events.iter().find_map(|event| match event {
        Event::OrderPlaced(placed) => Some((placed.at, placed.priority)),
        _ => None,
    });
    let (at, kept) = kept.expect("an order");
    assert_eq!(priority(at, None, Tier::Standard, Minor(200), 2), kept);
    assert_ne!(priority(at, None, Tier::Gold, Minor(200), 2).score, kept.score);
}
