//! A connection of one's own for writing.

use crate::error;
use crate::link::{Link, Step, command, request, rows_of};
use crate::pipeline::{Answer, in_order};
use async_trait::async_trait;
use tokio_postgres::{Client, Config, Error};
use waybill_store::{Loader, Row, Select, StoreError, Write, WriteMode, Writer};

/// Whoever writes beside others shares a row that a lone writer takes for itself. It is the first lock of a transaction,
/// so nobody waits for it with anything else locked; a change of catalog or settings, which writes the row, does not mind
/// the sharing.
const BEGIN_BESIDE_OTHERS: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT id FROM store_state WHERE id = 1 FOR KEY SHARE";
/// A lone writer gives way at once; afterwards nobody can be in its way.
const BEGIN_ALONE: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT id FROM store_state WHERE id = 1 FOR UPDATE NOWAIT";

/// Connects at the first [`Writer::begin`], and again at the next one after the connection broke.
#[derive(Debug)]
pub struct PostgresWriter {
    config: Config,
    /// What begins a transaction.
    begin: &'static str,
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

impl PostgresWriter {
    /// Writes beside others.
    pub const fn beside_others(config: Config) -> Self {
        Self { config, begin: BEGIN_BESIDE_OTHERS, link: None, transaction: Transaction::None }
    }

    /// Writes with nobody beside it, or not at all.
    pub const fn lone(config: Config) -> Self {
        Self { config, begin: BEGIN_ALONE, link: None, transaction: Transaction::None }
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
        let prepared = link.prepare_all(steps).await?;
        let client = &link.client;
        let mut requests = Vec::with_capacity(steps.len() + 2);
        if begin {
            requests.push(command(client, self.begin));
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
            let link = Link::open(&self.config).await?;
            warn_of_loss(&link.client).await?;
            self.link = Some(link);
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

fn steps_of<'a>(writes: &'a [Write<'a>]) -> Vec<Step<'a>> {
    writes.iter().filter(|write| !write.rows.is_empty()).map(Step::Write).collect()
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
