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
        assert!(asked.text.contains("All 2 items are cancelled. You paid nothing yet"), "{}", asked.text);
        let pressed = press(api, &format!("{path}/cancel"), &asked.text).await;
        assert_eq!(pressed.status, 303, "{}", pressed.text);
        // A double click is one act.
        assert_eq!(press(api, &format!("{path}/cancel"), &asked.text).await.status, 303);
        let order = api.get(&format!("/api/v1/orders/{id}")).await.ok();
        assert_eq!(order["lifecycle"], "cancelled");
        let page = read(api, pressed.header("location").unwrap(), "en").await;
        assert!(page.text.contains("The order is cancelled.") && page.text.contains("Your order is cancelled."));
        assert!(page.text.contains(">Cancelled<") && !page.text.contains("taken as we ship"), "the steps end there");
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

/// Sends the form of a page as a browser does.
async fn write(api: &Api, path: &str, page: &str, text: &str) -> Answer {
    let key = page.split("/message?").nth(1).and_then(|form| form.split("name=\"key\" value=\"").nth(1));
    let key = key.and_then(|rest| rest.split('"').next()).expect("a key");
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let body = format!("key={key}&text={text}");
    api.with_secret(None).send("POST", &format!("{path}/message"), &form, Body::from(body)).await
}

async fn notes(api: &Api, id: &str) -> Vec<(String, String)> {
    let notes = api.get(&format!("/api/v1/orders/{id}/notes")).await.ok();
    let text = |note: &serde_json::Value, name: &str| note[name].as_str().unwrap().to_owned();
    notes["data"].as_array().unwrap().iter().map(|note| (text(note, "actor"), text(note, "text"))).collect()
}

#[tokio::test]
async fn what_a_customer_writes_is_kept_on_the_order_once() {
    on_each(async |api| {
        api.shop().await;
        let (id, path) = place(api, "P-6").await;
        api.post(&format!("/api/v1/orders/{id}/notes"), &json!({"text": "she calls often"})).await.ok();
        let page = read(api, &path, "en").await;
        assert!(!page.text.contains("she calls often"), "what colleagues write is not for the customer");
        let text = "Please+ring+%3Cb%3Etwice%3C%2Fb%3E%0D%0AThank+you";
        let sent = write(api, &path, &page.text, text).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        assert_eq!(write(api, &path, &page.text, text).await.status, 303, "a double click");
        let customers = || "system:customer".to_owned();
        let twice = (customers(), "Please ring <b>twice</b>\nThank you".to_owned());
        assert_eq!(notes(api, &id).await[1..], std::slice::from_ref(&twice)[..]);
        let after = read(api, sent.header("location").unwrap(), "en").await;
        assert!(after.text.contains("Your message is with us."));
        assert!(after.text.contains("ring &#60;b&#62;twice"), "shown as text: {}", after.text);
        // Going back and writing something else is a second message.
        assert_eq!(write(api, &path, &page.text, "And+a+card").await.status, 303);
        assert_eq!(notes(api, &id).await[1..], [twice, (customers(), "And a card".to_owned())]);
        // Whoever looks after the order sees who said it.
        let order = api.get(&format!("/api/v1/orders/{id}")).await.ok();
        let path = format!("/orders/{}", order["number"].as_str().unwrap());
        let order = api.send("GET", &path, &[("accept", "text/html")], Body::empty()).await;
        assert!(
            order.text.contains("Message from the customer") && order.text.contains("And a card"),
            "{}",
            order.text
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_kept_is_told_and_not_lost() {
    on_each(async |api| {
        api.shop().await;
        let (id, path) = place(api, "P-7").await;
        let page = read(api, &path, "en").await;
        let empty = write(api, &path, &page.text, "++").await;
        assert_eq!(empty.status, 422);
        assert!(empty.text.contains("Write something first."));
        let long = "%C3%A9".repeat(2_001);
        let refused = write(api, &path, &page.text, &long).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("The message is too long") && refused.text.contains(&"\u{e9}".repeat(2_001)));
        assert_eq!(write(api, &path, &page.text, "a%00b").await.status, 422);
        write(api, &path, &page.text, &"x".repeat(30_000)).await.problem(413, "request.too_large");
        assert!(notes(api, &id).await.is_empty());
        assert_eq!(write(api, &path, &page.text, &"%C3%A9".repeat(2_000)).await.status, 303);
        // Whoever has the link cannot fill the store.
        for n in 1..50 {
            assert_eq!(write(api, &path, &page.text, &format!("{n}")).await.status, 303);
        }
        let full = write(api, &path, &page.text, "one+more").await;
        assert_eq!(full.status, 422);
        assert!(full.text.contains("There are many messages on this order already."));
        assert_eq!(notes(api, &id).await.len(), 50);
    })
    .await;
}

#[tokio::test]
async fn an_order_on_terms_asks_for_no_payment_and_amounts_are_as_the_language_writes_them() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("P-T");
        body["payment"] = json!({"method": "terms"});
        body["lines"][0]["quantity"] = json!(1);
        let placed = api.post("/api/v1/orders", &body).await.ok();
        let id = placed["id"].as_str().unwrap();
        let link = api.get(&format!("/api/v1/orders/{id}/customer_page")).await.ok();
        let path = link["path"].as_str().unwrap();
        let english = read(api, path, "en").await.text;
        assert!(english.contains("by invoice, not received yet"), "{english}");
        assert!(!english.contains("waits for your payment") && !english.contains(">Paid<"), "{english}");
        let german = read(api, path, "de").await.text;
        assert!(german.contains("24,98\u{a0}€") && german.contains("auf Rechnung, noch nicht eingegangen"), "{german}");
        let asked = read(api, &format!("{path}/cancel"), "en").await.text;
        assert!(asked.contains("The item is cancelled. You paid nothing yet"), "{asked}");
        let paid = json!({"method": "transfer", "amount_minor": 2_498});
        api.post(&format!("/api/v1/orders/{id}/payments"), &paid).await.ok();
        let asked = read(api, &format!("{path}/cancel"), "en").await.text;
        assert!(asked.contains("The item is cancelled. €24.98 is given back."), "{asked}");
        // A hold is told once.
        api.post(&format!("/api/v1/orders/{id}/holds"), &json!({"reason": "velocity"})).await.ok();
        let held = read(api, path, "en").await.text;
        assert_eq!(held.matches("We are checking something").count(), 1, "{held}");
    })
    .await;
}
