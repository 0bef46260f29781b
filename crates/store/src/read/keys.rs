//! API keys.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::actor::{Permission, Scope};
use waybill_domain::ids::{ApiKeyId, ChannelId, LocationId};
use waybill_domain::system::ApiKey;
use waybill_domain::time::Timestamp;

/// The key whose secret has this SHA-256, revoked or not. For whoever authenticates.
pub async fn by_secret(store: &dyn Store, secret_hash: [u8; 32]) -> Result<Option<ApiKey>, ReadError> {
    let mut query = Query::new(format!("SELECT {} FROM api_keys k WHERE TRUE", columns::<ApiKey>("k")));
    query.and("k.secret_hash = ?", Value::Bytes(secret_hash.to_vec()));
    Ok(query.rows(store).await?.first_mut().map(ApiKey::read).transpose()?)
}

/// Whether a key was ever made; a revoked one counts.
pub async fn any(store: &dyn Store) -> Result<bool, ReadError> {
    Ok(!Query::new("SELECT k.id FROM api_keys k LIMIT 1").rows(store).await?.is_empty())
}

/// Whether somebody or something can prove who it is: a key that is not revoked, or a user who is not archived.
pub async fn anybody(store: &dyn Store) -> Result<bool, ReadError> {
    let query = Query::new(
        "SELECT 1 FROM api_keys WHERE revoked_at IS NULL UNION ALL SELECT 1 FROM users WHERE state <> 'archived' LIMIT 1",
    );
    Ok(!query.rows(store).await?.is_empty())
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    pub id: ApiKeyId,
    pub name: String,
    pub permissions: Vec<Permission>,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

fn base() -> Query {
    Query::new(
        "SELECT k.id, k.name, k.permissions, k.channels, k.locations, k.created_at, k.revoked_at FROM api_keys k \
         WHERE TRUE",
    )
}

fn read(row: &mut Row) -> Result<KeyRow, StoreError> {
    Ok(KeyRow {
        id: row.take()?,
        name: row.take()?,
        permissions: row.take()?,
        channels: row.take()?,
        locations: row.take()?,
        created_at: row.take()?,
        revoked_at: row.take()?,
    })
}

/// Keys in the order of their creation, revoked ones too.
pub async fn keys(store: &dyn Store, viewer: &Viewer, page: &PageRequest) -> Result<Page<KeyRow>, ReadError> {
    viewer.must(&[Permission::KeysWrite])?;
    let mut query = base();
    if let Some(after) = &page.after {
        query.after(&["k.id"], cursor::decode(after, &[ColumnKind::Id])?);
    }
    query.order_and_limit("k.id", page.limit() + 1);
    let rows = query.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::Id(row.id.0)]))
}

/// One key.
pub async fn key(store: &dyn Store, viewer: &Viewer, id: ApiKeyId) -> Result<Option<KeyRow>, ReadError> {
    viewer.must(&[Permission::KeysWrite])?;
    let mut query = base();
    query.and("k.id = ?", id.0);
    Ok(query.rows(store).await?.first_mut().map(read).transpose()?)
}
