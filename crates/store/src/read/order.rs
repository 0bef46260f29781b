//! One order with everything in its scope, in one state.

use super::customers::party;
use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::Row;
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::ids::{Id, LocationId, OrderId};
use waybill_domain::order::costs::{self, Costs, Owed};
use waybill_domain::order::place::PlaceOrder;
use waybill_domain::order::{
    Allocation, Charge, DeliveryStatus, FulfillmentStatus, Hold, Order, OrderHead, OrderLine, OrderNumber, ReturnStatus,
};
use waybill_domain::payment::{Payment, PaymentTransaction, Refund, TransactionKind};
use waybill_domain::personal::{Address, Party};
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};

/// How an order is named from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKey {
    Id(OrderId),
    Number(OrderNumber),
}

/// An order's records, with the texts and names that they carry by id.
#[derive(Clone, Debug)]
pub struct OrderDetail {
    pub head: OrderHead,
    /// The log position of its latest event.
    pub position: i64,
    /// The channel's code.
    pub channel: String,
    /// The customer's code.
    pub customer: Option<String>,
    pub party: Option<Party>,
    pub ship_to: Option<Address>,
    pub instructions: Option<String>,
    /// Each with its note.
    pub lines: Vec<(OrderLine, Option<String>)>,
    pub charges: Vec<Charge>,
    pub allocations: Vec<Allocation>,
    /// Each with its note.
    pub holds: Vec<(Hold, Option<String>)>,
    pub payments: Vec<Payment>,
    pub transactions: Vec<PaymentTransaction>,
    pub refunds: Vec<Refund>,
    pub fulfillment_orders: Vec<FulfillmentOrder>,
    pub parcels: Vec<Parcel>,
    pub parcel_lines: Vec<ParcelLine>,
    pub shipments: Vec<Shipment>,
    pub tracking: Vec<TrackingEvent>,
    pub returns: Vec<Return>,
    pub return_lines: Vec<ReturnLine>,
    /// Codes of the locations that occur.
    pub locations: BTreeMap<LocationId, String>,
}

impl OrderDetail {
    /// An order as it was just committed, with the texts of the command that placed it: what reading it back gives.
    pub fn of_placed(
        order: Order,
        command: PlaceOrder,
        position: i64,
        locations: BTreeMap<LocationId, String>,
    ) -> Self {
        let notes: Vec<Option<String>> =
            command.lines.into_iter().map(|line| line.note.map(|note| note.value)).collect();
        let note = |line: &OrderLine| notes.get((line.number as usize).wrapping_sub(1)).cloned().flatten();
        Self {
            head: order.head.into_inner(),
            position,
            channel: command.channel,
            customer: command.customer,
            party: command.party.map(|party| party.value),
            ship_to: command.ship_to.map(|address| address.value),
            instructions: command.instructions.map(|text| text.value),
            lines: order
                .lines
                .into_values()
                .map(|line| {
                    let note = note(&line);
                    (line, note)
                })
                .collect(),
            charges: order.charges.into_values().collect(),
            allocations: order.allocations.into_values().collect(),
            // A rule that holds an order as it is placed writes no note.
            holds: order.holds.into_values().map(|hold| (hold, None)).collect(),
            payments: order.payments.into_values().collect(),
            transactions: order.transactions.into_values().collect(),
            refunds: order.refunds.into_values().collect(),
            fulfillment_orders: order.fulfillment_orders.into_values().collect(),
            parcels: order.parcels.into_values().collect(),
            parcel_lines: order.parcel_lines.into_values().collect(),
            shipments: order.shipments.into_values().collect(),
            tracking: order.tracking.into_values().collect(),
            returns: order.returns.into_values().collect(),
            return_lines: order.return_lines.into_values().collect(),
            locations,
        }
    }

    /// The parts of what it costs.
    pub fn costs(&self) -> Costs {
        costs::costs(&self.head, self.lines.iter().map(|(line, _)| line), &self.charges)
    }

    /// Where its money stands.
    pub fn owed(&self) -> Owed {
        let billed = costs::billed(self.lines.iter().map(|(line, _)| line), &self.charges);
        costs::owed(&self.head, billed, &self.refunds)
    }

    /// Nothing has left its location, come back or been refunded: the tables of what follows are empty.
    fn only_promised(&self) -> bool {
        matches!(self.head.fulfillment_status, FulfillmentStatus::Unfulfilled | FulfillmentStatus::Backordered)
            && self.head.delivery_status == DeliveryStatus::None
            && self.head.return_status == ReturnStatus::None
            && self.head.refunded.is_zero()
            && self.allocations.iter().all(|allocation| allocation.fulfillment_order == 0)
            && self.transactions.iter().all(|one| one.kind != TransactionKind::Refund)
    }
}

/// Whoever may do something to an order may name it.
const NAMERS: &[Permission] = &[
    Permission::OrdersRead,
    Permission::OrdersWrite,
    Permission::HoldsRelease,
    Permission::PaymentsWrite,
    Permission::FulfillmentWrite,
    Permission::ReturnsWrite,
];

/// The id of an order in the viewer's channels.
pub async fn find(store: &dyn Store, viewer: &Viewer, key: OrderKey) -> Result<Option<OrderId>, ReadError> {
    viewer.must(NAMERS)?;
    let mut query = Query::new("SELECT o.id FROM orders o WHERE TRUE");
    only(&mut query, viewer, key);
    Ok(query.rows(store).await?.first_mut().map(|row| row.take()).transpose()?)
}

/// The parcel with a tracking number at one of the viewer's locations, the latest where there are several.
pub async fn parcel_by_tracking(
    store: &dyn Store,
    viewer: &Viewer,
    tracking_number: &str,
) -> Result<Option<Parcel>, ReadError> {
    viewer.must(&[Permission::OrdersRead, Permission::FulfillmentWrite])?;
    let mut query = Query::new(format!(
        "SELECT {} FROM parcels p JOIN orders o ON o.id = p.order_id WHERE TRUE",
        columns::<Parcel>("p")
    ));
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.within("p.location_id", &viewer.actor().locations, |id| id.0);
    query.and("p.tracking_number = ?", tracking_number);
    query.push(" ORDER BY p.order_id DESC, p.number DESC LIMIT 1");
    Ok(query.rows(store).await?.first_mut().map(Parcel::read).transpose()?)
}

/// Everything about one order; None where there is none in the viewer's channels.
pub async fn order(store: &dyn Store, viewer: &Viewer, key: OrderKey) -> Result<Option<OrderDetail>, ReadError> {
    viewer.must(&[Permission::OrdersRead])?;
    // Most orders asked for were just placed: what follows the promise is read only where there can be something.
    let promised = promised_queries(viewer, key);
    let found = Query::together(&promised.iter().collect::<Vec<_>>(), store).await?;
    match detail(found)? {
        Some(detail) if !detail.only_promised() => {
            let mut queries = promised;
            queries.extend(later_queries(detail.head.id));
            Ok(self::detail(Query::together(&queries.iter().collect::<Vec<_>>(), store).await?)?)
        }
        found => Ok(found),
    }
}

/// The order that a key names, in the viewer's channels.
fn only(query: &mut Query, viewer: &Viewer, key: OrderKey) {
    match key {
        OrderKey::Id(id) => query.and("o.id = ?", id.0),
        OrderKey::Number(number) => query.and("o.number = ?", number.0),
    }
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
}

fn promised_queries(viewer: &Viewer, key: OrderKey) -> Vec<Query> {
    let mut head = Query::new(format!(
        "SELECT {}, ch.code, c.code, p.name, p.company, p.email, p.phone, a.id, a.name, a.company, a.line1, a.line2, \
         a.city, a.region, a.postal_code, a.country, a.phone, t.body, \
         (SELECT e.position FROM events e WHERE e.aggregate_id = o.id AND e.sequence = o.sequence) \
         FROM orders o JOIN channels ch ON ch.id = o.channel_id LEFT JOIN customers c ON c.id = o.customer_id \
         LEFT JOIN parties p ON p.id = o.party_id LEFT JOIN addresses a ON a.id = o.ship_to \
         LEFT JOIN texts t ON t.id = o.instructions WHERE TRUE",
        columns::<OrderHead>("o")
    ));
    only(&mut head, viewer, key);
    let of = |select: String, order: &str| {
        let mut query = Query::new(select);
        match key {
            OrderKey::Id(id) => query.and("r.order_id = ?", id.0),
            OrderKey::Number(number) => {
                query.and("r.order_id = (SELECT n.id FROM orders n WHERE n.number = ?)", number.0);
            }
        }
        query.push(order);
        query
    };
    let plain = |columns: String, table: &str| format!("SELECT {columns} FROM {table} r WHERE TRUE");
    let noted = |columns: String, table: &str| {
        format!("SELECT {columns}, t.body FROM {table} r LEFT JOIN texts t ON t.id = r.note WHERE TRUE")
    };
    let by_number = " ORDER BY r.number";
    vec![
        head,
        of(noted(columns::<OrderLine>("r"), "order_lines"), by_number),
        of(plain(columns::<Charge>("r"), "order_charges"), by_number),
        of(
            format!(
                "SELECT {}, l.code FROM allocations r JOIN locations l ON l.id = r.location_id WHERE TRUE",
                columns::<Allocation>("r")
            ),
            by_number,
        ),
        of(noted(columns::<Hold>("r"), "holds"), by_number),
        of(plain(columns::<Payment>("r"), "payments"), by_number),
        of(plain(columns::<PaymentTransaction>("r"), "payment_transactions"), by_number),
    ]
}

fn later_queries(id: OrderId) -> Vec<Query> {
    let of = |columns: String, table: &str, order: &str| {
        let mut query = Query::new(format!("SELECT {columns} FROM {table} r WHERE TRUE"));
        query.and("r.order_id = ?", id.0);
        query.push(order);
        query
    };
    let by_number = " ORDER BY r.number";
    vec![
        of(columns::<Refund>("r"), "refunds", by_number),
        of(columns::<FulfillmentOrder>("r"), "fulfillment_orders", by_number),
        of(columns::<Parcel>("r"), "parcels", by_number),
        of(columns::<ParcelLine>("r"), "parcel_lines", " ORDER BY r.parcel, r.line, r.lot_id"),
        of(columns::<Shipment>("r"), "shipments", by_number),
        of(columns::<TrackingEvent>("r"), "tracking_events", by_number),
        of(columns::<Return>("r"), "returns", by_number),
        of(columns::<ReturnLine>("r"), "return_lines", " ORDER BY r.return_number, r.line, r.state"),
        {
            let mut query =
                Query::new("SELECT l.id, l.code FROM locations l JOIN returns r ON r.location_id = l.id WHERE TRUE");
            query.and("r.order_id = ?", id.0);
            query
        },
    ]
}

fn records<T: Record>(rows: Vec<Row>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(|mut row| T::read(&mut row)).collect()
}

fn noted<T: Record>(rows: Vec<Row>) -> Result<Vec<(T, Option<String>)>, StoreError> {
    rows.into_iter().map(|mut row| Ok((T::read(&mut row)?, row.take()?))).collect()
}

fn detail(found: Vec<Vec<Row>>) -> Result<Option<OrderDetail>, StoreError> {
    let mut found = found.into_iter();
    let mut next = || found.next().unwrap_or_default();
    let Some(mut row) = next().into_iter().next() else {
        return Ok(None);
    };
    let head = OrderHead::read(&mut row)?;
    let (channel, customer) = (row.take()?, row.take()?);
    let party = party(&mut row)?;
    let ship_to = address(&mut row)?;
    let (instructions, position) = (row.take()?, row.take::<Option<i64>>()?.unwrap_or_default());
    let (lines, charges) = (noted(next())?, records(next())?);
    let mut locations = BTreeMap::new();
    let mut allocations = Vec::new();
    for mut row in next() {
        let allocation = Allocation::read(&mut row)?;
        locations.insert(allocation.location_id, row.take()?);
        allocations.push(allocation);
    }
    let mut detail = OrderDetail {
        head,
        position,
        channel,
        customer,
        party,
        ship_to,
        instructions,
        lines,
        charges,
        allocations,
        holds: noted(next())?,
        payments: records(next())?,
        transactions: records(next())?,
        refunds: records(next())?,
        fulfillment_orders: records(next())?,
        parcels: records(next())?,
        parcel_lines: records(next())?,
        shipments: records(next())?,
        tracking: records(next())?,
        returns: records(next())?,
        return_lines: records(next())?,
        locations,
    };
    for mut row in next() {
        detail.locations.insert(row.take()?, row.take()?);
    }
    Ok(Some(detail))
}

/// Reads an address's id and columns; an address that was erased is gone.
pub(super) fn address(row: &mut Row) -> Result<Option<Address>, StoreError> {
    let id = row.take::<Option<Id>>()?;
    let address = Address {
        name: row.take()?,
        company: row.take()?,
        line1: row.take()?,
        line2: row.take()?,
        city: row.take()?,
        region: row.take()?,
        postal_code: row.take()?,
        country: row.take::<Option<String>>()?.unwrap_or_default(),
        phone: row.take()?,
    };
    Ok(id.map(|_| address))
}
