//! What one can do in the console: said before it is done, done as the API does it, and done once.

use crate::common::{Api, hidden, on_each, order, page, send};
use axum::body::Body;
use serde_json::{Value, json};
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_store::read::overview;

/// Id and number of a new order.
async fn placed(api: &Api, reference: &str) -> (String, String) {
    let placed = api.post("/api/v1/orders", &order(reference)).await.ok();
    (placed["id"].as_str().unwrap().to_owned(), placed["number"].as_str().unwrap().to_owned())
}

async fn get(api: &Api, id: &str) -> Value {
    api.get(&format!("/api/v1/orders/{id}")).await.ok()
}

async fn position(api: &Api) -> i64 {
    overview::position(api.state.store()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_units_is_said_first_then_done_once() {
    on_each(async |api| {
        api.shop().await;
        let (id, number) = placed(api, "C-1").await;
        let path = format!("/orders/{number}/cancel-line/1");
        let dialog = page(api, &path).await;
        assert_eq!(dialog.status, 200, "{}", dialog.text);
        // Two mugs at 19.99 with 4.99 postage: all of it is given up where both go.
        for said in
            ["Cancel 2 of A mug?", "Keep the line", "Cancel 2 units", "€44.97", "Cancelled", "MUG-1 at DUB, available"]
        {
            assert!(dialog.text.contains(said), "{said}: {}", dialog.text);
        }
        let (key, version) = (hidden(&dialog.text, "key"), hidden(&dialog.text, "version"));
        let before = position(api).await;
        let look = [("version", version), ("quantity", "1"), ("reason", "customer_request"), ("preview", "yes")];
        let other = send(api, &path, &look).await;
        assert!(other.text.contains("Cancel 1 of A mug?") && other.text.contains("€24.98"), "{}", other.text);
        for (wrong, said) in [("3", "3 units were asked for"), ("0", "1 or more"), ("one", "1 or more")] {
            let refused =
                send(api, &path, &[("version", version), ("quantity", wrong), ("reason", "customer_request")]).await;
            assert!(refused.status.is_client_error(), "{wrong}: {}", refused.status);
            assert!(refused.text.contains(said) && refused.text.contains(&format!("value=\"{wrong}\"")), "{wrong}");
        }
        assert_eq!(position(api).await, before, "looking and being refused change nothing");

        let fields =
            [("key", key), ("version", version), ("quantity", "1"), ("reason", "customer_request"), ("refund", "yes")];
        for _ in 0..2 {
            let done = send(api, &path, &fields).await;
            assert_eq!(
                (done.status.as_u16(), done.header("location")),
                (303, Some(format!("/orders/{number}").as_str()))
            );
            let said = done.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
            let next = api.send("GET", &format!("/orders/{number}"), &[("cookie", &said)], Body::empty()).await;
            assert!(next.text.contains("Cancelled 1 unit of A mug"), "{said}");
            assert!(next.header("set-cookie").is_some_and(|cookie| cookie.starts_with("said=;")));
        }
        assert_eq!(get(api, &id).await["lines"][0]["cancelled"], 1, "two posts with one key are one act");

        // The API's twin comes to the same from the same beginning.
        let (twin, _) = placed(api, "C-2").await;
        api.post(&format!("/api/v1/orders/{twin}/lines/1/cancel"), &json!({"quantity": 1})).await.ok();
        let (here, there) = (get(api, &id).await, get(api, &twin).await);
        for field in ["lifecycle", "payment_status", "fulfillment_status", "totals", "version"] {
            assert_eq!(here[field], there[field], "{field}");
        }
    })
    .await;
}

/// Without a script the page speaks of what stood in the fields when it was made.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_into_a_page_that_showed_something_else_is_shown_before_it_is_done() {
    on_each(async |api| {
        api.shop().await;
        let (id, number) = placed(api, "U-1").await;
        let path = format!("/orders/{number}/cancel-line/1");
        let shown = page(api, &path).await.text;
        let before = position(api).await;
        let typed = |shown: &str| {
            let hidden = |name| hidden(shown, name).to_owned();
            [("key", hidden("key")), ("version", hidden("version")), ("shown", hidden("shown"))]
        };
        let asked = [("quantity", "1"), ("reason", "customer_request"), ("refund", "yes")];
        let all = |shown: &str| {
            let (around, mut fields) = (typed(shown), Vec::new());
            fields.extend(around.into_iter().chain(asked.map(|(name, value)| (name, value.to_owned()))));
            fields
        };
        let post = async |fields: Vec<(&str, String)>| {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            send(api, &path, &fields).await
        };
        let again = post(all(&shown)).await;
        assert_eq!((again.status.as_u16(), position(api).await), (200, before), "it named two units");
        for said in ["Nothing was done yet.", "Cancel 1 of A mug?", "Cancel 1 unit"] {
            assert!(again.text.contains(said), "{said}: {}", again.text);
        }
        assert_eq!(post(all(&again.text)).await.status, 303);
        assert_eq!(get(api, &id).await["lines"][0]["cancelled"], 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looked_at_what_has_changed_since_is_asked_again() {
    on_each(async |api| {
        api.shop().await;
        let (id, number) = placed(api, "S-1").await;
        let path = format!("/orders/{number}/cancel");
        let dialog = page(api, &path).await.text;
        let (key, version) = (hidden(&dialog, "key").to_owned(), hidden(&dialog, "version").to_owned());
        api.post(&format!("/api/v1/orders/{id}/holds"), &json!({"reason": "velocity"})).await.ok();
        let before = position(api).await;
        let fields = [("key", key.as_str()), ("version", &version), ("reason", "duplicate_order")];
        let again = send(api, &path, &fields).await;
        assert_eq!((again.status.as_u16(), position(api).await), (200, before));
        assert!(again.text.contains("This order changed while you looked"), "{}", again.text);
        assert!(again.text.contains("value=\"duplicate_order\" selected"), "nothing typed is lost");
        assert!(again.text.contains("Hold, held by hand"), "what it would do now: {}", again.text);
        let fields = [
            ("key", hidden(&again.text, "key")),
            ("version", hidden(&again.text, "version")),
            ("reason", "duplicate_order"),
        ];
        assert_eq!(send(api, &path, &fields).await.status, 303);
        assert_eq!(get(api, &id).await["lifecycle"], "cancelled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_holds_and_notes_go_through_the_same_door() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("M-1");
        body["payment"] = json!({"method": "terms"});
        let placed = api.post("/api/v1/orders", &body).await.ok();
        let (id, number) = (placed["id"].as_str().unwrap(), placed["number"].as_str().unwrap());
        let post = async |act: &str, fields: &[(&str, &str)]| {
            let answer = send(api, &format!("/orders/{number}/{act}"), fields).await;
            assert_eq!(answer.status, 303, "{act}: {}", answer.text);
        };
        assert!(page(api, &format!("/orders/{number}/pay")).await.text.contains("value=\"44.97\""), "all that is left");
        post("pay", &[("method", "transfer"), ("amount", "44.97"), ("reference", "S-2026")]).await;
        post("charge", &[("kind", "discount"), ("amount", "5.00"), ("label", "SORRY")]).await;
        assert!(page(api, &format!("/orders/{number}/refund")).await.text.contains("value=\"5.00\""), "what is over");
        post("refund", &[("amount", "5.00"), ("reason", "goodwill")]).await;
        let note = "@mei <b>she</b> may call";
        post("note", &[("text", note)]).await;
        post(
            "hold",
            &[
                ("kind", "fraud"),
                ("reason", "fraud_suspected"),
                ("step", "release"),
                ("step", "ship"),
                ("note", "see the <i>card</i>"),
            ],
        )
        .await;
        post("hand-over/1", &[("owner", "review")]).await;
        let now = get(api, id).await;
        assert_eq!(
            (now["totals"]["total_minor"].as_i64(), now["holds"][0]["owner"].as_str()),
            (Some(3_997), Some("review"))
        );
        assert_eq!(now["holds"][0]["steps"], json!(["release", "ship"]));
        let notes = api.get(&format!("/api/v1/orders/{id}/notes")).await.ok();
        assert_eq!(notes["data"][0]["text"], note);
        let shown = page(api, &format!("/orders/{number}")).await.text;
        assert!(
            shown.contains("@mei &lt;b&gt;she&lt;/b&gt; may call"),
            "the note, harmless, and nobody marked who is not there"
        );
        assert!(!shown.contains("<b>she</b>") && !shown.contains("<i>card</i>"));
        assert!(shown.contains("Hold handed to review"));
        // Who can look at it is offered by name: roles, and whoever does now, though it is none of them.
        let dialog = page(api, &format!("/orders/{number}/hand-over/1")).await.text;
        for one in
            [">nobody in particular</option>", "<option value=\"order_desk\">order desk</option>", "value=\"review\""]
        {
            assert!(dialog.contains(one), "{one}: {dialog}");
        }
        post("release-hold/1", &[("reason", "checked")]).await;
        post("release", &[]).await;
        assert_eq!(get(api, id).await["fulfillment_status"], "in_progress");
        // What the rules forbid now is said on its dialog and cannot be pressed.
        let dialog = page(api, &format!("/orders/{number}/release")).await.text;
        assert!(dialog.contains("Nothing of the order is allocated") && dialog.contains("aria-disabled"), "{dialog}");
        for nothing in [
            "/orders/{}/explode",
            "/orders/{}/cancel-line",
            "/orders/{}/cancel/1",
            "/orders/W-1/cancel",
            "/orders/{}/cancel-line/9",
            "/orders/{}/release-hold/9",
            "/orders/{}/capture/9",
        ] {
            assert_eq!(page(api, &nothing.replace("{}", number)).await.status, 404, "{nothing}");
        }
        let elsewhere =
            send(api, &format!("/orders/{number}/note"), &[("text", "x"), ("next", "//evil.example/holds")]).await;
        assert_eq!(elsewhere.header("location"), Some(format!("/orders/{number}").as_str()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_holds_shows_the_most_urgent_and_goes_on_to_the_next() {
    on_each(async |api| {
        api.shop().await;
        assert!(page(api, "/holds").await.text.contains("Nothing is held"));
        let mut numbers = Vec::new();
        for (reference, kind, due) in [
            ("H-1", "fraud", "2030-01-02T00:00:00Z"),
            ("H-2", "address", "2030-01-01T00:00:00Z"),
            ("H-3", "fraud", "2030-01-03T00:00:00Z"),
        ] {
            let (id, number) = placed(api, reference).await;
            let body = json!({"kind": kind, "reason": "velocity", "due_at": due});
            api.post(&format!("/api/v1/orders/{id}/holds"), &body).await.ok();
            numbers.push((id, number));
        }
        let queue = page(api, "/holds").await.text;
        let at = |number: &str| queue.find(&format!("<b>{number}</b>"));
        assert!(at(&numbers[1].1) < at(&numbers[0].1) && at(&numbers[0].1) < at(&numbers[2].1), "by kind, then by due");
        let first = format!("/orders/{}/release-hold/1?next=", numbers[1].1);
        assert!(queue.contains(&first), "the most urgent is the one looked at: {queue}");
        let chosen = page(api, &format!("/holds?hold={}-1", numbers[0].1)).await.text;
        assert!(chosen.contains(&format!("/orders/{}/release-hold/1?next=", numbers[0].1)));
        let next = format!("/holds?hold={}-1", numbers[2].1);
        let released =
            send(api, &format!("/orders/{}/release-hold/1", numbers[0].1), &[("next", &next), ("reason", "checked")])
                .await;
        assert_eq!(released.header("location"), Some(next.as_str()));
        assert!(page(api, "/holds?whose=mine").await.text.contains("None of these"));
        send(api, &format!("/orders/{}/hand-over/1", numbers[2].1), &[("owner", "owner")]).await;
        let mine = page(api, "/holds?whose=mine").await.text;
        assert!(
            mine.contains(&format!("<b>{}</b>", numbers[2].1)) && !mine.contains(&format!("<b>{}</b>", numbers[1].1))
        );
        let blind = api.with_secret(Some(&api.key(&[Permission::StockRead], None, None).await));
        assert_eq!(page(&blind, "/holds").await.status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_says_what_would_follow_from_its_release() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("H-DECLINED");
        body["payment"]["token"] = json!("sim_decline");
        let declined = api.post("/api/v1/orders", &body).await.ok();
        let (id, number) = (declined["id"].as_str().unwrap(), declined["number"].as_str().unwrap());
        assert_eq!(get(api, id).await["payment_status"], "failed");
        let would = |text: &str| {
            let table = text.split_once("class=\"effect\"").unwrap_or_else(|| panic!("no effects: {text}")).1;
            table.split_once("</table>").unwrap().0.to_owned()
        };
        let queue = would(&page(api, &format!("/holds?hold={number}-1")).await.text);
        assert!(queue.contains("If it is released"), "{queue}");
        let dialog = would(&page(api, &format!("/orders/{number}/release-hold/1")).await.text);
        for shown in [&queue, &dialog] {
            // The card stays declined, and nothing is confirmed by letting the hold go.
            for same in ["Lifecycle</th><td>Placed", "Payment</th><td>Failed", "Fulfillment</th><td>Unfulfilled"] {
                let row = shown.split_once(same).unwrap_or_else(|| panic!("{same}: {shown}")).1;
                assert!(row.split_once("</tr>").unwrap().0.contains("unchanged"), "{same}: {shown}");
            }
            assert!(shown.contains("active</td><td class=\"to\">released"), "{shown}");
        }
        let reader = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        let seen = page(&reader, &format!("/holds?hold={number}-1")).await.text;
        assert!(!seen.contains("If it is released"), "{seen}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_on_the_floor_leads_to_its_work() {
    on_each(async |api| {
        api.shop().await;
        let (id, number) = placed(api, "F-1").await;
        let next = async |api: &Api| {
            let text = page(api, &format!("/orders/{number}")).await.text;
            let acts = text.split_once("<div class=\"acts\">").unwrap().1.split_once("</div>").unwrap().0.to_owned();
            acts.split_once("<a class=\"btn primary\" href=\"")
                .map(|(_, rest)| rest.split_once("</a>").unwrap().0.to_owned())
        };
        assert!(next(api).await.unwrap().contains("data-ask>Release to the floor"));
        assert_eq!(send(api, &format!("/orders/{number}/release"), &[]).await.status, 303);
        let works = get(api, &id).await["fulfillment_orders"].clone();
        let work = works[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(next(api).await, Some(format!("/pick/{work}\">Pick")));
        let path = format!("/api/v1/fulfillment-orders/{work}");
        api.post(&format!("{path}/pick"), &json!({"picks": [{"line": 1, "quantity": 2}]})).await.ok();
        assert_eq!(next(api).await, Some(format!("/pack/{work}\">Pack")));
        api.post(&format!("{path}/pack"), &json!({})).await.ok();
        assert_eq!(next(api).await, Some(format!("/ship?work={work}\">Ship")));
        let ship = page(api, &format!("/ship?work={work}")).await;
        assert!(ship.status == 200 && ship.text.contains(&number), "{}", ship.text);
        let reader = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        assert_eq!(next(&reader).await, None, "only for those who may do it");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_brings_nothing_any_more_says_so() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("M-1");
        body["payment"] = json!({"method": "terms"});
        let placed = api.post("/api/v1/orders", &body).await.ok();
        let number = placed["number"].as_str().unwrap();
        let paid = async || {
            let text = page(api, &format!("/orders/{number}")).await.text;
            let payment = text.split_once("<b>Terms, €44.97</b>").unwrap_or_else(|| panic!("no terms: {text}")).1;
            payment.split_once("</section>").unwrap().0.to_owned()
        };
        let before = paid().await;
        assert!(!before.contains("still expected") && !before.contains("Not needed"), "{before}");
        let one = [("quantity", "1"), ("reason", "customer_request")];
        assert_eq!(send(api, &format!("/orders/{number}/cancel-line/1"), &one).await.status, 303);
        assert!(paid().await.contains("€24.98 still expected"), "{}", paid().await);
        assert_eq!(send(api, &format!("/orders/{number}/cancel"), &[("reason", "customer_request")]).await.status, 303);
        let after = paid().await;
        assert!(after.contains("Not needed any more") && !after.contains("still expected"), "{after}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_change_together_and_those_that_cannot_are_named_first() {
    on_each(async |api| {
        api.shop().await;
        let mut orders = Vec::new();
        for reference in ["B-1", "B-2", "B-3"] {
            orders.push(placed(api, reference).await);
        }
        api.post(&format!("/api/v1/orders/{}/holds", orders[1].0), &json!({"reason": "velocity"})).await.ok();
        let asked = orders.iter().map(|(_, number)| format!("order={number}")).collect::<Vec<_>>().join("&");
        let before = position(api).await;
        let dialog = page(api, &format!("/orders/bulk?act=release&back=/orders%3Fheld%3Dfalse&{asked}")).await.text;
        assert!(dialog.contains("Release 2 of 3 orders?") && dialog.contains("A hold blocks release."), "{dialog}");
        assert_eq!(position(api).await, before);
        let versions: Vec<_> = [0, 2].map(|n: usize| format!("version-{}", orders[n].1)).into();
        let fields = [
            ("key", hidden(&dialog, "key")),
            ("act", "release"),
            ("back", "/orders?held=false"),
            ("order", &orders[0].1),
            (&versions[0], hidden(&dialog, &versions[0])),
            ("order", &orders[2].1),
            (&versions[1], hidden(&dialog, &versions[1])),
        ];
        for _ in 0..2 {
            let done = send(api, "/orders/bulk", &fields).await;
            assert_eq!((done.status.as_u16(), done.header("location")), (303, Some("/orders?held=false")));
            assert!(done.header("set-cookie").unwrap().starts_with("said=Released%202%20orders"), "{:?}", done.headers);
        }
        let states: Vec<_> = [get(api, &orders[0].0).await, get(api, &orders[1].0).await, get(api, &orders[2].0).await]
            .iter()
            .map(|order| order["fulfillment_status"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(states, ["in_progress", "unfulfilled", "in_progress"]);
        assert_eq!(position(api).await, before + 2, "one event each, once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_are_held_or_cancelled_for_a_reason_that_somebody_gave() {
    on_each(async |api| {
        api.shop().await;
        for (act, reason) in [("hold", "fraud_suspected"), ("cancel", "duplicate_order")] {
            let (id, number) = placed(api, act).await;
            let dialog = page(api, &format!("/orders/bulk?act={act}&order={number}")).await.text;
            assert!(dialog.contains("<option value=\"\">Choose one</option>"), "{dialog}");
            let before = position(api).await;
            let fields = [("key", hidden(&dialog, "key")), ("act", act), ("order", &number)];
            for refused in [
                send(api, "/orders/bulk", &fields).await,
                send(api, "/orders/bulk", &[&fields[..], &[("reason", "")]].concat()).await,
                send(api, "/orders/bulk", &[&fields[..], &[("reason", "Not a word")]].concat()).await,
            ] {
                assert_eq!(refused.status, 422, "{act}");
                assert!(refused.text.contains("id=\"b-reason-e\""), "{}", refused.text);
                assert_eq!(hidden(&refused.text, "key"), fields[0].1, "a second try is the same act");
            }
            assert_eq!(position(api).await, before);
            let done = send(api, "/orders/bulk", &[&fields[..], &[("reason", reason)]].concat()).await;
            assert_eq!(done.status, 303, "{}", done.text);
            let timeline = api.get(&format!("/api/v1/orders/{id}/timeline")).await.ok();
            assert!(timeline.to_string().contains(reason), "{timeline}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_exported_as_it_is_filtered_and_no_cell_is_a_formula() {
    on_each(async |api| {
        api.shop().await;
        let mut evil = order("=HYPERLINK(\"http://evil\")");
        evil["customer"]["name"] = json!("@SUM(1,2)");
        api.post("/api/v1/orders", &evil).await.ok();
        let (_, other) = placed(api, "plain").await;
        let file = page(api, "/orders/export?format=csv").await;
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"orders.csv\""));
        let lines: Vec<&str> = file.text.split("\r\n").collect();
        assert!(lines[0].starts_with("Order,Placed (UTC),Channel,Their number,"), "{}", lines[0]);
        assert!(lines[1].starts_with(&format!("{other},")) && lines[1].contains(",EUR,44.97,"), "{}", lines[1]);
        assert!(
            lines[2].contains("\"'=HYPERLINK(\"\"http://evil\"\")\"") && lines[2].contains("\"'@SUM(1,2)\""),
            "{}",
            lines[2]
        );
        assert_eq!(lines.len(), 4, "two orders, a head, and nothing after the last line");
        // A browser takes it packed.
        let packed = axum::http::Request::builder().uri("/orders/export?format=csv").header("accept-encoding", "gzip");
        let packed = tower::ServiceExt::oneshot(api.router.clone(), packed.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let bytes = http_body_util::BodyExt::collect(packed.into_body()).await.unwrap().to_bytes();
        assert!(bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() > 100, "{bytes:?}");
        let none = page(api, "/orders/export?format=csv&lifecycle=completed").await.text;
        assert_eq!(none.lines().count(), 1);
        let request =
            axum::http::Request::builder().uri("/orders/export?format=xlsx&token=a1").body(Body::empty()).unwrap();
        let answer = tower::ServiceExt::oneshot(api.router.clone(), request).await.unwrap();
        assert_eq!(answer.headers()["set-cookie"], "exported=a1.2; Path=/; Max-Age=60; SameSite=Lax");
        let bytes = http_body_util::BodyExt::collect(answer.into_body()).await.unwrap().to_bytes();
        assert!(bytes.starts_with(b"PK") && bytes.len() > 1_000, "a packed file");
        assert_eq!(page(api, "/orders/export").await.status, 200);
        assert_eq!(page(api, "/orders/export?format=pdf").await.status, 400);
        let blind = api.with_secret(Some(&api.key(&[Permission::StockRead], None, None).await));
        assert_eq!(page(&blind, "/orders/export?format=csv").await.status, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_only_look_is_offered_nothing_and_does_nothing() {
    on_each(async |api| {
        api.shop().await;
        let (_, number) = placed(api, "P-1").await;
        let all: Vec<Permission> = Permission::ALL.to_vec();
        assert!(all.len() > 5);
        let reader = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        let shown = page(&reader, &format!("/orders/{number}")).await;
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert!(!shown.text.contains("data-ask") && !shown.text.contains("id=\"note\""), "nothing to do for a reader");
        let before = position(api).await;
        let refused = send(&reader, &format!("/orders/{number}/cancel"), &[("reason", "fraud")]).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert_eq!(position(api).await, before);
        assert!(
            page(&reader, &format!("/orders/{number}/cancel"))
                .await
                .text
                .contains("that takes the role Owner, Manager, Order desk or Support.")
        );
    })
    .await;
}
