//! Reads slices: the records of one in one short transaction, then the postings of its events.

use super::records::typed;
use super::report::Findings;
use super::slice::Slice;
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::tables::{MoneyPostingRecord, StockPostingRecord};
use crate::value::{Source, Value};
use futures_util::stream::{self, Stream};
use std::sync::{Arc, Mutex, PoisonError};
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

/// What was read, and what of it does not read.
#[derive(Default)]
pub(super) struct Gathered<T> {
    pub(super) rows: T,
    pub(super) findings: Findings,
}

/// Reads statements of one state of the store; `take` puts each row into `rows`, on the thread that reads it.
pub(super) async fn gather<T: Default + Send + 'static>(
    store: &dyn Store,
    statements: &[(&str, &[Value])],
    rows: T,
    take: impl Fn(&mut T, usize, &mut dyn Source, &mut Findings) + Send + 'static,
) -> Result<Gathered<T>, StoreError> {
    let gathered = Arc::new(Mutex::new(Gathered { rows, findings: Findings::default() }));
    let into = Arc::clone(&gathered);
    let visit = move |place: usize, row: &mut dyn Source| {
        let Gathered { rows, findings } = &mut *into.lock().unwrap_or_else(PoisonError::into_inner);
        take(rows, place, row, findings);
        Ok(())
    };
    store.visit(statements, Box::new(visit)).await?;
    Ok(std::mem::take(&mut *gathered.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// The records of a slice, of one state of the store.
pub(super) async fn records(
    store: &dyn Store,
    statements: &[String],
    range: Range,
    empty: Slice,
) -> Result<Gathered<Slice>, StoreError> {
    let ends = [Value::Id(range.from), Value::Id(range.end)];
    let reads: Vec<(&str, &[Value])> = statements.iter().map(|sql| (sql.as_str(), ends.as_slice())).collect();
    gather(store, &reads, empty, Slice::take).await
}

/// The last aggregate of the slice that begins after `from`.
async fn end_after(store: &dyn Store, from: Id) -> Result<Id, StoreError> {
    let sql = format!(
        "SELECT aggregate_id FROM events WHERE aggregate_id > $1 ORDER BY aggregate_id, sequence LIMIT 1 OFFSET {EVENTS}"
    );
    let rows = store.read(&sql, &[Value::Id(from)]).await?;
    rows.into_iter().next().map_or(Ok(Id(u128::MAX)), |mut row| row.take())
}

/// Reads the postings of a slice's events: they are never changed, so they may be read later.
pub(super) async fn complete(store: &dyn Store, mut slice: Gathered<Slice>) -> Result<Gathered<Slice>, StoreError> {
    let mut positions: Vec<i64> = slice.rows.events.iter().map(|event| event.position).collect();
    positions.sort_unstable();
    let positions: Arc<[i64]> = positions.into();
    let (stock, money) = (std::mem::take(&mut slice.rows.stock), std::mem::take(&mut slice.rows.money));
    let (stock, money) = futures_util::try_join!(
        postings::<StockPostingRecord>(store, &positions, stock),
        postings::<MoneyPostingRecord>(store, &positions, money)
    )?;
    (slice.rows.stock, slice.rows.money) = (stock.rows, money.rows);
    slice.findings.append(stock.findings);
    slice.findings.append(money.findings);
    Ok(slice)
}

/// The postings at positions, in order. Positions close to each other are read as a range; a join with the events would
/// read either table whole where a planner thinks so.
async fn postings<R: Record + Send>(
    store: &dyn Store,
    positions: &Arc<[i64]>,
    mut rows: Vec<R>,
) -> Result<Gathered<Vec<R>>, StoreError> {
    let table = R::table();
    let select = |condition: &str| {
        let columns = table.column_list();
        format!("SELECT {columns} FROM {} WHERE {condition} ORDER BY position, number", table.name)
    };
    let places: Vec<String> = (1..=POSITIONS).map(|place| format!("${place}")).collect();
    let (within, each) =
        (select("position >= $1 AND position <= $2"), select(&format!("position IN ({})", places.join(", "))));
    let mut findings = Findings::default();
    for chunk in positions.chunks(POSITIONS) {
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { continue };
        let is_close = last - first < 3 * POSITIONS as i64;
        let params = if is_close {
            vec![Value::Int(*first), Value::Int(*last)]
        } else {
            (0..POSITIONS).map(|place| Value::Int(*chunk.get(place).unwrap_or(last))).collect()
        };
        let sql = if is_close { &within } else { &each };
        let wanted = Arc::clone(positions);
        // A range has those of other slices in it, of which these tell.
        let take = move |rows: &mut Vec<R>, _, row: &mut dyn Source, findings: &mut Findings| match row.peek(0) {
            Value::Int(position) if wanted.binary_search(&position).is_err() => {}
            _ => typed(rows, row, findings),
        };
        let found = gather(store, &[(sql, &params)], rows, take).await?;
        rows = found.rows;
        findings.append(found.findings);
    }
    Ok(Gathered { rows, findings })
}
