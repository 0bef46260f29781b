//! Orders and customers are found by what people type, soon after they are there, by those who may see them, and no
//! longer than the law allows.

use crate::shop::{Shop, on_both, ports, quiet};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::customer::{PutCustomer, Tier};
use waybill_domain::ids::*;
use waybill_domain::order::place::PlaceOrder;
use waybill_domain::personal::{Party, Personal};
use waybill_engine::{Engine, EngineOptions, Submission};
use waybill_store::StoreError;
use waybill_store::read::customers::{CustomerFilter, customers};
use waybill_store::read::orders::{OrderFilter, orders};
use waybill_store::read::{PageRequest, Viewer, search};
use waybill_store::search::Search;
use waybill_store::value::Value;

fn party(name: &str, email: &str, phone: &str) -> Party {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Party { name: some(name), company: None, email: some(email), phone: some(phone) }
}

impl Shop {
    async fn from(&self, party: Party, change: impl FnOnce(&mut PlaceOrder)) -> OrderId {
        let submission = self.submission(party, change);
        let receipt = self.engine.submit(submission).await.expect("an order");
        receipt.subject.unwrap().order_id().unwrap()
    }

    fn submission(&self, party: Party, change: impl FnOnce(&mut PlaceOrder)) -> Submission {
        let ids = self.engine.ids();
        let mut order = self.order(&[("MUG-1", 1, 1999)], self.terms());
        order.party = Some(Personal { id: ids.nth(2), value: party });
        change(&mut order);
        Submission::new(order, self.actor.clone(), ids)
    }

    async fn customer(&self, code: &str, party: Party) {
        let party = Personal { id: self.engine.ids().nth(1), value: party };
        self.must(PutCustomer { code: code.into(), party: Some(party), tier: Tier::Standard }).await;
    }

    /// Waits until every order and customer of the log has its words.
    async fn read_up(&self) {
        let sql = "SELECT COUNT(*) FROM events WHERE (kind LIKE 'order.%' OR kind LIKE 'customer.%') AND sequence = 1 \
                   AND position > COALESCE((SELECT position FROM cursors WHERE name = 'search'), 0)";
        let changed = "SELECT COUNT(*) FROM events WHERE kind = 'customer.changed' \
                       AND position > COALESCE((SELECT position FROM cursors WHERE name = 'search'), 0)";
        while self.one::<i64>(sql, &[]).await + self.one::<i64>(changed, &[]).await > 0 {
            self.engine.nudge();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn found_by(&self, viewer: &Viewer, text: &str) -> Vec<OrderId> {
        let filter = OrderFilter { search: Some(Search::new(text)), ..OrderFilter::default() };
        let page = PageRequest { limit: Some(200), after: None };
        let found = orders(&*self.store, viewer, &filter, &page).await.expect("an answer");
        found.rows.into_iter().map(|row| row.id).collect()
    }

    async fn found(&self, text: &str) -> Vec<OrderId> {
        self.found_by(&Viewer::system(), text).await
    }

    async fn customers_found(&self, text: &str) -> Vec<String> {
        let filter = CustomerFilter { search: Some(Search::new(text)), ..CustomerFilter::default() };
        let found = customers(&*self.store, &Viewer::system(), &filter, &PageRequest::default()).await;
        found.expect("an answer").rows.into_iter().map(|row| row.customer.code).collect()
    }

    /// Every word of every order, in words.
    async fn words(&self) -> BTreeSet<(String, Id)> {
        let rows = self.store.read("SELECT word, order_id FROM order_words", &[]).await.expect("words");
        rows.into_iter()
            .map(|mut row| Ok((row.take()?, row.take()?)))
            .collect::<Result<_, StoreError>>()
            .expect("words")
    }

    /// The same shop with another engine in place of its own.
    async fn reopened(&self, options: EngineOptions) -> Self {
        self.engine.stop().await;
        let engine = Engine::start(self.store.clone(), ports(), options).await.expect("an engine");
        Self { engine, store: self.store.clone(), actor: self.actor.clone(), ..*self }
    }

    async fn erase(&self, order: OrderId) {
        let blank = "UPDATE parties SET name = NULL, company = NULL, email = NULL, phone = NULL \
                     WHERE id = (SELECT party_id FROM orders WHERE id = $1)";
        let forget = "DELETE FROM order_words WHERE order_id = $1";
        let id = [Value::Id(order.0)];
        self.store.execute(&[(blank, &id), (forget, &id)]).await.expect("erased");
    }
}

#[test]
fn an_order_is_found_by_everything_that_names_it() {
    on_both(EngineOptions::default(), |shop| async move {
        let somebody = party("Zoë Müller-Ångström", "zoe.m@Example.org", "+353 87 123 4567");
        let one = shop.from(somebody, |order| order.external_ref = Some("SHOP-77".into())).await;
        let other = shop.from(party("Bob Miller", "bob@example.com", "0871112222"), |_| {}).await;
        shop.read_up().await;
        let number: i64 = shop.order_column("number", one).await;
        for text in [
            &format!("W-{number}"),
            &format!("w-{number}"),
            &number.to_string(),
            &one.to_string(),
            "SHOP-77",
            "shop-77",
            " SHOP-77 ",
            "zoë",
            "ZOE",
            "mull",
            "Müller",
            "müller-ång",
            "angstrom",
            "zoe.m@example.org",
            "zoe.m@",
            "@example.org",
            "example.or",
            "+353 87 123 4567",
            "087 1234567",
            "4567",
            "zoe mug-1",
            "angs zo example.org 4567",
        ] {
            assert_eq!(shop.found(text).await, [one], "{text}");
        }
        assert_eq!(shop.found("mug").await, [other, one], "newest first");
        for text in ["zoe bob", "oller", "oe", "zoex", "@example.net", "W-1", "SHOP-7", "zoe pen-1", "", " "] {
            assert_eq!(shop.found(text).await, [], "{text}");
        }
    });
}

#[test]
fn what_is_exactly_what_was_typed_comes_first() {
    on_both(EngineOptions::default(), |shop| async move {
        let numbered = shop.from(party("One", "", ""), |_| {}).await;
        let number: i64 = shop.order_column("number", numbered).await;
        let text = number.to_string();
        let referred = shop.from(party("Two", "", ""), |order| order.external_ref = Some(text.clone())).await;
        let called = shop.from(party(&format!("Three {number}99"), "", ""), |_| {}).await;
        let both = shop.from(party(&text, "", ""), |_| {}).await;
        shop.read_up().await;
        assert_eq!(shop.found(&text).await, [numbered, referred, both, called]);

        let filter = OrderFilter { search: Some(Search::new(&text)), ..OrderFilter::default() };
        let (mut paged, mut page) = (Vec::new(), PageRequest { limit: Some(1), after: None });
        loop {
            let found = orders(&*shop.store, &Viewer::system(), &filter, &page).await.expect("a page");
            paged.extend(found.rows.into_iter().map(|row| row.id));
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        assert_eq!(paged, [numbered, referred, both, called]);
        for wrong in ["zz", "00"] {
            page.after = Some(wrong.into());
            assert!(orders(&*shop.store, &Viewer::system(), &filter, &page).await.is_err(), "{wrong}");
        }
    });
}

#[test]
fn customers_are_found_by_who_they_are_now_and_by_their_code() {
    on_both(EngineOptions::default(), |shop| async move {
        shop.customer("C-1", party("Ada Lovelace", "ada@example.org", "")).await;
        shop.customer("C-2", party("Ada C-1", "", "")).await;
        shop.read_up().await;
        assert_eq!(shop.customers_found("ada").await, ["C-2", "C-1"]);
        assert_eq!(shop.customers_found("C-1").await, ["C-1", "C-2"]);
        assert_eq!(shop.customers_found("lovel ada@").await, ["C-1"]);
        shop.customer("C-1", party("Ada King", "ada@example.org", "")).await;
        shop.read_up().await;
        assert_eq!(shop.customers_found("lovelace").await, [""; 0]);
        assert_eq!(shop.customers_found("king").await, ["C-1"]);
    });
}

#[test]
fn nothing_that_is_typed_means_more_than_its_letters() {
    on_both(EngineOptions::default(), |shop| async move {
        let one = shop.from(party("Ada 100%", "", ""), |_| {}).await;
        shop.read_up().await;
        let long = "x".repeat(10_000);
        let many = "ada ".repeat(2_500);
        let unfindable = ["%", "_", "d%a", "'", "\"", "' OR 1=1 --", "\\", "😀", "\u{10ffff}", "\u{0}", "*", &long];
        for text in unfindable {
            assert_eq!(shop.found(text).await, [], "{text:.20}");
            let all = search::search(&*shop.store, &Viewer::system(), &Search::new(text)).await.expect("an answer");
            assert!(all.orders.rows.is_empty() && all.customers.rows.is_empty(), "{text:.20}");
        }
        for text in ["ada%", "%ada", "ada 😀", "ada' ", "\"ada\"", "a\u{301}da", &many, "100%"] {
            assert_eq!(shop.found(text).await, [one], "{text:.20}");
        }
    });
}

#[test]
fn nobody_finds_orders_of_a_foreign_channel() {
    on_both(EngineOptions::default(), |shop| async move {
        let facts =
            ChannelFacts { code: "shop".into(), name: "Shop".into(), ship_on_pending: false, auto_release: false };
        let channel = ChannelId(shop.must(PutChannel { facts }).await.subject.unwrap().id);
        let web = shop.from(party("Ada", "", ""), |order| order.external_ref = Some("R-1".into())).await;
        let own = shop
            .from(party("Ada", "", ""), |order| {
                order.channel = "shop".into();
                order.external_ref = Some("R-1".into());
            })
            .await;
        shop.read_up().await;
        let mut actor = Actor::new(Principal::System("clerk"), Door::Api, &[Permission::OrdersRead]);
        actor.channels = Scope::Only(vec![channel]);
        let clerk = Viewer::from(Arc::new(actor));
        let number: i64 = shop.order_column("number", web).await;
        for text in ["ada", "R-1", "mug-1"] {
            assert_eq!(shop.found_by(&clerk, text).await, [own], "{text}");
        }
        assert_eq!(shop.found_by(&clerk, &number.to_string()).await, []);
        assert_eq!(shop.found_by(&clerk, &web.to_string()).await, []);
    });
}

#[test]
fn who_was_erased_is_found_no_more_and_does_not_come_back() {
    on_both(EngineOptions::default(), |shop| async move {
        let sentinel = || party("Zqsentinel", "zqsentinel@example.org", "");
        let read = shop.from(sentinel(), |_| {}).await;
        shop.read_up().await;
        assert_eq!(shop.found("zqsentinel").await, [read]);
        shop.erase(read).await;

        // One that was erased before its event was read, and one whose words were read before.
        let shop = shop.reopened(quiet()).await;
        let unread = shop.from(sentinel(), |_| {}).await;
        shop.erase(unread).await;
        let left = "INSERT INTO order_words (word, order_id) VALUES ('zqsentinel', $1)";
        shop.store.execute(&[(left, &[Value::Id(read.0)])]).await.expect("a word");
        shop.store.execute(&[("UPDATE cursors SET position = 0 WHERE name = 'search'", &[])]).await.expect("a cursor");
        let shop = shop.reopened(EngineOptions::default()).await;
        shop.read_up().await;
        assert_eq!(shop.found("zqsentinel").await, []);
        assert!(shop.words().await.iter().all(|(word, _)| word == "mug-1"), "only what says nothing about a person");
        assert_eq!(shop.found("mug-1").await, [unread, read], "the orders are there");
        shop.engine.stop().await;
    });
}

/// A store of an older Waybill has no words; a process may end at any moment.
#[test]
fn an_old_store_is_read_from_its_first_event_on_whatever_stops_in_between() {
    on_both(quiet(), |shop| async move {
        let orders = (0..450).map(|n| {
            let mut submission = shop.submission(party(&format!("Name{n} Common"), "", ""), |_| {});
            if n % 2 == 0 {
                let at = shop.engine.now().plus_seconds(n - 86_400);
                submission = submission.imported(at);
            }
            shop.engine.submit(submission)
        });
        let placed = futures_util::future::join_all(orders).await;
        let placed: BTreeSet<Id> =
            placed.into_iter().map(|receipt| receipt.expect("an order").subject.unwrap().id).collect();
        assert_eq!(shop.words().await.len(), 0, "placing writes no words");

        // It stops as soon as it has come somewhere, again and again.
        let mut shop = shop;
        let mut seen = 0;
        while seen < 450 * 3 {
            shop = shop.reopened(EngineOptions::default()).await;
            loop {
                let now = shop.words().await.len();
                if now > seen {
                    seen = now;
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        shop.read_up().await;
        let words = shop.words().await;
        assert_eq!(words.len(), 450 * 3, "Name, Common, MUG-1 of each");
        let of =
            |wanted: &str| words.iter().filter(|(word, _)| word == wanted).map(|(_, id)| *id).collect::<BTreeSet<_>>();
        assert_eq!(of("common"), placed);
        assert_eq!(of("mug-1"), placed);
        shop.engine.stop().await;
    });
}

/// Leases keep it from being the rule; here nobody respects them.
#[test]
fn two_processes_that_read_at_once_write_what_one_would() {
    on_both(EngineOptions::default(), |shop| async move {
        let second = match Engine::start(shop.store.clone(), ports(), EngineOptions::default()).await {
            Ok(second) => second,
            Err(StoreError::Locked(_)) => return,
            Err(error) => panic!("no second engine: {error}"),
        };
        for n in 0..40 {
            let orders = (0..10).map(|m| shop.from(party(&format!("Name{n} Number{m}"), "", ""), |_| {}));
            futures_util::future::join_all(orders).await;
            let nobody = "UPDATE leases SET until = 0 WHERE name = 'search'";
            // Sometimes the cursor stands where it stood before, as after a process that slept for long.
            let back = "UPDATE cursors SET position = position / 2 WHERE name = 'search'";
            let statements: &[(&str, &[Value])] =
                if n % 10 == 5 { &[(nobody, &[]), (back, &[])] } else { &[(nobody, &[])] };
            shop.store.execute(statements).await.expect("no lease");
            second.nudge();
            shop.engine.nudge();
        }
        shop.read_up().await;
        second.stop().await;
        let words = shop.words().await;
        let orders: i64 = shop.one("SELECT COUNT(*) FROM orders", &[]).await;
        assert_eq!((orders, words.len()), (400, 1_200));
        assert_eq!(shop.found("name7 number3").await.len(), 1);
    });
}
