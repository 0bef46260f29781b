//! One box for everything: what the palette shows while one types, and a page of its own without a script.

use super::frame::{Frame, ORDERS};
use super::look::{self, Look};
use super::{page, status};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_store::read::search::{self, Found};
use waybill_store::search::Search;

/// One thing found.
#[derive(Debug)]
struct Hit {
    href: String,
    icon: &'static str,
    name: String,
    beside: String,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    text: String,
    hits: Vec<Hit>,
}

/// What the palette puts in: the same entries without the page around them.
#[derive(Template)]
#[template(path = "search_part.html")]
struct SearchPart {
    frame: Frame,
    hits: Vec<Hit>,
    text: String,
}

/// `GET /search?q=...`.
pub async fn search(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let text = params.text("q").unwrap_or_default();
    let part = params.text("part").is_some();
    params.close()?;
    let hits = if text.is_empty() {
        Vec::new()
    } else {
        hits(search::search(state.store(), &caller.viewer(), &Search::new(&text)).await?, &look)
    };
    let frame = Frame::new(&state, &caller, ORDERS, "Search").await?;
    Ok(if part { page(&SearchPart { frame, hits, text }) } else { page(&SearchPage { frame, text, hits }) })
}

fn hits(found: Found, look: &Look) -> Vec<Hit> {
    let orders = found.orders.rows.into_iter().map(|row| {
        let name = row.name.or(row.customer).map(|name| format!(" · {name}")).unwrap_or_default();
        let placed = look.day(look.day_of(row.placed_at));
        Hit {
            href: format!("/orders/{}", row.number),
            icon: "file-text",
            name: format!("{}{name}", row.number),
            beside: format!(
                "{}, {}, {placed}",
                status::words(row.lifecycle.code()),
                look::money(row.total, row.currency)
            ),
        }
    });
    let customers = found.customers.rows.into_iter().map(|row| {
        let party = row.party.unwrap_or_default();
        let name = party.name.or(party.company).unwrap_or_else(|| row.customer.code.clone());
        Hit {
            href: format!("/customers/{}", super::orders::percent(&row.customer.code)),
            icon: "users",
            name,
            beside: row.customer.code,
        }
    });
    let items = found.items.rows.into_iter().map(|item| Hit {
        href: format!("/stock/{}", super::orders::percent(&item.sku)),
        icon: "boxes",
        name: item.name,
        beside: item.sku,
    });
    orders.chain(customers).chain(items).collect()
}
