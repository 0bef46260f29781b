//! Packing one fulfillment order: units into the open parcel, its weight, and close it.

use super::*;
use crate::ask::InPath;
use crate::console::form;
use crate::console::page as rendered;
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::LinePicked;
use waybill_domain::shipping::ParcelState;
use waybill_store::read::floor;

/// Units of one line that wait to be packed.
#[derive(Debug)]
struct Unit {
    name: String,
    line: u32,
    lot: String,
    sku: String,
    item: String,
    gtin: Option<String>,
    unit: String,
    precision: u32,
    /// Base units that are picked and in no parcel.
    left: i64,
    left_said: String,
    /// What one unit weighs.
    weight_g: Option<i64>,
    typed: Option<String>,
}

/// A parcel that is closed.
#[derive(Debug)]
struct Closed {
    number: u32,
    what: String,
    weight: Option<String>,
    state: Html,
}

#[derive(Template)]
#[template(path = "floor/pack.html")]
struct PackPage {
    sheet: Sheet,
    id: String,
    order_id: String,
    number: String,
    location: String,
    who: String,
    key: String,
    units: Vec<Unit>,
    /// The number of the parcel that is open.
    open: usize,
    units_left: i64,
    to_pick: i64,
    closed: Vec<Closed>,
    /// Parcels that are packed and have not left.
    to_ship: usize,
    holds: Option<Html>,
    weight: Option<String>,
    instructions: Option<String>,
}

async fn show(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    found: &Work,
    refused: Option<(&Problem, &Form)>,
) -> Result<Response, Problem> {
    let id = found.fulfillment_order.id();
    let sheet = Sheet::new(state, caller, found, Step::Pack, look, refused.map(|(problem, _)| problem)).await?;
    let slip = floor::slip(state.store(), &caller.viewer(), id).await?;
    let slip = slip.ok_or_else(|| Problem::not_found("such fulfillment order"))?;
    let typed = |name: &str| refused.and_then(|(_, form)| form.typed(name)).map(str::to_owned);
    let waiting = found.lines.iter().filter(|line| line.picked.0 > 0);
    let live: Vec<_> = found.parcels.iter().filter(|parcel| parcel.state != ParcelState::Void).collect();
    let closed = live.iter().map(|parcel| {
        let held = slip.contents.iter().filter(|held| held.parcel == parcel.number);
        let precision = |line| slip.lines.iter().find(|one| one.line == line).map_or(0, |one| one.precision);
        let count = held.map(|held| units(held.quantity, precision(held.line))).sum();
        Closed {
            number: parcel.number,
            what: look::plural(count, "unit"),
            weight: parcel.weight_g.map(kilograms),
            state: status::parcel(parcel.state),
        }
    });
    let mut response = rendered(&PackPage {
        id: id.to_string(),
        order_id: id.order_id.to_string(),
        number: found.order_number.to_string(),
        location: found.location.clone(),
        who: slip.name.unwrap_or_default(),
        key: form::key(state),
        units: waiting.clone().map(|line| unit(line, refused.map(|(_, form)| form))).collect(),
        open: live.len() + 1,
        units_left: waiting.map(|line| units(line.picked, line.precision)).sum(),
        to_pick: found.lines.iter().map(|line| units(line.allocated, line.precision)).sum(),
        to_ship: live.iter().filter(|parcel| parcel.state == ParcelState::Packed).count(),
        closed: closed.collect(),
        holds: holds(found, Step::Pack),
        weight: typed("weight_kg"),
        instructions: slip.instructions,
        sheet,
    });
    if let Some((problem, _)) = refused {
        *response.status_mut() = problem.status;
    }
    Ok(response)
}

/// Names a line and lot within the page.
fn name_of(line: &WorkLine) -> String {
    let lot = lot_of(line);
    if lot.is_empty() { line.line.to_string() } else { format!("{}-{lot}", line.line) }
}

fn unit(line: &WorkLine, form: Option<&Form>) -> Unit {
    let name = name_of(line);
    Unit {
        typed: form.map(|form| form.typed(&format!("quantity.{name}")).unwrap_or("0").to_owned()),
        name,
        line: line.line,
        lot: lot_of(line),
        sku: line.sku.clone(),
        item: line.name.clone(),
        gtin: line.gtin.clone(),
        unit: line.unit.clone(),
        precision: line.precision,
        left: line.picked.0,
        left_said: look::quantity(line.picked, line.precision),
        weight_g: line.weight_g,
    }
}

/// `GET /pack/{id}`.
pub async fn page(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let found = found(&state, &caller, &text).await?;
    show(&state, &caller, &look, &found, None).await
}

/// `POST /pack/{id}`: closes a parcel with `quantity.<line>` units of each line.
pub async fn pack(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let work = found(&state, &caller, &text).await?;
    let id = work.fulfillment_order.id();
    let mut lines = Vec::new();
    let mut count = 0;
    for line in &work.lines {
        let field = format!("quantity.{}", name_of(line));
        if form.typed(&field).is_none_or(|typed| typed == "0") {
            continue;
        }
        if let Some(quantity) = form.quantity(&field, line.precision) {
            count += units(quantity, line.precision);
            lines.push(LinePicked { line: line.line, lot_id: Some(line.lot_id), quantity });
        }
    }
    if lines.is_empty() && form.is_sound() {
        form.problem("quantity", "missing", "The parcel is empty. Put at least one unit in.");
    }
    let weight_g = form.quantity("weight_kg", 3).map(|weight| weight.0);
    let packed = if form.is_sound() {
        submit(&state, &form.context, id.order_id, Pack { fulfillment_order_id: id, lines, weight_g }).await
    } else {
        Err(unsound(&form))
    };
    match packed {
        Ok(_) => {
            let said = format!("Parcel closed with {}", look::plural(count, "unit"));
            Ok(booked(&headers, &format!("/pack/{id}"), &said))
        }
        Err(problem) if is_script(&headers) => Err(problem),
        Err(problem) => {
            let now = found(&state, &caller, &text).await?;
            show(&state, &caller, &look, &now, Some((&problem, &form))).await
        }
    }
}
