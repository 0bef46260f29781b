//! Events told to endpoints: signed, in order or past failures, again and again, and once more when asked.

use crate::receiver::Receiver;
use crate::shop::{Shop, on_both_with, ports};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use waybill_domain::attempt::Origin;
use waybill_domain::catalog::item::Supply;
use waybill_domain::command::Command;
use waybill_domain::ids::WebhookEndpointId;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::manage::*;
use waybill_domain::webhook::replay::ReplayWebhook;
use waybill_domain::webhook::secret::{RotateWebhookSecret, SigningSecret};
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{DisabledReason, EndpointFacts, EndpointState};
use waybill_engine::ports::SystemClock;
use waybill_engine::{Clock, Engine, EngineOptions, Ports, Submission, signing};
use waybill_integrations::webhooks::{HttpSender, WebhookOptions};
use waybill_store::Value;
use waybill_store::read::events::{self, EventFilter, ShownEvent};
use waybill_store::read::webhooks::EndpointRow;
use waybill_store::read::{PageRequest, Viewer, overview, webhooks};
use waybill_store::tables::{WebhookAttempt, tables};

/// The machine's clock, set forward.
#[derive(Clone, Default)]
struct Forward(Arc<AtomicI64>);

impl Clock for Forward {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(self.0.load(Ordering::Relaxed))
    }
}

impl Forward {
    fn hours(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600, Ordering::Relaxed);
    }
}

fn sender() -> HttpSender {
    HttpSender::new(WebhookOptions {
        allow_http: true,
        allow_private: true,
        limit: Duration::from_secs(20),
        ca_file: None,
    })
}

fn with(clock: Forward) -> Ports {
    Ports { clock: Arc::new(clock), webhooks: Some(Arc::new(sender())), ..ports() }
}

/// Runs `test` in a shop whose clock it may set forward, on both databases.
fn on_both<F: Future<Output = ()>>(test: impl Fn(Shop, Forward) -> F) {
    let clock = Forward::default();
    on_both_with(EngineOptions::default(), || with(clock.clone()), |shop| test(shop, clock.clone()));
}

fn facts(kinds: &[&str], ordered: bool) -> EndpointFacts {
    let kinds = EventKinds(kinds.iter().map(|kind| (*kind).to_owned()).collect());
    EndpointFacts { name: "receiver".into(), kinds, origins: vec![Origin::Live], ordered }
}

const SECRET: [u8; 32] = [7; 32];

impl Shop {
    async fn head(&self) -> i64 {
        overview::position(&*self.store).await.expect("a position")
    }

    async fn endpoint(&self, receiver: &Receiver, facts: EndpointFacts) -> WebhookEndpointId {
        let (url, secret) = (EndpointUrl(receiver.url.clone()), SigningSecret(SECRET.to_vec()));
        let command = CreateWebhookEndpoint { facts, url, secret, head: self.head().await };
        WebhookEndpointId(self.must(command).await.subject.unwrap().id)
    }

    /// Makes an item, which is one event. Its position.
    async fn tell(&self, sku: &str) -> i64 {
        self.item(sku, Supply::Service).await;
        self.head().await
    }

    async fn tell_all(&self, skus: &[&str]) -> Vec<i64> {
        let mut positions = Vec::new();
        for sku in skus {
            positions.push(self.tell(sku).await);
        }
        positions
    }

    async fn row(&self, id: WebhookEndpointId) -> EndpointRow {
        webhooks::endpoint(&*self.store, &Viewer::system(), id).await.expect("a read").expect("an endpoint")
    }

    /// What was tried, the earliest first.
    async fn attempts(&self, id: WebhookEndpointId) -> Vec<WebhookAttempt> {
        let page = PageRequest { limit: Some(200), after: None };
        let mut attempts = webhooks::attempts(&*self.store, &Viewer::system(), id, &page).await.expect("attempts").rows;
        attempts.reverse();
        attempts
    }

    /// Waits until something is so. What is not so for a long time never will be.
    #[track_caller]
    fn until_so(&self, is_so: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let looks = async {
                while !is_so().await {
                    self.engine.nudge();
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            let came = tokio::time::timeout(Duration::from_secs(60), looks).await;
            assert!(came.is_ok(), "what is waited for at {caller} does not come");
        }
    }

    /// Waits until the endpoint has come to the end of the log.
    async fn until_written(&self, id: WebhookEndpointId, position: i64) {
        self.until_so(async || self.row(id).await.position >= position).await;
    }
}

/// A receiver can check who sent it, and reads what the feed shows. What is secret is in no event and no attempt.
#[test]
fn what_is_sent_is_signed_and_what_the_feed_shows() {
    on_both(async |shop, _| {
        let receiver = Receiver::open(|_| 200).await;
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        shop.must(waybill_domain::catalog::item::ArchiveItem { sku: "BAG-1".into() }).await;
        let positions = [shop.head().await, shop.tell("X-1").await];
        // Neither another kind nor history is for it.
        shop.receive(shop.dublin, "MUG-1", 1).await;
        let item = waybill_domain::catalog::item::ArchiveItem { sku: "PEN-1".into() };
        let imported = Submission::new(item, shop.actor.clone(), shop.engine.ids()).imported(shop.engine.now());
        shop.engine.submit(imported).await.expect("history");
        let last = shop.tell("X-2").await;
        shop.until_so(async || receiver.taken().len() >= 3).await;
        assert_eq!(receiver.taken(), [positions[0], positions[1], last]);

        let feed = events::after(&*shop.store, &Viewer::system(), &EventFilter::default(), 0, 1_000).await.unwrap();
        for heard in receiver.heard() {
            let event = feed.events.iter().find(|event| event.position == heard.position()).unwrap().clone();
            let shown = ShownEvent::from(event);
            assert_eq!(heard.body, serde_json::to_value(&shown).unwrap());
            let header = |name: &str| heard.headers[name].clone();
            assert_eq!(header("webhook-id"), shown.id);
            assert_eq!(header("content-type"), "application/json");
            let sent: i64 = header("webhook-timestamp").parse().unwrap();
            assert!((sent - shop.engine.now().0 / 1_000_000).abs() < 3_600, "{sent} are seconds");
            let secret = SigningSecret(SECRET.to_vec());
            let expected = signing::signature([&secret].into_iter(), &shown.id, sent, &heard.text);
            assert_eq!(header("webhook-signature"), expected);
        }

        shop.until_written(id, last).await;
        let attempts = shop.attempts(id).await;
        assert_eq!(attempts.iter().map(|one| one.position).collect::<Vec<_>>(), receiver.taken());
        assert!(attempts.iter().all(|one| one.status == Some(200) && one.number == 1 && one.again_at.is_none()));
        // The address, which has a token, and the secret are in the endpoint's own row alone.
        let mut found = Vec::new();
        for table in tables() {
            let rows = shop.store.read(&format!("SELECT * FROM {}", table.name), &[]).await.expect("a table");
            let names = |value: &Value| match value {
                Value::Text(text) => text.contains("zq-sentinel"),
                Value::Bytes(bytes) => bytes == &SECRET,
                Value::Null | Value::Int(_) | Value::Bool(_) | Value::Id(_) => false,
            };
            let count = rows.iter().flat_map(|row| row.values()).filter(|value| names(value)).count();
            found.extend((count > 0).then_some((table.name, count)));
        }
        assert_eq!(found, [("webhook_endpoints", 2)]);
        shop.must(ArchiveWebhookEndpoint { endpoint_id: id }).await;
        let url: String = shop.one("SELECT url FROM webhook_endpoints", &[]).await;
        assert_eq!(url, "", "nothing is left of it");
        let report = waybill_store::audit::audit(&*shop.store, &mut |_, _, _| {}).await.expect("an audit");
        assert!(report.ok, "{report:?}");
    });
}

/// A receiver that keeps copies must never see the later of two changes first.
#[test]
fn an_ordered_endpoint_keeps_order_across_failures_and_a_restart() {
    on_both(async |mut shop, clock| {
        let receiver = Receiver::open(|_| 200).await;
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let first = shop.tell("X-1").await;
        shop.until_so(async || receiver.taken() == [first]).await;
        receiver.says(|_| 503);
        let rest = shop.tell_all(&["X-2", "X-3", "X-4"]).await;
        shop.until_so(async || shop.row(id).await.retries == 1).await;
        clock.hours(1);
        shop.until_so(async || shop.attempts(id).await.len() == 3).await;
        let attempts = shop.attempts(id).await;
        let tried: Vec<_> = attempts[1..].iter().map(|one| (one.position, one.number, one.status)).collect();
        assert_eq!(tried, [(rest[0], 1, Some(503)), (rest[0], 2, Some(503))], "those behind it wait");
        assert_eq!(attempts[2].answer.as_deref(), Some("answer"));
        assert!(attempts[2].again_at > Some(attempts[2].began_at));
        let row = shop.row(id).await;
        assert!(row.failing_since.is_some() && row.position < rest[0], "{row:?}");

        // Another process goes on with what is stored.
        shop.engine.stop().await;
        shop.engine = Engine::start(shop.store.clone(), with(clock.clone()), EngineOptions::default()).await.unwrap();
        receiver.says(|_| 200);
        // The lease of a process that did not let go runs out.
        clock.hours(2);
        shop.until_so(async || receiver.taken().len() == 4).await;
        assert_eq!(receiver.taken(), [vec![first], rest.clone()].concat());
        shop.until_written(id, rest[2]).await;
        let row = shop.row(id).await;
        assert_eq!((row.failing_since, row.retries), (None, 0));
        assert_eq!(shop.attempts(id).await[3].number, 3, "tries are counted on");
        shop.engine.stop().await;
    });
}

/// One event that a receiver cannot take must not keep the others from it.
#[test]
fn an_unordered_endpoint_goes_on_past_failures() {
    on_both(async |shop, clock| {
        let receiver = Receiver::open(|heard| if heard.body["payload"]["sku"] == "X-2" { 500 } else { 200 }).await;
        let id = shop.endpoint(&receiver, facts(&["item.created"], false)).await;
        let positions = shop.tell_all(&["X-1", "X-2", "X-3", "X-4"]).await;
        let sorted = |mut positions: Vec<i64>| {
            positions.sort_unstable();
            positions
        };
        let others = vec![positions[0], positions[2], positions[3]];
        shop.until_so(async || sorted(receiver.taken()) == others).await;
        shop.until_written(id, positions[3]).await;
        assert_eq!(shop.row(id).await.retries, 1);
        receiver.says(|_| 200);
        clock.hours(1);
        shop.until_so(async || receiver.taken().len() == 4).await;
        assert_eq!(sorted(receiver.taken()), positions, "each once");
        shop.until_so(async || shop.row(id).await.retries == 0).await;

        // An event that is refused for days is given up, and can still be asked for.
        receiver.says(|heard| if heard.body["payload"]["sku"] == "X-5" { 500 } else { 200 });
        let lost = shop.tell("X-5").await;
        shop.until_so(async || shop.row(id).await.retries == 1).await;
        // Something goes through meanwhile, so the endpoint itself is well.
        clock.hours(4 * 24);
        let well = shop.tell("X-6").await;
        shop.until_so(async || receiver.taken().contains(&well)).await;
        let tries = async || shop.attempts(id).await.iter().filter(|one| one.position == lost).count();
        shop.until_so(async || tries().await == 2).await;
        clock.hours(2 * 24);
        shop.until_so(async || shop.row(id).await.retries == 0).await;
        assert_eq!(shop.row(id).await.state, EndpointState::Enabled);
        let attempts = shop.attempts(id).await;
        let last = attempts.iter().rfind(|one| one.position == lost).unwrap();
        assert_eq!(last.again_at, None, "{attempts:?}");
    });
}

/// Whoever finds out that an event cannot be taken may let the others pass.
#[test]
fn an_endpoint_that_failed_often_goes_on_when_order_is_given_up() {
    on_both(async |shop, clock| {
        let receiver = Receiver::open(|_| 503).await;
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let positions = shop.tell_all(&["X-1", "X-2"]).await;
        for tries in 1..=21 {
            shop.until_so(async || shop.attempts(id).await.len() >= tries).await;
            clock.hours(3);
        }
        receiver.says(|_| 200);
        let facts = facts(&["item.*"], false);
        shop.must(ChangeWebhookEndpoint { endpoint_id: id, facts, url: None }).await;
        clock.hours(3);
        shop.until_so(async || receiver.taken() == positions).await;
    });
}

/// Asking for an event once more must not let it be sent without a pause when its turn comes.
#[test]
fn an_event_that_was_asked_for_and_fails_in_order_is_tried_with_pauses() {
    on_both(async |shop, clock| {
        let receiver = Receiver::open(|_| 503).await;
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let positions = shop.tell_all(&["X-1", "X-2"]).await;
        shop.until_so(async || shop.row(id).await.retries == 1).await;
        let head = shop.head().await;
        shop.must(ReplayWebhook { endpoint_id: id, position: positions[1], onward: false, head }).await;
        shop.until_so(async || shop.row(id).await.retries == 2).await;
        receiver.says(|heard| if heard.body["payload"]["sku"] == "X-2" { 503 } else { 200 });
        clock.hours(1);
        shop.until_so(async || shop.row(id).await.position == positions[0]).await;

        // Another endpoint shows that rounds go by.
        let other = Receiver::open(|_| 200).await;
        shop.endpoint(&other, facts(&["item.*"], false)).await;
        let tries = async || shop.attempts(id).await.iter().filter(|one| one.position == positions[1]).count();
        let mut seen = Vec::new();
        for (n, sku) in ["Y-1", "Y-2", "Y-3", "Y-4", "Y-5", "Y-6"].into_iter().enumerate() {
            shop.tell(sku).await;
            shop.until_so(async || other.taken().len() == n + 1).await;
            seen.push(tries().await);
        }
        assert!(seen[5] - seen[1] <= 1, "{seen:?} tries");
    });
}

/// A receiver that says when it can take more is not asked before, nor sent anything else.
#[test]
fn a_receiver_that_asks_to_wait_is_left_alone_until_then() {
    on_both(async |shop, clock| {
        let receiver = Receiver::open(|_| 429).await;
        receiver.asks("7200");
        let ordered = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let busy = Receiver::open(|_| 503).await;
        busy.asks("Fri, 31 Dec 9999 23:59:59 GMT");
        let unordered = shop.endpoint(&busy, facts(&["item.*"], false)).await;
        let first = shop.tell("X-1").await;
        shop.until_so(async || shop.row(ordered).await.retries + shop.row(unordered).await.retries == 2).await;
        let wait_s = async |id| {
            let attempt = shop.attempts(id).await.remove(0);
            attempt.again_at.expect("another try").seconds_since(attempt.began_at)
        };
        assert!((7_200..7_260).contains(&wait_s(ordered).await), "not before");
        assert!((86_400..86_460).contains(&wait_s(unordered).await), "and not for ever");

        // Another endpoint shows that rounds go by.
        let other = Receiver::open(|_| 200).await;
        shop.endpoint(&other, facts(&["item.*"], false)).await;
        clock.hours(1);
        let second = shop.tell_all(&["Y-1", "Y-2", "Y-3"]).await;
        shop.until_so(async || other.taken().len() == 3).await;
        assert_eq!((receiver.heard().len(), busy.heard().len()), (1, 1));
        receiver.says(|_| 200);
        busy.says(|_| 200);
        clock.hours(24);
        let all: Vec<i64> = std::iter::once(first).chain(second).collect();
        shop.until_so(async || receiver.taken() == all).await;
        shop.until_so(async || busy.taken().len() == 4).await;
    });
}

/// While the receiver is given its new secret it knows the old one or the new one.
#[test]
fn both_secrets_sign_during_a_rotation() {
    on_both(async |shop, clock| {
        let receiver = Receiver::open(|_| 200).await;
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let (old, new) = (SigningSecret(SECRET.to_vec()), SigningSecret(vec![9; 24]));
        shop.must(RotateWebhookSecret { endpoint_id: id, secret: new.clone(), overlap_s: 3_600 }).await;
        shop.tell("X-1").await;
        shop.until_so(async || receiver.heard().len() == 1).await;
        clock.hours(1);
        shop.tell("X-2").await;
        shop.until_so(async || receiver.heard().len() == 2).await;
        for (heard, secrets) in receiver.heard().iter().zip([vec![&new, &old], vec![&new]]) {
            let at = heard.headers["webhook-timestamp"].parse().unwrap();
            let expected = signing::signature(secrets.into_iter(), &heard.headers["webhook-id"], at, &heard.text);
            assert_eq!(heard.headers["webhook-signature"], expected);
        }
        // Nobody who reads the store later can sign with it.
        let kept = "SELECT id FROM webhook_endpoints WHERE previous_secret IS NOT NULL";
        while !shop.store.read(kept, &[]).await.expect("a read").is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

/// Whoever lost what was sent can have it once more.
#[test]
fn events_are_sent_once_more_when_somebody_asks() {
    on_both(async |shop, _| {
        let receiver = Receiver::open(|_| 200).await;
        // An endpoint begins with what happens after it was made.
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let positions = shop.tell_all(&["X-1", "X-2"]).await;
        shop.until_written(id, positions[1]).await;
        assert_eq!(receiver.taken(), positions);
        let replay = |position, onward, head| ReplayWebhook { endpoint_id: id, position, onward, head };

        // One, whatever the filter says: the channel's creation.
        shop.must(replay(1, false, shop.head().await)).await;
        shop.until_so(async || receiver.taken().len() == 3).await;
        assert_eq!(receiver.heard()[2].body["kind"], "channel.created");
        shop.until_so(async || shop.row(id).await.retries == 0).await;

        // Everything that passes the filter, from a position on: the shop's own three items and these two.
        shop.must(replay(1, true, shop.head().await)).await;
        shop.until_so(async || receiver.taken().len() == 8).await;
        assert_eq!(receiver.taken()[6..], positions);
        let id_of = |n: usize| receiver.heard()[n].headers["webhook-id"].clone();
        assert_eq!((id_of(0), id_of(1)), (id_of(6), id_of(7)), "a repeat is known by its id");
        let head = shop.head().await;
        assert_eq!(shop.refused(replay(head + 1, true, head)).await, "webhook.unknown_position");

        // What a filter lets through only now is there for a replay, also right behind the cursor.
        shop.receive(shop.dublin, "MUG-1", 1).await;
        let received = shop.head().await;
        let wider = ChangeWebhookEndpoint { endpoint_id: id, facts: facts(&["item.*", "stock.*"], true), url: None };
        shop.must(wider).await;
        shop.must(replay(received, true, shop.head().await)).await;
        // It comes twice where the change was noticed before the replay.
        let replayed = "SELECT COUNT(*) FROM webhook_cursors WHERE replays_taken = 3 AND position >= $1";
        shop.until_so(async || shop.one::<i64>(replayed, &[Value::Int(received)]).await == 1).await;
        let before = receiver.taken().len();
        assert!([&[received][..], &[received; 2]].contains(&&receiver.taken()[8..]), "{:?}", receiver.taken());

        // What waits for a disabled endpoint is sent when it is enabled, and so is what was asked for meanwhile.
        shop.must(DisableWebhookEndpoint { endpoint_id: id, reason: DisabledReason::Requested }).await;
        let missed = shop.tell("X-3").await;
        shop.must(replay(positions[0], false, shop.head().await)).await;
        shop.must(EnableWebhookEndpoint { endpoint_id: id }).await;
        shop.until_so(async || receiver.taken().len() == before + 2).await;
        let mut sent = receiver.taken()[before..].to_vec();
        sent.sort_unstable();
        assert_eq!(sent, [positions[0], missed]);
        let report = waybill_store::audit::audit(&*shop.store, &mut |_, _, _| {}).await.expect("an audit");
        assert!(report.ok, "{report:?}");
    });
}

/// An address that is dead for days must not be called for ever, nor in silence.
#[test]
fn an_endpoint_that_takes_nothing_for_days_is_disabled_with_a_notice() {
    on_both(async |shop, clock| {
        let receiver = Receiver::open(|_| 500).await;
        let id = shop.endpoint(&receiver, facts(&["item.*"], true)).await;
        let position = shop.tell("X-1").await;
        let (mut tried, mut hours) = (0, 0);
        let is_on = async || shop.row(id).await.state == EndpointState::Enabled;
        while is_on().await {
            shop.until_so(async || shop.attempts(id).await.len() > tried || !is_on().await).await;
            tried = shop.attempts(id).await.len();
            clock.hours(3);
            hours += 3;
            assert!(hours <= 6 * 24, "still enabled after {hours} hours");
        }
        assert!(hours >= 5 * 24, "given up after {hours} hours");
        let row = shop.row(id).await;
        assert_eq!(row.disabled_because, Some(DisabledReason::Failing));
        let told: i64 = shop
            .one(
                "SELECT COUNT(*) FROM events WHERE kind = 'webhook_endpoint.disabled' AND actor = 'system:webhooks'",
                &[],
            )
            .await;
        assert_eq!(told, 1);

        // Mended and enabled, it goes on at once where it stopped; what failed before does not count.
        receiver.says(|_| 200);
        shop.must(EnableWebhookEndpoint { endpoint_id: id }).await;
        shop.until_so(async || receiver.taken() == [position]).await;

        // 410 says that nobody listens there any more.
        receiver.says(|_| 410);
        shop.tell("X-2").await;
        shop.until_so(async || shop.row(id).await.disabled_because == Some(DisabledReason::Gone)).await;
    });
}

/// A command made of the same parts is the same command.
#[test]
fn nothing_is_said_of_secrets_by_accident() {
    let secret = SigningSecret(b"zq-sentinel-zq-sentinel-".to_vec());
    let url = EndpointUrl("https://hooks.example/zq-sentinel".into());
    let create = CreateWebhookEndpoint { facts: facts(&[], false), url, secret: secret.clone(), head: 0 };
    let rotate = RotateWebhookSecret { endpoint_id: WebhookEndpointId::NIL, secret, overlap_s: 0 };
    for command in [Command::from(create), Command::from(rotate)] {
        let text = format!("{command:?}");
        assert!(!text.contains("zq-sentinel") && !text.contains("122, 113"), "{text}");
    }
}
