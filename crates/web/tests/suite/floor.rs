//! The floor's pages: what is booked by a form is what the API books, once, and what is refused changes nothing.

use crate::common::{Answer, Api, on_each, order};
use axum::body::Body;
use serde_json::{Value, json};
use waybill_domain::actor::Permission;

/// Posts a form as a browser does.
async fn post(api: &Api, path: &str, fields: &[(&str, &str)]) -> Answer {
    post_with(api, path, &[], fields).await
}

async fn post_with(api: &Api, path: &str, headers: &[(&str, &str)], fields: &[(&str, &str)]) -> Answer {
    let plain = |text: &str| -> String {
        text.bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect()
    };
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", plain(name), plain(value))).collect();
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend_from_slice(headers);
    api.send("POST", path, &all, Body::from(body.join("&"))).await
}

/// An order of `quantity` mugs that is released; its number and the id of the work.
async fn released(api: &Api, external_ref: &str, quantity: i64) -> (String, String) {
    let mut body = order(external_ref);
    body["lines"][0]["quantity"] = quantity.into();
    let placed = api.post("/api/v1/orders", &body).await.ok();
    let id = placed["id"].as_str().expect("an id").to_owned();
    let after = api.step(&format!("/api/v1/orders/{id}/release")).await.ok();
    let number = after["number"].as_str().expect("a number").to_owned();
    (number.clone(), work_of(api, &number).await["id"].as_str().expect("an id").to_owned())
}

async fn work_of(api: &Api, number: &str) -> Value {
    let queue = api.get("/api/v1/fulfillment-orders").await.ok();
    let all = queue["data"].as_array().expect("a list").clone();
    all.into_iter().find(|work| work["order_number"] == number).expect("the order is worked on")
}

/// Allocated, picked, packed and shipped units of the only line.
async fn units(api: &Api, work: &str) -> [i64; 4] {
    let work = api.get(&format!("/api/v1/fulfillment-orders/{work}")).await.ok();
    ["allocated", "picked", "packed", "shipped"].map(|state| work["lines"][0][state].as_i64().expect("a number"))
}

async fn page(api: &Api, path: &str) -> String {
    let answer = api.send("GET", path, &[("accept", "text/html")], Body::empty()).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert!(answer.text.starts_with("<!doctype html>"), "{path}");
    answer.text
}

#[tokio::test]
async fn forms_pick_pack_and_ship_as_the_api_does() {
    on_each(async |api| {
        api.shop().await;
        let (number, work) = released(api, "floor-1", 3).await;
        assert!(page(api, "/pick").await.contains(&number));
        let picking = page(api, &format!("/pick/{work}")).await;
        assert!(picking.contains("MUG-1") && picking.contains("A mug"), "{picking}");

        let fields = [("key", "k-1"), ("line", "1"), ("lot", ""), ("quantity", "2")];
        let picked = post(api, &format!("/pick/{work}"), &fields).await;
        assert_eq!(picked.status, 303, "{}", picked.text);
        assert_eq!(picked.header("location"), Some(format!("/pick/{work}").as_str()));
        assert!(picked.header("set-cookie").is_some_and(|cookie| cookie.starts_with("said=")));
        assert_eq!(units(api, &work).await, [1, 2, 0, 0]);
        // The same form once more, as a double click or a scan that is sent again, is the same act.
        assert_eq!(post(api, &format!("/pick/{work}"), &fields).await.status, 303);
        assert_eq!(units(api, &work).await, [1, 2, 0, 0]);
        assert_eq!(post(api, &format!("/pick/{work}/all"), &[("key", "k-2")]).await.status, 303);
        assert_eq!(units(api, &work).await, [0, 3, 0, 0]);

        assert!(page(api, "/pack").await.contains(&number));
        assert!(page(api, &format!("/pack/{work}")).await.contains("Ada Example"));
        let fields = [("key", "k-3"), ("quantity.1", "2"), ("weight_kg", "1.25")];
        let packed = post_with(api, &format!("/pack/{work}"), &[("x-part", "scan")], &fields).await;
        assert_eq!((packed.status.as_u16(), packed.header("set-cookie")), (204, None), "{}", packed.text);
        assert_eq!(post(api, &format!("/pack/{work}"), &[("key", "k-4"), ("quantity.1", "1")]).await.status, 303);
        assert_eq!(units(api, &work).await, [0, 0, 3, 0]);

        let waiting = page(api, "/ship").await;
        assert!(waiting.contains(&format!("value=\"{work}/1\"")), "{waiting}");
        // Without a script the order that is scanned is looked for by the server.
        let of_order = page(api, &format!("/ship?order={}", number.to_lowercase())).await;
        assert!(of_order.contains(&format!("value=\"{work}/1\"")), "{of_order}");
        assert!(page(api, "/ship?order=TRK123").await.contains("No parcel of TRK123 waits"));
        let (first, tracking) = (format!("{work}/1"), format!("tracking.{work}/1"));
        let fields = [("key", "k-5"), ("carrier", "An Post"), ("parcel", &first), (&tracking, "TR-1")];
        let shipped = post(api, "/ship", &fields).await;
        assert_eq!(shipped.status, 303, "{}", shipped.text);
        assert_eq!(units(api, &work).await, [0, 0, 1, 2]);
        let parcels = api.get(&format!("/api/v1/fulfillment-orders/{work}")).await.ok()["parcels"].clone();
        assert_eq!((&parcels[0]["tracking_number"], &parcels[0]["weight_g"]), (&json!("TR-1"), &json!(1250)));
        assert_eq!((&parcels[0]["state"], &parcels[1]["state"]), (&json!("shipped"), &json!("packed")));
    })
    .await;
}

#[tokio::test]
async fn a_refused_form_shows_why_and_changes_nothing() {
    on_each(async |api| {
        api.shop().await;
        let (_, work) = released(api, "floor-2", 2).await;
        let path = format!("/pick/{work}");
        let fields = [("key", "r-1"), ("line", "1"), ("quantity", "9")];
        let refused = post(api, &path, &fields).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert!(refused.text.contains("are to be picked") && refused.text.contains("value=\"9\""), "{}", refused.text);
        // The script is told the same as a program.
        post_with(api, &path, &[("x-part", "scan")], &fields).await.problem(409, "fulfillment.exceeds_allocated");
        for (path, fields, words) in [
            (path.clone(), vec![("line", "1"), ("quantity", "1.5")], "a whole number"),
            (path.clone(), vec![("line", "7"), ("quantity", "1")], "not part of the work"),
            (path.clone(), vec![("line", "1")], "needed"),
            (format!("{path}/short"), vec![("line", "1"), ("quantity", "1"), ("reason", "bored")], "missing, damaged"),
            (format!("/pack/{work}"), vec![("quantity.1", "0")], "The parcel is empty"),
            (format!("/pack/{work}"), vec![("quantity.1", "1")], "are picked"),
            (format!("/pack/{work}"), vec![("quantity.1", "1"), ("weight_kg", "heavy")], "a number above 0"),
            ("/ship".to_owned(), vec![("carrier", "An Post")], "No parcel is chosen"),
            ("/ship".to_owned(), vec![("parcel", "nonsense")], "names no parcel"),
        ] {
            let answer = post(api, &path, &fields).await;
            assert!(answer.status.is_client_error(), "{path} {fields:?}: {}", answer.status);
            assert!(answer.text.contains(words), "{path} {fields:?}: {}", answer.text);
        }
        assert_eq!(units(api, &work).await, [2, 0, 0, 0]);
        assert_eq!(api.get("/pick/ful_nonsense").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn what_is_short_is_booked_with_what_was_picked_before() {
    on_each(async |api| {
        api.shop().await;
        let (number, work) = released(api, "floor-3", 5).await;
        let fields = [("key", "s-1"), ("line", "1"), ("picked", "3"), ("quantity", "2"), ("reason", "damaged")];
        assert_eq!(post(api, &format!("/pick/{work}/short"), &fields).await.status, 303);
        assert_eq!(units(api, &work).await, [0, 3, 0, 0]);
        let order = api.get(&format!("/api/v1/orders/{number}")).await.ok();
        // The other location has mugs, so two are allocated again.
        assert_eq!((&order["lines"][0]["allocated"], &order["lines"][0]["picked"]), (&json!(2), &json!(3)), "{order}");
        let levels = api.get("/api/v1/stock/levels?sku=MUG-1").await.ok();
        let damaged: i64 =
            levels["data"].as_array().unwrap().iter().filter_map(|level| level["damaged"].as_i64()).sum();
        assert_eq!(damaged, 2, "{levels}");
    })
    .await;
}

#[tokio::test]
async fn one_of_several_parcels_that_may_not_leave_stays_and_says_why() {
    on_each(async |api| {
        api.shop().await;
        let mut names = Vec::new();
        for reference in ["floor-4", "floor-5"] {
            let (number, work) = released(api, reference, 1).await;
            post(api, &format!("/pick/{work}/all"), &[]).await;
            assert_eq!(post(api, &format!("/pack/{work}"), &[("quantity.1", "1")]).await.status, 303);
            names.push((number, work));
        }
        let (held, free) = (&names[0], &names[1]);
        let body = json!({"reason": "look_again", "steps": ["ship"]});
        let path = format!("/api/v1/orders/{}/holds", held.0);
        api.post(&path, &body).await.ok();
        let (one, two) = (format!("{}/1", held.1), format!("{}/1", free.1));
        let fields = [("key", "p-1"), ("parcel", one.as_str()), ("parcel", two.as_str())];
        for _ in 0..2 {
            let answer = post(api, "/ship", &fields).await;
            assert_eq!(answer.status, 409, "{}", answer.text);
            assert!(answer.text.contains("1 parcel shipped; the others are still here."), "{}", answer.text);
            assert!(answer.text.contains(&format!("{}: ", held.0)), "{}", answer.text);
        }
        assert_eq!((units(api, &held.1).await, units(api, &free.1).await), ([0, 0, 1, 0], [0, 0, 0, 1]));
        assert!(page(api, "/ship").await.contains("Held by hand"));
    })
    .await;
}

#[tokio::test]
async fn hostile_text_is_text_on_every_page_and_slips_name_no_price() {
    on_each(async |api| {
        api.shop().await;
        let hostile = "<script>alert(1)</script>";
        api.put("/api/v1/items/MUG-1", &json!({"name": hostile, "gtin": "4006381333931"})).await.ok();
        let mut body = order("floor-6");
        body["customer"]["name"] = hostile.into();
        body["ship_to"]["line1"] = hostile.into();
        body["instructions"] = hostile.into();
        body["lines"][0]["quantity"] = 140.into();
        let number = api.post("/api/v1/orders", &body).await.ok()["number"].as_str().unwrap().to_owned();
        api.step(&format!("/api/v1/orders/{number}/release")).await.ok();
        let work = work_of(api, &number).await["id"].as_str().unwrap().to_owned();
        let list = page(api, &format!("/pick/{work}/list")).await;
        assert!(list.contains("class=\"barcode\"") && list.contains("4006381333931"), "{list}");
        post(api, &format!("/pick/{work}/all"), &[]).await;
        assert_eq!(post(api, &format!("/pack/{work}"), &[("quantity.1", "1")]).await.status, 303);
        let slip = page(api, &format!("/pack/{work}/slip?parcel=1")).await;
        assert!(slip.contains("Still to come") && slip.contains("D01 F5P2"), "{slip}");
        assert!(!slip.contains("19.99") && !slip.contains("4.99") && !list.contains("19.99"));
        let paths =
            ["pick", "pick/ID", "pick/ID/list", "pack", "pack/ID", "pack/ID/slip", "ship", "backorders", "board"];
        for path in paths {
            let text = page(api, &format!("/{}", path.replace("ID", &work))).await;
            assert!(!text.contains(hostile), "{path} lets text be HTML");
        }
        assert!(list.contains("&#60;script&#62;"), "the list does not show it");
        for path in [format!("/pack/{work}"), "/backorders".to_owned()] {
            assert!(page(api, &path).await.contains("&#60;script&#62;"), "{path} does not show it");
        }
    })
    .await;
}

#[tokio::test]
async fn a_scan_of_something_else_is_told_what_it_is_and_whose() {
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/items/MUG-1", &json!({"name": "A mug", "gtin": "4006381333931"})).await.ok();
        let (number, work) = released(api, "floor-7", 2).await;
        let location = work_of(api, &number).await["location"].as_str().unwrap().to_owned();
        let known = json!({"sku": "MUG-1", "name": "A mug", "wanted_by": [number]});
        assert_eq!(api.get("/scan?code=MUG-1").await.ok(), known);
        let by_gtin = format!("/scan?code=x&gtin=04006381333931&location={location}");
        assert_eq!(api.get(&by_gtin).await.ok(), known);
        let elsewhere = if location == "DUB" { "ORK" } else { "DUB" };
        let answer = api.get(&format!("/scan?code=MUG-1&location={elsewhere}")).await.ok();
        assert_eq!(answer["wanted_by"], json!([]));
        assert_eq!(api.get("/scan?code=4006381333931").await.ok(), Value::Null);
        // An order number that is scanned opens its work.
        let opened = api.get(&format!("/pick?order={number}")).await;
        assert_eq!(opened.header("location"), Some(format!("/pick/{work}").as_str()));
        assert!(page(api, "/pick?order=W-1").await.contains("is not waiting here"));
    })
    .await;
}

#[tokio::test]
async fn the_location_is_kept_and_hides_the_work_of_others() {
    on_each(async |api| {
        api.shop().await;
        let (number, _) = released(api, "floor-8", 1).await;
        let location = work_of(api, &number).await["location"].as_str().unwrap().to_owned();
        let elsewhere = if location == "DUB" { "ORK" } else { "DUB" };
        let chosen = api.get(&format!("/pick?location={elsewhere}")).await;
        let cookie = chosen.header("set-cookie").expect("it is kept").split(';').next().unwrap().to_owned();
        assert!(!chosen.text.contains(&number));
        let kept = api.send("GET", "/pick", &[("cookie", &cookie)], Body::empty()).await;
        assert!(kept.text.contains(&format!("Nothing to pick at {elsewhere}")), "{}", kept.text);
        let all = api.send("GET", "/pick?location=all", &[("cookie", &cookie)], Body::empty()).await;
        assert!(all.text.contains(&number));
    })
    .await;
}

#[tokio::test]
async fn pages_are_for_those_who_may() {
    on_each(async |api| {
        api.shop().await;
        let (number, work) = released(api, "floor-9", 1).await;
        let placed = api.get(&format!("/api/v1/orders/{number}")).await.ok()["id"].as_str().unwrap().to_owned();
        let catalog = api.key(&[Permission::CatalogRead], None, None).await;
        let reader = api.key(&[Permission::OrdersRead], None, None).await;
        let picker = api.key(&[Permission::FulfillmentWrite], None, None).await;
        let foreign = api.key(&[Permission::OrdersRead, Permission::FulfillmentWrite], None, Some(Vec::new())).await;
        let [catalog, reader, picker, foreign] =
            [catalog, reader, picker, foreign].map(|secret| api.with_secret(Some(&secret)));
        let work_paths = ["", "/list"].map(|end| format!("/pick/{work}{end}"));
        for path in ["/pick", "/pack", "/ship", "/scan?code=MUG-1", "/backorders", "/board"]
            .map(str::to_owned)
            .iter()
            .chain(&work_paths)
        {
            assert_eq!(catalog.get(path).await.status, 403, "{path} without the permission");
            assert_eq!(reader.get(path).await.status, 200, "{path} for a reader");
        }
        for path in ["/pick", "/pack", "/ship"] {
            assert_eq!(picker.get(path).await.status, 200, "{path} for a picker");
            assert!(!foreign.get(path).await.text.contains(&number), "{path} from a foreign location");
        }
        assert!(!reader.get(&format!("/pick/{work}")).await.text.contains("<form"), "a reader has nothing to post");
        for (path, fields) in [
            (format!("/pick/{work}"), vec![("line", "1"), ("quantity", "1")]),
            (format!("/pick/{work}/all"), vec![]),
            ("/board/move".to_owned(), vec![("card", work.as_str()), ("to", "picking")]),
        ] {
            assert_eq!(post(&reader, &path, &fields).await.status, 403, "{path} by a reader");
            assert_eq!(post(&foreign, &path, &fields).await.status, 404, "{path} from a foreign location");
        }
        assert_eq!(foreign.get(&format!("/pack/{work}/slip")).await.status, 404);
        assert_eq!(reader.get(&format!("/board/move?card={placed}&to=released")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_card_moves_by_the_same_command_or_says_why_not() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("floor-10")).await.ok();
        let (id, number) = (placed["id"].as_str().unwrap(), placed["number"].as_str().unwrap());
        let ask = async |card: &str, to: &str| page(api, &format!("/board/move?card={card}&to={to}")).await;
        let go = async |card: &str, to: &str, key: &str| {
            post(api, "/board/move", &[("key", key), ("card", card), ("to", to)]).await
        };
        assert!(page(api, "/board").await.contains(number));
        assert!(ask(id, "packed").await.contains("One step at a time"));
        assert!(ask(id, "placed").await.contains("A step is not taken back here"));
        let hold = json!({"reason": "look_again", "steps": ["release"]});
        let held = api.post(&format!("/api/v1/orders/{id}/holds"), &hold).await.ok();
        assert!(ask(id, "released").await.contains("Held: held by hand. Blocks release."));
        let refused = go(id, "released", "b-1").await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        let hold = held["holds"][0]["id"].as_str().unwrap();
        api.step(&format!("/api/v1/orders/{id}/holds/{hold}/release")).await.ok();

        assert_eq!(go(id, "released", "b-2").await.status, 303);
        let work = work_of(api, number).await["id"].as_str().unwrap().to_owned();
        assert!(ask(&work, "picking").await.contains("Units to pick"));
        assert_eq!(go(&work, "picking", "b-3").await.status, 303);
        assert_eq!(units(api, &work).await, [0, 2, 0, 0]);
        assert_eq!(go(&work, "packed", "b-4").await.status, 303);
        assert_eq!(units(api, &work).await, [0, 0, 2, 0]);
        assert_eq!(go(&work, "shipped", "b-5").await.status, 303);
        assert_eq!(units(api, &work).await, [0, 0, 0, 2]);
        assert!(go(&work, "shipped", "b-6").await.status.is_client_error());
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_stock_is_listed_by_item() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("floor-11");
        body["lines"][0]["quantity"] = 130.into();
        let number = api.post("/api/v1/orders", &body).await.ok()["number"].as_str().unwrap().to_owned();
        let text = page(api, "/backorders").await;
        // 100 mugs are there.
        assert!(text.contains(&number) && text.contains("<b>30</b> waiting in 1 line"), "{text}");
        assert!(!page(api, "/backorders?sku=CARD-1").await.contains(&number));
    })
    .await;
}
