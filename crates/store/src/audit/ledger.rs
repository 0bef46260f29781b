//! Adds the stock ledger up, key by key, straight from the postings.

use super::reading::{Gathered, gather};
use super::records::typed;
use super::report::{Findings, Stage};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::tables::StockPostingRecord;
use crate::value::{Row, Value};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt::Write;
use waybill_domain::Code;
use waybill_domain::ledger::{StockAccount, StockKey};

/// Log positions in a window.
const POSITIONS: usize = 10_000;

/// Windows read at once, while those before them are added up.
const AT_ONCE: usize = 2;

/// The states whose units belong to somebody: an order's line or a reservation.
pub(super) const HELD: [StockAccount; 4] =
    [StockAccount::Reserved, StockAccount::Allocated, StockAccount::Picked, StockAccount::Packed];

/// Units held per key, in the order of [`HELD`].
pub(super) type Held = FxHashMap<StockKey, [i64; 4]>;

/// What the postings of one key add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// By state.
    pub(super) balances: [i64; 9],
    pub(super) postings: i64,
    pub(super) last: (i64, i64),
}

/// The stock ledger up to a position of the log.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    sums: BTreeMap<StockKey, Sum>,
    position: i64,
    stock_postings: i64,
    money_postings: i64,
}

/// A key as shown in violations.
pub(super) fn show_key(key: &StockKey) -> String {
    let mut text = format!("item_id={} location_id={}", key.item_id, key.location_id);
    if key.lot_id.0 != waybill_domain::ids::Id::NIL {
        let _ = write!(text, " lot_id={}", key.lot_id);
    }
    text
}

/// The log head, compared with the largest position of every table that carries one.
pub(super) async fn head(store: &dyn Store, findings: &mut Findings) -> Result<i64, StoreError> {
    const TABLES: [&str; 3] = ["events", "stock_postings", "money_postings"];
    let ends = TABLES.map(|table| {
        let end = |of: &str| format!("(SELECT {of}(position) FROM {table})");
        format!("SELECT COALESCE({}, 1), COALESCE({}, 0)", end("MIN"), end("MAX"))
    });
    let mut statements: Vec<(&str, &[Value])> = vec![("SELECT position FROM log_head WHERE id = 1", &[])];
    statements.extend(ends.iter().map(|sql| (sql.as_str(), [].as_slice())));
    let mut answers = store.read_together(&statements).await?.into_iter();
    let Some(mut row) = answers.next().and_then(|rows| rows.into_iter().next()) else {
        findings.add("log.head", "log_head", "id=1", "a row", "none");
        return Ok(0);
    };
    let head: i64 = row.take()?;
    for (table, rows) in TABLES.into_iter().zip(answers) {
        for mut row in rows {
            let (first, last): (i64, i64) = (row.take()?, row.take()?);
            if first < 1 {
                findings.add("log.position", table, format!("position={first}"), "a position from 1", first);
            }
            let fits = if table == "events" { last == head } else { last <= head };
            if !fits {
                findings.add(
                    "log.position",
                    table,
                    format!("position={last}"),
                    format!("at most {head}, the log head"),
                    last,
                );
            }
        }
    }
    Ok(head)
}

/// The only number of a statement's only row.
fn number(rows: Vec<Row>) -> Result<i64, StoreError> {
    rows.into_iter().next().map_or(Ok(0), |mut row| row.take())
}

/// What the log holds up to a position, as read. The log is never changed, so its reads need not see one state.
struct Window {
    upto: i64,
    /// How many events and money postings there are.
    events: i64,
    money: i64,
    postings: Gathered<Vec<StockPostingRecord>>,
}

impl Window {
    async fn read(store: &dyn Store, after: i64, head: i64) -> Result<Self, StoreError> {
        let upto = head.min(after + POSITIONS as i64);
        let ends = [Value::Int(after), Value::Int(upto)];
        let count = |table: &str| {
            format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table} WHERE position > $1 AND position <= $2")
        };
        let postings = format!(
            "SELECT {} FROM stock_postings WHERE position > $1 AND position <= $2 ORDER BY position, number",
            StockPostingRecord::table().column_list()
        );
        let (events, money) = (count("events"), count("money_postings"));
        let postings: [(&str, &[Value]); 1] = [(&postings, &ends)];
        let (events, money, postings) = futures_util::try_join!(
            store.read(&events, &ends),
            store.read(&money, &ends),
            gather(store, &postings, Vec::new(), |rows, _, row, findings| typed(rows, row, findings)),
        )?;
        Ok(Self { upto, events: number(events)?, money: number(money)?, postings })
    }
}

impl Ledger {
    pub(super) const fn position(&self) -> i64 {
        self.position
    }

    pub(super) const fn postings(&self) -> i64 {
        self.stock_postings + self.money_postings
    }

    pub(super) const fn sums(&self) -> &BTreeMap<StockKey, Sum> {
        &self.sums
    }

    /// Adds up everything to `head`.
    pub(super) async fn advance(
        &mut self,
        store: &dyn Store,
        head: i64,
        findings: &mut Findings,
        progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
    ) -> Result<(), StoreError> {
        let begins = (self.position..head).step_by(POSITIONS);
        let mut windows = stream::iter(begins).map(|after| Window::read(store, after, head)).buffered(AT_ONCE);
        while let Some(window) = windows.try_next().await? {
            progress(Stage::Ledger, self.position, head);
            if window.events != window.upto - self.position {
                self.first_gap(store, window.upto, findings).await?;
            }
            self.money_postings += window.money;
            findings.append(window.postings.findings);
            for posting in &window.postings.rows {
                self.add(posting, findings);
            }
            self.position = window.upto;
        }
        Ok(())
    }

    async fn first_gap(&self, store: &dyn Store, upto: i64, findings: &mut Findings) -> Result<(), StoreError> {
        let sql = "SELECT position FROM events WHERE position > $1 AND position <= $2 ORDER BY position";
        let mut expected = self.position + 1;
        for mut row in store.read(sql, &[Value::Int(self.position), Value::Int(upto)]).await? {
            let found: i64 = row.take()?;
            if found != expected {
                break;
            }
            expected += 1;
        }
        findings.add("event.missing", "events", format!("position={expected}"), "an event", "none");
        Ok(())
    }

    /// Adds postings that came after, in the same read as what they are compared with.
    pub(super) fn follow(&mut self, head: i64, postings: &[StockPostingRecord], findings: &mut Findings) {
        for posting in postings {
            self.add(posting, findings);
        }
        self.position = self.position.max(head);
    }

    fn add(&mut self, posting: &StockPostingRecord, findings: &mut Findings) {
        self.stock_postings += 1;
        let key = StockKey { item_id: posting.item_id, location_id: posting.location_id, lot_id: posting.lot_id };
        let row = || format!("position={} number={}", posting.position, posting.number);
        let quantity = posting.quantity.0;
        let (from, to) = (posting.from_account, posting.to_account);
        if quantity <= 0 || from == to {
            let found = format!("{quantity} {from} -> {to}");
            findings.add("posting.form", "stock_postings", row(), "more than 0 between two accounts", found);
        }
        if (from.needs_holder() || to.needs_holder()) != posting.holder_id.is_some() {
            let expected = if posting.holder_id.is_some() { "no holder" } else { "a holder" };
            findings.add("posting.holder", "stock_postings", row(), expected, format!("{from} -> {to}"));
        }
        let sum = self.sums.entry(key).or_default();
        let before = (posting.previous_position, posting.previous_number);
        if before != sum.last {
            let text = |(position, number)| format!("previous position={position} number={number}");
            findings.add("posting.chain", "stock_postings", row(), text(sum.last), text(before));
        }
        sum.last = (posting.position, posting.number);
        sum.postings += 1;
        if let Some(place) = from.state_index() {
            sum.balances[place] -= quantity;
            if sum.balances[place] < 0 {
                let found = format!("{} of {} {}", sum.balances[place], show_key(&key), from.code());
                findings.add("ledger.negative", "stock_postings", row(), "no balance below 0", found);
            }
        }
        if let Some(place) = to.state_index() {
            sum.balances[place] += quantity;
        }
    }

    /// Compares the units that orders and reservations hold with the balances, per key and state.
    pub(super) fn compare_held(&self, held: &Held, findings: &mut Findings) {
        const NONE: [i64; 4] = [0; 4];
        let mut compare = |key: &StockKey, balances: &[i64; 9], held: &[i64; 4]| {
            for (state, held) in HELD.iter().zip(held) {
                let balance = state.state_index().map_or(0, |place| balances[place]);
                let key = || format!("{} {}", show_key(key), state.code());
                findings.equal("ledger.held", "allocations", key, balance, *held);
            }
        };
        for (key, sum) in &self.sums {
            compare(key, &sum.balances, held.get(key).unwrap_or(&NONE));
        }
        for (key, held) in held.iter().filter(|(key, _)| !self.sums.contains_key(*key)) {
            compare(key, &[0; 9], held);
        }
    }
}
