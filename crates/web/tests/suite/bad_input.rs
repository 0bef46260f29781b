//! Bad input: each a typed problem, and nothing is changed.

use crate::common::{Api, on_each, order};
use axum::body::Body;
use serde_json::{Value, json};
use waybill_store::read::overview;

const ORDERS: &str = "/api/v1/orders";

async fn position(api: &Api) -> i64 {
    overview::position(api.state.store()).await.unwrap()
}

fn paths(problem: &Value) -> Vec<&str> {
    problem["problems"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_and_changes_nothing() {
    on_each(async |api| {
        api.shop().await;
        let before = position(api).await;
        let json_type = [("content-type", "application/json")];
        let raw = async |text: String| api.send("POST", ORDERS, &json_type, Body::from(text)).await;
        for text in ["{", "nonsense", "{\"channel\":}", "\u{7f}", "{\"a\":1e999}"] {
            raw(text.to_owned()).await.problem(400, "request.malformed");
        }
        raw("[".repeat(100_000)).await.problem(400, "request.malformed");
        raw("[]".to_owned()).await.problem(422, "request.invalid");
        raw(" ".repeat(3 << 20)).await.problem(413, "request.too_large");
        raw(format!("{{\"channel\":\"{}\"}}", "x".repeat(10 << 20))).await.problem(413, "request.too_large");
        api.send("POST", ORDERS, &[("content-type", "text/plain")], Body::from("{}"))
            .await
            .problem(415, "request.media_type");
        let empty = api.send("POST", ORDERS, &[], Body::empty()).await.problem(422, "request.invalid");
        assert_eq!(paths(&empty), ["channel", "currency"]);
        assert_eq!(position(api).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_of_a_body_is_told_at_once_with_its_path() {
    on_each(async |api| {
        api.shop().await;
        let before = position(api).await;
        let body = json!({
            "channel": 7, "currency": "XXX", "surprise": 1,
            "customer": {"nmae": "A"},
            "ship_to": {"country": "Ireland", "latitude": "north"},
            "lines": [
                {"sku": "MUG-1", "quantity": "2"},
                {"quantity": 1.5, "unit_price_minor": 9223372036854775808u64},
                "line",
            ],
            "charges": [{"kind": "tip", "amount_minor": null}],
            "payment": {"method": "barter"}, "requested_by": "tomorrow", "po_number": "a\u{0}b"
        });
        let problem = api.post(ORDERS, &body).await.problem(422, "request.invalid");
        let expected = [
            "channel",
            "currency",
            "customer.nmae",
            "ship_to.country",
            "ship_to.latitude",
            "lines[0].quantity",
            "lines[1].sku",
            "lines[1].quantity",
            "lines[1].unit_price_minor",
            "lines[2]",
            "charges[0].kind",
            "charges[0].amount_minor",
            "payment.method",
            "requested_by",
            "po_number",
            "surprise",
        ];
        let mut found = paths(&problem);
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);

        let mut body = order("bad");
        body["lines"] = json!([
            {"sku": "MUG-1", "quantity": 1}, {"sku": "MUG-1", "quantity": 1, "unit_price": "1", "unit_price_minor": 1},
            {"sku": "MUG-1", "quantity": 1, "unit_price": "1,5"},
        ]);
        body["payment"]["gateway"] = json!("nowhere");
        body["ship_to"]["latitude"] = json!(91);
        let problem = api.post(ORDERS, &body).await.problem(422, "request.invalid");
        let expected = [
            "ship_to.latitude",
            "lines[0].unit_price_minor",
            "lines[1].unit_price",
            "lines[2].unit_price",
            "payment.gateway",
        ];
        assert_eq!(paths(&problem), expected);
        assert_eq!(position(api).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_rules_refuse_is_told_with_paths_and_facts() {
    on_each(async |api| {
        api.shop().await;
        let before = position(api).await;
        let line =
            |quantity: Value, price: Value| json!({"sku": "MUG-1", "quantity": quantity, "unit_price_minor": price});
        for (quantity, price, path) in [
            (json!(0), json!(1), "lines[0].quantity"),
            (json!(-1), json!(1), "lines[0].quantity"),
            (json!(i64::MAX), json!(1), "lines[0].quantity"),
            (json!(i64::MIN), json!(1), "lines[0].quantity"),
            (json!(1), json!(-1), "lines[0].unit_price"),
            (json!(1_000_000_000_000i64), json!(1_000_000_000_000i64), "lines[0].unit_price"),
        ] {
            let mut body = order("bad");
            body["lines"] = json!([line(quantity, price)]);
            let problem = api.post(ORDERS, &body).await.problem(422, "order.invalid");
            assert_eq!(paths(&problem), [path]);
        }
        let mut body = order("bad");
        body["lines"] = json!([line(json!(1), json!(i64::MAX))]);
        api.post(ORDERS, &body).await.problem(422, "request.invalid");
        let mut body = order("bad");
        body["channel"] = json!("nowhere");
        body["lines"] = json!([{"sku": "NONE", "quantity": 0, "unit_price_minor": 1, "tax_minor": -1}]);
        let problem = api.post(ORDERS, &body).await.problem(422, "order.invalid");
        assert_eq!(paths(&problem), ["channel", "lines[0].sku", "lines[0].quantity", "lines[0].tax_minor"]);
        let mut body = order("bad");
        body["payment"] = json!({"method": "card"});
        assert_eq!(paths(&api.post(ORDERS, &body).await.problem(422, "order.invalid")), ["payment.token"]);
        assert_eq!(position(api).await, before);

        api.post(ORDERS, &order("1001")).await.ok();
        let problem = api.post(ORDERS, &order("1001")).await.problem(409, "order.duplicate_external_ref");
        assert_eq!(problem["facts"]["external_ref"], "1001");
        assert_eq!(problem["retry"], "never");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_beyond_what_is_there_is_refused() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post(ORDERS, &order("1001")).await.ok();
        let path = format!("{ORDERS}/{}", placed["id"].as_str().unwrap());
        let too_much = json!({"quantity": 3});
        let problem =
            api.post(&format!("{path}/lines/1/cancel"), &too_much).await.problem(409, "order.exceeds_open_quantity");
        assert_eq!((&problem["facts"]["requested"], &problem["facts"]["open"]), (&json!(3), &json!(2)));
        api.post(&format!("{path}/lines/9/cancel"), &json!({})).await.problem(404, "order.unknown_line");
        // A reason goes into the log, where nothing may be said about a person.
        let told = json!({"amount_minor": 1, "reason": "Ada Example rang"});
        let problem = api.post(&format!("{path}/refunds"), &told).await.problem(422, "request.invalid");
        assert_eq!(problem["problems"][0]["code"], "word");
        api.post(&format!("{path}/refunds"), &json!({"amount_minor": 1, "reason": "kind"}))
            .await
            .problem(409, "payment.exceeds_received");
        let payment = placed["payments"][0]["id"].as_str().unwrap();
        let capture = format!("{path}/payments/{payment}/capture");
        api.post(&capture, &json!({"amount_minor": 999_999})).await.problem(409, "payment.exceeds_authorized");
        api.post(&capture, &json!({"amount_minor": 0})).await.problem(422, "payment.amount_out_of_range");
        let released = api.step(&format!("{path}/release")).await.ok();
        let work = format!("/api/v1/fulfillment-orders/{}", released["fulfillment_orders"][0]["id"].as_str().unwrap());
        let pick = |quantity: i64| json!({"picks": [{"line": 1, "quantity": quantity}]});
        api.post(&format!("{work}/pick"), &pick(3)).await.problem(409, "fulfillment.exceeds_allocated");
        api.post(&format!("{work}/pick"), &pick(0)).await.problem(422, "fulfillment.quantity_out_of_range");
        api.post(&format!("{work}/pack"), &json!({})).await.problem(409, "fulfillment.nothing_ready");
        let parcel = released["fulfillment_orders"][0]["id"].as_str().unwrap().replace("ful_", "pcl_");
        let ship = json!({"parcels": [{"parcel_id": parcel}]});
        api.post(&format!("{work}/ship"), &ship).await.problem(404, "fulfillment.unknown_parcel");
        api.step(&format!("{path}/complete")).await.problem(409, "order.not_finished");
        let back =
            json!({"location": "DUB", "lines": [{"line": 1, "quantity": 1, "state": "available", "reason": "r"}]});
        api.post(&format!("{path}/returns"), &back).await.problem(409, "return.exceeds_shipped");
        let nowhere =
            json!({"location": "XXX", "lines": [{"line": 1, "quantity": 1, "state": "available", "reason": "r"}]});
        assert_eq!(
            paths(&api.post(&format!("{path}/returns"), &nowhere).await.problem(422, "request.invalid")),
            ["location"]
        );
        let much = json!({"from": "DUB", "to": "ORK", "lines": [{"sku": "MUG-1", "quantity": 10_000}]});
        api.post("/api/v1/stock/transfers", &much).await.problem(409, "stock.exceeds_balance");
        let track = json!({"tracking_number": "none", "status": "delivered", "occurred_at": "2026-01-01T00:00:00Z"});
        api.post("/api/v1/tracking-events", &track).await.problem(404, "shipping.unknown_tracking");
        // A parcel that is packed twice over in one request, and one that left already.
        api.post(&format!("{work}/pick"), &json!({})).await.ok();
        let packed = api.post(&format!("{work}/pack"), &json!({})).await.ok();
        let parcel = packed["parcels"][0]["id"].as_str().unwrap();
        let twice = json!({"parcels": [{"parcel_id": parcel}, {"parcel_id": parcel}]});
        api.post(&format!("{work}/ship"), &twice).await.problem(409, "fulfillment.parcel_not_packed");
        api.post(&format!("{work}/ship"), &json!({})).await.ok();
        api.post(&format!("{work}/ship"), &json!({"parcels": [{"parcel_id": parcel}]}))
            .await
            .problem(409, "fulfillment.parcel_not_packed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_and_parameters_that_mean_nothing_are_told() {
    on_each(async |api| {
        api.shop().await;
        for path in [
            "/nowhere",
            "/api/v1/nowhere",
            "/api/v1/orders/ord_x",
            "/api/v1/orders/W-1",
            "/api/v1/items/NONE",
            "/api/v1/orders/ord_01h455vb4pex5vsknk084sn02q",
            "/api/v1/orders/%FF",
            "/docs/errors/none",
            "/assets/none",
        ] {
            api.get(path).await.problem(404, "request.not_found");
        }
        api.get("/api/v1/items/a%00b").await.problem(400, "request.malformed");
        api.send("PATCH", ORDERS, &[], Body::empty()).await.problem(405, "request.method_not_allowed");
        let problem = api
            .get("/api/v1/orders?lifecycle=lost&limit=0&held=maybe&colour=red&placed_from=now")
            .await
            .problem(422, "request.invalid");
        assert_eq!(paths(&problem), ["lifecycle", "held", "placed_from", "limit", "colour"]);
        api.get("/api/v1/orders?after=zz").await.problem(400, "request.malformed");
        api.get("/api/v1/items?after=69").await.problem(400, "request.malformed");
        api.get("/api/v1/events?after=-1").await.problem(422, "request.invalid");
        api.get("/api/v1/stock/postings").await.problem(422, "request.invalid");
        let unknown = api.step("/api/v1/orders/ord_01h455vb4pex5vsknk084sn02q/confirm").await;
        unknown.problem(404, "order.unknown");
        let item = json!({"name": "A mug"});
        let if_match = api.write("PUT", "/api/v1/items/MUG-1", &[("if-match", "\"1\"")], &item).await;
        if_match.problem(400, "request.malformed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_a_repeat_harmless_and_another_body_an_error() {
    on_each(async |api| {
        api.shop().await;
        let key = [("idempotency-key", "abc-1")];
        let first = api.write("POST", ORDERS, &key, &order("1")).await;
        assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (201, None));
        let before = position(api).await;
        let again = api.write("POST", ORDERS, &key, &order("1")).await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (201, Some("true")));
        assert_eq!(again.ok()["id"], first.json()["id"]);
        assert_eq!(position(api).await, before);
        api.write("POST", ORDERS, &key, &order("2")).await.problem(422, "request.key_reused");
        // Without a key the reference still guards it; with one the refusal is remembered.
        let refused = [("idempotency-key", "abc-2")];
        let one = api.write("POST", ORDERS, &refused, &order("1")).await;
        assert_eq!(one.header("idempotency-replayed"), None);
        one.problem(409, "order.duplicate_external_ref");
        let two = api.write("POST", ORDERS, &refused, &order("1")).await;
        assert_eq!(two.header("idempotency-replayed"), Some("true"));
        two.problem(409, "order.duplicate_external_ref");
        for wrong in ["", "a b", &"x".repeat(201), "caf\u{e9}"] {
            let headers = [("idempotency-key", wrong)];
            api.write("POST", ORDERS, &headers, &order("3")).await.problem(400, "request.key_invalid");
        }
        let minimal = [("prefer", "return=minimal")];
        let receipt = api.write("POST", ORDERS, &minimal, &order("4")).await;
        assert_eq!(receipt.status, 201);
        let receipt = receipt.ok();
        assert!(receipt["number"].as_str().is_some_and(|number| number.starts_with("W-")));
        assert_eq!(receipt["lines"], Value::Null);
    })
    .await;
}
