//! The console's catalog, customers and settings: each act does what the API does, and a refusal changes nothing.

use crate::common::{Answer, Api, hidden, on_each, order, page, send as post};
use axum::body::Body;
use serde_json::json;
use waybill_domain::actor::Permission;

/// Sends a form with a file.
async fn upload(api: &Api, path: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Answer {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    if let Some((name, bytes)) = file {
        let head = "Content-Type: text/csv\r\n\r\n";
        body.extend(
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"items.csv\"\r\n{head}")
                .bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    api.send("POST", path, &[("content-type", "multipart/form-data; boundary=XX")], Body::from(body)).await
}

const HOSTILE: &str = "\"><script>alert(1)</script>";

#[tokio::test(flavor = "multi_thread")]
async fn items_are_created_changed_and_archived() {
    on_each(async |api| {
        api.shop().await;
        let fields = [
            ("key", "k-1"),
            ("sku", "JUG-1"),
            ("name", HOSTILE),
            ("gtin", "4006381333931"),
            ("supply", "stock"),
            ("unit", "each"),
            ("precision", "0"),
            ("weight_g", "350"),
        ];
        let created = post(api, "/items/new", &fields).await;
        assert_eq!(created.status.as_u16(), 303, "{}", created.text);
        let item = api.get("/api/v1/items/JUG-1").await.ok();
        assert_eq!(
            (&item["name"], &item["gtin"], &item["weight_g"]),
            (&json!(HOSTILE), &json!("4006381333931"), &json!(350))
        );
        for path in ["/items", "/items/JUG-1", "/stock", "/items/JUG-1/archive"] {
            let page = api.get(path).await;
            assert!(page.status.is_success() && !page.text.contains("<script>alert"), "{path}");
        }
        let twice = post(api, "/items/new", &[&fields[1..], &[("key", "k-2")]].concat()).await;
        assert!(twice.status.is_client_error() && twice.text.contains("with this SKU already"), "{}", twice.text);
        let wrong = [("name", ""), ("gtin", "4006381333930"), ("supply", "stock"), ("unit", "each"), ("weight_g", "x")];
        let wrong = post(api, "/items/JUG-1", &wrong).await;
        assert_eq!(wrong.status.as_u16(), 422);
        for part in ["3 things to mend", "value=\"4006381333930\"", "with the right check digit"] {
            assert!(wrong.text.contains(part), "{part} in {}", wrong.text);
        }
        let saved = [("name", "Jug"), ("supply", "stock"), ("unit", "each"), ("precision", "0"), ("key", "k-3")];
        assert_eq!(post(api, "/items/JUG-1", &saved).await.status.as_u16(), 303);
        assert_eq!(api.get("/api/v1/items/JUG-1").await.ok()["gtin"], json!(null));
        // Stock was booked: the rule is the engine's.
        let fixed = [("name", "A mug"), ("supply", "service"), ("unit", "each"), ("precision", "0"), ("key", "k-4")];
        let fixed = post(api, "/items/MUG-1", &fixed).await;
        assert!(fixed.status.is_client_error() && fixed.text.contains("supply"), "{}", fixed.text);
        assert_eq!(post(api, "/items/JUG-1/archive", &[("key", "k-5")]).await.status.as_u16(), 303);
        assert_eq!(api.get("/api/v1/items/JUG-1").await.ok()["archived"], true);
        let reader = api.with_secret(Some(&api.key(&[Permission::CatalogRead], None, None).await));
        assert!(reader.get("/items/MUG-1").await.status.is_success());
        for path in ["/items/MUG-1", "/items/MUG-1/archive", "/items/new"] {
            assert_eq!(post(&reader, path, &saved).await.status.as_u16(), 403, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_items_is_shown_before_it_is_carried_out() {
    on_each(async |api| {
        api.shop().await;
        let csv = "sku,name,weight_g,color\nNEW-1,New one,100,red\nMUG-1,A better mug,,blue\nCARD-1,A greeting,,\nBAD-1,,heavy,\nNEW-1,again,,\n";
        let shown = upload(api, "/items/import", &[], Some(("file", csv.as_bytes()))).await;
        assert!(shown.status.is_success(), "{}", shown.text);
        for part in [
            "name: A mug → A better mug", "NEW-1 stands in line 2 already.", "“heavy” is no whole number.",
            "left alone: color", "Import 2 items, leave out 2 rows",
        ] {
            assert!(shown.text.contains(part), "{part} in {}", shown.text);
        }
        api.get("/api/v1/items/NEW-1").await.problem(404, "request.not_found");
        for _ in 0..2 {
            let done = upload(api, "/items/import/run", &[("key", "k-1"), ("csv", csv)], None).await;
            assert!(done.status.is_success() && done.text.contains("id=\"result\""), "{}", done.text);
        }
        let item = api.get("/api/v1/items/NEW-1").await.ok();
        assert_eq!((&item["name"], &item["version"]), (&json!("New one"), &json!(1)), "carried out once");
        assert_eq!(api.get("/api/v1/items/MUG-1").await.ok()["name"], "A better mug");
        api.get("/api/v1/items/BAD-1").await.problem(404, "request.not_found");
        let reader = api.with_secret(Some(&api.key(&[Permission::CatalogRead], None, None).await));
        for path in ["/items/import", "/items/import/run"] {
            assert_eq!(upload(&reader, path, &[("csv", csv)], None).await.status.as_u16(), 403, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_imported_with_progress_and_one_more_is_refused() {
    on_each(async |api| {
        let rows = |count: usize| {
            let rows = (0..count).map(|n| format!("S-{n},Item {n}\n")).collect::<String>();
            format!("sku,name\n{rows}")
        };
        let shown = upload(api, "/items/import", &[], Some(("file", rows(10_000).as_bytes()))).await;
        assert!(shown.text.contains("Import 10,000 items"));
        let done = upload(api, "/items/import/run", &[("key", "k-1"), ("csv", &rows(10_000))], None).await;
        assert!(done.text.contains("<p>250 of 10,000 rows</p>") && done.text.contains("<p>10,000 of 10,000 rows</p>"));
        api.get("/api/v1/items/S-9999").await.ok();
        let more = upload(api, "/items/import", &[], Some(("file", rows(10_001).as_bytes()))).await;
        assert!(more.status.is_client_error() && more.text.contains("more than 10,000 rows"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_text_or_too_much_of_it_is_refused() {
    on_each(async |api| {
        for (bytes, says) in [
            (&b"PK\x03\x04\x14\0"[..], "Excel workbook"),
            (b"sku,name\nA,caf\xe9\n", "Line 2 is not UTF-8"),
            (b"sku,name\nA,B\0", "Is this a CSV file?"),
            (b"name\nMug\n", "sku is not among them"),
        ] {
            let answer = upload(api, "/items/import", &[], Some(("file", bytes))).await;
            assert_eq!(answer.status.as_u16(), 422);
            assert!(answer.text.contains(says), "{says} in {}", answer.text);
        }
        let large = vec![b'x'; (4 << 20) + 1];
        for size in [large.len(), 2 * large.len()] {
            let answer = upload(api, "/items/import", &[], Some(("file", &vec![b'x'; size]))).await;
            assert!(answer.status.is_client_error() && answer.text.contains("larger than 4 MB"), "{}", answer.text);
        }
        post(api, "/items/import", &[("csv", "sku\nA")]).await.problem(400, "request.malformed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_found_changed_and_archived() {
    on_each(async |api| {
        let fields =
            [("key", "k-1"), ("code", "C-1"), ("name", HOSTILE), ("email", "ada@example.org"), ("tier", "gold")];
        let created = post(api, "/customers/new", &fields).await;
        assert_eq!(
            (created.status.as_u16(), created.header("location")),
            (303, Some("/customers/C-1")),
            "{}",
            created.text
        );
        assert_eq!(api.get("/api/v1/customers/C-1").await.ok()["tier"], "gold");
        for path in ["/customers", "/customers/C-1", "/customers/C-1/change", "/customers?search=C-1"] {
            let page = api.get(path).await;
            assert!(
                page.text.contains("ada@example.org") && !page.text.contains("<script>alert"),
                "{path}: {}",
                page.text
            );
        }
        let changed = [("key", "k-2"), ("name", "Ada"), ("email", "ada@example.org"), ("tier", "silver")];
        assert_eq!(post(api, "/customers/C-1/change", &changed).await.status.as_u16(), 303);
        let customer = api.get("/api/v1/customers/C-1").await.ok();
        assert_eq!((&customer["name"], &customer["tier"]), (&json!("Ada"), &json!("silver")));
        let wrong = post(api, "/customers/C-1/change", &[("key", "k-3"), ("name", "Eve"), ("tier", "platinum")]).await;
        assert!(wrong.status.is_client_error() && wrong.text.contains("value=\"Eve\""), "{}", wrong.text);
        assert_eq!(api.get("/api/v1/customers/C-1").await.ok()["name"], "Ada");
        assert_eq!(post(api, "/customers/C-1/archive", &[("key", "k-4")]).await.status.as_u16(), 303);
        assert_eq!(api.get("/api/v1/customers/C-1").await.ok()["archived"], true);
        assert_eq!(api.get("/customers/NONE").await.status.as_u16(), 404);
        let reader = api.with_secret(Some(&api.key(&[Permission::CustomersRead], None, None).await));
        assert!(reader.get("/customers/C-1").await.status.is_success());
        assert_eq!(post(&reader, "/customers/C-1/change", &changed).await.status.as_u16(), 403);
        let stranger = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        assert_eq!(stranger.get("/customers").await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_and_locations_are_set_up() {
    on_each(async |api| {
        api.shop().await;
        let fields = [("key", "k-1"), ("code", "fair"), ("name", "Fairs"), ("auto_release", "yes")];
        assert_eq!(post(api, "/settings/channels/new", &fields).await.status.as_u16(), 303);
        let channel = api.get("/api/v1/channels/fair").await.ok();
        assert_eq!((&channel["auto_release"], &channel["ship_on_pending"]), (&json!(true), &json!(false)));
        assert_eq!(post(api, "/settings/channels/fair/archive", &[("key", "k-2")]).await.status.as_u16(), 303);
        let location = [
            ("key", "k-3"),
            ("code", "GAL"),
            ("name", "Galway"),
            ("country", "IE"),
            ("zone", "Europe/Dublin"),
            ("latitude", "53.2707"),
            ("longitude", "-9.0568"),
            ("preference", "2"),
        ];
        let created = post(api, "/settings/locations/new", &location).await;
        assert_eq!(created.status.as_u16(), 303, "{}", created.text);
        let view = api.get("/api/v1/locations/GAL").await.ok();
        assert_eq!(
            (&view["latitude"], &view["longitude"], &view["preference"]),
            (&json!(53.2707), &json!(-9.0568), &json!(2))
        );
        let wrong =
            [("name", "Galway"), ("country", "Ireland"), ("zone", "Galway"), ("latitude", "north"), ("key", "k-4")];
        let wrong = post(api, "/settings/locations/GAL", &wrong).await;
        assert!(wrong.status.is_client_error() && wrong.text.contains("value=\"north\""), "{}", wrong.text);
        let zone = [("name", "Galway"), ("country", "IE"), ("zone", "Mars/Base"), ("key", "k-5")];
        let zone = post(api, "/settings/locations/GAL", &zone).await;
        assert!(zone.text.contains("IANA time zone"), "{}", zone.text);
        assert_eq!(api.get("/api/v1/locations/GAL").await.ok()["zone"], "Europe/Dublin");
        assert!(api.get("/settings/locations").await.text.contains("Europe/Dublin, at 53.2707 -9.0568"));
        assert!(api.get("/settings/locations/GAL").await.text.contains("<option value=\"America/New_York\">"));
        let reader = api.with_secret(Some(&api.key(&[Permission::CatalogRead], None, None).await));
        assert!(reader.get("/settings/channels").await.status.is_success());
        for path in ["/settings/channels/new", "/settings/locations/new", "/settings/locations/GAL"] {
            assert_eq!(post(&reader, path, &location).await.status.as_u16(), 403, "{path}");
        }
        let stranger = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        assert_eq!(stranger.get("/settings").await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_changed_replayed_and_ended() {
    on_each(async |api| {
        api.shop().await;
        let fields = [
            ("key", "k-1"),
            ("name", "Books"),
            ("url", "https://hooks.example.com/in"),
            ("kinds", "order.*"),
            ("kinds", "payment.*"),
            ("more", "parcel.packed"),
            ("origins", "live"),
        ];
        let created = post(api, "/settings/webhooks/new", &fields).await;
        assert!(created.status.is_success() && created.text.contains("whsec_"), "{}", created.text);
        let again = post(api, "/settings/webhooks/new", &fields).await;
        assert!(!again.text.contains("whsec_"), "a secret is shown once");
        let list = api.get("/api/v1/webhook-endpoints").await.ok();
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        assert_eq!(list["data"][0]["kinds"], json!(["order.*", "parcel.packed", "payment.*"]));
        let path = format!("/settings/webhooks/{}", list["data"][0]["id"].as_str().unwrap());
        let state = async || api.get("/api/v1/webhook-endpoints").await.ok()["data"][0]["state"].clone();
        assert_eq!(post(api, &format!("{path}/disable"), &[("key", "k-2")]).await.status.as_u16(), 303);
        assert_eq!(state().await, "disabled");
        assert!(api.get(&path).await.text.contains("It was disabled by hand."));
        assert_eq!(post(api, &format!("{path}/enable"), &[("key", "k-3")]).await.status.as_u16(), 303);
        let rotated = post(api, &format!("{path}/rotate"), &[("key", "k-4"), ("hours", "1")]).await;
        assert!(rotated.text.contains("whsec_"), "{}", rotated.text);
        let replay = post(api, &format!("{path}/replay"), &[("key", "k-5"), ("what", "one"), ("position", "1")]).await;
        assert_eq!(replay.status.as_u16(), 303, "{}", replay.text);
        let wrong = [("key", "k-6"), ("name", ""), ("url", "ftp://x"), ("more", "order.eaten")];
        let wrong = post(api, &format!("{path}/change"), &wrong).await;
        assert!(wrong.status.is_client_error() && wrong.text.contains("no kind of event"), "{}", wrong.text);
        let renamed =
            [("key", "k-7"), ("name", "Ledger"), ("url", "https://hooks.example.com/in"), ("origins", "live")];
        assert_eq!(post(api, &format!("{path}/change"), &renamed).await.status.as_u16(), 303);
        let list = api.get("/api/v1/webhook-endpoints").await.ok();
        assert_eq!((&list["data"][0]["name"], &list["data"][0]["kinds"]), (&json!("Ledger"), &json!([])));
        assert_eq!(post(api, &format!("{path}/archive"), &[("key", "k-8")]).await.status.as_u16(), 303);
        assert_eq!(api.get(&format!("{path}/eat")).await.status.as_u16(), 404);
        let reader = api.with_secret(Some(&api.key(&[Permission::WebhooksRead], None, None).await));
        assert!(reader.get(&path).await.status.is_success());
        assert_eq!(post(&reader, &format!("{path}/enable"), &[("key", "k-9")]).await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_looks_as_it_says_and_a_bad_logo_is_refused() {
    on_each(async |api| {
        let logo = b"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path d=\"M0 0h8v8z\"/></svg>";
        let fields = [("key", "k-1"), ("shop", "Alder & <Finch>"), ("color", "#3f5f2c")];
        let saved = upload(api, "/settings/appearance", &fields, Some(("logo", logo))).await;
        assert_eq!(saved.status.as_u16(), 303, "{}", saved.text);
        let page = api.get("/stock").await.text;
        assert!(page.contains("Alder &#38; &#60;Finch&#62;") && page.contains("/assets/brand.css?v="), "{page}");
        let style = api.get("/assets/brand.css").await;
        assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
        assert!(style.text.contains("--brand: light-dark(#3f5f2c, "), "{}", style.text);
        let shown = api.get("/assets/brand/logo").await;
        assert_eq!((shown.header("content-type"), shown.text.as_bytes()), (Some("image/svg+xml"), &logo[..]));
        assert!(shown.header("content-security-policy").unwrap().contains("sandbox"));
        assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));

        // So do the pages for who is not signed in.
        let anybody = api.with_secret(None);
        for (path, status) in [("/setup", 200), ("/o/no-such-link", 404)] {
            let page = anybody.get(path).await;
            assert_eq!(page.status.as_u16(), status, "{path}");
            let named = page.text.matches("Alder &#38; &#60;Finch&#62;").count();
            assert_eq!(named, 2, "{path}, in its title and on it: {}", page.text);
            let parts = ["/assets/brand.css?v=", "/assets/brand/logo?v="];
            assert!(parts.iter().all(|part| page.text.contains(part)), "{path}: {}", page.text);
        }

        let active = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>";
        let refused = upload(api, "/settings/appearance", &fields[1..], Some(("logo", active))).await;
        assert!(refused.status.is_client_error() && refused.text.contains("onload"), "{}", refused.text);
        let pale = [("key", "k-2"), ("shop", "Alder"), ("color", "#ffd400")];
        let pale = upload(api, "/settings/appearance", &pale, None).await;
        assert!(pale.status.is_client_error() && pale.text.contains("text needs 4.5"), "{}", pale.text);
        assert!(pale.text.contains("value=\"#ffd400\""));
        assert!(api.get("/assets/brand.css").await.text.contains("#3f5f2c"), "nothing changed");
        // The logo stays unless it is taken away.
        let name = [("key", "k-3"), ("shop", "Alder"), ("without_logo", "yes")];
        assert_eq!(upload(api, "/settings/appearance", &name, None).await.status.as_u16(), 303);
        api.get("/assets/brand/logo").await.problem(404, "request.not_found");
        assert_eq!(api.get("/assets/brand.css").await.text, "");
        let stranger = api.with_secret(Some(&api.key(&[Permission::CatalogRead], None, None).await));
        assert_eq!(stranger.get("/settings/appearance").await.status.as_u16(), 403);
        assert_eq!(upload(&stranger, "/settings/appearance", &name, None).await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_chooses_the_reasons_that_its_people_choose_from() {
    on_each(async |api| {
        let page = api.get("/settings/reasons").await.text;
        assert!(page.contains("Customer request\nOut of stock"), "{page}");
        let fields =
            [("key", "k-1"), ("cancel", "Found cheaper\r\n\r\n other \r\n"), ("refund", "late\nToo late!\nLate")];
        let wrong = post(api, "/settings/reasons", &fields).await;
        assert!(wrong.status.is_client_error(), "{}", wrong.text);
        assert!(wrong.text.contains("“Too late!” must be 1 to 64 letters"), "{}", wrong.text);
        assert!(wrong.text.contains("“Late” is there twice"), "{}", wrong.text);
        assert!(wrong.text.contains("Found cheaper"), "what was typed stays");
        let saved = post(api, "/settings/reasons", &fields[..2]).await;
        assert_eq!(saved.status.as_u16(), 303, "{}", saved.text);
        let page = api.get("/settings/reasons").await.text;
        assert!(page.contains("Found cheaper\nOther<") && page.contains("Goodwill\nLate"), "{page}");
        // Dialogs offer them, one order's and those for many.
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("r-1")).await.ok();
        let order = placed["number"].as_str().unwrap();
        for path in [format!("/orders/{order}/cancel"), format!("/orders/bulk?act=cancel&order={order}")] {
            let page = api.get(&path).await.text;
            assert!(page.contains("found_cheaper") && !page.contains("customer_request"), "{path}: {page}");
        }
        let stranger = api.with_secret(Some(&api.key(&[Permission::CatalogRead], None, None).await));
        assert_eq!(stranger.get("/settings/reasons").await.status.as_u16(), 403);
        assert_eq!(post(&stranger, "/settings/reasons", &fields[..2]).await.status.as_u16(), 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_page_has_what_is_owed_and_what_was_written() {
    on_each(async |api| {
        api.shop().await;
        post(api, "/customers/new", &[("key", "k-1"), ("code", "C-9"), ("name", "Ada"), ("tier", "gold")]).await;
        let mut ids = Vec::new();
        for reference in ["MONEY-1", "MONEY-2"] {
            let mut body = order(reference);
            body["customer"] = json!({"code": "C-9"});
            ids.push(api.post("/api/v1/orders", &body).await.ok()["id"].as_str().unwrap().to_owned());
        }
        // Two mugs at 19.99 and 4.99 postage, twice; a card is charged when its order ships.
        let shown = page(api, "/customers/C-9").await.text;
        for said in ["2 orders", "<td>€89.94</td>", "<th>Received</th><td>€0.00</td>", "<th>Outstanding</th>"] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        assert!(!shown.contains("Notes on orders"), "nothing was written");
        for (id, text) in [(&ids[0], "first <b>call</b>"), (&ids[1], "second call")] {
            api.post(&format!("/api/v1/orders/{id}/notes"), &json!({"text": text})).await.ok();
        }
        api.post(&format!("/api/v1/orders/{}/cancel", ids[0]), &json!({})).await.ok();
        let shown = page(api, "/customers/C-9").await.text;
        assert!(shown.contains("<th>Ordered</th><td>€44.97</td>"), "{shown}");
        let places = ["second call", "first &lt;b&gt;call"].map(|text| shown.find(text));
        assert!(places[0] < places[1] && places[0].is_some(), "the latest first: {shown}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_about_a_customer_are_seen_again_where_the_next_order_is_taken() {
    on_each(async |api| {
        post(api, "/customers/new", &[("key", "k-1"), ("code", "C/9"), ("name", "Ada"), ("tier", "gold")]).await;
        let path = "/customers/C%2F9";
        let asked = page(api, &format!("{path}/note")).await.text;
        let note = format!("Pays late {HOSTILE}");
        for _ in 0..2 {
            let fields = [("key", hidden(&asked, "key")), ("text", note.as_str())];
            let done = post(api, &format!("{path}/note"), &fields).await;
            assert_eq!((done.status.as_u16(), done.header("location")), (303, Some(path)), "{}", done.text);
        }
        let twin = api.post(&format!("/api/v1{path}/notes"), &json!({"text": "Rings on Mondays"})).await.ok();
        assert_eq!((&twin["code"], &twin["version"]), (&json!("C/9"), &json!(3)), "one act, though posted twice");
        let notes = api.get(&format!("/api/v1{path}/notes")).await.ok();
        let texts: Vec<_> = notes["data"].as_array().unwrap().iter().map(|note| note["text"].clone()).collect();
        assert_eq!(texts, [json!("Rings on Mondays"), json!(note)], "the newest first");
        // Changing the customer keeps them.
        post(api, &format!("{path}/change"), &[("key", "k-2"), ("name", "Ada"), ("tier", "silver")]).await;
        for page in [page(api, path).await, page(api, "/orders/new/customers/C%2F9").await] {
            let places = ["Rings on Mondays", "Pays late &quot;&gt;&lt;script&gt;"].map(|text| page.text.find(text));
            assert!(places[0] < places[1] && places[0].is_some(), "{}", page.text);
        }

        for (wrong, said) in [(" ".to_owned(), "This is needed."), ("n".repeat(2_001), "longer than 2000 characters")] {
            let refused = post(api, &format!("{path}/note"), &[("key", "k-3"), ("text", &wrong)]).await;
            assert!(refused.status.is_client_error() && refused.text.contains(said), "{}", refused.text);
            api.post(&format!("/api/v1{path}/notes"), &json!({"text": wrong})).await.problem(422, "request.invalid");
        }
        api.post("/api/v1/customers/NONE/notes", &json!({"text": "n"})).await.problem(404, "catalog.unknown");
        assert_eq!(page(api, "/customers/NONE/note").await.status.as_u16(), 404);
        let reader = api.with_secret(Some(&api.key(&[Permission::CustomersRead], None, None).await));
        assert!(!page(&reader, path).await.text.contains("Add a note"));
        assert_eq!(post(&reader, &format!("{path}/note"), &[("text", "n")]).await.status.as_u16(), 403);
        let stranger = api.with_secret(Some(&api.key(&[Permission::OrdersRead], None, None).await));
        stranger.get(&format!("/api/v1{path}/notes")).await.problem(403, "system.not_permitted");
        assert!(!page(&stranger, "/orders/new/customers/C%2F9").await.text.contains("Pays late"));
        assert_eq!(api.get(&format!("/api/v1{path}/notes")).await.ok()["data"].as_array().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_orders_tax_is_typed_once_and_shared_by_its_lines() {
    on_each(async |api| {
        api.shop().await;
        let form = page(api, "/orders/new").await.text;
        let fields = [
            ("key", hidden(&form, "key")),
            ("channel", "web"),
            ("currency", "EUR"),
            ("taken_along", "yes"),
            ("payment.method", "terms"),
            ("lines[0].sku", "MUG-1"),
            ("lines[0].quantity", "2"),
            ("lines[0].unit_price", "12.50"),
            ("lines[1].sku", "CARD-1"),
            ("lines[1].quantity", "1"),
            ("lines[1].unit_price", "12,50"),
            ("shipping", "5,00"),
        ];
        for wrong in ["-1", "x", "1.005"] {
            let refused = post(api, "/orders/new", &[&fields[..], &[("tax", wrong)]].concat()).await;
            assert!(refused.status == 422 && refused.text.contains("#tax"), "{wrong}: {}", refused.text);
        }
        let placed = post(api, "/orders/new", &[&fields[..], &[("tax", "10,00")]].concat()).await;
        assert_eq!(placed.status, 303, "{}", placed.text);
        let number = placed.header("location").unwrap().split(['/', '?']).nth(2).unwrap().to_owned();
        let order = api.get(&format!("/api/v1/orders/{number}")).await.ok();
        let taxes: Vec<_> = order["lines"].as_array().unwrap().iter().map(|line| line["tax_minor"].clone()).collect();
        assert_eq!(taxes, [json!(667), json!(333)], "{order}");
        // Items, shipping and tax.
        assert!(page(api, &format!("/orders/{number}")).await.text.contains("€52.50"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_a_new_order_is_said_at_once_and_what_was_noted_is_kept() {
    on_each(async |api| {
        api.shop().await;
        let form = page(api, "/orders/new").await.text;
        let mut fields = vec![
            ("key", hidden(&form, "key")),
            ("channel", "web"),
            ("currency", "EURO"),
            ("customer.email", "nope@@"),
            ("ship_to.name", "Ada"),
            ("ship_to.line1", "1 Main Street"),
            ("ship_to.city", "Dublin"),
            ("ship_to.country", "IRELAND"),
            ("shipping", "x"),
            ("payment.method", "terms"),
            ("lines[0].sku", "NO-SUCH"),
            ("lines[0].quantity", "1"),
            ("lines[1].sku", "MUG-1"),
            ("lines[1].quantity", "2"),
            ("note", "Ring twice"),
        ];
        let refused = post(api, "/orders/new", &fields).await;
        assert_eq!(refused.status, 422);
        for said in [
            "6 to mend",
            "#currency",
            "#customer.email",
            "#ship_to.country",
            "#shipping",
            "Line 1, NO-SUCH",
            "Line 2, MUG-1",
        ] {
            assert!(refused.text.contains(said), "{said}: {}", refused.text);
        }
        let nothing = [("channel", "web"), ("currency", "EUR"), ("shipping", "4.99"), ("payment.method", "terms")];
        let refused = post(api, "/orders/new", &nothing).await;
        assert!(refused.text.contains("An order needs an item."), "{}", refused.text);
        let (sku, price) = (("lines[0].sku", "MUG-1"), ("lines[0].unit_price", "19.99"));
        let goods = [&nothing[..], &[sku, price, ("lines[0].quantity", "1")]].concat();
        let refused = post(api, "/orders/new", &goods).await;
        assert!(refused.status == 422 && refused.text.contains("Where do the goods go?"), "{}", refused.text);
        let carried = post(api, "/orders/new", &[&goods[..], &[("taken_along", "yes")]].concat()).await;
        assert_eq!(carried.status, 303, "{}", carried.text);
        // What the form kept of an address is not where anything goes.
        let kept = [("taken_along", "yes"), ("ship_to.line1", "1 Main Street"), ("ship_to.country", "IE")];
        let carried = post(api, "/orders/new", &[&goods[..], &kept].concat()).await;
        let number = carried.header("location").unwrap().split(['/', '?']).nth(2).unwrap().to_owned();
        assert_eq!(api.get(&format!("/api/v1/orders/{number}")).await.ok()["ship_to"], json!(null));

        let mended = [
            ("currency", "EUR"),
            ("customer.email", "ada@example.org"),
            ("ship_to.country", "IE"),
            ("shipping", "4.99"),
            ("lines[0].sku", ""),
            ("lines[1].unit_price", "19.99"),
        ];
        for (name, value) in mended {
            fields.retain(|(one, _)| *one != name);
            fields.push((name, value));
        }
        let mut hostile = fields.clone();
        hostile.push(("po_number", "first"));
        hostile.iter_mut().filter(|(name, _)| *name == "note").for_each(|(_, text)| *text = "Ring\0twice");
        let refused = post(api, "/orders/new", &hostile).await;
        assert!(refused.status == 422 && refused.text.contains("#note"), "{}: {}", refused.status, refused.text);
        for _ in 0..2 {
            let placed = post(api, "/orders/new", &fields).await;
            assert_eq!(placed.status, 303, "{}", placed.text);
            let order = placed.header("location").unwrap().split('?').next().unwrap().to_owned();
            let shown = page(api, &order).await.text;
            assert_eq!(shown.matches("Ring twice").count(), 1, "noted once: {shown}");
        }
    })
    .await;
}
