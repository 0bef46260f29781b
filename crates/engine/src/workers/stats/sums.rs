//! What a slice of the log adds to the sums, and the statements that add it.

use std::collections::BTreeMap;
use waybill_domain::ids::{ChannelId, ItemId, LocationId, OrderId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};
use waybill_store::Record;
use waybill_store::histogram::Histogram;
use waybill_store::record::{self, Table};
use waybill_store::tables::{CountSum, ItemSum, OpenPromise, PromiseSum, SalesSum, StockSum, TimeSum, grain};
use waybill_store::value::Value;

pub(super) type Statement = (String, Vec<Value>);

/// Of one channel, currency and moment's part of an hour.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sales {
    pub orders: i64,
    pub ordered: Minor,
    pub lines: i64,
    pub short_lines: i64,
    pub cancelled: i64,
    pub cancelled_amount: Minor,
    pub revenue: Minor,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Promises {
    pub due: i64,
    pub cancelled: i64,
    pub on_time: i64,
    pub in_full: i64,
    pub kept: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    total: i64,
    seconds: i64,
    buckets: Histogram,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Items {
    pub lines: i64,
    pub units: Quantity,
    pub amount: Minor,
}

/// Everything a slice adds. Sorted, so that rows are always written in one order.
#[derive(Debug, Default)]
pub(super) struct Sums {
    sales: BTreeMap<(i64, Timestamp, ChannelId, Currency), Sales>,
    counts: BTreeMap<(i64, Timestamp, String, ChannelId), i64>,
    times: BTreeMap<(Timestamp, String, ChannelId, LocationId), Times>,
    promises: BTreeMap<(Date, ChannelId), Promises>,
    items: BTreeMap<(i64, Timestamp, ItemId, ChannelId, Currency), Items>,
    stock: BTreeMap<(LocationId, u32, StockAccount), Quantity>,
    /// Orders on their way as they are after the slice; None for those that need not be remembered any more.
    pub open: BTreeMap<OrderId, Option<OpenPromise>>,
}

/// The beginning of the grain that a moment lies in.
fn floor(at: Timestamp, grain: i64) -> Timestamp {
    Timestamp(at.0.div_euclid(grain * 1_000_000) * grain * 1_000_000)
}

/// The beginning of a moment's month (UTC).
fn month(at: Timestamp) -> Timestamp {
    let moment = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    let first = moment.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
    let first = first.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp());
    first.map_or(at, |first| Timestamp(first.as_microsecond()))
}

impl Sums {
    pub(super) fn sell(&mut self, at: Timestamp, channel: ChannelId, currency: Currency, what: impl Fn(&mut Sales)) {
        for grain in [grain::QUARTER, grain::HOUR] {
            what(self.sales.entry((grain, floor(at, grain), channel, currency)).or_default());
        }
    }

    pub(super) fn count(&mut self, at: Timestamp, channel: ChannelId, what: &str, times: i64) {
        for grain in [grain::QUARTER, grain::HOUR] {
            *self.counts.entry((grain, floor(at, grain), what.to_owned(), channel)).or_default() += times;
        }
    }

    /// A stage ended `at` a moment that began at another one.
    pub(super) fn time(&mut self, stage: &str, since: Timestamp, at: Timestamp, of: (ChannelId, LocationId)) {
        let times = self.times.entry((floor(at, grain::DAY), stage.to_owned(), of.0, of.1)).or_default();
        let seconds = at.seconds_since(since).max(0);
        times.total += 1;
        times.seconds += seconds;
        times.buckets.count(seconds);
    }

    pub(super) fn promise(&mut self, due_on: Date, channel: ChannelId) -> &mut Promises {
        self.promises.entry((due_on, channel)).or_default()
    }

    pub(super) fn item(
        &mut self,
        at: Timestamp,
        item: ItemId,
        channel: ChannelId,
        currency: Currency,
        what: impl Fn(&mut Items),
    ) {
        for (grain, began_at) in [(grain::DAY, floor(at, grain::DAY)), (grain::MONTH, month(at))] {
            what(self.items.entry((grain, began_at, item, channel, currency)).or_default());
        }
    }

    pub(super) fn stock(&mut self, location: LocationId, precision: u32, account: StockAccount, quantity: Quantity) {
        *self.stock.entry((location, precision, account)).or_default() += quantity;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sales.is_empty()
            && self.counts.is_empty()
            && self.times.is_empty()
            && self.promises.is_empty()
            && self.items.is_empty()
            && self.stock.is_empty()
            && self.open.is_empty()
    }

    /// The statements that add all of it, each only while the cursor stands `from` where the slice began.
    pub(super) fn statements(self, name: &str, from: i64) -> Vec<Statement> {
        let guard = [Value::from(name), Value::Int(from)];
        let mut out = Vec::new();
        for ((grain, began_at, channel_id, currency), sum) in self.sales {
            let Sales { orders, ordered, lines, short_lines, cancelled, cancelled_amount, revenue } = sum;
            let row = SalesSum {
                grain,
                began_at,
                channel_id,
                currency,
                orders,
                ordered,
                lines,
                short_lines,
                cancelled,
                cancelled_amount,
                revenue,
            };
            out.push(add(&row, &guard));
        }
        for ((grain, began_at, what, channel_id), total) in self.counts {
            out.push(add(&CountSum { grain, began_at, what, channel_id, total }, &guard));
        }
        for ((began_at, stage, channel_id, location_id), Times { total, seconds, buckets }) in self.times {
            out.push(add(&TimeSum { began_at, stage, channel_id, location_id, total, seconds, buckets }, &guard));
        }
        for ((due_on, channel_id), Promises { due, cancelled, on_time, in_full, kept }) in self.promises {
            out.push(add(&PromiseSum { due_on, channel_id, due, cancelled, on_time, in_full, kept }, &guard));
        }
        for ((grain, began_at, item_id, channel_id, currency), Items { lines, units, amount }) in self.items {
            out.push(add(&ItemSum { grain, began_at, item_id, channel_id, currency, lines, units, amount }, &guard));
        }
        for ((location_id, precision, account), quantity) in self.stock {
            out.push(add(&StockSum { location_id, precision, account, quantity }, &guard));
        }
        for (order_id, open) in self.open {
            out.push(match open {
                Some(open) => upsert(&open, &guard, |_, column| format!("{column} = excluded.{column}")),
                None => forget(order_id, &guard),
            });
        }
        out
    }
}

/// Adds a row to what is there under its key.
fn add<R: Record>(row: &R, guard: &[Value]) -> Statement {
    upsert(row, guard, |table, column| format!("{column} = {}.{column} + excluded.{column}", table.name))
}

fn upsert<R: Record>(row: &R, guard: &[Value], change: impl Fn(&Table, &str) -> String) -> Statement {
    let table = R::table();
    let mut params = record::values(row);
    let places: Vec<_> = (1..=params.len()).map(|place| format!("${place}")).collect();
    let (name, position) = (params.len() + 1, params.len() + 2);
    params.extend_from_slice(guard);
    let changes: Vec<_> =
        table.columns.iter().filter(|column| !column.fixed).map(|column| change(table, column.name)).collect();
    let sql = format!(
        "INSERT INTO {} ({}) SELECT {} FROM cursors WHERE name = ${name} AND position = ${position} \
         ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        table.column_list(),
        places.join(", "),
        table.key.join(", "),
        changes.join(", ")
    );
    (sql, params)
}

fn forget(order_id: OrderId, guard: &[Value]) -> Statement {
    let sql = "DELETE FROM stats_open_promises WHERE order_id = $1 \
        AND EXISTS (SELECT 1 FROM cursors WHERE name = $2 AND position = $3)";
    (sql.to_owned(), [&[Value::Id(order_id.0)], guard].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_lies_in_its_quarter_its_day_and_its_month() {
        let at = |text: &str| Timestamp::from_rfc3339(text).unwrap();
        let moment = at("2028-02-29T23:59:59.999999Z");
        assert_eq!(floor(moment, grain::QUARTER), at("2028-02-29T23:45:00Z"));
        assert_eq!(floor(moment, grain::DAY), at("2028-02-29T00:00:00Z"));
        assert_eq!(month(moment), at("2028-02-01T00:00:00Z"));
        assert_eq!(floor(Timestamp(-1), grain::HOUR), at("1969-12-31T23:00:00Z"));
    }
}
