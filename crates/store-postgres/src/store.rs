//! The store over one PostgreSQL database.

use crate::connection::{configure, connect};
use crate::error;
use crate::loader::PostgresLoader;
use crate::migrate;
use crate::options::PostgresOptions;
use crate::pipeline::{Answer, Request, in_order};
use crate::values::{Parameter, row};
use crate::writer::PostgresWriter;
use async_trait::async_trait;
use deadpool_postgres::{
    GenericClient, Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use futures_util::TryStreamExt;
use std::path::Path;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, IsolationLevel, NoTls};
use waybill_store::backend::StoreGauges;
use waybill_store::tables::tables;
use waybill_store::{Lone, Row, Store, StoreError, Value, Writer, migration};

/// A store in a database that any number of processes share.
#[derive(Debug)]
pub struct PostgresStore {
    config: Config,
    pool: Pool,
}

impl PostgresStore {
    /// Connects to the database that a URL names (`postgres://user@host/database`).
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where the URL is wrong or the server does not let us in,
    /// [`StoreError::Unavailable`] where it does not answer.
    pub async fn connect(url: &str, options: &PostgresOptions) -> Result<Self, StoreError> {
        let config = configure(url, options)?;
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let settings = reader_settings(options);
        let pool = Pool::builder(Manager::from_config(config.clone(), NoTls, manager_config))
            .max_size(options.readers.max(1))
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.connect_limit))
            .create_timeout(Some(options.connect_limit))
            .post_create(Hook::async_fn(move |client, _| {
                let settings = settings.clone();
                Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|error| StoreError::Configuration(error.to_string()))?;
        let store = Self { config, pool };
        drop(store.pooled().await?);
        Ok(store)
    }

    async fn pooled(&self) -> Result<Object, StoreError> {
        self.pool.get().await.map_err(|failure| match failure {
            PoolError::Backend(failure) | PoolError::PostCreateHook(HookError::Backend(failure)) => {
                error::read(&failure)
            }
            PoolError::Timeout(_) => StoreError::Unavailable("no connection became free in time".to_owned()),
            other => StoreError::Unavailable(other.to_string()),
        })
    }
}

/// What every reading connection is told. It cannot write, unless a transaction asks for it.
///
/// Every read is for one thing or a page of a list, found by index, row by row. A statement is prepared once, often when
/// its tables are small, and the plan that the planner finds right for small tables (scan all of it, hash it) stays until
/// the next ANALYZE: notes looked up by a scan of all texts made placing an order over HTTP a fifth as fast.
fn reader_settings(options: &PostgresOptions) -> String {
    format!(
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
         SET default_transaction_read_only = on; SET statement_timeout = {}; SET jit = off; \
         SET idle_in_transaction_session_timeout = '60s';",
        options.read_limit.as_millis()
    )
}

#[async_trait]
impl Store for PostgresStore {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        // A migration may take longer than any read, so it has a connection without limits.
        let mut client = connect(&self.config).await?;
        migrate::migrate(&mut client, migrate::MIGRATIONS).await
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        let client = self.pooled().await?;
        migration::check(&migrate::applied(&client).await?, migrate::MIGRATIONS)
    }

    async fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(PostgresWriter::beside_others(self.config.clone())))
    }

    async fn lone(&self) -> Result<Lone, StoreError> {
        let (loader, writer) = (PostgresLoader::new(self.config.clone()), PostgresWriter::lone(self.config.clone()));
        // Other processes may write to the same database.
        Ok(Lone { loader: Box::new(loader), writer: Box::new(writer), is_certain: false })
    }

    async fn read(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let client = self.pooled().await?;
        let statement = client.prepare_cached(sql).await.map_err(|failure| error::read(&failure))?;
        query(&client, &statement, params).await
    }

    async fn read_together(&self, statements: &[(&str, &[Value])]) -> Result<Vec<Vec<Row>>, StoreError> {
        let failed = |failure| error::read(&failure);
        let client = self.pooled().await?;
        let mut prepared = Vec::with_capacity(statements.len());
        for (sql, params) in statements {
            let statement = client.prepare_cached(sql).await.map_err(failed)?;
            check_count(&statement, params)?;
            prepared.push((statement, params.iter().map(Parameter).collect::<Vec<_>>()));
        }
        // All are sent before the first is answered, the transaction's begin and end with them: one round trip. Where one
        // fails, those behind it fail too, and the commit ends what there is.
        let run = |sql| -> Request<'_> {
            let client = &client;
            Box::pin(async move { client.batch_execute(sql).await.map(|()| Answer::Done) })
        };
        let mut requests = vec![run("START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")];
        for (statement, params) in &prepared {
            let client = &client;
            requests.push(Box::pin(async move {
                let rows = client.query_raw(statement, as_sql(params)).await?;
                rows.try_collect().await.map(Answer::Rows)
            }));
        }
        requests.push(run("COMMIT"));
        let answers = in_order(requests).await.into_iter().collect::<Result<Vec<_>, _>>().map_err(failed)?;
        let rows = answers.iter().filter_map(|answer| match answer {
            Answer::Rows(rows) => Some(rows.iter().map(row).collect()),
            Answer::Done | Answer::Written(_) => None,
        });
        rows.collect()
    }

    async fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, StoreError> {
        let failed = |failure| error::read(&failure);
        let mut client = self.pooled().await?;
        let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).read_only(false);
        let transaction = transaction.start().await.map_err(failed)?;
        let mut changed = Vec::with_capacity(statements.len());
        for (sql, params) in statements {
            let statement = transaction.prepare_cached(sql).await.map_err(failed)?;
            check_count(&statement, params)?;
            let params = params.iter().map(Parameter).collect::<Vec<_>>();
            changed.push(transaction.execute_raw(&statement, as_sql(&params)).await.map_err(failed)?);
        }
        transaction.commit().await.map_err(|failure| error::of_commit(&failure))?;
        Ok(changed)
    }

    /// As autovacuum does it a minute later, where it runs.
    async fn count_anew(&self) -> Result<(), StoreError> {
        let names: Vec<_> = tables().into_iter().map(|table| table.name).collect();
        // It may take longer than any read.
        let client = connect(&self.config).await?;
        client.batch_execute(&format!("ANALYZE {}", names.join(", "))).await.map_err(|failure| error::read(&failure))
    }

    async fn backup(&self, _: &Path) -> Result<(), StoreError> {
        let (user, database) =
            (self.config.get_user().unwrap_or("USER"), self.config.get_dbname().unwrap_or("DATABASE"));
        Err(StoreError::Configuration(format!(
            "a store on PostgreSQL is backed up with PostgreSQL's own tools: \
             `pg_dump --format=custom --file=FILE --username={user} {database}` for one database, \
             `pg_basebackup` with archived logs for a cluster and any moment in time"
        )))
    }

    async fn gauges(&self) -> Result<StoreGauges, StoreError> {
        let mut rows = self.read("SELECT pg_database_size(current_database())", &[]).await?;
        let data_bytes = rows.first_mut().map_or(Ok(0), Row::take)?;
        Ok(StoreGauges { data_bytes, wal_bytes: 0 })
    }

    async fn explain(&self, sql: &str, params: &[Value]) -> Result<Vec<String>, StoreError> {
        let rows = self.read(&format!("EXPLAIN {sql}"), params).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }
}

async fn query(
    client: &impl GenericClient,
    statement: &tokio_postgres::Statement,
    params: &[Value],
) -> Result<Vec<Row>, StoreError> {
    check_count(statement, params)?;
    let params = params.iter().map(Parameter).collect::<Vec<_>>();
    let rows = client.query_raw(statement, as_sql(&params)).await.map_err(|failure| error::read(&failure))?;
    let rows: Vec<_> = rows.try_collect().await.map_err(|failure| error::read(&failure))?;
    rows.iter().map(row).collect()
}

fn as_sql<'a>(params: &'a [Parameter<'a>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync))
}

fn check_count(statement: &tokio_postgres::Statement, params: &[Value]) -> Result<(), StoreError> {
    let wanted = statement.params().len();
    if wanted == params.len() {
        return Ok(());
    }
    Err(StoreError::Other(format!("the statement has {wanted} parameters, {} were given", params.len())))
}
