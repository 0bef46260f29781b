//! The sums over the log that a worker keeps: what was ordered and billed, how long stages took, which promises were
//! kept, what sold, what lies where. They end where the worker has come to; see [`progress`].

use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::histogram::Histogram;
use crate::tables::grain;
use crate::value::Row;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::ids::Id;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor, divide_half_even};
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};

/// The name of the worker's cursor.
pub const CURSOR: &str = "stats";

const SECOND: i64 = 1_000_000;

/// A stretch of time in which a zone keeps one distance from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Timestamp,
    /// Before this moment.
    pub to: Timestamp,
    /// Added to UTC, in seconds; a multiple of a quarter of an hour.
    pub offset_s: i64,
}

impl Stretch {
    /// The longest grain that neither cuts the stretch nor its days.
    fn grain(&self) -> i64 {
        let hour = grain::HOUR * SECOND;
        let fits = self.from.0 % hour == 0 && self.to.0 % hour == 0 && self.offset_s % grain::HOUR == 0;
        if fits { grain::HOUR } else { grain::QUARTER }
    }
}

/// What rows are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Quarter,
    /// A day of the zone.
    Day,
}

/// What was ordered and billed in a channel and a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalesRow {
    /// The channel's code.
    pub channel: String,
    pub channel_name: String,
    pub currency: Currency,
    /// When the step began by the clock of the zone, in seconds since 1970.
    pub began_local_s: i64,
    pub orders: i64,
    pub ordered: Minor,
    pub lines: i64,
    pub short_lines: i64,
    pub cancelled: i64,
    pub cancelled_amount: Minor,
    pub revenue: Minor,
}

/// How far the sums reach, and how far the log does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub position: i64,
    pub head: i64,
}

/// The positions of the worker and of the log.
pub async fn progress(store: &dyn Store) -> Result<Progress, ReadError> {
    let mut query = Query::new("SELECT h.position, (SELECT c.position FROM cursors c WHERE c.name = ");
    let place = query.bind(CURSOR);
    query.push(&format!("{place}) FROM log_head h WHERE h.id = 1"));
    let mut rows = query.rows(store).await?;
    let Some(row) = rows.first_mut() else { return Ok(Progress::default()) };
    let (head, position): (i64, Option<i64>) = (row.take()?, row.take()?);
    Ok(Progress { position: position.unwrap_or(0), head })
}

/// What was ordered and billed in the viewer's channels, by channel, currency and step. Stretches follow each other.
pub async fn sales(
    store: &dyn Store,
    viewer: &Viewer,
    stretches: &[Stretch],
    step: Step,
) -> Result<Vec<SalesRow>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let queries = stretches.iter().map(|stretch| {
        let (step_s, grain) = match step {
            Step::Quarter => (grain::QUARTER, grain::QUARTER),
            Step::Day => (grain::DAY, stretch.grain()),
        };
        let mut query = Query::new("SELECT ch.code, ch.name, s.currency, (s.began_at / 1000000 + ");
        let (offset, step) = (query.bind(stretch.offset_s), query.bind(step_s));
        query.push(&format!(
            "{offset}) / {step}, CAST(SUM(s.orders) AS BIGINT), CAST(SUM(s.ordered) AS BIGINT), \
             CAST(SUM(s.lines) AS BIGINT), CAST(SUM(s.short_lines) AS BIGINT), CAST(SUM(s.cancelled) AS BIGINT), \
             CAST(SUM(s.cancelled_amount) AS BIGINT), CAST(SUM(s.revenue) AS BIGINT) \
             FROM stats_sales s JOIN channels ch ON ch.id = s.channel_id WHERE TRUE"
        ));
        within(&mut query, viewer, grain, stretch);
        query.push(" GROUP BY 1, 2, 3, 4 ORDER BY 4, 1, 3");
        (query, step_s)
    });
    let queries: Vec<_> = queries.collect();
    let statements: Vec<_> = queries.iter().map(|(query, _)| query).collect();
    let mut rows = Vec::new();
    for ((_, step_s), found) in queries.iter().zip(Query::together(&statements, store).await?) {
        for mut row in found {
            rows.push(SalesRow {
                channel: row.take()?,
                channel_name: row.take()?,
                currency: row.take()?,
                began_local_s: row.take::<i64>()? * step_s,
                orders: row.take()?,
                ordered: row.take()?,
                lines: row.take()?,
                short_lines: row.take()?,
                cancelled: row.take()?,
                cancelled_amount: row.take()?,
                revenue: row.take()?,
            });
        }
    }
    Ok(rows)
}

fn within(query: &mut Query, viewer: &Viewer, grain: i64, stretch: &Stretch) {
    query.and("s.grain = ?", grain);
    query.and("s.began_at >= ?", stretch.from.0);
    query.and("s.began_at < ?", stretch.to.0);
    query.within("s.channel_id", &viewer.actor().channels, |id| id.0);
}

/// How often things happened in the viewer's channels, by their names such as `hold.applied.fraud`.
pub async fn counts(
    store: &dyn Store,
    viewer: &Viewer,
    stretches: &[Stretch],
) -> Result<BTreeMap<String, i64>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let queries = stretches.iter().map(|stretch| {
        let mut query = Query::new("SELECT s.what, CAST(SUM(s.total) AS BIGINT) FROM stats_counts s WHERE TRUE");
        within(&mut query, viewer, stretch.grain(), stretch);
        query.push(" GROUP BY s.what");
        query
    });
    let queries: Vec<_> = queries.collect();
    let mut counts = BTreeMap::new();
    for mut row in Query::together(&queries.iter().collect::<Vec<_>>(), store).await?.into_iter().flatten() {
        let what = row.take()?;
        *counts.entry(what).or_insert(0) += row.take::<i64>()?;
    }
    Ok(counts)
}

/// How long stages took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    pub total: i64,
    /// All of them together.
    pub seconds: i64,
    pub buckets: Histogram,
}

/// How long stages took that ended on these days (UTC, both included), by stage such as `packed` or `hold.fraud`.
pub async fn times(
    store: &dyn Store,
    viewer: &Viewer,
    from: Date,
    to: Date,
) -> Result<BTreeMap<String, StageTimes>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let sums = Histogram::columns("CAST(SUM(s.?) AS BIGINT)");
    let mut query = Query::new(format!(
        "SELECT s.stage, CAST(SUM(s.total) AS BIGINT), CAST(SUM(s.seconds) AS BIGINT), {sums} FROM stats_times s WHERE TRUE"
    ));
    query.and("s.began_at >= ?", utc(from).0);
    query.and("s.began_at <= ?", utc(to).0);
    query.within("s.channel_id", &viewer.actor().channels, |id| id.0);
    // Stages of no location belong to whoever sees the channel.
    if let Some(seen) = query.contained("s.location_id", &viewer.actor().locations, |id| id.0) {
        let nowhere = query.bind(Id::NIL);
        query.push(&format!(" AND ({seen} OR s.location_id = {nowhere})"));
    }
    query.push(" GROUP BY s.stage");
    let read = |mut row: Row| -> Result<_, StoreError> {
        Ok((row.take()?, StageTimes { total: row.take()?, seconds: row.take()?, buckets: row.take()? }))
    };
    Ok(query.rows(store).await?.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// The beginning of a day (UTC).
fn utc(day: Date) -> Timestamp {
    Timestamp(Timestamp::end_of_day(day).0 + 1 - grain::DAY * SECOND)
}

/// Orders that were wanted by a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promises {
    pub due: i64,
    /// Cancelled before anything was delivered.
    pub cancelled: i64,
    pub on_time: i64,
    pub in_full: i64,
    pub kept: i64,
}

impl Promises {
    /// Those that had to be kept.
    pub fn counted(&self) -> i64 {
        self.due - self.cancelled
    }

    pub fn add(&mut self, other: &Self) {
        self.due += other.due;
        self.cancelled += other.cancelled;
        self.on_time += other.on_time;
        self.in_full += other.in_full;
        self.kept += other.kept;
    }
}

/// What became of the promises of some days (both included), in the viewer's channels.
pub async fn promises(
    store: &dyn Store,
    viewer: &Viewer,
    from: Date,
    to: Date,
) -> Result<BTreeMap<Date, Promises>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let mut query = Query::new(
        "SELECT s.due_on, CAST(SUM(s.due) AS BIGINT), CAST(SUM(s.cancelled) AS BIGINT), \
         CAST(SUM(s.on_time) AS BIGINT), CAST(SUM(s.in_full) AS BIGINT), CAST(SUM(s.kept) AS BIGINT) \
         FROM stats_promises s WHERE TRUE",
    );
    query.and("s.due_on >= ?", from.to_string());
    query.and("s.due_on <= ?", to.to_string());
    query.within("s.channel_id", &viewer.actor().channels, |id| id.0);
    query.push(" GROUP BY s.due_on");
    let read = |mut row: Row| -> Result<_, StoreError> {
        let day = row.take()?;
        let (due, cancelled, on_time, in_full, kept) =
            (row.take()?, row.take()?, row.take()?, row.take()?, row.take()?);
        Ok((day, Promises { due, cancelled, on_time, in_full, kept }))
    };
    Ok(query.rows(store).await?.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// What was ordered of an item, less what was cancelled of it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    pub sku: String,
    pub name: String,
    pub precision: u32,
    /// Those of which something is left.
    pub lines: i64,
    pub units: Quantity,
    pub amount: Minor,
}

/// What was ordered of items in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopItems {
    /// Those with the largest amount, largest first.
    pub rows: Vec<ItemRow>,
    /// Of all items.
    pub lines: i64,
    pub amount: Minor,
}

/// The items of which most was ordered on some days (UTC, both included), in the viewer's channels.
pub async fn items(
    store: &dyn Store,
    viewer: &Viewer,
    (from, to): (Date, Date),
    currency: Currency,
    limit: usize,
) -> Result<TopItems, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    let parts = |query: &mut Query| {
        for (n, (grain, from, to)) in days_and_months(from, to).into_iter().enumerate() {
            query.push(if n > 0 { " UNION ALL " } else { "" });
            query.push("SELECT s.item_id, s.lines, s.units, s.amount FROM stats_items s WHERE TRUE");
            query.and("s.grain = ?", grain);
            query.and("s.began_at >= ?", utc(from).0);
            query.and("s.began_at <= ?", utc(to).0);
            query.and("s.currency = ?", currency.as_str());
            query.within("s.channel_id", &viewer.actor().channels, |id| id.0);
        }
    };
    let mut all = Query::new(
        "SELECT CAST(COALESCE(SUM(x.lines), 0) AS BIGINT), CAST(COALESCE(SUM(x.amount), 0) AS BIGINT) FROM (",
    );
    parts(&mut all);
    all.push(") x");
    let mut top = Query::new(
        "SELECT i.sku, i.name, i.precision, t.lines, t.units, t.amount FROM (SELECT x.item_id, \
         CAST(SUM(x.lines) AS BIGINT) AS lines, CAST(SUM(x.units) AS BIGINT) AS units, \
         CAST(SUM(x.amount) AS BIGINT) AS amount FROM (",
    );
    parts(&mut top);
    top.push(") x GROUP BY x.item_id HAVING SUM(x.lines) > 0");
    top.order_and_limit("amount DESC, x.item_id", limit);
    top.push(") t JOIN items i ON i.id = t.item_id ORDER BY t.amount DESC, i.sku");
    let mut found = Query::together(&[&all, &top], store).await?.into_iter();
    let mut items = TopItems::default();
    if let Some(row) = found.next().unwrap_or_default().first_mut() {
        (items.lines, items.amount) = (row.take()?, row.take()?);
    }
    for mut row in found.next().unwrap_or_default() {
        items.rows.push(ItemRow {
            sku: row.take()?,
            name: row.take()?,
            precision: row.take()?,
            lines: row.take()?,
            units: row.take()?,
            amount: row.take()?,
        });
    }
    Ok(items)
}

/// Days before the first whole month, the whole months, and the days behind them.
fn days_and_months(from: Date, to: Date) -> Vec<(i64, Date, Date)> {
    let first = if from.day() == 1 { Some(from) } else { from.last_of_month().tomorrow().ok() };
    let last = if to == to.last_of_month() { Some(to) } else { to.first_of_month().yesterday().ok() };
    match (first, last) {
        (Some(first), Some(last)) if first <= last => {
            let mut parts = vec![(grain::MONTH, first, last.first_of_month())];
            parts.extend(first.yesterday().ok().filter(|end| *end >= from).map(|end| (grain::DAY, from, end)));
            parts.extend(last.tomorrow().ok().filter(|begin| *begin <= to).map(|begin| (grain::DAY, begin, to)));
            parts
        }
        _ => vec![(grain::DAY, from, to)],
    }
}

/// What lies at a location, by state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRow {
    /// The location's code.
    pub location: String,
    pub location_name: String,
    /// Quantities of different precision are not the same thing.
    pub precision: u32,
    pub account: StockAccount,
    pub quantity: Quantity,
}

/// What lies at the viewer's locations.
pub async fn stock(store: &dyn Store, viewer: &Viewer) -> Result<Vec<StockRow>, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    let mut query = Query::new(
        "SELECT l.code, l.name, s.precision, s.account, s.quantity FROM stats_stock s \
         JOIN locations l ON l.id = s.location_id WHERE s.quantity <> 0",
    );
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    query.push(" ORDER BY l.code, s.precision, s.account");
    let read = |mut row: Row| -> Result<_, StoreError> {
        Ok(StockRow {
            location: row.take()?,
            location_name: row.take()?,
            precision: row.take()?,
            account: row.take()?,
            quantity: row.take()?,
        })
    };
    Ok(query.rows(store).await?.into_iter().map(read).collect::<Result<_, _>>()?)
}

/// What lies at a location, by what its items cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRow {
    /// The location's code.
    pub location: String,
    pub location_name: String,
    pub currency: Currency,
    /// On hand, whatever its state, at the present cost of each item; rounded once for each precision.
    pub value: Minor,
}

/// The value of what is on hand at the viewer's locations, and how many items of it have no cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockValue {
    /// By location and currency.
    pub rows: Vec<ValueRow>,
    pub items_without_cost: i64,
}

/// Everything that a location has but what is on its way to it.
const ON_HAND: &str =
    "(s.available + s.reserved + s.allocated + s.picked + s.packed + s.quality_control + s.damaged + s.quarantined)";

/// What stock is worth. A cost changes without a posting, so no sum is kept: every level is looked at.
pub async fn stock_value(store: &dyn Store, viewer: &Viewer) -> Result<StockValue, ReadError> {
    viewer.must(&[Permission::StockRead])?;
    // A quantity at its precision times millionths does not fit 64 bits; a double has 15 digits, more than a shop has cents.
    // Thousandths do fit.
    let mut query = Query::new(format!(
        "SELECT l.code, l.name, i.precision, i.cost_currency, \
         CAST(ROUND(SUM(CAST({ON_HAND} AS DOUBLE PRECISION) * i.unit_cost / 1000)) AS BIGINT) \
         FROM stock_levels s JOIN items i ON i.id = s.item_id JOIN locations l ON l.id = s.location_id \
         WHERE i.unit_cost IS NOT NULL AND {ON_HAND} > 0"
    ));
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    query.push(" GROUP BY l.code, l.name, i.precision, i.cost_currency ORDER BY l.code, i.cost_currency");
    let mut rows: Vec<ValueRow> = Vec::new();
    for mut row in query.rows(store).await? {
        let (location, location_name): (String, String) = (row.take()?, row.take()?);
        let (precision, currency, thousandths): (u32, Currency, i64) = (row.take()?, row.take()?, row.take()?);
        let scale = 10_i128.pow(3 + precision.min(12));
        let minor = divide_half_even(i128::from(thousandths) * 10_i128.pow(currency.exponent()), scale);
        let value = Minor(i64::try_from(minor).unwrap_or(i64::MAX));
        match rows.last_mut().filter(|last| last.location == location && last.currency == currency) {
            Some(last) => last.value += value,
            None => rows.push(ValueRow { location, location_name, currency, value }),
        }
    }
    let mut query = Query::new(format!(
        "SELECT CAST(COUNT(DISTINCT i.id) AS BIGINT) FROM stock_levels s JOIN items i ON i.id = s.item_id \
         WHERE i.unit_cost IS NULL AND {ON_HAND} > 0"
    ));
    query.within("s.location_id", &viewer.actor().locations, |id| id.0);
    let items_without_cost = query.rows(store).await?.first_mut().map_or(Ok(0), Row::take)?;
    Ok(StockValue { rows, items_without_cost })
}

#[cfg(test)]
mod tests {
    use super::*;
    use waybill_domain::time::Date;

    #[test]
    fn a_range_is_whole_months_and_the_days_around_them() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let parts = |from, to| {
            let written =
                |(grain, from, to)| format!("{} {from} {to}", if grain == grain::DAY { "days" } else { "months" });
            days_and_months(day(from), day(to)).into_iter().map(written).collect::<Vec<_>>()
        };
        assert_eq!(parts("2026-01-01", "2026-12-31"), ["months 2026-01-01 2026-12-01"]);
        assert_eq!(parts("2026-02-03", "2026-02-28"), ["days 2026-02-03 2026-02-28"]);
        assert_eq!(parts("2026-02-03", "2026-03-04"), ["days 2026-02-03 2026-03-04"]);
        assert_eq!(
            parts("2026-01-15", "2026-04-02"),
            ["months 2026-02-01 2026-03-01", "days 2026-01-15 2026-01-31", "days 2026-04-01 2026-04-02"]
        );
    }

    #[test]
    fn sums_of_an_hour_serve_where_days_begin_at_a_full_one() {
        let at = |text: &str| Timestamp::from_rfc3339(text).unwrap();
        let stretch = |from, to, offset_s| Stretch { from: at(from), to: at(to), offset_s }.grain();
        assert_eq!(stretch("2026-11-01T08:00:00Z", "2026-11-02T08:00:00Z", -28_800), grain::HOUR);
        assert_eq!(stretch("2026-10-31T18:30:00Z", "2026-11-01T18:30:00Z", 19_800), grain::QUARTER);
    }
}
