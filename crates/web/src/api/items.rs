//! Items: what can be ordered.

use super::List;
use crate::ask::{Ask, InPath, answer, answer_receipt};
use crate::auth::Caller;
use crate::forms::Written;
use crate::json::{Decimal, Nothing, OneOf, Short, Text, body, unit_price};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::catalog::item::{ArchiveItem, Item, ItemFacts, PutItem, Supply, UnitCost};
use waybill_domain::money::Currency;
use waybill_domain::refusal;
use waybill_store::read::catalog::{self, CatalogFilter};

/// An item of the catalog.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Item)]
pub struct ItemView {
    pub id: String,
    pub sku: String,
    pub name: String,
    pub gtin: Option<String>,
    pub supply: String,
    /// The unit quantities count.
    pub unit: String,
    /// Decimals of the unit that quantities carry: 1500 at precision 3 is 1.5.
    pub precision: u32,
    pub weight_g: Option<i64>,
    pub length_mm: Option<i64>,
    pub width_mm: Option<i64>,
    pub height_mm: Option<i64>,
    /// What a base unit costs the shop in major units of `cost_currency`: `12.5`.
    pub unit_cost: Option<String>,
    pub cost_currency: Option<String>,
    pub archived: bool,
    pub version: i64,
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self {
            id: item.id.to_string(),
            sku: item.sku,
            name: item.name,
            gtin: item.gtin,
            supply: item.supply.to_string(),
            unit: item.unit,
            precision: item.precision,
            weight_g: item.weight_g,
            length_mm: item.length_mm,
            width_mm: item.width_mm,
            height_mm: item.height_mm,
            unit_cost: item.cost.map(|cost| cost.amount.to_decimal()),
            cost_currency: item.cost.map(|cost| cost.currency.to_string()),
            archived: item.archived,
            version: item.chain.sequence,
        }
    }
}

type ItemName = Text<500>;
type SupplyKind = OneOf<Supply>;
type CurrencyCode = Written<Currency>;

body! {
    /// What can be said about an item.
    pub struct ItemBody {
        name: ItemName,
        /// 8, 12, 13 or 14 digits with the right check digit.
        gtin: Option<Short>,
        /// `stock` when not said.
        supply: Option<SupplyKind>,
        /// `each` when not said.
        unit: Option<Short>,
        /// 0 to 6; 0 when not said. Fixed once the item has postings.
        precision: Option<u32>,
        weight_g: Option<i64>,
        length_mm: Option<i64>,
        width_mm: Option<i64>,
        height_mm: Option<i64>,
        /// What a base unit costs the shop in major units, to a millionth: `12.50`. The value of stock is told by it.
        unit_cost: Option<Decimal>,
        /// ISO 4217; where there is a cost.
        cost_currency: Option<CurrencyCode>,
    }
}

fn cost(body: &ItemBody) -> Result<Option<UnitCost>, refusal::Problem> {
    let amount = body.unit_cost.as_ref().map(|text| unit_price(text, "unit_cost")).transpose()?;
    UnitCost::of(amount, body.cost_currency.as_ref().map(|currency| currency.0))
}

/// Items by SKU.
#[utoipa::path(get, path = "/items", tag = "catalog", params(("archived" = Option<bool>, Query),
    ("prefix" = Option<String>, Query), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<ItemView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<ItemView>>, Problem> {
    let filter = CatalogFilter { archived: params.bool("archived"), prefix: params.text("prefix"), text: None };
    let page = params.page();
    params.close()?;
    Ok(List::of(catalog::items(state.store(), &caller.viewer(), &filter, &page).await?, ItemView::from))
}

/// One item.
#[utoipa::path(get, path = "/items/{sku}", tag = "catalog", params(("sku" = String, Path)),
    responses((status = 200, body = ItemView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(sku): InPath<String>,
) -> Result<Json<ItemView>, Problem> {
    let found = catalog::item(state.store(), &caller.viewer(), &sku).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such item"))?.into()))
}

/// Creates the item with this SKU, or changes the one there is.
#[utoipa::path(put, path = "/items/{sku}", tag = "catalog", params(("sku" = String, Path)), request_body = ItemBody,
    responses((status = 200, body = ItemView)))]
pub async fn put(
    State(state): State<WebState>,
    InPath(sku): InPath<String>,
    ask: Ask<ItemBody>,
) -> Result<Response, Problem> {
    let body = ask.body;
    let cost = cost(&body).map_err(|problem| Problem::invalid(vec![problem]))?;
    let facts = ItemFacts {
        sku: sku.clone(),
        name: body.name.0,
        gtin: body.gtin.map(|gtin| gtin.0),
        supply: body.supply.map_or(Supply::Stock, |supply| supply.0),
        unit: body.unit.map_or_else(|| "each".to_owned(), |unit| unit.0),
        precision: body.precision.unwrap_or(0),
        weight_g: body.weight_g,
        length_mm: body.length_mm,
        width_mm: body.width_mm,
        height_mm: body.height_mm,
        cost,
    };
    let receipt = ask.context.submit(&state, PutItem { facts }, state.engine().ids()).await?;
    match catalog::item(state.store(), &ask.context.caller.viewer(), &sku).await {
        Ok(Some(item)) if !ask.context.minimal => Ok(answer(StatusCode::OK, &receipt, &ItemView::from(item))),
        _ => Ok(answer_receipt(StatusCode::OK, &receipt)),
    }
}

/// Archives an item; it keeps its history.
#[utoipa::path(delete, path = "/items/{sku}", tag = "catalog", params(("sku" = String, Path)),
    responses((status = 200, body = crate::ask::ReceiptView)))]
pub async fn archive(
    State(state): State<WebState>,
    InPath(sku): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let receipt = ask.context.submit(&state, ArchiveItem { sku }, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}
