//! Secrets that a store makes for itself and every process beside it shares.

use super::ReadError;
use super::query::Query;
use crate::backend::Store;
use crate::value::Value;

/// The secret of a name. Where there is none yet, `fresh` is kept; of two processes that do that at once both get the
/// same one back.
pub async fn named(store: &dyn Store, name: &str, fresh: impl FnOnce() -> [u8; 32]) -> Result<[u8; 32], ReadError> {
    if let Some(secret) = read(store, name).await? {
        return Ok(secret);
    }
    let keep = "INSERT INTO store_secrets (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    let values = [Value::from(name), Value::Bytes(fresh().to_vec())];
    store.execute(&[(keep, &values)]).await?;
    read(store, name).await?.ok_or_else(|| {
        let missing = format!("the secret {name} was written and is not there");
        ReadError::Store(crate::error::StoreError::Other(missing))
    })
}

async fn read(store: &dyn Store, name: &str) -> Result<Option<[u8; 32]>, ReadError> {
    let mut query = Query::new("SELECT s.secret FROM store_secrets s WHERE TRUE");
    query.and("s.name = ?", name);
    Ok(query.rows(store).await?.first_mut().map(|row| row.take()).transpose()?)
}
