//! Databases that only the benchmark uses, made for it and dropped after it.

use crate::BenchError;
use crate::random::Random;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_postgres::NoTls;
use waybill_store::Store;
use waybill_store_postgres::{PostgresOptions, PostgresStore};
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

/// Where databases are made.
#[derive(Clone, Debug)]
pub enum Place {
    /// New files in this folder.
    Sqlite { folder: PathBuf, options: SqliteOptions },
    /// New databases on the server of this URL.
    Postgres { url: String, options: PostgresOptions },
}

/// A database and the store in it.
pub struct Database {
    pub store: Arc<dyn Store>,
    /// Where it is, without secrets.
    pub shown: String,
    keep: bool,
    kind: Kind,
}

enum Kind {
    Sqlite(PathBuf),
    Postgres { server: String, name: String },
}

impl Place {
    /// A new, empty store with the schema.
    pub async fn fresh(&self, purpose: &str) -> Result<Database, BenchError> {
        let name = format!("waybill_bench_{purpose}_{:08x}", Random::fresh().next() & 0xffff_ffff);
        let database = match self {
            Self::Sqlite { folder, options } => {
                let folder = folder.join(&name);
                std::fs::create_dir_all(&folder)
                    .map_err(|error| BenchError::Other(format!("{} cannot be made: {error}", folder.display())))?;
                let path = folder.join("store.db");
                let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, options.clone())?);
                Database { store, shown: format!("sqlite:{}", path.display()), keep: false, kind: Kind::Sqlite(folder) }
            }
            Self::Postgres { url, options } => {
                execute(url, &format!("CREATE DATABASE {name}")).await?;
                let own = with_database(url, &name)?;
                let store: Arc<dyn Store> = Arc::new(PostgresStore::connect(&own, options).await?);
                let kind = Kind::Postgres { server: url.clone(), name: name.clone() };
                Database { store, shown: format!("the database {name}"), keep: false, kind }
            }
        };
        database.store.migrate().await?;
        Ok(database)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("shown", &self.shown).finish_non_exhaustive()
    }
}

impl Database {
    pub const fn keep(&mut self) {
        self.keep = true;
    }

    /// Bytes a page of this database has.
    pub const fn page_bytes(&self) -> f64 {
        match self.kind {
            Kind::Sqlite(_) => 4_096.0,
            Kind::Postgres { .. } => 8_192.0,
        }
    }

    /// The folder of an embedded store, which is the benchmark's own.
    pub const fn folder(&self) -> Option<&PathBuf> {
        match &self.kind {
            Kind::Sqlite(folder) => Some(folder),
            Kind::Postgres { .. } => None,
        }
    }

    /// How long the file of the write-ahead log is; 0 where a server has it.
    pub fn log_bytes(&self) -> u64 {
        let log = self.folder().and_then(|folder| std::fs::metadata(folder.join("store.db-wal")).ok());
        log.map_or(0, |log| log.len())
    }

    /// Drops it with everything in it, unless it is to be kept.
    pub async fn end(self) -> Result<(), BenchError> {
        drop(self.store);
        match self.kind {
            _ if self.keep => Ok(()),
            Kind::Sqlite(folder) => std::fs::remove_dir_all(&folder)
                .map_err(|error| BenchError::Other(format!("{} cannot be removed: {error}", folder.display()))),
            Kind::Postgres { server, name } => execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await,
        }
    }
}

fn with_database(url: &str, name: &str) -> Result<String, BenchError> {
    let wrong = || BenchError::Other("the URL must look like postgres://user@host/database".to_owned());
    let (before, parameters) = url.split_once('?').map_or((url, None), |(before, rest)| (before, Some(rest)));
    let (scheme, rest) = before.split_once("://").ok_or_else(wrong)?;
    let host = rest.split_once('/').map_or(rest, |(host, _)| host);
    let parameters = parameters.map(|parameters| format!("?{parameters}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}/{name}{parameters}"))
}

async fn execute(url: &str, sql: &str) -> Result<(), BenchError> {
    let failed = |error: tokio_postgres::Error| {
        let why = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        BenchError::Other(format!("the benchmark's own database cannot be made or dropped: {why}"))
    };
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(failed)?;
    let task = tokio::spawn(connection);
    let done = client.batch_execute(sql).await.map_err(failed);
    drop(client);
    let _ = task.await;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_the_database_changes_in_a_url() {
        let of = |url: &str| with_database(url, "x").ok();
        assert_eq!(of("postgres://a:b@h:1/shop?p=q").as_deref(), Some("postgres://a:b@h:1/x?p=q"));
        assert_eq!(of("postgres://h").as_deref(), Some("postgres://h/x"));
        assert!(of("nothing").is_none());
    }
}
