//! The settings of a store, for whoever shows or changes them.

use super::ReadError;
use super::query::Query;
use crate::backend::Store;
use crate::error::StoreError;
use waybill_domain::settings::Settings;
use waybill_domain::system::SettingsRecord;

/// How often the settings were changed; 0 where they never were.
pub async fn version(store: &dyn Store) -> Result<i64, ReadError> {
    let mut query = Query::new("SELECT s.sequence FROM settings s WHERE TRUE");
    query.and("s.id = ?", SettingsRecord::ID);
    Ok(query.rows(store).await?.first_mut().map_or(Ok(0), |row| row.take())?)
}

/// The settings, and how often they were changed.
pub async fn settings(store: &dyn Store) -> Result<(Settings, i64), ReadError> {
    let mut query = Query::new("SELECT s.settings, s.sequence FROM settings s WHERE TRUE");
    query.and("s.id = ?", SettingsRecord::ID);
    let Some(mut row) = query.rows(store).await?.into_iter().next() else {
        return Ok((Settings::default(), 0));
    };
    let (text, version): (String, i64) = (row.take()?, row.take()?);
    let settings =
        serde_json::from_str(&text).map_err(|error| StoreError::Damaged(format!("the settings record: {error}")))?;
    Ok((settings, version))
}
