//! The description of every table: the records of the domain, the log, and the store's own affairs.

use crate::error::StoreError;
use crate::record;
use crate::record::{Record, Table};
use crate::value::{Column, ColumnKind, Row, Sink};
use crate::{code_columns, value};
use waybill_domain::actor::Permission;
use waybill_domain::attempt::Origin;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::{Item, Supply};
use waybill_domain::catalog::location::Location;
use waybill_domain::customer::{Customer, Tier};
use waybill_domain::event::AggregateKind;
use waybill_domain::fulfillment::{FulfillmentOrder, FulfillmentState};
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::*;
use waybill_domain::payment::*;
use waybill_domain::personal::{Address, Party, PersonalAddress, PersonalParty, PersonalText};
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::shipping::{Parcel, ParcelLine, ParcelState, Shipment, TrackingEvent, TrackingStatus};
use waybill_domain::stock::document::{StockDocument, StockDocumentKind};
use waybill_domain::stock::level::StockLevel;
use waybill_domain::stock::reservation::{Reservation, ReservationState};
use waybill_domain::stock::transfer::{TransferHead, TransferLine, TransferState};
use waybill_domain::system::{ApiKey, SettingsRecord};
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::{DeliveryOutcome, EndpointState, WebhookEndpoint, WebhookReplay};

code_columns!(
    AggregateKind,
    ChargeKind,
    DeliveryOutcome,
    DeliveryStatus,
    EndpointState,
    FulfillmentState,
    FulfillmentStatus,
    HoldKind,
    HoldState,
    Lifecycle,
    Origin,
    ParcelState,
    PaymentMethod,
    PaymentState,
    PaymentStatus,
    RefundState,
    ReservationState,
    ReturnStatus,
    StockAccount,
    StockDocumentKind,
    Supply,
    Tier,
    TrackingStatus,
    TransactionKind,
    TransactionState,
    TransferState,
);

impl Column for OrderNumber {
    const KIND: ColumnKind = ColumnKind::Int;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.int(Some(self.0));
    }
    fn take(row: &mut Row) -> Result<Self, StoreError> {
        row.take().map(OrderNumber)
    }
}

impl Column for Steps {
    const KIND: ColumnKind = ColumnKind::Int;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.int(Some(self.0));
    }
    fn take(row: &mut Row) -> Result<Self, StoreError> {
        row.take().map(Steps)
    }
}

/// A key's permissions, as words separated by spaces.
impl Column for Vec<Permission> {
    const KIND: ColumnKind = ColumnKind::Text;
    fn bind(&self, sink: &mut dyn Sink) {
        let words: Vec<&str> = self.iter().map(|permission| waybill_domain::Code::code(*permission)).collect();
        sink.text(Some(&words.join(" ")));
    }
    fn take(row: &mut Row) -> Result<Self, StoreError> {
        let words: String = row.take()?;
        words.split_whitespace().map(|word| value::code_from(Some(word.to_owned()))).collect()
    }
}

/// The origins that somebody takes, as words separated by spaces.
impl Column for Vec<Origin> {
    const KIND: ColumnKind = ColumnKind::Text;
    fn bind(&self, sink: &mut dyn Sink) {
        let words: Vec<&str> = self.iter().map(|origin| waybill_domain::Code::code(*origin)).collect();
        sink.text(Some(&words.join(" ")));
    }
    fn take(row: &mut Row) -> Result<Self, StoreError> {
        let words: String = row.take()?;
        words.split_whitespace().map(|word| value::code_from(Some(word.to_owned()))).collect()
    }
}

/// Entries of a filter, separated by spaces.
impl Column for EventKinds {
    const KIND: ColumnKind = ColumnKind::Text;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.text(Some(&self.0.join(" ")));
    }
    fn take(row: &mut Row) -> Result<Self, StoreError> {
        let words: String = row.take()?;
        Ok(Self(words.split_whitespace().map(str::to_owned).collect()))
    }
}

record!(
    Channel, "channels", key: ["id"],
    indexes: [{ "channels_code", ["code"], unique: true }],
    fixed: { id }, fields: { code, name, ship_on_pending, auto_release, archived, chain }
);

record!(
    Location, "locations", key: ["id"],
    indexes: [{ "locations_code", ["code"], unique: true }],
    fixed: { id },
    fields: { code, name, country, zone, latitude_e4, longitude_e4, preference, archived, chain }
);

record!(
    Item, "items", key: ["id"],
    indexes: [{ "items_sku", ["sku"], unique: true }, { "items_gtin", ["gtin"], unique: false, only: "gtin IS NOT NULL" }],
    fixed: { id },
    fields: { sku, name, gtin, supply, unit, precision, weight_g, length_mm, width_mm, height_mm, archived, chain }
);

record!(
    Customer, "customers", key: ["id"],
    indexes: [{ "customers_code", ["code"], unique: true }],
    fixed: { id, code }, fields: { party_id, tier, archived, chain }
);

record!(
    ApiKey, "api_keys", key: ["id"],
    indexes: [{ "api_keys_secret_hash", ["secret_hash"], unique: true }],
    fixed: { id, name, secret_hash, permissions, channels, locations, created_at }, fields: { revoked_at, chain }
);

record!(
    WebhookEndpoint, "webhook_endpoints", key: ["id"],
    fixed: { id, begins_after, created_at },
    fields: {
        name, url, kinds, origins, ordered, state, disabled_because, disabled_at, enabled_at, secret, previous_secret,
        previous_until, replays, chain
    }
);

record!(
    WebhookReplay, "webhook_replays", key: ["endpoint_id", "number"], parent: ("webhook_endpoints", "endpoint_id"),
    fixed: { endpoint_id, number, position, onward, asked_at }, fields: { }
);

record!(SettingsRecord, "settings", key: ["id"], fixed: { id }, fields: { settings, chain });

record!(
    StockLevel, "stock_levels", key: ["item_id", "location_id", "lot_id"],
    indexes: [{ "stock_levels_location", ["location_id", "item_id", "lot_id"], unique: false }],
    checks: [
        ("stock_levels_available_not_negative", "available >= 0"),
        ("stock_levels_reserved_not_negative", "reserved >= 0"),
        ("stock_levels_allocated_not_negative", "allocated >= 0"),
        ("stock_levels_picked_not_negative", "picked >= 0"),
        ("stock_levels_packed_not_negative", "packed >= 0"),
        ("stock_levels_other_not_negative", "quality_control >= 0 AND damaged >= 0 AND quarantined >= 0 AND in_transit >= 0")
    ],
    fixed: { key }, fields: { balances, postings, last_position, last_number }
);

record!(
    StockDocument, "stock_documents", key: ["id"],
    fixed: { id, kind, location_id, reference, booked_at }, fields: { chain }
);

record!(
    Reservation, "reservations", key: ["id"],
    indexes: [{ "reservations_due", ["expires_at"], unique: false, only: "state = 'active'" }],
    fixed: { id, channel_id, item_id, location_id, lot_id, quantity, expires_at }, fields: { state, chain }
);

record!(
    TransferHead, "transfers", key: ["id"],
    fixed: { id, from_location_id, to_location_id, sent_at }, fields: { state, chain }
);

record!(
    TransferLine, "transfer_lines", key: ["transfer_id", "number"], parent: ("transfers", "transfer_id"),
    fixed: { transfer_id, number, item_id, lot_id, sent }, fields: { received, lost }
);

record!(
    OrderHead, "orders", key: ["id"],
    indexes: [
        { "orders_number", ["number"], unique: true },
        { "orders_external_ref", ["channel_id", "external_ref"], unique: true, only: "external_ref IS NOT NULL" },
        { "orders_customer", ["customer_id", "id"], unique: false, only: "customer_id IS NOT NULL" },
        { "orders_lifecycle", ["lifecycle", "id"], unique: false },
        { "orders_to_fill", ["priority", "id"], unique: false, only: "to_fill" },
        { "orders_to_release", ["channel_id", "priority", "id"], unique: false, only: "to_release" },
        { "orders_to_capture", ["id"], unique: false, only: "to_capture" },
        { "orders_to_complete", ["id"], unique: false, only: "to_complete" },
        { "orders_held", ["lifecycle", "hold_due_at"], unique: false, only: "holds_active > 0" },
        { "orders_on_hold", ["id"], unique: false, only: "holds_active > 0" },
        { "orders_reserved", ["lifecycle", "reserved_until"], unique: false, only: "reserved_until IS NOT NULL" },
        { "orders_authorized", ["authorization_due_at"], unique: false, only: "authorization_due_at IS NOT NULL" }
    ],
    fixed: {
        id, number, channel_id, external_ref, customer_id, party_id, ship_to, instructions, po_number, currency,
        country, latitude_e1, longitude_e1, requested_by, origin, priority
    },
    fields: {
        placed_at, lifecycle, payment_status, fulfillment_status, delivery_status, return_status, holds_active,
        hold_due_at, reserved_until, authorization_due_at, to_fill, to_release, to_capture, to_complete, confirmed_at, ended_at, goods, tax, charges, recognized,
        received, refunded, charged_back, applied, deposit, chain
    }
);

record!(
    OrderLine, "order_lines", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{ "order_lines_backordered", ["item_id", "backordered_at"], unique: false, only: "backordered > 0" }],
    checks: [
        (
            "order_lines_conserved",
            "ordered = cancelled + open + backordered + at_supplier + reserved + allocated + picked + packed + shipped"
        ),
        ("order_lines_delivered", "delivered + lost <= shipped"),
        ("order_lines_returned", "returned <= shipped")
    ],
    fixed: { order_id, number, item_id, sku, supply, precision, unit_price, ordered, discount, tax, total, note },
    fields: {
        cancelled, open, backordered, at_supplier, served, reserved, allocated, picked, packed, shipped, delivered, lost,
        returned, backordered_at, expected_on
    }
);

record!(
    Charge, "order_charges", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, kind, amount, tax, label }, fields: { billed, billed_tax }
);

record!(
    Allocation, "allocations", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, line, location_id, lot_id, item_id },
    fields: { fulfillment_order, reserved, allocated, picked, packed, shipped }
);

record!(
    Hold, "holds", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, kind, steps, line, payment, reason, note, owner, due_at, applied_at }, fields: { state, ended_at }
);

record!(
    Payment, "payments", key: ["order_id", "number"], parent: ("orders", "order_id"),
    checks: [("payments_refunded", "refunded + charged_back <= received")],
    fixed: { order_id, number, method, gateway, token },
    fields: { amount, state, authorized, expires_at, renew_at, received, refunded, charged_back, in_cash, reference }
);

record!(
    PaymentTransaction, "payment_transactions", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{ "payment_transactions_open", ["requested_at"], unique: false, only: "state IN ('pending', 'unknown')" }],
    fixed: { order_id, number, payment, kind, amount, refund, requested_at },
    fields: { state, resolved_at, reference, code }
);

record!(
    Refund, "refunds", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, payment, amount, credited, reason, return_number, granted_at }, fields: { state, ended_at }
);

record!(
    FulfillmentOrder, "fulfillment_orders", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{
        "fulfillment_orders_queue", ["location_id", "priority", "order_id"], unique: false,
        only: "state IN ('open', 'in_progress')"
    }],
    fixed: { order_id, number, location_id, released_at, priority }, fields: { state }
);

record!(
    Parcel, "parcels", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{
        "parcels_tracking", ["tracking_number", "order_id", "number"], unique: false,
        only: "tracking_number IS NOT NULL"
    }],
    fixed: { order_id, number, fulfillment_order, location_id, weight_g, packed_at },
    fields: { shipment, tracking_number, state, tracked_at, ended_at }
);

record!(
    ParcelLine, "parcel_lines", key: ["order_id", "parcel", "line", "lot_id"], parent: ("orders", "order_id"),
    fixed: { order_id, parcel, line, lot_id, item_id, quantity }, fields: { }
);

record!(
    Shipment, "shipments", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, fulfillment_order, location_id, carrier, service, shipped_at }, fields: { }
);

record!(
    TrackingEvent, "tracking_events", key: ["order_id", "number"], parent: ("orders", "order_id"),
    indexes: [{ "tracking_events_once", ["order_id", "digest"], unique: true }],
    fixed: { order_id, number, parcel, status, occurred_at, digest, raw }, fields: { }
);

record!(
    Return, "returns", key: ["order_id", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, number, location_id, received_at, credit }, fields: { }
);

record!(
    ReturnLine, "return_lines", key: ["order_id", "return_number", "number"], parent: ("orders", "order_id"),
    fixed: { order_id, return_number, number, line, item_id, lot_id, state, quantity, reason }, fields: { }
);

/// One row of personal data: a name with its contacts. `erased_at` is set when the law asked.
#[derive(Clone, Debug)]
pub struct PartyRow(pub PersonalParty);

/// One row of personal data: a postal address.
#[derive(Clone, Debug)]
pub struct AddressRow(pub PersonalAddress);

/// One row of free text.
#[derive(Clone, Debug)]
pub struct TextRow(pub PersonalText);

/// Declares a table of personal data: nullable texts beside the id.
macro_rules! personal_table {
    ($row:ty, $table:literal, $inner:ty, $value:ident: $($field:ident),+) => {
        impl crate::record::ToRow for $row {
            fn bind(&self, sink: &mut dyn Sink) {
                self.0.id.bind(sink);
                $(sink.text(self.0.value.$field.as_deref());)+
            }
        }
        impl Record for $row {
            fn table() -> &'static Table {
                static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
                TABLE.get_or_init(|| personal($table, &[$(stringify!($field)),+]))
            }
            fn read(row: &mut Row) -> Result<Self, StoreError> {
                Ok(Self(<$inner>::from_parts(row.take()?, $value { $($field: row.take()?,)+ })))
            }
        }
    };
}

fn personal(name: &'static str, fields: &[&'static str]) -> Table {
    let mut columns = vec![column("id", ColumnKind::Id, false)];
    columns.extend(fields.iter().map(|field| column(field, ColumnKind::Text, true)));
    Table {
        name,
        columns,
        key: &["id"],
        parent: None,
        indexes: &[],
        checks: &[],
        append_only: false,
        scattered_key: false,
    }
}

const fn column(name: &'static str, kind: ColumnKind, nullable: bool) -> crate::record::ColumnDef {
    crate::record::ColumnDef { name, kind, nullable, fixed: true }
}

/// A country is never null in an address; its column is, so that erasing can blank it.
#[derive(Clone, Debug, Default)]
struct AddressFields {
    name: Option<String>,
    company: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    phone: Option<String>,
}

trait FromParts<I, V> {
    fn from_parts(id: I, value: V) -> Self;
}

impl FromParts<PartyId, Party> for PersonalParty {
    fn from_parts(id: PartyId, value: Party) -> Self {
        Self { id, value }
    }
}

personal_table!(PartyRow, "parties", PersonalParty, Party: name, company, email, phone);

impl crate::record::ToRow for AddressRow {
    fn bind(&self, sink: &mut dyn Sink) {
        let address = &self.0.value;
        self.0.id.bind(sink);
        for text in [
            &address.name,
            &address.company,
            &address.line1,
            &address.line2,
            &address.city,
            &address.region,
            &address.postal_code,
        ] {
            sink.text(text.as_deref());
        }
        sink.text(Some(&address.country));
        sink.text(address.phone.as_deref());
    }
}

impl Record for AddressRow {
    fn table() -> &'static Table {
        static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
        TABLE.get_or_init(|| {
            personal(
                "addresses",
                &["name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone"],
            )
        })
    }
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let id = row.take()?;
        let fields = AddressFields {
            name: row.take()?,
            company: row.take()?,
            line1: row.take()?,
            line2: row.take()?,
            city: row.take()?,
            region: row.take()?,
            postal_code: row.take()?,
            country: row.take()?,
            phone: row.take()?,
        };
        let value = Address {
            name: fields.name,
            company: fields.company,
            line1: fields.line1,
            line2: fields.line2,
            city: fields.city,
            region: fields.region,
            postal_code: fields.postal_code,
            country: fields.country.unwrap_or_default(),
            phone: fields.phone,
        };
        Ok(Self(PersonalAddress { id, value }))
    }
}

impl crate::record::ToRow for TextRow {
    fn bind(&self, sink: &mut dyn Sink) {
        self.0.id.bind(sink);
        sink.text(Some(&self.0.value));
    }
}

impl Record for TextRow {
    fn table() -> &'static Table {
        static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
        TABLE.get_or_init(|| personal("texts", &["body"]))
    }
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let id = row.take()?;
        let body: Option<String> = row.take()?;
        Ok(Self(PersonalText { id, value: body.unwrap_or_default() }))
    }
}

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Global, gapless, in commit order; the first is 1.
    pub position: i64,
    pub id: EventId,
    pub aggregate_kind: AggregateKind,
    pub aggregate_id: Id,
    /// Within the aggregate; the first is 1.
    pub sequence: i64,
    pub kind: String,
    pub version: i64,
    pub actor: String,
    pub origin: Origin,
    /// The event that made it necessary.
    pub cause: Option<Id>,
    pub happened_at: waybill_domain::time::Timestamp,
    pub recorded_at: waybill_domain::time::Timestamp,
    pub payload: String,
    pub hash: [u8; 32],
}

record!(
    EventRecord, "events", key: ["position"], append_only: true,
    indexes: [{ "events_aggregate", ["aggregate_id", "sequence"], unique: true }],
    fixed: {
        position, id, aggregate_kind, aggregate_id, sequence, kind, version, actor, origin, cause, happened_at,
        recorded_at, payload, hash
    },
    fields: { }
);

/// One posting of the stock ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockPostingRecord {
    /// The event's position.
    pub position: i64,
    /// Within the event, from 0.
    pub number: i64,
    pub item_id: ItemId,
    pub location_id: LocationId,
    pub lot_id: LotId,
    pub from_account: StockAccount,
    pub to_account: StockAccount,
    pub quantity: Quantity,
    /// The order or reservation whose units they are.
    pub holder_id: Option<Id>,
    pub line: Option<i64>,
    /// The posting before this one on the same key; 0 for the first.
    pub previous_position: i64,
    pub previous_number: i64,
}

record!(
    StockPostingRecord, "stock_postings", key: ["position", "number"], append_only: true,
    checks: [("stock_postings_quantity", "quantity > 0")],
    fixed: {
        position, number, item_id, location_id, lot_id, from_account, to_account, quantity, holder_id, line,
        previous_position, previous_number
    },
    fields: { }
);

/// One posting of the money ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyPostingRecord {
    pub position: i64,
    pub number: i64,
    pub currency: Currency,
    pub debit: String,
    pub credit: String,
    pub amount: Minor,
    pub order_id: OrderId,
    pub payment: u32,
}

record!(
    MoneyPostingRecord, "money_postings", key: ["position", "number"], append_only: true,
    checks: [("money_postings_amount", "amount > 0")],
    fixed: { position, number, currency, debit, credit, amount, order_id, payment },
    fields: { }
);

/// What was answered to a key. Two tables take turns, so that the hot index stays small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRecord {
    /// Digest of principal, operation and key.
    pub key: Id,
    pub body_hash: Id,
    /// The log head after the command.
    pub position: i64,
    /// The small receipt as JSON.
    pub receipt: String,
}

record!(
    ReceiptRecord, "receipts_0", key: ["key"], scattered_key: true,
    fixed: { key, body_hash, position, receipt }, fields: { }
);

/// The other generation of [`ReceiptRecord`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherReceiptRecord {
    pub key: Id,
    pub body_hash: Id,
    pub position: i64,
    pub receipt: String,
}

record!(
    OtherReceiptRecord, "receipts_1", key: ["key"], scattered_key: true,
    fixed: { key, body_hash, position, receipt }, fields: { }
);

/// What every batch reads: versions that tell a process that its caches are old. The migration makes the one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreState {
    /// Always 1.
    pub id: i64,
    /// The oldest version of Waybill that may write here.
    pub min_writer: i64,
    /// Moves on with every change of the settings.
    pub settings: i64,
    /// Moves on with every change of items, locations or channels.
    pub catalog: i64,
}

record!(StoreState, "store_state", key: ["id"], fixed: { id }, fields: { min_writer, settings, catalog });

/// Which of the two receipt tables takes new receipts. The migration makes the one row; a worker turns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptTurn {
    /// Always 1.
    pub id: i64,
    /// 0 or 1.
    pub generation: i64,
    /// When it began, in microseconds since 1970; 0 in a new store.
    pub since: i64,
}

record!(ReceiptTurn, "receipt_turn", key: ["id"], fixed: { id }, fields: { generation, since });

/// The last lock of a batch: the position of the latest event. The migration makes the one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    pub id: i64,
    pub position: i64,
}

record!(LogHead, "log_head", key: ["id"], fixed: { id }, fields: { position });

/// Numbers handed out in blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberBlock {
    pub name: String,
    /// The first number not handed out.
    pub next: i64,
}

record!(NumberBlock, "number_blocks", key: ["name"], fixed: { name }, fields: { next });

/// Who does a job, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: Id,
    /// Microseconds since 1970.
    pub until: i64,
}

record!(Lease, "leases", key: ["name"], fixed: { name }, fields: { holder, until });

/// How far a consumer of the log has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub name: String,
    pub position: i64,
}

record!(Cursor, "cursors", key: ["name"], fixed: { name }, fields: { position });

/// How far an endpoint has come. Kept by the worker that delivers, beside the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookCursor {
    pub endpoint_id: WebhookEndpointId,
    /// Everything up to here was delivered, is not for this endpoint, or is among the retries.
    pub position: i64,
    /// The last replay that was carried out.
    pub replays_taken: i64,
    /// The endpoint's `enabled_at` that was seen last.
    pub resumed_at: Timestamp,
    /// The first failure since the last success; null where there is none.
    pub failing_since: Option<Timestamp>,
    /// Failures since the last success.
    pub failures: i64,
    pub delivered_at: Option<Timestamp>,
}

record!(
    WebhookCursor, "webhook_cursors", key: ["endpoint_id"], fixed: { endpoint_id },
    fields: { position, replays_taken, resumed_at, failing_since, failures, delivered_at }
);

/// An event that is to be tried again: it failed, or somebody asked for it once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRetry {
    pub endpoint_id: WebhookEndpointId,
    pub position: i64,
    /// Tries so far.
    pub attempts: i64,
    pub due_at: Timestamp,
    /// When it failed first, or was asked for.
    pub since: Timestamp,
    /// Asked for by somebody, so that neither filter nor order matter.
    pub asked: bool,
}

record!(
    WebhookRetry, "webhook_retries", key: ["endpoint_id", "position"],
    indexes: [{ "webhook_retries_due", ["endpoint_id", "due_at"], unique: false }],
    fixed: { endpoint_id, position, asked }, fields: { attempts, due_at, since }
);

/// One try at a delivery, kept for some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAttempt {
    pub endpoint_id: WebhookEndpointId,
    /// Rises with time.
    pub id: Id,
    pub position: i64,
    pub event_id: EventId,
    /// Of this event, from 1.
    pub number: i64,
    pub began_at: Timestamp,
    pub latency_ms: i64,
    pub outcome: DeliveryOutcome,
    /// The HTTP status, where there was an answer.
    pub status: Option<i64>,
    /// The beginning of an error answer, or what kept it from coming.
    pub answer: Option<String>,
    /// When it is tried again; null where it is not.
    pub again_at: Option<Timestamp>,
}

record!(
    WebhookAttempt, "webhook_attempts", key: ["endpoint_id", "id"],
    fixed: {
        endpoint_id, id, position, event_id, number, began_at, latency_ms, outcome, status, answer, again_at
    },
    fields: { }
);

/// Every table, parents before children.
pub fn tables() -> Vec<&'static Table> {
    vec![
        StoreState::table(),
        ReceiptTurn::table(),
        LogHead::table(),
        NumberBlock::table(),
        Lease::table(),
        Cursor::table(),
        ReceiptRecord::table(),
        OtherReceiptRecord::table(),
        SettingsRecord::table(),
        ApiKey::table(),
        WebhookEndpoint::table(),
        WebhookReplay::table(),
        WebhookCursor::table(),
        WebhookRetry::table(),
        WebhookAttempt::table(),
        Channel::table(),
        Location::table(),
        Item::table(),
        Customer::table(),
        PartyRow::table(),
        AddressRow::table(),
        TextRow::table(),
        StockLevel::table(),
        StockDocument::table(),
        Reservation::table(),
        TransferHead::table(),
        TransferLine::table(),
        OrderHead::table(),
        OrderLine::table(),
        Charge::table(),
        Allocation::table(),
        Hold::table(),
        Payment::table(),
        PaymentTransaction::table(),
        Refund::table(),
        FulfillmentOrder::table(),
        Parcel::table(),
        ParcelLine::table(),
        Shipment::table(),
        TrackingEvent::table(),
        Return::table(),
        ReturnLine::table(),
        EventRecord::table(),
        StockPostingRecord::table(),
        MoneyPostingRecord::table(),
    ]
}
