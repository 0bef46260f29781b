//! Today and the reports: what they show of a shop, to whom, and that their figures add up.

use crate::common::{Api, on_each, order};
use serde_json::json;
use std::time::{Duration, Instant};
use waybill_domain::actor::Permission;
use waybill_domain::ids::ChannelId;

/// Every report, with a table of it.
const REPORTS: [(&str, &str); 6] = [
    ("/reports", "days"),
    ("/reports", "channels"),
    ("/reports/times", "stages"),
    ("/reports/promises", "promises"),
    ("/reports/holds", "holds"),
    ("/reports/items", "items"),
];

/// The sums follow the log; waits until a page says something.
async fn until_says(api: &Api, path: &str, said: &str) -> String {
    let begun = Instant::now();
    loop {
        let page = api.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        if page.text.contains(said) {
            return page.text;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{path} never says {said}: {}", page.text);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn csv(api: &Api, path: &str, part: &str) -> Vec<Vec<String>> {
    let answer = api.get(&format!("{path}?csv={part}")).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment; filename=\""));
    answer.text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_store_shows_zeros_and_the_steps_that_fill_it() {
    on_each(async |api| {
        let page = api.get("/").await.text;
        for said in ["Nothing has arrived yet", "PUT /api/v1/channels/web", "PUT /api/v1/items/MUG-1", "waybill demo"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert_eq!(page.matches("figure zero\">0<").count(), 7, "every stage is there and empty");
        api.shop().await;
        let page = api.get("/").await.text;
        assert_eq!(page.matches("<span class=\"quiet\">Done</span>").count(), 4);
        assert!(!page.contains("PUT /api/v1/channels/web") && page.contains("POST /api/v1/orders"));
        api.post("/api/v1/orders", &order("1")).await.ok();
        assert!(!api.get("/").await.text.contains("Nothing has arrived yet"));
    })
    .await;
}

/// Two orders of 2 × 19.99 and 4.99 postage, of which one is cancelled; the other is one more of ten.
#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_a_report_add_up_to_its_headline() {
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/channels/phone", &json!({"name": "<b>Telephone"})).await.ok();
        api.post("/api/v1/orders", &order("1")).await.ok();
        let mut by_phone = order("2");
        by_phone["channel"] = json!("phone");
        by_phone["lines"][0]["quantity"] = json!(3);
        api.post("/api/v1/orders", &by_phone).await.ok();
        let cancelled = api.post("/api/v1/orders", &order("3")).await.ok();
        let cancel = format!("/api/v1/orders/{}/cancel", cancelled["id"].as_str().unwrap());
        api.post(&cancel, &json!({"reason": "customer"})).await.ok();

        // The sums have come to the last event.
        let page = until_says(api, "/reports/holds", "1 order cancelled.").await;
        assert!(page.contains(">Customer<"), "the reason: {page}");
        // 44.97 + 64.96, and 1 of 3 cancelled.
        let page = until_says(api, "/reports", "€109.93 from 2 orders.").await;
        for said in ["33.3\u{2009}%", "title=\"€109.93\"", "€54.97", "&lt;b&gt;Telephone"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("<b>Telephone") && !page.contains("style=\""));
        for (part, column) in [("days", 2), ("channels", 4)] {
            let table = csv(api, "/reports", part).await;
            let amount = |row: &Vec<String>| (row[column].parse::<f64>().unwrap() * 100.0).round() as i64;
            let (last, rows) = table[1..].split_last().unwrap();
            assert_eq!(rows.iter().map(amount).sum::<i64>(), amount(last), "{part}: {table:?}");
            assert_eq!(amount(last), 10_993, "{part}");
        }
        let items = csv(api, "/reports/items", "items").await;
        // 2 + 3 + 2 mugs, cancelled ones too.
        assert_eq!(items[1], ["MUG-1", "A mug", "3", "7", "139.93", "100.0"]);
        for (path, part) in REPORTS {
            assert!(csv(api, path, part).await.len() > 1, "{path} {part}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn today_shows_what_stands_where_and_what_needs_a_person() {
    on_each(async |api| {
        api.shop().await;
        let mut late = order("1");
        late["requested_by"] = json!("2020-01-01");
        let placed = api.post("/api/v1/orders", &late).await.ok();
        let number = placed["number"].as_str().unwrap().to_owned();
        let hold = json!({"kind": "fraud", "reason": "odd_address"});
        api.post(&format!("/api/v1/orders/{number}/holds"), &hold).await.ok();
        let page = until_says(api, "/", "Fraud review").await;
        assert!(page.contains(&format!("<a class=\"id\" href=\"/orders/{number}\">{number}</a> Placed, 1 line")));
        assert!(page.contains("1 order is past the day wanted by and not sent."), "{page}");
        let door = page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|to| to.contains("unsent_by"));
        let list = api.get(door.expect("the list behind the number")).await.text;
        assert!(list.contains(&number), "{list}");
        until_says(api, "/", "title=\"€44.97\"").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_show_only_what_their_reader_may_see() {
    on_each(async |api| {
        api.shop().await;
        api.post("/api/v1/orders", &order("1")).await.ok();
        until_says(api, "/reports", "€44.97 from 1 order.").await;
        let clerk = api.key(&[Permission::CatalogRead], None, None).await;
        let elsewhere = vec![ChannelId(waybill_domain::ids::Id(7))];
        let stranger = api.key(&[Permission::OrdersRead], Some(elsewhere), None).await;
        for path in ["/", "/reports", "/reports/times", "/reports/promises", "/reports/holds", "/reports/items"] {
            let refused = api.with_secret(Some(&clerk)).get(path).await;
            match path {
                // Whoever may not see orders begins where there is something for them.
                "/" => assert_eq!(refused.header("location"), Some("/items")),
                _ => assert_eq!(refused.status, 403, "{path}"),
            }
            let page = api.with_secret(Some(&stranger)).get(path).await;
            assert_eq!(page.status, 200, "{path}");
            for seen in ["44.97", "MUG-1</td>", "W-1", "Web shop"] {
                assert!(!page.text.contains(seen), "{path} shows {seen}: {}", page.text);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_may_be_written_in_any_way() {
    on_each(async |api| {
        for path in [
            "/reports?from=2026-02-03&to=2026-01-01",
            "/reports?from=1900-01-01&to=2999-12-31",
            "/reports/items?from=1969-12-31&to=1970-01-02",
            "/reports/times?to=2999-12-31",
            "/reports/promises?from=&to=",
            "/reports?currency=zzzz",
        ] {
            let page = api.get(path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
        }
        let page = api.send("GET", "/reports", &[("cookie", "zone=Asia%2FKathmandu")], axum::body::Body::empty()).await;
        assert!(page.text.contains("days in Kathmandu time"));
        api.get("/reports?from=yesterday").await.problem(422, "request.invalid");
        api.get("/reports?csv=nothing").await.problem(404, "request.not_found");
    })
    .await;
}
