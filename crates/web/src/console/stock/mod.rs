//! Stock: what is where, one item's history, and what people book by hand.

mod balance;
mod book;
mod item;
mod many;
pub mod words;

pub use book::{adjust, ask_adjust, ask_receive, ask_transfer, receive, transfer};
pub use item::item;
pub use many::{ask_delivery, ask_send, deliver, send};

use super::frame::{Frame, STOCK};
use super::look;
use super::orders::percent;
use super::page;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::location::Location;
use waybill_domain::quantity::Quantity;
use waybill_store::read::stock_grid::{self, GridFilter, GridRow, StockState};
use waybill_store::read::{PageRequest, Viewer, catalog};

/// Beyond so many locations each has no column of its own.
const COLUMNS_MAX: usize = 6;

const VIEWS: [(&str, &str, Option<StockState>, &str); 4] = [
    ("All", "", None, "Everything that is kept in stock and not archived."),
    (
        "Low",
        "low",
        Some(StockState::Low),
        "Less is available than open orders and reservations have taken already. Items have no reorder point of their own.",
    ),
    ("Out", "out", Some(StockState::Out), "Nothing is available."),
    ("Backordered", "backordered", Some(StockState::Backordered), "Customers wait for it."),
];

/// The locations a viewer may act at, by code.
pub async fn places(state: &WebState, viewer: &Viewer) -> Result<Vec<Location>, Problem> {
    let mut all = catalog::location_codes(state.store()).await?;
    all.retain(|location| !location.archived && viewer.actor().locations.contains(&location.id));
    all.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(all)
}

#[derive(Debug)]
struct Tab {
    name: &'static str,
    href: String,
    is_here: bool,
}

/// What one location has of one item.
#[derive(Debug)]
struct Cell {
    href: String,
    available: String,
    /// None where the location never had any.
    exact: Option<String>,
}

#[derive(Debug)]
struct Row {
    sku: String,
    href: String,
    name: String,
    cells: Vec<Cell>,
    available: String,
    promised: String,
    on_hand: String,
    backordered: Option<String>,
    is_out: bool,
}

#[derive(Template)]
#[template(path = "stock/stock.html")]
struct StockPage {
    frame: Frame,
    tabs: Vec<Tab>,
    says: &'static str,
    text: String,
    location: String,
    state: &'static str,
    places: Vec<(String, String)>,
    columns: Vec<(String, String)>,
    rows: Vec<Row>,
    next: Option<String>,
    is_filtered: bool,
    may_see_catalog: bool,
    may_book: bool,
    may_transfer: bool,
}

fn href(state: &str, text: Option<&str>, location: Option<&str>, after: Option<&str>) -> String {
    let state = Some(state).filter(|state| !state.is_empty());
    let pairs = [("state", state), ("text", text), ("location", location), ("after", after)];
    let set = pairs.iter().filter_map(|(name, value)| Some(format!("{name}={}", percent((*value)?))));
    let query = set.collect::<Vec<_>>().join("&");
    if query.is_empty() { "/stock".to_owned() } else { format!("/stock?{query}") }
}

/// `GET /stock`: items by locations.
pub async fn list(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (wanted, text, location) = (params.text("state"), params.text("text"), params.text("location"));
    let after = params.text("after");
    params.close()?;
    let view = VIEWS.iter().find(|(_, code, ..)| Some(*code) == wanted.as_deref()).unwrap_or(&VIEWS[0]);
    let viewer = caller.viewer();
    let filter = GridFilter { text: text.clone(), location: location.clone(), state: view.2 };
    let found = stock_grid::grid(state.store(), &viewer, &filter, &PageRequest { limit: Some(50), after }).await?;
    let places = places(&state, &viewer).await?;
    let shown = places.iter().filter(|place| location.as_ref().is_none_or(|code| *code == place.code));
    let mut columns: Vec<(String, String)> = shown.map(|place| (place.code.clone(), place.name.clone())).collect();
    if columns.len() > COLUMNS_MAX || columns.len() == 1 {
        columns.clear();
    }
    let link = |state: &str, after: Option<&str>| href(state, text.as_deref(), location.as_deref(), after);
    let tabs = VIEWS.iter().map(|(name, code, ..)| Tab { name, href: link(code, None), is_here: *code == view.1 });
    let may_book = viewer.may(Permission::StockWrite) && !places.is_empty();
    let frame = Frame::new(&state, &caller, STOCK, "Items").await?;
    Ok(page(&StockPage {
        tabs: tabs.collect(),
        says: view.3,
        is_filtered: text.is_some() || location.is_some() || !view.1.is_empty(),
        next: found.next.as_deref().map(|next| link(view.1, Some(next))),
        rows: found.rows.iter().map(|row| row_of(row, &columns)).collect(),
        text: text.unwrap_or_default(),
        location: location.unwrap_or_default(),
        state: view.1,
        may_book,
        may_transfer: may_book && places.len() > 1,
        places: places.into_iter().map(|place| (place.code, place.name)).collect(),
        columns,
        may_see_catalog: viewer.may(Permission::CatalogRead),
        frame,
    }))
}

fn row_of(row: &GridRow, columns: &[(String, String)]) -> Row {
    let href = format!("/stock/{}", percent(&row.sku));
    let units = |quantity| look::quantity(quantity, row.precision);
    let cell = |(code, _): &(String, String)| {
        let at = row.places.iter().find(|at| at.location == *code);
        let available = at.map_or(Quantity::ZERO, |at| at.available);
        Cell {
            href: format!("{href}?at={}", percent(code)),
            available: units(available),
            exact: at.map(|at| {
                let (available, promised, on_hand) = (units(at.available), units(at.promised), units(at.on_hand));
                format!("{code}: {available} available, {promised} promised, {on_hand} on hand")
            }),
        }
    };
    let sum = |of: fn(&stock_grid::AtPlace) -> Quantity| row.places.iter().map(of).sum::<Quantity>();
    let available = sum(|at| at.available);
    Row {
        cells: columns.iter().map(cell).collect(),
        available: units(available),
        promised: units(sum(|at| at.promised)),
        on_hand: units(sum(|at| at.on_hand)),
        backordered: (!row.backordered.is_zero()).then(|| units(row.backordered)),
        is_out: available.is_zero(),
        sku: row.sku.clone(),
        name: row.name.clone(),
        href,
    }
}
