//! Compares stock levels with the sums of the postings, on a store that goes on working.

use super::ledger::{Ledger, Sum, show_key};
use super::reading::{Gathered, gather};
use super::records::typed;
use super::report::{Findings, Stage};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::tables::StockPostingRecord;
use crate::value::{Source, Take, Value};
use std::ops::Bound;
use waybill_domain::Code;
use waybill_domain::ids::Id;
use waybill_domain::ledger::{StockAccount, StockKey};
use waybill_domain::stock::level::StockLevel;

/// Levels read at once.
const LEVELS: usize = 5_000;

/// Before levels are read together with what was posted since, so much may have been posted at most, in positions.
const BEHIND: i64 = 5_000;

const HEAD: &str = "SELECT position FROM log_head WHERE id = 1";

/// Levels, and what was posted since, of one state of the store.
#[derive(Default)]
struct Slice {
    head: i64,
    since: Vec<StockPostingRecord>,
    levels: Vec<StockLevel>,
    /// Levels read, also those that do not read as such.
    read: usize,
}

impl Slice {
    fn take(&mut self, place: usize, row: &mut dyn Source, findings: &mut Findings) {
        match place {
            0 => match row.take() {
                Ok(head) => self.head = head,
                Err(error) => findings.add("log.head", "log_head", "id=1", "a position", error),
            },
            1 => typed(&mut self.since, row, findings),
            _ => {
                self.read += 1;
                typed(&mut self.levels, row, findings);
            }
        }
    }
}

/// Reads the levels slice by slice, each together with the postings since the last one.
pub(super) async fn compare(
    store: &dyn Store,
    ledger: &mut Ledger,
    findings: &mut Findings,
    progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
) -> Result<(), StoreError> {
    let levels = format!(
        "SELECT {} FROM stock_levels WHERE (item_id, location_id, lot_id) > ($1, $2, $3) \
         ORDER BY item_id, location_id, lot_id LIMIT {LEVELS}",
        StockLevel::table().column_list()
    );
    let since = format!(
        "SELECT {} FROM stock_postings WHERE position > $1 ORDER BY position, number",
        StockPostingRecord::table().column_list()
    );
    let mut after: Option<StockKey> = None;
    let mut done = 0;
    loop {
        catch_up(store, ledger, findings, progress).await?;
        let key = after.map_or([Id::NIL; 3], |key| [key.item_id.0, key.location_id.0, key.lot_id.0]);
        let (key, position) = (key.map(Value::Id), [Value::Int(ledger.position())]);
        let statements: [(&str, &[Value]); 3] = [(HEAD, &[]), (&since, &position), (&levels, &key)];
        let Gathered { rows: slice, findings: found } =
            gather(store, &statements, Slice::default(), Slice::take).await?;
        findings.append(found);
        ledger.follow(slice.head, &slice.since, findings);
        let upto = if slice.read < LEVELS { None } else { slice.levels.last().map(|level| level.key) };
        compare_slice(ledger, after, upto, &slice.levels, findings);
        done += slice.levels.len() as i64;
        progress(Stage::Levels, done, ledger.sums().len() as i64);
        match upto {
            Some(key) if Some(key) != after => after = Some(key),
            _ => return Ok(()),
        }
    }
}

/// A store under load runs on while levels are read; what came since is read in slices too where it is much.
async fn catch_up(
    store: &dyn Store,
    ledger: &mut Ledger,
    findings: &mut Findings,
    progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
) -> Result<(), StoreError> {
    loop {
        let rows = store.read(HEAD, &[]).await?;
        let head: i64 = rows.into_iter().next().map_or(Ok(0), |mut row| row.take())?;
        if head - ledger.position() <= BEHIND {
            return Ok(());
        }
        ledger.advance(store, head, findings, progress).await?;
    }
}

/// Compares all levels after `after`, up to and with `upto` (or to the end).
fn compare_slice(
    ledger: &Ledger,
    after: Option<StockKey>,
    upto: Option<StockKey>,
    levels: &[StockLevel],
    findings: &mut Findings,
) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let to = upto.map_or(Bound::Unbounded, Bound::Included);
    let mut sums = ledger.sums().range((from, to)).peekable();
    for level in levels {
        while let Some((key, _)) = sums.next_if(|(key, _)| **key < level.key) {
            findings.add("level.missing", "stock_levels", show_key(key), "a row", "none");
        }
        match sums.next_if(|(key, _)| **key == level.key) {
            Some((_, sum)) => one(level, sum, findings),
            None => one(level, &Sum::default(), findings),
        }
    }
    for (key, _) in sums {
        findings.add("level.missing", "stock_levels", show_key(key), "a row", "none");
    }
}

fn one(level: &StockLevel, sum: &Sum, findings: &mut Findings) {
    let key = || show_key(&level.key);
    for (place, state) in StockAccount::STATES.iter().enumerate() {
        let key = || format!("{} {}", key(), state.code());
        findings.equal("level.balance", "stock_levels", key, sum.balances[place], level.balances[place].0);
    }
    findings.equal("level.postings", "stock_levels", key, sum.postings, level.postings);
    let text = |(position, number)| format!("last position={position} number={number}");
    let found = (level.last_position, level.last_number);
    if found != sum.last {
        findings.add("level.last", "stock_levels", key(), text(sum.last), text(found));
    }
}
