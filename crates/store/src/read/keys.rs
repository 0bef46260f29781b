//! API keys, for whoever authenticates.

use super::ReadError;
use super::query::Query;
use crate::backend::Store;
use crate::record::Record;
use crate::record::columns;
use crate::value::Value;
use waybill_domain::system::ApiKey;

/// The key whose secret has this SHA-256, revoked or not.
pub async fn by_secret(store: &dyn Store, secret_hash: [u8; 32]) -> Result<Option<ApiKey>, ReadError> {
    let mut query = Query::new(format!("SELECT {} FROM api_keys k WHERE TRUE", columns::<ApiKey>("k")));
    query.and("k.secret_hash = ?", Value::Bytes(secret_hash.to_vec()));
    Ok(query.rows(store).await?.first_mut().map(ApiKey::read).transpose()?)
}

/// Whether a key was ever made; a revoked one counts.
pub async fn any(store: &dyn Store) -> Result<bool, ReadError> {
    Ok(!Query::new("SELECT k.id FROM api_keys k LIMIT 1").rows(store).await?.is_empty())
}
