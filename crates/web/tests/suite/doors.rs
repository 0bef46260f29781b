//! Who gets in, what they see, and that everything served is described.

use crate::common::{api, on_each, open, order};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::ServiceExt;
use waybill_domain::Code;
use waybill_domain::actor::{Actor, Door, Permission};
use waybill_domain::ids::{ApiKeyId, ChannelId, LocationId};
use waybill_domain::system::RevokeApiKey;
use waybill_engine::Submission;
use waybill_store::around::{Around, Surrounded};
use waybill_store::{StoreError, Write, Writer};
use waybill_store_sqlite::testing::TestFolder;
use waybill_web::WebOptions;

/// Every operation of the description: method, path, and the path with something in each place.
fn operations() -> Vec<(String, String, String)> {
    let api: Value = serde_json::from_str(&waybill_web::openapi_json()).unwrap();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in
            methods.as_object().unwrap().keys().filter(|key| ["get", "put", "post", "delete"].contains(&key.as_str()))
        {
            let filled: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect();
            operations.push((method.to_uppercase(), path.clone(), filled.join("/")));
        }
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_key_once_there_is_one() {
    on_each(async |api| {
        api.shop().await;
        let secret = api.key(Permission::ALL, None, None).await;
        // The answer that there was no key may still be remembered for a moment.
        tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
        let mut all = operations();
        assert!(all.len() > 55, "{}", all.len());
        for path in ["/nowhere", "/", "/about", "/reports", "/reports/times", "/reports/items"] {
            all.push(("GET".into(), path.into(), path.into()));
        }
        for (method, _, path) in &all {
            for stranger in [None, Some("wbk_wrong"), Some("x")] {
                let answer = api.with_secret(stranger).send(method, path, &[], Body::empty()).await;
                assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"waybill\""), "{method} {path}");
                answer.problem(401, "request.unauthenticated");
            }
            let answer =
                api.with_secret(Some(&secret)).send(method, path, &[("last-event-id", "x")], Body::empty()).await;
            assert!(answer.status != 401 && !answer.status.is_server_error(), "{method} {path}: {}", answer.text);
        }
        for public in [
            "/healthz",
            "/readyz",
            "/metrics",
            "/docs",
            "/docs/errors",
            "/docs/errors/order.held",
            "/assets/docs.css",
            "/assets/docs.js",
            "/api/v1/openapi.json",
        ] {
            let answer = api.get(public).await;
            assert_eq!(answer.status, 200, "{public}");
            assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'self'"));
        }
        let metrics = api.get("/metrics").await.text;
        assert!(
            metrics.contains("waybill_http_requests_total{method=\"GET\",route=\"/api/v1/orders\",status=\"401\"}"),
            "{metrics}"
        );
        assert!(metrics.contains("waybill_events_total"));
    })
    .await;
}

/// Whoever follows a wrong link in a browser gets a page with a way on; programs get what they always get.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_finds_nothing_gets_a_page() {
    let folder = TestFolder::create();
    let api = api(Arc::new(folder.open()), open()).await;
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (path, said) in [
        ("/nothing/%3Cb%3E", "There is nothing at /nothing/%3Cb%3E."),
        ("/docs/errors/nope", "There is no such error code"),
    ] {
        let page = api.send("GET", path, &browser, Body::empty()).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
        let link = "<a href=\"/docs/errors/request.not_found\">";
        for part in ["<h1>Nothing is here</h1>", said, link, "action=\"/search\""] {
            assert!(page.text.contains(part), "{path} without {part}: {}", page.text);
        }
        api.get(path).await.problem(404, "request.not_found");
    }
    // Whoever is signed in goes on from there.
    let page = api.send("GET", "/orders/W-999999", &browser, Body::empty()).await;
    assert_eq!(page.status, 404);
    for part in ["<h1>Nothing is here</h1>", "class=\"rail\"", "request.not_found"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    api.send("GET", "/api/v1/nothing", &browser, Body::empty()).await.problem(404, "request.not_found");
    api.engine().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_key_only_this_machine_may_act() {
    let folder = TestFolder::create();
    let closed = api(Arc::new(folder.open()), WebOptions::default()).await;
    closed.get("/api/v1/items").await.problem(401, "request.unauthenticated");
    closed.engine().stop().await;
    drop(closed);
    let folder = TestFolder::create();
    let open = api(Arc::new(folder.open()), open()).await;
    open.get("/api/v1/items").await.ok();
    assert_eq!(open.get("/api/v1/me").await.ok()["principal"], "system:owner");
    for (name, value) in
        [("host", "shop.example"), ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]
    {
        open.send("GET", "/api/v1/items", &[(name, value)], Body::empty())
            .await
            .problem(401, "request.unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_stops_working() {
    on_each(async |api| {
        let secret = api.key(&[Permission::CatalogRead], None, None).await;
        let keyed = api.with_secret(Some(&secret));
        let me = keyed.get("/api/v1/me").await.ok();
        assert_eq!(me["permissions"], json!(["catalog.read"]));
        let key_id: ApiKeyId = me["principal"].as_str().unwrap().parse().unwrap();
        let actor = Arc::new(Actor::system("test", Door::Command));
        let engine = api.engine();
        engine.submit(Submission::new(RevokeApiKey { key_id }, actor, engine.ids())).await.unwrap();
        for _ in 0..100 {
            if keyed.get("/api/v1/items").await.status == 401 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the key still works");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_permissions_may_nothing() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("1")).await.ok();
        let id = placed["id"].as_str().unwrap();
        // It must hold one permission; this one opens none of what follows.
        let nobody = api.with_secret(Some(&api.key(&[Permission::SettingsWrite], None, None).await));
        for path in [
            "items",
            "locations",
            "channels",
            "customers",
            "stock/levels",
            "stock/postings?sku=MUG-1&location=DUB",
            "stock/transfers",
            "stock/reservations",
            "orders",
            "release-queue",
            "fulfillment-orders",
            "events",
            "events/stream",
            &format!("orders/{id}"),
            &format!("orders/{id}/timeline"),
            &format!("orders/{id}/why"),
        ] {
            nobody.get(&format!("/api/v1/{path}")).await.problem(403, "system.not_permitted");
        }
        for step in ["confirm", "allocate", "release", "cancel", "complete", "submit"] {
            nobody.step(&format!("/api/v1/orders/{id}/{step}")).await.problem(403, "system.not_permitted");
        }
        nobody.post("/api/v1/orders", &order("2")).await.problem(403, "system.not_permitted");
        nobody.put("/api/v1/items/X", &json!({"name": "X"})).await.problem(403, "system.not_permitted");
        let receipt = json!({"location": "DUB", "lines": [{"sku": "MUG-1", "quantity": 1}]});
        nobody.post("/api/v1/stock/receipts", &receipt).await.problem(403, "system.not_permitted");
        // Who may write but not read orders gets the receipt alone.
        let writer = api.with_secret(Some(&api.key(&[Permission::OrdersWrite], None, None).await));
        let receipt = writer.post("/api/v1/orders", &order("3")).await.ok();
        assert!(receipt["id"].as_str().unwrap().starts_with("ord_"));
        assert_eq!(receipt["customer"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_scope_is_not_there() {
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/channels/shop", &json!({"name": "Shop"})).await.ok();
        let id = async |path: &str| api.get(path).await.ok()["id"].as_str().unwrap().to_owned();
        let shop: ChannelId = id("/api/v1/channels/shop").await.parse().unwrap();
        let ork: LocationId = id("/api/v1/locations/ORK").await.parse().unwrap();
        let placed = api.post("/api/v1/orders", &order("1")).await.ok();
        let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
        let released = api.step(&format!("{path}/release")).await.ok();
        let work = format!("/api/v1/fulfillment-orders/{}", released["fulfillment_orders"][0]["id"].as_str().unwrap());
        let other = api.with_secret(Some(&api.key(Permission::ALL, Some(vec![shop]), None).await));
        other.get(&path).await.problem(404, "request.not_found");
        other
            .get(&format!("/api/v1/orders/{}", placed["number"].as_str().unwrap()))
            .await
            .problem(404, "request.not_found");
        other.get(&format!("{path}/why")).await.problem(404, "request.not_found");
        other.get(&format!("{path}/timeline")).await.problem(404, "request.not_found");
        other.step(&format!("{path}/cancel")).await.problem(404, "order.unknown");
        other.get(&work).await.problem(404, "request.not_found");
        assert_eq!(other.get("/api/v1/orders").await.ok()["data"], json!([]));
        assert_eq!(other.get("/api/v1/fulfillment-orders").await.ok()["data"], json!([]));
        assert_eq!(other.get("/api/v1/channels").await.ok()["data"].as_array().unwrap().len(), 1);
        assert_eq!(other.get("/api/v1/events?kind=order.placed").await.ok()["data"], json!([]));
        other.post("/api/v1/orders", &order("2")).await.problem(422, "order.invalid");

        let cork = api.with_secret(Some(&api.key(Permission::ALL, None, Some(vec![ork])).await));
        assert_eq!(cork.get("/api/v1/fulfillment-orders").await.ok()["data"], json!([]));
        cork.post(&format!("{work}/pick"), &json!({})).await.problem(404, "fulfillment.unknown");
        let levels = cork.get("/api/v1/stock/levels").await.ok();
        assert_eq!(levels["data"].as_array().unwrap().len(), 1);
        assert_eq!(cork.get("/api/v1/stock/postings?sku=MUG-1&location=DUB").await.ok()["data"], json!([]));
        let receipt = json!({"location": "DUB", "lines": [{"sku": "MUG-1", "quantity": 1}]});
        cork.post("/api/v1/stock/receipts", &receipt).await.problem(422, "stock.unknown_location");
        let received = cork.get("/api/v1/events?kind=stock.received").await.ok();
        assert_eq!(received["data"].as_array().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_described_is_served_and_no_more() {
    let folder = TestFolder::create();
    let api = api(Arc::new(folder.open()), open()).await;
    let described = operations();
    for (method, path, filled) in &described {
        let request = Request::builder().method(method.as_str()).uri(filled).header("last-event-id", "x");
        let answer = api.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_ne!(answer.status(), 405, "{method} {path}");
        let wrong = api.send("PATCH", filled, &[], Body::empty()).await;
        wrong.problem(405, "request.method_not_allowed");
    }
    let description: Value = serde_json::from_str(&waybill_web::openapi_json()).unwrap();
    // Every reference leads somewhere.
    let text = description.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(description["components"]["schemas"][name].is_object(), "{name}");
    }
    let ids: std::collections::BTreeSet<_> =
        text.split("\"operationId\":\"").skip(1).map(|part| part.split('"').next()).collect();
    assert_eq!(ids.len(), described.len(), "an operation's id is its own");
    let place = &description["paths"]["/api/v1/orders"]["post"];
    assert!(place["parameters"].to_string().contains("Idempotency-Key"));
    assert!(place["responses"]["default"]["content"]["application/problem+json"].is_object());
    assert!(description["components"]["securitySchemes"]["api_key"].is_object());
}

/// A store that takes the next commit, loses its answer, and stays away.
#[derive(Default)]
struct Unheard {
    next: AtomicBool,
    is_away: AtomicBool,
}

#[async_trait]
impl Around for Unheard {
    async fn reach(&self) -> Result<(), StoreError> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("it is away".into()));
        }
        Ok(())
    }

    async fn commit(&self, writer: &mut dyn Writer, writes: &[Write<'_>]) -> Result<(), StoreError> {
        writer.commit(writes).await?;
        if !self.next.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        self.is_away.store(true, Ordering::SeqCst);
        Err(StoreError::CommitUnknown("the line went dead".into()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_may_have_been_placed_is_not_told_as_refused_nor_as_not_done() {
    let folder = TestFolder::create();
    let unheard = Arc::new(Unheard::default());
    let api = api(Arc::new(Surrounded::new(Arc::new(folder.open()), unheard.clone())), open()).await;
    api.shop().await;
    let place = || {
        let mut body = order("UNHEARD-1");
        body["payment"] = json!({"method": "terms"});
        let api = api.clone();
        async move { api.write("POST", "/api/v1/orders", &[("idempotency-key", "unheard")], &body).await }
    };
    unheard.next.store(true, Ordering::SeqCst);
    let told = place().await.problem(503, "engine.outcome_unknown");
    assert_eq!(told["retry"], "same_request");
    for text in [&told["detail"], &told["next_step"]] {
        assert!(!text.as_str().unwrap().contains("nothing"), "{told}");
    }
    unheard.is_away.store(false, Ordering::SeqCst);
    let answer = place().await;
    assert_eq!(answer.header("idempotency-replayed"), Some("true"));
    answer.ok();
    api.engine().stop().await;
}

#[test]
fn every_code_has_a_page() {
    let domain = waybill_domain::refusal::all();
    let mut codes: Vec<&str> = domain.iter().map(|kind| kind.code).collect();
    codes.extend(waybill_web::problem::EDGE_KINDS.iter().map(|kind| kind.code));
    let missing: Vec<_> = codes.iter().filter(|code| waybill_web::errors::page(code).is_none()).collect();
    assert!(missing.is_empty(), "no page in docs/errors for {missing:?}");
    let stray: Vec<_> = waybill_web::errors::PAGES.iter().filter(|(code, _)| !codes.contains(code)).collect();
    assert!(stray.is_empty(), "pages of codes that nothing gives: {stray:?}");
    for (code, text) in waybill_web::errors::PAGES {
        assert!(text.starts_with(&format!("# `{code}`\n")), "{code} begins with its name");
        for heading in ["## Cause", "## What to do"] {
            assert!(text.contains(heading), "{code} says {heading}");
        }
    }
}
