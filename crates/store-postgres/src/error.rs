//! What PostgreSQL's errors mean to a store.

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};
use waybill_store::StoreError;

/// Reads an error of anything but a commit.
pub fn read(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(said) => by_state(said),
        // Without the server's words it is the connection, or our own mistake in using it.
        None if is_connection(error) => StoreError::Unavailable(words(error)),
        None => StoreError::Other(words(error)),
    }
}

/// Reads an error of `COMMIT`, after every statement before it succeeded.
///
/// An `ERROR` is an answer: the transaction was rolled back. Everything else is none: a connection that broke, but also a
/// `FATAL`, which a server that shuts down sends to a commit that is done and waits for its standby.
pub fn of_commit(error: &Error) -> StoreError {
    match error.as_db_error() {
        Some(said) if said.parsed_severity() == Some(Severity::Error) => by_state(said),
        Some(said) => StoreError::CommitUnknown(said.message().to_owned()),
        None => StoreError::CommitUnknown(words(error)),
    }
}

/// Whether the server may have gone on with what was sent after the statement that got this error: not after an answer,
/// even its last one.
pub fn is_lost(error: &Error) -> bool {
    error.as_db_error().is_none() && is_connection(error)
}

fn is_connection(error: &Error) -> bool {
    let io = std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
    error.is_closed() || io
}

fn by_state(said: &DbError) -> StoreError {
    let words = said.message().to_owned();
    let code = said.code();
    if [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        // Somebody outside held a lock for longer than we wait.
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(code)
    {
        return StoreError::Serialization(words);
    }
    if [SqlState::UNIQUE_VIOLATION, SqlState::CHECK_VIOLATION, SqlState::FOREIGN_KEY_VIOLATION].contains(code) {
        return StoreError::Constraint { constraint: said.constraint().unwrap_or(said.message()).to_owned() };
    }
    if *code == SqlState::DISK_FULL {
        return StoreError::Full;
    }
    if *code == SqlState::QUERY_CANCELED {
        return StoreError::Other(format!("the statement took too long and was stopped: {words}"));
    }
    if *code == SqlState::INVALID_CATALOG_NAME || code.code().starts_with("28") {
        return StoreError::Configuration(format!("PostgreSQL does not let us in: {words}"));
    }
    // 08: connection; 57P: shutting or starting up; 53: no more connections or memory; 25006: a standby, after a switch.
    let unavailable = ["08", "57P", "53"].iter().any(|class| code.code().starts_with(class));
    if unavailable || *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return StoreError::Unavailable(words);
    }
    StoreError::Other(format!("{words} ({})", code.code()))
}

/// The error with its sources: `tokio_postgres` says only what it was doing.
fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}
