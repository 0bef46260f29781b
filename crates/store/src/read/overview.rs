//! The store at a glance, for operators.

use super::ReadError;
use super::query::Query;
use crate::backend::Store;

/// Counts of what a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// The log's latest position.
    pub position: i64,
    /// Orders by lifecycle.
    pub orders: Vec<(String, i64)>,
    pub held: i64,
    pub items: i64,
    pub locations: i64,
    pub channels: i64,
}

/// The log's latest position.
pub async fn position(store: &dyn Store) -> Result<i64, ReadError> {
    let mut rows = Query::new("SELECT position FROM log_head WHERE id = 1").rows(store).await?;
    Ok(rows.first_mut().map_or(Ok(0), |row| row.take())?)
}

pub async fn overview(store: &dyn Store) -> Result<Overview, ReadError> {
    let head = Query::new("SELECT position FROM log_head WHERE id = 1");
    let orders =
        Query::new("SELECT lifecycle, CAST(COUNT(*) AS BIGINT) FROM orders GROUP BY lifecycle ORDER BY lifecycle");
    let counts = Query::new(
        "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM orders WHERE holds_active > 0), \
                (SELECT CAST(COUNT(*) AS BIGINT) FROM items WHERE archived = FALSE), \
                (SELECT CAST(COUNT(*) AS BIGINT) FROM locations WHERE archived = FALSE), \
                (SELECT CAST(COUNT(*) AS BIGINT) FROM channels WHERE archived = FALSE)",
    );
    let mut found = Query::together(&[&head, &orders, &counts], store).await?.into_iter();
    let mut next = || found.next().unwrap_or_default();
    let mut overview = Overview::default();
    if let Some(row) = next().first_mut() {
        overview.position = row.take()?;
    }
    for mut row in next() {
        overview.orders.push((row.take()?, row.take()?));
    }
    if let Some(row) = next().first_mut() {
        overview.held = row.take()?;
        overview.items = row.take()?;
        overview.locations = row.take()?;
        overview.channels = row.take()?;
    }
    Ok(overview)
}
