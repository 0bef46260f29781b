//! Walks through all aggregates by id, a slice at a time: everything of a slice is read in one short transaction.

use super::aggregates;
use super::history::{self, History};
use super::laws;
use super::ledger::{HELD, Held, Ledger};
use super::records::typed;
use super::report::{Findings, Stage};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::tables::{EventRecord, MoneyPostingRecord, StockPostingRecord};
use crate::value::{Row, Value};
use std::task::Poll;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::{Item, Supply};
use waybill_domain::catalog::location::Location;
use waybill_domain::customer::Customer;
use waybill_domain::event::AggregateKind;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::ids::{Id, OrderId};
use waybill_domain::ledger::StockKey;
use waybill_domain::order::{Allocation, Charge, Hold, OrderHead, OrderLine};
use waybill_domain::payment::{Payment, PaymentTransaction, Refund};
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};
use waybill_domain::stock::document::StockDocument;
use waybill_domain::stock::reservation::{Reservation, ReservationState};
use waybill_domain::stock::transfer::{TransferHead, TransferLine};
use waybill_domain::system::{ApiKey, SettingsRecord};
use waybill_domain::world::World;

/// Events in a slice, roughly.
const EVENTS: i64 = 3_000;

/// What the walk counted.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) events: i64,
    pub(super) orders: i64,
    /// What orders and reservations held at the position up to which the ledger was added up.
    pub(super) held: Held,
}

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
            /// One statement per table, each with the range's two ends as parameters.
            fn statements() -> Vec<String> {
                let mut statements = vec![events(), postings::<StockPostingRecord>(), postings::<MoneyPostingRecord>()];
                $(statements.push(range::<$record>($column));)+
                statements
            }

            fn read(answers: Vec<Vec<Row>>, findings: &mut Findings) -> Self {
                let mut answers = answers.into_iter();
                let mut next = || answers.next().unwrap_or_default();
                Self {
                    events: typed(next(), findings),
                    stock: typed(next(), findings),
                    money: typed(next(), findings),
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

/// The postings of the range's events.
fn postings<R: Record>() -> String {
    let table = R::table();
    let columns: Vec<String> = table.columns.iter().map(|column| format!("p.{}", column.name)).collect();
    format!(
        "SELECT {} FROM events e JOIN {} p ON p.position = e.position \
         WHERE e.aggregate_id > $1 AND e.aggregate_id <= $2 ORDER BY p.position, p.number",
        columns.join(", "),
        table.name
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

/// Walks through all aggregates. While one slice is checked, the next is read.
pub(super) async fn walk(
    store: &dyn Store,
    ledger: &Ledger,
    findings: &mut Findings,
    progress: &mut (dyn FnMut(Stage, i64, i64) + Send),
) -> Result<Totals, StoreError> {
    let mut totals = Totals::default();
    let statements = Slice::statements();
    let mut to = end_after(store, Id::NIL).await?;
    let mut rows = read(store, &statements, Id::NIL, to).await?;
    loop {
        let begins = to;
        let ends = if begins == Id(u128::MAX) { None } else { Some(end_after(store, begins).await?) };
        let mut next = Box::pin(read(store, &statements, begins, ends.unwrap_or(begins)));
        // Begins the reading; it goes on beside the checks as far as its connection does not need this task.
        let begun = if ends.is_some() { futures_util::poll!(&mut next) } else { Poll::Pending };
        let slice = Slice::read(rows, findings);
        check(&slice, ledger, &mut totals, findings);
        drop(slice);
        progress(Stage::Histories, totals.events, ledger.position());
        let Some(end) = ends else { return Ok(totals) };
        rows = match begun {
            Poll::Ready(rows) => rows?,
            Poll::Pending => next.await?,
        };
        to = end;
    }
}

async fn read(store: &dyn Store, statements: &[String], from: Id, to: Id) -> Result<Vec<Vec<Row>>, StoreError> {
    let ends = [Value::Id(from), Value::Id(to)];
    let reads: Vec<(&str, &[Value])> = statements.iter().map(|sql| (sql.as_str(), ends.as_slice())).collect();
    store.read_together(&reads).await
}

/// The last aggregate of the slice that begins after `from`.
async fn end_after(store: &dyn Store, from: Id) -> Result<Id, StoreError> {
    let sql = format!(
        "SELECT aggregate_id FROM events WHERE aggregate_id > $1 ORDER BY aggregate_id, sequence LIMIT 1 OFFSET {EVENTS}"
    );
    let rows = store.read(&sql, &[Value::Id(from)]).await?;
    rows.into_iter().next().map_or(Ok(Id(u128::MAX)), |mut row| row.take())
}

fn check(slice: &Slice, ledger: &Ledger, totals: &mut Totals, findings: &mut Findings) {
    totals.events += slice.events.len() as i64;
    totals.orders += slice.orders.len() as i64;
    let mut world = World::default();
    let mut histories: Vec<History<'_>> = Vec::new();
    for events in slice.events.chunk_by(|one, other| one.aggregate_id == other.aggregate_id) {
        histories.push(history::follow(events, slice, &mut world, findings));
    }
    world.settle();
    aggregates::compare(slice, &world, &histories, findings);
    for history in histories.iter().filter(|history| history.kind == AggregateKind::Order) {
        let id = OrderId(history.id);
        match slice.orders.binary_search_by_key(&id, |head| head.id) {
            Ok(place) => {
                let head = &slice.orders[place];
                laws::check(head, slice, &history.books, findings);
                if history.whole {
                    aggregates::compare_order(head, slice, &world, findings);
                }
            }
            Err(_) => findings.add("record.missing", "orders", id, "a row", "none"),
        }
    }
    for head in &slice.orders {
        if histories.binary_search_by_key(&head.id.0, |history| history.id).is_err() {
            findings.add("record.unexpected", "orders", head.id, "none", "an order without events");
        }
    }
    hold(slice, ledger, &mut totals.held);
}

/// Adds what the slice's orders and reservations held when the ledger was added up: what they hold now, less what was
/// posted since.
fn hold(slice: &Slice, ledger: &Ledger, held: &mut Held) {
    let counted = |allocation: &Allocation| {
        of(&slice.lines, allocation.order_id)
            .iter()
            .any(|line| line.number == allocation.line && line.supply == Supply::Stock)
    };
    for allocation in slice.allocations.iter().filter(|allocation| counted(allocation)) {
        let sums = held.entry(allocation.key()).or_default();
        let quantities = [allocation.reserved, allocation.allocated, allocation.picked, allocation.packed];
        sums.iter_mut().zip(quantities).for_each(|(sum, quantity)| *sum += quantity.0);
    }
    for one in slice.reservations.iter().filter(|one| one.state == ReservationState::Active) {
        let key = StockKey { item_id: one.item_id, location_id: one.location_id, lot_id: one.lot_id };
        held.entry(key).or_default()[0] += one.quantity.0;
    }
    let since = slice.stock.partition_point(|posting| posting.position <= ledger.position());
    for posting in &slice.stock[since..] {
        let key = StockKey { item_id: posting.item_id, location_id: posting.location_id, lot_id: posting.lot_id };
        let sums = held.entry(key).or_default();
        for (sum, state) in sums.iter_mut().zip(HELD) {
            *sum += if posting.from_account == state { posting.quantity.0 } else { 0 };
            *sum -= if posting.to_account == state { posting.quantity.0 } else { 0 };
        }
    }
}
