//! Hands the log on to other systems that take all of it, each from a cursor of its own.

use super::PERIOD;
use super::lease::Lease;
use crate::core::Shared;
use crate::ports::{EventSink, Taken};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use waybill_domain::time::Timestamp;
use waybill_store::StoreError;
use waybill_store::read::events::{self, EventFilter, ShownEvent};
use waybill_store::read::{ReadError, Viewer};
use waybill_store::value::Value;

/// Events handed over at once, and after a failure: what was refused for the sake of another goes through alone.
const PAGE: usize = 500;
const PAGE_AFTER_FAILURE: usize = 1;
/// A sink that has not answered by then took nothing. Less than what is left of a lease at least, so that no other
/// process hands over the same events meanwhile.
const TAKE_MAX: Duration = Duration::from_secs(15);
/// After a failure the next try is this far off; twice as far each time, up to the longest.
const PATIENCE: Duration = Duration::from_secs(1);
const PATIENCE_MAX: Duration = Duration::from_secs(30);
/// That a sink takes nothing is said at most this often, however long it lasts and however often it begins.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Between two looks, so that a busy store is not asked at every commit.
const REST: Duration = Duration::from_millis(100);
/// A cursor that only passed events which the sink does not take is written when it has come this far.
const STRIDE: i64 = 5_000;

const POSITION: &str = "SELECT position FROM cursors WHERE name = $1";
const BEGIN: &str = "INSERT INTO cursors (name, position) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING";
/// Whoever moved the cursor meanwhile, another process or a person who wants events again, is not overruled.
const MOVE: &str = "UPDATE cursors SET position = $2 WHERE name = $1 AND position = $3 AND position < $2";

pub(super) fn start(shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    let start = |sink: &Arc<dyn EventSink>| {
        let hand = Hand {
            name: sink.name(),
            filter: EventFilter { kinds: Vec::new(), origins: sink.origins() },
            sink: sink.clone(),
            shared: shared.clone(),
        };
        tokio::spawn(async move {
            let mut lease = Lease::new(&hand.shared, format!("sink:{}", hand.name));
            Lease::until_stopped(&hand.shared, hand.tend(&mut lease)).await;
            lease.release(&hand.shared).await;
        })
    };
    shared.ports.sinks.iter().map(start).collect()
}

/// How a sink stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SinkStanding {
    pub name: String,
    /// Positions between the log's head and what it took, as of the latest try.
    pub lag: i64,
    /// Since when it has taken nothing; None while it takes.
    pub failing_since: Option<Timestamp>,
}

/// How the sinks of this process stand.
#[derive(Debug, Default)]
pub(crate) struct Standings(Mutex<Vec<SinkStanding>>);

impl Standings {
    fn lock(&self) -> MutexGuard<'_, Vec<SinkStanding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Vec<SinkStanding> {
        self.lock().clone()
    }

    /// Changes how one stands.
    fn note(&self, name: &str, change: impl FnOnce(&mut SinkStanding)) {
        let mut all = self.lock();
        match all.iter_mut().find(|standing| standing.name == name) {
            Some(standing) => change(standing),
            None => {
                let mut standing = SinkStanding { name: name.to_owned(), ..SinkStanding::default() };
                change(&mut standing);
                all.push(standing);
            }
        }
    }

    /// Another process sees to it.
    fn forget(&self, name: &str) {
        self.lock().retain(|standing| standing.name != name);
    }
}

/// How far a sink has come.
#[derive(Clone, Copy)]
struct Cursor {
    /// What the store has.
    stored: i64,
    /// Everything up to here was taken, or is not for the sink.
    at: i64,
}

/// What hands events to one sink.
struct Hand {
    shared: Arc<Shared>,
    sink: Arc<dyn EventSink>,
    name: String,
    filter: EventFilter,
}

impl Hand {
    async fn tend(&self, lease: &mut Lease) {
        let (shared, name) = (&self.shared, &self.name);
        let mut cursor: Option<Cursor> = None;
        let mut standstill = Standstill::default();
        while !shared.is_stopping() {
            let nudged = shared.nudge.notified();
            let limit = if standstill.failures > 0 { PAGE_AFTER_FAILURE } else { PAGE };
            let before = cursor;
            let round = async {
                if !lease.hold(shared).await.map_err(words)? {
                    // Whoever has it moves the cursor.
                    cursor = None;
                    shared.sinks.forget(name);
                    return Ok(false);
                }
                self.hand_over(&mut cursor, limit).await
            };
            let pause = match round.await {
                Ok(more) => {
                    if cursor.is_some() {
                        shared.sinks.note(name, |standing| standing.failing_since = None);
                    }
                    if standstill.ends() {
                        tracing::info!(sink = %name, "a sink takes events again");
                    }
                    if more {
                        continue;
                    }
                    PERIOD
                }
                Err(why) => {
                    let (at, now) = (cursor.map(|cursor| cursor.at), shared.ports.clock.now());
                    let is_moving = at > before.map(|before| before.at);
                    shared.sinks.note(name, |standing| {
                        standing.failing_since = standing.failing_since.filter(|_| !is_moving).or(Some(now));
                    });
                    if is_moving {
                        standstill.failures = 0;
                    }
                    let (pause, tell) = standstill.goes_on(Instant::now());
                    if tell {
                        tracing::warn!(sink = %name, after = at, error = %why, "a sink takes no events; it is tried again");
                    }
                    pause
                }
            };
            tokio::select! {
                () = async { tokio::time::sleep(REST).await; nudged.await }, if standstill.failures == 0 => {}
                () = tokio::time::sleep(pause) => {}
                () = shared.stopped() => {}
            }
        }
    }

    /// At most `limit` events of the log. True where more is there already.
    async fn hand_over(&self, kept: &mut Option<Cursor>, limit: usize) -> Result<bool, String> {
        let cursor = match kept {
            Some(cursor) => cursor,
            None => kept.insert(self.stored().await.map_err(words)?),
        };
        let feed = events::after(&*self.shared.store, &Viewer::system(), &self.filter, cursor.at, limit).await;
        let feed = feed.map_err(|error: ReadError| error.to_string())?;
        if feed.head < cursor.at {
            return Err(format!(
                "the log ends at {}, before what the sink took: commits were lost, so its cursor must begin anew",
                feed.head
            ));
        }
        let shown: Vec<ShownEvent> = feed.events.into_iter().map(ShownEvent::from).collect();
        let taken = self.give(&shown).await;
        let (upto, failure) = match shown.get(..taken.count) {
            Some(some) if some.len() < shown.len() => {
                let why = taken.failure.unwrap_or_else(|| format!("it took {} of {}", some.len(), shown.len()));
                (some.last().map_or(cursor.at, |last| last.position), Some(why))
            }
            _ => (feed.next_after, taken.failure),
        };
        cursor.at = upto;
        self.shared.sinks.note(&self.name, |standing| standing.lag = feed.head - upto);
        if taken.count > 0 || cursor.at >= cursor.stored + STRIDE {
            // A crash before this hands the events over twice, which the sink knows by the ids.
            let params = [Value::from(self.name.as_str()), Value::Int(cursor.at), Value::Int(cursor.stored)];
            let moved = self.shared.store.execute(&[(MOVE, &params)]).await.map_err(words)?;
            if moved.first().is_none_or(|rows| *rows == 0) {
                *kept = None;
                return failure.map_or(Ok(true), Err);
            }
            cursor.stored = cursor.at;
        }
        failure.map_or(Ok(upto < feed.head), Err)
    }

    async fn give(&self, events: &[ShownEvent]) -> Taken {
        if events.is_empty() {
            return Taken { count: 0, failure: None };
        }
        let taken = timeout(TAKE_MAX, self.sink.take(events)).await;
        taken.unwrap_or_else(|_| Taken { count: 0, failure: Some("it did not answer in time".to_owned()) })
    }

    async fn stored(&self) -> Result<Cursor, StoreError> {
        let name = [Value::from(self.name.as_str())];
        self.shared.store.execute(&[(BEGIN, &name)]).await?;
        let rows = self.shared.store.read(POSITION, &name).await?;
        let stored = rows.into_iter().next().map_or(Ok(0), |mut row| row.take())?;
        Ok(Cursor { stored, at: stored })
    }
}

fn words(error: StoreError) -> String {
    error.to_string()
}

/// That a sink takes nothing.
#[derive(Default)]
struct Standstill {
    failures: u32,
    /// When it was last said, and whether it was of this one.
    told: Option<Instant>,
    is_told: bool,
}

impl Standstill {
    /// One more failure: how long to wait before the next try, and whether to say so.
    fn goes_on(&mut self, now: Instant) -> (Duration, bool) {
        self.failures = self.failures.saturating_add(1);
        let tell = self.told.is_none_or(|told| now.duration_since(told) >= TELL_EVERY);
        if tell {
            (self.told, self.is_told) = (Some(now), true);
        }
        (PATIENCE_MAX.min(PATIENCE * 2u32.saturating_pow(self.failures - 1).min(64)), tell)
    }

    /// Whether it was said that there is one.
    fn ends(&mut self) -> bool {
        self.failures = 0;
        std::mem::take(&mut self.is_told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_that_stands_still_is_tried_ever_less_often_and_told_of_every_minute() {
        let mut standstill = Standstill::default();
        let began = Instant::now();
        let mut now = began;
        let (mut pauses, mut told) = (Vec::new(), Vec::new());
        while now.duration_since(began) < Duration::from_secs(240) {
            let (pause, tell) = standstill.goes_on(now);
            told.extend(tell.then(|| now.duration_since(began).as_secs()));
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses[..7], [1, 2, 4, 8, 16, 30, 30]);
        // Tries are at 0, 1, 3, 7, 15, 31 s and then every 30 s: told of is the first after each minute.
        assert_eq!(told, [0, 61, 121, 181]);
        assert!(standstill.ends());
        // Another that begins within the minute is tried soon again, and told of when the minute is over.
        now = began + Duration::from_secs(200);
        assert_eq!(standstill.goes_on(now), (PATIENCE, false));
        assert!(!standstill.ends(), "nobody heard that it began");
    }
}
