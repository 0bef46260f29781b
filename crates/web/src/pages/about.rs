//! What runs here, for operators: version, database, whether it writes, and where to look further.

use super::{escape, page};
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Html;
use waybill_store::read::overview;

/// `GET /about`.
pub async fn about(State(state): State<WebState>) -> Result<Html<String>, Problem> {
    let position = overview::position(state.store()).await?;
    let name = escape(&state.options().store_name);
    let (tone, line) = match state.engine().closed() {
        None => ("good", "Taking orders".to_owned()),
        Some(why) => ("bad", format!("Not writing: {}", escape(&why))),
    };
    let body = format!(
        "<main>\n<header class=\"bill\">\n<p class=\"mark\">Waybill</p>\n<h1>{name}</h1>\n\
         <p class=\"status {tone}\">{line}</p>\n</header>\n\
         <nav>\n<a href=\"/\">Today</a>\n<a href=\"/docs\">API documentation</a>\n\
         <a href=\"/docs/errors\">Error codes</a>\n<a href=\"/api/v1/openapi.json\">OpenAPI</a>\n\
         <a href=\"/metrics\">Metrics</a>\n<a href=\"/readyz\">Readiness</a>\n</nav>\n\
         <footer>Version {}, kept in {}. Log position {position}.</footer>\n</main>",
        env!("CARGO_PKG_VERSION"),
        escape(state.store().name()),
    );
    Ok(page(&format!("{} · Waybill", state.options().store_name), &body))
}
