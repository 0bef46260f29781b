//! `docs/postings.md` says what every event posts, and this test holds the code to it: the tables are read, events of
//! every kind are built from JSON, and their postings are compared with what the page promises.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::Code;
use waybill_domain::event::Event;
use waybill_domain::ids::*;
use waybill_domain::ledger::{StockAccount, StockPosting};

const PAGE: &str = include_str!("../../../../docs/postings.md");

/// States that goods are booked into and corrected in by hand.
const BY_HAND: [&str; 4] = ["available", "quality_control", "damaged", "quarantined"];

/// One promised kind of stock posting.
#[derive(Debug)]
struct Stock {
    from: Vec<String>,
    to: Vec<String>,
    held_by: String,
}

/// One promised money posting; the amount is a field of the payload, or one less another.
#[derive(Debug)]
struct Money {
    debit: String,
    credit: String,
    amount: String,
}

#[derive(Debug)]
struct Promise {
    stock: Vec<Stock>,
    money: Vec<Money>,
}

/// Cells of the rows of the table whose header begins with `first`.
fn table(first: &str) -> Vec<Vec<&'static str>> {
    let header = format!("| {first} |");
    let rows = PAGE.lines().skip_while(|line| !line.starts_with(&header)).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn codes(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn promise(stock: &str, money: &str) -> Promise {
    fn parts(cell: &str) -> impl Iterator<Item = &str> {
        cell.split("<br>").filter(|part| *part != "none")
    }
    let stock = parts(stock).map(|part| {
        let (from, rest) = part.split_once(" -> ").unwrap_or_else(|| panic!("no arrow in {part:?}"));
        let (to, rest) = rest.split_once("; held by ").unwrap_or_else(|| panic!("nobody holds {part:?}"));
        let held_by = rest.split(';').next().unwrap_or_default().trim();
        Stock { from: codes(from), to: codes(to), held_by: held_by.to_owned() }
    });
    let money = parts(money).map(|part| match codes(part).as_slice() {
        [debit, credit, amount] => Money { debit: debit.clone(), credit: credit.clone(), amount: amount.clone() },
        other => panic!("debit / credit: amount, not {other:?}"),
    });
    Promise { stock: stock.collect(), money: money.collect() }
}

fn promises() -> BTreeMap<String, Promise> {
    let rows = table("Event").into_iter().map(|cells| match cells.as_slice() {
        [event, stock, money] => (codes(event).remove(0), promise(stock, money)),
        other => panic!("a row has three cells, not {other:?}"),
    });
    rows.collect()
}

/// The account that stands for a payment method.
fn methods() -> BTreeMap<String, String> {
    table("Method").into_iter().map(|cells| (codes(cells[0]).remove(0), codes(cells[1]).remove(0))).collect()
}

/// An event to try, and what it should move.
struct Sample {
    event: Event,
    payload: Value,
    /// The counted quantities, in order; where the event has two lists, one sample each.
    quantities: Vec<i64>,
}

fn sample(kind: &str, payload: Value, quantities: &[i64]) -> (String, Sample) {
    let version = Event::KINDS.iter().find(|(known, _)| *known == kind).map_or(1, |(_, version)| *version);
    let event = Event::decode(kind, version, &payload.to_string()).unwrap_or_else(|error| panic!("{error}\n{payload}"));
    (kind.to_owned(), Sample { event, payload, quantities: quantities.to_vec() })
}

fn id<T: From<Id> + std::fmt::Display>(n: u128) -> String {
    T::from(Id(n)).to_string()
}

/// `base` with the fields of `more` added.
fn with(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// Two counted lines, and one that is not.
fn moved() -> Value {
    json!([
        {"line": 1, "item": id::<ItemId>(11), "quantity": 7},
        {"line": 2, "item": id::<ItemId>(12), "quantity": 5},
        {"line": 3, "item": id::<ItemId>(13), "quantity": 3, "counted": false},
    ])
}

/// Amounts that no two sums of confuse.
fn bills() -> Vec<Value> {
    vec![
        json!({"revenue": 10_000, "discounts": 200, "tax": 3_000, "shipping": 400, "fees": 50, "from_deposit": 6_000}),
        json!({"revenue": 10_000, "shipping": -400, "discounts": -1}),
        json!({}),
    ]
}

fn credits() -> Vec<Value> {
    vec![json!({"revenue": 10_000, "discounts": 200, "tax": 3_000, "shipping": 400, "fees": 50}), json!({})]
}

#[allow(clippy::too_many_lines)]
fn samples() -> Vec<(String, Sample)> {
    let (order, location, at) = (id::<OrderId>(1), id::<LocationId>(21), 1_700_000_000_000_000i64);
    let mut all = Vec::new();
    let mut none = |kind: &str, payload: Value| all.push(sample(kind, payload, &[]));

    let item = json!({"item": id::<ItemId>(11), "sku": "MUG", "name": "Mug", "supply": "stock", "unit": "each",
        "precision": 0});
    none("item.created", item.clone());
    none("item.changed", item);
    none("item.archived", json!({"item": id::<ItemId>(11)}));
    let site = json!({"location": location, "code": "DUB", "name": "Dublin", "country": "IE", "zone": "Europe/Dublin",
        "preference": 0});
    none("location.created", site.clone());
    none("location.changed", site);
    none("location.archived", json!({"location": location}));
    let channel = json!({"channel": id::<ChannelId>(31), "code": "web", "name": "Web"});
    none("channel.created", channel.clone());
    none("channel.changed", channel);
    none("channel.archived", json!({"channel": id::<ChannelId>(31)}));
    let customer = json!({"customer": id::<CustomerId>(41), "code": "C-1", "tier": "gold"});
    none("customer.created", customer.clone());
    none("customer.changed", customer);
    none("customer.archived", json!({"customer": id::<CustomerId>(41)}));
    none("customer.note_added", json!({"customer": id::<CustomerId>(41), "note": TextId::NIL, "at": at}));
    none(
        "api_key.created",
        json!({"key": id::<ApiKeyId>(51), "name": "till", "proof": "00", "permissions": ["orders.read"],
            "channels": "all", "locations": "all", "at": at}),
    );
    none("api_key.revoked", json!({"key": id::<ApiKeyId>(51), "at": at}));
    none("settings.changed", json!({"settings": {}}));
    let endpoint = id::<WebhookEndpointId>(61);
    let facts = json!({"endpoint": endpoint, "name": "till", "origins": ["live"], "ordered": false});
    let created = json!({"host": "hooks.example", "begins_after": 7, "proof": "00", "at": at});
    none("webhook_endpoint.created", with(facts.clone(), created));
    none("webhook_endpoint.changed", facts);
    none("webhook_endpoint.secret_rotated", json!({"endpoint": endpoint, "proof": "00"}));
    none("webhook_endpoint.enabled", json!({"endpoint": endpoint, "at": at}));
    none("webhook_endpoint.disabled", json!({"endpoint": endpoint, "reason": "failing", "at": at}));
    none("webhook_endpoint.archived", json!({"endpoint": endpoint}));
    none("webhook_endpoint.replay_requested", json!({"endpoint": endpoint, "replay": 1, "position": 3, "at": at}));
    let user = id::<UserId>(71);
    let access = json!({"user": user, "role": "order_desk", "channels": "all", "locations": [id::<LocationId>(21)]});
    none("user.invited", with(access.clone(), json!({"party": id::<PartyId>(72), "at": at})));
    none("user.joined", json!({"user": user, "with_password": true, "at": at}));
    none("user.changed", access);
    none("user.password_set", json!({"user": user, "at": at}));
    none("user.totp_enrolled", json!({"user": user, "at": at}));
    none("user.totp_confirmed", json!({"user": user, "at": at}));
    none("user.totp_removed", json!({"user": user, "at": at}));
    none("user.identity_bound", json!({"user": user, "at": at}));
    none("user.identity_removed", json!({"user": user, "at": at}));
    none("user.sessions_ended", json!({"user": user, "at": at}));
    none("user.link_offered", json!({"user": user, "at": at}));
    none("user.archived", json!({"user": user, "at": at}));
    let placed = json!({"order": order, "number": 100_001, "channel": id::<ChannelId>(31), "currency": "EUR", "at": at,
        "priority": {"score": 1, "due": 1, "tier": 0, "value": 0},
        "lines": [{"line": 1, "item": id::<ItemId>(11), "sku": "MUG", "supply": "stock", "quantity": 7,
            "unit_price": 1_000_000, "total": 700}],
        "charges": [{"kind": "shipping", "amount": 499}], "payments": [{"method": "terms", "amount": 1_199}]});
    none("order.drafted", placed.clone());
    none("order.placed", placed);
    none("order.submitted", json!({"order": order, "at": at}));
    none("order.confirmed", json!({"order": order, "at": at}));
    none("order.cancelled", json!({"order": order, "reason": "any", "at": at}));
    none("order.lines_cancelled", json!({"order": order, "reason": "any", "lines": [{"line": 1, "open": 7}]}));
    none("order.charge_added", json!({"order": order, "charge": 2, "kind": "fee", "amount": 250, "at": at}));
    none(
        "order.hold_applied",
        json!({"order": order, "hold": 1, "kind": "manual", "steps": ["release"], "reason": "any", "at": at}),
    );
    none("order.note_added", json!({"order": order, "note": TextId::NIL, "at": at}));
    none("order.hold_handed_over", json!({"order": order, "hold": 1, "owner": "any", "at": at}));
    none(
        "fulfillment_order.handed_over",
        json!({"order": order, "fulfillment_order": 1, "from": "any", "assignee": "other", "at": at}),
    );
    none("order.hold_released", json!({"order": order, "hold": 1, "at": at}));
    none("order.hold_rejected", json!({"order": order, "hold": 1, "at": at}));
    none(
        "routing.decided",
        json!({"order": order, "rule": "any", "version": 1, "winners": [], "decided_by": "distance"}),
    );
    none("backorder.opened", json!({"order": order, "at": at, "lines": [{"line": 1, "quantity": 7}]}));
    for kind in ["shipment.tracked", "shipment.delivered", "shipment.exception", "shipment.lost"] {
        none(
            kind,
            json!({"order": order, "parcel": 1, "tracking": 1, "status": "in_transit", "occurred_at": at, "digest": "0",
                "news": true, "lines": [{"line": 1, "quantity": 7}]}),
        );
    }
    let on_payment = json!({"order": order, "payment": 1, "transaction": 1, "at": at});
    none("payment.added", json!({"order": order, "payment": 1, "method": "transfer", "amount": 9}));
    none("payment.requested", with(on_payment.clone(), json!({"kind": "capture", "amount": 9})));
    none("payment.authorized", with(on_payment.clone(), json!({"amount": 9})));
    none("payment.voided", with(on_payment.clone(), json!({"amount": 9})));
    none("payment.expired", with(on_payment.clone(), json!({"amount": 9})));
    none("payment.failed", with(on_payment.clone(), json!({"kind": "capture", "code": "any"})));
    none("payment.unknown", json!({"order": order, "payment": 1, "transaction": 1}));
    none("payment.resolved", json!({"order": order, "transaction": 1, "state": "failed"}));

    let document = json!({"document": id::<StockDocumentId>(61), "location": location, "at": at});
    let line = json!({"item": id::<ItemId>(11), "quantity": 7});
    for state in BY_HAND {
        let received = json!({"state": state, "lines": [line, {"item": id::<ItemId>(12), "quantity": 5}]});
        all.push(sample("stock.received", with(document.clone(), received), &[7, 5]));
        let mut adjusted = |from: &str, to: &str| {
            let lines = json!({"reason": "count", "lines": [with(line.clone(), json!({"from": from, "to": to}))]});
            all.push(sample("stock.adjusted", with(document.clone(), lines), &[7]));
        };
        adjusted("gain", state);
        adjusted(state, "loss");
        BY_HAND.into_iter().filter(|to| *to != state).for_each(|to| adjusted(state, to));
    }
    let transfer = json!({"transfer": id::<TransferId>(71), "from": location, "to": id::<LocationId>(22), "at": at});
    let on_the_way = json!([{"line": 1, "item": id::<ItemId>(11), "quantity": 7}]);
    all.push(sample("transfer.sent", with(transfer.clone(), json!({"lines": on_the_way})), &[7]));
    all.push(sample("transfer.received", with(transfer.clone(), json!({"lines": on_the_way, "done": true})), &[7]));
    let lost = json!({"lines": [], "lost": on_the_way, "done": true});
    all.push(sample("transfer.received", with(transfer, lost), &[7]));
    let reservation = json!({"reservation": id::<ReservationId>(81), "item": id::<ItemId>(11), "location": location,
        "quantity": 7});
    let until = json!({"channel": null, "expires_at": at});
    all.push(sample("reservation.created", with(reservation.clone(), until), &[7]));
    all.push(sample("reservation.released", reservation.clone(), &[7]));
    all.push(sample("reservation.expired", reservation.clone(), &[7]));
    all.push(sample("reservation.converted", with(reservation, json!({"order": order})), &[7]));

    let places = json!({"order": order, "at": [{"location": location, "lines": moved()}]});
    for to in ["reserved", "allocated"] {
        all.push(sample("allocation.made", with(places.clone(), json!({"from": "open", "to": to})), &[7, 5]));
    }
    for from in ["reserved", "allocated", "picked"] {
        let released = json!({"reason": "cancelled", "from": from});
        all.push(sample("allocation.released", with(places.clone(), released), &[7, 5]));
    }
    all.push(sample("allocation.hardened", places, &[7, 5]));
    let work = json!({"order": order, "fulfillment_order": 1, "location": location, "parcel": 1, "at": at,
        "lines": moved()});
    all.push(sample("pick.completed", work.clone(), &[7, 5]));
    for reason in ["missing", "damaged", "skipped"] {
        all.push(sample("pick.short", with(work.clone(), json!({"reason": reason})), &[7, 5]));
    }
    all.push(sample("parcel.packed", work.clone(), &[7, 5]));
    all.push(sample("parcel.unpacked", work.clone(), &[7, 5]));
    for bill in bills() {
        let shipped = json!({"shipment": 1, "parcels": [{"parcel": 1}], "bill": bill});
        all.push(sample("shipment.shipped", with(work.clone(), shipped), &[7, 5]));
        let supplied = json!({"order": order, "at": at, "lines": [{"line": 1, "quantity": 7}], "bill": bill});
        all.push(sample("supplier.shipped", supplied, &[]));
        let served = json!({"order": order, "at": at, "priority": 1, "work": [], "bill": bill});
        all.push(sample("fulfillment_order.released", served, &[]));
        all.push(sample("order.completed", json!({"order": order, "at": at, "bill": bill}), &[]));
    }
    for (credit, state) in credits().into_iter().cycle().zip(BY_HAND.into_iter().chain(["loss"])) {
        let back = |line: u32, quantity: i64, counted: bool| {
            json!({"line": line, "item": id::<ItemId>(11), "quantity": quantity, "state": state, "reason": "any",
                "counted": counted})
        };
        let lines = json!([back(1, 7, true), back(2, 5, true), back(3, 3, false)]);
        let returned = json!({"order": order, "return_number": 1, "location": location, "at": at, "lines": lines,
            "credit": credit});
        all.push(sample("return.received", returned, &[7, 5]));
        let granted = json!({"order": order, "refund": 1, "payment": 1, "amount": 9_000, "credited": 8_000,
            "credit": credit, "reason": "any", "at": at});
        all.push(sample("refund.granted", granted, &[]));
    }
    for (method, gateway) in [("card", Some("sim")), ("transfer", None), ("terms", None), ("cash", None)] {
        for part in [0, 4_000, 9_000] {
            let paid = json!({"method": method, "gateway": gateway, "amount": 9_000, "applied": part});
            all.push(sample("payment.captured", with(on_payment.clone(), paid.clone()), &[]));
            all.push(sample("payment.received", with(on_payment.clone(), paid), &[]));
            let back = json!({"refund": 1, "method": method, "gateway": gateway, "amount": 9_000, "credited": part});
            all.push(sample("refund.succeeded", with(on_payment.clone(), back), &[]));
        }
    }
    all
}

/// A field of the payload, absent ones being zero.
fn field(payload: &Value, path: &str) -> i64 {
    let found = path.split('.').try_fold(payload, |value, name| value.get(name));
    found.and_then(Value::as_i64).unwrap_or(0)
}

fn amount(payload: &Value, expression: &str) -> i64 {
    let mut terms = expression.split(" - ").map(|path| field(payload, path));
    terms.next().unwrap_or(0) - terms.sum::<i64>()
}

fn holder(posting: &StockPosting) -> &'static str {
    match posting.holder {
        None => "nobody",
        Some(holder) if holder.line == 0 => "the reservation",
        Some(_) => "the order line",
    }
}

fn check_stock(kind: &str, promise: &Promise, sample: &Sample, seen: &mut BTreeSet<(String, String)>) {
    let mut quantities: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
    for posting in sample.event.postings() {
        let pair = (posting.from.code().to_owned(), posting.to.code().to_owned());
        let fits = |one: &&Stock| one.from.contains(&pair.0) && one.to.contains(&pair.1);
        let promised = promise.stock.iter().find(fits);
        let promised = promised.unwrap_or_else(|| panic!("{kind} posts {posting}, which the page does not say"));
        assert_eq!(holder(&posting), promised.held_by, "{kind}: who holds what {posting} moves");
        quantities.entry(pair).or_default().push(posting.quantity.0);
    }
    assert_eq!(quantities.is_empty(), promise.stock.is_empty(), "{kind}: whether it moves stock");
    for (pair, found) in quantities {
        assert_eq!(found, sample.quantities, "{kind}: quantities of {} -> {}", pair.0, pair.1);
        seen.insert(pair);
    }
}

fn check_money(kind: &str, promise: &Promise, sample: &Sample, methods: &BTreeMap<String, String>) {
    let account = |name: &str| -> String {
        if name != "by method" {
            return name.to_owned();
        }
        let text = |field: &str| sample.payload.get(field).and_then(Value::as_str).unwrap_or_default();
        let account = methods.get(text("method")).unwrap_or_else(|| panic!("no account for {}", text("method")));
        account.replace("<gateway>", text("gateway"))
    };
    let mut expected: Vec<(String, String, i64)> = Vec::new();
    for one in &promise.money {
        let (debit, credit) = (account(&one.debit), account(&one.credit));
        match amount(&sample.payload, &one.amount) {
            0 => {}
            amount @ 1.. => expected.push((debit, credit, amount)),
            amount => expected.push((credit, debit, -amount)),
        }
    }
    let found = sample.event.money_postings().into_iter();
    let mut found: Vec<(String, String, i64)> =
        found.map(|one| (one.debit.code().into_owned(), one.credit.code().into_owned(), one.amount.0)).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{kind}: money posted (left) and promised by the page (right)\n{}", sample.payload);
}

#[test]
fn every_event_posts_what_the_page_says() {
    let (promises, methods) = (promises(), methods());
    let kinds: BTreeSet<&str> = Event::KINDS.iter().map(|(kind, _)| *kind).collect();
    let rows: BTreeSet<&str> = promises.keys().map(String::as_str).collect();
    assert_eq!(rows, kinds, "rows of docs/postings.md (left) and kinds of events (right)");

    let mut seen: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for (kind, sample) in samples() {
        let promise = &promises[&kind];
        check_stock(&kind, promise, &sample, seen.entry(kind.clone()).or_default());
        check_money(&kind, promise, &sample, &methods);
    }
    // Whatever the page allows was seen, so that a row cannot promise more than there is.
    for (kind, promise) in &promises {
        let seen = seen.remove(kind).unwrap_or_else(|| panic!("no sample of {kind}"));
        let pairs = promise
            .stock
            .iter()
            .flat_map(|one| one.from.iter().flat_map(|from| one.to.iter().map(move |to| (from.clone(), to.clone()))));
        let promised: BTreeSet<(String, String)> = pairs.filter(|(from, to)| from != to).collect();
        assert_eq!(seen, promised, "{kind}: stock moved by the samples (left) and allowed by the page (right)");
    }
}

#[test]
fn the_page_names_accounts_that_exist() {
    for (kind, promise) in promises() {
        for account in promise.stock.iter().flat_map(|one| one.from.iter().chain(&one.to)) {
            assert!(StockAccount::from_code(account).is_some(), "{kind}: there is no account {account}");
        }
    }
}
