//! What every backend must keep, as one suite. Run by each backend's tests, and by anyone on a database of their own.
//!
//! [`races`] lets two batches meet at every gap of the isolation list: one stops there until the other has come as far
//! as it can. Whatever the meeting, each unit is taken once, each key is answered once, and positions have no gap.

pub mod basics;
pub mod filled;
pub mod plans;
pub mod questions;
pub mod races;

use crate::backend::{Store, Write, WriteMode, Writer};
use crate::error::StoreError;
use crate::record::{Record, ToRow};
use crate::tables::{EventRecord, StoreState};
use crate::value::Value;
use std::sync::Arc;
use waybill_domain::attempt::Origin;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::{EventId, Id};
use waybill_domain::time::Timestamp;

/// Runs the whole suite on a new, migrated store. Each case uses ids of its own.
///
/// # Panics
/// Where the backend breaks the contract; the message names the case.
pub async fn run(store: Arc<dyn Store>) {
    basics::atomicity(&*store).await;
    basics::constraints_have_names(&*store).await;
    basics::updates_leave_fixed_columns_alone(&*store).await;
    basics::reads_page_and_compare_alike(&*store).await;
    basics::leases_are_held_by_one(&*store).await;
    races::run(store).await;
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
    row.int().expect("a number").unwrap_or_default()
}

/// Begins, and reads the store's state as every batch does.
async fn begin(writer: &mut dyn Writer) -> Result<(), StoreError> {
    writer.begin().await?;
    let select = crate::working_set::select::<StoreState>(&["id"], vec![vec![Value::Int(1)]], false);
    let rows = writer.select(&[select]).await?;
    assert_eq!(rows.first().map(Vec::len), Some(1), "the store's state is one row");
    Ok(())
}
