//! What pages show of an order's money adds up, whatever became of the order.

use crate::common::{Api, on_each, order, page, send};
use serde_json::{Value, json};

/// An order of every part that costs something: 3 mugs less 1.00 with tax, a service, postage with tax, money off with tax.
fn body(reference: &str, payment: Value) -> Value {
    let mut body = order(reference);
    body["customer"] = json!({"code": "C1"});
    body["lines"] = json!([
        {"sku": "MUG-1", "quantity": 3, "unit_price_minor": 1999, "discount_minor": 100, "tax_minor": 1120},
        {"sku": "CARD-1", "quantity": 1, "unit_price_minor": 250}
    ]);
    body["charges"] = json!([
        {"kind": "shipping", "amount_minor": 499, "tax_minor": 95},
        {"kind": "discount", "amount_minor": -300, "tax_minor": -57}
    ]);
    body["payment"] = payment;
    body
}

/// 3 x 19.99 - 1.00 + 2.50 = 61.47; tax 11.20 + 0.95 - 0.57; charges 4.99 - 3.00.
const TOTAL: i64 = 6_147 + 1_158 + 199;

/// What becomes of an order, one step after the other.
#[derive(Clone, Copy)]
enum Step {
    /// Units of the first line.
    CancelMugs(i64),
    Cancel,
    Ship(i64),
    Fee,
    Pay(i64),
    /// Units of the first line that come back, and whether what was paid for them goes back at once.
    Return(i64, bool),
    Refund(i64),
}

async fn take(api: &Api, path: &str, step: Step) {
    let done = match step {
        Step::CancelMugs(units) => api.post(&format!("{path}/lines/1/cancel"), &json!({"quantity": units})).await,
        Step::Cancel => api.post(&format!("{path}/cancel"), &json!({})).await,
        Step::Ship(units) => return ship(api, path, units).await,
        Step::Fee => {
            let fee = json!({"kind": "fee", "amount_minor": 250, "tax_minor": 50, "label": "GIFT"});
            api.post(&format!("{path}/charges"), &fee).await
        }
        Step::Pay(amount) => {
            let paid = json!({"method": "transfer", "amount_minor": amount, "reference": "bank"});
            api.post(&format!("{path}/payments"), &paid).await
        }
        Step::Return(units, refund) => {
            let line = json!({"line": 1, "quantity": units, "state": "available", "reason": "unwanted"});
            let back = json!({"location": "DUB", "lines": [line], "refund": refund});
            api.post(&format!("{path}/returns"), &back).await
        }
        Step::Refund(amount) => {
            api.post(&format!("{path}/refunds"), &json!({"amount_minor": amount, "reason": "goodwill"})).await
        }
    };
    done.ok();
}

async fn ship(api: &Api, path: &str, units: i64) {
    let order = api.get(path).await.ok();
    if order["fulfillment_orders"] == json!([]) {
        api.step(&format!("{path}/release")).await.ok();
    }
    let work = api.get(path).await.ok()["fulfillment_orders"][0]["id"].as_str().unwrap().to_owned();
    let work = format!("/api/v1/fulfillment-orders/{work}");
    api.post(&format!("{work}/pick"), &json!({"picks": [{"line": 1, "quantity": units}]})).await.ok();
    api.post(&format!("{work}/pack"), &json!({})).await.ok();
    api.post(&format!("{work}/ship"), &json!({})).await.ok();
}

/// Label and amount of the rows of a page's tables of money, as far as `end`.
fn rows(page: &str, start: &str, end: &str) -> Vec<(String, i64)> {
    let page = page.split_once(start).unwrap_or_else(|| panic!("no {start}: {page}")).1;
    let page = page.split_once(end).expect("an end").0;
    let text = |row: &str, tag: &str| {
        let inside = row.split_once(&format!("<{tag}")).unwrap().1.split_once('>').unwrap().1;
        inside.split_once('<').unwrap().0.to_owned()
    };
    page.split("<tr").skip(1).map(|row| (text(row, "th"), minor(&text(row, "td")))).collect()
}

fn minor(text: &str) -> i64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<i64>().unwrap_or_else(|_| panic!("no amount: {text}")) * if text.contains('−') { -1 } else { 1 }
}

/// The rows before the total, the total, and what one of the rows behind it says.
fn read<'a>(rows: &'a [(String, i64)]) -> (i64, i64, impl Fn(&str) -> i64 + use<'a>) {
    let at = rows.iter().position(|(label, _)| label == "Total").expect("a total");
    let behind = &rows[at + 1..];
    let said = move |label: &str| behind.iter().find(|(one, _)| one == label).map_or(0, |(_, amount)| *amount);
    (rows[..at].iter().map(|(_, amount)| amount).sum(), rows[at].1, said)
}

/// What is left to receive, after both pages were found to add up to it and to the total.
async fn adds_up(api: &Api, path: &str, what: &str) -> (i64, i64) {
    let order = api.get(path).await.ok();
    let number = order["number"].as_str().unwrap();
    let console = page(api, &format!("/orders/{number}")).await.text;
    let shown = rows(&console, "<h3>Money</h3>", "</section>");
    let (parts, total, said) = read(&shown);
    assert_eq!((parts, total), (total, order["totals"]["total_minor"].as_i64().unwrap()), "{what}: {shown:?}");
    let left = said("Left to receive") - said("To give back");
    let (received, refunded) = (said("Received"), said("Refunded"));
    assert_eq!(total + said("Credited"), received + refunded + left, "{what}: {shown:?}");
    let lines = console.split("<td class=\"num strong\" data-at=\"a2\">").skip(1);
    let lines: i64 = lines.map(|cell| minor(cell.split_once('<').unwrap().0)).sum();
    assert_eq!(lines, shown[0].1, "{what}: the lines are the items");

    let link = api.get(&format!("{path}/customer_page")).await.ok();
    let customer = page(api, link["path"].as_str().unwrap()).await.text;
    let theirs = rows(&customer, "<table class=\"money\">", "</table>");
    let (parts, same, says) = read(&theirs);
    assert_eq!((parts, same), (total, total), "{what}: {theirs:?}");
    let rest = says("Not received yet") - says("We still give back");
    assert_eq!(rest, left, "{what}: {theirs:?}");
    let moved = says("Received so far") - says("Given back");
    assert_eq!(total + says("Credited"), moved + rest, "{what}: {theirs:?}");

    // What a payment would be, where nobody said.
    let asked = page(api, &format!("/orders/{number}/pay")).await.text;
    let asked = asked.split_once("name=\"amount\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let expected = if left > 0 { format!("{}.{:02}", left / 100, left % 100) } else { String::new() };
    assert_eq!(asked, expected, "{what}");
    (total, left)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_became_of_an_order_its_money_adds_up_on_every_page() {
    use Step::{Cancel, CancelMugs, Fee, Pay, Refund, Return, Ship};
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/customers/C1", &json!({"name": "A Customer", "email": "c1@example.org"})).await.ok();
        let terms = || json!({"method": "terms"});
        let transfer = || json!({"method": "transfer"});
        let card = || json!({"method": "card", "token": "sim_ok"});
        // One mug is 19.99 - 0.33 = 19.66 with 3.73 of tax, and takes 0.97 + 0.18 of the money off with it when it comes back;
        // three are 58.97 with 11.20, and take 2.90 + 0.55. The goodwill of an order that is not all paid lowers both
        // what was billed and what was kept.
        let fates: &[(&str, Value, &[Step], i64, i64)] = &[
            ("untouched", terms(), &[], TOTAL, TOTAL),
            ("a wish added", terms(), &[Fee], TOTAL + 300, TOTAL + 300),
            ("cancelled whole", card(), &[Cancel], 0, 0),
            ("cancelled whole though paid", transfer(), &[Pay(TOTAL), Cancel], 0, 0),
            ("cancelled in part", terms(), &[CancelMugs(2)], TOTAL - 3_931 - 747, TOTAL - 3_931 - 747),
            ("paid twice in part", transfer(), &[Pay(1_000), Pay(2_000)], TOTAL, TOTAL - 3_000),
            ("paid twice in all", transfer(), &[Pay(1_000), Pay(TOTAL - 1_000)], TOTAL, 0),
            ("paid too much", transfer(), &[Pay(TOTAL + 700)], TOTAL, -700),
            ("sent in part", terms(), &[Ship(1)], TOTAL, TOTAL),
            (
                "sent in part, the rest cancelled",
                terms(),
                &[Ship(1), CancelMugs(2)],
                TOTAL - 3_931 - 747,
                TOTAL - 3_931 - 747,
            ),
            ("sent and back unpaid", terms(), &[Ship(3), Return(3, true)], TOTAL, TOTAL - 6_672),
            ("sent, paid and back", terms(), &[Ship(3), Pay(TOTAL), Return(3, true)], TOTAL, 0),
            ("back and not refunded yet", terms(), &[Ship(3), Pay(TOTAL), Return(1, false)], TOTAL, -2_224),
            ("goodwill after it was sent", terms(), &[Ship(3), Pay(TOTAL), Refund(500)], TOTAL, 0),
            (
                "sent in part, back, goodwill",
                terms(),
                &[Ship(2), Pay(2_000), Return(1, false), Refund(100)],
                TOTAL,
                TOTAL - 2_224 - 2_000,
            ),
        ];
        let mut outstanding = 0;
        for (what, payment, steps, total, left) in fates {
            let placed = api.post("/api/v1/orders", &body(what, payment.clone())).await.ok();
            let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
            for step in *steps {
                take(api, &path, *step).await;
                adds_up(api, &path, what).await;
            }
            let (shown, rest) = adds_up(api, &path, what).await;
            assert_eq!((shown, rest), (*total, *left), "{what}");
            outstanding += rest;
        }
        let customer = page(api, "/customers/C1").await.text;
        let said = customer.split_once("Outstanding").expect("something is").1;
        let said = said.split_once('€').unwrap().1.split_once('<').unwrap().0;
        assert_eq!(minor(said), outstanding);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_way_is_told_in_money_and_points_at_fields_that_exist() {
    on_each(async |api| {
        api.shop().await;
        api.put("/api/v1/customers/C1", &json!({"name": "A Customer", "email": "c1@example.org"})).await.ok();
        let card = json!({"method": "card", "token": "sim_ok"});
        let placed = api.post("/api/v1/orders", &body("R-1", card)).await.ok();
        let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
        let shown = format!("/orders/{}", placed["number"].as_str().unwrap());
        // A program gets the same codes and figures as before, and a sentence with a point and a currency.
        let refund = json!({"amount_minor": 99_900, "reason": "goodwill"});
        let refused = api.post(&format!("{path}/refunds"), &refund).await.problem(409, "payment.exceeds_received");
        assert_eq!(refused["detail"], "999.00 EUR was asked for and 0.00 EUR was received and not refunded.");
        assert_eq!(refused["facts"]["requested"], 99_900);
        let off = json!({"kind": "discount", "amount_minor": -10_000});
        let refused = api.post(&format!("{path}/charges"), &off).await.problem(422, "order.total_below_zero");
        assert_eq!(
            (&refused["detail"], &refused["facts"]["total"]),
            (&json!("The order would cost -24.96 EUR."), &json!(-2_496))
        );

        let refused = send(api, &format!("{shown}/refund"), &[("amount", "999.00"), ("reason", "late")]).await;
        assert!(
            refused.text.contains("€999.00 was asked for and €0.00 was received and not refunded."),
            "{}",
            refused.text
        );
        let refused = send(api, &format!("{shown}/capture/1"), &[("amount", "80.00")]).await;
        assert!(refused.text.contains("€80.00 was asked for and €75.04 is authorized"), "{}", refused.text);
        let unread = send(api, &format!("{shown}/capture/1"), &[("amount", "much"), ("preview", "yes")]).await;
        assert!(unread.text.contains("data-does=\"Capture\">Capture</button>"), "no amount that is not asked for");
        let menu = page(api, &shown).await.text;
        for said in ["Nothing was received yet.", "Nothing has shipped yet.", "The order is confirmed already."] {
            assert!(menu.contains(said), "{said}: {menu}");
        }
        assert!(!menu.contains("this needs it") && !menu.contains("was asked for"));

        take(api, &path, Step::Ship(3)).await;
        let back = [("units-1", "4"), ("units-2", "2"), ("state", "available"), ("reason", "unwanted")];
        let place = api.get("/api/v1/locations/DUB").await.ok()["id"].as_str().unwrap().to_owned();
        let back: Vec<(&str, &str)> = back.into_iter().chain([("location", place.as_str())]).collect();
        let refused = send(api, &format!("{shown}/return"), &back).await;
        for said in ["No more than 3 can come back.", "No more than 1 can come back."] {
            assert!(refused.text.contains(said), "{said}: {}", refused.text);
        }
        let links: Vec<&str> =
            refused.text.split("href=\"#d-").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
        assert_eq!(links, ["units-1", "units-2"]);
        for link in links {
            assert!(refused.text.contains(&format!("id=\"d-{link}\"")), "{link}");
        }
    })
    .await;
}

/// What was held on a card and let go is no success to whoever looks at the money.
#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_let_go_says_so() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("let-go")).await.ok();
        assert_eq!(placed["payment_status"], "authorized");
        let id = placed["id"].as_str().unwrap();
        let shown = page(api, &format!("/orders/{id}")).await.text;
        assert!(shown.contains("Succeeded") && !shown.contains("Voided"), "{shown}");
        api.post(&format!("/api/v1/orders/{id}/cancel"), &json!({})).await.ok();
        assert!(api.engine().settled(id.parse().unwrap(), std::time::Duration::from_secs(30)).await);
        let shown = page(api, &format!("/orders/{id}")).await.text;
        assert!(shown.contains("Voided") && !shown.contains("Succeeded"), "{shown}");
    })
    .await;
}
