//! Bare rows: what the engine wrote, written again by a loop without rules, into a fresh store with the same settings.

use crate::BenchError;
use crate::cpu::Cpu;
use crate::databases::{Database, Place};
use crate::sample::{OrderRows, RawRow, Rows, Sample, Stand, take};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use waybill_domain::ids::Id;
use waybill_domain::stock::level::StockLevel;
use waybill_store::tables::tables;
use waybill_store::{Record, Store, Table, ToRow, Write, WriteMode, Writer};

/// Orders read at once where everything is written again.
const CHUNK: usize = 10_000;

/// The key of a stock level.
type Key = (Id, Id, Id);

fn key(row: &RawRow) -> Key {
    (row.id("item_id"), row.id("location_id"), row.id("lot_id"))
}

/// What writing cost.
struct Spent {
    took: Duration,
    /// Processor time of the whole process.
    cpu_us: f64,
}

/// A fresh store that takes bare rows.
struct Bare {
    database: Database,
    writer: Box<dyn Writer>,
    /// The stock levels as they stand.
    levels: HashMap<Key, RawRow>,
    tables: Vec<&'static Table>,
}

impl Bare {
    async fn fresh(place: &Place, purpose: &str, levels: &[RawRow]) -> Result<Self, BenchError> {
        let database = place.fresh(purpose).await?;
        let mut writer = database.store.writer().await?;
        writer.begin().await?;
        let rows = levels.iter().map(|row| row as &dyn ToRow).collect();
        writer.commit(&[Write { table: StockLevel::table(), mode: WriteMode::Insert, rows }]).await?;
        let levels = levels.iter().map(|row| (key(row), row.clone())).collect();
        Ok(Self { database, writer, levels, tables: tables() })
    }

    /// Writes orders, `per_commit` a commit. What is written is worked out before.
    async fn write(&mut self, orders: &[OrderRows], per_commit: usize) -> Result<Spent, BenchError> {
        let levels = &mut self.levels;
        let batches: Vec<Batch<'_>> = orders.chunks(per_commit).map(|orders| Batch::of(orders, levels)).collect();
        let (begun, before) = (Instant::now(), Cpu::now());
        for batch in &batches {
            self.writer.begin().await?;
            self.writer.take_positions(&writes(&self.tables, &batch.records), batch.events).await?;
            let rows = batch.levels.iter().map(|row| row as &dyn ToRow).collect();
            let mut last = vec![Write { table: StockLevel::table(), mode: WriteMode::Update, rows }];
            last.extend(writes(&self.tables, &batch.log));
            self.writer.commit(&last).await?;
        }
        Ok(Spent { took: begun.elapsed(), cpu_us: Cpu::now().us(&before) })
    }

    async fn end(self) -> Result<(), BenchError> {
        drop(self.writer);
        self.database.end().await
    }
}

/// Writes the sample into an empty store, `per_commit` orders a commit; orders a second.
pub async fn sampled(place: &Place, sample: &Sample, levels: &[RawRow], per_commit: usize) -> Result<f64, BenchError> {
    let mut bare = Bare::fresh(place, &format!("raw{per_commit}"), levels).await?;
    let spent = bare.write(&sample.orders, per_commit).await?;
    bare.end().await?;
    Ok(sample.orders.len() as f64 / spent.took.as_secs_f64())
}

/// How fast bare rows were written.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    pub orders_per_s: f64,
    /// Processor time of the whole process.
    pub cpu_us_per_order: f64,
}

/// What part of the log is written again.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// Where the log stood before the first order, with the stock levels then.
    pub from: &'a Stand,
    /// What came up to here is written too, but not counted.
    pub counted_from: i64,
    pub until: i64,
}

/// Writes every order of a stretch of the store's log into a fresh one, `per_commit` orders a commit. Reading them is not
/// counted.
pub async fn again(
    place: &Place,
    store: &dyn Store,
    stretch: Stretch<'_>,
    per_commit: usize,
    said: &(dyn Fn(usize) + Send + Sync),
) -> Result<Speed, BenchError> {
    let mut bare = Bare::fresh(place, "rawagain", &stretch.from.levels).await?;
    let (mut position, mut done) = (stretch.from.position, 0);
    let (mut orders, mut took, mut cpu_us) = (0_usize, Duration::ZERO, 0.0);
    while position < stretch.until {
        let is_counted = position >= stretch.counted_from;
        let end = if is_counted { stretch.until } else { stretch.counted_from };
        let more = take(store, position, end, CHUNK).await?;
        position = more.upto;
        let spent = bare.write(&more.orders, per_commit).await?;
        if is_counted {
            took += spent.took;
            cpu_us += spent.cpu_us;
            orders += more.orders.len();
        }
        done += more.orders.len();
        said(done);
    }
    bare.end().await?;
    let orders = orders as f64;
    Ok(Speed { orders_per_s: orders / took.as_secs_f64().max(1e-9), cpu_us_per_order: cpu_us / orders.max(1.0) })
}

/// What one commit writes.
struct Batch<'a> {
    records: Vec<(usize, Vec<&'a RawRow>)>,
    log: Vec<(usize, Vec<&'a RawRow>)>,
    levels: Vec<RawRow>,
    events: i64,
}

impl<'a> Batch<'a> {
    fn of(orders: &'a [OrderRows], levels: &mut HashMap<Key, RawRow>) -> Self {
        let mut touched: Vec<Key> = Vec::new();
        let Some(postings) = tables().iter().position(|table| table.name == "stock_postings") else {
            return Self { records: Vec::new(), log: Vec::new(), levels: Vec::new(), events: 0 };
        };
        for posting in orders.iter().filter_map(|order| order.log.get(&postings)).flatten() {
            let Some(level) = levels.get_mut(&key(posting)) else {
                continue;
            };
            let quantity = posting.int("quantity");
            level.add(posting.text("from_account"), -quantity);
            level.add(posting.text("to_account"), quantity);
            level.add("postings", 1);
            level.set("last_position", posting.int("position"));
            level.set("last_number", posting.int("number"));
            touched.push(key(posting));
        }
        touched.sort_unstable();
        touched.dedup();
        Self {
            records: gather(orders, |order| &order.records),
            log: gather(orders, |order| &order.log),
            levels: touched.iter().filter_map(|key| levels.get(key).cloned()).collect(),
            events: orders.iter().map(|order| order.events).sum(),
        }
    }
}

fn gather<'a>(orders: &'a [OrderRows], of: impl Fn(&'a OrderRows) -> &'a Rows) -> Vec<(usize, Vec<&'a RawRow>)> {
    let mut gathered: std::collections::BTreeMap<usize, Vec<&RawRow>> = std::collections::BTreeMap::new();
    for (table, rows) in orders.iter().flat_map(of) {
        gathered.entry(*table).or_default().extend(rows);
    }
    gathered.into_iter().collect()
}

fn writes<'a>(tables: &[&'static Table], rows: &[(usize, Vec<&'a RawRow>)]) -> Vec<Write<'a>> {
    rows.iter()
        .map(|(table, rows)| Write {
            table: tables[*table],
            mode: WriteMode::Insert,
            rows: rows.iter().map(|row| *row as &dyn ToRow).collect(),
        })
        .collect()
}
