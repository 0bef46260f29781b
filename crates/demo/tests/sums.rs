//! The sums behind the reports, added up again from the records and the log of a played history.

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use waybill_demo::{Options, play};
use waybill_engine::ports::SystemClock;
use waybill_engine::{Engine, EngineOptions, Gateway, Ports};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_store::read::{Viewer, stats};
use waybill_store::{Column, Row, Store};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

type Sums = BTreeMap<String, Vec<i64>>;

/// Names of channels, locations and items are ids, so that the two sides agree on them whatever they are.
fn put(sums: &mut Sums, key: String, values: &[i64]) {
    let sum = sums.entry(key).or_insert_with(|| vec![0; values.len()]);
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

async fn rows(store: &dyn Store, sql: &str) -> Vec<Row> {
    store.read(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn next<T: Column>(row: &mut Row) -> T {
    row.take().expect("a column")
}

fn id(row: &mut Row) -> String {
    format!("{:032x}", next::<waybill_domain::ids::Id>(row).0)
}

const GRAINS: [i64; 2] = [900, 3_600];

fn floor(at: i64, grain: i64) -> i64 {
    at - at.rem_euclid(grain * 1_000_000)
}

/// What the worker has kept.
async fn kept(store: &dyn Store) -> Sums {
    let mut sums = Sums::new();
    let sales = "SELECT channel_id, grain, began_at, currency, orders, ordered, lines, short_lines, cancelled, \
                 cancelled_amount, revenue FROM stats_sales";
    for mut row in rows(store, sales).await {
        let (channel, grain, at): (_, i64, i64) = (id(&mut row), next(&mut row), next(&mut row));
        let currency: String = next(&mut row);
        let values: Vec<i64> = (0..7).map(|_| next(&mut row)).collect();
        put(&mut sums, format!("sales {grain} {at} {channel} {currency}"), &values);
    }
    for mut row in rows(store, "SELECT channel_id, grain, began_at, what, total FROM stats_counts").await {
        let (channel, grain, at): (_, i64, i64) = (id(&mut row), next(&mut row), next(&mut row));
        let what: String = next(&mut row);
        put(&mut sums, format!("count {grain} {at} {channel} {what}"), &[next(&mut row)]);
    }
    let buckets = waybill_store::histogram::Histogram::columns("?").replace(", ", " + ");
    let times = format!("SELECT channel_id, location_id, began_at, stage, total, seconds, {buckets} FROM stats_times");
    for mut row in rows(store, &times).await {
        let (channel, location, at): (_, _, i64) = (id(&mut row), id(&mut row), next(&mut row));
        let stage: String = next(&mut row);
        let values = [next(&mut row), next(&mut row), next(&mut row)];
        put(&mut sums, format!("time {at} {stage} {channel} {location}"), &values);
    }
    let promises = "SELECT channel_id, due_on, due, cancelled, on_time, in_full, kept FROM stats_promises";
    for mut row in rows(store, promises).await {
        let (channel, day): (_, String) = (id(&mut row), next(&mut row));
        let values: Vec<i64> = (0..5).map(|_| next(&mut row)).collect();
        put(&mut sums, format!("promise {day} {channel}"), &values);
    }
    let items = "SELECT item_id, channel_id, grain, began_at, currency, lines, units, amount FROM stats_items";
    for mut row in rows(store, items).await {
        let (item, channel, grain, at): (_, _, i64, i64) = (id(&mut row), id(&mut row), next(&mut row), next(&mut row));
        let currency: String = next(&mut row);
        let values: Vec<i64> = (0..3).map(|_| next(&mut row)).collect();
        put(&mut sums, format!("item {grain} {at} {item} {channel} {currency}"), &values);
    }
    for mut row in rows(store, "SELECT location_id, account, quantity FROM stats_stock WHERE quantity <> 0").await {
        let (location, account): (_, String) = (id(&mut row), next(&mut row));
        put(&mut sums, format!("stock {location} {account}"), &[next(&mut row)]);
    }
    let open = rows(store, "SELECT CAST(COUNT(*) AS BIGINT) FROM stats_open_promises").await.first_mut().map(next);
    put(&mut sums, "open promises".to_owned(), &[open.unwrap_or(0)]);
    sums
}

/// An event of the log, read without the code that folds it.
struct Told {
    kind: String,
    at: i64,
    payload: Json,
}

/// What is left of a line: itself, its units, and what they cost, the price and the discount each shared half to even.
fn left(row: &mut Row) -> [i64; 3] {
    let (ordered, cancelled): (i64, i64) = (next(row), next(row));
    let (total, discount): (i64, i64) = (next(row), next(row));
    let units = ordered - cancelled;
    let share = |whole: i64| {
        let (product, of) = (i128::from(whole) * i128::from(units), i128::from(ordered));
        let (below, rest) = (product.div_euclid(of), product.rem_euclid(of));
        let is_up = rest * 2 > of || (rest * 2 == of && below % 2 != 0);
        (below + i128::from(is_up)) as i64
    };
    [i64::from(units > 0), units, share(total + discount) - share(discount)]
}

/// The same, from orders, lines, postings, parcels, holds, levels and the log.
async fn added_up(store: &dyn Store) -> Sums {
    let mut sums = Sums::new();
    let mut told: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    let log = "SELECT aggregate_id, kind, happened_at, payload FROM events WHERE aggregate_kind = 'order' \
               ORDER BY aggregate_id, sequence";
    for mut row in rows(store, log).await {
        let order = id(&mut row);
        let (kind, at, payload): (_, _, String) = (next(&mut row), next(&mut row), next(&mut row));
        told.entry(order).or_default().push(Told { kind, at, payload: serde_json::from_str(&payload).unwrap() });
    }
    let mut channels = BTreeMap::new();
    let orders = "SELECT o.id, o.channel_id, o.currency, o.placed_at, o.lifecycle, \
                  (SELECT CAST(SUM(l.total + l.tax) AS BIGINT) FROM order_lines l WHERE l.order_id = o.id), \
                  (SELECT CAST(COALESCE(SUM(c.amount + c.tax), 0) AS BIGINT) FROM order_charges c WHERE c.order_id = o.id), \
                  (SELECT CAST(COUNT(*) AS BIGINT) FROM order_lines l WHERE l.order_id = o.id) \
                  FROM orders o WHERE o.lifecycle <> 'draft'";
    for mut row in rows(store, orders).await {
        let (order, channel) = (id(&mut row), id(&mut row));
        let (currency, placed_at, lifecycle): (String, i64, String) = (next(&mut row), next(&mut row), next(&mut row));
        let amount = next::<i64>(&mut row) + next::<i64>(&mut row);
        let lines = next(&mut row);
        let story = &told[&order];
        let short: BTreeSet<i64> = story
            .iter()
            .filter(|one| one.kind == "backorder.opened")
            .flat_map(|one| one.payload["lines"].as_array().unwrap().iter().map(|line| line["line"].as_i64().unwrap()))
            .collect();
        let cancelled = i64::from(lifecycle == "cancelled");
        for grain in GRAINS {
            let key = format!("{grain} {} {channel}", floor(placed_at, grain));
            let values = [1, amount, lines, short.len() as i64, cancelled, cancelled * amount, 0];
            put(&mut sums, format!("sales {key} {currency}"), &values);
            for one in story.iter().filter(|one| one.kind == "order.cancelled") {
                put(&mut sums, format!("count {key} cancelled.{}", one.payload["reason"].as_str().unwrap()), &[1]);
            }
        }
        channels.insert(order, channel);
    }
    let billed = "SELECT p.order_id, p.currency, e.happened_at, p.debit, p.credit, p.amount FROM money_postings p \
                  JOIN events e ON e.position = p.position";
    for mut row in rows(store, billed).await {
        let (order, currency, at): (_, String, i64) = (id(&mut row), next(&mut row), next(&mut row));
        let (debit, credit, amount): (String, String, i64) = (next(&mut row), next(&mut row), next(&mut row));
        let is_revenue = |account: &str| ["revenue", "discounts", "shipping", "fees"].contains(&account);
        let revenue = amount * (i64::from(is_revenue(&credit)) - i64::from(is_revenue(&debit)));
        for grain in GRAINS.into_iter().filter(|_| revenue != 0) {
            let key = format!("sales {grain} {} {} {currency}", floor(at, grain), channels[&order]);
            put(&mut sums, key, &[0, 0, 0, 0, 0, 0, revenue]);
        }
    }
    times(store, &channels, &told, &mut sums).await;
    promises(store, &mut sums).await;
    let items = "SELECT l.item_id, o.channel_id, o.currency, o.placed_at, l.ordered, l.cancelled, l.total, l.discount \
                 FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.lifecycle <> 'draft'";
    for mut row in rows(store, items).await {
        let (item, channel, currency) = (id(&mut row), id(&mut row), next::<String>(&mut row));
        let (at, left) = (next(&mut row), left(&mut row));
        let day = floor(at, 86_400);
        let first = jiff::Timestamp::from_microsecond(at).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let into_month = (i64::from(first.day()) - 1) * 86_400_000_000;
        for (grain, at) in [(86_400, day), (2_592_000, day - into_month)] {
            put(&mut sums, format!("item {grain} {at} {item} {channel} {currency}"), &left);
        }
    }
    for state in [
        "available",
        "reserved",
        "allocated",
        "picked",
        "packed",
        "quality_control",
        "damaged",
        "quarantined",
        "in_transit",
    ] {
        let levels = format!("SELECT location_id, CAST(SUM({state}) AS BIGINT) FROM stock_levels GROUP BY location_id");
        for mut row in rows(store, &levels).await {
            let (location, quantity): (_, i64) = (id(&mut row), next(&mut row));
            if quantity != 0 {
                put(&mut sums, format!("stock {location} {state}"), &[quantity]);
            }
        }
    }
    sums
}

const NOWHERE: &str = "00000000000000000000000000000000";

async fn times(
    store: &dyn Store,
    channels: &BTreeMap<String, String>,
    told: &BTreeMap<String, Vec<Told>>,
    sums: &mut Sums,
) {
    let mut took = |order: &str, stage: &str, location: &str, since: i64, at: i64| {
        let seconds = (at - since).div_euclid(1_000_000).max(0);
        put(sums, format!("time {} {stage} {} {location}", floor(at, 86_400), channels[order]), &[1, seconds, 1]);
    };
    for mut row in rows(store, "SELECT id, placed_at, confirmed_at FROM orders WHERE confirmed_at IS NOT NULL").await {
        let (order, since, at) = (id(&mut row), next(&mut row), next(&mut row));
        took(&order, "confirmed", NOWHERE, since, at);
    }
    let mut released = BTreeMap::new();
    let works = "SELECT f.order_id, f.location_id, f.number, o.confirmed_at, f.released_at FROM fulfillment_orders f \
                 JOIN orders o ON o.id = f.order_id";
    for mut row in rows(store, works).await {
        let (order, location, number) = (id(&mut row), id(&mut row), next::<i64>(&mut row));
        let (since, at) = (next(&mut row), next(&mut row));
        took(&order, "released", &location, since, at);
        released.insert((order, number), (location, at));
    }
    for (order, story) in told {
        let mut picked_at = None;
        for one in story {
            let work = || released[&(order.clone(), one.payload["fulfillment_order"].as_i64().unwrap())].clone();
            if one.kind == "pick.completed" {
                took(order, "picked", &work().0, work().1, one.at);
                picked_at = Some(one.at);
            }
            if one.kind == "parcel.packed" {
                took(order, "packed", &work().0, picked_at.expect("packed what was picked"), one.at);
            }
        }
    }
    let parcels = "SELECT p.order_id, p.location_id, p.packed_at, s.shipped_at, p.state, p.ended_at FROM parcels p \
                   JOIN shipments s ON s.order_id = p.order_id AND s.number = p.shipment";
    let mut delivered = Vec::new();
    for mut row in rows(store, parcels).await {
        let (order, location) = (id(&mut row), id(&mut row));
        let (packed_at, shipped_at): (i64, i64) = (next(&mut row), next(&mut row));
        let (state, ended_at): (String, Option<i64>) = (next(&mut row), next(&mut row));
        took(&order, "shipped", &location, packed_at, shipped_at);
        if state == "delivered" {
            took(&order, "delivered", &location, shipped_at, ended_at.expect("an end"));
            delivered.push((order, ended_at.expect("an end")));
        }
    }
    let mut counts: Vec<(String, i64, String)> =
        delivered.into_iter().map(|(order, at)| (order, at, "delivered".to_owned())).collect();
    for mut row in rows(store, "SELECT order_id, kind, state, applied_at, ended_at FROM holds").await {
        let (order, kind, state): (_, String, String) = (id(&mut row), next(&mut row), next(&mut row));
        let (since, end): (i64, Option<i64>) = (next(&mut row), next(&mut row));
        counts.push((order.clone(), since, format!("hold.applied.{kind}")));
        if let Some(at) = end {
            took(&order, &format!("hold.{kind}"), NOWHERE, since, at);
            counts.push((order, at, format!("hold.{state}.{kind}")));
        }
    }
    for (order, story) in told {
        for one in story {
            let what = match one.kind.as_str() {
                "pick.short" => format!("short.{}", one.payload["reason"].as_str().unwrap()),
                "shipment.exception" => "exception".to_owned(),
                "shipment.lost" => "lost".to_owned(),
                _ => continue,
            };
            counts.push((order.clone(), one.at, what));
        }
    }
    for (order, at, what) in counts {
        for grain in GRAINS {
            put(sums, format!("count {grain} {} {} {what}", floor(at, grain), channels[&order]), &[1]);
        }
    }
    let late = "SELECT p.order_id, p.ended_at, o.requested_by, l.zone FROM parcels p JOIN orders o ON o.id = p.order_id \
                JOIN locations l ON l.id = p.location_id WHERE p.state = 'delivered' AND o.requested_by IS NOT NULL";
    for mut row in rows(store, late).await {
        let (order, at, wanted, zone): (_, i64, String, String) =
            (id(&mut row), next(&mut row), next(&mut row), next(&mut row));
        if local_day(at, &zone) > wanted {
            for grain in GRAINS {
                put(sums, format!("count {grain} {} {} delivered.late", floor(at, grain), channels[&order]), &[1]);
            }
        }
    }
}

fn local_day(at: i64, zone: &str) -> String {
    jiff::Timestamp::from_microsecond(at).unwrap().in_tz(zone).unwrap().date().to_string()
}

async fn promises(store: &dyn Store, sums: &mut Sums) {
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    let ends = "SELECT p.order_id, p.ended_at, l.zone FROM parcels p JOIN locations l ON l.id = p.location_id \
                WHERE p.state = 'delivered'";
    for mut row in rows(store, ends).await {
        let (order, at, zone): (_, i64, String) = (id(&mut row), next(&mut row), next(&mut row));
        let day = local_day(at, &zone);
        let known = last.entry(order).or_default();
        *known = known.clone().max(day);
    }
    let orders = "SELECT o.id, o.channel_id, o.requested_by, o.lifecycle, CAST(SUM(l.ordered) AS BIGINT), \
                  CAST(SUM(l.cancelled) AS BIGINT), CAST(SUM(l.delivered) AS BIGINT) FROM orders o \
                  JOIN order_lines l ON l.order_id = o.id WHERE o.requested_by IS NOT NULL AND o.lifecycle <> 'draft' \
                  GROUP BY o.id, o.channel_id, o.requested_by, o.lifecycle";
    put(sums, "open promises".to_owned(), &[0]);
    for mut row in rows(store, orders).await {
        let (order, channel, wanted, lifecycle): (_, _, String, String) =
            (id(&mut row), id(&mut row), next(&mut row), next(&mut row));
        let (ordered, cancelled, delivered): (i64, i64, i64) = (next(&mut row), next(&mut row), next(&mut row));
        let is_cancelled = i64::from(lifecycle == "cancelled");
        let is_settled = is_cancelled == 0 && delivered > 0 && ordered == cancelled + delivered;
        let on_time = is_settled && last.get(&order).is_some_and(|day| *day <= wanted);
        let in_full = is_settled && cancelled == 0;
        let values = [1, is_cancelled, on_time.into(), in_full.into(), (on_time && in_full).into()];
        put(sums, format!("promise {wanted} {channel}"), &values);
        put(sums, "open promises".to_owned(), &[i64::from(!is_settled && is_cancelled == 0)]);
    }
}

async fn engine(store: &Arc<dyn Store>) -> Engine {
    let simulator: Arc<dyn Gateway> = Arc::new(Simulator::new(Arc::new(SystemClock), Duration::ZERO));
    Engine::start(store.clone(), Ports::system([simulator]), EngineOptions::default()).await.unwrap()
}

/// Waits until the worker has come to the end; then both sides are the same, or a difference is shown.
async fn agree(store: &dyn Store) -> Sums {
    // What bills and credits in one hour may cancel out; a row of zeros says nothing.
    let is_said = |sums: Sums| -> Sums {
        sums.into_iter()
            .filter(|(key, values)| key == "open promises" || values.iter().any(|value| *value != 0))
            .collect()
    };
    let begun = Instant::now();
    loop {
        // Other workers go on with the orders meanwhile.
        let (found, expected) = (is_said(kept(store).await), is_said(added_up(store).await));
        if found == expected {
            return found;
        }
        if begun.elapsed() > Duration::from_secs(60) {
            let differ = |a: &Sums, b: &Sums| -> Vec<String> {
                a.iter().filter(|(key, sum)| b.get(*key) != Some(*sum)).map(|one| format!("{one:?}")).take(8).collect()
            };
            panic!("kept {:#?}\nadded up {:#?}", differ(&found, &expected), differ(&expected, &found));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The first few of all items, over days and whole months.
async fn top_items(store: &dyn Store) {
    let days = "SELECT MIN(placed_at), MAX(placed_at) FROM orders WHERE lifecycle <> 'draft'";
    let mut days = rows(store, days).await.remove(0);
    let mut day =
        || jiff::Timestamp::from_microsecond(next(&mut days)).unwrap().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (from, to) = (day(), day());
    let eur = "EUR".parse().unwrap();
    let found = stats::items(store, &Viewer::system(), (from, to), eur, 5).await.unwrap();
    let found: Vec<_> = found.rows.into_iter().map(|row| (row.amount.0, row.units.0, row.sku)).collect();
    let all = "SELECT l.sku, l.ordered, l.cancelled, l.total, l.discount FROM order_lines l \
               JOIN orders o ON o.id = l.order_id WHERE o.lifecycle <> 'draft'";
    let mut by_sku: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for mut row in rows(store, all).await {
        let (sku, [_, units, amount]) = (next(&mut row), left(&mut row));
        let sum = by_sku.entry(sku).or_default();
        *sum = (sum.0 + amount, sum.1 + units);
    }
    let mut all: Vec<_> = by_sku.into_iter().map(|(sku, (amount, units))| (amount, units, sku)).collect();
    all.sort_by(|a, b| b.cmp(a));
    all.truncate(5);
    assert_eq!(found, all);
}

const TABLES: [&str; 7] = [
    "stats_sales",
    "stats_counts",
    "stats_times",
    "stats_promises",
    "stats_open_promises",
    "stats_items",
    "stats_stock",
];

/// `processes` of them follow the log of what looks like an older store.
async fn check(store: Arc<dyn Store>, processes: usize) {
    store.migrate().await.unwrap();
    let first = engine(&store).await;
    let options = Options { seed: 11, orders: 200, days: 40 };
    let played = play(&first, options, &mut |_, _| {}).await.unwrap();
    assert!(played.orders == 200 && played.commands > 1_000, "{played:?}");
    let sums = agree(&*store).await;
    for (kind, at_least) in
        [("sales", 200), ("count", 150), ("time", 150), ("promise", 20), ("item", 300), ("stock", 6)]
    {
        let count = sums.keys().filter(|key| key.starts_with(kind)).count();
        assert!(count >= at_least, "only {count} sums of {kind}");
    }
    top_items(&*store).await;
    first.stop().await;
    for table in TABLES {
        store.execute(&[(&format!("DELETE FROM {table}"), &[])]).await.unwrap();
    }
    store.execute(&[("DELETE FROM cursors WHERE name = 'stats'", &[])]).await.unwrap();
    let mut engines = Vec::new();
    for _ in 0..processes {
        engines.push(engine(&store).await);
    }
    assert!(agree(&*store).await.len() >= sums.len(), "from the first event on");
    for engine in engines {
        engine.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_what_the_records_add_up_to_on_sqlite() {
    let folder = TestFolder::create();
    check(Arc::new(folder.open()), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_what_the_records_add_up_to_on_postgresql() {
    if let Some(database) = TestDatabase::create().await {
        check(Arc::new(database.open().await), 2).await;
    }
}
