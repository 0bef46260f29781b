//! The one door through which the process writes.

use crate::bind::{Binder, bind_value, row_of};
use crate::error;
use crate::statements::Statements;
use crate::store::{Owned, Seat, Turn};
use async_trait::async_trait;
use rusqlite::Connection;
use std::sync::Arc;
use waybill_store::{Loader, Row, Select, StoreError, Write, Writer};

/// Works inline: whoever calls it is expected on a thread that may block.
#[derive(Debug)]
pub struct SqliteWriter {
    /// The open transaction. Before `seat`, so that it ends before somebody else sits down.
    turn: Option<Turn>,
    statements: Statements,
    store: Arc<Owned>,
    _seat: Seat,
}

impl SqliteWriter {
    pub fn new(store: Arc<Owned>, seat: Seat) -> Self {
        Self { turn: None, statements: Statements::default(), store, _seat: seat }
    }

    /// Does a piece of work in the open transaction, which ends where the work fails.
    fn within<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Statements) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let turn = self.turn.as_ref().ok_or_else(|| StoreError::Other("no transaction is open".to_owned()))?;
        let answer = work(turn.connection(), &mut self.statements);
        if answer.is_err() {
            self.turn = None;
        }
        answer
    }
}

/// Reads what was last committed, beside the writer. Works inline too.
#[derive(Debug)]
pub struct SqliteLoader {
    connection: Connection,
    statements: Statements,
}

impl SqliteLoader {
    pub fn new(connection: Connection) -> Self {
        Self { connection, statements: Statements::default() }
    }
}

#[async_trait]
impl Loader for SqliteLoader {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        // One snapshot for all: taking one for each row would cost more than the row.
        let _snapshot = self.connection.unchecked_transaction().map_err(error::plain)?;
        selects.iter().map(|select| load(&self.connection, &mut self.statements, select)).collect()
    }
}

#[async_trait]
impl Loader for SqliteWriter {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.within(|connection, statements| {
            selects.iter().map(|select| load(connection, statements, select)).collect()
        })
    }
}

#[async_trait]
impl Writer for SqliteWriter {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.turn = None;
        self.turn = Some(self.store.turn().await?);
        Ok(())
    }

    async fn write(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.within(|connection, statements| put_all(connection, statements, writes))
    }

    async fn take_positions(&mut self, before: &[Write<'_>], count: i64) -> Result<i64, StoreError> {
        self.within(|connection, statements| {
            put_all(connection, statements, before)?;
            let sql = "UPDATE log_head SET position = position + ?1 WHERE id = 1 RETURNING position - ?1";
            let mut statement = connection.prepare_cached(sql).map_err(error::plain)?;
            statement.query_row([count], |row| row.get(0)).map_err(error::plain)
        })
    }

    async fn commit(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.within(|connection, statements| put_all(connection, statements, writes))?;
        match self.turn.take() {
            Some(turn) => turn.commit(),
            None => Ok(()),
        }
    }

    async fn rollback(&mut self) {
        self.turn = None;
    }
}

fn load(connection: &Connection, statements: &mut Statements, select: &Select) -> Result<Vec<Row>, StoreError> {
    let failed = |failure| error::read(connection, Some(select.table), failure);
    let mut found = Vec::with_capacity(select.keys.len());
    let mut statement = connection.prepare_cached(statements.select(select.table, select.by)).map_err(failed)?;
    for key in &select.keys {
        for (value, place) in key.iter().zip(1..) {
            bind_value(&mut statement, place, value).map_err(failed)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            found.push(row_of(select.table, row)?);
        }
    }
    Ok(found)
}

fn put_all(connection: &Connection, statements: &mut Statements, writes: &[Write<'_>]) -> Result<(), StoreError> {
    writes.iter().try_for_each(|write| put(connection, statements, write))
}

fn put(connection: &Connection, statements: &mut Statements, write: &Write<'_>) -> Result<(), StoreError> {
    let failed = |failure| error::read(connection, Some(write.table), failure);
    let derived = statements.write(write.table, write.mode);
    let mut statement = connection.prepare_cached(&derived.sql).map_err(failed)?;
    for row in &write.rows {
        let mut binder = Binder::new(&mut statement, &derived.places);
        row.bind(&mut binder);
        binder.finish().map_err(failed)?;
        if statement.raw_execute().map_err(failed)? != 1 {
            return Err(StoreError::Other(format!(
                "{:?} of a row of {} that is not there",
                write.mode, write.table.name
            )));
        }
    }
    Ok(())
}
