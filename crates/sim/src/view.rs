//! An order as a client reads it before deciding what to ask for.

use waybill_domain::catalog::item::Supply;
use waybill_domain::ids::{LocationId, OrderId};
use waybill_domain::order::{HoldState, Lifecycle};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::shipping::ParcelState;
use waybill_store::{Store, StoreError, Value};

#[derive(Clone, Debug)]
pub struct LineView {
    pub number: u32,
    pub supply: Supply,
    pub unshipped: i64,
    pub returnable: i64,
    pub at_supplier: i64,
}

/// A fulfillment order.
#[derive(Clone, Debug)]
pub struct Work {
    pub number: u32,
    pub location: LocationId,
    pub assignee: Option<String>,
}

/// Units of a line that a fulfillment order works on.
#[derive(Clone, Debug)]
pub struct WorkLine {
    pub work: u32,
    pub line: u32,
    pub allocated: i64,
    pub picked: i64,
}

#[derive(Clone, Debug)]
pub struct ParcelView {
    pub number: u32,
    pub work: u32,
    pub state: ParcelState,
}

#[derive(Clone, Debug)]
pub struct PaymentView {
    pub number: u32,
    pub method: PaymentMethod,
    /// Authorized and not captured.
    pub open: i64,
}

#[derive(Clone, Debug)]
pub struct View {
    pub id: OrderId,
    pub lifecycle: Lifecycle,
    pub version: i64,
    /// What it costs, and what of that has been received and kept, in minor units.
    pub total: i64,
    pub kept: i64,
    pub lines: Vec<LineView>,
    pub works: Vec<Work>,
    pub work_lines: Vec<WorkLine>,
    pub parcels: Vec<ParcelView>,
    pub payments: Vec<PaymentView>,
    /// The numbers of its holds, and whether each is active.
    pub holds: Vec<(u32, bool)>,
}

const STATEMENTS: [&str; 7] = [
    "SELECT lifecycle, sequence, goods + tax + charges, received - refunded - charged_back FROM orders WHERE id = $1",
    "SELECT number, supply, ordered - cancelled - shipped, shipped - returned, at_supplier FROM order_lines \
     WHERE order_id = $1 ORDER BY number",
    "SELECT number, location_id, assignee FROM fulfillment_orders WHERE order_id = $1 ORDER BY number",
    "SELECT fulfillment_order, line, allocated, picked FROM allocations WHERE order_id = $1 ORDER BY number",
    "SELECT number, fulfillment_order, state FROM parcels WHERE order_id = $1 ORDER BY number",
    "SELECT number, method, authorized - received FROM payments WHERE order_id = $1 ORDER BY number",
    "SELECT number, state FROM holds WHERE order_id = $1 ORDER BY number",
];

/// Reads an order; None where there is none.
///
/// # Errors
/// Where the store cannot be read.
pub async fn read(store: &dyn Store, id: OrderId) -> Result<Option<View>, StoreError> {
    let params = [Value::Id(id.0)];
    let results = store.read_together(&STATEMENTS.map(|sql| (sql, &params[..]))).await?;
    let mut results = results.into_iter();
    let mut next = || results.next().unwrap_or_default().into_iter();
    let Some(mut head) = next().next() else { return Ok(None) };
    Ok(Some(View {
        id,
        lifecycle: head.take()?,
        version: head.take()?,
        total: head.take()?,
        kept: head.take()?,
        lines: next()
            .map(|mut row| {
                Ok(LineView {
                    number: row.take()?,
                    supply: row.take()?,
                    unshipped: row.take()?,
                    returnable: row.take()?,
                    at_supplier: row.take()?,
                })
            })
            .collect::<Result<_, StoreError>>()?,
        works: next()
            .map(|mut row| Ok(Work { number: row.take()?, location: row.take()?, assignee: row.take()? }))
            .collect::<Result<_, StoreError>>()?,
        work_lines: next()
            .map(|mut row| {
                Ok(WorkLine { work: row.take()?, line: row.take()?, allocated: row.take()?, picked: row.take()? })
            })
            .collect::<Result<_, StoreError>>()?,
        parcels: next()
            .map(|mut row| Ok(ParcelView { number: row.take()?, work: row.take()?, state: row.take()? }))
            .collect::<Result<_, StoreError>>()?,
        payments: next()
            .map(|mut row| Ok(PaymentView { number: row.take()?, method: row.take()?, open: row.take()? }))
            .collect::<Result<_, StoreError>>()?,
        holds: next()
            .map(|mut row| Ok((row.take()?, row.take::<HoldState>()? == HoldState::Active)))
            .collect::<Result<_, StoreError>>()?,
    }))
}
