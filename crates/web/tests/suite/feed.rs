//! The events feed, streams of events, and bulk placement.

use crate::common::{on_each, order};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_with_a_cursor_sees_every_event_once() {
    on_each(async |api| {
        api.shop().await;
        for n in 0..5 {
            api.post("/api/v1/orders", &order(&n.to_string())).await.ok();
        }
        let head = api.get("/api/v1/events?limit=1").await.ok()["head"].as_i64().unwrap();
        let (mut after, mut seen) = (0, Vec::new());
        while after < head {
            let feed = api.get(&format!("/api/v1/events?after={after}&limit=7")).await.ok();
            seen.extend(feed["data"].as_array().unwrap().iter().map(|one| one["position"].as_i64().unwrap()));
            after = feed["next_after"].as_i64().unwrap();
        }
        assert_eq!(seen, (1..=head).collect::<Vec<_>>());
        let placed = api.get("/api/v1/events?kind=order.placed&origin=live").await.ok();
        assert_eq!(placed["data"].as_array().unwrap().len(), 5);
        assert_eq!(placed["next_after"], head, "everything was looked at");
        assert!(!placed.to_string().contains("ada@example.org"), "no personal data");

        let waiting = tokio::spawn({
            let api = api.clone();
            async move { api.get(&format!("/api/v1/events?after={head}&wait_s=20&kind=order.placed")).await.ok() }
        });
        api.post("/api/v1/orders", &order("later")).await.ok();
        let feed = tokio::time::timeout(Duration::from_secs(15), waiting).await.unwrap().unwrap();
        assert_eq!(feed["data"][0]["payload"]["external_ref"], "later");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_after_the_last_event_seen() {
    on_each(async |api| {
        api.shop().await;
        let request = Request::get("/api/v1/events/stream").header("last-event-id", "1").body(Body::empty()).unwrap();
        let response = api.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut body = response.into_body();
        let mut text = String::new();
        while !text.contains("id: 4\n") {
            let frame = tokio::time::timeout(Duration::from_secs(10), body.frame()).await.unwrap().unwrap().unwrap();
            text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
        assert!(text.starts_with("id: 2\nevent: location.created\ndata: {"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_lines_are_answered_in_order_and_do_not_stop_each_other() {
    on_each(async |api| {
        api.shop().await;
        let mut with_key = order("b-5");
        with_key["idempotency_key"] = json!("own-key");
        let mut terms = order("b-1");
        terms["payment"] = json!({"method": "terms"});
        let lines = [
            terms.to_string(),
            "{".to_owned(),
            order("b-1").to_string(),
            json!({"channel": "web"}).to_string(),
            with_key.to_string(),
            "x".repeat(300 * 1024),
            order("b-7").to_string(),
            String::new(),
        ];
        let body = lines.join("\n");
        let send = async |body: String| {
            let chunks: Vec<Result<Vec<u8>, std::io::Error>> =
                body.as_bytes().chunks(1_000).map(|part| Ok(part.to_vec())).collect();
            let body = Body::from_stream(futures_util::stream::iter(chunks));
            let answer = api.send("POST", "/api/v1/orders/bulk", &[("idempotency-key", "bulk")], body).await;
            assert_eq!(answer.status, 200);
            answer.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
        };
        let results = send(body.clone()).await;
        let summary = |results: &[Value]| -> Vec<_> {
            results
                .iter()
                .map(|one| {
                    let code = one["problem"]["code"].as_str().unwrap_or("").to_owned();
                    (one["line"].as_u64().unwrap(), one["status"].as_u64().unwrap(), code)
                })
                .collect()
        };
        let codes =
            ["", "request.malformed", "order.duplicate_external_ref", "request.invalid", "", "request.too_large", ""];
        let statuses = [201, 400, 409, 422, 201, 413, 201];
        let expected: Vec<_> = codes
            .iter()
            .zip(statuses)
            .zip(1u64..)
            .map(|((code, status), line)| (line, status, (*code).to_owned()))
            .collect();
        assert_eq!(summary(&results), expected);
        assert!(results[0]["receipt"]["number"].as_str().is_some());

        let again = send(body).await;
        assert_eq!(summary(&again), expected);
        assert_eq!(again[0]["receipt"]["id"], results[0]["receipt"]["id"]);
        assert_eq!(again[0]["replayed"], true);
        assert_eq!(api.get("/api/v1/orders").await.ok()["data"].as_array().unwrap().len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages_that_neither_miss_nor_repeat() {
    on_each(async |api| {
        api.shop().await;
        for n in 0..7 {
            api.write("POST", "/api/v1/orders", &[("prefer", "return=minimal")], &order(&n.to_string())).await.ok();
            api.put(&format!("/api/v1/customers/C{n}"), &json!({"name": "N", "tier": "gold"})).await.ok();
        }
        for (list, id, count) in
            [("orders", "id", 7), ("customers", "code", 7), ("items", "sku", 2), ("stock/levels", "location", 2)]
        {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let page = api.get(&format!("/api/v1/{list}?limit=2{after}")).await.ok();
                seen.extend(page["data"].as_array().unwrap().iter().map(|one| one[id].as_str().unwrap().to_owned()));
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            let mut once = seen.clone();
            once.sort();
            once.dedup();
            assert_eq!((seen.len(), once.len()), (count, count), "{list}: {seen:?}");
        }
    })
    .await;
}
