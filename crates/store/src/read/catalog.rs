//! Items, locations and channels: lists and one by its code.

use super::cursor;
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer};
use crate::backend::Store;
use crate::error::StoreError;
use crate::record::Record;
use crate::record::columns;
use crate::value::{ColumnKind, Row, Value};
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::Item;
use waybill_domain::catalog::location::Location;
use waybill_domain::ids::ItemId;

/// Which of the catalog's records are wanted.
#[derive(Clone, Debug, Default)]
pub struct CatalogFilter {
    /// Only archived ones, or only those that are not.
    pub archived: Option<bool>,
    /// The code (SKU) begins with this.
    pub prefix: Option<String>,
    /// The code or the name contains this, in whatever case.
    pub text: Option<String>,
}

async fn list<T: Record>(
    store: &dyn Store,
    base: Query,
    code_column: &str,
    filter: &CatalogFilter,
    page: &PageRequest,
    code: impl Fn(&T) -> &str,
) -> Result<Page<T>, ReadError> {
    let mut query = base;
    query.and_some("t.archived = ?", filter.archived);
    if let Some(prefix) = &filter.prefix {
        // Not by comparing: what sorts before what depends on the database's collation.
        query.and(&format!("substr(t.{code_column}, 1, length(CAST(? AS TEXT))) = ?"), prefix.as_str());
    }
    if let Some(text) = &filter.text {
        query.and_contains(&[&format!("t.{code_column}"), "t.name"], text);
    }
    if let Some(after) = &page.after {
        query.after(&[&format!("t.{code_column}")], cursor::decode(after, &[ColumnKind::Text])?);
    }
    query.order_and_limit(&format!("t.{code_column}"), page.limit() + 1);
    let rows = query.rows(store).await?;
    let rows = rows.into_iter().map(|mut row| T::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page.limit(), |row| vec![Value::from(code(row))]))
}

fn base<T: Record>() -> Query {
    Query::new(format!("SELECT {} FROM {} t WHERE TRUE", columns::<T>("t"), T::table().name))
}

async fn one<T: Record>(store: &dyn Store, query: &Query) -> Result<Option<T>, ReadError> {
    Ok(query.rows(store).await?.first_mut().map(|row: &mut Row| T::read(row)).transpose()?)
}

/// Items by SKU.
pub async fn items(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &CatalogFilter,
    page: &PageRequest,
) -> Result<Page<Item>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    list(store, base::<Item>(), "sku", filter, page, |item: &Item| &item.sku).await
}

pub async fn item(store: &dyn Store, viewer: &Viewer, sku: &str) -> Result<Option<Item>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    let mut query = base::<Item>();
    query.and("t.sku = ?", sku);
    one(store, &query).await
}

/// Those of some SKUs (1,000 at most) that there are, each with whether stock of it was ever posted.
pub async fn items_of(store: &dyn Store, viewer: &Viewer, skus: &[String]) -> Result<Vec<(Item, bool)>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(format!(
        "SELECT {}, EXISTS (SELECT 1 FROM stock_levels s WHERE s.item_id = t.id AND s.postings > 0) FROM items t WHERE TRUE",
        columns::<Item>("t")
    ));
    let places: Vec<_> = skus.iter().take(1_000).map(|sku| query.bind(sku.as_str())).collect();
    query.push(&format!(" AND t.sku IN ({})", places.join(", ")));
    let rows = query.rows(store).await?;
    let rows = rows.into_iter().map(|mut row| Ok((Item::read(&mut row)?, row.take()?)));
    Ok(rows.collect::<Result<_, StoreError>>()?)
}

/// Locations in the viewer's scope, by code.
pub async fn locations(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &CatalogFilter,
    page: &PageRequest,
) -> Result<Page<Location>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    let mut query = base::<Location>();
    query.within("t.id", &viewer.actor().locations, |id| id.0);
    list(store, query, "code", filter, page, |location: &Location| &location.code).await
}

pub async fn location(store: &dyn Store, viewer: &Viewer, code: &str) -> Result<Option<Location>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    let mut query = base::<Location>();
    query.within("t.id", &viewer.actor().locations, |id| id.0);
    query.and("t.code = ?", code);
    one(store, &query).await
}

/// Every location, whatever the scope and permissions: to read codes of a request, never to show.
pub async fn location_codes(store: &dyn Store) -> Result<Vec<Location>, ReadError> {
    let rows = base::<Location>().rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Location::read(&mut row)).collect::<Result<Vec<_>, _>>()?)
}

/// Channels in the viewer's scope, by code.
pub async fn channels(
    store: &dyn Store,
    viewer: &Viewer,
    filter: &CatalogFilter,
    page: &PageRequest,
) -> Result<Page<Channel>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    let mut query = base::<Channel>();
    query.within("t.id", &viewer.actor().channels, |id| id.0);
    list(store, query, "code", filter, page, |channel: &Channel| &channel.code).await
}

pub async fn channel(store: &dyn Store, viewer: &Viewer, code: &str) -> Result<Option<Channel>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    let mut query = base::<Channel>();
    query.within("t.id", &viewer.actor().channels, |id| id.0);
    query.and("t.code = ?", code);
    one(store, &query).await
}

/// Every channel, whatever the scope and permissions: to read codes of a request, never to show.
pub async fn channel_codes(store: &dyn Store) -> Result<Vec<Channel>, ReadError> {
    let rows = base::<Channel>().rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Channel::read(&mut row)).collect::<Result<Vec<_>, _>>()?)
}

/// Some items (1,000 at most), whatever the permissions: to name what somebody may see.
pub async fn items_by_id(store: &dyn Store, of: &[ItemId]) -> Result<BTreeMap<ItemId, Item>, ReadError> {
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut query = base::<Item>();
    let places: Vec<_> = of.iter().take(1_000).map(|id| query.bind(id.0)).collect();
    query.push(&format!(" AND t.id IN ({})", places.join(", ")));
    let rows = query.rows(store).await?;
    let read = |mut row: Row| Item::read(&mut row).map(|item| (item.id, item));
    Ok(rows.into_iter().map(read).collect::<Result<_, StoreError>>()?)
}

/// The items that have one of these GTINs (5,000 at most), whatever the permissions: to name what somebody scans.
pub async fn items_by_gtin(store: &dyn Store, gtins: &[String]) -> Result<Vec<Item>, ReadError> {
    if gtins.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = base::<Item>();
    let places: Vec<_> = gtins.iter().take(5_000).map(|gtin| query.bind(gtin.as_str())).collect();
    query.push(&format!(" AND t.gtin IS NOT NULL AND t.gtin IN ({})", places.join(", ")));
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Item::read(&mut row)).collect::<Result<_, StoreError>>()?)
}

/// The names of some items (1,000 at most), whatever the permissions: to name the lines of what somebody may see.
pub async fn item_names(store: &dyn Store, of: &[ItemId]) -> Result<BTreeMap<ItemId, String>, ReadError> {
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut query = Query::new("SELECT t.id, t.name FROM items t WHERE TRUE");
    let places: Vec<_> = of.iter().take(1_000).map(|id| query.bind(id.0)).collect();
    query.push(&format!(" AND t.id IN ({})", places.join(", ")));
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect::<Result<_, StoreError>>()?)
}

/// Items that somebody may mean while typing: of that GTIN, whose SKU begins with the text, or whose name has every word
/// of it; by SKU, `limit` at most. Letters beyond ASCII count as typed.
pub async fn suggest_items(
    store: &dyn Store,
    viewer: &Viewer,
    text: &str,
    limit: usize,
) -> Result<Vec<Item>, ReadError> {
    viewer.must(&[Permission::CatalogRead])?;
    let mut query = base::<Item>();
    query.push(" AND NOT t.archived AND (");
    let (gtin, sku) = (query.bind(text), query.bind(text.to_ascii_uppercase()));
    query.push(&format!(
        "t.gtin = {gtin} OR substr(upper(t.sku), 1, length(CAST({sku} AS TEXT))) = CAST({sku} AS TEXT) OR (TRUE"
    ));
    for word in text.split_whitespace().take(8) {
        // LIKE with what a person typed: % and _ mean themselves.
        let escaped = word.to_ascii_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let place = query.bind(format!("%{escaped}%"));
        query.push(&format!(" AND lower(t.name) LIKE {place} ESCAPE '!'"));
    }
    query.push("))");
    query.order_and_limit("t.sku", limit);
    let rows = query.rows(store).await?;
    Ok(rows.into_iter().map(|mut row| Item::read(&mut row)).collect::<Result<Vec<_>, _>>()?)
}
