//! What the form offers while somebody types: items with what is there of them, customers with what they bought.

use super::super::customers::{self as known, Note};
use super::super::look::{self, Look};
use super::super::{page, status};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::{Item, Supply};
use waybill_domain::ids::ItemId;
use waybill_domain::money::Currency;
use waybill_domain::personal::Address;
use waybill_domain::quantity::Quantity;
use waybill_store::read::customers::{self, CustomerFilter};
use waybill_store::read::order::{self, OrderKey};
use waybill_store::read::orders::{self, OrderFilter};
use waybill_store::read::sold::{self, LastPrice};
use waybill_store::read::{PageRequest, Viewer, catalog};
use waybill_store::search::Search;

/// Offered at once.
const OFFERED: u32 = 8;

/// Named at once.
const NAMED_MAX: usize = 100;

/// Notes about a customer shown beside a new order.
const NOTES_OFFERED: usize = 3;

#[derive(Debug)]
struct ItemOption {
    sku: String,
    name: String,
    stock: Stock,
    unit: String,
    /// What it was last sold at, where that was asked for and it ever was.
    last: Option<Last>,
}

#[derive(Debug)]
struct Last {
    /// As it is typed.
    price: String,
    /// Where that comes from: `as in W-100042 on Nov 20`.
    says: String,
}

#[derive(Debug)]
struct CustomerOption {
    code: String,
    name: String,
    company: String,
    email: String,
    phone: String,
    tier: String,
}

#[derive(Template)]
#[template(path = "entry/items.html")]
struct ItemOptions {
    items: Vec<ItemOption>,
}

#[derive(Template)]
#[template(path = "entry/customers.html")]
struct CustomerOptions {
    customers: Vec<CustomerOption>,
}

#[derive(Template)]
#[template(path = "entry/history.html")]
struct History {
    orders: Vec<(String, String)>,
    /// Where the last one went, by the form's fields.
    to: Vec<(&'static str, String)>,
    /// About the customer, the latest first.
    notes: Vec<Note>,
}

/// What there is of an item, as far as its reader may see.
#[derive(Debug, Default, Clone)]
pub(super) struct Stock {
    /// `31 at DUB`; over several places their sum: `43 available`.
    pub says: String,
    /// The places of a sum: `31 at DUB, 12 at ORK`.
    pub places: String,
    /// What can be asked for before the rest waits, and its decimals.
    pub available: Option<(Quantity, u32)>,
}

/// What there is of items, and where.
pub(super) async fn stock(
    state: &WebState,
    viewer: &Viewer,
    items: &[Item],
) -> Result<BTreeMap<ItemId, Stock>, Problem> {
    let counted: Vec<ItemId> = items.iter().filter(|item| item.supply == Supply::Stock).map(|item| item.id).collect();
    if !viewer.may(Permission::StockRead) {
        return Ok(BTreeMap::new());
    }
    let found = waybill_store::read::stock::available(state.store(), viewer, &counted).await?;
    // Whoever sees some places only does not see what an order is allocated from.
    let sees_all = viewer.actor().locations.only().is_none();
    let told = |item: &Item| {
        if item.supply != Supply::Stock {
            return Stock { says: status::words(item.supply.code()), ..Stock::default() };
        }
        let units = |units: Quantity| look::quantity(units, item.precision);
        let at: Vec<_> = found.iter().filter(|(id, _, _)| *id == item.id).collect();
        let places: Vec<String> = at.iter().map(|(_, place, here)| format!("{} at {place}", units(*here))).collect();
        let sum: Quantity = at.iter().map(|(_, _, here)| *here).sum();
        let (says, places) = match places.as_slice() {
            [place] => (place.clone(), String::new()),
            places => (format!("{} available", units(sum)), places.join(", ")),
        };
        Stock { says, places, available: sees_all.then_some((sum, item.precision)) }
    };
    Ok(items.iter().map(|item| (item.id, told(item))).collect())
}

/// `GET /orders/new/items?q=`.
pub async fn items(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let text = params.text("q").unwrap_or_default();
    params.close()?;
    let viewer = caller.viewer();
    let found = match text.trim() {
        "" => Vec::new(),
        text => catalog::suggest_items(state.store(), &viewer, text, OFFERED as usize).await?,
    };
    options(&state, &viewer, found, BTreeMap::new()).await
}

async fn options(
    state: &WebState,
    viewer: &Viewer,
    found: Vec<Item>,
    mut last: BTreeMap<String, Last>,
) -> Result<Response, Problem> {
    let stock = stock(state, viewer, &found).await?;
    let option = |item: Item| ItemOption {
        stock: stock.get(&item.id).cloned().unwrap_or_default(),
        last: last.remove(&item.sku),
        sku: item.sku,
        name: item.name,
        unit: item.unit,
    };
    Ok(page(&ItemOptions { items: found.into_iter().map(option).collect() }))
}

/// `GET /orders/new/items/named?sku=MUG-1&sku=CARD-1&channel=web&currency=EUR`: those of the items that there are, with what
/// each was last sold at there.
pub async fn named(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let value = |name: &str| pairs.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value.as_str());
    let (channel, currency) = (value("channel"), value("currency").trim().to_uppercase().parse::<Currency>());
    let skus: Vec<String> = pairs.iter().filter(|(name, _)| name == "sku").map(|(_, sku)| sku.clone()).collect();
    if skus.len() > NAMED_MAX {
        return Err(Problem::malformed(format!("At most {NAMED_MAX} items are named at once.")));
    }
    let last = match currency {
        Ok(currency) if viewer.may(Permission::OrdersRead) => {
            let said = |one: LastPrice| {
                let price = look::typed_price(one.unit_price, currency);
                let says = format!("as in {} on {}", one.order_number, look.day(look.day_of(one.placed_at)));
                (one.sku, Last { price, says })
            };
            let found = sold::last_prices(state.store(), &viewer, &skus, channel, currency).await?;
            found.into_iter().map(said).collect()
        }
        _ => BTreeMap::new(),
    };
    let found = catalog::items_of(state.store(), &viewer, &skus).await?.into_iter().map(|(item, _)| item);
    options(&state, &viewer, found.collect(), last).await
}

/// `GET /orders/new/customers?q=`.
pub async fn customers(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let text = params.text("q").unwrap_or_default();
    params.close()?;
    let filter =
        CustomerFilter { search: Some(Search::new(&text)), archived: Some(false), ..CustomerFilter::default() };
    let request = PageRequest { limit: Some(OFFERED), after: None };
    let found = customers::customers(state.store(), &caller.viewer(), &filter, &request).await?;
    let option = |row: customers::CustomerRow| {
        let party = row.party.unwrap_or_default();
        CustomerOption {
            code: row.customer.code,
            name: party.name.unwrap_or_default(),
            company: party.company.unwrap_or_default(),
            email: party.email.unwrap_or_default(),
            phone: party.phone.unwrap_or_default(),
            tier: status::words(row.customer.tier.code()),
        }
    };
    Ok(page(&CustomerOptions { customers: found.rows.into_iter().map(option).collect() }))
}

/// What is known of an address, by the form's fields.
fn address(of: Address) -> Vec<(&'static str, String)> {
    let parts = [
        ("name", of.name),
        ("company", of.company),
        ("line1", of.line1),
        ("line2", of.line2),
        ("city", of.city),
        ("region", of.region),
        ("postal_code", of.postal_code),
        ("country", Some(of.country)),
        ("phone", of.phone),
    ];
    parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// `GET /orders/new/customers/{code}`: what a customer ordered last, and what was written about them last.
pub async fn history(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(code): InPath<String>,
) -> Result<Response, Problem> {
    let viewer = caller.viewer();
    let mut notes = Vec::new();
    if viewer.may(Permission::CustomersRead)
        && let Some(row) = customers::customer(state.store(), &viewer, &code).await?
    {
        notes = known::shown(&state, &caller, &look, row.customer.id, NOTES_OFFERED).await?;
    }
    let filter = OrderFilter { customer: Some(code), ..OrderFilter::default() };
    let request = PageRequest { limit: Some(3), after: None };
    let found = orders::orders(state.store(), &viewer, &filter, &request).await?;
    let last = match found.rows.first() {
        Some(row) => order::order(state.store(), &viewer, OrderKey::Id(row.id)).await?,
        None => None,
    };
    let to = last.and_then(|last| last.ship_to).map(address).unwrap_or_default();
    let said = |row: orders::OrderRow| {
        let day = look.day(look.day_of(row.placed_at));
        let total = look::money(row.total, row.currency);
        (row.number.to_string(), format!("{day}, {total}, {}", row.lifecycle.code()))
    };
    Ok(page(&History { orders: found.rows.into_iter().map(said).collect(), to, notes }))
}
