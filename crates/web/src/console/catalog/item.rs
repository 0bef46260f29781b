//! One item's form.

use crate::ask::InPath;
use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{CATALOG, Frame};
use crate::console::orders::percent;
use crate::console::sheet::{Field, Kind, Sheet, sentence};
use crate::console::status;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::Permission;
use waybill_domain::catalog::item::{self, ArchiveItem, Item, ItemFacts, PutItem, Supply, UnitCost};
use waybill_store::read::catalog;

/// Measures that an item may have: field, label.
const MEASURES: [(&str, &str); 4] = [
    ("weight_g", "Weight (g)"),
    ("length_mm", "Length (mm)"),
    ("width_mm", "Width (mm)"),
    ("height_mm", "Height (mm)"),
];

async fn found(state: &WebState, caller: &Caller, sku: &str) -> Result<Item, Problem> {
    let found = catalog::item(state.store(), &caller.viewer(), sku).await?;
    found.ok_or_else(|| Problem::not_found("such item"))
}

async fn sheet(state: &WebState, caller: &Caller, item: Option<&Item>) -> Result<Sheet, Problem> {
    let may_change = caller.viewer().may(Permission::CatalogWrite);
    let title = item.map_or_else(|| "New item".to_owned(), |item| item.sku.clone());
    let action = item.map_or_else(|| "/items/new".to_owned(), |item| format!("/items/{}", percent(&item.sku)));
    let frame = Frame::new(state, caller, CATALOG, title).await?;
    let mut sheet = Sheet::new(frame, form::key(state), ("Catalog", "/items"), action);
    let facts = item.map(Item::facts);
    let text = |of: fn(&ItemFacts) -> Option<String>| facts.as_ref().and_then(of).unwrap_or_default();
    let sku = match item {
        Some(item) => Field::new("sku", "SKU", Kind::Fixed).value(item.sku.clone()),
        None => Field::text("sku", "SKU").hint("Cannot be changed later."),
    };
    let supplies = Supply::ALL.iter().map(|supply| (supply.code().to_owned(), status::words(supply.code())));
    let measure = |name: &str, facts: &ItemFacts| match name {
        "weight_g" => facts.weight_g,
        "length_mm" => facts.length_mm,
        "width_mm" => facts.width_mm,
        _ => facts.height_mm,
    };
    let measures = MEASURES.iter().map(|(name, label)| {
        let value = facts.as_ref().and_then(|facts| measure(name, facts));
        Field::number(*name, *label).value(value.map(|value| value.to_string()).unwrap_or_default()).optional().paired()
    });
    let unit = text(|facts| Some(facts.unit.clone()));
    let precision = text(|facts| Some(facts.precision.to_string()));
    sheet.fields = vec![
        sku,
        Field::text("name", "Name").value(text(|facts| Some(facts.name.clone()))),
        Field::text("gtin", "GTIN").value(text(|facts| facts.gtin.clone())).optional().hint("8, 12, 13 or 14 digits."),
        Field::new("supply", "Supply", Kind::Choice(supplies.collect()))
            .value(facts.as_ref().map_or(Supply::Stock, |facts| facts.supply).code())
            .hint("Stock is counted; untracked is shipped and not counted; a service ships nothing; dropship comes from a supplier. Fixed once stock was booked."),
        Field::new("unit", "Unit", Kind::Suggested(["each", "kg", "m", "l"].map(str::to_owned).to_vec()))
            .value(if unit.is_empty() { "each".to_owned() } else { unit })
            .paired(),
        Field::number("precision", "Decimals of the unit")
            .value(if precision.is_empty() { "0".to_owned() } else { precision })
            .hint("0 to 6, fixed once stock was booked.")
            .paired(),
    ];
    sheet.fields.extend(measures);
    let cost = facts.as_ref().and_then(|facts| facts.cost);
    sheet.fields.extend([
        Field::number("unit_cost", "Cost of a unit")
            .value(cost.map(|cost| cost.amount.to_decimal()).unwrap_or_default())
            .hint("What the shop pays; the value of stock is told by it.")
            .optional()
            .paired(),
        Field::text("cost_currency", "Its currency")
            .value(cost.map(|cost| cost.currency.to_string()).unwrap_or_default())
            .hint("Such as EUR.")
            .optional()
            .paired(),
    ]);
    sheet.submit = if item.is_some() { "Save".to_owned() } else { "Create item".to_owned() };
    if item.is_some_and(|item| item.archived) {
        sheet.lead = Some("This item is archived. Saving it takes it up again.".to_owned());
    }
    if !may_change {
        for field in &mut sheet.fields {
            field.kind = Kind::Fixed;
        }
        sheet.submit.clear();
    }
    if let Some(item) = item.filter(|item| may_change && !item.archived) {
        sheet.other = Some((format!("/items/{}/archive", percent(&item.sku)), "Archive…".to_owned()));
    }
    Ok(sheet)
}

/// `GET /items/new`.
pub async fn ask_new(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    Ok(sheet(&state, &caller, None).await?.answer())
}

/// `GET /items/{sku}`.
pub async fn edit(
    State(state): State<WebState>,
    caller: Caller,
    InPath(sku): InPath<String>,
) -> Result<Response, Problem> {
    let item = found(&state, &caller, &sku).await?;
    Ok(sheet(&state, &caller, Some(&item)).await?.answer())
}

/// What the form says of the item with this SKU; None where a field cannot be read.
fn facts(form: &mut Form, sku: Option<String>) -> Option<ItemFacts> {
    let measures = MEASURES.map(|(name, _)| form.int(name, 0..=1_000_000_000));
    let [weight_g, length_mm, width_mm, height_mm] = measures;
    let (name, gtin) = (form.required("name", 500), form.text("gtin", 14));
    let (supply, unit) = (form.one_of::<Supply>("supply"), form.required("unit", 16));
    let precision = form.int("precision", 0..=6).unwrap_or(0);
    let precision = u32::try_from(precision).unwrap_or(0);
    let (amount, currency) = (form.unit_price("unit_cost"), form.currency("cost_currency"));
    let cost = UnitCost::of(amount, currency);
    // A part that could not be read was told already, and is not missing.
    if let Err(problem) = &cost
        && !form.is_told(&problem.path)
    {
        form.problem(&problem.path, &problem.code, sentence(&problem.message));
    }
    let facts = ItemFacts {
        sku: sku.unwrap_or_default(),
        name: name.unwrap_or_default(),
        gtin,
        supply: supply.unwrap_or(Supply::Stock),
        unit: unit.unwrap_or_default(),
        precision,
        weight_g,
        length_mm,
        width_mm,
        height_mm,
        cost: cost.unwrap_or_default(),
    };
    if form.is_sound() {
        return Some(facts);
    }
    // What the rules would say of the other fields is said now, not when these are mended.
    for problem in item::problems(&facts) {
        if !form.is_told(&problem.path) {
            form.problem(&problem.path, &problem.code, sentence(&problem.message));
        }
    }
    None
}

/// `POST /items/new`.
pub async fn create(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let mut sheet = sheet(&state, &caller, None).await?;
    let sku = form.required("sku", 64);
    if let Some(sku) = &sku
        && catalog::item(state.store(), &caller.viewer(), sku).await?.is_some()
    {
        form.problem("sku", "exists", "There is an item with this SKU already.");
    }
    let wanted = facts(&mut form, sku);
    sheet.typed(&form);
    let Some(facts) = wanted else { return Ok(sheet.answer()) };
    let said = format!("{} created", facts.sku);
    let result = form.context.submit(&state, PutItem { facts }, state.engine().ids()).await;
    sheet.concluded(result, "/items", &said)
}

/// `POST /items/{sku}`.
pub async fn save(
    State(state): State<WebState>,
    InPath(sku): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let item = found(&state, &caller, &sku).await?;
    let mut sheet = sheet(&state, &caller, Some(&item)).await?;
    let wanted = facts(&mut form, Some(sku.clone()));
    sheet.typed(&form);
    let Some(facts) = wanted else { return Ok(sheet.answer()) };
    let result = form.context.submit(&state, PutItem { facts }, state.engine().ids()).await;
    sheet.concluded(result, "/items", &format!("{sku} saved"))
}

async fn archive_sheet(state: &WebState, caller: &Caller, item: &Item) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::CatalogWrite])?;
    let back = format!("/items/{}", percent(&item.sku));
    let frame = Frame::new(state, caller, CATALOG, format!("Archive {}?", item.name)).await?;
    let mut sheet = Sheet::new(frame, form::key(state), (&item.sku, &back), format!("{back}/archive"));
    sheet.lead = Some(
        "It can no longer be ordered. Orders, stock and history stay, and saving the item takes it up again."
            .to_owned(),
    );
    sheet.submit = format!("Archive {}", item.sku);
    sheet.keep = "Keep it";
    sheet.is_danger = true;
    Ok(sheet)
}

/// `GET /items/{sku}/archive`.
pub async fn ask_archive(
    State(state): State<WebState>,
    caller: Caller,
    InPath(sku): InPath<String>,
) -> Result<Response, Problem> {
    let item = found(&state, &caller, &sku).await?;
    Ok(archive_sheet(&state, &caller, &item).await?.answer())
}

/// `POST /items/{sku}/archive`.
pub async fn archive(
    State(state): State<WebState>,
    InPath(sku): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let item = found(&state, &caller, &sku).await?;
    let sheet = archive_sheet(&state, &caller, &item).await?;
    let result = form.context.submit(&state, ArchiveItem { sku: sku.clone() }, state.engine().ids()).await;
    sheet.concluded(result, "/items", &format!("{sku} archived"))
}
