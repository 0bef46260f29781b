//! The catalog: items, one item's form, and many items from a CSV file.

mod csv;
mod import;
mod item;

pub use import::{ask_import, import, preview};
pub use item::{archive, ask_archive, ask_new, create, edit, save};

use super::frame::{CATALOG, Frame};
use super::look;
use super::orders::percent;
use super::page;
use super::status;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::{Item, Supply};
use waybill_domain::quantity::Quantity;
use waybill_store::read::PageRequest;
use waybill_store::read::catalog::{self, CatalogFilter};

#[derive(Debug)]
struct Row {
    sku: String,
    href: String,
    name: String,
    gtin: String,
    supply: String,
    stock: Option<String>,
    unit: String,
    weight: String,
}

#[derive(Template)]
#[template(path = "catalog/catalog.html")]
struct CatalogPage {
    frame: Frame,
    text: String,
    is_archived: bool,
    rows: Vec<Row>,
    next: Option<String>,
    may_change: bool,
}

/// `GET /items`.
pub async fn list(State(state): State<WebState>, caller: Caller, params: Params) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (text, after) = (params.text("text"), params.text("after"));
    let is_archived = params.bool("archived").unwrap_or(false);
    params.close()?;
    let viewer = caller.viewer();
    let filter = CatalogFilter { archived: Some(is_archived), prefix: None, text: text.clone() };
    let request = PageRequest { limit: Some(50), after };
    let found = catalog::items(state.store(), &viewer, &filter, &request).await?;
    let next = found.next.map(|next| {
        let text = text.as_deref().map(|text| format!("text={}&", percent(text))).unwrap_or_default();
        let archived = if is_archived { "archived=true&" } else { "" };
        format!("/items?{text}{archived}after={}", percent(&next))
    });
    let sees_stock = viewer.may(Permission::StockRead);
    Ok(page(&CatalogPage {
        rows: found.rows.iter().map(|item| row(item, sees_stock)).collect(),
        text: text.unwrap_or_default(),
        is_archived,
        next,
        may_change: viewer.may(Permission::CatalogWrite),
        frame: Frame::new(&state, &caller, CATALOG, "Catalog").await?,
    }))
}

fn row(item: &Item, sees_stock: bool) -> Row {
    let path = percent(&item.sku);
    Row {
        sku: item.sku.clone(),
        href: format!("/items/{path}"),
        name: item.name.clone(),
        gtin: item.gtin.clone().unwrap_or_default(),
        supply: status::words(item.supply.code()),
        stock: (sees_stock && item.supply == Supply::Stock).then(|| format!("/stock/{path}")),
        unit: item.unit.clone(),
        weight: item.weight_g.map(weight).unwrap_or_default(),
    }
}

/// Grams below a kilogram, else kilograms.
fn weight(grams: i64) -> String {
    match grams {
        1_000.. => format!("{} kg", look::quantity(Quantity(grams), 3)),
        _ => format!("{grams} g"),
    }
}
