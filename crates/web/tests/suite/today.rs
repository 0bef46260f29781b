//! Every number on Today opens a list or a report that shows the very same number.

use crate::common::{Api, on_each, order};
use axum::body::Body;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use waybill_domain::actor::Permission;
use waybill_store::read::stats;

fn day(back: i64) -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_sub(jiff::Span::new().days(back))
}

/// Places an order of two mugs that is wanted so many days ago; answers its id.
async fn placed(api: &Api, name: &str, wanted: Option<i64>, change: &dyn Fn(&mut Value)) -> String {
    let mut body = order(name);
    if let Some(back) = wanted {
        body["requested_by"] = json!(day(back).to_string());
    }
    change(&mut body);
    api.post("/api/v1/orders", &body).await.ok()["id"].as_str().unwrap().to_owned()
}

/// Releases it; answers the path of its work.
async fn released(api: &Api, id: &str) -> String {
    let after = api.step(&format!("/api/v1/orders/{id}/release")).await.ok();
    format!("/api/v1/fulfillment-orders/{}", after["fulfillment_orders"][0]["id"].as_str().unwrap())
}

/// Picks and packs it and sends it with a tracking number.
async fn sent(api: &Api, id: &str, tracking: &str) {
    let work = released(api, id).await;
    api.post(&format!("{work}/pick"), &json!({"picks": [{"line": 1, "quantity": 2}]})).await.ok();
    let packed = api.post(&format!("{work}/pack"), &json!({})).await.ok();
    let parcel = json!({"parcel_id": packed["parcels"][0]["id"], "tracking_number": tracking});
    api.post(&format!("{work}/ship"), &json!({"carrier": "An Post", "parcels": [parcel]})).await.ok();
}

async fn tracked(api: &Api, tracking: &str, status: &str, at: &str) {
    let fact = json!({"tracking_number": tracking, "status": status, "occurred_at": at});
    api.post("/api/v1/tracking-events", &fact).await.ok();
}

/// A shop with something at each stage and, beside what is counted, what is like it and is not.
async fn busy(api: &Api) {
    api.shop().await;
    api.put("/api/v1/items/RARE-1", &json!({"name": "Nowhere"})).await.ok();
    let plain = |_: &mut Value| {};
    let paid_with = |token: &'static str| move |body: &mut Value| body["payment"]["token"] = json!(token);
    placed(api, "draft", None, &|body| body["draft"] = json!(true)).await;
    let declined = placed(api, "declined", None, &paid_with("sim_decline")).await;
    let given_up = placed(api, "given up", Some(1), &paid_with("sim_decline")).await;
    assert_ne!(declined, given_up);
    api.post(&format!("/api/v1/orders/{given_up}/cancel"), &json!({"reason": "too_late"})).await.ok();
    for (name, wanted, kind) in
        [("today", 0, "fraud"), ("tomorrow", -1, "fraud"), ("missed", 3, "manual"), ("long missed", 20, "address")]
    {
        let id = placed(api, name, Some(wanted), &plain).await;
        api.post(&format!("/api/v1/orders/{id}/holds"), &json!({"kind": kind, "reason": "odd"})).await.ok();
    }
    placed(api, "two lines of nothing", None, &|body| {
        let line = json!({"sku": "RARE-1", "quantity": 1, "unit_price_minor": 100});
        body["lines"] = json!([line, line]);
    })
    .await;
    for name in ["released", "released too"] {
        released(api, &placed(api, name, None, &plain).await).await;
    }
    for (name, picked, parcels) in [("half picked", 1, 0), ("all picked", 2, 0), ("in two parcels", 2, 2)] {
        let work = released(api, &placed(api, name, None, &plain).await).await;
        api.post(&format!("{work}/pick"), &json!({"picks": [{"line": 1, "quantity": picked}]})).await.ok();
        for _ in 0..parcels {
            let contents = json!({"lines": [{"line": 1, "quantity": 1}]});
            api.post(&format!("{work}/pack"), &contents).await.ok();
        }
    }
    delivered_in_two(api, &placed(api, "delivered in two", None, &plain).await).await;
    let now = jiff::Timestamp::now().to_string();
    let earlier = format!("{}T10:00:00Z", day(2));
    for (tracking, wanted, facts) in [
        ("MOVING", None, vec![]),
        ("ASTRAY", None, vec![("exception", now.as_str())]),
        ("LATE", Some(3), vec![("delivered", now.as_str())]),
        ("KEPT", Some(1), vec![("delivered", earlier.as_str())]),
    ] {
        let id = placed(api, tracking, wanted, &plain).await;
        sent(api, &id, tracking).await;
        for (status, at) in facts {
            tracked(api, tracking, status, at).await;
        }
    }
}

/// Sends the two mugs of an order in two parcels, which arrive.
async fn delivered_in_two(api: &Api, id: &str) {
    let work = released(api, id).await;
    api.post(&format!("{work}/pick"), &json!({"picks": [{"line": 1, "quantity": 2}]})).await.ok();
    let mut parcels = Vec::new();
    for tracking in ["TWO-1", "TWO-2"] {
        let packed = api.post(&format!("{work}/pack"), &json!({"lines": [{"line": 1, "quantity": 1}]})).await.ok();
        let parcel = packed["parcels"].as_array().unwrap().last().unwrap()["id"].clone();
        parcels.push(json!({"parcel_id": parcel, "tracking_number": tracking}));
    }
    api.post(&format!("{work}/ship"), &json!({"carrier": "An Post", "parcels": parcels})).await.ok();
    for tracking in ["TWO-1", "TWO-2"] {
        tracked(api, tracking, "delivered", &jiff::Timestamp::now().to_string()).await;
    }
}

/// Waits until the sums have come to the end of the log.
async fn settled(api: &Api) {
    let begun = Instant::now();
    loop {
        let progress = stats::progress(api.state.store()).await.unwrap();
        if progress.position == progress.head {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{progress:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after} in {rest}")).0
}

/// What a piece of a page links to.
fn door(piece: &str) -> String {
    between(piece, "href=\"", "\"").replace("&#38;", "&").replace("&amp;", "&")
}

/// The numbers of Today by their names: where each leads, and how it is written.
fn numbers(page: &str) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    let mut add = |name: &str, href: String, number: &str| {
        assert!(found.insert(name.to_owned(), (href, number.to_owned())).is_none(), "{name} twice");
    };
    for stage in between(page, "<ol class=\"pipe", "</ol>").split("<li>").skip(1) {
        let figure = between(stage, "<span class=\"figure", "</span>");
        add(between(stage, "class=\"k\">", "<"), door(stage), figure.split_once('>').unwrap().1);
    }
    let needs = between(page, "<h2>Needs a person</h2>", "</section>");
    add("held", door(needs), between(needs, "<a class=\"quiet\" href=\"/holds\">", " held"));
    for need in between(needs, "<tbody", "</tbody>").split("<tr>").skip(1) {
        let count = between(need, "<td class=\"num strong\" data-at=\"a2\">", "<");
        add(between(need, "<span class=\"cut ink\">", "<"), door(need), count);
    }
    for cycle in between(page, "<table class=\"table cycle\">", "</table>").split("<th><a").skip(1) {
        let cells: Vec<_> =
            cycle.split("<td class=\"num\">").skip(1).map(|cell| cell.split('<').next().unwrap()).collect();
        add(between(cycle, ">", "<"), door(cycle), &cells.join(", "));
    }
    for figure in page.split("<span class=\"k\">").filter(|piece| piece.contains("<a class=\"figure\"")) {
        let value = between(figure, "<a class=\"figure\"", "</a>").split_once('>').unwrap().1;
        add(figure.split('<').next().unwrap(), door(figure), value);
    }
    found
}

/// What stands behind a number, counted there.
async fn behind(api: &Api, name: &str, href: &str) -> String {
    let path = href.split('?').next().unwrap();
    let mut page = api.get(href).await.text;
    let figure = |name: &str| {
        let piece = between(&page, &format!("<span class=\"k\">{name}</span><span class=\"figure\""), "</div>");
        let within = between(piece, "<span class=\"sub\">", "</span>").replace("9 of 10 within ", "");
        (between(piece, ">", "<").to_owned(), within)
    };
    let rows = match path {
        "/reports" => return figure(name).0,
        "/reports/promises" => return figure("On time, in full").0,
        "/reports/times" => {
            let (half, most) = figure(name);
            return format!("{half}, {most}");
        }
        "/orders" | "/pick" => "<tr data-id=",
        "/ship" => "<li data-id=",
        "/holds" => "<li class=\"hrow",
        "/backorders" => "<a class=\"id\"",
        _ => panic!("{name} leads to {href}"),
    };
    let mut count = page.matches(rows).count();
    while let Some((before, _)) = page.split_once("\" rel=\"next\"") {
        let next = before.rsplit_once("href=\"").unwrap().1.replace("&#38;", "&").replace("&amp;", "&");
        page = api.get(&next).await.text;
        count += page.matches(rows).count();
    }
    count.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_on_today_opens_what_shows_the_same_number() {
    on_each(async |api| {
        busy(api).await;
        settled(api).await;
        let page = api.get("/").await.text;
        let numbers = numbers(&page);
        for (name, (href, number)) in &numbers {
            // A picker stands at one location; what Today counts is everywhere.
            assert_eq!(behind(api, name, href).await, *number, "{name} opens {href}");
        }
        for (name, number) in [
            ("Released", "2"),
            ("Picking", "2"),
            ("Packed", "2"),
            ("In transit", "1"),
            // One late, one in two parcels.
            ("Delivered", "2"),
            ("held", "5"),
            ("Fraud review", "2"),
            // Of the card that was declined.
            ("Payment", "1"),
            ("Past the day wanted by, not sent", "2"),
            ("Wanted today or tomorrow, not sent", "2"),
            ("Delivery exceptions", "1"),
            ("Lines waiting for stock", "2"),
        ] {
            assert_eq!(numbers.get(name).map(|(_, number)| number.as_str()), Some(number), "{name} in {numbers:?}");
        }
        // The declined card is counted once, among the holds.
        assert!(!numbers.contains_key("Payment failed, not held"), "{numbers:?}");
        // Kept is one of the three wanted in the last seven days, the one cancelled left out.
        assert!(numbers["Promise kept, 7 days"].1.starts_with("33.3"), "{numbers:?}");
    })
    .await;
}

/// What the filter's form would send.
fn sent_by_filter(page: &str) -> BTreeMap<String, String> {
    let form = between(page, "<dialog class=\"dlg\" id=\"filter\"", "</dialog>");
    let mut sent = BTreeMap::new();
    for input in form.split("<input").skip(1) {
        let input = input.split('>').next().unwrap();
        sent.insert(between(input, "name=\"", "\"").to_owned(), between(input, "value=\"", "\"").to_owned());
    }
    for select in form.split("<select").skip(1) {
        let chosen = select.split("<option").find(|option| option.contains("\" selected"));
        let value = chosen.map_or("", |option| between(option, "value=\"", "\""));
        sent.insert(between(select, "name=\"", "\"").to_owned(), value.to_owned());
    }
    sent.retain(|_, value| !value.is_empty());
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_of_the_orders_keeps_every_filter_that_is_set() {
    on_each(async |api| {
        api.shop().await;
        let set = [
            ("lifecycle", "placed,confirmed"),
            ("payment_status", "authorized"),
            ("fulfillment_status", "unfulfilled"),
            ("delivery_status", "none"),
            ("return_status", "none"),
            ("channel", "web"),
            ("customer", "C1"),
            ("external_ref", "R1"),
            ("number", "W-100001"),
            ("held", "false"),
            ("unsent_from", "2026-01-02"),
            ("unsent_by", "2030-12-31"),
            ("placed_from", "2026-01-03"),
            ("placed_to", "2030-12-30"),
            ("delivered_from", "2026-01-04"),
            ("delivered_to", "2030-12-29"),
            ("search", "ada"),
        ];
        for some in std::iter::once(&set[..]).chain(set.chunks(1)) {
            let query = some.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
            let page = api.get(&format!("/orders?{query}")).await;
            assert_eq!(page.status, 200, "{query}: {}", page.text);
            let kept: BTreeMap<_, _> =
                some.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(sent_by_filter(&page.text), kept, "{query}");
        }
        let page = api.get("/orders").await.text;
        assert!(page.contains("<option value=\"web\">Web shop</option>"), "a channel can be chosen: {page}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_can_act_on_orders_can_select_them() {
    on_each(async |api| {
        api.shop().await;
        api.post("/api/v1/orders", &order("1")).await.ok();
        let reader = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        let clerk =
            api.with_secret(Some(&api.key(&[Permission::OrdersRead, Permission::OrdersWrite], None, None).await));
        for (who, boxes, bars) in [(reader, 0, 0), (clerk, 2, 1)] {
            let page = who.get("/orders").await.text;
            assert_eq!(page.matches("<tr data-id=").count(), 1, "{page}");
            assert_eq!((page.matches("type=\"checkbox\"").count(), page.matches("id=\"bulk\"").count()), (boxes, bars));
            assert_eq!(page.matches("<dd>Select the row</dd>").count(), bars);
        }
    })
    .await;
}

/// A message waits until somebody of the shop notes something on its order; whoever may see webhooks is told of those that
/// were switched off by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_customer_wrote_waits_on_today_until_it_is_answered() {
    on_each(async |api| {
        api.shop().await;
        let shown = async |has: bool| {
            let begun = Instant::now();
            loop {
                let page = api.get("/").await.text;
                if page.contains("/orders?messages=unanswered") == has {
                    return;
                }
                assert!(begun.elapsed() < Duration::from_secs(30), "{page}");
                api.engine().nudge();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        placed(api, "silent", None, &|_| {}).await;
        let id = placed(api, "asking", None, &|_| {}).await;
        let path = api.get(&format!("/api/v1/orders/{id}/customer_page")).await.ok();
        let path = path["path"].as_str().unwrap();
        for key in ["m-1", "m-2"] {
            let message = [("key", key), ("text", "Where is it?")];
            let body = message.map(|(name, value)| format!("{name}={value}")).join("&");
            let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
            let customer = api.with_secret(None);
            let sent = customer.send("POST", &format!("{path}/message"), &form, Body::from(body)).await;
            assert_eq!(sent.status.as_u16(), 303, "{}", sent.text);
        }
        shown(true).await;
        assert_eq!(behind(api, "Customers’ messages", "/orders?messages=unanswered").await, "1");
        api.post(&format!("/api/v1/orders/{id}/notes"), &json!({"text": "Called back"})).await.ok();
        shown(false).await;
    })
    .await;
}
