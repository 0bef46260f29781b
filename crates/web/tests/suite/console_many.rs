//! The console's forms of many items: a delivery, a transfer.

use crate::common::{Api, on_each};
use crate::console_stock::{book, hidden, post};
use serde_json::json;
use waybill_domain::actor::Permission;

/// How many of an item are at a place, in a state.
async fn units(api: &Api, sku: &str, location: &str, state: &str) -> i64 {
    let levels = api.get(&format!("/api/v1/stock/levels?sku={sku}&location={location}")).await.ok();
    levels["data"][0][state].as_i64().unwrap_or_default()
}

/// A shop with a bowl that has a barcode, and rope by the meter.
async fn shop_of_many(api: &Api) {
    api.shop().await;
    api.put("/api/v1/items/BOWL-1", &json!({"name": "A bowl", "gtin": "4006381333931"})).await.ok();
    api.put("/api/v1/items/ROPE", &json!({"name": "A rope", "unit": "m", "precision": 2})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_of_many_items_is_shown_and_then_booked_once_as_one() {
    on_each(async |api| {
        shop_of_many(api).await;
        let page = api.get("/receipts/new").await;
        assert!(page.status.is_success() && page.text.contains("name=\"code\""), "{}", page.text);
        let list = "SKU;Units\nMUG-1;20\nrope;1,5\n04006381333931;3\nBOWL-1;2\n";
        let fields = [
            ("location", "DUB"),
            ("state", "quality_control"),
            ("reference", "DN 7"),
            ("sku", "MUG-1"),
            ("quantity", "4"),
            ("sku", ""),
            ("quantity", "9"),
            ("list", list),
            ("code", "BOWL-1"),
        ];
        let shown = post(api, "/receipts/new", &fields).await;
        assert!(shown.status.is_success(), "{}", shown.text);
        // One line for each item: 4 and 20 mugs, a meter and a half, 3 and 2 bowls and the one that was scanned.
        for part in [
            "value=\"24\"",
            "value=\"1.5\"",
            "value=\"6\"",
            "A rope",
            "3 items, 30 units",
            "Quality control at DUB",
            "<span class=\"quiet\">40 →</span> <b>64</b>",
            "Receive 3 items into DUB",
        ] {
            assert!(shown.text.contains(part), "{part} in {}", shown.text);
        }
        assert_eq!(shown.text.matches("value=\"BOWL-1\"").count(), 1);
        assert_eq!(units(api, "MUG-1", "DUB", "quality_control").await, 0, "nothing is booked before it was seen");
        let (seen, key) = (hidden(&shown, "seen").unwrap(), hidden(&shown, "key").unwrap());
        let lines = |mugs: &'static str| {
            [
                ("sku", "MUG-1"),
                ("quantity", mugs),
                ("sku", "ROPE"),
                ("quantity", "1.5"),
                ("sku", "BOWL-1"),
                ("quantity", "6"),
            ]
        };
        let sure = [&fields[..3], &lines("24"), &[("seen", &seen), ("key", &key)]].concat();
        // What was seen is not this: it is shown again.
        let other = [&fields[..3], &lines("25"), &[("seen", &seen), ("key", "k-other")]].concat();
        assert!(post(api, "/receipts/new", &other).await.text.contains("<b>65</b>"));
        let mut went = Vec::new();
        for _ in 0..2 {
            let done = post(api, "/receipts/new", &sure).await;
            assert_eq!(done.status.as_u16(), 303, "{}", done.text);
            assert!(done.header("set-cookie").unwrap().contains("Received%203%20items%20into%20DUB"));
            went.push(done.header("location").unwrap().to_owned());
        }
        assert_eq!(went[0], went[1]);
        let receipt = api.get(&went[0]).await.text;
        for part in ["MUG-1", "ROPE", "BOWL-1", "DN 7"] {
            assert!(receipt.contains(part), "{part} in {receipt}");
        }
        for (sku, there) in [("MUG-1", 24), ("ROPE", 150), ("BOWL-1", 6)] {
            assert_eq!(units(api, sku, "DUB", "quality_control").await, there, "{sku}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_a_list_is_said_at_once_beside_its_line() {
    on_each(async |api| {
        shop_of_many(api).await;
        let list = "NONE 1\nCARD-1 1\nMUG-1 1.5\nROPE 0.125\nBOWL-1 2\n4006381333931 x\n9780262510875 1";
        let shown = post(api, "/receipts/new", &[("location", "DUB"), ("state", "available"), ("list", list)]).await;
        assert_eq!(shown.status.as_u16(), 422, "{}", shown.text);
        for part in [
            "6 things to mend",
            "NONE: There is no item with this SKU or barcode.",
            "CARD-1: Item CARD-1 is not kept in stock.",
            "MUG-1: This must be a whole number of 1 or more.",
            "ROPE: This must be a number above 0 with at most 2 decimals.",
            "BOWL-1: This must be a whole number of 1 or more.",
            "9780262510875: There is no item",
            "id=\"s-line-5\"",
        ] {
            assert!(shown.text.contains(part), "{part} in {}", shown.text);
        }
        assert!(!shown.text.contains("name=\"seen\""), "nothing can be booked yet");
        // What the rules say of one line is said with what cannot be read of another.
        let list = "NONE 1\nMUG-1 41\nBOWL-1 1";
        let shown = post(api, "/transfers/new", &[("from", "DUB"), ("to", "ORK"), ("list", list)]).await;
        for part in ["3 things to mend", "MUG-1: 41 units were asked for and 40 are available there", "BOWL-1: 1 unit"]
        {
            assert!(shown.text.contains(part), "{part} in {}", shown.text);
        }
        // A list that is wrong in every line says the first ones above it.
        let long: String = (0..950).map(|n| format!("NO-{n} 1\n")).collect();
        let shown = post(api, "/receipts/new", &[("location", "DUB"), ("state", "available"), ("list", &long)]).await;
        assert!(
            shown.text.contains("more, each said beside its field") && shown.text.contains("The last 51 of the list"),
            "{}",
            shown.text
        );
        assert!(shown.text.contains("NO-949 1</textarea>"), "what there was no room for is not lost");
        let empty =
            post(api, "/receipts/new", &[("location", "DUB"), ("state", "available"), ("sku", ""), ("quantity", "1")])
                .await;
        assert!(empty.status.is_client_error() && empty.text.contains("Scan, type or paste"), "{}", empty.text);
        assert_eq!(units(api, "MUG-1", "DUB", "on_hand").await, 40);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_added_one_by_one_without_a_script() {
    on_each(async |api| {
        shop_of_many(api).await;
        let first = post(
            api,
            "/receipts/new",
            &[("location", "ORK"), ("state", "available"), ("code", "4006381333931"), ("add", "yes")],
        )
        .await;
        assert!(first.text.contains("value=\"BOWL-1\"") && first.text.contains("A bowl"), "{}", first.text);
        assert!(first.text.contains("value=\"ORK\" selected"), "what was chosen stays");
        assert!(!first.text.contains("name=\"seen\""), "adding is not asking what changes");
        let again = [
            ("location", "ORK"),
            ("state", "available"),
            ("sku", "BOWL-1"),
            ("quantity", "1"),
            ("code", "BOWL-1"),
            ("units", "2"),
            ("add", "yes"),
        ];
        let second = post(api, "/receipts/new", &again).await;
        assert!(second.text.contains("value=\"3\" ") && second.text.contains("1 item, 3 units"), "{}", second.text);
        // What a script asks of one code.
        let named = api.get("/receipts/new/items?code=04006381333931").await.ok();
        assert_eq!(named, json!({"sku": "BOWL-1", "name": "A bowl", "unit": null}));
        assert_eq!(api.get("/receipts/new/items?code=rope").await.ok()["unit"], json!("m"));
        assert_eq!(api.get("/receipts/new/items?code=NONE").await.ok(), json!(null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_of_many_items_is_sent_as_one() {
    on_each(async |api| {
        shop_of_many(api).await;
        let bowls = json!({"location": "DUB", "lines": [{"sku": "BOWL-1", "quantity": 5}]});
        api.post("/api/v1/stock/receipts", &bowls).await.ok();
        let route = [("from", "DUB"), ("to", "ORK")];
        let lines = [("sku", "MUG-1"), ("quantity", "10"), ("sku", "BOWL-1"), ("quantity", "5")];
        let (shown, done) = book(api, "/transfers/new", &[&route[..], &lines].concat()).await;
        for part in ["Available at DUB", "In transit at ORK", "Send 2 items from DUB to ORK", "<b>30</b>"] {
            assert!(shown.text.contains(part), "{part} in {}", shown.text);
        }
        assert!(!shown.text.contains("Available at ORK"), "what stays as it is has no column");
        assert_eq!(done.status.as_u16(), 303, "{}", done.text);
        let sent = api.get(done.header("location").unwrap()).await.text;
        assert!(sent.contains("MUG-1") && sent.contains("BOWL-1") && sent.contains("DUB to ORK"), "{sent}");
        assert_eq!(
            (units(api, "MUG-1", "DUB", "on_hand").await, units(api, "BOWL-1", "DUB", "on_hand").await),
            (30, 0)
        );
        let (refused, _) =
            book(api, "/transfers/new", &[&[("from", "DUB"), ("to", "DUB")][..], &lines[..2]].concat()).await;
        assert!(refused.status.is_client_error() && refused.text.contains("thing to mend"), "{}", refused.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_items_are_booked_by_whoever_may_and_where_they_may() {
    on_each(async |api| {
        shop_of_many(api).await;
        let reader = api.with_secret(Some(&api.key(&[Permission::StockRead], None, None).await));
        for path in ["/receipts/new", "/transfers/new", "/receipts/new/items?code=MUG-1"] {
            assert_eq!(reader.get(path).await.status.as_u16(), 403, "{path}");
        }
        let lines = [
            ("location", "DUB"),
            ("state", "available"),
            ("from", "ORK"),
            ("to", "DUB"),
            ("sku", "MUG-1"),
            ("quantity", "1"),
        ];
        for path in ["/receipts/new", "/transfers/new"] {
            assert_eq!(book(&reader, path, &lines).await.1.status.as_u16(), 403, "{path}");
        }
        for path in ["/stock", "/transfers"] {
            assert!(!reader.get(path).await.text.contains("/transfers/new"), "{path}");
            assert!(api.get(path).await.text.contains("/transfers/new"), "{path}");
        }
        // Whoever acts at one location is offered no other, and books at no other.
        let rights = [Permission::StockRead, Permission::StockWrite];
        let place = waybill_store::read::catalog::location_codes(&**api.engine().store()).await.unwrap();
        let dublin = place.iter().find(|place| place.code == "DUB").unwrap().id;
        let local = api.with_secret(Some(&api.key(&rights, None, Some(vec![dublin])).await));
        let page = local.get("/receipts/new").await.text;
        assert!(page.contains("value=\"DUB\"") && !page.contains("value=\"ORK\""), "{page}");
        let elsewhere = [("location", "ORK"), ("state", "available"), ("sku", "MUG-1"), ("quantity", "1")];
        for (path, fields) in [("/receipts/new", &elsewhere[..]), ("/transfers/new", &lines[2..])] {
            let (shown, done) = book(&local, path, fields).await;
            assert!(shown.text.contains("There is no such location for you."), "{path}: {}", shown.text);
            assert!(done.status.is_client_error(), "{path}");
        }
        assert_eq!(
            (units(api, "MUG-1", "DUB", "on_hand").await, units(api, "MUG-1", "ORK", "on_hand").await),
            (40, 60)
        );
        let (_, done) = book(&local, "/receipts/new", &[&lines[..2], &lines[4..]].concat()).await;
        assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    })
    .await;
}
