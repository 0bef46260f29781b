//! Reservations: soft promises with an expiry.

use super::List;
use super::channels::channel_id;
use super::locations::location_id;
use super::order_view::lot;
use super::stock::Lot;
use crate::ask::{Ask, Context, InPath, answer, answer_receipt, id};
use crate::auth::Caller;
use crate::json::{Nothing, Short, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::ids::{LotId, ReservationId};
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::reservation::{ReleaseReservation, ReserveStock};
use waybill_engine::Receipt;
use waybill_store::read::reservations::{self, ReservationFilter, ReservationRow};

/// A promise of stock for a cart, a quote or a counter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reservation)]
pub struct ReservationView {
    pub id: String,
    pub sku: String,
    pub location: String,
    pub channel: Option<String>,
    pub lot_id: Option<String>,
    pub quantity: i64,
    pub state: String,
    pub expires_at: String,
    pub version: i64,
}

impl From<ReservationRow> for ReservationView {
    fn from(row: ReservationRow) -> Self {
        Self {
            id: row.reservation.id.to_string(),
            sku: row.sku,
            location: row.location,
            channel: row.channel,
            lot_id: lot(row.reservation.lot_id),
            quantity: row.reservation.quantity.0,
            state: row.reservation.state.to_string(),
            expires_at: row.reservation.expires_at.to_string(),
            version: row.reservation.chain.sequence,
        }
    }
}

body! {
    /// Stock to keep for a while.
    pub struct ReservationBody {
        sku: Short,
        /// Code or id of the location.
        location: Short,
        /// Code or id of the channel.
        channel: Option<Short>,
        lot_id: Option<Lot>,
        quantity: i64,
        /// How long: 1 second to 30 days.
        seconds: i64,
    }
}

async fn answer_reservation(
    state: &WebState,
    context: &Context,
    status: StatusCode,
    reservation_id: Option<ReservationId>,
    receipt: &Receipt,
) -> Result<Response, Problem> {
    let Some(reservation_id) = reservation_id.filter(|_| !context.minimal) else {
        return Ok(answer_receipt(status, receipt));
    };
    match reservations::reservation(state.store(), &context.caller.viewer(), reservation_id).await {
        Ok(Some(row)) => Ok(answer(status, receipt, &ReservationView::from(row))),
        _ => Ok(answer_receipt(status, receipt)),
    }
}

/// Reservations, newest first.
#[utoipa::path(get, path = "/stock/reservations", tag = "stock", params(("state" = Option<String>, Query),
    ("sku" = Option<String>, Query), ("location" = Option<String>, Query, description = "The location's code"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<ReservationView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<ReservationView>>, Problem> {
    let filter =
        ReservationFilter { state: params.code("state"), sku: params.text("sku"), location: params.text("location") };
    let page = params.page();
    params.close()?;
    let found = reservations::reservations(state.store(), &caller.viewer(), &filter, &page).await?;
    Ok(List::of(found, ReservationView::from))
}

/// One reservation.
#[utoipa::path(get, path = "/stock/reservations/{id}", tag = "stock", params(("id" = String, Path)),
    responses((status = 200, body = ReservationView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<ReservationView>, Problem> {
    let found = reservations::reservation(state.store(), &caller.viewer(), id("reservation", &text)?).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such reservation"))?.into()))
}

/// Promises available stock until an expiry.
#[utoipa::path(post, path = "/stock/reservations", tag = "stock",
    request_body(content = ReservationBody, example = json!({
        "sku": "MUG-1", "location": "DUB", "quantity": 1, "seconds": 600})),
    responses((status = 201, body = ReservationView)))]
pub async fn create(State(state): State<WebState>, ask: Ask<ReservationBody>) -> Result<Response, Problem> {
    let channel = match &ask.body.channel {
        Some(channel) => Some(channel_id(&state, "channel", &channel.0).await?),
        None => None,
    };
    let command = ReserveStock {
        channel_id: channel,
        location_id: location_id(&state, "location", &ask.body.location.0).await?,
        sku: ask.body.sku.0,
        lot_id: ask.body.lot_id.map_or(LotId::NIL, |lot| lot.0),
        quantity: Quantity(ask.body.quantity),
        seconds: ask.body.seconds,
    };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    let reservation_id = receipt.subject.map(|subject| ReservationId(subject.id));
    answer_reservation(&state, &ask.context, StatusCode::CREATED, reservation_id, &receipt).await
}

/// Gives promised stock back before its expiry.
#[utoipa::path(post, path = "/stock/reservations/{id}/release", tag = "stock", params(("id" = String, Path)),
    responses((status = 200, body = ReservationView)))]
pub async fn release(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let reservation_id = id("reservation", &text)?;
    let receipt = ask.context.submit(&state, ReleaseReservation { reservation_id }, state.engine().ids()).await?;
    answer_reservation(&state, &ask.context, StatusCode::OK, Some(reservation_id), &receipt).await
}
