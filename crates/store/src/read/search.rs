//! One box for everything: orders, customers and items that match what somebody typed.

use super::customers::{self, CustomerFilter, CustomerRow};
use super::orders::{self, OrderFilter, OrderRow};
use super::query::Query;
use super::{Page, PageRequest, ReadError, Viewer, catalog};
use crate::backend::Store;
use crate::record::{Record, columns};
use crate::search::Search;
use std::collections::BTreeSet;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::Item;
use waybill_domain::ids::ItemId;

/// Of each kind at most.
pub const EACH_MAX: u32 = 10;

/// What was found. A kind that the viewer may not read is empty.
#[derive(Clone, Debug)]
pub struct Found {
    pub orders: Page<OrderRow>,
    pub customers: Page<CustomerRow>,
    pub items: Page<Item>,
}

/// The best matches of each kind.
pub async fn search(store: &dyn Store, viewer: &Viewer, search: &Search) -> Result<Found, ReadError> {
    viewer.must(&[Permission::OrdersRead, Permission::CustomersRead, Permission::CatalogRead])?;
    let page = PageRequest { limit: Some(EACH_MAX), after: None };
    let mut found = Found { orders: Page::empty(), customers: Page::empty(), items: Page::empty() };
    if viewer.may(Permission::OrdersRead) {
        let filter = OrderFilter { search: Some(search.clone()), ..OrderFilter::default() };
        found.orders = orders::orders(store, viewer, &filter, &page).await?;
    }
    if viewer.may(Permission::CustomersRead) {
        let filter = CustomerFilter { search: Some(search.clone()), ..CustomerFilter::default() };
        found.customers = customers::customers(store, viewer, &filter, &page).await?;
    }
    if viewer.may(Permission::CatalogRead) {
        found.items = items(store, viewer, search).await?;
    }
    Ok(found)
}

/// Items whose SKU begins with what was typed, as it is or in capitals, by SKU, so that the exact one is first; behind them
/// those that [`catalog::suggest_items`] knows by their GTIN or name.
async fn items(store: &dyn Store, viewer: &Viewer, search: &Search) -> Result<Page<Item>, ReadError> {
    let limit = EACH_MAX as usize;
    let mut items = items_by_sku(store, search, limit + 1).await?;
    if items.len() <= limit && !search.terms().is_empty() {
        let suggested = catalog::suggest_items(store, viewer, search.text(), limit + 1).await?;
        let known: BTreeSet<ItemId> = items.iter().map(|item| item.id).collect();
        items.extend(suggested.into_iter().filter(|item| !known.contains(&item.id)));
    }
    Ok(Page::cut(items, limit, |item| vec![item.sku.as_str().into()]))
}

async fn items_by_sku(store: &dyn Store, search: &Search, limit: usize) -> Result<Vec<Item>, ReadError> {
    let codes = search.codes();
    let queries: Vec<Query> = codes
        .into_iter()
        .filter(|code| !code.is_empty())
        .map(|code| {
            let mut query = Query::new(format!("SELECT {} FROM items t WHERE NOT t.archived", columns::<Item>("t")));
            query.and("t.sku < ?", format!("{code}\u{10ffff}"));
            query.and("t.sku >= ?", code);
            query.order_and_limit("t.sku", limit);
            query
        })
        .collect();
    let rows = Query::together(&queries.iter().collect::<Vec<_>>(), store).await?.into_iter().flatten();
    let mut items = rows.map(|mut row| Item::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    items.sort_by(|one, other| one.sku.cmp(&other.sku));
    items.dedup_by(|one, other| one.sku == other.sku);
    Ok(items)
}
