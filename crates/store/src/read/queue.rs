//! The work of the locations: what to pick, pack and ship, most urgent first.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use waybill_domain::actor::Permission;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::ids::{FulfillmentOrderId, LotId, OrderId};
use waybill_domain::order::{HoldKind, OrderNumber, Step, Steps};
use waybill_domain::quantity::Quantity;
use waybill_domain::shipping::Parcel;
use waybill_domain::time::Date;

/// Units of a line that one fulfillment order works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkLine {
    pub line: u32,
    pub sku: String,
    pub name: String,
    pub gtin: Option<String>,
    /// The unit that quantities count: `each`, `kg`, `m`.
    pub unit: String,
    /// Decimals of the unit that quantities carry.
    pub precision: u32,
    /// What one unit weighs.
    pub weight_g: Option<i64>,
    pub lot_id: LotId,
    pub allocated: Quantity,
    pub picked: Quantity,
    pub packed: Quantity,
    pub shipped: Quantity,
}

/// An active hold of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkHold {
    pub kind: HoldKind,
    pub steps: Steps,
    /// The line it is about; 0 for the whole order.
    pub line: u32,
}

/// A fulfillment order with its lines and parcels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    pub fulfillment_order: FulfillmentOrder,
    pub order_number: OrderNumber,
    /// The location's code.
    pub location: String,
    /// The channel's code.
    pub channel: String,
    pub country: Option<String>,
    pub requested_by: Option<Date>,
    /// How many active holds the order has.
    pub holds_active: i64,
    /// The active holds.
    pub holds: Vec<WorkHold>,
    pub lines: Vec<WorkLine>,
    pub parcels: Vec<Parcel>,
}

impl Work {
    /// The kinds of the holds that keep the whole order from a step.
    pub fn holds_on(&self, step: Step) -> impl Iterator<Item = HoldKind> {
        self.holds.iter().filter(move |hold| hold.line == 0 && hold.steps.contains(step)).map(|hold| hold.kind)
    }
}

/// What there is to do next for some units of a fulfillment order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Units are allocated.
    Pick,
    /// Units are picked and in no parcel.
    Pack,
    /// A parcel is packed and has not left.
    Ship,
}

#[derive(Clone, Debug, Default)]
pub struct WorkFilter {
    /// The location's code.
    pub location: Option<String>,
    /// Only what waits for this.
    pub stage: Option<Stage>,
    /// Only work that somebody has begun, or only what nobody has.
    pub begun: Option<bool>,
    /// Only what no packed parcel waits of.
    pub unpacked: bool,
    /// Only whose this is.
    pub assignee: Option<String>,
    /// Only this order's.
    pub order: Option<OrderNumber>,
    /// Closed and cancelled work too.
    pub ended: bool,
}

/// Whether a packed parcel of the fulfillment order `f` waits.
pub(super) const HAS_PACKED: &str = "EXISTS (SELECT 1 FROM parcels b WHERE b.order_id = f.order_id \
    AND b.fulfillment_order = f.number AND b.state = 'packed')";

const READERS: &[Permission] = &[Permission::OrdersRead, Permission::FulfillmentWrite];

/// Fulfillment orders, from which a page is chosen before anything is joined to it: much may be open at once.
fn chosen(viewer: &Viewer) -> Query {
    let mut query = Query::new(format!(
        "SELECT {}, o.number, l.code, ch.code, o.country, o.requested_by, o.holds_active \
         FROM (SELECT {} FROM fulfillment_orders f WHERE TRUE",
        columns::<FulfillmentOrder>("w"),
        columns::<FulfillmentOrder>("f")
    ));
    query.within("f.location_id", &viewer.actor().locations, |id| id.0);
    if let Some(channel) = query.contained("s.channel_id", &viewer.actor().channels, |id| id.0) {
        query.push(&format!(" AND EXISTS (SELECT 1 FROM orders s WHERE s.id = f.order_id AND {channel})"));
    }
    query
}

/// The chosen ones with what their orders say.
async fn joined(mut chosen: Query, store: &dyn Store) -> Result<Vec<Work>, ReadError> {
    chosen.push(
        ") w JOIN orders o ON o.id = w.order_id JOIN locations l ON l.id = w.location_id \
         JOIN channels ch ON ch.id = o.channel_id ORDER BY w.priority DESC, w.order_id, w.number",
    );
    Ok(chosen.rows(store).await?.iter_mut().map(read).collect::<Result<Vec<_>, _>>()?)
}

fn read(row: &mut Row) -> Result<Work, StoreError> {
    Ok(Work {
        fulfillment_order: FulfillmentOrder::read(row)?,
        order_number: row.take()?,
        location: row.take()?,
        channel: row.take()?,
        country: row.take()?,
        requested_by: row.take()?,
        holds_active: row.take()?,
        holds: Vec::new(),
        lines: Vec::new(),
        parcels: Vec::new(),
    })
}

/// The condition that something allocated to the fulfillment order is so.
fn having(condition: &str) -> String {
    format!(
        " AND EXISTS (SELECT 1 FROM allocations x WHERE x.order_id = f.order_id AND x.fulfillment_order = f.number \
         AND {condition})"
    )
}

/// Open work at the viewer's locations, most urgent first.
pub async fn queue(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &WorkFilter,
    page: &PageRequest,
) -> Result<Page<Work>, ReadError> {
    viewer.must(READERS)?;
    let mut query = chosen(viewer);
    if !filter.ended {
        query.push(" AND f.state IN ('open', 'in_progress')");
    }
    // Somebody has few of the many that wait at a location. One row of `=` would take SQLite through all of those.
    let at = if filter.assignee.is_some() { "IN" } else { "=" };
    let at = format!("f.location_id {at} (SELECT x.id FROM locations x WHERE x.code = ?)");
    query.and_some(&at, filter.location.as_deref());
    query.and_some("f.order_id = (SELECT x.id FROM orders x WHERE x.number = ?)", filter.order.map(|number| number.0));
    query.and_some("f.assignee = ?", filter.assignee.as_deref());
    match filter.begun {
        Some(true) => query.push(" AND f.state = 'in_progress'"),
        Some(false) => query.push(" AND f.state = 'open'"),
        None => {}
    }
    match filter.stage {
        Some(Stage::Pick) => query.push(&having("x.allocated > 0")),
        Some(Stage::Pack) => query.push(&having("x.picked > 0")),
        Some(Stage::Ship) => query.push(&format!(" AND {HAS_PACKED}")),
        None => {}
    }
    if filter.unpacked {
        query.push(&format!(" AND NOT {HAS_PACKED}"));
    }
    if let Some(after) = &page.after {
        let mut key = cursor::decode(after, &[ColumnKind::Int, ColumnKind::Id, ColumnKind::Int])?.into_iter();
        let mut next = || query.bind(key.next().unwrap_or(Value::Null));
        let (priority, order, number) = (next(), next(), next());
        query.push(&format!(
            " AND (f.priority < {priority} OR (f.priority = {priority} AND (f.order_id, f.number) > ({order}, {number})))"
        ));
    }
    query.order_and_limit("f.priority DESC, f.order_id, f.number", page.limit() + 1);
    let mut page = Page::cut(joined(query, store).await?, page.limit(), |row| {
        let work = &row.fulfillment_order;
        vec![Value::Int(work.priority), Value::Id(work.order_id.0), Value::Int(work.number.into())]
    });
    fill(store, &mut page.rows).await?;
    Ok(page)
}

/// One fulfillment order at one of the viewer's locations.
pub async fn work(store: &dyn Store, viewer: &Viewer, id: FulfillmentOrderId) -> Result<Option<Work>, ReadError> {
    viewer.must(READERS)?;
    let mut query = chosen(viewer);
    query.and("f.order_id = ?", id.order_id.0);
    query.and("f.number = ?", i64::from(id.number));
    let mut found = joined(query, store).await?;
    fill(store, &mut found).await?;
    Ok(found.into_iter().next())
}

/// Adds the lines and parcels.
async fn fill(store: &dyn Store, works: &mut [Work]) -> Result<(), ReadError> {
    let mut orders: Vec<OrderId> = works.iter().map(|work| work.fulfillment_order.order_id).collect();
    orders.sort();
    orders.dedup();
    if orders.is_empty() {
        return Ok(());
    }
    let of = |text: &str, order: &str| {
        let mut query = Query::new(text);
        let places: Vec<_> = orders.iter().map(|id| query.bind(id.0)).collect();
        query.push(&format!(" IN ({}){order}", places.join(", ")));
        query
    };
    let lines = of(
        "SELECT a.order_id, a.fulfillment_order, a.line, r.sku, i.name, i.gtin, i.unit, r.precision, i.weight_g, \
         a.lot_id, CAST(SUM(a.allocated) AS BIGINT), CAST(SUM(a.picked) AS BIGINT), CAST(SUM(a.packed) AS BIGINT), CAST(SUM(a.shipped) AS BIGINT) \
         FROM allocations a JOIN order_lines r ON r.order_id = a.order_id AND r.number = a.line \
         JOIN items i ON i.id = a.item_id WHERE a.order_id",
        " GROUP BY a.order_id, a.fulfillment_order, a.line, r.sku, i.name, i.gtin, i.unit, r.precision, i.weight_g, a.lot_id \
         ORDER BY a.order_id, a.line, a.lot_id",
    );
    let parcels = of(
        &format!("SELECT {} FROM parcels p WHERE p.order_id", columns::<Parcel>("p")),
        " ORDER BY p.order_id, p.number",
    );
    let holds = of(
        "SELECT h.order_id, h.kind, h.steps, h.line FROM holds h WHERE h.state = 'active' AND h.order_id",
        " ORDER BY h.order_id, h.number",
    );
    let mut found = Query::together(&[&lines, &parcels, &holds], store).await?.into_iter();
    let find = |works: &mut [Work], order: OrderId, number: u32| {
        works
            .iter()
            .position(|work| work.fulfillment_order.order_id == order && work.fulfillment_order.number == number)
    };
    for mut row in found.next().unwrap_or_default() {
        let (order, number) = (row.take()?, row.take()?);
        let line = WorkLine {
            line: row.take()?,
            sku: row.take()?,
            name: row.take()?,
            gtin: row.take()?,
            unit: row.take()?,
            precision: row.take()?,
            weight_g: row.take()?,
            lot_id: row.take()?,
            allocated: row.take()?,
            picked: row.take()?,
            packed: row.take()?,
            shipped: row.take()?,
        };
        if let Some(place) = find(works, order, number) {
            works[place].lines.push(line);
        }
    }
    for mut row in found.next().unwrap_or_default() {
        let parcel = Parcel::read(&mut row)?;
        if let Some(place) = find(works, parcel.order_id, parcel.fulfillment_order) {
            works[place].parcels.push(parcel);
        }
    }
    for mut row in found.next().unwrap_or_default() {
        let order: OrderId = row.take()?;
        let hold = WorkHold { kind: row.take()?, steps: row.take()?, line: row.take()? };
        for work in works.iter_mut().filter(|work| work.fulfillment_order.order_id == order) {
            work.holds.push(hold.clone());
        }
    }
    Ok(())
}
