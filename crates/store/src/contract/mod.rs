//! What every backend must keep, as one suite. Run by each backend's tests, and by anyone on a database of their own.
//!
//! [`races`] lets two batches meet at every gap of the isolation list: one stops there until the other has come as far
//! as it can. Whatever the meeting, each unit is taken once, each key is answered once, and positions have no gap.

pub mod basics;
pub mod filled;
pub mod pages;
pub mod plans;
pub mod questions;
pub mod races;

use crate::backend::{Store, Write, WriteMode, Writer};
use crate::error::StoreError;
use crate::record::{Record, ToRow};
use crate::tables::{EventRecord, StoreState};
use crate::value::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use waybill_domain::attempt::Origin;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::{EventId, Id};
use waybill_domain::time::Timestamp;

/// A part at work.
type Checking = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One part of the contract.
pub struct Part {
    pub name: &'static str,
    /// What holds, in a sentence.
    pub what: &'static str,
    check: fn(Arc<dyn Store>) -> Checking,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("name", &self.name).finish_non_exhaustive()
    }
}

macro_rules! parts {
    ($($name:literal, $what:literal, $check:expr;)+) => {
        /// The parts, in the order in which they are checked.
        pub const PARTS: &[Part] = &[$(Part { name: $name, what: $what, check: |store| Box::pin($check(store)) }),+];
    };
}

parts! {
    "atomicity", "What is not committed is seen by nobody; what is, by everybody at once, with its positions.",
        async |store: Arc<dyn Store>| basics::atomicity(&*store).await;
    "constraints", "A violation is reported by its constraint's name, and ends the transaction without a trace.",
        async |store: Arc<dyn Store>| basics::constraints_have_names(&*store).await;
    "updates", "An update finds its row, writes what may change, and is refused where the row is not there.",
        async |store: Arc<dyn Store>| basics::updates_leave_fixed_columns_alone(&*store).await;
    "order", "Texts and ids compare by bytes, so that pages neither miss nor repeat.",
        async |store: Arc<dyn Store>| basics::reads_page_and_compare_alike(&*store).await;
    "visits", "Rows that are read where they lie are those that a read brings, and an error ends the reading.",
        async |store: Arc<dyn Store>| basics::visits_find_what_reads_find(&*store).await;
    "leases", "Of two that ask for a lease at once one gets it.",
        async |store: Arc<dyn Store>| basics::leases_are_held_by_one(&*store).await;
    "settings", "What is read behind the log's head holds at the positions taken there.",
        async |store: Arc<dyn Store>| races::settings_are_seen_behind_the_head(store).await;
    "alone", "A transaction of one that takes itself to be alone has no other beside it, and gives way where it would.",
        async |store: Arc<dyn Store>| races::a_lone_batch_gives_way(&*store).await;
    "races", "Two batches that meet at any step take each unit once, answer each key once, and leave no gap in the log.",
        async |store: Arc<dyn Store>| races::meetings(store).await;
}

/// Checks one part on a migrated store that nobody else uses; each part uses ids of its own, but later ones may build on
/// what earlier ones left.
///
/// # Errors
/// How the backend breaks it.
pub async fn check(part: &Part, store: Arc<dyn Store>) -> Result<(), String> {
    // The parts assert as tests do; a task of its own turns that into an answer.
    let Err(error) = tokio::spawn((part.check)(store)).await else {
        return Ok(());
    };
    let panic = error.try_into_panic().map_err(|error| error.to_string())?;
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Err(words.unwrap_or("it does not hold").to_owned())
}

/// Runs the whole suite on a new, migrated store.
///
/// # Panics
/// Where the backend breaks the contract; the message names the parts.
pub async fn run(store: Arc<dyn Store>) {
    let mut broken = Vec::new();
    for part in PARTS {
        if let Err(how) = check(part, store.clone()).await {
            broken.push(format!("{}: {how}", part.name));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn write<'a, T: Record>(mode: WriteMode, row: &'a T) -> Write<'a> {
    let row: &'a dyn ToRow = row;
    Write { table: T::table(), mode, rows: vec![row] }
}

/// An event to fill a position; one of its aggregate.
fn event(position: i64, aggregate: Id, sequence: i64) -> EventRecord {
    EventRecord {
        position,
        id: EventId(Id(aggregate.0 ^ position as u128)),
        aggregate_kind: AggregateKind::StockDocument,
        aggregate_id: aggregate,
        sequence,
        kind: "contract.tested".into(),
        version: 1,
        actor: "contract".into(),
        origin: Origin::Simulation,
        cause: None,
        happened_at: Timestamp(0),
        recorded_at: Timestamp(0),
        payload: "{}".into(),
        hash: [0; 32],
    }
}

/// The number in the only row and column of a query.
async fn number(store: &dyn Store, sql: &str, params: &[Value]) -> i64 {
    let rows = store.read(sql, params).await.expect("a query of the contract");
    let mut row = rows.into_iter().next().expect("one row");
    row.take::<Option<i64>>().expect("a number").unwrap_or_default()
}

/// Begins, and reads the store's state as every batch does.
async fn begin(writer: &mut dyn Writer) -> Result<(), StoreError> {
    writer.begin().await?;
    let select = crate::working_set::select::<StoreState>(&["id"], vec![vec![Value::Int(1)]], false);
    let rows = writer.select(&[select]).await?;
    assert_eq!(rows.first().map(Vec::len), Some(1), "the store's state is one row");
    Ok(())
}
