//! What somebody may not see is not there.

use crate::refusals::rows::*;

#[test]
fn what_is_outside_an_actors_scope_is_unknown_to_it() {
    let mut rows = Rows::open();
    rows.receive("MUG", 5);
    let order_id = rows.place("MUG", 1, PaymentMethod::Terms);
    rows.must(ReleaseOrder { order_id });
    let mut foreign_channel = Actor::system("foreign", Door::Api);
    foreign_channel.channels = Scope::Only(vec![ChannelId::NIL]);
    let mut foreign_location = Actor::system("foreign", Door::Api);
    foreign_location.locations = Scope::Only(vec![rows.shop.locations[1]]);
    let code = |command: Command, actor: &Actor| match command.permit(&rows.shop.world, actor) {
        Ok(()) => "permitted".to_owned(),
        Err(Stop::Refused(refusal)) => refusal.code,
        Err(Stop::Needs(needs)) => panic!("needs {needs:?}"),
    };
    assert_eq!(code(ReleaseOrder { order_id }.into(), &foreign_channel), "order.unknown");
    assert_eq!(code(pick_all(order_id).into(), &foreign_channel), "fulfillment.unknown");
    assert_eq!(code(pick_all(order_id).into(), &foreign_location), "fulfillment.unknown");
    let fulfillment_order_id = FulfillmentOrderId::new(order_id, 1);
    let claim = || HandOverFulfillmentOrder { fulfillment_order_id, from: None, assignee: Some("ada".into()) };
    assert_eq!(code(claim().into(), &foreign_channel), "fulfillment.unknown");
    assert_eq!(code(claim().into(), &foreign_location), "fulfillment.unknown");
    assert_eq!(code(CompleteOrder { order_id }.into(), &foreign_location), "permitted");

    let [here, there] = [rows.shop.locations[0], rows.shop.locations[1]];
    let send = |from_location_id, to_location_id| -> Command {
        let lines = vec![SendLine { sku: "MUG".into(), lot_id: LotId::NIL, quantity: Quantity(1) }];
        SendTransfer { from_location_id, to_location_id, lines }.into()
    };
    let named = |command: Command| match command.permit(&rows.shop.world, &foreign_location) {
        Err(Stop::Refused(refusal)) => (refusal.code, refusal.facts["location"].as_str().map(str::to_owned)),
        other => panic!("expected a refusal, got {other:?}"),
    };
    let hidden = ("stock.unknown_location".to_owned(), Some(here.to_string()));
    assert_eq!((named(send(here, there)), named(send(there, here))), (hidden.clone(), hidden), "both ends");
    let channel = rows.shop.world.catalog.channel_by_code("web").unwrap().id;
    let keep = |location_id, channel_id| ReserveStock {
        channel_id,
        sku: "MUG".into(),
        location_id,
        lot_id: LotId::NIL,
        quantity: Quantity(1),
        seconds: 60,
    };
    assert_eq!(code(keep(here, None).into(), &foreign_location), "stock.unknown_location");
    assert_eq!(code(keep(there, None).into(), &foreign_location), "permitted");
    assert_eq!(code(keep(here, Some(channel)).into(), &foreign_channel), "catalog.unknown");
    assert_eq!(code(keep(here, None).into(), &foreign_channel), "permitted");
    let made = rows.must(keep(here, Some(channel)));
    let reservation_id = ReservationId(made[0].aggregate().id);
    for actor in [&foreign_location, &foreign_channel] {
        for command in [ReleaseReservation { reservation_id }.into(), ExpireReservation { reservation_id }.into()] {
            let refusal = match Command::permit(&command, &rows.shop.world, actor) {
                Err(Stop::Refused(refusal)) => refusal.code,
                other => panic!("expected a refusal, got {other:?}"),
            };
            assert_eq!(refusal, "stock.unknown_reservation");
        }
    }
}
