//! A store of realistic size, written as bare rows: quick to make, and every table has something in it.
//!
//! Most orders have come to their end, as in any store that has been used for a while; each state on the way there is that
//! of one order in a hundred. The rows follow no rule beyond the tables' own checks.

use crate::backend::{Store, WriteMode};
use crate::error::StoreError;
use crate::raw_rows::{RawRow, table, write};
use crate::tables::grain;
use crate::value::{ColumnKind, Value};
use waybill_domain::customer::note::CustomerNoteAdded;
use waybill_domain::event::Event;
use waybill_domain::ids::*;
use waybill_domain::order::OrderNumber;
use waybill_domain::order::events::{NoteAdded, OrderCancelled};
use waybill_domain::time::{Date, Timestamp};

/// Microseconds since 1970 at which the first order was placed; one more a second.
const BEGAN: i64 = 1_800_000_000_000_000;
const CHANNELS: i64 = 3;
const LOCATIONS: i64 = 4;
const KEYS: i64 = 3;
const ENDPOINTS: i64 = 40;
const USERS: i64 = 30;
/// Events, stock postings and receipts begin behind this position, so that they can be counted by order.
const EVENTS: i64 = 4;
/// Words of every order and every customer.
const WORDS: i64 = 4;
/// Orders written in one transaction.
const BATCH: i64 = 1_000;

/// What there is to ask for in a store that was filled. Everything named belongs together.
#[derive(Clone, Debug)]
pub struct Sample {
    pub channel_id: ChannelId,
    pub location_id: LocationId,
    pub order_id: OrderId,
    pub order_number: OrderNumber,
    pub external_ref: String,
    pub tracking_number: String,
    pub fulfillment_order_id: FulfillmentOrderId,
    pub reservation_id: ReservationId,
    pub transfer_id: TransferId,
    pub document_id: StockDocumentId,
    pub endpoint_id: WebhookEndpointId,
    pub sku: String,
    /// An order that is being picked.
    pub wanted_number: OrderNumber,
    /// An item that waits to be picked somewhere, and for stock elsewhere.
    pub wanted_sku: String,
    /// Of an item that customers wait for.
    pub backordered_sku: String,
    pub wanted_gtin: String,
    pub channel: String,
    pub location: String,
    pub customer: String,
    pub email: String,
    /// Of a key, a user's email, a session and a link alike.
    pub secret_hash: [u8; 32],
    pub key_id: ApiKeyId,
    pub user_id: UserId,
    /// A user who did something to the order.
    pub actor_id: UserId,
    /// Between the first order and the last.
    pub placed_at: Timestamp,
    /// A channel and a location of which nothing here knows.
    pub foreign_channel: ChannelId,
    pub foreign_location: LocationId,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Held,
    Backordered,
    ToRelease,
    ToCapture,
    ToComplete,
    Reserved,
    Authorized,
    AtWork,
    Asking,
    Returned,
    Done,
}

const fn stage(order: i64) -> Stage {
    match order % 100 {
        0 => Stage::Held,
        1 => Stage::Backordered,
        2 => Stage::ToRelease,
        3 => Stage::ToCapture,
        4 => Stage::ToComplete,
        5 => Stage::Reserved,
        6 => Stage::Authorized,
        8 => Stage::Asking,
        9 => Stage::Returned,
        13 => Stage::AtWork,
        _ => Stage::Done,
    }
}

/// Fills a new, migrated store with `orders` (2,000 at least) and what they stand on.
///
/// # Errors
/// What the store answers.
pub async fn fill(store: &dyn Store, orders: i64) -> Result<Sample, StoreError> {
    let mut writer = store.writer().await?;
    let parties = orders / 10;
    let each = |name: &str, count: i64| (0..count).map(|n| row(name, n, 0)).collect::<Vec<_>>();
    let catalog = [
        each("channels", CHANNELS),
        each("locations", LOCATIONS),
        each("items", items(orders)),
        each("customers", parties),
        (0..parties * WORDS).map(|n| row("customer_words", n / WORDS, n % WORDS)).collect(),
        each("api_keys", KEYS),
        each("webhook_endpoints", ENDPOINTS),
        each("users", USERS),
        each("preferences", USERS),
        each("unread_mentions", orders / 10),
        each("waiting_messages", orders / 100),
        each("sessions", orders / 4),
        each("sign_in_links", orders / 4),
        each("totp_uses", USERS),
        each("failed_sign_ins", orders),
        each("webhook_replays", ENDPOINTS),
        each("webhook_cursors", ENDPOINTS),
        each("webhook_retries", orders / 4),
        each("webhook_attempts", orders),
        (0..items(orders) * LOCATIONS).map(|n| row("stock_levels", n / LOCATIONS, n % LOCATIONS)).collect(),
        each("stock_documents", parties),
        each("reservations", parties),
        each("transfers", parties),
        each("transfer_lines", parties),
        each("stats_sales", orders),
        each("stats_counts", orders),
        each("stats_times", parties),
        each("stats_promises", parties),
        each("stats_open_promises", parties),
        each("stats_items", orders),
        each("stats_stock", LOCATIONS),
    ];
    writer.begin().await?;
    writer.commit(&catalog.iter().map(|rows| write(WriteMode::Insert, rows)).collect::<Vec<_>>()).await?;

    for first in (0..orders).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let batch = first..(first + BATCH).min(orders);
        let of = |name: &'static str, count: i64, has: fn(Stage) -> bool| -> Vec<RawRow> {
            let orders = batch.clone().filter(|order| has(stage(*order)));
            orders.flat_map(|order| (1..=count).map(move |number| row(name, order, number))).collect()
        };
        let all = |_| true;
        let left = |stage| matches!(stage, Stage::ToCapture | Stage::ToComplete | Stage::Returned | Stage::Done);
        let released = |stage| {
            matches!(stage, Stage::AtWork | Stage::ToCapture | Stage::ToComplete | Stage::Returned | Stage::Done)
        };
        let rows = [
            of("parties", 1, all),
            of("addresses", 1, all),
            of("texts", 1, all),
            of("orders", 1, all),
            of("order_words", WORDS, all),
            of("order_lines", 2, all),
            of("order_charges", 1, all),
            of("allocations", 2, |stage| stage != Stage::Backordered),
            of("holds", 1, |stage| stage == Stage::Held),
            of("payments", 1, all),
            of("payment_transactions", 1, all),
            of("refunds", 1, |stage| stage == Stage::Returned),
            of("fulfillment_orders", 1, released),
            of("parcels", 1, released),
            of("parcel_lines", 1, released),
            of("shipments", 1, left),
            of("tracking_events", 1, left),
            of("returns", 1, |stage| stage == Stage::Returned),
            of("return_lines", 1, |stage| stage == Stage::Returned),
            of("events", EVENTS, all),
            of("stock_postings", 2, all),
            of("money_postings", 1, all),
            of("receipts_0", 1, all),
        ];
        writer.begin().await?;
        writer.take_positions(&[], EVENTS * i64::try_from(batch.clone().count()).unwrap_or_default()).await?;
        let writes = rows.iter().filter(|rows| !rows.is_empty()).map(|rows| write(WriteMode::Insert, rows));
        writer.commit(&writes.collect::<Vec<_>>()).await?;
    }
    Ok(sample(orders))
}

const fn items(orders: i64) -> i64 {
    orders / 10
}

/// The first day of the sums.
pub fn sums_from() -> Timestamp {
    Timestamp(BEGAN / 86_400_000_000 * 86_400_000_000)
}

/// The n-th day of the sums.
pub fn sums_day(n: i64) -> Date {
    let first = jiff::Timestamp::from_microsecond(sums_from().0).unwrap_or_default();
    let first = first.to_zoned(jiff::tz::TimeZone::UTC).date();
    first.saturating_add(jiff::Span::new().days(n))
}

/// What there is to ask for when a store is filled with that many orders. The order that came back is the one with
/// something in every table.
pub fn sample(orders: i64) -> Sample {
    let order = orders / 100 * 100 - 91;
    Sample {
        channel_id: ChannelId(id(Kind::Channel, order % CHANNELS)),
        location_id: LocationId(id(Kind::Location, order % LOCATIONS)),
        order_id: OrderId(id(Kind::Order, order)),
        order_number: OrderNumber(order),
        external_ref: format!("ref-{order}"),
        tracking_number: format!("track-{order}"),
        // At the same location, and still to be done.
        fulfillment_order_id: FulfillmentOrderId::new(OrderId(id(Kind::Order, at_work(order))), 1),
        reservation_id: ReservationId(id(Kind::Reservation, order % 60)),
        transfer_id: TransferId(id(Kind::Transfer, order % 60)),
        document_id: StockDocumentId(id(Kind::Document, order % LOCATIONS)),
        endpoint_id: WebhookEndpointId(id(Kind::Endpoint, order % ENDPOINTS)),
        sku: format!("SKU-{:06}", item_of(order, 1)),
        wanted_number: OrderNumber(at_work(order)),
        wanted_sku: format!("SKU-{:06}", item_of(at_work(order), 1)),
        // Every hundredth order waits, from the first on.
        backordered_sku: format!("SKU-{:06}", item_of(1, 1)),
        wanted_gtin: gtin(item_of(at_work(order), 1)),
        channel: format!("channel-{}", order % CHANNELS),
        location: format!("L{}", order % LOCATIONS),
        customer: format!("customer-{}", order / 10),
        email: format!("{}@example.org", order / 10),
        secret_hash: secret_hash(1),
        key_id: ApiKeyId(id(Kind::Key, 1)),
        user_id: UserId(id(Kind::User, 1)),
        actor_id: UserId(id(Kind::User, order % USERS)),
        placed_at: Timestamp(BEGAN + orders / 2 * 1_000_000),
        foreign_channel: ChannelId(id(Kind::Channel, 1_000)),
        foreign_location: LocationId(id(Kind::Location, 1_000)),
    }
}

/// An order near another one, at the same location and of the same channel, whose goods are being picked.
fn at_work(order: i64) -> i64 {
    let same = |other: &i64| {
        stage(*other) == Stage::AtWork && (order - other) % LOCATIONS == 0 && (order - other) % CHANNELS == 0
    };
    (0..order).rev().find(same).unwrap_or(13)
}

/// Whether the last event beside an order is a note about the customer of that number; else it is one of stock.
const fn is_about_a_customer(n: i64) -> bool {
    n % 10 == 0
}

fn gtin(item: i64) -> String {
    format!("{item:013}")
}

/// Two items an order, out of the ten that sell.
const fn item_of(order: i64, line: i64) -> i64 {
    (order + 2 * line) % 10
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Channel = 1,
    Location,
    Item,
    Customer,
    Order,
    Party,
    Address,
    Text,
    Event,
    Reservation,
    Transfer,
    Document,
    Key,
    Endpoint,
    Attempt,
    User,
    Session,
}

fn id(kind: Kind, n: i64) -> Id {
    let at = (BEGAN / 1_000 + n * 1_000).unsigned_abs();
    Id::v7(at, (kind as u128) << 64 | u128::from(n.unsigned_abs()))
}

/// The `number`-th row of thing `n` in some table; things are orders unless the table has others.
fn row(name: &str, n: i64, number: i64) -> RawRow {
    let table = table(name);
    let stage = stage(n);
    let at = BEGAN + n * 1_000_000;
    let text = |text: String| Value::from(text);
    let only = |is: bool, value: Value| if is { value } else { Value::Null };
    let ended = matches!(stage, Stage::Done | Stage::Returned);
    let waiting = matches!(stage, Stage::Held | Stage::Reserved | Stage::Asking);
    let released = matches!(stage, Stage::AtWork | Stage::ToCapture | Stage::ToComplete) || ended;
    // One of two lines waits in its place, the other is in a box.
    let to_pick = stage == Stage::AtWork && number == 2;
    let location = Value::Id(id(Kind::Location, n % LOCATIONS));
    let values = table.columns.iter().map(|column| match (name, column.name) {
        ("channels", "id") => Value::Id(id(Kind::Channel, n)),
        ("channels", "code") => text(format!("channel-{n}")),
        ("channels", "auto_release") => (n == 2).into(),
        ("locations", "id") => Value::Id(id(Kind::Location, n)),
        ("locations", "code") => text(format!("L{n}")),
        ("items", "id") => Value::Id(id(Kind::Item, n)),
        ("items", "sku") => text(format!("SKU-{n:06}")),
        ("items", "gtin") => text(gtin(n)),
        ("items", "supply") | ("order_lines", "supply") => "stock".into(),
        ("customers", "id") => Value::Id(id(Kind::Customer, n)),
        ("customers", "code") => text(format!("customer-{n}")),
        ("customers", "party_id") | ("parties", "id") | ("orders", "party_id") => Value::Id(id(Kind::Party, n)),
        ("customers", "tier") => if n % 50 == 9 { "gold" } else { "standard" }.into(),
        ("customer_words", "customer_id") => Value::Id(id(Kind::Customer, n)),
        (_, "word") => text(match number % WORDS {
            // One that is rare, one that is common, one that all have, and one of which there are many much like it.
            0 => format!("{n}@example.org"),
            1 => format!("sku-{:06}", item_of(n, 1)),
            2 => "everybody".to_owned(),
            _ => format!("name{}", n % 500),
        }),
        ("parties", "email") => text(format!("{n}@example.org")),
        ("api_keys", "id") => Value::Id(id(Kind::Key, n)),
        ("api_keys", "secret_hash")
        | ("users", "email_digest" | "identity_digest")
        | ("sessions" | "sign_in_links", "token_hash") => Value::Bytes(secret_hash(n).to_vec()),
        ("users", "id") => Value::Id(id(Kind::User, n)),
        (_, "user_id") => Value::Id(id(Kind::User, n % USERS)),
        ("users", "party_id") => Value::Id(id(Kind::Party, n)),
        ("users", "role") => if n == 0 { "owner" } else { "order_desk" }.into(),
        ("users", "state") => "active".into(),
        ("preferences", "principal") => "system:someone".into(),
        ("preferences", "name") => text(format!("orders.{n}")),
        ("sessions", "began_by") => "password".into(),
        ("sessions", "id") => Value::Id(id(Kind::Session, n)),
        ("sign_in_links", "purpose") => "password".into(),
        ("failed_sign_ins", "hour") => (at - at.rem_euclid(3_600_000_000)).into(),
        ("failed_sign_ins", "wrong") => "password".into(),
        ("failed_sign_ins", "address") => text(format!("192.0.2.{n}")),
        ("parties", "name") => text(format!("person {n}")),
        ("api_keys", "permissions") => "orders.read".into(),
        ("api_keys" | "users", "channels" | "locations") => r#""all""#.into(),
        ("stats_sales" | "stats_counts", "grain") => grain::QUARTER.into(),
        ("stats_items", "grain") => grain::DAY.into(),
        ("stats_sales" | "stats_counts", "began_at") => (BEGAN + n * grain::QUARTER * 1_000_000).into(),
        ("stats_items", "began_at") => (sums_from().0 + n / 200 * grain::DAY * 1_000_000).into(),
        ("stats_times", "began_at") => (sums_from().0 + n * grain::DAY * 1_000_000).into(),
        ("stats_items", "item_id") => Value::Id(id(Kind::Item, n % 200)),
        ("stats_promises", "due_on") => text(sums_day(n).to_string()),
        ("stats_open_promises", "due_on") => "2027-05-01".into(),
        ("stats_stock", "account") => "available".into(),
        (
            "stats_sales" | "stats_counts" | "stats_times" | "stats_promises" | "stats_items" | "stats_open_promises",
            "channel_id",
        ) => Value::Id(id(Kind::Channel, n % CHANNELS)),
        ("stats_sales", "orders") | ("stats_counts" | "stats_times", "total") | ("stats_promises", "due") => 1.into(),
        ("stats_items", "lines" | "amount") => 1.into(),
        ("webhook_endpoints", "id") => Value::Id(id(Kind::Endpoint, n)),
        (_, "endpoint_id") => Value::Id(id(Kind::Endpoint, n % ENDPOINTS)),
        ("webhook_endpoints", "origins") => "live".into(),
        ("webhook_endpoints", "state") => if n % 10 == 3 { "disabled" } else { "enabled" }.into(),
        ("webhook_replays", "number") => 1.into(),
        ("webhook_retries" | "webhook_attempts", "position") => position(n, 1).into(),
        ("unread_mentions" | "waiting_messages", "position") => position(n, 2).into(),
        ("waiting_messages", "since") => at.into(),
        ("webhook_retries", "due_at") => at.into(),
        ("webhook_attempts", "id") => Value::Id(id(Kind::Attempt, n)),
        ("webhook_attempts", "outcome") => "delivered".into(),
        ("addresses", "id") | ("orders", "ship_to") => Value::Id(id(Kind::Address, n)),
        ("texts", "id") | ("orders", "instructions") => Value::Id(id(Kind::Text, n)),

        ("stock_levels", "item_id") => Value::Id(id(Kind::Item, n)),
        ("stock_levels", "location_id") => Value::Id(id(Kind::Location, number)),
        ("stock_levels", "available") => (100 - n % 10 * 10).into(),
        // The level points to a posting of an early order, and that one to those before it.
        ("stock_levels", "last_position") => {
            let last = (180..200).find(|order| item_of(*order, 1) == n && order % LOCATIONS == number);
            last.map_or(0, |order| position(order, 1)).into()
        }
        ("stock_levels", "last_number") => 1.into(),
        ("stock_documents", "id") => Value::Id(id(Kind::Document, n)),
        ("stock_documents", "kind") => "receipt".into(),
        ("reservations", "id") => Value::Id(id(Kind::Reservation, n)),
        ("reservations", "channel_id") => Value::Id(id(Kind::Channel, n % CHANNELS)),
        ("reservations", "item_id") => Value::Id(id(Kind::Item, item_of(n, 1))),
        ("reservations", "state") => if n < 60 { "active" } else { "released" }.into(),
        ("transfers", "id") | ("transfer_lines", "transfer_id") => Value::Id(id(Kind::Transfer, n)),
        ("transfers", "from_location_id") => location.clone(),
        ("transfers", "to_location_id") => Value::Id(id(Kind::Location, (n + 1) % LOCATIONS)),
        ("transfers", "state") => if n < 60 { "open" } else { "done" }.into(),

        ("orders", "id") | (_, "order_id" | "holder_id") => Value::Id(id(Kind::Order, n)),
        ("orders", "number") => n.into(),
        ("orders", "channel_id") => Value::Id(id(Kind::Channel, n % CHANNELS)),
        ("orders", "external_ref") => text(format!("ref-{n}")),
        ("orders", "customer_id") => only(n % 2 == 1, Value::Id(id(Kind::Customer, n / 10))),
        ("orders", "requested_by") | ("order_lines", "expected_on") => "2027-05-01".into(),
        ("orders", "origin") | ("events", "origin") => if n % 200 == 11 { "import" } else { "live" }.into(),
        ("orders" | "fulfillment_orders", "priority") => (n / 60).into(),
        ("orders", "placed_at") => at.into(),
        ("orders", "lifecycle") => match stage {
            Stage::Held | Stage::Reserved | Stage::Asking => "placed",
            _ if ended => {
                if n % 13 == 0 {
                    "cancelled"
                } else {
                    "completed"
                }
            }
            _ => "confirmed",
        }
        .into(),
        ("orders", "payment_status") => match stage {
            Stage::Held => "failed",
            Stage::Asking => "unknown",
            Stage::Returned => "refunded",
            _ if ended => "paid",
            _ => "authorized",
        }
        .into(),
        ("orders", "fulfillment_status") => match stage {
            Stage::Backordered => "backordered",
            Stage::AtWork => "in_progress",
            _ if released => "fulfilled",
            _ => "unfulfilled",
        }
        .into(),
        ("orders", "delivery_status") => if n % 500 == 10 {
            "exception"
        } else if ended {
            "delivered"
        } else {
            "none"
        }
        .into(),
        ("orders", "return_status") => if stage == Stage::Returned { "returned" } else { "none" }.into(),
        ("orders", "holds_active") => i64::from(stage == Stage::Held).into(),
        ("orders", "hold_due_at") => only(stage == Stage::Held, at.into()),
        ("orders", "reserved_until") => only(stage == Stage::Reserved, at.into()),
        ("orders", "authorization_due_at") => only(stage == Stage::Authorized, at.into()),
        ("orders", "to_fill") => (stage == Stage::Backordered).into(),
        ("orders", "to_release") => (stage == Stage::ToRelease).into(),
        ("orders", "to_capture") => (stage == Stage::ToCapture).into(),
        ("orders", "to_complete") => (stage == Stage::ToComplete).into(),
        ("orders", "ended_at") => only(ended, at.into()),
        ("orders", "confirmed_at") => only(!waiting, at.into()),
        ("orders", "refunded") => i64::from(stage == Stage::Returned).into(),

        (_, "item_id") => Value::Id(id(Kind::Item, item_of(n, number))),
        ("order_lines" | "order_charges", "number") => number.into(),
        ("order_lines", "sku") => text(format!("SKU-{:06}", item_of(n, number))),
        ("order_lines", "ordered" | "unit_price" | "total") => 1.into(),
        ("order_lines", "note") => only(n % 4 == 1, Value::Id(id(Kind::Text, n))),
        ("order_lines", "backordered") => i64::from(stage == Stage::Backordered).into(),
        ("order_lines", "backordered_at") => only(stage == Stage::Backordered, at.into()),
        ("order_lines", "allocated") => i64::from(stage != Stage::Backordered && (!released || to_pick)).into(),
        ("order_lines", "picked") => i64::from(stage == Stage::AtWork && !to_pick).into(),
        ("order_lines", "shipped") => i64::from(released && stage != Stage::AtWork).into(),
        ("order_charges", "kind") => "shipping".into(),
        ("allocations", "number" | "line") => number.into(),
        ("allocations", "fulfillment_order") => i64::from(released).into(),
        ("allocations", "allocated") => i64::from(!released || to_pick).into(),
        ("allocations", "picked") => i64::from(stage == Stage::AtWork && !to_pick).into(),
        ("allocations", "shipped") => i64::from(released && stage != Stage::AtWork).into(),
        ("holds", "kind") => "fraud".into(),
        ("holds", "state") => "active".into(),
        ("holds", "owner") => {
            // Every hundredth order is held; every second of them by somebody, a third of them without an end.
            only(n / 100 % 2 == 0, "review".into())
        }
        ("holds", "due_at") => only(n / 100 % 3 != 0, at.into()),
        ("holds", "steps") => 1.into(),
        ("holds", "note") | ("payments", "token") => Value::Id(id(Kind::Text, n)),
        ("payments", "method") => "card".into(),
        ("payments", "state") => if waiting { "pending" } else { "succeeded" }.into(),
        ("payments", "gateway") => "simulator".into(),
        ("payments", "authorized") => 2.into(),
        ("payments", "received" | "refunded") => 1.into(),
        ("payments", "expires_at" | "renew_at") => at.into(),
        ("payment_transactions", "kind") => "authorize".into(),
        ("payment_transactions", "state") => if stage == Stage::Asking { "unknown" } else { "succeeded" }.into(),
        ("payment_transactions", "refund") => 0.into(),
        ("refunds", "state") => "succeeded".into(),
        ("fulfillment_orders", "state") => if stage == Stage::AtWork { "in_progress" } else { "closed" }.into(),
        // Every second of those at work is somebody's; what is done keeps whose it was.
        ("fulfillment_orders", "assignee") => only(n / 100 % 2 == 0, "review".into()),
        ("parcels", "tracking_number") => only(stage != Stage::AtWork, text(format!("track-{n}"))),
        ("parcels", "state") => if stage == Stage::AtWork { "packed" } else { "delivered" }.into(),
        ("parcels", "ended_at") => only(stage != Stage::AtWork, at.into()),
        ("tracking_events", "status") => "delivered".into(),
        ("tracking_events", "digest") => Value::Id(Id::NIL),
        ("return_lines", "state") => "available".into(),
        (_, "shipment" | "fulfillment_order" | "parcel" | "payment" | "line" | "return_number") => 1.into(),

        ("events", "position") => position(n, number).into(),
        ("events", "id") => Value::Id(id(Kind::Event, position(n, number))),
        ("events", "aggregate_kind") => match number {
            EVENTS if is_about_a_customer(n) => "customer",
            EVENTS => "stock_document",
            _ => "order",
        }
        .into(),
        ("events", "aggregate_id") => Value::Id(match number {
            // An event of stock, or about a customer, for every order; the first belong to what is there.
            EVENTS if is_about_a_customer(n) => id(Kind::Customer, n),
            EVENTS => id(Kind::Document, n),
            _ => id(Kind::Order, n),
        }),
        ("events", "sequence") => if number == EVENTS { 1 } else { number }.into(),
        ("orders", "sequence") => (EVENTS - 1).into(),
        ("events", "kind") => match number {
            2 => "order.note_added",
            EVENTS if is_about_a_customer(n) => "customer.note_added",
            _ => "order.cancelled",
        }
        .into(),
        ("events", "actor") => match n % 50 {
            9 => text(UserId(id(Kind::User, n % USERS)).to_string()),
            10 => text(ApiKeyId(id(Kind::Key, n % KEYS)).to_string()),
            _ => "system:someone".into(),
        },
        ("events", "payload") => {
            let order = OrderId(id(Kind::Order, n));
            if number == 2 {
                let mentions = vec![UserId(id(Kind::User, n % USERS))];
                let note = NoteAdded { order, note: TextId(id(Kind::Text, n)), mentions, at: Timestamp(at) };
                return text(Event::NoteAdded(note).encode());
            }
            if number == EVENTS && is_about_a_customer(n) {
                let (customer, note) = (CustomerId(id(Kind::Customer, n)), TextId(id(Kind::Text, n)));
                let added = CustomerNoteAdded { customer, note, mentions: Vec::new(), at: Timestamp(at) };
                return text(Event::CustomerNoteAdded(added).encode());
            }
            text(Event::OrderCancelled(OrderCancelled { order, reason: "customer".into(), at: Timestamp(at) }).encode())
        }
        ("events", "version") => 1.into(),
        ("stock_postings", "position") => position(n, 1).into(),
        ("stock_postings", "from_account") => "available".into(),
        ("stock_postings", "to_account") => "allocated".into(),
        ("stock_postings", "number") => number.into(),
        ("stock_postings", "previous_position") => if n < 20 { 0 } else { position(n - 20, 1) }.into(),
        ("stock_postings", "previous_number") => 1.into(),
        ("money_postings", "position") => position(n, 2).into(),
        ("money_postings", "amount") | (_, "quantity") => 1.into(),
        ("receipts_0", "key" | "body_hash") => {
            Value::Id(Id((n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)))
        }
        (_, "location_id") => location.clone(),
        (_, "lot_id") => Value::Id(Id::NIL),
        (_, "number") => 1.into(),
        (_, "currency") => "EUR".into(),
        (_, "country") => "IE".into(),
        (_, "zone") => "Europe/Dublin".into(),
        (_, "expires_at" | "sent_at" | "happened_at" | "recorded_at" | "requested_at") => at.into(),
        _ if column.nullable => Value::Null,
        _ => match column.kind {
            ColumnKind::Int => 0.into(),
            ColumnKind::Bool => false.into(),
            ColumnKind::Text => "some words".into(),
            ColumnKind::Id => Value::Id(Id::NIL),
            ColumnKind::Bytes => Value::Bytes(vec![7; 32]),
        },
    });
    RawRow { table, values: values.collect() }
}

/// Of the `n`-th thing that has one.
fn secret_hash(n: i64) -> [u8; 32] {
    waybill_domain::chain::digest(&n.to_be_bytes())
}

const fn position(order: i64, number: i64) -> i64 {
    order * EVENTS + number
}
