//! The index: what this store is and where to go.

use super::{escape, page};
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Html;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use waybill_domain::Code;
use waybill_domain::order::Lifecycle;
use waybill_store::read::ReadError;
use waybill_store::read::overview::{self, Overview};

/// Counting a large store takes a moment, so a count serves for a while.
const FRESH: Duration = Duration::from_secs(5);

/// The latest counts.
#[derive(Debug, Default)]
pub struct Glance(Mutex<Option<(Instant, Overview)>>);

impl Glance {
    async fn overview(&self, state: &WebState) -> Result<Overview, ReadError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, overview)) = kept
            && at.elapsed() < FRESH
        {
            return Ok(overview);
        }
        let overview = overview::overview(state.store()).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), overview.clone()));
        Ok(overview)
    }
}

/// Digits in groups of three.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// `GET /`.
pub async fn index(State(state): State<WebState>) -> Result<Html<String>, Problem> {
    let overview = state.glance().overview(&state).await?;
    let count =
        |lifecycle: &str| overview.orders.iter().find(|(code, _)| code == lifecycle).map_or(0, |(_, count)| *count);
    let total: i64 = overview.orders.iter().map(|(_, count)| count).sum();
    let mut cells = String::new();
    let mut cell = |label: &str, number: i64| {
        cells.push_str(&format!("<div><dt>{label}</dt><dd>{}</dd></div>\n", grouped(number)));
    };
    cell("Orders", total);
    for lifecycle in Lifecycle::ALL {
        cell(
            &lifecycle.code().replacen(|_: char| true, &lifecycle.code()[..1].to_uppercase(), 1),
            count(lifecycle.code()),
        );
    }
    cell("On hold", overview.held);
    cell("Items", overview.items);
    cell("Locations", overview.locations);
    cell("Channels", overview.channels);
    cell("Log position", overview.position);
    let name = escape(&state.options().store_name);
    let (tone, line) = match state.engine().closed() {
        None => ("good", "Taking orders".to_owned()),
        Some(why) => ("bad", format!("Not writing: {}", escape(&why))),
    };
    let body = format!(
        "<main>\n<header class=\"bill\">\n<p class=\"mark\">Waybill</p>\n<h1>{name}</h1>\n\
         <p class=\"status {tone}\">{line}</p>\n</header>\n<dl class=\"counts\">\n{cells}</dl>\n\
         <nav>\n<a href=\"/docs\">API documentation</a>\n<a href=\"/docs/errors\">Error codes</a>\n\
         <a href=\"/api/v1/openapi.json\">OpenAPI</a>\n<a href=\"/metrics\">Metrics</a>\n\
         <a href=\"/readyz\">Readiness</a>\n</nav>\n\
         <footer>Version {}, kept in {}. Counts are at most {} seconds old.</footer>\n</main>",
        env!("CARGO_PKG_VERSION"),
        escape(state.store().name()),
        FRESH.as_secs()
    );
    Ok(page(&format!("{} · Waybill", state.options().store_name), &body))
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_grouped_in_threes() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(super::grouped(number), text);
        }
    }
}
