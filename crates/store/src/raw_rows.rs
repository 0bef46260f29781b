//! Orders as bare rows, for measuring what a backend does without any rules: as many rows as a placed order of three
//! lines, in the real tables, loaded and written the way a batch of commands is.

use crate::backend::{Select, Store, Write, WriteMode};
use crate::error::StoreError;
use crate::record::{Table, ToRow};
use crate::tables::tables;
use crate::value::{ColumnKind, Sink, Value};
use std::time::{Duration, Instant};
use waybill_domain::ids::Id;

const LINES: i64 = 3;
const EVENTS: i64 = 3;
/// Items whose stock the orders take from.
const ITEMS: i64 = 10_000;

/// A row of any table.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    pub(crate) table: &'static Table,
    pub(crate) values: Vec<Value>,
}

impl ToRow for RawRow {
    fn bind(&self, sink: &mut dyn Sink) {
        for (value, column) in self.values.iter().zip(&self.table.columns) {
            match (value, column.kind) {
                (Value::Int(value), _) => sink.int(Some(*value)),
                (Value::Bool(value), _) => sink.bool(Some(*value)),
                (Value::Text(value), _) => sink.text(Some(value)),
                (Value::Id(value), _) => sink.id(Some(*value)),
                (Value::Bytes(value), _) => sink.bytes(Some(value)),
                (Value::Null, ColumnKind::Int) => sink.int(None),
                (Value::Null, ColumnKind::Bool) => sink.bool(None),
                (Value::Null, ColumnKind::Text) => sink.text(None),
                (Value::Null, ColumnKind::Id) => sink.id(None),
                (Value::Null, ColumnKind::Bytes) => sink.bytes(None),
            }
        }
    }
}

/// Where the time of a run went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    pub orders: i64,
    pub load: Duration,
    pub write: Duration,
    pub commit: Duration,
    pub slowest_batch: Duration,
}

impl Timing {
    pub fn orders_per_second(&self) -> f64 {
        self.orders as f64 / (self.load + self.write + self.commit).as_secs_f64()
    }
}

/// Writes what orders need to stand on.
///
/// # Errors
/// What the store answers.
pub async fn prepare(store: &dyn Store) -> Result<(), StoreError> {
    let mut writer = store.writer().await?;
    writer.begin().await?;
    let levels: Vec<_> = (0..ITEMS).map(|item| row("stock_levels", item, 0)).collect();
    writer.commit(&[write(WriteMode::Insert, &levels)]).await
}

/// Writes orders `from..from + orders`, `per_commit` at a time.
///
/// # Errors
/// What the store answers.
pub async fn run(store: &dyn Store, from: i64, orders: i64, per_commit: i64) -> Result<Timing, StoreError> {
    let mut writer = store.writer().await?;
    let mut timing = Timing { orders, ..Timing::default() };
    for first in (from..from + orders).step_by(per_commit.unsigned_abs() as usize) {
        let batch = first..(first + per_commit).min(from + orders);
        let each = |table, count: i64| -> Vec<RawRow> {
            batch.clone().flat_map(|order| (0..count).map(move |number| row(table, order, number))).collect()
        };
        let mut items: Vec<_> =
            batch.clone().flat_map(|order| (0..LINES).map(move |line| item_of(order, line))).collect();
        items.sort_unstable();
        items.dedup();
        let levels: Vec<_> = items.iter().map(|&item| row("stock_levels", item, first)).collect();
        let receipts = each("receipts_0", 1);
        let mut receipt_keys: Vec<_> = receipts.iter().map(|receipt| receipt.values[..1].to_vec()).collect();
        receipt_keys.sort_by_key(|key| match key[0] {
            Value::Id(id) => id,
            _ => Id::NIL,
        });
        let selects = [
            Select { table: table("store_state"), by: &["id"], keys: vec![vec![1.into()]], lock: false },
            Select { table: table("receipts_0"), by: &["key"], keys: receipt_keys, lock: false },
            Select {
                table: table("stock_levels"),
                by: &["item_id", "location_id", "lot_id"],
                keys: levels.iter().map(|level| level.values[..3].to_vec()).collect(),
                lock: true,
            },
        ];
        let records = [
            each("parties", 1),
            each("addresses", 1),
            each("orders", 1),
            each("order_lines", LINES),
            each("order_charges", 1),
            each("allocations", LINES),
            each("payments", 1),
            each("payment_transactions", 1),
        ];
        let log = [receipts, each("events", EVENTS), each("stock_postings", LINES)];
        let mut before: Vec<_> = records.iter().map(|rows| write(WriteMode::Insert, rows)).collect();
        before.push(write(WriteMode::Update, &levels));
        let last: Vec<_> = log.iter().map(|rows| write(WriteMode::Insert, rows)).collect();

        let started = Instant::now();
        writer.begin().await?;
        let found = writer.select(&selects).await?;
        assert_eq!(found[2].len(), levels.len(), "every level is there");
        let loaded = Instant::now();
        writer.take_positions(&before, EVENTS * per_commit).await?;
        let written = Instant::now();
        writer.commit(&last).await?;
        timing.load += loaded - started;
        timing.write += written - loaded;
        timing.commit += written.elapsed();
        timing.slowest_batch = timing.slowest_batch.max(started.elapsed());
    }
    Ok(timing)
}

pub(crate) fn write(mode: WriteMode, rows: &[RawRow]) -> Write<'_> {
    let table = rows.first().map_or_else(|| table("store_state"), |row| row.table);
    Write { table, mode, rows: rows.iter().map(|row| row as &dyn ToRow).collect() }
}

pub(crate) fn table(name: &str) -> &'static Table {
    tables().into_iter().find(|table| table.name == name).expect("a table that exists")
}

/// Scatters numbers, always the same way.
const fn scatter(n: i64) -> u64 {
    let n = (n as u64).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (n ^ (n >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

const fn item_of(order: i64, line: i64) -> i64 {
    (scatter(order * LINES + line) % ITEMS as u64) as i64
}

/// The `number`-th row of an order in some table; of `stock_levels`, the row of item `order`.
fn row(table_name: &str, order: i64, number: i64) -> RawRow {
    let table = table(table_name);
    let id = |kind: u128, n: i64| Id::v7(1_800_000_000_000 + n.unsigned_abs() / 4, kind << 64 | u128::from(scatter(n)));
    let values = table.columns.iter().map(|column| match (table_name, column.name) {
        ("receipts_0", "key") => Value::Id(Id(u128::from(scatter(order)) << 64 | u128::from(scatter(!order)))),
        ("stock_levels", "item_id") => Value::Id(id(9, order)),
        ("stock_postings" | "allocations" | "order_lines", "item_id") => Value::Id(id(9, item_of(order, number))),
        ("events", "id") => Value::Id(id(2, order * EVENTS + number)),
        (_, "id" | "order_id" | "aggregate_id" | "party_id" | "ship_to" | "holder_id") => Value::Id(id(1, order)),
        (_, "location_id" | "channel_id") => Value::Id(id(3, 1)),
        (_, "customer_id") => Value::Id(id(4, order % 1_000)),
        ("orders", "number") | (_, "external_ref" | "reference") => match column.kind {
            ColumnKind::Int => Value::Int(order),
            _ => Value::from(format!("web-{order}")),
        },
        ("events", "position") => Value::Int(1 + order * EVENTS + number),
        ("stock_postings", "position") => Value::Int(order),
        (_, "number" | "sequence") => Value::Int(number),
        (_, "quantity") => Value::Int(1),
        (_, "lifecycle") => "confirmed".into(),
        (_, "payload") => Value::from(format!("{{\"order\":{order},{}}}", "\"line\":[1,2,3],".repeat(18))),
        (_, "receipt") => Value::from(format!("{{\"order\":{order},{}}}", "\"event\":1,".repeat(10))),
        _ if column.nullable && column.name.len() % 2 == 0 => Value::Null,
        _ => match column.kind {
            ColumnKind::Int => Value::Int(0),
            ColumnKind::Bool => Value::Bool(true),
            ColumnKind::Text => Value::Text("some words".into()),
            ColumnKind::Id => Value::Id(Id::NIL),
            ColumnKind::Bytes => Value::Bytes(vec![order as u8; 32]),
        },
    });
    RawRow { table, values: values.collect() }
}
