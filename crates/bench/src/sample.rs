//! The very rows that orders wrote, read back to be written again.

use crate::BenchError;
use std::collections::{BTreeMap, HashMap, HashSet};
use waybill_domain::ids::Id;
use waybill_store::tables::tables;
use waybill_store::value::{ColumnKind, Source};
use waybill_store::{Row, Sink, Store, StoreError, Table, ToRow, Value};

/// A row of any table, with the values as they were written.
#[derive(Clone, Debug)]
pub struct RawRow {
    table: &'static Table,
    values: Vec<Value>,
}

impl RawRow {
    /// Databases hand some kinds out as others; the description says what was written.
    pub fn of(table: &'static Table, mut row: Row) -> Result<Self, StoreError> {
        let mut values = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            values.push(match column.kind {
                ColumnKind::Int => Value::from(row.int()?),
                ColumnKind::Bool => Value::from(row.bool()?),
                ColumnKind::Text => Value::from(row.text()?),
                ColumnKind::Id => Value::from(row.id()?),
                ColumnKind::Bytes => row.bytes()?.map_or(Value::Null, |bytes| Value::Bytes(bytes.into_owned())),
            });
        }
        Ok(Self { table, values })
    }

    fn place(&self, column: &str) -> usize {
        self.table.columns.iter().position(|one| one.name == column).unwrap_or_default()
    }

    pub fn id(&self, column: &str) -> Id {
        match &self.values[self.place(column)] {
            Value::Id(id) => *id,
            _ => Id::NIL,
        }
    }

    pub fn int(&self, column: &str) -> i64 {
        match &self.values[self.place(column)] {
            Value::Int(number) => *number,
            _ => 0,
        }
    }

    pub fn text(&self, column: &str) -> &str {
        match &self.values[self.place(column)] {
            Value::Text(text) => text,
            _ => "",
        }
    }

    pub fn set(&mut self, column: &str, number: i64) {
        let place = self.place(column);
        self.values[place] = Value::Int(number);
    }

    pub fn add(&mut self, column: &str, number: i64) {
        // An external account is no column.
        if self.table.column(column).is_some() {
            self.set(column, self.int(column) + number);
        }
    }
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

/// Rows by table, in the order in which a batch writes them.
pub type Rows = BTreeMap<usize, Vec<RawRow>>;

/// What one order wrote: everything but stock levels and the log head, which are shared.
#[derive(Debug, Default)]
pub struct OrderRows {
    pub records: Rows,
    /// Events, postings and the receipt: what carries positions.
    pub log: Rows,
    pub events: i64,
}

/// Orders in commit order.
#[derive(Debug, Default)]
pub struct Sample {
    pub orders: Vec<OrderRows>,
    /// The log position of their last event.
    pub upto: i64,
}

const LOG: [&str; 5] = ["events", "stock_postings", "money_postings", "receipts_0", "receipts_1"];
/// An attempt's ids differ in their last 16 bits.
const ATTEMPT: u128 = !0xffff;

/// The stock levels as they are.
async fn levels(store: &dyn Store) -> Result<Vec<RawRow>, BenchError> {
    let Some(table) = tables().into_iter().find(|table| table.name == "stock_levels") else {
        return Ok(Vec::new());
    };
    let rows = store.read(&format!("SELECT {} FROM stock_levels", table.column_list()), &[]).await?;
    Ok(rows.into_iter().map(|row| RawRow::of(table, row)).collect::<Result<_, _>>()?)
}

/// Where a store stood.
#[derive(Debug)]
pub struct Stand {
    pub position: i64,
    pub levels: Vec<RawRow>,
}

impl Stand {
    pub async fn of(store: &dyn Store) -> Result<Self, BenchError> {
        Ok(Self { position: head(store).await?, levels: levels(store).await? })
    }
}

/// Where the log ends.
pub async fn head(store: &dyn Store) -> Result<i64, BenchError> {
    let rows = store.read("SELECT position FROM log_head", &[]).await?;
    Ok(rows.into_iter().next().map_or(Ok(0), |mut row| row.take())?)
}

/// The first `count` orders placed after `position` and up to `until`, with all their rows. Nothing but orders may have
/// been written in between.
pub async fn take(store: &dyn Store, position: i64, until: i64, count: usize) -> Result<Sample, BenchError> {
    let order = orders_after(store, position, until, count).await?;
    let (Some(first), Some(last)) = (order.iter().map(|(id, _)| *id).min(), order.iter().map(|(id, _)| *id).max())
    else {
        return Ok(Sample { orders: Vec::new(), upto: until });
    };
    let upto = order.iter().map(|(_, position)| *position).max().unwrap_or(position);
    let wanted: HashSet<Id> = order.iter().map(|(id, _)| Id(id.0 & ATTEMPT)).collect();
    let mut found: HashMap<Id, OrderRows> = HashMap::with_capacity(order.len());
    // Which attempt's event stands at a position.
    let mut at: HashMap<i64, Id> = HashMap::new();
    let ids = [Value::Id(Id(first.0 & ATTEMPT)), Value::Id(Id(last.0 | !ATTEMPT))];
    let positions = [Value::Int(position), Value::Int(upto)];
    let all = tables();
    let events_first = all.iter().enumerate().filter(|(_, table)| table.name == "events");
    let others = all.iter().enumerate().filter(|(_, table)| table.name != "events");
    for (place, table) in events_first.chain(others) {
        let table: &'static Table = table;
        let (condition, params) = match table.name {
            "orders" | "parties" | "addresses" | "texts" => ("id >= $1 AND id <= $2", &ids),
            name if LOG.contains(&name) => ("position > $1 AND position <= $2", &positions),
            _ if table.parent.is_some_and(|(_, column)| column == "order_id") => {
                ("order_id >= $1 AND order_id <= $2", &ids)
            }
            _ => continue,
        };
        let sql = format!("SELECT {} FROM {} WHERE {condition}", table.column_list(), table.name);
        for row in store.read(&sql, params).await? {
            let row = RawRow::of(table, row)?;
            let attempt = match table.name {
                "events" => row.id("aggregate_id"),
                "stock_postings" | "money_postings" => at.get(&row.int("position")).copied().unwrap_or(Id::NIL),
                "receipts_0" | "receipts_1" => receipt_of(&row),
                "orders" | "parties" | "addresses" | "texts" => row.id("id"),
                _ => row.id("order_id"),
            };
            let attempt = Id(attempt.0 & ATTEMPT);
            if !wanted.contains(&attempt) {
                continue;
            }
            let rows = found.entry(attempt).or_default();
            if table.name == "events" {
                at.insert(row.int("position"), attempt);
                rows.events += 1;
            }
            let kind = if LOG.contains(&table.name) { &mut rows.log } else { &mut rows.records };
            kind.entry(place).or_default().push(row);
        }
    }
    let orders = order.iter().filter_map(|(id, _)| found.remove(&Id(id.0 & ATTEMPT))).collect();
    Ok(Sample { orders, upto })
}

/// The order that a receipt is for, as it says.
fn receipt_of(row: &RawRow) -> Id {
    let text = row.text("receipt");
    let id = text.split_once("\"i\":\"").and_then(|(_, rest)| rest.get(..32));
    id.and_then(|id| u128::from_str_radix(id, 16).ok()).map_or(Id::NIL, Id)
}

/// Orders with the position of their last event, in the order of their first.
async fn orders_after(
    store: &dyn Store,
    position: i64,
    until: i64,
    count: usize,
) -> Result<Vec<(Id, i64)>, BenchError> {
    let sql =
        "SELECT position, aggregate_id FROM events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3";
    let limit = count as i64 * 8;
    let rows = store.read(sql, &[Value::Int(position), Value::Int(until), Value::Int(limit)]).await?;
    let is_cut = rows.len() as i64 == limit;
    let mut orders: Vec<(Id, i64)> = Vec::new();
    for mut row in rows {
        let (position, id): (i64, Id) = (row.take()?, row.take()?);
        match orders.last_mut() {
            Some((last, until)) if *last == id => *until = position,
            _ => orders.push((id, position)),
        }
    }
    if is_cut && orders.len() <= count {
        // The last one may have more events than were read.
        orders.pop();
    }
    orders.truncate(count);
    Ok(orders)
}
