//! Opening connections, and telling a store from another file.

use crate::error::plain;
use crate::options::SqliteOptions;
use crate::owner::beside;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;
use waybill_store::StoreError;

/// Marks a file as ours in SQLite's header: `WYBL`.
const APPLICATION_ID: i32 = 0x5759_424c;

/// SQLite's default. Twice as much made no batch faster and wrote a quarter more (measured: 100,000 orders at 500 a
/// commit).
const PAGE_BYTES: u32 = 4096;

/// Somebody who opened the file with other tools may hold a lock for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a checkpoint keeps the writer waiting for readers. Reads of a page or an order are over by then; a backup is not.
const READERS_TIMEOUT: Duration = Duration::from_millis(50);

/// Statements kept prepared per connection: more than a process has.
const STATEMENTS_KEPT: usize = 512;

/// Bytes to which a log that grew under a long read is cut when it starts over. More than it has in ordinary times under full
/// load, because writing over what is there is cheaper than making the file longer.
const LOG_KEPT_BYTES: u64 = 160 << 20;

/// The connection all writing goes through. Creates the file where there is none.
pub fn writer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE, options)?;
    // Before any other pragma reads the file: these take effect on an empty file only.
    let identity = identity(&connection)?;
    match identity {
        Identity::Empty => {
            let sql = format!("PRAGMA page_size = {PAGE_BYTES}; PRAGMA application_id = {APPLICATION_ID};");
            connection.execute_batch(&sql).map_err(plain)?;
        }
        Identity::Store if options.vfs.is_none() => check_length(&connection, path)?,
        Identity::Store => {}
        Identity::Other => return Err(not_a_store(path)),
    }
    let sql = format!(
        "PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;
        PRAGMA checkpoint_fullfsync = ON;
        PRAGMA foreign_keys = ON;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA journal_size_limit = {LOG_KEPT_BYTES};
        PRAGMA secure_delete = FAST;
        PRAGMA temp_store = MEMORY;
        PRAGMA trusted_schema = OFF;
        PRAGMA cache_size = -{};",
        options.writer_cache_kib
    );
    connection.execute_batch(&sql).map_err(plain)?;
    Ok(connection)
}

/// The connection that checkpoints.
pub fn checkpointer(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, options)?;
    connection.busy_timeout(READERS_TIMEOUT).map_err(plain)?;
    let sql = "PRAGMA synchronous = FULL; PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = 0;";
    connection.execute_batch(sql).map_err(plain)?;
    Ok(connection)
}

/// A connection that cannot write.
pub fn reader(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options)?;
    let sql = format!(
        "PRAGMA query_only = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA trusted_schema = OFF;
        PRAGMA mmap_size = {};
        PRAGMA cache_size = -{};",
        options.mapped_bytes, options.reader_cache_kib
    );
    connection.execute_batch(&sql).map_err(plain)?;
    Ok(connection)
}

/// A reader of a file that no writer of this process vouches for.
pub fn checked_reader(path: &Path, options: &SqliteOptions) -> Result<Connection, StoreError> {
    if !path.is_file() {
        return Err(StoreError::Configuration(format!("there is no store at {}", path.display())));
    }
    let connection = reader(path, options)?;
    match identity(&connection)? {
        Identity::Store => check_length(&connection, path)?,
        Identity::Empty | Identity::Other => return Err(not_a_store(path)),
    }
    Ok(connection)
}

fn open(path: &Path, access: OpenFlags, options: &SqliteOptions) -> Result<Connection, StoreError> {
    // A path is a path even where it begins with `file:`, so no SQLITE_OPEN_URI.
    let access = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match options.vfs {
        None => Connection::open_with_flags(path, access),
        Some(vfs) => Connection::open_with_flags_and_vfs(path, access, vfs),
    };
    let connection = connection.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::CannotOpen) => {
            StoreError::Configuration(format!("cannot open {}: {error}", path.display()))
        }
        _ => plain(error),
    })?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(plain)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Otherwise a statement that a partial index could serve is planned again for every new value of its parameters.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(plain)?;
    Ok(connection)
}

enum Identity {
    Empty,
    Store,
    Other,
}

fn identity(connection: &Connection) -> Result<Identity, StoreError> {
    let (id, tables) = connection
        .query_row(
            "SELECT application_id, (SELECT COUNT(*) FROM sqlite_schema) FROM pragma_application_id",
            [],
            |row| Ok((row.get::<_, i32>(0)?, row.get::<_, i64>(1)?)),
        )
        .map_err(plain)?;
    Ok(match (id, tables) {
        (APPLICATION_ID, _) => Identity::Store,
        (0, 0) => Identity::Empty,
        _ => Identity::Other,
    })
}

fn not_a_store(path: &Path) -> StoreError {
    StoreError::Damaged(format!("{} is a database, but not one of Waybill's", path.display()))
}

/// SQLite reads missing pages at the end of a file as zeros and fails only when it gets there; better to say so at once.
/// While there is a log, pages may rightly be there and not yet in the file.
fn check_length(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let said: i64 = connection
        .query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| row.get(0))
        .map_err(plain)?;
    let found = length(path);
    if length(&beside(path, "-wal")) == 0 && found < said.unsigned_abs() {
        return Err(StoreError::Damaged(format!(
            "{} was cut off: it says that it has {said} bytes and has {found}",
            path.display()
        )));
    }
    Ok(())
}
