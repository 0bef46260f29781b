//! What the people of a location need beside their queue: where they may work, what a scanned thing is and who waits for
//! it, and what goes into a parcel's slip.

use super::order::address;
use super::query::Query;
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use waybill_domain::actor::Permission;
use waybill_domain::ids::{FulfillmentOrderId, ItemId, LocationId};
use waybill_domain::order::OrderNumber;
use waybill_domain::personal::Address;
use waybill_domain::quantity::Quantity;
use waybill_domain::time::Date;

const READERS: &[Permission] = &[Permission::OrdersRead, Permission::FulfillmentWrite];

/// Most urgent work that is looked through for a scanned item.
const SEARCHED_MAX: i64 = 500;
/// Orders named that want it.
const NAMED_MAX: i64 = 3;

/// A location where somebody works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub id: LocationId,
    pub code: String,
    pub name: String,
}

/// The viewer's locations, by code; archived ones are left out.
pub async fn places(store: &dyn Store, viewer: &Viewer) -> Result<Vec<Place>, ReadError> {
    viewer.must(READERS)?;
    let mut query = Query::new("SELECT l.id, l.code, l.name FROM locations l WHERE l.archived = FALSE");
    query.within("l.id", &viewer.actor().locations, |id| id.0);
    query.push(" ORDER BY l.code");
    let rows = query.rows(store).await?;
    let places = rows.into_iter().map(|mut row| Ok(Place { id: row.take()?, code: row.take()?, name: row.take()? }));
    Ok(places.collect::<Result<_, StoreError>>()?)
}

/// An item under somebody's scanner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    pub sku: String,
    pub name: String,
    /// Open orders at the viewer's locations (or the one asked for) that still need units, most urgent first.
    pub wanted_by: Vec<OrderNumber>,
}

/// What has this code as its SKU, or one of `gtins` as its number; and whose it could be. `location` is a location's
/// code.
pub async fn scanned(
    store: &dyn Store,
    viewer: &Viewer,
    code: &str,
    gtins: &[String],
    location: Option<&str>,
) -> Result<Option<Scanned>, ReadError> {
    viewer.must(READERS)?;
    let mut item = Query::new("SELECT i.id, i.sku, i.name FROM items i WHERE TRUE");
    item.and("i.sku = ?", code);
    let mut found = item.rows(store).await?;
    if found.is_empty() && !gtins.is_empty() {
        let mut item = Query::new("SELECT i.id, i.sku, i.name FROM items i WHERE i.gtin IS NOT NULL");
        let places: Vec<_> = gtins.iter().map(|gtin| item.bind(gtin.as_str())).collect();
        item.push(&format!(" AND i.gtin IN ({})", places.join(", ")));
        found = item.rows(store).await?;
    }
    let Some(row) = found.first_mut() else {
        return Ok(None);
    };
    let (item, sku, name): (ItemId, String, String) = (row.take()?, row.take()?, row.take()?);
    let mut query = Query::new(
        "SELECT w.number FROM (SELECT f.order_id, f.number AS work, f.priority, o.number FROM fulfillment_orders f \
         JOIN orders o ON o.id = f.order_id WHERE f.state IN ('open', 'in_progress')",
    );
    query.within("f.location_id", &viewer.actor().locations, |id| id.0);
    query.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    query.and_some("f.location_id = (SELECT x.id FROM locations x WHERE x.code = ?)", location);
    query.order_and_limit("f.priority DESC, f.order_id, f.number", SEARCHED_MAX as usize);
    query.push(") w WHERE TRUE");
    query.and(
        "EXISTS (SELECT 1 FROM allocations a WHERE a.order_id = w.order_id AND a.fulfillment_order = w.work \
         AND a.item_id = ? AND a.allocated + a.picked > 0)",
        item.0,
    );
    query.order_and_limit("w.priority DESC, w.order_id", NAMED_MAX as usize);
    let rows = query.rows(store).await?;
    let wanted_by = rows.into_iter().map(|mut row| row.take()).collect::<Result<_, StoreError>>()?;
    Ok(Some(Scanned { sku, name, wanted_by }))
}

/// Units of a line in a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub parcel: u32,
    pub line: u32,
    pub quantity: Quantity,
}

/// Units of a line that are in no parcel yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToCome {
    pub line: u32,
    pub sku: String,
    pub name: String,
    pub precision: u32,
    /// Neither packed nor shipped nor cancelled.
    pub quantity: Quantity,
    pub expected_on: Option<Date>,
}

/// What is written on the slips of a fulfillment order's parcels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Who ordered.
    pub name: Option<String>,
    pub ship_to: Option<Address>,
    pub instructions: Option<String>,
    pub po_number: Option<String>,
    pub external_ref: Option<String>,
    /// Every line of the order, where nothing is to come with a quantity of zero.
    pub lines: Vec<ToCome>,
    pub contents: Vec<Content>,
}

/// The slips of one fulfillment order at one of the viewer's locations.
pub async fn slip(store: &dyn Store, viewer: &Viewer, id: FulfillmentOrderId) -> Result<Option<Slip>, ReadError> {
    viewer.must(READERS)?;
    let mut head = Query::new(
        "SELECT COALESCE(p.name, p.company), a.id, a.name, a.company, a.line1, a.line2, a.city, a.region, \
         a.postal_code, a.country, a.phone, t.body, o.po_number, o.external_ref FROM fulfillment_orders f \
         JOIN orders o ON o.id = f.order_id LEFT JOIN parties p ON p.id = o.party_id \
         LEFT JOIN addresses a ON a.id = o.ship_to LEFT JOIN texts t ON t.id = o.instructions WHERE TRUE",
    );
    head.and("f.order_id = ?", id.order_id.0);
    head.and("f.number = ?", i64::from(id.number));
    head.within("f.location_id", &viewer.actor().locations, |id| id.0);
    head.within("o.channel_id", &viewer.actor().channels, |id| id.0);
    let mut lines = Query::new(
        "SELECT r.number, r.sku, i.name, r.precision, r.ordered - r.cancelled - r.packed - r.shipped, r.expected_on \
         FROM order_lines r JOIN items i ON i.id = r.item_id WHERE TRUE",
    );
    lines.and("r.order_id = ?", id.order_id.0);
    lines.push(" ORDER BY r.number");
    let mut contents = Query::new(
        "SELECT c.parcel, c.line, CAST(SUM(c.quantity) AS BIGINT) FROM parcel_lines c JOIN parcels x \
         ON x.order_id = c.order_id AND x.number = c.parcel WHERE x.state <> 'void'",
    );
    contents.and("c.order_id = ?", id.order_id.0);
    contents.and("x.fulfillment_order = ?", i64::from(id.number));
    contents.push(" GROUP BY c.parcel, c.line ORDER BY c.parcel, c.line");
    let mut found = Query::together(&[&head, &lines, &contents], store).await?.into_iter();
    let mut next = || found.next().unwrap_or_default();
    let Some(mut row) = next().into_iter().next() else {
        return Ok(None);
    };
    let mut slip = Slip {
        name: row.take()?,
        ship_to: address(&mut row)?,
        instructions: row.take()?,
        po_number: row.take()?,
        external_ref: row.take()?,
        lines: Vec::new(),
        contents: Vec::new(),
    };
    for mut row in next() {
        slip.lines.push(ToCome {
            line: row.take()?,
            sku: row.take()?,
            name: row.take()?,
            precision: row.take()?,
            quantity: row.take()?,
            expected_on: row.take()?,
        });
    }
    for mut row in next() {
        slip.contents.push(Content { parcel: row.take()?, line: row.take()?, quantity: row.take()? });
    }
    Ok(Some(slip))
}
