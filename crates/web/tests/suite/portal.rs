//! The page that a customer sees: only behind its own link, in plain words, with what may still be done.

use crate::common::{Answer, Api, on_each, order};
use axum::body::Body;
use serde_json::json;
use waybill_domain::Code;
use waybill_domain::actor::Permission;

async fn place(api: &Api, reference: &str) -> (String, String) {
    let placed = api.post("/api/v1/orders", &order(reference)).await.ok();
    let id = placed["id"].as_str().unwrap().to_owned();
    let page = api.get(&format!("/api/v1/orders/{id}/customer_page")).await.ok();
    (id, page["path"].as_str().unwrap().to_owned())
}

async fn read(api: &Api, path: &str, language: &str) -> Answer {
    // A customer has no key.
    api.with_secret(None).send("GET", path, &[("accept-language", language)], Body::empty()).await
}

async fn press(api: &Api, path: &str, page: &str) -> Answer {
    let key = page.split("name=\"key\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a key");
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
        ("sec-fetch-site", "same-origin"),
    ];
    api.with_secret(None).send("POST", path, &form, Body::from(format!("key={key}"))).await
}

#[tokio::test]
async fn a_customer_sees_the_order_behind_the_link_and_no_other() {
    on_each(async |api| {
        api.shop().await;
        // With a key in the store nobody is let in without one; the link is enough here.
        let secret = api.key(Permission::ALL, None, None).await;
        let api = &api.with_secret(Some(&secret));
        let (_, first) = place(api, "P-1").await;
        let (_, second) = place(api, "P-2").await;
        assert_ne!(first, second);
        let page = read(api, &first, "en").await;
        assert_eq!(page.status, 200);
        for said in ["Ada Example", "Your order is confirmed", "2 × A mug", "€39.98", "€4.99", "€44.97"] {
            assert!(page.text.contains(said), "{said}: {}", page.text);
        }
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let german = read(api, &first, "de-AT,de;q=0.9").await;
        assert!(german.text.contains("Ihre Bestellung ist bestätigt") && german.text.contains("lang=\"de\""));
        let chosen = read(api, &format!("{second}?lang=de"), "en").await;
        assert!(chosen.text.contains("Ihre Bestellung ist bestätigt"));

        // A letter changed anywhere is no link; neither is the head of one order with the seal of another.
        let token = first.strip_prefix("/o/").unwrap();
        for at in [0, 12, 30, 41] {
            let mut letters = token.as_bytes().to_vec();
            letters[at] = if letters[at] == b'a' { b'b' } else { b'a' };
            let wrong = format!("/o/{}", String::from_utf8(letters).unwrap());
            let answer = read(api, &wrong, "en").await;
            assert_eq!(answer.status, 404, "{wrong}");
            assert!(answer.text.contains("There is no order behind this link"));
        }
        let other = second.strip_prefix("/o/").unwrap();
        assert_eq!(read(api, &format!("/o/{}{}", &token[..26], &other[26..]), "en").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_customer_cancels_once_and_only_what_has_not_shipped() {
    on_each(async |api| {
        api.shop().await;
        let (id, path) = place(api, "P-3").await;
        let asked = read(api, &format!("{path}/cancel"), "en").await;
        assert!(asked.text.contains("All 2 items are cancelled. €44.97"), "{}", asked.text);
        let pressed = press(api, &format!("{path}/cancel"), &asked.text).await;
        assert_eq!(pressed.status, 303, "{}", pressed.text);
        // A double click is one act.
        assert_eq!(press(api, &format!("{path}/cancel"), &asked.text).await.status, 303);
        let order = api.get(&format!("/api/v1/orders/{id}")).await.ok();
        assert_eq!(order["lifecycle"], "cancelled");
        let page = read(api, pressed.header("location").unwrap(), "en").await;
        assert!(page.text.contains("The order is cancelled.") && page.text.contains("Your order is cancelled."));
        assert!(!page.text.contains("Cancel the order"), "nothing is left to cancel");
        let history = api.get(&format!("/api/v1/orders/{id}/timeline")).await.ok();
        let events = history["data"].as_array().unwrap();
        let cancelled: Vec<_> = events.iter().filter(|event| event["kind"] == "order.cancelled").collect();
        assert_eq!(cancelled.len(), 1);
        assert_eq!(cancelled[0]["actor"], "system:customer");

        // What was asked before the order went on is refused, and said so.
        let (id, path) = place(api, "P-4").await;
        let asked = read(api, &format!("{path}/cancel"), "en").await;
        api.post(&format!("/api/v1/orders/{id}/cancel"), &json!({"reason": "no_stock"})).await.ok();
        let late = press(api, &format!("{path}/cancel"), &asked.text).await;
        assert_eq!(late.status, 409, "{}", late.text);
        assert!(late.text.contains("could not be cancelled"));
    })
    .await;
}

#[tokio::test]
async fn hostile_text_is_text_on_a_customers_page() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("P-5");
        body["customer"]["name"] = json!("<script>alert(1)</script>");
        let placed = api.post("/api/v1/orders", &body).await.ok();
        let id = placed["id"].as_str().unwrap();
        let path = api.get(&format!("/api/v1/orders/{id}/customer_page")).await.ok();
        let page = read(api, path["path"].as_str().unwrap(), "en").await;
        assert!(!page.text.contains("<script>alert") && page.text.contains("alert(1)"));
    })
    .await;
}
