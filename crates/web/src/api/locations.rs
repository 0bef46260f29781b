//! Locations: sites that hold stock and ship.

use super::List;
use crate::ask::{Ask, InPath, answer, answer_receipt};
use crate::auth::Caller;
use crate::json::{Name, Nothing, Short, Text, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::catalog::location::{ArchiveLocation, Location, LocationFacts, PutLocation};
use waybill_domain::ids::LocationId;
use waybill_domain::refusal;
use waybill_store::read::catalog::{self, CatalogFilter};

/// A site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Location)]
pub struct LocationView {
    pub id: String,
    pub code: String,
    pub name: String,
    pub country: String,
    /// IANA time zone.
    pub zone: String,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// Lower is preferred where everything else is equal.
    pub preference: i64,
    pub archived: bool,
    pub version: i64,
}

impl From<Location> for LocationView {
    fn from(location: Location) -> Self {
        let degrees = |value: i64| value as f64 / 10_000.0;
        Self {
            id: location.id.to_string(),
            code: location.code,
            name: location.name,
            country: location.country,
            zone: location.zone,
            latitude: location.latitude_e4.map(degrees),
            longitude: location.longitude_e4.map(degrees),
            preference: location.preference,
            archived: location.archived,
            version: location.chain.sequence,
        }
    }
}

type CountryCode = Text<2>;

body! {
    /// What can be said about a location.
    pub struct LocationBody {
        name: Name,
        /// ISO 3166-1 alpha-2.
        country: CountryCode,
        /// IANA time zone, such as Europe/Dublin.
        zone: Short,
        /// Degrees, kept to 11 m.
        latitude: Option<f64>,
        longitude: Option<f64>,
        /// Lower is preferred where everything else is equal; 0 when not said.
        preference: Option<i64>,
    }
}

/// The id of a location that a body names by code or id.
///
/// # Errors
/// A problem at `path` where there is none.
pub async fn location_id(state: &WebState, path: &str, text: &str) -> Result<LocationId, Problem> {
    let [id] = location_ids(state, [(path, text)]).await?;
    Ok(id)
}

/// Several of them, each at its path in the body; every code that none has is told.
pub async fn location_ids<const N: usize>(
    state: &WebState,
    named: [(&str, &str); N],
) -> Result<[LocationId; N], Problem> {
    let mut ids = named.map(|(_, text)| text.parse().unwrap_or(LocationId::NIL));
    if ids.iter().all(|id| *id != LocationId::NIL) {
        return Ok(ids);
    }
    let known = catalog::location_codes(state.store()).await?;
    let mut problems = Vec::new();
    for (id, (path, text)) in ids.iter_mut().zip(named).filter(|(id, _)| **id == LocationId::NIL) {
        match known.iter().find(|location| location.code == text) {
            Some(location) => *id = location.id,
            None => {
                let message = format!("no location has the code {text}");
                problems.push(refusal::Problem::new(path, "unknown_location", message));
            }
        }
    }
    if problems.is_empty() { Ok(ids) } else { Err(Problem::invalid(problems)) }
}

/// Locations by code.
#[utoipa::path(get, path = "/locations", tag = "catalog", params(("archived" = Option<bool>, Query),
    ("prefix" = Option<String>, Query), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<LocationView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<LocationView>>, Problem> {
    let filter = CatalogFilter { archived: params.bool("archived"), prefix: params.text("prefix"), text: None };
    let page = params.page();
    params.close()?;
    Ok(List::of(catalog::locations(state.store(), &caller.viewer(), &filter, &page).await?, LocationView::from))
}

/// One location.
#[utoipa::path(get, path = "/locations/{code}", tag = "catalog", params(("code" = String, Path)),
    responses((status = 200, body = LocationView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Json<LocationView>, Problem> {
    let found = catalog::location(state.store(), &caller.viewer(), &code).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such location"))?.into()))
}

/// Creates the location with this code, or changes the one there is.
#[utoipa::path(put, path = "/locations/{code}", tag = "catalog", params(("code" = String, Path)),
    request_body = LocationBody, responses((status = 200, body = LocationView)))]
pub async fn put(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<LocationBody>,
) -> Result<Response, Problem> {
    let body = ask.body;
    // Beyond any coordinate there is, so that the rule about its range still sees it.
    let e4 = |degrees: f64| (degrees.clamp(-1_000.0, 1_000.0) * 10_000.0).round() as i64;
    let facts = LocationFacts {
        code: code.clone(),
        name: body.name.0,
        country: body.country.0,
        zone: body.zone.0,
        latitude_e4: body.latitude.map(e4),
        longitude_e4: body.longitude.map(e4),
        preference: body.preference.unwrap_or(0),
    };
    let receipt = ask.context.submit(&state, PutLocation { facts }, state.engine().ids()).await?;
    let viewer = ask.context.caller.viewer();
    match catalog::location(state.store(), &viewer, &code).await {
        Ok(Some(location)) if !ask.context.minimal => {
            Ok(answer(StatusCode::OK, &receipt, &LocationView::from(location)))
        }
        _ => Ok(answer_receipt(StatusCode::OK, &receipt)),
    }
}

/// Archives a location; it keeps its history.
#[utoipa::path(delete, path = "/locations/{code}", tag = "catalog", params(("code" = String, Path)),
    responses((status = 200, body = crate::ask::ReceiptView)))]
pub async fn archive(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let receipt = ask.context.submit(&state, ArchiveLocation { code }, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}
