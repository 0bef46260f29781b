//! What runs here, for operators: version, database, whether it writes, and where to look further.

use super::frame::{ABOUT, Frame};
use super::{look, page};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_store::read::overview;

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    frame: Frame,
    /// Why nothing is written, where nothing is.
    closed: Option<String>,
    version: &'static str,
    database: &'static str,
    position: String,
}

/// `GET /about`.
pub async fn about(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    Ok(page(&AboutPage {
        frame: Frame::new(&state, &caller, ABOUT, "About").await?,
        closed: state.engine().closed().map(|why| why.to_string()),
        version: env!("CARGO_PKG_VERSION"),
        database: match state.store().name() {
            "sqlite" => "SQLite",
            "postgres" => "PostgreSQL",
            other => other,
        },
        position: look::number(overview::position(state.store()).await?),
    }))
}
