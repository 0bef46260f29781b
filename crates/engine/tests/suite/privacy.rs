//! Personal data stays in its own tables: not in events, postings, receipts, orders or anything else.

use crate::shop::on_both;
use waybill_domain::access::Access;
use waybill_domain::access::change::ChangeUser;
use waybill_domain::access::invite::InviteUser;
use waybill_domain::access::role::Role;
use waybill_domain::customer::note::AddCustomerNote;
use waybill_domain::customer::{PutCustomer, Tier};
use waybill_domain::order::hold::ApplyHold;
use waybill_domain::order::note::AddNote;
use waybill_domain::order::{HoldKind, Step};
use waybill_domain::personal::{Address, Party, Personal};
use waybill_engine::{EngineOptions, Submission};
use waybill_store::Value;
use waybill_store::tables::tables;

const SENTINEL: &str = "zq-sentinel";

#[test]
fn what_is_said_about_a_person_is_found_in_the_personal_tables_and_nowhere_else() {
    on_both(EngineOptions::default(), |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let some = |what: &str| Some(format!("{SENTINEL} {what}"));
        let ids = shop.engine.ids();
        let party =
            || Party { name: some("name"), company: some("company"), email: some("email"), phone: some("phone") };
        let mut order = shop.order(&[("MUG-1", 1, 1999)], shop.card(&format!("{SENTINEL} token")));
        order.party = Some(Personal { id: ids.nth(2), value: party() });
        order.ship_to = Some(Personal {
            id: ids.nth(3),
            value: Address {
                name: some("name"),
                company: some("company"),
                line1: some("line1"),
                line2: some("line2"),
                city: some("city"),
                region: some("region"),
                postal_code: some("postal"),
                country: "IE".into(),
                phone: some("phone"),
            },
        });
        order.instructions = Some(Personal { id: ids.nth(4), value: format!("{SENTINEL} instructions") });
        order.lines[0].note = Some(Personal { id: ids.nth(5), value: format!("{SENTINEL} note") });
        let submission = Submission::new(order, shop.actor.clone(), ids).keyed("privacy");
        let receipt = shop.engine.submit(submission).await.expect("an order");
        let id = receipt.subject.unwrap().order_id().unwrap();
        assert!(shop.engine.settled(id, std::time::Duration::from_secs(30)).await);
        let note = Personal { id: shop.engine.ids().nth(1), value: format!("{SENTINEL} hold note") };
        shop.must(ApplyHold {
            order_id: id,
            kind: HoldKind::Manual,
            steps: vec![Step::Release],
            line: None,
            reason: "check".into(),
            note: Some(note),
            owner: None,
            due_at: None,
        })
        .await;
        let note = Personal { id: shop.engine.ids().nth(1), value: format!("{SENTINEL} note on the order") };
        shop.must(AddNote { order_id: id, note, mentions: Vec::new() }).await;
        let party = Personal { id: shop.engine.ids().nth(1), value: party() };
        shop.must(PutCustomer { code: "C-1".into(), party: Some(party), tier: Tier::Gold }).await;
        let note = Personal { id: shop.engine.ids().nth(1), value: format!("{SENTINEL} note about the customer") };
        shop.must(AddCustomerNote { code: "C-1".into(), note, mentions: Vec::new() }).await;

        // The words that it is found by are made a little later.
        for words in ["order_words", "customer_words"] {
            while shop.one::<i64>(&format!("SELECT COUNT(*) FROM {words} WHERE word = 'company'"), &[]).await == 0 {
                shop.engine.nudge();
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        let person =
            || Party { name: some("name"), email: Some(format!("{SENTINEL}@example.com")), ..Party::default() };
        let (party, access) =
            (|n| Personal { id: shop.engine.ids().nth(n), value: person() }, || Access::everywhere(Role::Viewer));
        let invited = shop.must(InviteUser { party: party(1), access: access() }).await;
        let user_id = invited.subject.unwrap().id.into();
        shop.must(ChangeUser { user_id, party: Some(party(1)), access: access() }).await;

        let mut found = Vec::new();
        for table in tables() {
            let rows = shop.store.read(&format!("SELECT * FROM {}", table.name), &[]).await.expect("a table");
            let names = |value: &Value| match value {
                Value::Text(text) => text.contains(SENTINEL),
                Value::Bytes(bytes) => bytes.windows(SENTINEL.len()).any(|window| window == SENTINEL.as_bytes()),
                Value::Null | Value::Int(_) | Value::Bool(_) | Value::Id(_) => false,
            };
            let count = rows.iter().flat_map(|row| row.values()).filter(|value| names(value)).count();
            if count > 0 {
                found.push((table.name, count));
            }
        }
        // Two parties of 4 texts and two of 2, one address of 8 (its country is no sentinel), and token, instructions,
        // four notes. The texts of customers' parties have one word with it.
        let personal = [("parties", 12), ("addresses", 8), ("texts", 6), ("order_words", 1), ("customer_words", 1)];
        assert_eq!(found, personal);
    });
}
