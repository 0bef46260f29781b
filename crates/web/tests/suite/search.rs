//! The search box, as programs and people send it.

use crate::common::{Api, on_each, order};
use serde_json::{Value, json};
use std::time::Duration;
use waybill_domain::actor::Permission;
use waybill_domain::ids::{ChannelId, Id};

/// Waits until the answer holds so many under this name.
async fn until(api: &Api, path: &str, name: &str, count: usize) -> Value {
    loop {
        let answer = api.get(path).await.ok();
        if answer[name].as_array().is_some_and(|rows| rows.len() >= count) {
            return answer;
        }
        api.engine().nudge();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_customers_and_items_are_found_by_what_is_typed() {
    on_each(async |api| {
        api.shop().await;
        let first = api.post("/api/v1/orders", &order("SHOP-1")).await.ok();
        let mut held = order("SHOP-2");
        held["payment"]["token"] = json!("sim_decline");
        let second = api.post("/api/v1/orders", &held).await.ok();
        let body = json!({"name": "Ada Mug-1 Example", "email": "ada@example.com"});
        api.put("/api/v1/customers/C-9", &body).await.ok();

        let found = until(api, "/api/v1/customers?search=ada%20example", "data", 1).await;
        assert_eq!(found["data"][0]["code"], "C-9");
        let found = until(api, "/api/v1/orders?search=%C3%A0da@", "data", 2).await;
        assert_eq!(found["data"][0]["id"], second["id"]);
        assert_eq!(found["data"][1]["id"], first["id"]);

        let held = second["holds"].as_array().map_or(0, Vec::len) > 0;
        assert!(held, "a declined card holds its order");
        let found = api.get("/api/v1/orders?search=ada&held=false&channel=web").await.ok();
        assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "it combines with the other filters");
        assert_eq!(found["data"][0]["id"], first["id"]);
        let found = api.get("/api/v1/orders?search=ada&limit=1").await.ok();
        let next = format!("/api/v1/orders?search=ada&limit=1&after={}", found["next"].as_str().unwrap());
        assert_eq!(api.get(&next).await.ok()["data"][0]["id"], first["id"]);
        api.get("/api/v1/orders?search=ada&after=00").await.problem(400, "request.malformed");

        let all = api.get("/api/v1/search?q=mug-1").await.ok();
        let (orders, items) = (all["orders"].as_array().unwrap(), all["items"].as_array().unwrap());
        assert_eq!((orders.len(), items.len()), (2, 1));
        assert_eq!((&all["customers"][0]["code"], &items[0]["sku"]), (&json!("C-9"), &json!("MUG-1")));
        assert_eq!(all["more_orders"], false);
        let dish = json!({"name": "Blue porridge dish", "gtin": "4006381333931"});
        api.put("/api/v1/items/DISH-MUG", &dish).await.ok();
        for (text, skus) in
            [("Dish%20blue", vec!["DISH-MUG"]), ("4006381333931", vec!["DISH-MUG"]), ("mug", vec!["MUG-1"])]
        {
            let all = api.get(&format!("/api/v1/search?q={text}")).await.ok();
            let found: Vec<_> =
                all["items"].as_array().unwrap().iter().map(|item| item["sku"].as_str().unwrap()).collect();
            assert_eq!(found, skus, "{text}");
        }
        let number = first["number"].as_str().unwrap();
        let all = api.get(&format!("/api/v1/search?q={number}")).await.ok();
        assert_eq!(all["orders"][0]["id"], first["id"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_shows_at_most_ten_of_each_kind_and_says_that_there_are_more() {
    on_each(async |api| {
        api.shop().await;
        for n in 0..12 {
            api.post("/api/v1/orders", &order(&format!("R-{n}"))).await.ok();
            api.put(&format!("/api/v1/items/ADA-{n:02}"), &json!({"name": "Thing"})).await.ok();
        }
        loop {
            let all = until(api, "/api/v1/search?q=ada", "orders", 1).await;
            assert_eq!((all["items"].as_array().map(Vec::len), &all["more_items"]), (Some(10), &json!(true)));
            assert!(all["orders"].as_array().is_some_and(|orders| orders.len() <= 10));
            if all["more_orders"] == true {
                return;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_finds_what_they_may_read() {
    on_each(async |api| {
        api.shop().await;
        api.post("/api/v1/orders", &order("R-1")).await.ok();
        until(api, "/api/v1/search?q=mug-1", "orders", 1).await;
        let counts = async |secret: &str| {
            let all = api.with_secret(Some(secret)).get("/api/v1/search?q=mug-1").await.ok();
            (all["orders"].as_array().unwrap().len(), all["items"].as_array().unwrap().len())
        };
        assert_eq!(counts(&api.key(&[Permission::OrdersRead], None, None).await).await, (1, 0));
        assert_eq!(counts(&api.key(&[Permission::CatalogRead], None, None).await).await, (0, 1));
        let foreign = Some(vec![ChannelId(Id(9))]);
        assert_eq!(counts(&api.key(&[Permission::OrdersRead], foreign, None).await).await, (0, 0));
        let other = api.key(&[Permission::EventsRead], None, None).await;
        api.with_secret(Some(&other)).get("/api/v1/search?q=mug-1").await.problem(403, "system.not_permitted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_finds_nothing_or_is_refused() {
    on_each(async |api| {
        api.shop().await;
        for text in ["%25", "%27%20OR%201%3D1--", "%F0%9F%98%80", "_", "%22", "%5C", "..", "%F4%8F%BF%BF"] {
            for path in ["/api/v1/search?q=", "/api/v1/orders?search=", "/api/v1/customers?search="] {
                api.get(&format!("{path}{text}")).await.ok();
            }
        }
        let long = "a".repeat(10_000);
        for path in ["/api/v1/search?q=", "/api/v1/orders?search=", "/api/v1/customers?search="] {
            api.get(&format!("{path}{long}")).await.problem(422, "request.invalid");
            api.get(path).await.problem(422, "request.invalid");
            api.get(&format!("{path}%00")).await.problem(400, "request.malformed");
        }
        api.get("/api/v1/search").await.problem(422, "request.invalid");
        api.get("/api/v1/search?q=a&x=1").await.problem(422, "request.invalid");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_order_is_offered_what_an_item_was_last_sold_at_in_its_channel_and_currency() {
    on_each(async |api| {
        api.shop().await;
        for (name, price, currency) in [("first", 1_995, "EUR"), ("second", 2_450, "EUR"), ("third", 3_000, "USD")] {
            let mut body = order(name);
            body["currency"] = json!(currency);
            body["lines"][0]["unit_price_minor"] = json!(price);
            body["payment"] = json!({"method": "terms"});
            api.post("/api/v1/orders", &body).await.ok();
        }
        until(api, "/api/v1/orders?search=mug-1", "data", 3).await;
        let offered = async |query: &str| {
            let page = api.get(&format!("/orders/new/items/named?sku=MUG-1&{query}")).await.text;
            assert!(page.contains("data-sku=\"MUG-1\""), "{page}");
            page.split_once("data-price=\"").map(|(_, rest)| rest.split('"').next().unwrap_or_default().to_owned())
        };
        assert_eq!(offered("channel=web&currency=eur").await.as_deref(), Some("24.50"));
        assert_eq!(offered("channel=web&currency=USD").await.as_deref(), Some("30.00"));
        for nothing in
            ["channel=web&currency=JPY", "channel=phone&currency=EUR", "channel=web&currency=x", "", "currency=EUR"]
        {
            assert_eq!(offered(nothing).await, None, "{nothing}");
        }
        let elsewhere = api.key(&[Permission::OrdersRead, Permission::CatalogRead], Some(Vec::new()), None).await;
        let page =
            api.with_secret(Some(&elsewhere)).get("/orders/new/items/named?sku=MUG-1&channel=web&currency=EUR").await;
        assert!(!page.text.contains("data-price"), "{}", page.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_order_knows_what_there_is_of_an_item_over_all_its_places() {
    on_each(async |api| {
        api.shop().await;
        let offered = async |api: &Api, sku: &str| api.get(&format!("/orders/new/items/named?sku={sku}")).await.text;
        let mug = offered(api, "MUG-1").await;
        for part in ["100 available", "60 at ORK, 40 at DUB", "data-available=\"100\"", "data-precision=\"0\""] {
            assert!(mug.contains(part), "{part}: {mug}");
        }
        // What is not counted is never short, and whoever sees one place does not know all there is.
        assert!(!offered(api, "CARD-1").await.contains("data-available"));
        let dublin = api.get("/api/v1/locations/DUB").await.ok()["id"].as_str().unwrap().parse().unwrap();
        let rights = [Permission::OrdersRead, Permission::CatalogRead, Permission::StockRead];
        let there = api.key(&rights, None, Some(vec![dublin])).await;
        let seen = offered(&api.with_secret(Some(&there)), "MUG-1").await;
        assert!(seen.contains("40 at DUB") && !seen.contains("data-available"), "{seen}");
    })
    .await;
}
