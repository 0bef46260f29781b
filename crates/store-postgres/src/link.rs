//! A connection and what was prepared on it: how rows that are written and read become requests.

use crate::arrays::{ColumnArray, Columns};
use crate::connection::{WRITER_SETTINGS, connect};
use crate::error;
use crate::pipeline::{Answer, Request};
use crate::statements;
use crate::values;
use futures_util::TryStreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Statement};
use waybill_store::{Row, Select, StoreError, Write, WriteMode};

/// A piece of work for the server.
pub enum Step<'a> {
    Write(&'a Write<'a>),
    Select(&'a Select),
    Positions(i64),
}

/// A connection and what was prepared on it.
pub struct Link {
    pub client: Client,
    prepared: HashMap<Shape, Arc<Prepared>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("closed", &self.client.is_closed()).finish_non_exhaustive()
    }
}

/// What makes two steps the same statement.
#[derive(PartialEq, Eq, Hash)]
enum Shape {
    Write(&'static str, WriteMode),
    Select(&'static str, &'static [&'static str], bool),
    Positions,
}

pub struct Prepared {
    statement: Statement,
    /// The array of each column of a row that is written.
    places: Vec<Option<usize>>,
}

impl Link {
    pub async fn open(config: &Config) -> Result<Self, StoreError> {
        let client = connect(config).await?;
        client.batch_execute(WRITER_SETTINGS).await.map_err(|failure| error::read(&failure))?;
        Ok(Self { client, prepared: HashMap::new() })
    }

    /// What the steps need, each prepared once on this connection.
    pub async fn prepare_all(&mut self, steps: &[Step<'_>]) -> Result<Vec<Arc<Prepared>>, StoreError> {
        let mut prepared = Vec::with_capacity(steps.len());
        for step in steps {
            prepared.push(self.prepare(step).await.map_err(|failure| error::read(&failure))?);
        }
        if self.client.is_closed() {
            return Err(StoreError::Unavailable("the connection broke".to_owned()));
        }
        Ok(prepared)
    }

    async fn prepare(&mut self, step: &Step<'_>) -> Result<Arc<Prepared>, Error> {
        let shape = match step {
            Step::Write(write) => Shape::Write(write.table.name, write.mode),
            Step::Select(select) => Shape::Select(select.table.name, select.by, select.lock),
            Step::Positions(_) => Shape::Positions,
        };
        if let Some(prepared) = self.prepared.get(&shape) {
            return Ok(Arc::clone(prepared));
        }
        let (sql, places) = match step {
            Step::Write(write) => {
                let derived = statements::write(write.table, write.mode);
                (derived.sql, derived.places)
            }
            Step::Select(select) => (statements::select(select.table, select.by, select.lock), Vec::new()),
            Step::Positions(_) => (statements::TAKE_POSITIONS.to_owned(), Vec::new()),
        };
        let prepared = Arc::new(Prepared { statement: self.client.prepare(&sql).await?, places });
        self.prepared.insert(shape, Arc::clone(&prepared));
        Ok(prepared)
    }
}

pub fn command<'a>(client: &'a Client, sql: &'a str) -> Request<'a> {
    Box::pin(async move { client.batch_execute(sql).await.map(|()| Answer::Done) })
}

/// The arrays are filled when the request is first polled: the server works on one while we fill the next.
pub fn request<'a>(client: &'a Client, step: &'a Step<'a>, prepared: &'a Prepared) -> Request<'a> {
    Box::pin(async move {
        match step {
            Step::Write(write) => {
                let mut columns = Columns::new(&prepared.places);
                write.rows.iter().for_each(|row| row.bind(columns.row()));
                let arrays = columns.into_arrays();
                client.execute_raw(&prepared.statement, &arrays).await.map(Answer::Written)
            }
            Step::Select(select) => {
                let mut arrays: Vec<_> = select.by.iter().map(|_| ColumnArray::default()).collect();
                for key in &select.keys {
                    key.iter().zip(&mut arrays).for_each(|(value, array)| array.put_value(value));
                }
                rows(client, &prepared.statement, &arrays).await
            }
            Step::Positions(count) => rows(client, &prepared.statement, std::slice::from_ref(count)).await,
        }
    })
}

async fn rows<T: ToSql + Sync>(client: &Client, statement: &Statement, parameters: &[T]) -> Result<Answer, Error> {
    let parameters = parameters.iter().map(|parameter| parameter as &(dyn ToSql + Sync));
    client.query_raw(statement, parameters).await?.try_collect().await.map(Answer::Rows)
}

pub fn rows_of(answer: Answer) -> Result<Vec<Row>, StoreError> {
    match answer {
        Answer::Rows(rows) => rows.iter().map(values::row).collect(),
        Answer::Done | Answer::Written(_) => Ok(Vec::new()),
    }
}
