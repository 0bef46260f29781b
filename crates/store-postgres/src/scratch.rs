//! A schema of its own in a database that is in use, for trials.

use crate::connection::{configure, connect};
use crate::error;
use crate::options::PostgresOptions;
use crate::store::PostgresStore;
use std::hash::{BuildHasher, RandomState};
use waybill_store::StoreError;

/// A new schema with a store's tables in it and nothing else; what the database holds beside it is never touched.
#[derive(Debug)]
pub struct ScratchSchema {
    url: String,
    options: PostgresOptions,
    pub name: String,
}

impl ScratchSchema {
    /// Makes the schema.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`]; also where the role may not make one.
    pub async fn create(url: &str, options: &PostgresOptions) -> Result<Self, StoreError> {
        let name = format!("waybill_trial_{:016x}", RandomState::new().hash_one(std::process::id()));
        let scratch = Self { url: url.to_owned(), options: options.clone(), name };
        scratch.execute(&format!("CREATE SCHEMA {}", scratch.name)).await?;
        Ok(scratch)
    }

    /// Opens the store in it.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn open(&self) -> Result<PostgresStore, StoreError> {
        let options = PostgresOptions { schema: Some(self.name.clone()), ..self.options.clone() };
        PostgresStore::connect(&self.url, &options).await
    }

    /// Removes it with everything in it.
    ///
    /// # Errors
    /// Where the database does not; the schema is left then.
    pub async fn remove(self) -> Result<(), StoreError> {
        self.execute(&format!("DROP SCHEMA {} CASCADE", self.name)).await
    }

    async fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let client = connect(&configure(&self.url, &self.options)?).await?;
        client.batch_execute(sql).await.map_err(|failure| error::read(&failure))
    }
}
