//! Copies the write-ahead log into the database, on a thread beside the writer.
//!
//! A commit only appends to the log, and a checkpoint of many pages beside it costs the writer little. But a writer that
//! never rests always appends more than the last checkpoint saw, and the log starts over only after one that reached its
//! end. So the thread copies the bulk while the writer goes on, then what came in the meantime for as long as that gets less,
//! and takes the writer's turn for the small rest. The writer waits then, so this is worth doing seldom.

use crate::error;
use crate::touched::Touched;
use rusqlite::Connection;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use waybill_store::StoreError;

/// The least time between two looks at the log, so that small commits do not each wake the thread.
const REST: Duration = Duration::from_millis(20);
/// Silence after which the whole log is copied, however short it is.
const IDLE: Duration = Duration::from_secs(1);
/// A log that grew to this many times the limit (readers kept it from starting over) is worth waiting for readers.
const OVERGROWN: i64 = 2;

/// The log, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    pub pages: i64,
    pub copied: i64,
    /// A reader, or another checkpoint, was in the way.
    pub held: bool,
}

impl Log {
    pub const fn left(self) -> i64 {
        self.pages - self.copied
    }

    /// Looks at the log without copying anything.
    pub fn look(connection: &Connection) -> rusqlite::Result<Self> {
        Self::checkpoint(connection, "NOOP")
    }

    /// Copies; through [`Touched::checkpoint`], so that whoever copies the file hears of it.
    pub fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Self> {
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            // -1 where another checkpoint runs or there is no log.
            let (pages, copied) = (row.get::<_, i64>(1)?.max(0), row.get::<_, i64>(2)?.max(0));
            Ok(Self { pages, copied, held: row.get::<_, i64>(0)? != 0 })
        })
    }
}

/// Makes sure that what the log shows is on the disk, before anybody reads it.
///
/// Of a process that was killed in the middle of a commit, the system may have the log's last pages in memory alone. The next
/// process reads them as committed and answers a request that is told again from them; a power cut would take them back. A
/// checkpoint syncs the log before it copies it, so a disk without room for the copy is no obstacle.
///
/// # Errors
/// [`StoreError`] where the log cannot be synced.
pub fn vouch_for_log(connection: &Connection) -> Result<(), StoreError> {
    match Log::checkpoint(connection, "PASSIVE").map_err(error::plain) {
        Ok(_) | Err(StoreError::Full) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The thread. Dropping this stops it and waits for it.
#[derive(Debug)]
pub struct Checkpoints {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
    /// Where there is no thread, the log is copied after the commit that made it this long.
    limit_pages: i64,
}

impl Checkpoints {
    /// `turn` is the writer's connection: who holds it keeps the writer waiting.
    pub fn start(
        connection: Connection,
        turn: Arc<tokio::sync::Mutex<Connection>>,
        limit_pages: i64,
        touched: Arc<Touched>,
    ) -> Result<Self, StoreError> {
        let signal = Arc::new(Signal::default());
        let overgrown = Overgrown::new(limit_pages);
        let worker = Worker { connection, turn, limit_pages, overgrown, touched, signal: Arc::clone(&signal) };
        let thread = std::thread::Builder::new().name("sqlite-checkpoints".to_owned()).spawn(move || worker.run());
        let thread = thread.map_err(|error| StoreError::Other(format!("cannot start a thread: {error}")))?;
        Ok(Self { signal, thread: Some(thread), limit_pages })
    }

    /// Without a thread: whoever commits copies the log when it has grown to the limit.
    pub fn inline(limit_pages: i64) -> Self {
        Self { signal: Arc::default(), thread: None, limit_pages }
    }

    /// The log grew, on this connection.
    pub fn wrote(&self, connection: &Connection) {
        if self.thread.is_some() {
            self.signal.raise(|state| &mut state.wrote);
            return;
        }
        let copied = Log::look(connection).and_then(|log| {
            if log.left() >= self.limit_pages { Log::checkpoint(connection, "PASSIVE").map(|_| ()) } else { Ok(()) }
        });
        if let Err(error) = copied {
            tracing::warn!(%error, "a checkpoint failed");
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.signal.raise(|state| &mut state.stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[derive(Debug, Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    wrote: bool,
    stop: bool,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raise(&self, flag: fn(&mut State) -> &mut bool) {
        if !std::mem::replace(flag(&mut self.state()), true) {
            self.changed.notify_one();
        }
    }

    /// Waits until a flag is up or the time is over.
    fn wait(&self, time: Option<Duration>, until: fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.state();
        let goes_on = |state: &mut State| !until(state);
        match time {
            None => self.changed.wait_while(state, goes_on).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                let waited = self.changed.wait_timeout_while(state, time, goes_on);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}

/// When an overgrown log is worth keeping the writer waiting, until readers let it start over.
///
/// They are gone in a moment, save one that has just begun and stays: after a wait in vain the log grows by half the limit
/// before the next, and by then that one is known by what it keeps from being copied.
#[derive(Debug)]
struct Overgrown {
    limit: i64,
    next: i64,
}

impl Overgrown {
    const fn new(limit: i64) -> Self {
        Self { limit, next: limit * OVERGROWN }
    }

    fn is_due(&mut self, pages: i64) -> bool {
        if pages < self.limit {
            // It started over.
            self.next = self.limit * OVERGROWN;
        }
        pages >= self.next
    }

    fn waited(&mut self, before: Log, after: Log) {
        self.next = if after.held { before.pages + self.limit / 2 } else { self.limit * OVERGROWN };
    }
}

/// What the writer added to the log while the thread copied the rest before.
#[derive(Debug, Default)]
struct Rest {
    before: Option<i64>,
}

impl Rest {
    /// Whether copying once more beside the writer leaves clearly less for its turn.
    const fn shrinks(&mut self, left: i64) -> bool {
        let goes_on = match self.before {
            Some(before) => left <= before / 2,
            None => true,
        };
        self.before = Some(left);
        goes_on
    }
}

struct Worker {
    connection: Connection,
    turn: Arc<tokio::sync::Mutex<Connection>>,
    limit_pages: i64,
    overgrown: Overgrown,
    touched: Arc<Touched>,
    signal: Arc<Signal>,
}

impl Worker {
    fn run(mut self) {
        let mut idle_after = None;
        loop {
            let wrote = {
                let mut state = self.signal.wait(idle_after, |state| state.wrote || state.stop);
                if state.stop {
                    return;
                }
                std::mem::take(&mut state.wrote)
            };
            idle_after = wrote.then_some(IDLE);
            let done = if wrote { self.keep_short() } else { self.copy_all() };
            if let Err(error) = done {
                // The log keeps everything; the next round tries again, and the gauge shows a log that grows.
                tracing::warn!(%error, "a checkpoint failed");
            }
            if self.signal.wait(Some(REST), |state| state.stop).stop {
                return;
            }
        }
    }

    fn keep_short(&mut self) -> rusqlite::Result<()> {
        let log = Log::look(&self.connection)?;
        let is_due = self.overgrown.is_due(log.pages);
        if log.left() < self.limit_pages && !is_due {
            return Ok(());
        }
        // Somebody reads what was there long ago, as a backup does. What that keeps from being copied does not get less by
        // waiting, and the writer need not.
        if self.copy_bulk()?.left() >= self.limit_pages / 2 {
            return Ok(());
        }
        let _turn = self.turn.blocking_lock();
        if is_due {
            let after = self.touched.checkpoint(&self.connection, "RESTART")?;
            self.overgrown.waited(log, after);
        } else {
            self.touched.checkpoint(&self.connection, "PASSIVE")?;
        }
        Ok(())
    }

    /// Copies beside the writer, for as long as what it adds meanwhile gets less. Tells what the last copy found, and what
    /// readers kept from it.
    fn copy_bulk(&self) -> rusqlite::Result<Log> {
        let mut rest = Rest::default();
        loop {
            let copied = self.touched.checkpoint(&self.connection, "PASSIVE")?;
            let left = Log::look(&self.connection)?.left();
            if left == 0 || copied.left() > 0 || !rest.shrinks(left) {
                return Ok(copied);
            }
        }
    }

    /// Copies everything that readers allow. After a copy that reached its end the log starts over with the next write.
    fn copy_all(&self) -> rusqlite::Result<()> {
        self.copy_bulk()?;
        if Log::look(&self.connection)?.left() > 0 {
            let _turn = self.turn.blocking_lock();
            self.touched.checkpoint(&self.connection, "PASSIVE")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copying_goes_on_beside_the_writer_as_long_as_the_rest_is_halved() {
        let mut rest = Rest::default();
        let asked: Vec<bool> = [4_000, 1_900, 900, 800].into_iter().map(|left| rest.shrinks(left)).collect();
        assert_eq!(asked, [true, true, true, false]);
    }

    /// Where a reader stays, the log grows by half the limit from one wait to the next.
    #[test]
    fn a_reader_that_stays_is_not_waited_for_at_every_look() {
        let mut overgrown = Overgrown::new(10);
        let mut waits = Vec::new();
        for pages in 0..40 {
            if overgrown.is_due(pages) {
                waits.push(pages);
                let (before, after) = (Log { pages, copied: 5, held: false }, Log { pages, copied: 5, held: true });
                overgrown.waited(before, after);
            }
        }
        assert_eq!(waits, [20, 25, 30, 35]);
        let log = Log { pages: 40, copied: 40, held: false };
        overgrown.waited(log, log);
        assert!(!overgrown.is_due(19) && overgrown.is_due(20), "once readers let go, the log is short again");
        overgrown.waited(log, Log { held: true, ..log });
        assert!(!overgrown.is_due(44));
        assert!(!overgrown.is_due(9) && overgrown.is_due(20), "it started over without anybody waiting");
    }
}
