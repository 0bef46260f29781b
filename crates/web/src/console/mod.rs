//! The console: pages for the people who run orders, rendered here, alive by server-sent events, readable without a
//! script. A page is a Rust file and a template beside it.

mod about;
pub mod access;
mod account;
pub mod assets;
mod backorders;
mod board;
mod brand;
mod catalog;
mod chart;
mod customers;
mod entry;
mod floor;
mod form;
mod frame;
pub mod gate;
mod holds;
mod html;
mod lines;
mod live;
pub mod look;
mod notes;
mod order;
mod orders;
mod owners;
mod people;
pub mod problem;
mod receipts;
mod reports;
mod search;
mod settings;
mod sheet;
mod span;
pub mod status;
mod stock;
mod today;
pub mod tracking;
mod transfers;
mod upload;

pub use brand::{KnownBrand, ShownBrand};
pub use html::{Html, shape};
pub use live::Hub;
pub use orders::percent;

use crate::state::WebState;
use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Every page, by its path.
pub fn router() -> Router<WebState> {
    Router::new()
        .merge(entry::router())
        .merge(orders::router())
        .route("/", get(today::today))
        .route("/about", get(about::about))
        .route("/holds", get(holds::list))
        .route("/orders/{id}", get(order::order))
        .route("/reports", get(reports::sales))
        .route("/reports/times", get(reports::times))
        .route("/reports/promises", get(reports::promises))
        .route("/reports/holds", get(reports::holds))
        .route("/reports/items", get(reports::items))
        .route("/search", get(search::search))
        .route("/orders/{id}/{act}", get(order::dialog::whole).post(order::dialog::do_whole))
        .route("/orders/{id}/{act}/{part}", get(order::dialog::part).post(order::dialog::do_part))
        .route("/live", get(live::stream))
        .route("/colleagues", get(notes::colleagues))
        .route("/notes/read", axum::routing::post(notes::read))
        .merge(gate::router())
        .route("/backorders", get(backorders::list))
        .route("/board", get(board::board))
        .route("/board/move", get(board::ask).post(board::act))
        .merge(floor::router())
        .merge(goods())
        .merge(known())
        .merge(settings::router())
        .merge(access::router())
        .merge(account::router())
        .route("/assets/brand.css", get(brand::style_sheet))
        .route("/assets/brand/logo", get(brand::logo))
        .layer(axum::middleware::from_fn(frame::once))
}

/// Who orders, and what can be ordered.
fn known() -> Router<WebState> {
    Router::new()
        .route("/items", get(catalog::list))
        .route("/items/new", get(catalog::ask_new).post(catalog::create))
        .route("/items/import", get(catalog::ask_import).post(catalog::preview))
        .route("/items/import/run", axum::routing::post(catalog::import))
        .route("/items/{sku}", get(catalog::edit).post(catalog::save))
        .route("/items/{sku}/archive", get(catalog::ask_archive).post(catalog::archive))
        .route("/customers", get(customers::list))
        .route("/customers/new", get(customers::ask_new).post(customers::create))
        .route("/customers/{code}", get(customers::one))
        .route("/customers/{code}/change", get(customers::ask_change).post(customers::change))
        .route("/customers/{code}/note", get(customers::ask_note).post(customers::add_note))
        .route("/customers/{code}/archive", get(customers::ask_archive).post(customers::archive))
}

/// Stock and what moves it.
fn goods() -> Router<WebState> {
    Router::new()
        .route("/stock", get(stock::list))
        .route("/stock/{sku}", get(stock::item))
        .route("/stock/{sku}/receive", get(stock::ask_receive).post(stock::receive))
        .route("/stock/{sku}/adjust", get(stock::ask_adjust).post(stock::adjust))
        .route("/stock/{sku}/transfer", get(stock::ask_transfer).post(stock::transfer))
        .route("/receipts", get(receipts::list))
        .route("/receipts/new", get(stock::ask_delivery).post(stock::deliver))
        .route("/receipts/new/items", get(lines::item))
        .route("/receipts/{id}", get(receipts::one))
        .route("/transfers", get(transfers::list))
        .route("/transfers/new", get(stock::ask_send).post(stock::send))
        .route("/transfers/{id}", get(transfers::one))
        .route("/transfers/{id}/receive", get(transfers::ask_receive).post(transfers::receive))
}

/// A page made of its template. What it shows changes, so nothing keeps it.
pub fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
            (headers, html).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            crate::problem::Problem::edge(crate::problem::FAULT, "The page could not be made; it was logged.")
                .into_response()
        }
    }
}
