//! What happened to an order, and why.

use super::List;
use super::orders::order_id;
use crate::ask::InPath;
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::actor::Permission;
use waybill_store::read::order::{self, OrderKey};
use waybill_store::read::{timeline, why};

/// What happened to an order, by sequence.
#[utoipa::path(get, path = "/orders/{id}/timeline", tag = "orders",
    params(("id" = String, Path), ("after" = Option<i64>, Query, description = "Only later sequences")),
    responses((status = 200, body = List<super::events::EventView>)))]
pub async fn timeline(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
    mut params: Params,
) -> Result<Json<List<super::events::EventView>>, Problem> {
    let after = params.int("after", 0..=i64::MAX).unwrap_or(0);
    params.close()?;
    let order_id = order_id(&state, &caller, &text).await?;
    let events = timeline::of_order(state.store(), &caller.viewer(), order_id, after).await?;
    if events.is_empty() && after == 0 {
        return Err(Problem::not_found("such order"));
    }
    let next = (events.len() == timeline::EVENTS_MAX).then(|| events.last().map(|last| last.sequence.to_string()));
    Ok(Json(List { next: next.flatten(), data: events.into_iter().map(super::events::EventView::from).collect() }))
}

/// Where a customer finds an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerPage)]
pub struct CustomerPageView {
    /// On this server. Whoever has it sees the order and can cancel it while the rules allow.
    pub path: String,
}

/// The page that the customer of an order may see without signing in.
#[utoipa::path(get, path = "/orders/{id}/customer_page", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = CustomerPageView)))]
pub async fn customer_page(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<CustomerPageView>, Problem> {
    let viewer = caller.viewer();
    viewer.must(&[Permission::OrdersRead])?;
    let order_id = order_id(&state, &caller, &text).await?;
    let known = order::find(state.store(), &viewer, OrderKey::Id(order_id)).await?;
    known.ok_or_else(|| Problem::not_found("such order"))?;
    Ok(Json(CustomerPageView { path: crate::portal::link_path(&state, order_id).await? }))
}

/// One choice and what it rested on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonView {
    /// The log position of the event that carries it.
    pub position: i64,
    pub kind: String,
    pub happened_at: String,
    /// For a person.
    pub sentence: String,
    /// For a program.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
}

/// Why the order stands where it stands.
#[utoipa::path(get, path = "/orders/{id}/why", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = List<ReasonView>)))]
pub async fn why(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<List<ReasonView>>, Problem> {
    let viewer = caller.viewer();
    let order_id = order_id(&state, &caller, &text).await?;
    viewer.must(&[Permission::OrdersRead])?;
    let known = order::find(state.store(), &viewer, OrderKey::Id(order_id)).await?;
    known.ok_or_else(|| Problem::not_found("such order"))?;
    let reasons = why::of_order(state.store(), &viewer, order_id).await?;
    let data = reasons.into_iter().map(|reason| ReasonView {
        position: reason.position,
        kind: reason.kind,
        happened_at: reason.happened_at.to_string(),
        sentence: reason.sentence,
        facts: reason.facts,
    });
    Ok(Json(List { data: data.collect(), next: None }))
}
