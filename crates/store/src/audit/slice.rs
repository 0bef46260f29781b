//! A slice of the store: every record whose aggregate's id lies within a range.

use super::reading::SliceRows;
use super::records::typed;
use super::report::Findings;
use crate::record::Record;
use crate::tables::{EventRecord, MoneyPostingRecord, StockPostingRecord};
use waybill_domain::access::User;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::Item;
use waybill_domain::catalog::location::Location;
use waybill_domain::customer::Customer;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::ids::OrderId;
use waybill_domain::order::{Allocation, Charge, Hold, OrderHead, OrderLine};
use waybill_domain::payment::{Payment, PaymentTransaction, Refund};
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};
use waybill_domain::stock::document::StockDocument;
use waybill_domain::stock::reservation::Reservation;
use waybill_domain::stock::transfer::{TransferHead, TransferLine};
use waybill_domain::system::{ApiKey, SettingsRecord};
use waybill_domain::webhook::{WebhookEndpoint, WebhookReplay};

macro_rules! slice {
    ($($field:ident: $record:ty, $column:literal;)+) => {
        /// Everything whose aggregate's id is within a range, in order of the keys.
        #[derive(Debug)]
        pub(super) struct Slice {
            pub(super) events: Vec<EventRecord>,
            /// Of these events, by position.
            pub(super) stock: Vec<StockPostingRecord>,
            pub(super) money: Vec<MoneyPostingRecord>,
            $(pub(super) $field: Vec<$record>,)+
        }

        impl Slice {
            /// One statement per table, the events first, each with the range's two ends as parameters.
            pub(super) fn statements() -> Vec<String> {
                let mut statements = vec![events()];
                $(statements.push(range::<$record>($column));)+
                statements
            }

            pub(super) fn read(rows: SliceRows, findings: &mut Findings) -> Self {
                let mut answers = rows.records.into_iter();
                let mut next = || answers.next().unwrap_or_default();
                Self {
                    events: typed(next(), findings),
                    stock: typed(rows.stock, findings),
                    money: typed(rows.money, findings),
                    $($field: typed(next(), findings),)+
                }
            }
        }
    };
}

slice! {
    orders: OrderHead, "id";
    lines: OrderLine, "order_id";
    charges: Charge, "order_id";
    allocations: Allocation, "order_id";
    holds: Hold, "order_id";
    payments: Payment, "order_id";
    transactions: PaymentTransaction, "order_id";
    refunds: Refund, "order_id";
    fulfillment_orders: FulfillmentOrder, "order_id";
    parcels: Parcel, "order_id";
    parcel_lines: ParcelLine, "order_id";
    shipments: Shipment, "order_id";
    tracking: TrackingEvent, "order_id";
    returns: Return, "order_id";
    return_lines: ReturnLine, "order_id";
    items: Item, "id";
    locations: Location, "id";
    channels: Channel, "id";
    customers: Customer, "id";
    documents: StockDocument, "id";
    reservations: Reservation, "id";
    transfers: TransferHead, "id";
    transfer_lines: TransferLine, "transfer_id";
    api_keys: ApiKey, "id";
    settings: SettingsRecord, "id";
    webhook_endpoints: WebhookEndpoint, "id";
    webhook_replays: WebhookReplay, "endpoint_id";
    users: User, "id";
}

fn range<R: Record>(column: &str) -> String {
    let table = R::table();
    format!(
        "SELECT {} FROM {} WHERE {column} > $1 AND {column} <= $2 ORDER BY {}",
        table.column_list(),
        table.name,
        table.key.join(", ")
    )
}

fn events() -> String {
    format!(
        "SELECT {} FROM events WHERE aggregate_id > $1 AND aggregate_id <= $2 ORDER BY aggregate_id, sequence",
        EventRecord::table().column_list()
    )
}

/// Child rows sorted by their order.
pub(super) trait OfOrder {
    fn order_id(&self) -> OrderId;
}

macro_rules! of_order {
    ($($record:ty),+ $(,)?) => {$(
        impl OfOrder for $record {
            fn order_id(&self) -> OrderId {
                self.order_id
            }
        }
    )+};
}
of_order!(
    OrderLine,
    Charge,
    Allocation,
    Hold,
    Payment,
    PaymentTransaction,
    Refund,
    FulfillmentOrder,
    Parcel,
    ParcelLine,
    Shipment,
    TrackingEvent,
    Return,
    ReturnLine,
);

/// The rows of one order.
pub(super) fn of<T: OfOrder>(rows: &[T], id: OrderId) -> &[T] {
    let from = rows.partition_point(|row| row.order_id() < id);
    let count = rows[from..].partition_point(|row| row.order_id() == id);
    &rows[from..from + count]
}
