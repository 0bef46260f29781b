//! Webhook endpoints.

use crate::refusals::rows::*;

pub fn webhooks(rows: &mut Rows) {
    let facts = |kinds: &[&str]| EndpointFacts {
        name: "till".into(),
        kinds: EventKinds(kinds.iter().map(|kind| (*kind).to_owned()).collect()),
        origins: vec![Origin::Live],
        ordered: true,
    };
    let secret = || SigningSecret(vec![7; 32]);
    let create = CreateWebhookEndpoint {
        facts: facts(&["order.*", "order.*", "item.created"]),
        url: EndpointUrl("https://hooks.example/x?token=1".into()),
        secret: secret(),
        head: 9,
    };
    let wrong = EndpointFacts { name: " ".into(), origins: vec![], ..facts(&["order.placed", "nothing.*"]) };
    let bad = CreateWebhookEndpoint {
        facts: wrong.clone(),
        url: EndpointUrl("ftp://hooks.example".into()),
        secret: SigningSecret(vec![7; 23]),
        head: 9,
    };
    let paths = ["name length", "url malformed", "kinds[1] unknown_kind", "origins empty", "secret length"];
    assert_eq!(faults(rows, bad), ("webhook.invalid".to_owned(), paths.map(str::to_owned).to_vec()));
    rows.reached.insert("webhook.invalid".into());

    let made = rows.must(create);
    assert!(!made[0].encode().contains("token"), "{}", made[0].encode());
    let endpoint_id = WebhookEndpointId(made[0].aggregate().id);
    let endpoint = |rows: &Rows| rows.shop.world.webhook_endpoint(endpoint_id).unwrap().clone();
    assert_eq!(endpoint(rows).kinds.0, ["item.created", "order.*"], "in one order, without repeats");
    rows.refused("webhook.invalid", ChangeWebhookEndpoint { endpoint_id, facts: wrong, url: None });
    let same = ChangeWebhookEndpoint { endpoint_id, facts: facts(&["item.created", "order.*"]), url: None };
    assert_eq!(rows.must(same.clone()), []);
    let moved = EndpointUrl("http://[2001:db8::1]:8080/y".into());
    let events = rows.must(ChangeWebhookEndpoint { url: Some(moved.clone()), ..same.clone() });
    assert!(events[0].encode().contains(r#""host":"[2001:db8::1]""#), "{}", events[0].encode());
    assert_eq!(endpoint(rows).url, moved);
    rows.must(ChangeWebhookEndpoint { facts: facts(&[]), ..same.clone() });
    assert_eq!(endpoint(rows).url, moved, "the address stays where none is given");
    rows.shop.expected_version = Some(1);
    rows.refused("webhook.stale_version", same.clone());

    for overlap_s in [-1, 30 * 86_400 + 1] {
        rows.refused("webhook.invalid", RotateWebhookSecret { endpoint_id, secret: secret(), overlap_s });
    }
    let other = SigningSecret(vec![8; 24]);
    rows.must(RotateWebhookSecret { endpoint_id, secret: other.clone(), overlap_s: 60 });
    let until = Some(rows.shop.now.plus_seconds(60));
    let rotated = endpoint(rows);
    assert_eq!((rotated.secret, rotated.previous_secret, rotated.previous_until), (other, Some(secret()), until));
    rows.must(RotateWebhookSecret { endpoint_id, secret: secret(), overlap_s: 0 });
    assert_eq!((endpoint(rows).previous_secret, endpoint(rows).previous_until), (None, None), "ended at once");

    for position in [i64::MIN, 0, 10, i64::MAX] {
        rows.refused("webhook.unknown_position", ReplayWebhook { endpoint_id, position, onward: true, head: 9 });
    }
    for (position, number) in [(1, 1), (9, 2)] {
        rows.must(ReplayWebhook { endpoint_id, position, onward: false, head: 9 });
        assert_eq!(endpoint(rows).replays, number);
    }
    assert_eq!(rows.must(EnableWebhookEndpoint { endpoint_id }), [], "it is");
    let disable = DisableWebhookEndpoint { endpoint_id, reason: DisabledReason::Requested };
    rows.must(disable.clone());
    assert_eq!(rows.must(disable.clone()), [], "it is, and why stays");
    assert_eq!(endpoint(rows).disabled_because, Some(DisabledReason::Requested));
    rows.must(EnableWebhookEndpoint { endpoint_id });
    assert_eq!(endpoint(rows).disabled_because, None);
    rows.must(ArchiveWebhookEndpoint { endpoint_id });
    let gone = endpoint(rows);
    assert_eq!((gone.url.0.as_str(), gone.secret.0.len(), gone.previous_secret), ("", 0, None), "nothing is left");
    rows.refused("webhook.unknown", same);
    rows.refused("webhook.unknown", RotateWebhookSecret { endpoint_id, secret: secret(), overlap_s: 60 });
    rows.refused("webhook.unknown", ReplayWebhook { endpoint_id, position: 1, onward: true, head: 9 });
    rows.refused("webhook.unknown", EnableWebhookEndpoint { endpoint_id });
    rows.refused("webhook.unknown", disable);
    rows.refused("webhook.unknown", ArchiveWebhookEndpoint { endpoint_id });
}
