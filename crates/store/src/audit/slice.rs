//! A slice of the store: every record whose aggregate's id lies within a range.

use super::records::typed;
use super::report::Findings;
use crate::record::Record;
use crate::tables::{EventRecord, MoneyPostingRecord, StockPostingRecord};
use crate::value::Source;
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
        #[derive(Debug, Default)]
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

            /// Forgets all rows, and keeps the room they took.
            pub(super) fn clear(&mut self) {
                self.events.clear();
                self.stock.clear();
                self.money.clear();
                $(self.$field.clear();)+
            }

            /// Takes a row of the statement at `place`.
            pub(super) fn take(&mut self, place: usize, row: &mut dyn Source, findings: &mut Findings) {
                const TABLES: &[fn(&mut Slice, &mut dyn Source, &mut Findings)] = &[
                    |slice, row, findings| typed(&mut slice.events, row, findings),
                    $(|slice, row, findings| typed(&mut slice.$field, row, findings),)+
                ];
                TABLES[place](self, row, findings);
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

macro_rules! of_order {
    ($($field:ident: $record:ty;)+) => {
        /// What belongs to one order.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct OrderRows<'a> {
            $(pub(super) $field: &'a [$record],)+
        }

        /// Goes once through what belongs to the orders of a slice.
        #[derive(Debug)]
        pub(super) struct Orders<'a>(OrderRows<'a>);

        impl<'a> Orders<'a> {
            pub(super) fn of(slice: &'a Slice) -> Self {
                Self(OrderRows { $($field: &slice.$field,)+ })
            }

            /// The rows of an order; the next one's id must be larger.
            pub(super) fn next(&mut self, id: OrderId) -> OrderRows<'a> {
                OrderRows { $($field: next(&mut self.0.$field, id, |row| row.order_id),)+ }
            }
        }
    };
}

of_order! {
    lines: OrderLine;
    charges: Charge;
    allocations: Allocation;
    holds: Hold;
    payments: Payment;
    transactions: PaymentTransaction;
    refunds: Refund;
    fulfillment_orders: FulfillmentOrder;
    parcels: Parcel;
    parcel_lines: ParcelLine;
    shipments: Shipment;
    tracking: TrackingEvent;
    returns: Return;
    return_lines: ReturnLine;
}

/// Takes an order's rows off the front of all that are left, in one pass over them.
fn next<'a, T>(left: &mut &'a [T], id: OrderId, order_id: impl Fn(&T) -> OrderId) -> &'a [T] {
    let before = left.iter().take_while(|row| order_id(row) < id).count();
    let (_, from) = left.split_at(before);
    let (of, rest) = from.split_at(from.iter().take_while(|row| order_id(row) == id).count());
    *left = rest;
    of
}
