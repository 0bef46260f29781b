//! What SQLite's errors mean to a store.

use rusqlite::{Connection, Error, ErrorCode, ffi};
use waybill_store::ddl::{key_name, parent_name};
use waybill_store::{StoreError, Table};

/// Reads an error of a connection. `table` is the one that was being written, where that is known.
pub fn read(connection: &Connection, table: Option<&Table>, error: Error) -> StoreError {
    match error.sqlite_extended_error_code() {
        Some(
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID
            | ffi::SQLITE_CONSTRAINT_CHECK
            | ffi::SQLITE_CONSTRAINT_FOREIGNKEY,
        ) => StoreError::Constraint { constraint: constraint(connection, table, &error.to_string()) },
        _ => plain(error),
    }
}

/// Reads an error that has nothing to do with a row.
pub fn plain(error: Error) -> StoreError {
    let said = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked(said),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => StoreError::Damaged(said),
        Some(ErrorCode::CannotOpen) => StoreError::Unavailable(said),
        Some(ErrorCode::OperationInterrupted) => {
            StoreError::Other("the statement took too long or was given up, and was stopped".to_owned())
        }
        _ => StoreError::Other(said),
    }
}

/// Reads an error of `COMMIT`.
///
/// Where writing or syncing the log failed, the transaction's frames may be whole in the file: a crash before the next
/// commit overwrites them would bring the transaction back. So the commit is unknown, not failed.
pub fn of_commit(connection: &Connection, error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::CommitUnknown(error.to_string()),
        _ => read(connection, None, error),
    }
}

/// The violated constraint's name. SQLite gives a check's name, but of a unique index only the columns:
/// `UNIQUE constraint failed: orders.channel_id, orders.external_ref`.
fn constraint(connection: &Connection, table: Option<&Table>, message: &str) -> String {
    let (kind, detail) = message.split_once(" constraint failed").unwrap_or(("", message));
    let detail = detail.trim_start_matches(':').trim();
    match kind {
        "CHECK" => detail.to_owned(),
        // SQLite does not say which; the only foreign keys are those of child tables to their roots.
        "FOREIGN KEY" => table.map_or_else(|| "a foreign key".to_owned(), |table| parent_name(table.name)),
        _ => unique_index(connection, detail).unwrap_or_else(|| detail.to_owned()),
    }
}

fn unique_index(connection: &Connection, detail: &str) -> Option<String> {
    let (table, _) = detail.split_once('.')?;
    let columns = detail.replace(&format!("{table}."), "");
    let sql = "SELECT i.name, i.origin, (SELECT group_concat(name, ', ' ORDER BY seqno) FROM pragma_index_info(i.name))
        FROM pragma_index_list(?1) i WHERE i.\"unique\"";
    let mut statement = connection.prepare(sql).ok()?;
    let indexes = statement
        .query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))
        .ok()?;
    for (name, origin, over) in indexes.flatten() {
        if over == columns && origin != "pk" {
            return Some(name);
        }
    }
    // A key has no index of a name of its own.
    Some(key_name(table))
}
