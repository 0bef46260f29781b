//! What waits for stock: by item, the longest waiting first.

use super::floor::deadline;
use super::frame::{BACKORDERS, Frame};
use super::html::Html;
use super::look::{self, Look};
use super::orders::percent;
use super::page;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::quantity::Quantity;
use waybill_store::read::PageRequest;
use waybill_store::read::backorders::{self, Backorder};

/// Lines that wait for one item.
#[derive(Debug)]
struct Group {
    sku: String,
    name: String,
    /// Units of the lines shown.
    units: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    number: String,
    customer: String,
    units: String,
    waits: String,
    since: Html,
    expected: Option<String>,
    wanted: Html,
    /// Where it stands among the lines of its item when stock comes, from 1; None where not all of them are shown.
    place: Option<usize>,
    is_held: bool,
}

#[derive(Template)]
#[template(path = "backorders.html")]
struct BackordersPage {
    frame: Frame,
    sku: Option<String>,
    groups: Vec<Group>,
    lines: usize,
    next: Option<String>,
}

/// `GET /backorders`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (sku, after) = (params.text("sku"), params.text("after"));
    params.close()?;
    let continues = after.is_some();
    let request = PageRequest { limit: Some(100), after };
    let found = backorders::backorders(state.store(), &caller.viewer(), sku.as_deref(), &request).await?;
    let of_item = sku.as_ref().map(|sku| format!("sku={}&", percent(sku))).unwrap_or_default();
    let by_item: Vec<&[Backorder]> = found.rows.chunk_by(|one, next| one.item_id == next.item_id).collect();
    let last = by_item.len().saturating_sub(1);
    let groups = by_item.iter().enumerate().filter_map(|(place, lines)| {
        let is_whole = (place > 0 || !continues) && (place < last || found.next.is_none());
        group(lines, is_whole, &look)
    });
    let groups = groups.collect();
    let frame = Frame::new(&state, &caller, BACKORDERS, "Backorders").await?;
    Ok(page(&BackordersPage {
        frame,
        sku,
        lines: found.rows.len(),
        groups,
        next: found.next.as_ref().map(|next| format!("/backorders?{of_item}after={}", percent(next))),
    }))
}

fn group(lines: &[Backorder], is_whole: bool, look: &Look) -> Option<Group> {
    let first = lines.first()?;
    let mut urgent: Vec<(usize, i64)> = lines.iter().map(|line| line.priority).enumerate().collect();
    urgent.sort_by_key(|(place, priority)| (std::cmp::Reverse(*priority), *place));
    let row = |(place, line): (usize, &Backorder)| Row {
        number: line.order_number.to_string(),
        customer: line.customer.clone().unwrap_or_default(),
        units: look::quantity(line.quantity, line.precision),
        waits: look.age(line.since),
        since: look.moment(line.since),
        expected: line.expected_on.map(|day| look.day(day)),
        wanted: deadline(line.requested_by, look),
        place: urgent.iter().position(|(one, _)| *one == place).filter(|_| is_whole).map(|at| at + 1),
        is_held: line.holds_active > 0,
    };
    Some(Group {
        sku: first.sku.clone(),
        name: first.name.clone(),
        units: look::quantity(Quantity(lines.iter().map(|line| line.quantity.0).sum()), first.precision),
        rows: lines.iter().enumerate().map(row).collect(),
    })
}
