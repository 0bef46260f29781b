//! Whatever is sent to any door: each request is answered, and none with a fault.

use crate::common::{Api, api, open, order};
use axum::body::Body;
use axum::http::{HeaderValue, Request, Uri};
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_store_sqlite::testing::TestFolder;

/// Every route there is, but those whose answers go on; a test of its own keeps the file complete.
fn routes() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("../../../../docs/access-routes.txt").lines();
    let routes = lines.filter_map(|line| Some((line.get(..6)?.trim(), line.get(7..)?.split_whitespace().next()?)));
    routes.filter(|(_, path)| !matches!(*path, "/live" | "/api/v1/events/stream")).collect()
}

/// The names of everything that is said in a body.
fn names() -> Vec<String> {
    let description: Value = serde_json::from_str(&waybill_web::openapi_json()).expect("JSON");
    let schemas = description["components"]["schemas"].as_object().expect("schemas").values();
    let mut names: Vec<String> =
        schemas.filter_map(|schema| schema["properties"].as_object()).flat_map(|all| all.keys().cloned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Words that mean something somewhere, and any others.
fn word() -> impl Strategy<Value = String> {
    let known = select(vec![
        "web",
        "MUG-1",
        "DUB",
        "ORK",
        "EUR",
        "card",
        "W-100001",
        "2026-12-01",
        "2026-12-01T08:30:00Z",
        "1.50",
        "true",
        "off",
        "ord_01h455vb4pex5vsknk084sn02q",
        "hld_01h455vb4pex5vsknk084sn02q-1",
        "damaged",
        "/orders",
        "placed,held",
        "%00",
        "@ada",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 2 => "-?[0-9]{1,20}", 2 => any::<String>(), 1 => "[ -~é]{0,300}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => word().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        2 => (-3..10_i64).prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let name = select(names());
    leaf.prop_recursive(3, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A part of an address and of a form, coded.
fn coded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = select(vec![
        "limit",
        "after",
        "q",
        "lifecycle",
        "lifecycles",
        "channel",
        "from",
        "to",
        "key",
        "version",
        "reason",
        "note",
        "text",
        "name",
        "code",
        "sku",
        "quantity",
        "lines[0].sku",
        "lines[0].quantity",
        "lines[9].sku",
        "parcel",
        "only",
        "csv",
        "query",
        "next",
        "amount",
        "location",
        "only",
        "order",
        "id",
        "by",
        "span",
        "zone",
        "state",
        "email",
        "cancel",
        "color",
    ]);
    prop::collection::vec((prop_oneof![4 => name.prop_map(str::to_owned), 1 => word()], word()), 0..8)
}

/// Files and fields as a browser sends them together, perhaps cut off.
fn multipart() -> impl Strategy<Value = Vec<u8>> {
    let file = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        "sku,name,weight_g\n([A-C],[a-z\"]{0,5},[0-9x]{0,3}\r?\n){0,4}".prop_map(String::into_bytes),
        "<svg xmlns='http://www.w3.org/2000/svg'>[a-z<>/= ]{0,20}</svg>".prop_map(String::into_bytes),
    ];
    let part = (select(vec!["file", "logo", "csv", "key", "color", "shop", ""]), any::<bool>(), file);
    (prop::collection::vec(part, 0..4), 0..60_usize, 0..3_u8).prop_map(|(parts, cut, is_whole)| {
        let mut body = Vec::new();
        for (name, is_file, bytes) in parts {
            let file = if is_file { "; filename=\"a.csv\"" } else { "" };
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").into_bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--b--\r\n");
        body.truncate(if is_whole > 0 { body.len() } else { body.len().saturating_sub(cut) });
        body
    })
}

/// What a body is said to be, and what it is.
fn body() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let json = prop_oneof![3 => value().prop_map(|value| value.to_string()), 1 => any::<String>()];
    prop_oneof![
        4 => json.prop_map(|text| ("application/json", text.into_bytes())),
        3 => pairs().prop_map(|pairs| ("application/x-www-form-urlencoded", coded(&pairs).into_bytes())),
        2 => multipart().prop_map(|bytes| ("multipart/form-data; boundary=b", bytes)),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| ("", bytes)),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let name = select(vec![
        "cookie",
        "accept-language",
        "traceparent",
        "x-request-id",
        "if-match",
        "prefer",
        "idempotency-key",
        "accept",
        "origin",
        "x-forwarded-proto",
        "content-length",
        "range",
        "last-event-id",
        "x-part",
        "authorization",
    ]);
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        word().prop_map(String::into_bytes),
        "(zone|said|waybill|__Host-waybill-sign-on)=[a-f0-9A-Z%2F/.]{0,70}".prop_map(String::into_bytes),
        "\"[0-9]{1,3}\"".prop_map(String::into_bytes),
    ];
    prop::collection::vec((name, value), 0..3)
}

type Asked = (Index, Vec<String>, Vec<(String, String)>, Vec<(&'static str, Vec<u8>)>, (&'static str, Vec<u8>));

fn asked() -> impl Strategy<Value = Asked> {
    (any::<Index>(), prop::collection::vec(word(), 3), pairs(), headers(), body())
}

/// A shop with an order, and whoever may do everything.
async fn shop(folder: &TestFolder) -> (Api, String) {
    let api = api(Arc::new(folder.open()), open()).await;
    api.shop().await;
    let placed = api.post("/api/v1/orders", &order("one")).await.ok();
    let secret = api.key(Permission::ALL, None, None).await;
    (api.with_secret(Some(&secret)), placed["id"].as_str().expect("an id").to_owned())
}

/// The status of an answer that was read to its end.
async fn status(api: &Api, request: Request<Body>) -> (u16, Vec<u8>) {
    let answer = async {
        let (parts, body) = api.router.clone().oneshot(request).await.expect("an answer").into_parts();
        (parts.status.as_u16(), body.collect().await.expect("its end").to_bytes().to_vec())
    };
    tokio::time::timeout(Duration::from_secs(60), answer).await.expect("an answer in time")
}

fn request(api: &Api, (method, route): (&str, &str), asked: &Asked, id: &str) -> Option<Request<Body>> {
    let (which, words, query, headers, (kind, body)) = asked;
    let mut words = words.iter();
    let path = route.split('/').map(|part| match part.starts_with('{') {
        // Half of them ask about the order that there is.
        true if which.index(2) == 0 && part == "{id}" => id.to_owned(),
        true => {
            words.next().map_or_else(String::new, |word| form_urlencoded::byte_serialize(word.as_bytes()).collect())
        }
        false => part.to_owned(),
    });
    let path = path.collect::<Vec<_>>().join("/");
    let uri: Uri = format!("{path}?{}", coded(query)).parse().ok()?;
    let mut request = Request::builder().method(method).uri(uri).header("host", "localhost");
    let secret = api.secret.as_deref().unwrap_or_default();
    request = request.header("authorization", format!("Bearer {secret}")).header("content-type", *kind);
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).ok()?);
    }
    let is_read = method == "GET";
    request.body(if is_read { Body::empty() } else { Body::from(body.clone()) }).ok()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { source_file: Some(file!()), ..ProptestConfig::with_cases(cases) }
}

#[test]
fn any_request_to_any_route_is_answered_without_a_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = TestFolder::create();
    let (api, id) = runtime.block_on(shop(&folder));
    let routes = routes();
    assert!(routes.len() > 200);
    let result = TestRunner::new(config(200)).run(&prop::collection::vec((any::<Index>(), asked()), 6), |all| {
        for (route, asked) in &all {
            let route = *route.get(&routes);
            let Some(request) = request(&api, route, asked, &id) else { continue };
            let address = request.uri().to_string();
            let (status, text) = runtime.block_on(status(&api, request));
            prop_assert!(status < 500, "{} {address}: {status} {}", route.0, String::from_utf8_lossy(&text));
        }
        Ok(())
    });
    result.unwrap();
    runtime.block_on(async {
        api.get("/api/v1/orders").await.ok();
        api.engine().stop().await;
    });
}

/// A line in, a line out, in order.
#[test]
fn any_lines_of_orders_are_each_answered() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = TestFolder::create();
    let (api, _) = runtime.block_on(shop(&folder));
    let good = order("bulk").to_string();
    let line = prop_oneof![
        value().prop_map(|value| value.to_string().into_bytes()),
        word().prop_map(|key| json!({"idempotency_key": key, "channel": "web"}).to_string().into_bytes()),
        (0..good.len()).prop_map(move |cut| good.as_bytes()[..cut].to_vec()),
        prop::collection::vec(any::<u8>(), 0..30),
    ];
    let result = TestRunner::new(config(64)).run(&prop::collection::vec(line, 0..8), |lines| {
        let body = lines.join(&b'\n');
        let count = body.split(|byte| *byte == b'\n').count() - usize::from(body.is_empty() || body.ends_with(b"\n"));
        let request = Request::post("/api/v1/orders/bulk").header("content-type", "application/x-ndjson");
        let secret = api.secret.as_deref().unwrap_or_default();
        let request = request.header("authorization", format!("Bearer {secret}")).body(Body::from(body)).unwrap();
        let (status, text) = runtime.block_on(status(&api, request));
        prop_assert_eq!(status, 200);
        let answers: Vec<Value> = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        prop_assert_eq!(answers.len(), count);
        for (n, answer) in answers.iter().enumerate() {
            prop_assert_eq!(&answer["line"], n + 1);
            prop_assert!((201..500).contains(&answer["status"].as_u64().unwrap_or_default()), "{answer}");
        }
        Ok(())
    });
    result.unwrap();
    runtime.block_on(api.engine().stop());
}

/// Files in forms, to the routes that take them.
#[test]
fn any_upload_is_answered_without_a_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = TestFolder::create();
    let (api, id) = runtime.block_on(shop(&folder));
    let kind = prop_oneof![4 => Just("multipart/form-data; boundary=b"), 1 => select(vec!["multipart/form-data", "text/csv", "multipart/form-data; boundary="])];
    let result = TestRunner::new(config(100)).run(&(asked(), kind, multipart()), |(mut asked, kind, body)| {
        asked.4 = (kind, body);
        for path in ["/items/import", "/items/import/run", "/settings/appearance"] {
            let Some(request) = request(&api, ("POST", path), &asked, &id) else { continue };
            let (status, text) = runtime.block_on(status(&api, request));
            prop_assert!(status < 500, "{path}: {status} {}", String::from_utf8_lossy(&text));
        }
        Ok(())
    });
    result.unwrap();
    runtime.block_on(api.engine().stop());
}
