//! Webhook endpoints over the API: what is shown, what is shown once, and what is refused.

use crate::common::{Answer, Api, on_each};
use serde_json::{Value, json};
use waybill_domain::actor::Permission;

const PATH: &str = "/api/v1/webhook-endpoints";

/// An endpoint that nothing is sent to in these tests: no shipment is lost in them.
fn body() -> Value {
    json!({"name": "till", "url": "https://hooks.example/x?token=zq-sentinel", "kinds": ["shipment.lost"]})
}

async fn keyed(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    api.write("POST", path, &[("idempotency-key", key)], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once() {
    on_each(async |api| {
        let first = keyed(api, PATH, "one", &body()).await;
        assert_eq!((first.status.as_u16(), first.header("etag")), (201, Some("\"1\"")));
        let made = first.ok();
        let secret = made["secret"].as_str().expect("a secret").to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "32 bytes in base64");
        assert_eq!((&made["origins"], &made["ordered"]), (&json!(["live"]), &json!(false)));
        let again = keyed(api, PATH, "one", &body()).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let again = again.ok();
        assert_eq!((&again["id"], again.get("secret")), (&made["id"], None));

        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let rotate = format!("{path}/rotate-secret");
        let rotated = keyed(api, &rotate, "two", &json!({})).await.ok();
        let other = rotated["secret"].as_str().expect("a secret").to_owned();
        assert!(other != secret && rotated["previous_secret_until"].is_string());
        assert_eq!(keyed(api, &rotate, "two", &json!({})).await.ok().get("secret"), None);
        let at_once = api.post(&rotate, &json!({"overlap_s": 0})).await.ok();
        assert_eq!(at_once["previous_secret_until"], Value::Null);
        let too_long = api.post(&rotate, &json!({"overlap_s": 2_592_001})).await;
        assert_eq!(too_long.problem(422, "webhook.invalid")["problems"][0]["path"], "overlap_s");

        // The smallest answer is not smaller than the secret: there is no other way to it.
        let minimal = api.write("POST", &rotate, &[("prefer", "return=minimal")], &json!({})).await.ok();
        assert!(minimal["secret"].is_string());

        let shown = [api.get(&path).await.text, api.get(PATH).await.text, api.get("/api/v1/events").await.text];
        for text in &shown {
            assert!(!text.contains("whsec_"), "{text}");
        }
        assert!(!shown[2].contains("zq-sentinel"), "an address may hold a token: {}", shown[2]);
        assert!(shown[2].contains("hooks.example") && shown[2].contains("webhook_endpoint.secret_rotated"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_changed_switched_and_ended() {
    on_each(async |api| {
        let made = api.post(PATH, &body()).await.ok();
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let changed = api.put(&path, &json!({"name": "tills", "kinds": ["shipment.*"], "ordered": true})).await.ok();
        assert_eq!(
            (&changed["url"], &changed["ordered"], &changed["version"]),
            (&made["url"], &json!(true), &json!(2))
        );
        let off = api.step(&format!("{path}/disable")).await.ok();
        assert_eq!((&off["state"], &off["disabled_because"]), (&json!("disabled"), &json!("requested")));
        assert_eq!(api.step(&format!("{path}/enable")).await.ok()["state"], "enabled");

        let head = changed["head"].as_i64().unwrap() + 2;
        let replay = format!("{path}/replay");
        let refused = api.post(&replay, &json!({"from": head + 1_000})).await.problem(422, "webhook.unknown_position");
        assert_eq!(refused["facts"]["head"], head);
        api.post(&replay, &json!({})).await.problem(422, "request.invalid");
        api.post(&replay, &json!({"from": 1, "position": 1})).await.problem(422, "request.invalid");
        api.post(&replay, &json!({"from": 1})).await.ok();
        assert_eq!(api.get(&format!("{path}/attempts")).await.ok(), json!({"data": [], "next": null}));

        api.send("DELETE", &path, &[], axum::body::Body::empty()).await.ok();
        assert_eq!(api.get(PATH).await.ok()["data"], json!([]));
        let archived = api.get(&format!("{PATH}?state=archived")).await.ok();
        assert_eq!((&archived["data"][0]["id"], &archived["data"][0]["url"]), (&made["id"], &json!("")));
        api.step(&format!("{path}/enable")).await.problem(404, "webhook.unknown");
        api.get(&format!("{PATH}/whe_01h455vb4pex5vsknk084sn02q")).await.problem(404, "request.not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_endpoints_are_told_what_is_wrong() {
    on_each(async |api| {
        let problems = async |body: Value, code: &str| -> Vec<String> {
            let problem = api.post(PATH, &body).await.problem(422, code);
            let all = problem["problems"].as_array().unwrap().iter();
            all.map(|one| format!("{} {}", one["path"].as_str().unwrap(), one["code"].as_str().unwrap())).collect()
        };
        let with = |field: &str, value: Value| {
            let mut body = body();
            body[field] = value;
            body
        };
        let read = json!({"name": " ", "kinds": "all", "origins": ["past"], "colour": 1});
        let expected =
            ["name length", "url missing", "kinds wrong_type", "origins[0] unknown_value", "colour unknown_field"];
        assert_eq!(problems(read, "request.invalid").await, expected);
        for url in [
            "http://hooks.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "nonsense",
        ] {
            assert_eq!(problems(with("url", json!(url)), "request.invalid").await, ["url forbidden"], "{url}");
        }
        let credentials = with("url", json!("https://ada:secret@hooks.example/"));
        assert_eq!(problems(credentials, "webhook.invalid").await, ["url malformed"]);
        assert_eq!(
            problems(with("kinds", json!(["order.placed", "order"])), "webhook.invalid").await,
            ["kinds[1] unknown_kind"]
        );
        assert_eq!(problems(with("origins", json!([])), "webhook.invalid").await, ["origins empty"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_for_those_who_may() {
    on_each(async |api| {
        let made = api.post(PATH, &body()).await.ok();
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let all = <Permission as waybill_domain::Code>::ALL;
        let without = async |gone: &[Permission]| {
            let some: Vec<Permission> = all.iter().copied().filter(|one| !gone.contains(one)).collect();
            let key = api.key(&some, None, None).await;
            api.with_secret(Some(&key))
        };
        let blind = without(&[Permission::WebhooksRead, Permission::WebhooksWrite]).await;
        for path in [PATH.to_owned(), path.clone(), format!("{path}/attempts")] {
            blind.get(&path).await.problem(403, "system.not_permitted");
        }
        blind.post(PATH, &body()).await.problem(403, "system.not_permitted");
        // Nobody has events sent who may not read them.
        let deaf = without(&[Permission::EventsRead]).await;
        let problem = deaf.post(PATH, &body()).await.problem(403, "system.not_permitted");
        assert_eq!(problem["facts"]["permission"], "events.read");
        let reader = without(&[Permission::WebhooksWrite]).await;
        reader.get(&path).await.ok();
        reader.step(&format!("{path}/disable")).await.problem(403, "system.not_permitted");
        // What is sent is of every channel.
        let scoped = api.key(all, Some(vec![]), None).await;
        api.with_secret(Some(&scoped)).post(PATH, &body()).await.problem(403, "system.not_permitted");
    })
    .await;
}
