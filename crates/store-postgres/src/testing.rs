//! Databases of their own for tests, also those of other crates.

use crate::connection::configure;
use crate::{PostgresOptions, PostgresStore};
use std::hash::{BuildHasher, RandomState};
use tokio_postgres::NoTls;

/// The variable that names a server for tests, by a superuser's URL.
pub const SERVER: &str = "WAYBILL_TEST_POSTGRES";

/// A new, empty database, dropped at the end.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// `None` where no server is named; the test then says that it is skipped.
    ///
    /// # Panics
    /// Where the server does not make one.
    pub async fn create() -> Option<Self> {
        let Ok(server) = std::env::var(SERVER) else {
            eprintln!("skipped: {SERVER} names no PostgreSQL server for tests");
            return None;
        };
        Some(Self::on(server).await)
    }

    /// The same, on the server of this URL.
    ///
    /// # Panics
    /// Where the server does not make one.
    pub async fn on(server: String) -> Self {
        let name = format!("waybill_test_{:016x}", RandomState::new().hash_one(std::process::id()));
        run(&server, &format!("CREATE DATABASE {name}")).await.expect("a database for tests");
        Self { server, name }
    }

    /// Where the database is.
    ///
    /// # Panics
    /// Where the server's URL is not one.
    pub fn url(&self) -> String {
        let (before, parameters) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (address, _) = before.rsplit_once('/').expect("a URL like postgres://user@host/database");
        format!("{address}/{}?{parameters}", self.name)
    }

    /// Opens the store in this database.
    ///
    /// # Panics
    /// Where that fails.
    pub async fn open(&self) -> PostgresStore {
        PostgresStore::connect(&self.url(), &PostgresOptions::default()).await.expect("a store for tests")
    }
}

impl Drop for TestDatabase {
    /// Also after a test that failed. A runtime cannot be entered twice, so this one has a thread of its own.
    fn drop(&mut self) {
        let (server, sql) = (self.server.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(run(&server, &sql)).ok()
        });
        if !matches!(dropped.join(), Ok(Some(()))) {
            eprintln!("the database {} was not dropped", self.name);
        }
    }
}

async fn run(server: &str, sql: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (client, connection) = configure(server, &PostgresOptions::default())?.connect(NoTls).await?;
    let task = tokio::spawn(connection);
    client.batch_execute(sql).await?;
    drop(client);
    task.await??;
    Ok(())
}
