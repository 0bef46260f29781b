//! One box for orders, customers and items.

use super::customers::CustomerView;
use super::items::ItemView;
use super::orders::OrderRowView;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_store::read::Page;
use waybill_store::read::search;
use waybill_store::search::Search;

/// The best matches of each kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchResults)]
pub struct FoundView {
    pub orders: Vec<OrderRowView>,
    /// `GET /orders` with the same `search` gives the rest.
    pub more_orders: bool,
    pub customers: Vec<CustomerView>,
    /// `GET /customers` with the same `search` gives the rest.
    pub more_customers: bool,
    pub items: Vec<ItemView>,
    /// `GET /items` with `prefix` gives all of that SKU's beginning.
    pub more_items: bool,
}

/// Orders, customers and items that match, at most 10 of each, the best first.
///
/// Orders and customers match as in `GET /orders` and `GET /customers`, items by the beginning of their SKU,
/// their GTIN or the words of their name. Kinds that the caller may not read are empty.
#[utoipa::path(get, path = "/search", tag = "search", params(("q" = String, Query)),
    responses((status = 200, body = FoundView)))]
pub async fn search(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<FoundView>, Problem> {
    let asked = Search::new(&params.required("q"));
    params.close()?;
    let found = search::search(state.store(), &caller.viewer(), &asked).await?;
    let (orders, more_orders) = views(found.orders);
    let (customers, more_customers) = views(found.customers);
    let (items, more_items) = views(found.items);
    Ok(Json(FoundView { orders, more_orders, customers, more_customers, items, more_items }))
}

fn views<R, V: From<R>>(page: Page<R>) -> (Vec<V>, bool) {
    (page.rows.into_iter().map(V::from).collect(), page.next.is_some())
}
