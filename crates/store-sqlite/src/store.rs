//! The store over one file.

use crate::backup;
use crate::bind::{Columns, bind_numbered, row_of_any};
use crate::checkpoint::{Checkpoints, Log, vouch_for_log};
use crate::error;
use crate::migrate;
use crate::open;
use crate::options::SqliteOptions;
use crate::owner::Ownership;
use crate::readers::Readers;
use crate::restore;
use crate::touched::Touched;
use crate::writer::{SqliteLoader, SqliteWriter};
use async_trait::async_trait;
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard};
use waybill_store::backend::{StoreGauges, Visit};
use waybill_store::{Lone, Row, Store, StoreError, Value, Writer, migration};

/// A store in one file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    options: SqliteOptions,
    // Readers close before the owner does: the last connection to close puts the log away.
    readers: Readers,
    owned: Option<Arc<Owned>>,
}

impl SqliteStore {
    /// Opens a store for this process alone, creating the file (and its folder) where there is none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another process has it, [`StoreError::Damaged`] where the file is something else.
    pub fn open(path: impl Into<PathBuf>, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.into();
        let ownership = if options.vfs.is_none() { Some(Ownership::take(&path)?) } else { None };
        restore::check_interrupted(&path)?;
        let writer = open::writer(&path, &options)?;
        vouch_for_log(&writer)?;
        let readers = (0..options.readers.max(1)).map(|_| open::reader(&path, &options));
        let readers = Readers::new(readers.collect::<Result<_, _>>()?, options.read_limit, options.threads);
        let page_bytes: i64 = writer.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(error::plain)?;
        let limit_pages = (options.checkpoint_bytes.cast_signed() / page_bytes).max(1);
        let connection = Arc::new(Mutex::new(writer));
        let touched = Arc::new(Touched::new(&path, page_bytes.cast_unsigned()));
        let checkpoints = if options.threads {
            let own = open::checkpointer(&path, &options)?;
            Checkpoints::start(own, Arc::clone(&connection), limit_pages, Arc::clone(&touched))?
        } else {
            Checkpoints::inline(limit_pages)
        };
        let file = match (&options.vfs, options.threads) {
            (None, true) => Some(std::sync::Mutex::new(backup::open(&path)?)),
            _ => None,
        };
        let seat_taken = AtomicBool::new(false);
        let owned = Owned { checkpoints, connection, seat_taken, touched, _ownership: ownership, file };
        Ok(Self { path, options, readers, owned: Some(Arc::new(owned)) })
    }

    /// Opens a store only to read, beside a process that may own it: an audit, an export.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where there is none, [`StoreError::Damaged`] where the file is something else.
    pub fn open_reader(path: impl Into<PathBuf>, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.into();
        let readers = (0..options.readers.max(1)).map(|_| open::checked_reader(&path, &options));
        let readers = Readers::new(readers.collect::<Result<_, _>>()?, options.read_limit, options.threads);
        Ok(Self { path, options, readers, owned: None })
    }

    fn owned(&self) -> Result<&Arc<Owned>, StoreError> {
        self.owned.as_ref().ok_or_else(|| StoreError::Configuration("the store was opened only to read".to_owned()))
    }
}

/// What only the owning process has. Everything that writes takes its turn at the one connection.
#[derive(Debug)]
pub struct Owned {
    checkpoints: Checkpoints,
    pub connection: Arc<Mutex<Connection>>,
    seat_taken: AtomicBool,
    pub touched: Arc<Touched>,
    _ownership: Option<Ownership>,
    /// The database itself, for whoever copies it; None where that is no file of the system, or nobody checkpoints beside
    /// the writer. Open for as long as the store, and closed after it: closing a file drops this process's locks on it
    /// (POSIX), and SQLite has some.
    pub file: Option<std::sync::Mutex<File>>,
}

impl Owned {
    /// Waits for the connection and opens a transaction on it.
    pub async fn turn(self: &Arc<Self>) -> Result<Turn, StoreError> {
        let connection = Arc::clone(&self.connection).lock_owned().await;
        run(&connection, "BEGIN IMMEDIATE").map_err(error::plain)?;
        Ok(Turn { connection, store: Arc::clone(self) })
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute([])
}

/// The right to be the store's one [`Writer`].
#[derive(Debug)]
pub struct Seat(Arc<Owned>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.seat_taken.store(false, Ordering::Release);
    }
}

/// A transaction on the writing connection; dropping it forgets what was not committed.
#[derive(Debug)]
pub struct Turn {
    connection: OwnedMutexGuard<Connection>,
    store: Arc<Owned>,
}

impl Turn {
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Durable when it returns.
    pub fn commit(self) -> Result<(), StoreError> {
        run(&self.connection, "COMMIT").map_err(|failure| error::of_commit(&self.connection, failure))?;
        self.store.checkpoints.wrote(&self.connection);
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Some failures end the transaction by themselves.
        if !self.connection.is_autocommit()
            && let Err(error) = run(&self.connection, "ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        let mut connection = Arc::clone(&self.owned()?.connection).lock_owned().await;
        blocking(self.options.threads, move || migrate::migrate(&mut connection, migrate::MIGRATIONS)).await
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        self.readers.run(|connection| migration::check(&migrate::applied(connection)?, migrate::MIGRATIONS)).await
    }

    async fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        let owned = self.owned()?;
        if owned.seat_taken.swap(true, Ordering::Acquire) {
            return Err(StoreError::Locked(format!("{} has a writer already; it", self.path.display())));
        }
        Ok(Box::new(SqliteWriter::new(Arc::clone(owned), Seat(Arc::clone(owned)))))
    }

    async fn lone(&self) -> Result<Lone, StoreError> {
        let writer = self.writer().await?;
        // Every commit of the writer ends a mapping, and the loader reads between any two of them.
        let options = SqliteOptions { mapped_bytes: 0, ..self.options.clone() };
        let loader = Box::new(SqliteLoader::new(open::reader(&self.path, &options)?));
        Ok(Lone { loader, writer, is_certain: true })
    }

    async fn read(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let (sql, params) = (sql.to_owned(), params.to_vec());
        self.readers.run(move |connection| query(connection, &sql, &params)).await
    }

    async fn read_together(&self, statements: &[(&str, &[Value])]) -> Result<Vec<Vec<Row>>, StoreError> {
        let statements = owned_statements(statements);
        self.readers
            .run(move |connection| {
                let _transaction = connection.unchecked_transaction().map_err(error::plain)?;
                statements.iter().map(|(sql, params)| query(connection, sql, params)).collect()
            })
            .await
    }

    async fn visit(&self, statements: &[(&str, &[Value])], mut visit: Visit) -> Result<(), StoreError> {
        let statements = owned_statements(statements);
        self.readers
            .run(move |connection| {
                let _transaction = connection.unchecked_transaction().map_err(error::plain)?;
                for (place, (sql, params)) in statements.iter().enumerate() {
                    each(connection, sql, params, |row| visit(place, &mut Columns::of(row)))?;
                }
                Ok(())
            })
            .await
    }

    async fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, StoreError> {
        let statements = owned_statements(statements);
        let turn = self.owned()?.turn().await?;
        blocking(self.options.threads, move || {
            let changed = statements.iter().map(|(sql, params)| execute(turn.connection(), sql, params));
            let changed = changed.collect::<Result<Vec<_>, _>>()?;
            turn.commit()?;
            Ok(changed)
        })
        .await
    }

    /// Plans never depend on what the tables hold.
    async fn count_anew(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        let (from, to, options) = (self.path.clone(), path.to_owned(), self.options.clone());
        let owned = self.owned.clone();
        blocking(self.options.threads, move || backup::backup(&from, &to, &options, owned.as_deref())).await
    }

    async fn gauges(&self) -> Result<StoreGauges, StoreError> {
        self.readers
            .run(|connection| {
                let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
                let page_bytes = number("PRAGMA page_size").map_err(error::plain)?;
                let pages = number("PRAGMA page_count").map_err(error::plain)?;
                let log = Log::look(connection).map_err(error::plain)?;
                Ok(StoreGauges { data_bytes: pages * page_bytes, wal_bytes: log.left() * page_bytes })
            })
            .await
    }

    async fn explain(&self, sql: &str, params: &[Value]) -> Result<Vec<String>, StoreError> {
        let (sql, params) = (format!("EXPLAIN QUERY PLAN {sql}"), params.to_vec());
        let rows = self.readers.run(move |connection| query(connection, &sql, &params)).await?;
        // id, parent, not used, detail
        Ok(rows.into_iter().filter_map(|row| detail(&row)).collect())
    }
}

/// Runs something slow off the runtime's own threads, where the store has threads.
async fn blocking<T: Send + 'static>(
    threads: bool,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if !threads {
        return work();
    }
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => Err(StoreError::Other(format!("a piece of work did not finish: {error}"))),
    }
}

fn owned_statements(statements: &[(&str, &[Value])]) -> Vec<(String, Vec<Value>)> {
    statements.iter().map(|(sql, params)| ((*sql).to_owned(), params.to_vec())).collect()
}

fn query(connection: &Connection, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::new();
    each(connection, sql, params, |row| {
        found.push(row_of_any(row.as_ref().column_count(), row)?);
        Ok(())
    })?;
    Ok(found)
}

/// Runs a statement and hands on each of its rows.
fn each(
    connection: &Connection,
    sql: &str,
    params: &[Value],
    mut visit: impl FnMut(&rusqlite::Row<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error::plain)?;
    bind_numbered(&mut statement, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(error::plain)? {
        visit(row)?;
    }
    Ok(())
}

fn execute(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(error::plain)?;
    bind_numbered(&mut statement, params)?;
    match statement.raw_execute() {
        Ok(changed) => Ok(changed as u64),
        Err(failure) => Err(error::read(connection, None, failure)),
    }
}

fn detail(plan: &Row) -> Option<String> {
    match plan.values().last() {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestFolder;
    use waybill_store::ddl::Dialect;
    use waybill_store::specimen::{self, specimen, write};
    use waybill_store::{Store, WriteMode};

    #[tokio::test]
    async fn a_full_disk_keeps_what_there_was_and_writing_goes_on_when_there_is_space() {
        let folder = TestFolder::create();
        let store = folder.open();
        specimen::create(&store, Dialect::Sqlite).await.unwrap();
        let limit = async |pages: i64| {
            let connection = store.owned().unwrap().connection.lock().await;
            connection.execute_batch(&format!("PRAGMA max_page_count = {pages}")).unwrap();
        };
        let rows: Vec<_> = (0..2_000).map(specimen).collect();
        let mut writer = store.writer().await.unwrap();
        writer.begin().await.unwrap();
        writer.commit(&[write(WriteMode::Insert, &rows[..100])]).await.unwrap();
        limit(40).await;
        writer.begin().await.unwrap();
        assert_eq!(writer.commit(&[write(WriteMode::Insert, &rows[100..])]).await, Err(StoreError::Full));
        let count = async || store.read("SELECT COUNT(*) FROM specimens", &[]).await.unwrap()[0].take::<i64>();
        assert_eq!(count().await, Ok(100));
        limit(1_000_000).await;
        writer.begin().await.unwrap();
        writer.commit(&[write(WriteMode::Insert, &rows[100..])]).await.unwrap();
        assert_eq!(count().await, Ok(2_000));
    }
}
