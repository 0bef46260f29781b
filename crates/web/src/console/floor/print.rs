//! What is printed: the list one picks by and the slip that goes into a parcel. No prices on either.

use super::*;
use crate::ask::InPath;
use crate::console::page as rendered;
use crate::params::Params;
use askama::Template;
use axum::extract::State;
use waybill_domain::personal::Address;
use waybill_domain::shipping::ParcelState;
use waybill_store::read::floor::{self, Slip};

#[derive(Debug)]
struct PickRow {
    sku: String,
    item: String,
    gtin: Option<String>,
    units: String,
}

#[derive(Template)]
#[template(path = "floor/pick_list.html")]
struct PickList {
    sheet: Sheet,
    shop: String,
    id: String,
    number: String,
    barcode: Option<Html>,
    location: String,
    wanted: Option<String>,
    rows: Vec<PickRow>,
    units: String,
    printed: String,
}

/// Units on a slip.
#[derive(Debug)]
struct SlipRow {
    sku: String,
    item: String,
    units: String,
    expected: Option<String>,
}

/// The slip of one parcel.
#[derive(Debug)]
struct ParcelSlip {
    number: u32,
    weight: Option<String>,
    rows: Vec<SlipRow>,
}

#[derive(Template)]
#[template(path = "floor/slip.html")]
struct SlipPage {
    sheet: Sheet,
    shop: String,
    id: String,
    number: String,
    barcode: Option<Html>,
    address: Vec<String>,
    external_ref: Option<String>,
    po_number: Option<String>,
    instructions: Option<String>,
    parcels: Vec<ParcelSlip>,
    /// Of the whole order.
    count: usize,
    to_come: Vec<SlipRow>,
    printed: String,
}

/// `GET /pick/{id}/list`.
pub async fn pick_list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let found = found(&state, &caller, &text).await?;
    let sheet = Sheet::new(&state, &caller, &found, Step::Pick, &look, None).await?;
    let waiting = found.lines.iter().filter(|line| line.allocated.0 > 0);
    let rows = waiting.clone().map(|line| PickRow {
        sku: line.sku.clone(),
        item: line.name.clone(),
        gtin: line.gtin.clone(),
        units: counted(line.allocated, line),
    });
    let number = found.order_number.to_string();
    Ok(rendered(&PickList {
        sheet,
        shop: state.brand().await?.shop.clone(),
        id: found.fulfillment_order.id().to_string(),
        barcode: barcode::code_128(&number),
        number,
        location: found.location.clone(),
        wanted: found.requested_by.map(|day| look.day(day)),
        rows: rows.collect(),
        units: look::plural(waiting.map(|line| units(line.allocated, line.precision)).sum(), "unit"),
        printed: look.exact(look.now()),
    }))
}

/// `GET /pack/{id}/slip`: of every parcel, or of the one asked for.
pub async fn slip(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let only = params.int("parcel", 1..=i64::from(u32::MAX));
    params.close()?;
    let found = found(&state, &caller, &text).await?;
    let id = found.fulfillment_order.id();
    let slip = floor::slip(state.store(), &caller.viewer(), id).await?;
    let slip = slip.ok_or_else(|| Problem::not_found("such fulfillment order"))?;
    let sheet = Sheet::new(&state, &caller, &found, Step::Pack, &look, None).await?;
    let kept: Vec<_> = found.parcels.iter().filter(|parcel| parcel.state != ParcelState::Void).collect();
    let wanted = kept.iter().filter(|parcel| only.is_none_or(|only| only == i64::from(parcel.number)));
    let parcels: Vec<ParcelSlip> = wanted
        .map(|parcel| ParcelSlip {
            number: parcel.number,
            weight: parcel.weight_g.map(kilograms),
            rows: contents(&slip, parcel.number),
        })
        .collect();
    if only.is_some() && parcels.is_empty() {
        return Err(Problem::not_found("such parcel"));
    }
    let to_come = slip.lines.iter().filter(|line| line.quantity.0 > 0).map(|line| SlipRow {
        sku: line.sku.clone(),
        item: line.name.clone(),
        units: look::quantity(line.quantity, line.precision),
        expected: line.expected_on.map(|day| look.day(day)),
    });
    let number = found.order_number.to_string();
    Ok(rendered(&SlipPage {
        sheet,
        shop: state.brand().await?.shop.clone(),
        id: id.to_string(),
        barcode: barcode::code_128(&number),
        number,
        address: slip.ship_to.as_ref().map(window).unwrap_or_default(),
        external_ref: slip.external_ref.clone(),
        po_number: slip.po_number.clone(),
        instructions: slip.instructions.clone(),
        to_come: to_come.collect(),
        parcels,
        count: kept.len(),
        printed: look.exact(look.now()),
    }))
}

fn contents(slip: &Slip, parcel: u32) -> Vec<SlipRow> {
    let held = slip.contents.iter().filter(|held| held.parcel == parcel);
    let rows = held.filter_map(|held| {
        let line = slip.lines.iter().find(|line| line.line == held.line)?;
        Some(SlipRow {
            sku: line.sku.clone(),
            item: line.name.clone(),
            units: look::quantity(held.quantity, line.precision),
            expected: None,
        })
    });
    rows.collect()
}

/// An address as it stands in the window of an envelope; the phone is nobody's business there.
fn window(address: &Address) -> Vec<String> {
    crate::console::order::address(&Address { phone: None, ..address.clone() })
}
