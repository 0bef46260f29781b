//! The store at a glance, for operators.

use super::query::Query;
use super::{ReadError, Viewer, mentions};
use crate::backend::Store;
use waybill_domain::actor::Permission;

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

/// Whoever counts stops here: a person reads "1,000+".
const COUNTED_MAX: i64 = 1_001;

/// What waits for people, for whoever navigates. Each count stops at 1,001.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Badges {
    /// The log's latest position.
    pub position: i64,
    /// Orders with an active hold.
    pub held: i64,
    /// Fulfillment orders nobody has begun.
    pub to_pick: i64,
    /// Fulfillment orders under way.
    pub in_progress: i64,
    /// Notes that name the viewer and were not read.
    pub mentions: i64,
}

/// What waits in the viewer's channels and at the viewer's locations; nothing for those who may not look at it.
pub async fn badges(store: &dyn Store, viewer: &Viewer) -> Result<Badges, ReadError> {
    let head = Query::new("SELECT position FROM log_head WHERE id = 1");
    let mut held = Query::new("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM orders o WHERE o.holds_active > 0");
    held.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let work = |state: &str| {
        let mut work = Query::new(format!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM fulfillment_orders f \
             JOIN orders o ON o.id = f.order_id WHERE f.state IN ('open', 'in_progress') AND f.state = '{state}'"
        ));
        work.within("f.location_id", &viewer.actor().locations, |id| id.0);
        work.within("o.channel_id", &viewer.actor().channels, |id| id.0);
        work
    };
    let (mut open, mut begun) = (work("open"), work("in_progress"));
    let nobody = || Query::new("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 WHERE FALSE");
    let mut named = mentions::naming(viewer, "1").map_or_else(nobody, |mut query| {
        query.wrap("SELECT CAST(COUNT(*) AS BIGINT) FROM (");
        query
    });
    for counted in [&mut held, &mut open, &mut begun, &mut named] {
        let place = counted.bind(COUNTED_MAX);
        counted.push(&format!(" LIMIT {place}) counted"));
    }
    let found = Query::together(&[&head, &held, &open, &begun, &named], store).await?;
    let mut counts = [0_i64; 5];
    for (count, mut rows) in counts.iter_mut().zip(found) {
        *count = rows.first_mut().map_or(Ok(0), |row| row.take())?;
    }
    let [position, held, to_pick, in_progress, mentions] = counts;
    let orders = viewer.may(Permission::OrdersRead);
    let floor = orders || viewer.may(Permission::FulfillmentWrite);
    let seen = |may: bool, count: i64| if may { count } else { 0 };
    Ok(Badges {
        position,
        held: seen(orders, held),
        to_pick: seen(floor, to_pick),
        in_progress: seen(floor, in_progress),
        mentions,
    })
}
