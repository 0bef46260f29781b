//! What a refusal says: the thing that is wrong, all of it, and nothing that is not so.

use crate::common::{Api, api_of, on_each, open, order};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use waybill_engine::EngineOptions;
use waybill_store_sqlite::testing::TestFolder;

const ORDERS: &str = "/api/v1/orders";

/// Path, code and message of everything that is told.
fn told(problem: &Value) -> Vec<[&str; 3]> {
    let all = problem["problems"].as_array().expect("problems");
    all.iter().map(|one| ["path", "code", "message"].map(|name| one[name].as_str().unwrap())).collect()
}

fn says<'a>(problem: &'a Value, words: &str) -> &'a Value {
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{problem}");
    problem
}

async fn placed_on_terms(api: &Api) -> String {
    let mut body = order("r-1");
    body["payment"] = json!({"method": "terms"});
    format!("{ORDERS}/{}", api.post(ORDERS, &body).await.ok()["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_step_is_told_what_is_so() {
    on_each(async |api| {
        api.shop().await;
        let path = placed_on_terms(api).await;
        let terms = json!({"method": "terms", "amount_minor": 100});
        let problem = api.post(&format!("{path}/payments"), &terms).await.problem(422, "payment.method_not_recorded");
        says(&problem, "a transfer or as cash, not as terms");
        assert!(!problem.to_string().contains("pay_"), "there is no such payment: {problem}");

        let released = api.step(&format!("{path}/release")).await.ok();
        let work = released["fulfillment_orders"][0]["id"].as_str().unwrap();
        let parcel = work.replace("ful_", "pcl_");
        let work = format!("/api/v1/fulfillment-orders/{work}");
        for (step, word) in [("ship", "ship"), ("pack", "pack")] {
            let problem = api.step(&format!("{work}/{step}")).await.problem(409, "fulfillment.nothing_ready");
            assert_eq!(says(&problem, "is ready")["facts"]["step"], word);
            assert_eq!(problem["retry"], "after_change");
        }
        api.step(&format!("{work}/pick")).await.ok();
        api.step(&format!("{work}/pick")).await.problem(409, "fulfillment.nothing_ready");
        api.step(&format!("{work}/pack")).await.ok();
        let long = json!({"parcels": [{"parcel_id": parcel, "tracking_number": "9".repeat(65)}]});
        let problem = api.post(&format!("{work}/ship"), &long).await.problem(422, "fulfillment.missing_tracking");
        says(&problem, "blank or longer than 64 bytes");
        api.step(&format!("{work}/ship")).await.ok();

        let cancel = format!("{path}/lines/1/cancel");
        let problem = api.post(&cancel, &json!({})).await.problem(409, "order.line_ended");
        says(&problem, "has shipped or was cancelled");
        let back = json!({"location": "DUB", "credit_minor": 1_000_000, "lines": [
            {"line": 1, "quantity": 1, "state": "available", "reason": "unwanted"}]});
        let problem = api.post(&format!("{path}/returns"), &back).await.problem(409, "return.credit_exceeds_billed");
        says(&problem, "was billed for the order and not credited");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_none_here_is_told_why() {
    on_each(async |api| {
        api.shop().await;
        let keep = async |quantity: &str| {
            let text = format!(r#"{{"sku": "MUG-1", "location": "DUB", "seconds": 60, "quantity": {quantity}}}"#);
            let json = [("content-type", "application/json")];
            api.send("POST", "/api/v1/stock/reservations", &json, text.into()).await.problem(422, "request.invalid")
        };
        let huge = "1000000000000000000000000000000";
        for large in [huge, "1e30", "9223372036854775808", &format!("-{huge}")] {
            let problem = keep(large).await;
            let expected = ["quantity", "out_of_range", "is larger or smaller than any number accepted here"];
            assert_eq!(told(&problem), [expected], "{large}");
        }
        for part in ["1.5", "1.0", "1e3"] {
            let problem = keep(part).await;
            let expected = ["quantity", "wrong_type", "must be a whole number, without a fraction or an exponent"];
            assert_eq!(told(&problem), [expected], "{part}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_request_is_told_of_all_that_is_wrong_with_it() {
    on_each(async |api| {
        api.shop().await;
        let codes = |problem: &Value| -> Vec<String> {
            told(problem).iter().map(|[path, code, _]| format!("{path} {code}")).collect()
        };
        let keep = json!({"sku": "NONE", "location": "DUB", "quantity": 0, "seconds": 0});
        let problem = api.post("/api/v1/stock/reservations", &keep).await.problem(422, "stock.quantity_out_of_range");
        let expected = ["quantity quantity_out_of_range", "seconds expiry_out_of_range", "sku unknown_item"];
        assert_eq!(codes(&problem), expected);

        let send = json!({"from": "X", "to": "Y", "lines": [{"sku": "MUG-1", "quantity": 1}]});
        let problem = api.post("/api/v1/stock/transfers", &send).await.problem(422, "request.invalid");
        assert_eq!(codes(&problem), ["from unknown_location", "to unknown_location"]);

        let receipt = json!({"location": "DUB", "state": "packed", "lines": [{"sku": "NONE", "quantity": 0}]});
        let problem = api.post("/api/v1/stock/receipts", &receipt).await.problem(422, "stock.wrong_state");
        let expected = ["state wrong_state", "lines[0].quantity quantity_out_of_range", "lines[0].sku unknown_item"];
        assert_eq!(codes(&problem), expected);

        api.send("DELETE", "/api/v1/locations/ORK", &[], axum::body::Body::empty()).await.ok();
        let lines = json!([{"sku": "MUG-1", "quantity": 1}]);
        for (path, body) in [
            ("receipts", json!({"location": "ORK", "lines": lines})),
            ("transfers", json!({"from": "DUB", "to": "ORK", "lines": lines})),
            ("reservations", json!({"location": "ORK", "sku": "MUG-1", "quantity": 1, "seconds": 60})),
        ] {
            let problem = api.post(&format!("/api/v1/stock/{path}"), &body).await;
            says(&problem.problem(409, "stock.location_archived"), "ORK is archived");
        }
        let back = json!({"from": "ORK", "to": "DUB", "lines": lines});
        api.post("/api/v1/stock/transfers", &back).await.ok();
    })
    .await;
}

/// What the description says of a body is what happens to it.
#[tokio::test(flavor = "multi_thread")]
async fn the_description_says_which_states_goods_come_in_and_what_a_customer_without_a_name_keeps() {
    let description: Value = serde_json::from_str(&waybill_web::openapi_json()).unwrap();
    let schema = |name: &str| description["components"]["schemas"][name].to_string();
    let states = ["available", "quality_control", "damaged", "quarantined"];
    assert!(states.iter().all(|state| schema("ReceiptBody").contains(&format!("`{state}`"))));
    assert!(schema("CustomerFactsBody").contains("replaces all"));
    on_each(async |api| {
        api.shop().await;
        for state in states {
            let body = json!({"location": "DUB", "state": state, "lines": [{"sku": "MUG-1", "quantity": 1}]});
            api.post("/api/v1/stock/receipts", &body).await.ok();
        }
        let path = "/api/v1/customers/C-1";
        api.put(path, &json!({"name": "Ada Example", "email": "ada@example.org"})).await.ok();
        assert_eq!(api.put(path, &json!({"tier": "gold"})).await.ok()["name"], "Ada Example");
        let with_phone = api.put(path, &json!({"phone": "+353 1 555 0100"})).await.ok();
        assert_eq!([&with_phone["name"], &with_phone["email"]], [&Value::Null, &Value::Null]);
    })
    .await;
}

/// Who asks is still asked first; what was asked is not read.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_beyond_what_may_wait_is_told_before_it_is_read() {
    let folder = TestFolder::create();
    let full = EngineOptions { waiting_max: 0, ..EngineOptions::default() };
    let api = api_of(Arc::new(folder.open()), open(), full).await;
    for body in [order("r-1"), json!({"channel": 7})] {
        let answer = api.post(ORDERS, &body).await;
        assert_eq!(answer.header("retry-after"), Some("1"));
        let problem = answer.problem(503, "engine.overloaded");
        assert!(problem["facts"]["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{problem}");
    }
    assert_eq!(api.engine().figures().overloads.load(Ordering::Relaxed), 2);
    api.with_secret(Some("wbk_nobody")).post(ORDERS, &order("r-1")).await.problem(401, "request.unauthenticated");
    assert!(api.get(ORDERS).await.status.is_success(), "what is read need not wait");
    api.engine().stop().await;
}
