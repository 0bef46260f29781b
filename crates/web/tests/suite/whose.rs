//! Whose the work of a location is: claimed, handed over and let go of, by the API and by the floor's pages alike, and never
//! taken from somebody unseen.

use crate::common::{Api, hidden, on_each, order, page, send};
use serde_json::{Value, json};
use waybill_domain::actor::Permission;

/// An order that is released: its number and the id of its work.
async fn released(api: &Api, external_ref: &str) -> (String, String) {
    let placed = api.post("/api/v1/orders", &order(external_ref)).await.ok();
    let id = placed["id"].as_str().unwrap();
    let after = api.step(&format!("/api/v1/orders/{id}/release")).await.ok();
    let work = after["fulfillment_orders"][0]["id"].as_str().unwrap();
    (after["number"].as_str().unwrap().to_owned(), work.to_owned())
}

async fn whose(api: &Api, work: &str) -> Value {
    api.get(&format!("/api/v1/fulfillment-orders/{work}")).await.ok()["assignee"].clone()
}

/// Numbers in the queue that a query of the API names.
async fn queued(api: &Api, query: &str) -> Vec<String> {
    let queue = api.get(&format!("/api/v1/fulfillment-orders?{query}")).await.ok();
    let all = queue["data"].as_array().unwrap().iter();
    all.map(|work| work["order_number"].as_str().unwrap().to_owned()).collect()
}

/// Somebody who works on the floor, and the word that names them.
async fn picker(api: &Api) -> (Api, String) {
    let permissions = [Permission::OrdersRead, Permission::FulfillmentWrite];
    let someone = api.with_secret(Some(&api.key(&permissions, None, None).await));
    let word = hidden(&page(&someone, "/pick?location=all").await.text, "assignee").to_owned();
    (someone, word)
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_claimed_over_the_api_and_taken_over_only_by_name() {
    on_each(async |api| {
        api.shop().await;
        let ((number, work), (other, _)) = (released(api, "whose-1").await, released(api, "whose-2").await);
        let path = format!("/api/v1/fulfillment-orders/{work}/hand-over");
        assert_eq!(whose(api, &work).await, Value::Null);
        let claimed = api.post(&path, &json!({"assignee": "usr_ada"})).await.ok();
        assert_eq!((&claimed["id"], &claimed["assignee"]), (&json!(work), &json!("usr_ada")));
        let shown = api.get(&format!("/api/v1/orders/{number}")).await.ok();
        assert_eq!(shown["fulfillment_orders"][0]["assignee"], "usr_ada");

        let refused = api.post(&path, &json!({"assignee": "usr_ben"})).await;
        let problem = refused.problem(409, "fulfillment.assignee_changed");
        let facts = json!({"fulfillment_order_id": work, "expected": null, "found": "usr_ada"});
        assert_eq!((&problem["facts"], &problem["retry"]), (&facts, &json!("after_change")));
        assert_eq!(whose(api, &work).await, "usr_ada");
        api.post(&path, &json!({"assignee": "usr_ben", "from": "usr_ada"})).await.ok();
        assert_eq!(whose(api, &work).await, "usr_ben");

        assert_eq!(queued(api, "assignee=usr_ben").await, std::slice::from_ref(&number));
        assert!(queued(api, "assignee=usr_ada").await.is_empty());
        assert!(queued(api, "").await.contains(&other));

        api.post(&path, &json!({"from": "usr_ben"})).await.ok();
        assert_eq!(whose(api, &work).await, Value::Null);
        for (body, at) in [(json!({"assignee": "Ada Example"}), "assignee"), (json!({"from": "a b"}), "from")] {
            let problem = api.post(&path, &body).await.problem(422, "request.invalid");
            assert_eq!(problem["problems"][0]["path"], at);
        }
        let log = api.get("/api/v1/events?kind=fulfillment_order.handed_over").await.ok();
        let payloads: Vec<Value> = log["data"].as_array().unwrap().iter().map(|one| one["payload"].clone()).collect();
        let steps: Vec<_> = payloads.iter().map(|one| (one["from"].as_str(), one["assignee"].as_str())).collect();
        assert_eq!(
            steps,
            [(None, Some("usr_ada")), (Some("usr_ada"), Some("usr_ben")), (Some("usr_ben"), None)],
            "{log}"
        );

        for step in ["pick", "pack", "ship"] {
            api.step(&format!("/api/v1/fulfillment-orders/{work}/{step}")).await.ok();
        }
        api.post(&path, &json!({"assignee": "usr_ada"})).await.problem(409, "fulfillment.not_open");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_reach_for_the_same_work_one_is_told_and_may_take_it_over() {
    on_each(async |api| {
        api.shop().await;
        let (number, work) = released(api, "whose-3").await;
        let ((ada, ada_is), (ben, ben_is)) = (picker(api).await, picker(api).await);
        assert_ne!(ada_is, ben_is);
        let path = format!("/pick/{work}/hand-over");
        // Both look at the same queue.
        let claim = [("key", "w-1"), ("assignee", ada_is.as_str()), ("next", "/pick?whose=mine")];
        let taken = send(&ada, &path, &claim).await;
        assert_eq!(
            (taken.status.as_u16(), taken.header("location")),
            (303, Some("/pick?whose=mine")),
            "{}",
            taken.text
        );
        // A double click is one claim.
        assert_eq!(send(&ada, &path, &claim).await.status, 303);
        let late = send(&ben, &path, &[("key", "w-2"), ("assignee", &ben_is), ("next", "/pick")]).await;
        assert_eq!(late.status, 409, "{}", late.text);
        assert!(late.text.contains("This changed while you looked."), "{}", late.text);
        assert_eq!(whose(api, &work).await, json!(ada_is));
        // What was asked for is still chosen, and who has it now is named: sent again, it is taken over.
        assert_eq!(hidden(&late.text, "from"), ada_is);
        assert!(late.text.contains(&format!("<option value=\"{ben_is}\" selected>")), "{}", late.text);
        let fields = [("key", "w-3"), ("from", hidden(&late.text, "from")), ("assignee", &ben_is), ("next", "/pick")];
        assert_eq!(send(&ben, &path, &fields).await.status, 303);
        assert_eq!(whose(api, &work).await, json!(ben_is));
        let told = page(api, &format!("/orders/{number}")).await.text;
        let named = |word: &str| word.replace('_', " ");
        assert!(told.contains(&format!("Work goes from {} to {}", named(&ada_is), named(&ben_is))), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_floor_shows_whose_work_is_and_lets_a_colleague_help() {
    on_each(async |api| {
        api.shop().await;
        let ((first, work), (second, _)) = (released(api, "whose-4").await, released(api, "whose-5").await);
        let ((ada, ada_is), (ben, _)) = (picker(api).await, picker(api).await);
        let path = format!("/pick/{work}/hand-over");
        assert!(page(&ada, "/pick?whose=mine").await.text.contains("Nothing of yours to pick"));
        assert_eq!(send(&ada, &path, &[("key", "m-1"), ("assignee", &ada_is)]).await.status, 303);
        let mine = page(&ada, "/pick?whose=mine").await.text;
        assert!(mine.contains(&first) && !mine.contains(&second), "{mine}");
        assert!(mine.contains(">you</a>") && !page(&ben, "/pick?whose=mine").await.text.contains(&first));
        // An order that is scanned is found, whoever has it.
        let opened = ben.get(&format!("/pick?whose=mine&order={first}")).await;
        assert_eq!(opened.header("location"), Some(format!("/pick/{work}").as_str()));

        let words = format!("{} has this work.", ada_is.replace('_', " "));
        for start in ["pick", "pack"] {
            let theirs = page(&ben, &format!("/{start}/{work}")).await.text;
            assert!(theirs.contains(&words) && theirs.contains("take it over"), "{theirs}");
            assert!(!page(&ada, &format!("/{start}/{work}")).await.text.contains("has this work."));
        }
        assert!(page(api, "/board").await.text.contains(&ada_is.replace('_', " ")), "the card says so");
        assert!(page(api, &format!("/board/move?card={work}&to=picking")).await.text.contains(&words));
        // Said, not prevented.
        assert_eq!(send(&ben, &format!("/pick/{work}/all"), &[("key", "m-2")]).await.status, 303);
        assert_eq!(whose(api, &work).await, json!(ada_is));
        assert!(page(&ada, "/pack?whose=mine").await.text.contains(&first));

        // Whoever has it is offered to let go of it, and others by name.
        let dialog = page(&ada, &path).await.text;
        assert!(dialog.contains("<option value=\"\" selected>nobody in particular</option>"), "{dialog}");
        assert!(dialog.contains("<option value=\"warehouse\">warehouse</option>"), "{dialog}");
        let fields = [("key", "m-3"), ("from", ada_is.as_str()), ("assignee", "warehouse"), ("next", "//evil.example")];
        let handed = send(&ada, &path, &fields).await;
        assert_eq!(handed.header("location"), Some(format!("/pick/{work}").as_str()), "{}", handed.text);
        assert!(!page(&ben, &format!("/pack/{work}")).await.text.contains("has this work."), "a queue is everybody's");
        let refused = send(&ada, &path, &[("key", "m-4"), ("from", "warehouse"), ("assignee", "Ada Example")]).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert_eq!(whose(api, &work).await, "warehouse");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_is_handed_over_by_those_who_may_pick_it() {
    on_each(async |api| {
        api.shop().await;
        let (_, work) = released(api, "whose-6").await;
        let reader = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        let both = [Permission::OrdersRead, Permission::FulfillmentWrite];
        let foreign = api.with_secret(Some(&api.key(&both, None, Some(Vec::new())).await));
        let path = format!("/pick/{work}/hand-over");
        let queue = page(&reader, "/pick?location=all").await.text;
        assert!(!queue.contains("Take it") && !queue.contains("/hand-over"), "{queue}");
        assert!(!page(&reader, &format!("/pick/{work}")).await.text.contains("/hand-over"));
        assert_eq!(send(&reader, &path, &[("key", "p-1"), ("assignee", "ada")]).await.status, 403);
        assert_eq!(send(&foreign, &path, &[("key", "p-2"), ("assignee", "ada")]).await.status, 404);
        assert_eq!(page(&foreign, &path).await.status, 404);
        let path = format!("/api/v1/fulfillment-orders/{work}/hand-over");
        reader.post(&path, &json!({"assignee": "ada"})).await.problem(403, "system.not_permitted");
        foreign.post(&path, &json!({"assignee": "ada"})).await.problem(404, "fulfillment.unknown");
        assert_eq!(whose(api, &work).await, Value::Null);
    })
    .await;
}
