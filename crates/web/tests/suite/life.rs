//! An order's whole life over HTTP, and what its readers see on the way.

use crate::common::{on_each, order};
use serde_json::{Value, json};

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_placing_answers_is_what_reading_gives() {
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/customers/C1", &json!({"name": "A Customer", "email": "c1@example.org"})).await.ok();
        let mut on_terms = order("T-1");
        on_terms["payment"] = json!({"method": "terms"});
        on_terms["lines"] = json!([
            {"sku": "MUG-1", "quantity": 1, "unit_price": "19.9949", "note": "Gift wrap", "tax_minor": 7},
            {"sku": "MUG-1", "quantity": 1_000_000, "unit_price_minor": 1, "discount_minor": 5}
        ]);
        let mut of_customer = order("T-2");
        of_customer["payment"] = json!({"method": "terms"});
        of_customer["customer"] = json!({"code": "C1"});
        let mut draft = order("T-3");
        draft["draft"] = json!(true);
        for body in [on_terms, of_customer, draft, order("T-4")] {
            let placed = api.post("/api/v1/orders", &body).await.ok();
            assert_eq!(api.get(&format!("/api/v1/orders/{}", id(&placed))).await.ok(), placed);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_placed_to_completed() {
    on_each(async |api| {
        api.shop().await;
        let answer = api.post("/api/v1/orders", &order("1001")).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let etag = answer.header("etag").unwrap().to_owned();
        let location = answer.header("location").unwrap().to_owned();
        let placed = answer.ok();
        assert_eq!(placed["lifecycle"], "confirmed");
        assert_eq!(placed["payment_status"], "authorized");
        assert_eq!(placed["fulfillment_status"], "unfulfilled");
        assert_eq!(placed["totals"]["goods_minor"], 3998);
        assert_eq!(placed["totals"]["charges_minor"], 499);
        assert_eq!(placed["totals"]["total_minor"], 4497);
        assert_eq!(placed["customer"]["email"], "ada@example.org");
        assert_eq!(placed["ship_to"]["postal_code"], "D01 F5P2");
        assert_eq!(placed["instructions"], "Leave with the neighbour");
        assert_eq!(placed["lines"][0]["allocated"], 2);
        assert_eq!(placed["allocations"][0]["location"], "DUB", "the nearer one");
        assert_eq!(etag, format!("\"{}\"", placed["version"]));
        let path = format!("/api/v1/orders/{}", id(&placed));
        assert_eq!(location, path);
        assert_eq!(api.get(&path).await.ok(), placed, "what a change shows is what a read shows");
        let by_number = format!("/api/v1/orders/{}", placed["number"].as_str().unwrap());
        assert_eq!(api.get(&by_number).await.ok()["id"], placed["id"]);

        let queued = api.get("/api/v1/release-queue").await.ok();
        assert_eq!(queued["data"][0]["id"], placed["id"]);
        let released = api.step(&format!("{path}/release")).await.ok();
        assert_eq!(released["fulfillment_status"], "in_progress");
        let work = api.get("/api/v1/fulfillment-orders?location=DUB").await.ok();
        assert_eq!(work["data"][0]["lines"][0]["sku"], "MUG-1");
        assert_eq!(api.get("/api/v1/fulfillment-orders?location=ORK").await.ok()["data"], json!([]));
        let work = format!("/api/v1/fulfillment-orders/{}", id(&work["data"][0]));
        let picked = api.post(&format!("{work}/pick"), &json!({"picks": [{"line": 1, "quantity": 2}]})).await.ok();
        assert_eq!(picked["lines"][0]["picked"], 2);
        let packed = api.post(&format!("{work}/pack"), &json!({"weight_g": 740})).await.ok();
        let parcel = id(&packed["parcels"][0]);
        let ship = json!({"carrier": "An Post", "parcels": [{"parcel_id": parcel, "tracking_number": "CE1"}]});
        let shipped = api.post(&format!("{work}/ship"), &ship).await.ok();
        assert_eq!(shipped["state"], "closed");

        let fact = |status: &str, minute: u32| {
            json!({"tracking_number": "CE1", "status": status, "occurred_at": format!("2026-01-01T10:{minute:02}:00Z")})
        };
        api.post("/api/v1/tracking-events", &fact("delivered", 30)).await.ok();
        let again = api.post("/api/v1/tracking-events", &fact("delivered", 30)).await.ok();
        assert_eq!(again["id"], Value::Null, "known already");
        api.post("/api/v1/tracking-events", &fact("in_transit", 10)).await.ok();
        let delivered = api.get(&path).await.ok();
        assert_eq!(delivered["delivery_status"], "delivered");
        assert_eq!(delivered["payment_status"], "paid");
        assert_eq!(delivered["parcels"][0]["tracking"].as_array().unwrap().len(), 2);
        assert_eq!(delivered["shipments"][0]["carrier"], "An Post");
        let completed = api.step(&format!("{path}/complete")).await;
        // A worker may have been quicker.
        if !completed.status.is_success() {
            completed.problem(409, "order.wrong_lifecycle");
        }
        assert_eq!(api.get(&path).await.ok()["lifecycle"], "completed");

        let returned = json!({"location": "ORK", "lines": [{"line": 1, "quantity": 1, "state": "damaged", "reason": "cracked"}]});
        let returned = api.post(&format!("{path}/returns"), &returned).await.ok();
        assert_eq!(returned["return_status"], "partially_returned");
        assert_eq!(returned["returns"][0]["location"], "ORK");
        assert_eq!(returned["refunds"][0]["amount_minor"], 1999);
        assert_eq!(returned["totals"]["refunded_minor"], 1999);

        let timeline = api.get(&format!("{path}/timeline")).await.ok();
        let kinds: Vec<_> = timeline["data"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        for kind in ["order.placed", "payment.authorized", "order.confirmed", "fulfillment_order.released",
            "pick.completed", "parcel.packed", "payment.captured", "shipment.shipped", "shipment.delivered",
            "order.completed", "return.received", "refund.succeeded"] {
            assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
        }
        let why = api.get(&format!("{path}/why")).await.ok();
        let sentences = why["data"].to_string();
        assert!(sentences.contains("(priority "), "{sentences}");
        assert!(sentences.contains("DUB ("), "{sentences}");
        assert!(sentences.contains("cracked"), "{sentences}");

        let levels = api.get("/api/v1/stock/levels?sku=MUG-1&location=DUB").await.ok();
        assert_eq!(levels["data"][0]["on_hand"], 38);
        let levels = api.get("/api/v1/stock/levels?sku=MUG-1&location=ORK").await.ok();
        assert_eq!((&levels["data"][0]["on_hand"], &levels["data"][0]["damaged"]), (&json!(61), &json!(1)));
        // Supplier -> available -> reserved -> allocated -> picked -> packed -> customer, newest first, in pages.
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = api.get(&format!("/api/v1/stock/postings?sku=MUG-1&location=DUB&limit=2{after}")).await.ok();
            seen.extend(page["data"].as_array().unwrap().iter().map(|one| one["to"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ["customer", "packed", "picked", "allocated", "reserved", "available"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_a_late_answer_and_terms_each_end_where_they_should() {
    on_each(async |api| {
        api.shop().await;
        let with = |external_ref: &str, payment: Value| {
            let mut body = order(external_ref);
            body["payment"] = payment;
            body
        };
        let declined =
            api.post("/api/v1/orders", &with("d", json!({"method": "card", "token": "sim_decline"}))).await.ok();
        assert_eq!(declined["lifecycle"], "placed");
        assert_eq!(declined["payment_status"], "failed");
        let path = format!("/api/v1/orders/{}", id(&declined));
        let saved = api.post(&format!("{path}/payments"), &json!({"method": "card", "token": "sim_ok"})).await.ok();
        assert_eq!(saved["lifecycle"], "confirmed", "{saved}");

        let late = api.post("/api/v1/orders", &with("l", json!({"method": "card", "token": "sim_late"}))).await.ok();
        assert_eq!(late["payment_status"], "unknown", "{late}");

        let terms = api.post("/api/v1/orders", &with("t", json!({"method": "terms"}))).await.ok();
        assert_eq!(terms["lifecycle"], "confirmed");

        let transfer = api.post("/api/v1/orders", &with("b", json!({"method": "transfer"}))).await.ok();
        assert_eq!((&transfer["lifecycle"], &transfer["payment_status"]), (&json!("placed"), &json!("pending")));
        let path = format!("/api/v1/orders/{}", id(&transfer));
        let paid = json!({"method": "transfer", "amount_minor": 4497, "reference": "bank-1"});
        let paid = api.post(&format!("{path}/payments"), &paid).await.ok();
        assert_eq!((&paid["lifecycle"], &paid["payment_status"]), (&json!("confirmed"), &json!("paid")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_drafts_and_cancelling_work_over_http() {
    on_each(async |api| {
        api.shop().await;
        let mut draft = order("draft");
        draft["draft"] = json!(true);
        let draft = api.post("/api/v1/orders", &draft).await.ok();
        assert_eq!(draft["lifecycle"], "draft");
        let path = format!("/api/v1/orders/{}", id(&draft));
        let placed = api.step(&format!("{path}/submit")).await.ok();
        assert_eq!(placed["lifecycle"], "confirmed");

        let hold = json!({"kind": "fraud", "steps": ["release", "ship"], "reason": "velocity", "note": "Ring her"});
        let held = api.post(&format!("{path}/holds"), &hold).await.ok();
        assert_eq!(held["holds"][0]["note"], "Ring her");
        assert_eq!(api.get("/api/v1/orders?held=true").await.ok()["data"][0]["id"], draft["id"]);
        api.step(&format!("{path}/release")).await.problem(409, "order.held");
        let hold_id = id(&held["holds"][0]);
        let free = api.post(&format!("{path}/holds/{hold_id}/release"), &json!({"reason": "called"})).await.ok();
        assert_eq!(free["holds"][0]["state"], "released");

        let version = free["version"].as_i64().unwrap();
        let stale = format!("\"{}\"", version - 1);
        let cancel = format!("{path}/cancel");
        api.write("POST", &cancel, &[("if-match", &stale)], &json!({})).await.problem(412, "order.stale_version");
        let line = json!({"quantity": 1, "reason": "changed_mind"});
        let less = api.post(&format!("{path}/lines/1/cancel"), &line).await.ok();
        assert_eq!(less["lines"][0]["cancelled"], 1);
        let current = format!("\"{}\"", less["version"]);
        let gone = api.write("POST", &cancel, &[("if-match", &current)], &json!({"reason": "no"})).await.ok();
        assert_eq!(gone["lifecycle"], "cancelled");
        let levels = api.get("/api/v1/stock/levels?sku=MUG-1&location=DUB").await.ok();
        assert_eq!(levels["data"][0]["available"], 40, "all stock is back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_can_come_after_the_order_was_placed() {
    on_each(async |api| {
        api.shop().await;
        let mut body = order("late-wish");
        body["payment"] = json!({"method": "terms"});
        let placed = api.post("/api/v1/orders", &body).await.ok();
        let path = format!("/api/v1/orders/{}", id(&placed));
        let charges = format!("{path}/charges");
        let fee = json!({"kind": "fee", "amount_minor": 250, "tax_minor": 50, "label": "GIFT"});
        let version = format!("\"{}\"", placed["version"]);
        let charged = api.write("POST", &charges, &[("if-match", &version)], &fee).await.ok();
        assert_eq!(charged["charges"][1]["label"], "GIFT");
        // 44.97, 2.50 and 0.50 of tax on it; all of it on terms.
        assert_eq!(charged["totals"]["total_minor"], 4797);
        assert_eq!(charged["payments"][0]["amount_minor"], 4797);
        api.write("POST", &charges, &[("if-match", &version)], &fee).await.problem(412, "order.stale_version");
        let wrong = json!({"kind": "fee", "amount_minor": -1});
        api.post(&charges, &wrong).await.problem(422, "order.charge_wrong_sign");
        let too_much = json!({"kind": "discount", "amount_minor": -4798});
        let below = api.post(&charges, &too_much).await.problem(422, "order.total_below_zero");
        assert_eq!(below["facts"]["total"], -1);
        api.post(&format!("{path}/cancel"), &json!({})).await.ok();
        api.post(&charges, &fee).await.problem(409, "order.wrong_lifecycle");
        let report = waybill_store::audit::audit(&**api.engine().store(), &mut |_, _, _| {}).await.unwrap();
        assert!(report.ok, "{:?}", report.violations);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cart_reserved_becomes_its_orders() {
    on_each(async |api| {
        api.shop().await;
        let keep = async |location: &str, quantity: i64| {
            let body = json!({"sku": "MUG-1", "location": location, "quantity": quantity, "seconds": 600});
            id(&api.post("/api/v1/stock/reservations", &body).await.ok())
        };
        let level = async |location: &str| {
            let levels = api.get(&format!("/api/v1/stock/levels?sku=MUG-1&location={location}")).await.ok();
            let level = &levels["data"][0];
            ["available", "reserved", "allocated"].map(|state| level[state].as_i64().unwrap())
        };
        let (far, near) = (keep("ORK", 5).await, keep("DUB", 3).await);
        assert_eq!((level("DUB").await, level("ORK").await), ([37, 3, 0], [55, 5, 0]));

        let mut body = order("cart");
        body["lines"][0]["quantity"] = json!(7);
        body["reservations"] = json!([far, near]);
        let placed = api.post("/api/v1/orders", &body).await.ok();
        assert_eq!(placed["lifecycle"], "confirmed");
        assert_eq!((&placed["lines"][0]["allocated"], &placed["lines"][0]["backordered"]), (&json!(7), &json!(0)));
        // Five from Cork, two of the three in Dublin; the third is free again.
        assert_eq!((level("DUB").await, level("ORK").await), ([38, 0, 2], [55, 0, 5]));
        let reservation = api.get(&format!("/api/v1/stock/reservations/{far}")).await.ok();
        assert_eq!(reservation["state"], "converted");
        let why = api.get(&format!("/api/v1/orders/{}/why", id(&placed))).await.ok().to_string();
        assert!(why.contains(&far), "{why}");

        body["external_ref"] = json!("cart-2");
        let again = api.post("/api/v1/orders", &body).await.problem(409, "order.reservation_ended");
        assert_eq!(again["facts"]["state"], "converted");
        let paths: Vec<_> = again["problems"].as_array().unwrap().iter().map(|one| one["path"].clone()).collect();
        assert_eq!(paths, ["reservations[0]", "reservations[1]"]);
        let report = waybill_store::audit::audit(&**api.engine().store(), &mut |_, _, _| {}).await.unwrap();
        assert!(report.ok, "{:?}", report.violations);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_reservations_and_adjustments_keep_the_books() {
    on_each(async |api| {
        api.shop().await;
        let send = json!({"from": "DUB", "to": "ORK", "lines": [{"sku": "MUG-1", "quantity": 10}]});
        let sent = api.post("/api/v1/stock/transfers", &send).await.ok();
        assert_eq!((&sent["from"], &sent["lines"][0]["in_transit"]), (&json!("DUB"), &json!(10)));
        let path = format!("/api/v1/stock/transfers/{}", id(&sent));
        let arrived = json!({"lines": [{"line": 1, "received": 9, "lost": 1}]});
        assert_eq!(api.post(&format!("{path}/receive"), &arrived).await.ok()["state"], "done");
        assert_eq!(api.get("/api/v1/stock/transfers?location=ORK").await.ok()["data"][0]["id"], sent["id"]);

        let keep = json!({"sku": "MUG-1", "location": "ORK", "quantity": 5, "seconds": 600, "channel": "web"});
        let kept = api.post("/api/v1/stock/reservations", &keep).await.ok();
        assert_eq!(kept["state"], "active");
        let path = format!("/api/v1/stock/reservations/{}", id(&kept));
        assert_eq!(api.step(&format!("{path}/release")).await.ok()["state"], "released");
        assert_eq!(api.get("/api/v1/stock/reservations?state=active").await.ok()["data"], json!([]));

        let adjust = json!({"location": "ORK", "reason": "count", "lines": [
            {"sku": "MUG-1", "delta": -2}, {"sku": "MUG-1", "delta": 3, "to": "damaged"}]});
        api.post("/api/v1/stock/adjustments", &adjust).await.ok();
        let level = api.get("/api/v1/stock/levels?sku=MUG-1&location=ORK").await.ok()["data"][0].clone();
        assert_eq!((&level["available"], &level["damaged"]), (&json!(64), &json!(3)));
    })
    .await;
}
