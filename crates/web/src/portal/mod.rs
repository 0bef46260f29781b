//! The page that a customer sees of an order, behind a link that cannot be guessed: where it is, when the rest comes,
//! and what can still be changed.

mod language;
mod link;
mod order;

pub use link::path as link_path;

use crate::state::WebState;
use axum::Router;
use axum::routing::get;

/// Where the pages live.
pub const PREFIX: &str = "/o/";

/// Every page, by its path.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/o/{token}", get(order::show))
        .route("/o/{token}/cancel", get(order::ask_cancel).post(order::cancel))
}
