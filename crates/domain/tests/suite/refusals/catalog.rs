//! Items, channels, keys and settings.

use crate::refusals::rows::*;

pub fn catalog_and_system(rows: &mut Rows) {
    rows.refused("catalog.invalid", item(" ", Supply::Stock, 9));
    rows.refused("catalog.unknown", ArchiveItem { sku: "NOTHING".into() });
    rows.refused("catalog.unknown", ArchiveChannel { code: "nothing".into() });
    rows.must(item("POSTED", Supply::Stock, 0));
    rows.receive("POSTED", 1);
    rows.refused("catalog.precision_fixed", item("POSTED", Supply::Stock, 2));
    rows.refused("catalog.supply_fixed", item("POSTED", Supply::Service, 0));
    let note = |code: &str, text: &str| AddCustomerNote {
        code: code.into(),
        note: PersonalText { id: TextId::NIL, value: text.into() },
        mentions: Vec::new(),
    };
    rows.refused("catalog.unknown", note("nobody", "n"));
    rows.must(PutCustomer { code: "ada".into(), party: None, tier: Tier::Standard });
    rows.refused("catalog.invalid", note("ada", " "));
    rows.refused("catalog.invalid", note("ada", &"n".repeat(2_001)));
    for _ in 0..500 {
        rows.must(note("ada", &"n".repeat(2_000)));
    }
    rows.refused("catalog.too_many_notes", note("ada", "n"));
    // A change of the customer does not make room.
    rows.must(PutCustomer { code: "ada".into(), party: None, tier: Tier::Gold });
    rows.refused("catalog.too_many_notes", note("ada", "n"));
    let settings = Settings { card_reservation_s: 1, ..Settings::default() };
    rows.refused("system.invalid", ChangeSettings { settings });
    rows.refused("system.unknown_key", RevokeApiKey { key_id: ApiKeyId::NIL });

    let viewer = Arc::new(Actor::new(Principal::System("viewer"), Door::Api, &[Permission::OrdersRead]));
    let command: Command = PutChannel {
        facts: ChannelFacts { code: "x".into(), name: "x".into(), ship_on_pending: false, auto_release: false },
    }
    .into();
    match command.permit(&rows.shop.world, &viewer) {
        Err(Stop::Refused(refusal)) => assert_eq!(refusal.code, "system.not_permitted"),
        other => panic!("expected a refusal, got {other:?}"),
    }
    rows.reached.insert("system.not_permitted".into());
}

#[test]
fn an_item_whose_levels_were_not_loaded_is_asked_for_before_its_precision_changes() {
    let mut shop = Shop::open();
    let mut world = World::default();
    world.catalog.put_item(Tracked::loaded(shop.world.catalog.item_by_sku("MUG").unwrap().clone()));
    let (item_id, attempt) = (world.catalog.item_by_sku("MUG").unwrap().id, shop.attempt());
    match Command::from(item("MUG", Supply::Stock, 2)).decide(&world, &attempt) {
        Err(Stop::Needs(needs)) => assert_eq!(needs.levels, [item_id]),
        other => panic!("expected to be asked for levels, got {other:?}"),
    }
}
