//! Bare rows: what the engine wrote, written again by a loop without rules, into a fresh store with the same settings.

use crate::BenchError;
use crate::databases::Place;
use crate::sample::{OrderRows, RawRow, Rows, Sample};
use std::collections::HashMap;
use std::time::Instant;
use waybill_domain::ids::Id;
use waybill_store::tables::tables;
use waybill_store::{Table, ToRow, Write, WriteMode};

/// The key of a stock level.
type Key = (Id, Id, Id);

fn key(row: &RawRow) -> Key {
    (row.id("item_id"), row.id("location_id"), row.id("lot_id"))
}

/// Writes the sample, `per_commit` orders a commit; orders a second.
pub async fn replay(place: &Place, sample: &Sample, per_commit: usize) -> Result<f64, BenchError> {
    let tables = tables();
    let Some(levels_table) = tables.iter().find(|table| table.name == "stock_levels") else {
        return Ok(0.0);
    };
    let database = place.fresh(&format!("raw{per_commit}")).await?;
    let mut writer = database.store.writer().await?;
    writer.begin().await?;
    let rows = sample.levels.iter().map(|row| row as &dyn ToRow).collect();
    writer.commit(&[Write { table: levels_table, mode: WriteMode::Insert, rows }]).await?;

    // Everything but writing is done before the clock starts: what remains is the database's own work.
    let mut levels: HashMap<Key, RawRow> = sample.levels.iter().map(|row| (key(row), row.clone())).collect();
    let batches: Vec<Batch<'_>> =
        sample.orders.chunks(per_commit).map(|orders| Batch::of(orders, &mut levels)).collect();
    let begun = Instant::now();
    for batch in &batches {
        writer.begin().await?;
        writer.take_positions(&writes(&tables, &batch.records), batch.events).await?;
        let mut last = vec![Write {
            table: levels_table,
            mode: WriteMode::Update,
            rows: batch.levels.iter().map(|row| row as &dyn ToRow).collect(),
        }];
        last.extend(writes(&tables, &batch.log));
        writer.commit(&last).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    drop(writer);
    database.end().await?;
    Ok(sample.orders.len() as f64 / seconds)
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
