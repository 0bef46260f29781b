//! The page that a customer sees of an order, behind a link that cannot be guessed: where it is, when the rest comes,
//! and what can still be changed.

mod language;
mod link;
mod message;
mod order;

pub use link::path as link_path;

use crate::state::WebState;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use waybill_domain::actor::Principal;

/// Where the pages live.
pub const PREFIX: &str = "/o/";

/// Whether the log's name for who did something is that of a customer on these pages.
pub fn is_customers(actor: &str) -> bool {
    actor == Principal::CUSTOMER.to_string()
}

/// Every page, by its path.
pub fn router() -> Router<WebState> {
    Router::new()
        .route("/o/{token}", get(order::show))
        .route("/o/{token}/message", post(message::send).layer(DefaultBodyLimit::max(message::FORM_MAX)))
        .route("/o/{token}/cancel", get(order::ask_cancel).post(order::cancel))
}
