//! Whose the work of a location is: claimed, taken over, let go of, and never taken from somebody unseen.

use crate::shop::{Shop, blank_order};
use waybill_domain::event::Event;
use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Minor, UnitPrice};
use waybill_domain::order::cancel::CancelOrder;
use waybill_domain::order::hold::ApplyHold;
use waybill_domain::order::place::{LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{HoldKind, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal::Refusal;
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};

/// A shop with one order that its only location is to pick.
fn released() -> (Shop, FulfillmentOrderId) {
    let mut shop = Shop::open();
    let lines = vec![ReceiveLine { sku: "MUG".into(), lot_id: LotId::NIL, quantity: Quantity(2) }];
    let location_id = shop.locations[0];
    shop.run(ReceiveStock { location_id, state: StockAccount::Available, reference: None, lines }).unwrap();
    let line = LineInput {
        sku: "MUG".into(),
        quantity: Quantity(2),
        unit_price: UnitPrice(10_000_000),
        discount: Minor(0),
        tax: Minor(0),
        note: None,
    };
    let payment = PaymentInput { method: PaymentMethod::Terms, gateway: None, token: None, amount: None };
    shop.run(PlaceOrder { lines: vec![line], payments: vec![payment], ..blank_order() }).unwrap();
    let order_id = shop.orders[0];
    shop.run(ReleaseOrder { order_id }).unwrap();
    (shop, FulfillmentOrderId::new(order_id, 1))
}

fn hand_over(
    shop: &mut Shop,
    fulfillment_order_id: FulfillmentOrderId,
    from: Option<&str>,
    assignee: Option<&str>,
) -> Result<usize, Box<Refusal>> {
    let (from, assignee) = (from.map(str::to_owned), assignee.map(str::to_owned));
    shop.run(HandOverFulfillmentOrder { fulfillment_order_id, from, assignee }).map(|events| events.len())
}

fn whose(shop: &Shop, id: FulfillmentOrderId) -> Option<&str> {
    shop.order(id.order_id).fulfillment_order(id.number).unwrap().assignee.as_deref()
}

#[test]
fn work_is_claimed_handed_over_and_let_go_of() {
    let (mut shop, work) = released();
    assert_eq!(whose(&shop, work), None, "released work is nobody's");
    assert_eq!(hand_over(&mut shop, work, None, Some("usr_ada")), Ok(1));
    assert_eq!(whose(&shop, work), Some("usr_ada"));
    assert_eq!(hand_over(&mut shop, work, Some("usr_ada"), Some("warehouse")), Ok(1));
    assert_eq!(whose(&shop, work), Some("warehouse"));
    let Some(Event::FulfillmentHandedOver(last)) = shop.events.last() else { panic!("{:?}", shop.events.last()) };
    assert_eq!((last.from.as_deref(), last.assignee.as_deref()), (Some("usr_ada"), Some("warehouse")));
    assert_eq!(hand_over(&mut shop, work, Some("warehouse"), None), Ok(1));
    assert_eq!(whose(&shop, work), None);
}

/// Two people reach for the same work, or one of them looks at an old page.
#[test]
fn nobody_takes_work_from_somebody_whom_they_do_not_name() {
    let (mut shop, work) = released();
    hand_over(&mut shop, work, None, Some("usr_ada")).unwrap();
    for (from, expected) in [(None, "nobody"), (Some("usr_cy"), "usr_cy")] {
        for to in [Some("usr_ben"), None] {
            let refused = hand_over(&mut shop, work, from, to).unwrap_err();
            assert_eq!(refused.code, "fulfillment.assignee_changed", "{refused}");
            assert_eq!(refused.facts["found"], "usr_ada");
            assert_eq!(refused.facts["expected"].as_str(), from);
            let sentence = format!("from {expected}, and it is with usr_ada now.");
            assert!(refused.message.ends_with(&sentence), "{refused}");
        }
    }
    assert_eq!(whose(&shop, work), Some("usr_ada"));
}

#[test]
fn asking_for_what_is_so_already_changes_nothing_whoever_it_was_to_be_taken_from() {
    let (mut shop, work) = released();
    assert_eq!(hand_over(&mut shop, work, Some("usr_cy"), None), Ok(0));
    hand_over(&mut shop, work, None, Some("usr_ada")).unwrap();
    assert_eq!(hand_over(&mut shop, work, None, Some("usr_ada")), Ok(0));
    assert_eq!(hand_over(&mut shop, work, Some("usr_ben"), Some("usr_ada")), Ok(0));
}

#[test]
fn whose_work_is_stays_through_picking_packing_and_a_hold() {
    let (mut shop, work) = released();
    let hold = ApplyHold {
        order_id: work.order_id,
        kind: HoldKind::Manual,
        steps: vec![Step::Ship],
        line: None,
        reason: "look".into(),
        note: None,
        owner: None,
        due_at: None,
    };
    shop.run(hold).unwrap();
    assert_eq!(hand_over(&mut shop, work, None, Some("usr_ada")), Ok(1), "held work is somebody's all the same");
    shop.run(Pick { fulfillment_order_id: work, picks: vec![], shorts: vec![] }).unwrap();
    assert_eq!(hand_over(&mut shop, work, Some("usr_ada"), Some("usr_ben")), Ok(1), "work in progress is open");
    shop.run(Pack { fulfillment_order_id: work, lines: vec![], weight_g: None }).unwrap();
    assert_eq!(whose(&shop, work), Some("usr_ben"));
}

#[test]
fn only_open_work_is_claimed() {
    let (mut shop, closed) = released();
    shop.run(Pick { fulfillment_order_id: closed, picks: vec![], shorts: vec![] }).unwrap();
    shop.run(Pack { fulfillment_order_id: closed, lines: vec![], weight_g: None }).unwrap();
    shop.run(Ship { fulfillment_order_id: closed, carrier: None, service: None, parcels: vec![] }).unwrap();
    let refused = hand_over(&mut shop, closed, None, Some("usr_ada")).unwrap_err();
    assert_eq!((refused.code.as_str(), &refused.facts["state"]), ("fulfillment.not_open", &"closed".into()));
    let (mut shop, cancelled) = released();
    shop.run(CancelOrder { order_id: cancelled.order_id, reason: "any".into() }).unwrap();
    let refused = hand_over(&mut shop, cancelled, None, Some("usr_ada")).unwrap_err();
    assert_eq!((refused.code.as_str(), &refused.facts["state"]), ("fulfillment.not_open", &"cancelled".into()));
}

/// Whoever it is stays in the log for ever, where no name can be erased.
#[test]
fn no_free_text_becomes_an_assignee() {
    let (mut shop, work) = released();
    for name in ["Ada Example", "ada@example.com", "", "Ünal", &"a".repeat(65)] {
        let refused = hand_over(&mut shop, work, None, Some(name)).unwrap_err();
        let paths: Vec<&str> = refused.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!((refused.code.as_str(), paths), ("system.invalid", vec!["assignee"]), "{name}");
        assert!(name.is_empty() || !refused.message.contains(name), "{refused}");
    }
}
