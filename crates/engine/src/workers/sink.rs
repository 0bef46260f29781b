//! Hands the log on to other systems that take all of it, each from a cursor of its own.

use super::PERIOD;
use super::lease::Lease;
use crate::core::Shared;
use crate::ports::EventSink;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use waybill_store::StoreError;
use waybill_store::read::events::{self, EventFilter, ShownEvent};
use waybill_store::read::{ReadError, Viewer};
use waybill_store::value::Value;

/// Events handed over at once.
const PAGE: usize = 500;
/// After a failure the next try is this far off; twice as far each time, up to the longest.
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE_MAX: Duration = Duration::from_secs(30);
/// Between two looks, so that a busy store is not asked at every commit.
const REST: Duration = Duration::from_millis(100);
/// A cursor that only passed events which the sink does not take is written when it has come this far.
const STRIDE: i64 = 5_000;

const POSITION: &str = "SELECT position FROM cursors WHERE name = $1";
const MOVE: &str = "INSERT INTO cursors (name, position) VALUES ($1, $2) \
     ON CONFLICT (name) DO UPDATE SET position = excluded.position";

pub(super) fn start(shared: &Arc<Shared>) {
    for sink in &shared.ports.sinks {
        let (shared, sink) = (shared.clone(), sink.clone());
        tokio::spawn(async move { tend(shared, sink).await });
    }
}

async fn tend(shared: Arc<Shared>, sink: Arc<dyn EventSink>) {
    let name = sink.name();
    let filter = EventFilter { kinds: Vec::new(), origins: sink.origins() };
    let mut lease = Lease::new(&shared, format!("sink:{name}"));
    let mut at: Option<i64> = None;
    let mut failures = 0u32;
    while !shared.stopping.load(Ordering::Acquire) {
        let nudged = shared.nudge.notified();
        let round = async {
            if !lease.hold(&shared).await.map_err(|error| error.to_string())? {
                // Whoever has it moves the cursor.
                at = None;
                return Ok(false);
            }
            hand_over(&shared, &*sink, &name, &filter, &mut at).await
        };
        let pause = match round.await {
            Ok(more) => {
                if failures > 0 {
                    tracing::info!(sink = %name, "a sink takes events again");
                }
                failures = 0;
                if more {
                    continue;
                }
                PERIOD
            }
            Err(why) => {
                if failures == 0 {
                    tracing::warn!(sink = %name, error = %why, "a sink takes no events; it is tried again");
                }
                failures = failures.saturating_add(1);
                PATIENCE_MAX.min(PATIENCE * 2u32.saturating_pow(failures - 1).min(64))
            }
        };
        tokio::select! {
            () = async { tokio::time::sleep(REST).await; nudged.await }, if failures == 0 => {}
            () = tokio::time::sleep(pause) => {}
            () = shared.stop.notified() => {}
        }
    }
    lease.release(&shared).await;
}

/// One page of the log. True where more is there already.
async fn hand_over(
    shared: &Arc<Shared>,
    sink: &dyn EventSink,
    name: &str,
    filter: &EventFilter,
    at: &mut Option<i64>,
) -> Result<bool, String> {
    let words = |error: StoreError| error.to_string();
    let from = match *at {
        Some(from) => from,
        None => stored(shared, name).await.map_err(words)?,
    };
    let feed = events::after(&*shared.store, &Viewer::system(), filter, from, PAGE).await;
    let feed = feed.map_err(|error: ReadError| error.to_string())?;
    let found = feed.events.len();
    if found > 0 {
        let shown: Vec<ShownEvent> = feed.events.into_iter().map(ShownEvent::from).collect();
        sink.take(&shown).await?;
    }
    if found > 0 || feed.next_after >= from + STRIDE {
        // A crash before this hands the page over twice, which the sink knows by the ids.
        let params = [Value::from(name), Value::Int(feed.next_after)];
        shared.store.execute(&[(MOVE, &params)]).await.map_err(words)?;
    }
    *at = Some(feed.next_after);
    Ok(feed.next_after < feed.head)
}

async fn stored(shared: &Arc<Shared>, name: &str) -> Result<i64, StoreError> {
    let rows = shared.store.read(POSITION, &[Value::from(name)]).await?;
    rows.into_iter().next().map_or(Ok(0), |mut row| row.take())
}
