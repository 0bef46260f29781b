//! Proof that a store's books are right: everything that is kept twice is compared, every law is checked.
//!
//! The audit streams in bounded memory (a few figures per stock key) on a store that is in use; no read transaction is
//! longer than one slice. It goes in three parts:
//!
//! 1. [`ledger`]: the log's positions have no gap; the stock postings up to a position are added up, their chain per
//!    key is followed.
//! 2. [`levels`]: stock levels, slice by slice, against those sums and what was posted since.
//! 3. [`walk`]: all aggregates, by id: hash chains, postings against their events, money against the orders' columns,
//!    the laws of the vocabulary, and each record against its history folded anew.
//!
//! Beside them [`numbers`] looks at where order numbers go on.
//!
//! The cross-ledger law (allocations equal balances) is read off the stored allocations, taken back to the position
//! where part 2 ended. No sum uses the code that keeps the books.

mod aggregates;
mod history;
mod laws;
mod ledger;
mod levels;
mod money;
mod numbers;
mod reading;
mod records;
mod report;
mod slice;
mod walk;

pub use report::{AuditReport, Stage, Violation};

use crate::backend::Store;
use crate::error::StoreError;
use report::Findings;
use std::time::Instant;

/// Audits the store and tells `progress` about each step: the stage, how much of it is done, and of how much.
///
/// # Errors
/// [`StoreError`] where the store cannot be read; what is readable and wrong is in the report.
pub async fn audit(
    store: &dyn Store,
    progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
) -> Result<AuditReport, StoreError> {
    let begun = Instant::now();
    let mut findings = Findings::default();
    let mut ledger = ledger::Ledger::default();
    let head = ledger::head(store, &mut findings).await?;
    ledger.advance(store, head, &mut findings, progress).await?;
    let added_up = begun.elapsed();
    levels::compare(store, &mut ledger, &mut findings, progress).await?;
    let compared = begun.elapsed();
    numbers::compare(store, &mut findings).await?;
    let in_use = ledger.position() > head;
    let totals = walk::walk(store, ledger.position(), in_use, &mut findings, progress).await?;
    ledger.compare_held(&totals.held, &mut findings);
    // Once more, for what was written meanwhile.
    ledger::head(store, &mut findings).await?;
    tracing::debug!(
        ledger_ms = added_up.as_millis() as u64,
        levels_ms = (compared - added_up).as_millis() as u64,
        histories_ms = (begun.elapsed() - compared).as_millis() as u64,
        "audited"
    );
    Ok(AuditReport {
        ok: findings.is_clean(),
        postings: ledger.postings(),
        events: totals.events,
        orders: totals.orders,
        position: ledger.position(),
        violations_found: findings.found(),
        violations: findings.into_violations(),
        seconds: begun.elapsed().as_secs_f64(),
    })
}
