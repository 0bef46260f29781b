//! The narrow traits a backend implements whole.

use crate::error::StoreError;
use crate::record::{Table, ToRow};
use crate::value::{Row, Source, Value};
use async_trait::async_trait;
use std::path::Path;

/// Rows to read, in the table's column order.
#[derive(Debug)]
pub struct Select {
    pub table: &'static Table,
    /// The columns that `keys` match: the table's key, a parent's id, a unique index.
    pub by: &'static [&'static str],
    /// Sorted and without repeats; each as long as `by`.
    pub keys: Vec<Vec<Value>>,
    /// Take the rows' locks (`FOR NO KEY UPDATE`), in the order of `by`. Ignored where there is one writer.
    pub lock: bool,
}

/// How a row reaches its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteMode {
    /// The row must not exist.
    Insert,
    /// The row exists; columns that are not fixed take the new values, found by the table's key.
    Update,
    /// The row goes; found by the table's key.
    Delete,
}

/// Rows to write to one table, all the same way.
pub struct Write<'a> {
    pub table: &'static Table,
    pub mode: WriteMode,
    pub rows: Vec<&'a dyn ToRow>,
}

impl std::fmt::Debug for Write<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} x {}", self.mode, self.table.name, self.rows.len())
    }
}

/// Reads records by their keys.
#[async_trait]
pub trait Loader: Send {
    /// Runs the selects, each as its own statement, pipelined where the database can. One list of rows per select.
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError>;

    /// From the next select on, all see one state of the store, where others may write: what they commit meanwhile is not
    /// seen. For the time that a batch is decided.
    async fn hold_state(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Ends what [`Loader::hold_state`] began.
    async fn let_go(&mut self) {}
}

/// A door through which a process writes: one transaction at a time, in which it may also load and lock.
///
/// After any error the transaction is gone and nothing of it was kept, save for [`StoreError::CommitUnknown`].
#[async_trait]
pub trait Writer: Loader {
    /// Opens a transaction (`BEGIN IMMEDIATE`; READ COMMITTED).
    async fn begin(&mut self) -> Result<(), StoreError>;

    /// Writes rows in the order given, pipelined where the database can.
    async fn write(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError>;

    /// Writes `before`, then takes the log head (the last lock of a batch) and moves it on by `count`. Returns the
    /// position before the first new one.
    async fn take_positions(&mut self, before: &[Write<'_>], count: i64) -> Result<i64, StoreError>;

    /// As [`Writer::take_positions`], and then reads rows while it holds the log's head, in the same round trip where the
    /// database can. Whoever committed before has a position before the first new one and is seen; nobody commits between
    /// this and our own commit. So what is read here holds at our positions.
    async fn take_positions_and_see(
        &mut self,
        before: &[Write<'_>],
        count: i64,
        selects: &[Select],
    ) -> Result<(i64, Vec<Vec<Row>>), StoreError> {
        let base = self.take_positions(before, count).await?;
        Ok((base, self.select(selects).await?))
    }

    /// Writes what carries positions and commits, in one round trip. Durable when it returns.
    async fn commit(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError>;

    /// Forgets the transaction.
    async fn rollback(&mut self);
}

/// How a process writes while nobody else does: it decides on what it wrote itself, beside the writing.
///
/// What the loader read, without locks, holds where the log's head is found, when positions are taken, where our own last
/// batch left it: every change that a decision reads has an event.
pub struct Lone {
    /// Sees what was last committed. Locks nothing.
    pub loader: Box<dyn Loader>,
    /// Its transactions have none of [`Store::writer`]'s beside them. Where one of these is under way it fails at its first
    /// statement with [`StoreError::Serialization`]; those that begin meanwhile wait until it is over, with nothing locked
    /// yet.
    pub writer: Box<dyn Writer>,
    /// Nobody else can write. Otherwise whoever meets others goes on with [`Store::writer`].
    pub is_certain: bool,
}

impl std::fmt::Debug for Lone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lone").field("is_certain", &self.is_certain).finish_non_exhaustive()
    }
}

/// Figures about a store that an operator watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreGauges {
    pub data_bytes: i64,
    /// Write-ahead log not yet checkpointed; 0 where the database keeps that to itself.
    pub wal_bytes: i64,
}

/// What is done with each row, and with the place of its statement among others. An error ends the reading.
pub type Visit = Box<dyn FnMut(usize, &mut dyn Source) -> Result<(), StoreError> + Send>;

/// A database that keeps one store.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Shown to operators: `sqlite` or `postgres`. Nothing decides by it.
    fn name(&self) -> &'static str;

    /// Brings the schema to this version; returns the migrations applied, in order. Safe to run twice, and by two
    /// processes at once.
    async fn migrate(&self) -> Result<Vec<String>, StoreError>;

    /// # Errors
    /// [`StoreError::NewerSchema`] or [`StoreError::OlderSchema`] where the schema is not this version's.
    async fn check_schema(&self) -> Result<(), StoreError>;

    /// A connection of its own for writing, beside others. SQLite hands out one at a time, that of [`Store::lone`] counted
    /// (`Locked` otherwise).
    async fn writer(&self) -> Result<Box<dyn Writer>, StoreError>;

    /// Connections of its own for writing alone.
    async fn lone(&self) -> Result<Lone, StoreError>;

    /// Runs one read-only statement with `$1` parameters on a pooled connection that never waits for the writer.
    /// Sums are cast: `CAST(SUM(x) AS BIGINT)`.
    async fn read(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs several statements in one read transaction, so that they see one state. For short use: at most 2 s.
    async fn read_together(&self, statements: &[(&str, &[Value])]) -> Result<Vec<Vec<Row>>, StoreError>;

    /// As [`Store::read_together`], but hands each row on where it lies instead of keeping them all: for much that is read
    /// once.
    async fn visit(&self, statements: &[(&str, &[Value])], mut visit: Visit) -> Result<(), StoreError> {
        for (place, rows) in self.read_together(statements).await?.into_iter().enumerate() {
            for mut row in rows {
                visit(place, &mut row)?;
            }
        }
        Ok(())
    }

    /// Runs small statements of housekeeping (leases, cursors, key use) in a transaction of their own; returns rows
    /// changed per statement. `$1` parameters, SQL both databases read.
    async fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, StoreError>;

    /// Has a database that plans by figures of its tables count them anew, after much was written at once: until then it
    /// answers lists of orders as if there were few.
    async fn count_anew(&self) -> Result<(), StoreError>;

    /// Copies a consistent image of the store to `path` while it is in use.
    async fn backup(&self, path: &Path) -> Result<(), StoreError>;

    async fn gauges(&self) -> Result<StoreGauges, StoreError>;

    /// The plan of a statement, for tests: one line per step.
    async fn explain(&self, sql: &str, params: &[Value]) -> Result<Vec<String>, StoreError>;
}
