//! Sums over the log, kept by the worker that follows it: rows are added up in place and never decided upon.
//!
//! `grain` is how many seconds one row is about, and `began_at` when they began (UTC): quarters of an hour, because every
//! time zone's days begin at one, and longer ones of the same for long ranges.

use crate::histogram::Histogram;
use crate::record;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};

/// The grains of sums, in seconds.
pub mod grain {
    pub const QUARTER: i64 = 900;
    pub const HOUR: i64 = 3_600;
    /// A day (UTC).
    pub const DAY: i64 = 86_400;
    /// A month of the calendar (UTC), as 30 days.
    pub const MONTH: i64 = 2_592_000;
}

/// What was ordered in a channel and a currency, by when it was placed; and what was billed, by when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalesSum {
    /// [`grain::QUARTER`] or [`grain::HOUR`].
    pub grain: i64,
    pub began_at: Timestamp,
    pub channel_id: ChannelId,
    pub currency: Currency,
    /// Placed then.
    pub orders: i64,
    /// What they cost as placed, with tax, and charges added since.
    pub ordered: Minor,
    pub lines: i64,
    /// Lines of those orders that were backordered at least once.
    pub short_lines: i64,
    /// Those orders that were cancelled as a whole since.
    pub cancelled: i64,
    /// The part of `ordered` that they were.
    pub cancelled_amount: Minor,
    /// Billed then less credited then, without tax: goods less discounts, postage and fees.
    pub revenue: Minor,
}

record!(
    SalesSum, "stats_sales", key: ["grain", "began_at", "channel_id", "currency"],
    fixed: { grain, began_at, channel_id, currency },
    fields: { orders, ordered, lines, short_lines, cancelled, cancelled_amount, revenue }
);

/// How often something happened in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountSum {
    /// [`grain::QUARTER`] or [`grain::HOUR`].
    pub grain: i64,
    pub began_at: Timestamp,
    /// Such as `hold.applied.fraud`.
    pub what: String,
    pub channel_id: ChannelId,
    pub total: i64,
}

record!(
    CountSum, "stats_counts", key: ["grain", "began_at", "what", "channel_id"],
    fixed: { grain, began_at, what, channel_id }, fields: { total }
);

/// How long a stage took, for those that ended on a day (UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSum {
    pub began_at: Timestamp,
    /// Such as `packed`, the stage that ends with it.
    pub stage: String,
    pub channel_id: ChannelId,
    /// Nil where a stage belongs to no location.
    pub location_id: LocationId,
    pub total: i64,
    /// All of them together.
    pub seconds: i64,
    pub buckets: Histogram,
}

record!(
    TimeSum, "stats_times", key: ["began_at", "stage", "channel_id", "location_id"],
    fixed: { began_at, stage, channel_id, location_id }, fields: { total, seconds, buckets }
);

/// Orders by the day they were wanted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromiseSum {
    pub due_on: Date,
    pub channel_id: ChannelId,
    /// Wanted by that day.
    pub due: i64,
    /// Of them, cancelled before anything was delivered.
    pub cancelled: i64,
    /// Delivered, all that was not cancelled, by that day.
    pub on_time: i64,
    /// Delivered with nothing cancelled, on whatever day.
    pub in_full: i64,
    /// Both.
    pub kept: i64,
}

record!(
    PromiseSum, "stats_promises", key: ["due_on", "channel_id"],
    fixed: { due_on, channel_id }, fields: { due, cancelled, on_time, in_full, kept }
);

/// What the worker remembers of an order that is wanted by a day and still on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPromise {
    pub order_id: OrderId,
    pub channel_id: ChannelId,
    pub due_on: Date,
    /// Units neither delivered nor cancelled.
    pub outstanding: i64,
    pub delivered: i64,
    /// Something was cancelled.
    pub is_cut: bool,
    /// Something came after the day.
    pub is_late: bool,
}

record!(
    OpenPromise, "stats_open_promises", key: ["order_id"],
    fixed: { order_id, channel_id, due_on }, fields: { outstanding, delivered, is_cut, is_late }
);

/// What was ordered of an item, by when it was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSum {
    /// [`grain::DAY`] or [`grain::MONTH`].
    pub grain: i64,
    pub began_at: Timestamp,
    pub item_id: ItemId,
    pub channel_id: ChannelId,
    pub currency: Currency,
    pub lines: i64,
    pub units: Quantity,
    /// Goods after discounts, without tax.
    pub amount: Minor,
}

record!(
    ItemSum, "stats_items", key: ["grain", "began_at", "item_id", "channel_id", "currency"],
    fixed: { grain, began_at, item_id, channel_id, currency }, fields: { lines, units, amount }
);

/// What lies at a location now, in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockSum {
    pub location_id: LocationId,
    /// Of the items; quantities of different precision are not the same thing.
    pub precision: u32,
    pub account: StockAccount,
    pub quantity: Quantity,
}

record!(
    StockSum, "stats_stock", key: ["location_id", "precision", "account"],
    fixed: { location_id, precision, account }, fields: { quantity }
);
