//! `If-Match`: whoever changes an order or a webhook endpoint that somebody else has changed meanwhile hears so, whatever the change.

use crate::common::{on_each, order};
use serde_json::{Value, json};
use waybill_web::openapi_json;

/// A body that each request reads without a problem; none for a path that is not known here.
fn body(path: &str) -> Option<Value> {
    let step = path.rsplit('/').next()?;
    Some(match (path, step) {
        (_, "submit" | "confirm" | "allocate" | "release" | "complete" | "cancel" | "reject" | "void" | "capture")
        | (_, "pick" | "pack" | "ship") => json!({}),
        (_, "supplier-shipments") => json!({"lines": [{"line": 1, "quantity": 1}]}),
        (path, "hand-over") if path.contains("fulfillment-orders") => json!({"assignee": "review"}),
        (_, "hand-over") => json!({"owner": "review"}),
        (_, "notes") => json!({"text": "call back"}),
        (_, "holds") => json!({"reason": "velocity"}),
        (_, "payments") => json!({"method": "transfer", "amount_minor": 1}),
        (_, "charges") => json!({"kind": "fee", "amount_minor": 1}),
        (_, "refunds") => json!({"amount_minor": 1, "reason": "goodwill"}),
        (_, "returns") => {
            json!({"location": "DUB", "lines": [{"line": 1, "quantity": 1, "state": "available", "reason": "unwanted"}]})
        }
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_an_order_is_meant_for_its_version() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("1")).await.ok();
        let id = placed["id"].as_str().unwrap();
        let held = api.post(&format!("/api/v1/orders/{id}/holds"), &json!({"reason": "velocity"})).await.ok();
        let (hold, payment) = (held["holds"][0]["id"].as_str().unwrap(), held["payments"][0]["id"].as_str().unwrap());
        let work = id.replace("ord_", "ful_") + "-1";
        let version = held["version"].as_i64().unwrap();

        let description: Value = serde_json::from_str(&openapi_json()).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let mut tried = 0;
        for (path, item) in
            paths.iter().filter(|(path, item)| path.contains("orders/{id}/") && item["post"].is_object())
        {
            let parameters = item["post"]["parameters"].as_array().unwrap();
            assert!(parameters.iter().any(|parameter| parameter["name"] == "If-Match"), "{path} does not say so");
            let body = body(path).unwrap_or_else(|| panic!("{path} has no body here"));
            let one = if path.contains("fulfillment") { work.as_str() } else { id };
            let path = path.replace("{id}", one).replace("{hold_id}", hold).replace("{payment_id}", payment);
            let path = path.replace("{number}", "1");
            let stale = format!("\"{}\"", version - 1);
            let problem =
                api.write("POST", &path, &[("if-match", &stale)], &body).await.problem(412, "order.stale_version");
            assert_eq!(problem["facts"], json!({"order_id": id, "expected": version - 1, "found": version}), "{path}");
            tried += 1;
        }
        assert!(tried > 15, "the description was read");

        // What is meant for the version there is goes through, and says what the next version is.
        let current = format!("\"{version}\"");
        let path = format!("/api/v1/orders/{id}/holds/{hold}/release");
        let freed = api.write("POST", &path, &[("if-match", &current)], &json!({})).await;
        assert_eq!(freed.header("etag").map(str::to_owned), Some(format!("\"{}\"", version + 1)));
        freed.ok();
        // A stranger to the order learns nothing of its version.
        let foreign = api.key(waybill_domain::Code::ALL, Some(vec![]), None).await;
        let stranger = api.with_secret(Some(&foreign));
        stranger.write("POST", &path, &[("if-match", "\"1\"")], &json!({})).await.problem(404, "order.unknown");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_an_endpoint_is_meant_for_its_version() {
    on_each(async |api| {
        let facts = json!({"name": "till", "url": "https://hooks.example/", "kinds": ["shipment.lost"]});
        let made = api.post("/api/v1/webhook-endpoints", &facts).await.ok();
        let id = made["id"].as_str().unwrap();
        let description: Value = serde_json::from_str(&openapi_json()).unwrap();
        let mut tried = 0;
        for (path, item) in description["paths"].as_object().unwrap() {
            if !path.contains("webhook-endpoints/{id}") {
                continue;
            }
            for method in ["post", "put", "delete"].into_iter().filter(|method| item[method].is_object()) {
                let parameters = item[method]["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|parameter| parameter["name"] == "If-Match"), "{path} does not say so");
                let body = match path.rsplit('/').next().unwrap() {
                    "replay" => json!({"from": 1}),
                    _ if method == "put" => facts.clone(),
                    _ => json!({}),
                };
                let path = path.replace("{id}", id);
                let stale = api.write(&method.to_uppercase(), &path, &[("if-match", "\"7\"")], &body).await;
                let problem = stale.problem(412, "webhook.stale_version");
                assert_eq!(problem["facts"], json!({"endpoint_id": id, "expected": 7, "found": 1}), "{path}");
                tried += 1;
            }
        }
        assert_eq!(tried, 6, "each of them was found");
        let path = format!("/api/v1/webhook-endpoints/{id}/disable");
        let done = api.write("POST", &path, &[("if-match", "\"1\"")], &json!({})).await;
        assert_eq!(done.header("etag"), Some("\"2\""));
    })
    .await;
}
