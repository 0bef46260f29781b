//! The console: pages for the people who run orders, rendered here, alive by server-sent events, readable without a
//! script. A page is a Rust file and a template beside it.

pub mod assets;
mod chart;
mod form;
mod frame;
mod html;
mod live;
pub mod look;
mod order;
mod orders;
mod search;
mod status;

pub use html::{Html, shape};
pub use live::Hub;

use crate::state::WebState;
use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Every page, by its path.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/orders", get(orders::list))
        .route("/orders/{id}", get(order::order))
        .route("/search", get(search::search))
        .route("/live", get(live::stream))
        .layer(axum::middleware::from_fn(frame::once))
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
