//! A connection of one's own for writing.

use crate::arrays::{ColumnArray, Columns};
use crate::connection::{WRITER_SETTINGS, connect};
use crate::error;
use crate::pipeline::{Answer, Request, in_order};
use crate::statements;
use crate::values;
use async_trait::async_trait;
use futures_util::TryStreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Statement};
use waybill_store::{Loader, Row, Select, StoreError, Write, WriteMode, Writer};

/// Connects at the first [`Writer::begin`], and again at the next one after the connection broke.
#[derive(Debug)]
pub struct PostgresWriter {
    config: Config,
    link: Option<Link>,
    transaction: Transaction,
}

/// How far the transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transaction {
    None,
    /// Asked for; `BEGIN` travels with the first statement.
    Asked,
    Open,
    /// Requests are under way. It stays like this where they fail, and where whoever waited for them gave up.
    Uncertain,
}

/// A piece of work for the server.
enum Step<'a> {
    Write(&'a Write<'a>),
    Select(&'a Select),
    Positions(i64),
}

impl PostgresWriter {
    pub const fn new(config: Config) -> Self {
        Self { config, link: None, transaction: Transaction::None }
    }

    /// Sends the steps in one go and checks every answer. After an error the transaction is over.
    async fn send(&mut self, steps: &[Step<'_>], commit: bool) -> Result<Vec<Answer>, StoreError> {
        let answers = match self.try_send(steps, commit).await {
            Ok(answers) => check(steps, answers),
            Err(error) => Err(error),
        };
        match &answers {
            Ok(_) if commit => self.transaction = Transaction::None,
            Ok(_) => self.transaction = Transaction::Open,
            Err(_) => self.rollback().await,
        }
        answers
    }

    async fn try_send(&mut self, steps: &[Step<'_>], commit: bool) -> Result<Vec<Answer>, StoreError> {
        let begin = match self.transaction {
            Transaction::Asked => true,
            Transaction::Open => false,
            Transaction::None | Transaction::Uncertain => {
                return Err(StoreError::Other("no transaction is open".to_owned()));
            }
        };
        let Some(link) = &mut self.link else {
            return Err(StoreError::Unavailable("there is no connection".to_owned()));
        };
        if begin && steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut prepared = Vec::with_capacity(steps.len());
        for step in steps {
            prepared.push(link.prepare(step).await.map_err(|failure| error::read(&failure))?);
        }
        if link.client.is_closed() {
            return Err(StoreError::Unavailable("the connection broke".to_owned()));
        }
        let client = &link.client;
        let mut requests = Vec::with_capacity(steps.len() + 2);
        if begin {
            requests.push(command(client, "BEGIN ISOLATION LEVEL READ COMMITTED"));
        }
        requests.extend(steps.iter().zip(&prepared).map(|(step, prepared)| request(client, step, prepared)));
        if commit {
            requests.push(command(client, "COMMIT"));
        }
        self.transaction = Transaction::Uncertain;
        let answers = in_order(requests).await;
        let mut answers = first_failure(answers, commit)?;
        if begin {
            answers.remove(0);
        }
        Ok(answers)
    }
}

#[async_trait]
impl Loader for PostgresWriter {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        let steps: Vec<_> = selects.iter().map(Step::Select).collect();
        let answers = self.send(&steps, false).await?;
        answers.into_iter().map(rows_of).collect()
    }
}

#[async_trait]
impl Writer for PostgresWriter {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.rollback().await;
        if self.link.as_ref().is_none_or(|link| link.client.is_closed()) {
            self.link = None;
            let client = connect(&self.config).await?;
            client.batch_execute(WRITER_SETTINGS).await.map_err(|failure| error::read(&failure))?;
            warn_of_loss(&client).await?;
            self.link = Some(Link { client, prepared: HashMap::new() });
        }
        self.transaction = Transaction::Asked;
        Ok(())
    }

    async fn write(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.send(&steps_of(writes), false).await.map(|_| ())
    }

    async fn take_positions(&mut self, before: &[Write<'_>], count: i64) -> Result<i64, StoreError> {
        self.take_positions_and_see(before, count, &[]).await.map(|(base, _)| base)
    }

    async fn take_positions_and_see(
        &mut self,
        before: &[Write<'_>],
        count: i64,
        selects: &[Select],
    ) -> Result<(i64, Vec<Vec<Row>>), StoreError> {
        let mut steps = steps_of(before);
        let head = steps.len();
        steps.push(Step::Positions(count));
        // A statement of its own sees what was committed while the one before waited for its lock.
        steps.extend(selects.iter().map(Step::Select));
        let mut answers = self.send(&steps, false).await?.into_iter().skip(head).map(rows_of);
        let found = answers.next().transpose()?.unwrap_or_default();
        match found.into_iter().next() {
            Some(mut row) => Ok((row.take()?, answers.collect::<Result<_, _>>()?)),
            None => {
                self.rollback().await;
                Err(StoreError::Damaged("the log has no head".to_owned()))
            }
        }
    }

    async fn commit(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        let steps = steps_of(writes);
        // An update or delete that misses its row is seen only in its answer, so the commit has to wait for that.
        if writes.iter().any(|write| write.mode != WriteMode::Insert) {
            self.send(&steps, false).await?;
            return self.send(&[], true).await.map(|_| ());
        }
        self.send(&steps, true).await.map(|_| ())
    }

    async fn rollback(&mut self) {
        let before = std::mem::replace(&mut self.transaction, Transaction::None);
        if !matches!(before, Transaction::Open | Transaction::Uncertain) {
            return;
        }
        if let Some(link) = &self.link
            && let Err(error) = link.client.batch_execute("ROLLBACK").await
        {
            // The server forgets the transaction with the connection.
            tracing::debug!(%error, "a rollback was not answered");
            self.link = None;
        }
    }
}

/// Says where the server is set to forget what it has confirmed. Whoever runs it may want that, but not unknowingly.
async fn warn_of_loss(client: &Client) -> Result<(), StoreError> {
    let sql = "SELECT name FROM pg_settings WHERE setting = 'off' AND name IN ('fsync', 'full_page_writes', 'synchronous_commit')";
    let off = client.query(sql, &[]).await.map_err(|failure| error::read(&failure))?;
    for setting in off {
        let setting: String = setting.try_get(0).map_err(|failure| error::read(&failure))?;
        tracing::warn!(setting, "PostgreSQL has this off: an order that was acknowledged can be lost in a crash");
    }
    Ok(())
}

/// A connection and what was prepared on it.
struct Link {
    client: Client,
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

struct Prepared {
    statement: Statement,
    /// The array of each column of a row that is written.
    places: Vec<Option<usize>>,
}

impl Link {
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

fn steps_of<'a>(writes: &'a [Write<'a>]) -> Vec<Step<'a>> {
    writes.iter().filter(|write| !write.rows.is_empty()).map(Step::Write).collect()
}

fn command<'a>(client: &'a Client, sql: &'a str) -> Request<'a> {
    Box::pin(async move { client.batch_execute(sql).await.map(|()| Answer::Done) })
}

/// The arrays are filled when the request is first polled: the server works on one while we fill the next.
fn request<'a>(client: &'a Client, step: &'a Step<'a>, prepared: &'a Prepared) -> Request<'a> {
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

/// All answers, or what the first failure means.
fn first_failure(answers: Vec<Result<Answer, Error>>, commit: bool) -> Result<Vec<Answer>, StoreError> {
    let last = answers.len().saturating_sub(1);
    let mut done = Vec::with_capacity(answers.len());
    for (place, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(answer) => done.push(answer),
            Err(failure) if commit && place == last => return Err(error::of_commit(&failure)),
            // The commit was on its way behind this one.
            Err(failure) if commit && error::is_lost(&failure) => return Err(error::of_commit(&failure)),
            Err(failure) => return Err(error::read(&failure)),
        }
    }
    Ok(done)
}

/// Rows that were to be written and were not there are a fault, not a race: whoever writes holds the root's lock.
fn check(steps: &[Step<'_>], answers: Vec<Answer>) -> Result<Vec<Answer>, StoreError> {
    for (step, answer) in steps.iter().zip(&answers) {
        if let (Step::Write(write), Answer::Written(written)) = (step, answer)
            && *written != write.rows.len() as u64
        {
            return Err(StoreError::Other(format!(
                "{:?} of {} rows of {}, of which {written} are there",
                write.mode,
                write.rows.len(),
                write.table.name
            )));
        }
    }
    Ok(answers)
}

fn rows_of(answer: Answer) -> Result<Vec<Row>, StoreError> {
    match answer {
        Answer::Rows(rows) => rows.iter().map(values::row).collect(),
        Answer::Done | Answer::Written(_) => Ok(Vec::new()),
    }
}
