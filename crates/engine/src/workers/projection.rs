//! Workers that keep something small beside the log, so that pages need not read all of it: each follows the log in slices
//! from a cursor of its own, under a lease. A store from before a projection is read from its first event.

use super::lease::Lease;
use super::{LOOK_SHARE, PERIOD};
use crate::core::Shared;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use waybill_store::StoreError;
use waybill_store::value::{Row, Value};

/// Between two looks, so that a busy store is not asked at every commit.
const REST: Duration = Duration::from_millis(500);
/// Slices between two lines in the log while an old store is read.
const TOLD_EVERY: u32 = 1_000;

const POSITION: &str = "SELECT position FROM cursors WHERE name = $1";
const BEGIN: &str = "INSERT INTO cursors (name, position) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING";

/// How far a slice brought the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    /// Nothing is left, for now.
    CaughtUp,
    More,
}

#[async_trait]
pub(super) trait Projection: Send + Sync + 'static {
    /// Of its cursor and its lease.
    fn name(&self) -> &'static str;

    /// Takes the slice behind `at` and moves `at` on; None where it has to be read again.
    async fn take(&self, shared: &Shared, at: &mut Option<i64>) -> Result<Slice, StoreError>;
}

pub(super) fn start(shared: &Arc<Shared>, projection: impl Projection) -> JoinHandle<()> {
    let shared = shared.clone();
    tokio::spawn(async move {
        let mut lease = Lease::new(&shared, projection.name());
        Lease::until_stopped(&shared, tend(&shared, projection, &mut lease)).await;
        lease.release(&shared).await;
    })
}

async fn tend(shared: &Arc<Shared>, projection: impl Projection, lease: &mut Lease) {
    let name = projection.name();
    let mut at: Option<i64> = None;
    let mut behind = 0u32;
    while !shared.is_stopping() {
        let nudged = shared.nudge.notified();
        let (began, batches) = (Instant::now(), shared.figures.batches.load(Ordering::Relaxed));
        let round = match lease.hold(shared).await {
            Ok(true) => projection.take(shared, &mut at).await,
            Ok(false) => {
                // Whoever has it moves the cursor.
                at = None;
                Ok(Slice::CaughtUp)
            }
            Err(error) => Err(error),
        };
        let is_behind = match round {
            Ok(slice) => slice == Slice::More,
            Err(error) => {
                tracing::warn!(worker = name, %error, "a worker could not look");
                at = None;
                false
            }
        };
        behind = tell(name, behind, is_behind, at);
        if is_behind {
            // While orders come in, they have the store for themselves most of the time.
            let is_used = shared.figures.batches.load(Ordering::Relaxed) != batches;
            let rest = began.elapsed() * if is_used { LOOK_SHARE } else { 0 };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = shared.stopped() => {}
            }
            continue;
        }
        tokio::select! {
            biased;
            () = async { tokio::time::sleep(REST).await; nudged.await } => {}
            () = tokio::time::sleep(PERIOD) => {}
            () = shared.stopped() => {}
        }
    }
}

/// Says now and then how far an old store has been read. Returns how many slices were taken without catching up.
fn tell(name: &str, behind: u32, is_behind: bool, at: Option<i64>) -> u32 {
    if is_behind {
        if behind.is_multiple_of(TOLD_EVERY) && behind > 0 {
            tracing::info!(worker = name, position = at, "reading the log of an older store");
        }
        return behind.saturating_add(1);
    }
    if behind > TOLD_EVERY {
        tracing::info!(worker = name, position = at, "the log of an older store was read");
    }
    0
}

/// How far a projection has come; makes its cursor where there is none.
pub(super) async fn stored(shared: &Shared, name: &str) -> Result<i64, StoreError> {
    let name = [Value::from(name)];
    let mut rows = shared.store.read(POSITION, &name).await?;
    match rows.first_mut() {
        Some(row) => row.take(),
        None => {
            shared.store.execute(&[(BEGIN, &name)]).await?;
            Ok(0)
        }
    }
}

/// Where a slice ends: with its last event if it is full, and else with the window or the log's head.
pub(super) fn end(
    head: &mut [Row],
    positions: &[i64],
    from: i64,
    window: i64,
    full: usize,
) -> Result<(i64, i64), StoreError> {
    let head: i64 = head.first_mut().map_or(Ok(0), Row::take)?;
    let upto = match positions.last() {
        Some(last) if positions.len() >= full => *last,
        _ => head.min(from.saturating_add(window)).max(from),
    };
    Ok((head, upto))
}
