//! Reads slices: the records of one in one short transaction, then the postings of its events.

use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::tables::{MoneyPostingRecord, StockPostingRecord};
use crate::value::{Row, Value};
use futures_util::stream::{self, Stream};
use waybill_domain::ids::Id;

/// Events in a slice, roughly.
const EVENTS: i64 = 1_500;

/// Positions whose postings are read at once.
const POSITIONS: usize = 500;

/// The ids of a slice's aggregates: after the one, up to the other.
#[derive(Clone, Copy)]
pub(super) struct Range {
    from: Id,
    end: Id,
}

/// All ids, cut so that a slice has about as many events as another.
pub(super) fn ranges(store: &dyn Store) -> impl Stream<Item = Result<Range, StoreError>> {
    stream::try_unfold(Some(Id::NIL), move |from| async move {
        let Some(from) = from else { return Ok(None) };
        let end = end_after(store, from).await?;
        Ok(Some((Range { from, end }, (end != Id(u128::MAX)).then_some(end))))
    })
}

/// The records of a slice, of one state of the store; by table, the events first.
pub(super) struct RecordRows(Vec<Vec<Row>>);

pub(super) async fn records(store: &dyn Store, statements: &[String], range: Range) -> Result<RecordRows, StoreError> {
    let ends = [Value::Id(range.from), Value::Id(range.end)];
    let reads: Vec<(&str, &[Value])> = statements.iter().map(|sql| (sql.as_str(), ends.as_slice())).collect();
    store.read_together(&reads).await.map(RecordRows)
}

/// The last aggregate of the slice that begins after `from`.
async fn end_after(store: &dyn Store, from: Id) -> Result<Id, StoreError> {
    let sql = format!(
        "SELECT aggregate_id FROM events WHERE aggregate_id > $1 ORDER BY aggregate_id, sequence LIMIT 1 OFFSET {EVENTS}"
    );
    let rows = store.read(&sql, &[Value::Id(from)]).await?;
    rows.into_iter().next().map_or(Ok(Id(u128::MAX)), |mut row| row.take())
}

/// A slice as read.
pub(super) struct SliceRows {
    pub(super) records: Vec<Vec<Row>>,
    /// Of the slice's events, by position. They are never changed, so they may be read later.
    pub(super) stock: Vec<Row>,
    pub(super) money: Vec<Row>,
}

/// Reads the postings of a slice's events.
pub(super) async fn complete(store: &dyn Store, records: RecordRows) -> Result<SliceRows, StoreError> {
    let mut positions: Vec<i64> = records.0.iter().take(1).flatten().filter_map(position).collect();
    positions.sort_unstable();
    let (stock, money) = futures_util::try_join!(
        postings::<StockPostingRecord>(store, &positions),
        postings::<MoneyPostingRecord>(store, &positions)
    )?;
    Ok(SliceRows { records: records.0, stock, money })
}

/// The first column, which is the position in the log's tables.
fn position(row: &Row) -> Option<i64> {
    match row.values().first() {
        Some(Value::Int(position)) => Some(*position),
        _ => None,
    }
}

/// The postings at positions, in order. Positions close to each other are read as a range; a join with the events would
/// read either table whole where a planner thinks so.
async fn postings<R: Record>(store: &dyn Store, positions: &[i64]) -> Result<Vec<Row>, StoreError> {
    let table = R::table();
    let select = |condition: &str| {
        let columns = table.column_list();
        format!("SELECT {columns} FROM {} WHERE {condition} ORDER BY position, number", table.name)
    };
    let places: Vec<String> = (1..=POSITIONS).map(|place| format!("${place}")).collect();
    let (within, each) =
        (select("position >= $1 AND position <= $2"), select(&format!("position IN ({})", places.join(", "))));
    let mut rows = Vec::new();
    for chunk in positions.chunks(POSITIONS) {
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { continue };
        if last - first < 3 * POSITIONS as i64 {
            let found = store.read(&within, &[Value::Int(*first), Value::Int(*last)]).await?;
            let wanted = |row: &Row| position(row).is_some_and(|position| chunk.binary_search(&position).is_ok());
            rows.extend(found.into_iter().filter(wanted));
        } else {
            let mut places: Vec<Value> = chunk.iter().map(|position| Value::Int(*position)).collect();
            places.resize(POSITIONS, Value::Int(*last));
            rows.extend(store.read(&each, &places).await?);
        }
    }
    Ok(rows)
}
