//! A connection of one's own that loads beside a lone writer.

use crate::error;
use crate::link::{Link, Step, command, request, rows_of};
use crate::pipeline::{Answer, in_order};
use async_trait::async_trait;
use tokio_postgres::{Config, Error};
use waybill_store::{Loader, Row, Select, StoreError};

/// Reads what was last committed. Connects at the first load, and again at the next one after the connection broke.
#[derive(Debug)]
pub struct PostgresLoader {
    config: Config,
    link: Option<Link>,
    held: Held,
}

/// How far holding a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Nothing,
    /// Asked for; the transaction begins with the first select.
    Asked,
    State,
}

impl PostgresLoader {
    pub const fn new(config: Config) -> Self {
        Self { config, link: None, held: Held::Nothing }
    }

    async fn connected(&mut self) -> Result<Link, StoreError> {
        match self.link.take().filter(|link| !link.client.is_closed()) {
            Some(link) => Ok(link),
            // The state went with the connection.
            None if self.held == Held::State => Err(StoreError::Unavailable("the connection broke".to_owned())),
            None => {
                let link = Link::open(&self.config).await?;
                let sql = "SET default_transaction_read_only = on";
                link.client.batch_execute(sql).await.map_err(|failure| error::read(&failure))?;
                Ok(link)
            }
        }
    }
}

#[async_trait]
impl Loader for PostgresLoader {
    /// After an error the connection is gone, and the state that was held with it.
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        let failed = |failure: Error| error::read(&failure);
        let mut link = self.connected().await?;
        // A lock would be kept from whoever writes, ourselves among them.
        let unlocked = |select: &Select| Select { lock: false, keys: select.keys.clone(), ..*select };
        let selects: Vec<Select> = selects.iter().map(unlocked).collect();
        let steps: Vec<Step<'_>> = selects.iter().map(Step::Select).collect();
        let prepared = link.prepare_all(&steps).await?;
        let begin = "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
        let mut requests = Vec::with_capacity(steps.len() + 1);
        if self.held == Held::Asked {
            requests.push(command(&link.client, begin));
        }
        requests.extend(steps.iter().zip(&prepared).map(|(step, prepared)| request(&link.client, step, prepared)));
        let answers: Vec<Answer> = in_order(requests).await.into_iter().collect::<Result<_, _>>().map_err(failed)?;
        let begun = answers.len() - steps.len();
        if self.held == Held::Asked {
            self.held = Held::State;
        }
        self.link = Some(link);
        answers.into_iter().skip(begun).map(rows_of).collect()
    }

    async fn hold_state(&mut self) -> Result<(), StoreError> {
        self.let_go().await;
        self.held = Held::Asked;
        Ok(())
    }

    async fn let_go(&mut self) {
        let held = std::mem::replace(&mut self.held, Held::Nothing);
        if held == Held::State
            && let Some(link) = &self.link
            && link.client.batch_execute("COMMIT").await.is_err()
        {
            self.link = None;
        }
    }
}
