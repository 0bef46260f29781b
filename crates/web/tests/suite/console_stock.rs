//! The console's pages of stock: what they show, and that what is booked there is what the API would book.

use crate::common::{Answer, Api, on_each, order};
use axum::body::Body;
use serde_json::json;
use waybill_domain::actor::Permission;

/// Sends a form as a browser does.
pub async fn post(api: &Api, path: &str, fields: &[(&str, &str)]) -> Answer {
    let coded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let body = fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect::<Vec<_>>().join("&");
    api.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], Body::from(body)).await
}

/// The value of a hidden field of a form.
pub fn hidden(answer: &Answer, name: &str) -> Option<String> {
    let (_, rest) = answer.text.split_once(&format!("<input type=\"hidden\" name=\"{name}\" value=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// Sends a form twice, as somebody who looks at what changes first.
pub async fn book(api: &Api, path: &str, fields: &[(&str, &str)]) -> (Answer, Answer) {
    let shown = post(api, path, fields).await;
    let seen = hidden(&shown, "seen").unwrap_or_default();
    let key = hidden(&shown, "key").unwrap_or_default();
    let sure = [fields, &[("seen", seen.as_str()), ("key", key.as_str())]].concat();
    let done = post(api, path, &sure).await;
    (shown, done)
}

async fn on_hand(api: &Api, location: &str) -> i64 {
    let levels = api.get(&format!("/api/v1/stock/levels?sku=MUG-1&location={location}")).await.ok();
    levels["data"][0]["on_hand"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_shown_by_item_and_place() {
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/items/BOWL-1", &json!({"name": "<b>Bowl</b> & \"more\""})).await.ok();
        let page = api.get("/stock").await;
        assert!(page.status.is_success(), "{}", page.text);
        // 40 in Dublin, 60 in Cork, and the sum; a service is not kept in stock.
        for part in [">40</a>", ">60</a>", ">100</a>", "/stock/MUG-1"] {
            assert!(page.text.contains(part), "{part}");
        }
        assert!(!page.text.contains("CARD-1"));
        assert!(page.text.contains("&#60;b&#62;Bowl") && !page.text.contains("<b>Bowl"), "hostile text is text");
        let found = api.get("/stock?text=mug&location=DUB").await.text;
        assert!(found.contains("/stock/MUG-1") && !found.contains(">60</a>"), "{found}");
        assert!(!api.get("/stock?state=out").await.text.contains("/stock/MUG-1"));
        assert!(api.get("/stock?state=out").await.text.contains("/stock/BOWL-1"));
        // Less available than taken: 60 of 100 are allocated.
        let mut large = order("LARGE");
        large["lines"][0]["quantity"] = json!(60);
        large["payment"] = json!({"method": "terms"});
        api.post("/api/v1/orders", &large).await.ok();
        assert!(api.get("/stock?state=low").await.text.contains("/stock/MUG-1"));
        let stranger = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        assert_eq!(stranger.get("/stock").await.status.as_u16(), 403);
        assert_eq!(stranger.get("/stock/MUG-1").await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_items_page_says_why_its_balance_is_what_it_is() {
    on_each(async |api| {
        api.shop().await;
        let mut wanted = order("ONE");
        wanted["payment"] = json!({"method": "terms"});
        let placed = api.post("/api/v1/orders", &wanted).await.ok();
        let number = placed["number"].as_str().unwrap();
        let adjust = json!({"location": "DUB", "reason": "damaged", "reference": "S-12", "lines": [{"sku": "MUG-1", "delta": -3}]});
        api.post("/api/v1/stock/adjustments", &adjust).await.ok();
        let page = api.get("/stock/MUG-1?at=DUB").await;
        assert!(page.status.is_success(), "{}", page.text);
        for part in [
            &format!("<a href=\"/orders/{number}\">{number}</a>") as &str,
            "available <span class=\"quiet\">→</span> allocated",
            "available <span class=\"quiet\">→</span> loss",
            ", damaged, S-12",
            ">−3</td>",
            ">+40</td>",
            // On hand in Dublin after the loss, in both places now, and at the end of the only day.
            ">37</td>",
            "<td>today</td><td class=\"num\">97</td><td class=\"num\">95</td>",
        ] {
            assert!(page.text.contains(part), "{part} in {}", page.text);
        }
        let receipts = api.get("/receipts").await.text;
        assert!(receipts.contains("Adjustment") && receipts.contains("damaged, S-12"), "{receipts}");
        let document = receipts.split("class=\"id\" href=\"/receipts/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let one = api.get(&format!("/receipts/{document}")).await;
        assert!(one.status.is_success() && one.text.contains("MUG-1"), "{}", one.text);
        for path in ["/stock/NONE", "/stock/CARD-1", "/receipts/doc_x", "/transfers/trf_x"] {
            assert_eq!(api.get(path).await.status.as_u16(), 404, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_booked_before_it_was_shown_and_then_once() {
    on_each(async |api| {
        api.shop().await;
        let fields = [("location", "DUB"), ("state", "available"), ("quantity", "24"), ("reference", "DN <7>")];
        let (shown, done) = book(api, "/stock/MUG-1/receive", &fields).await;
        assert!(
            shown.text.contains("Receive 24 into DUB") && shown.text.contains("<td class=\"to\">64</td>"),
            "{}",
            shown.text
        );
        assert_eq!((done.status.as_u16(), done.header("location")), (303, Some("/stock/MUG-1")), "{}", done.text);
        assert!(done.header("set-cookie").unwrap().contains("Received%2024%20into%20DUB"));
        assert_eq!(on_hand(api, "DUB").await, 64);
        // What was shown was for 24: asked for 25, it shows again and books nothing.
        let seen = hidden(&shown, "seen").unwrap();
        let other = [("location", "DUB"), ("state", "available"), ("quantity", "25"), ("seen", &seen), ("key", "k-2")];
        assert!(post(api, "/stock/MUG-1/receive", &other).await.text.contains("Receive 25 into DUB"));
        assert_eq!(on_hand(api, "DUB").await, 64);
        // The same form twice is one act.
        let again = [&fields[..], &[("seen", seen.as_str()), ("key", "k-3")]].concat();
        for _ in 0..2 {
            assert_eq!(post(api, "/stock/MUG-1/receive", &again).await.status.as_u16(), 303);
        }
        assert_eq!(on_hand(api, "DUB").await, 88);

        let (_, done) = book(
            api,
            "/stock/MUG-1/adjust",
            &[
                ("location", "DUB"),
                ("state", "available"),
                ("change", "to:damaged"),
                ("quantity", "8"),
                ("reason", "damaged"),
            ],
        )
        .await;
        assert_eq!(done.status.as_u16(), 303, "{}", done.text);
        let levels = api.get("/api/v1/stock/levels?sku=MUG-1&location=DUB").await.ok();
        assert_eq!((&levels["data"][0]["available"], &levels["data"][0]["damaged"]), (&json!(80), &json!(8)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_booking_keeps_what_was_typed_and_changes_nothing() {
    on_each(async |api| {
        api.shop().await;
        let too_many =
            [("location", "DUB"), ("state", "available"), ("change", "less"), ("quantity", "41"), ("reason", "lost")];
        let (shown, done) = book(api, "/stock/MUG-1/adjust", &too_many).await;
        for answer in [&shown, &done] {
            assert!(answer.status.is_client_error(), "{}", answer.text);
            assert!(answer.text.contains("41 units were asked for and 40 are available there"), "{}", answer.text);
            assert!(answer.text.contains("value=\"41\""), "what was typed stays");
        }
        for (field, value) in
            [("quantity", "1.5"), ("quantity", "-1"), ("quantity", ""), ("location", "XX"), ("state", "allocated")]
        {
            let mut fields = vec![("location", "DUB"), ("state", "available"), ("quantity", "1")];
            fields.retain(|(name, _)| *name != field);
            fields.push((field, value));
            let (answer, _) = book(api, "/stock/MUG-1/receive", &fields).await;
            assert!(
                answer.status.is_client_error() && answer.text.contains("1 thing to mend"),
                "{field} {value}: {}",
                answer.text
            );
        }
        assert_eq!(on_hand(api, "DUB").await, 40);
        let reader = api.with_secret(Some(&api.key(&[Permission::StockRead], None, None).await));
        assert_eq!(reader.get("/stock/MUG-1/receive").await.status.as_u16(), 403);
        let (refused, _) =
            book(&reader, "/stock/MUG-1/receive", &[("location", "DUB"), ("state", "available"), ("quantity", "1")])
                .await;
        assert_eq!(refused.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_sent_and_received_in_parts() {
    on_each(async |api| {
        api.shop().await;
        let (shown, done) =
            book(api, "/stock/MUG-1/transfer", &[("from", "DUB"), ("to", "ORK"), ("quantity", "10")]).await;
        assert!(shown.text.contains("Send 10 from DUB to ORK"), "{}", shown.text);
        assert_eq!(done.status.as_u16(), 303, "{}", done.text);
        assert_eq!(on_hand(api, "DUB").await, 30);
        let list = api.get("/transfers").await.text;
        let id = list.split("/transfers/trf_").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = format!("/transfers/trf_{id}");
        let (shown, done) = book(api, &format!("{path}/receive"), &[("received-1", "7"), ("lost-1", "1")]).await;
        assert!(shown.text.contains("MUG-1: on its way"), "{}", shown.text);
        assert_eq!(done.status.as_u16(), 303, "{}", done.text);
        assert_eq!(on_hand(api, "ORK").await, 67);
        let view = api.get(&format!("/api/v1/stock/transfers/trf_{id}")).await.ok();
        assert_eq!((&view["state"], &view["lines"][0]["in_transit"]), (&json!("partial"), &json!(2)));
        assert!(api.get(&path).await.text.contains("Partly here"));
        let (refused, _) = book(api, &format!("{path}/receive"), &[("received-1", "3"), ("lost-1", "0")]).await;
        assert!(refused.status.is_client_error(), "{}", refused.text);
        let (nothing, _) = book(api, &format!("{path}/receive"), &[("received-1", "0"), ("lost-1", "0")]).await;
        assert!(nothing.text.contains("at least one line"), "{}", nothing.text);
        assert_eq!(on_hand(api, "ORK").await, 67);
    })
    .await;
}
