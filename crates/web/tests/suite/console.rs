//! The console's pages: there for those who may look, true, and never a way in for hostile text.

use crate::common::{Api, on_each, order, page};
use serde_json::json;
use waybill_domain::Code;
use waybill_domain::actor::Permission;

#[tokio::test]
async fn the_list_shows_orders_newest_first_and_filters_by_the_address() {
    on_each(async |api| {
        api.shop().await;
        let mut numbers = Vec::new();
        for reference in ["L-1", "L-2", "L-3"] {
            let placed = api.post("/api/v1/orders", &order(reference)).await.ok();
            numbers.push((placed["id"].as_str().unwrap().to_owned(), placed["number"].as_str().unwrap().to_owned()));
        }
        api.post(&format!("/api/v1/orders/{}/cancel", numbers[0].0), &json!({})).await.ok();
        let body = json!({"kind": "fraud", "reason": "velocity"});
        api.post(&format!("/api/v1/orders/{}/holds", numbers[1].0), &body).await.ok();
        let places =
            |text: &str| numbers.iter().map(|(_, number)| text.find(&format!(">{number}<"))).collect::<Vec<_>>();
        let all = page(api, "/orders").await;
        assert_eq!(all.status, 200);
        let at = places(&all.text);
        assert!(at[2] < at[1] && at[1] < at[0] && at[2].is_some(), "{at:?}");
        assert!(all.text.contains("Fraud review") && all.text.contains("€44.97"), "{}", all.text);
        let held = page(api, "/orders?held=true").await;
        assert_eq!(places(&held.text).iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
        // A form sends every field; those left empty ask for nothing.
        let cancelled = page(api, "/orders?lifecycle=cancelled&payment_status=&held=").await;
        assert_eq!(places(&cancelled.text).iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false]);
        let none = page(api, "/orders?lifecycle=completed").await;
        assert!(none.text.contains("No order matches"));
        assert_eq!(page(api, "/orders?lifecycle=sold").await.status, 422);
        // What is no filter narrows nothing, and the list says so.
        let unread = page(api, "/orders?payment=failed&utm_source=%3Cb%3E").await;
        assert!(places(&unread.text).iter().all(Option::is_some), "{}", unread.text);
        assert!(unread.text.contains("payment=failed") && !unread.text.contains("source=<b>"), "{}", unread.text);
        assert!(unread.text.contains("in the address are no filters. All orders are shown."), "{}", unread.text);
        let both = page(api, "/orders?payment=failed&held=true").await;
        assert!(both.text.contains("is no filter. Only the filters above apply."), "{}", both.text);
        assert!(!all.text.contains("in the address") && !held.text.contains("in the address"));
    })
    .await;
}

#[tokio::test]
async fn the_page_of_an_order_tells_all_of_it() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("D-1")).await.ok();
        let (id, number) = (placed["id"].as_str().unwrap(), placed["number"].as_str().unwrap());
        api.post(&format!("/api/v1/orders/{id}/holds"), &json!({"reason": "call_back", "note": "ring first"}))
            .await
            .ok();
        for path in [format!("/orders/{number}"), format!("/orders/{id}")] {
            let page = page(api, &path).await;
            assert_eq!(page.status, 200, "{}", page.text);
            for said in [
                number,
                "Ada Example",
                "A mug",
                "2 allocated",
                "Held by hand",
                "blocks release",
                "Call back",
                "ring first",
                "€39.98",
                "Shipping",
                "€44.97 authorized",
                "Placed, 1 line",
                "Leave with the neighbour",
                "D01 F5P2 Dublin",
            ] {
                assert!(page.text.contains(said), "{said} is not on {path}");
            }
        }
        assert_eq!(page(api, "/orders/W-999999").await.status, 404);
        assert_eq!(page(api, "/orders/ord_01h455vb4pex5vsknk084sn02q").await.status, 404);
        assert_eq!(page(api, "/orders/%3Cscript%3E").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn hostile_text_is_text_everywhere() {
    on_each(async |api| {
        api.shop().await;
        let evil = "\"><img src=x onerror=alert(1)>'<script>alert(2)</script>";
        let mut body = order(evil);
        body["customer"] = json!({"name": evil, "company": evil, "email": evil});
        body["ship_to"]["line1"] = json!(evil);
        body["instructions"] = json!(evil);
        body["lines"][0]["note"] = json!(evil);
        body["charges"][0]["label"] = json!("<b>");
        let placed = api.post("/api/v1/orders", &body).await.ok();
        let number = placed["number"].as_str().unwrap();
        for path in ["/orders".to_owned(), format!("/orders/{number}")] {
            let page = page(api, &path).await;
            assert_eq!(page.status, 200);
            for tag in ["<img", "<script>alert", "<b>"] {
                let found = page.text.matches(tag).count();
                assert_eq!(
                    found,
                    if tag == "<b>" { page.text.matches("<b>Card").count() } else { 0 },
                    "{tag} on {path}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn pages_are_for_those_who_may_look() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("S-1")).await.ok();
        let path = format!("/orders/{}", placed["number"].as_str().unwrap());
        let none = api.with_secret(Some(&api.key(&[Permission::CatalogRead], None, None).await));
        let elsewhere = api.with_secret(Some(&api.key(Permission::ALL, Some(Vec::new()), None).await));
        assert_eq!(page(&none, "/orders").await.status, 403);
        assert_eq!(page(&none, &path).await.status, 403);
        assert_eq!(page(&elsewhere, &path).await.status, 404, "an order of another channel is not there");
        assert!(page(&elsewhere, "/orders").await.text.contains("No orders yet"));
        // The answer that there is no key may be remembered for a moment; another process has none.
        let state = waybill_web::WebState::new(api.engine().clone(), crate::common::open());
        let nobody = Api { router: waybill_web::router(state.clone()), state, secret: None };
        for path in ["/orders", &path, "/live"] {
            // A person is sent to sign in, a program is told.
            assert!([303, 401].contains(&page(&nobody, path).await.status.as_u16()), "{path}");
        }
    })
    .await;
}
