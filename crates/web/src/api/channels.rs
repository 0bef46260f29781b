//! Channels: where orders come from.

use super::List;
use crate::ask::{Ask, InPath, answer, answer_receipt};
use crate::auth::Caller;
use crate::json::{Name, Nothing, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::catalog::channel::{ArchiveChannel, Channel, ChannelFacts, PutChannel};
use waybill_domain::ids::ChannelId;
use waybill_domain::refusal;
use waybill_store::read::catalog::{self, CatalogFilter};

/// A way by which orders arrive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelView {
    pub id: String,
    pub code: String,
    pub name: String,
    /// Parcels may leave while their capture is still pending.
    pub ship_on_pending: bool,
    /// Confirmed orders go to their locations by themselves.
    pub auto_release: bool,
    pub archived: bool,
    pub version: i64,
}

impl From<Channel> for ChannelView {
    fn from(channel: Channel) -> Self {
        Self {
            id: channel.id.to_string(),
            code: channel.code,
            name: channel.name,
            ship_on_pending: channel.ship_on_pending,
            auto_release: channel.auto_release,
            archived: channel.archived,
            version: channel.chain.sequence,
        }
    }
}

body! {
    /// What can be said about a channel.
    pub struct ChannelBody {
        name: Name,
        /// Parcels may leave while their capture is still pending; false when not said.
        ship_on_pending: Option<bool>,
        /// Confirmed orders go to their locations by themselves; false when not said.
        auto_release: Option<bool>,
    }
}

/// The id of a channel that a body names by code or id.
///
/// # Errors
/// A problem at `path` where there is none.
pub async fn channel_id(state: &WebState, path: &str, text: &str) -> Result<ChannelId, Problem> {
    let known = catalog::channel_codes(state.store()).await?;
    let found = known.iter().find(|channel| channel.code == text || channel.id.to_string() == text);
    found.map(|channel| channel.id).ok_or_else(|| {
        let message = format!("no channel has the code {text}");
        Problem::invalid(vec![refusal::Problem::new(path, "unknown_channel", message)])
    })
}

/// Channels by code.
#[utoipa::path(get, path = "/channels", tag = "catalog", params(("archived" = Option<bool>, Query),
    ("prefix" = Option<String>, Query), ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<ChannelView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<ChannelView>>, Problem> {
    let filter = CatalogFilter { archived: params.bool("archived"), prefix: params.text("prefix"), text: None };
    let page = params.page();
    params.close()?;
    Ok(List::of(catalog::channels(state.store(), &caller.viewer(), &filter, &page).await?, ChannelView::from))
}

/// One channel.
#[utoipa::path(get, path = "/channels/{code}", tag = "catalog", params(("code" = String, Path)),
    responses((status = 200, body = ChannelView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Json<ChannelView>, Problem> {
    let found = catalog::channel(state.store(), &caller.viewer(), &code).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such channel"))?.into()))
}

/// Creates the channel with this code, or changes the one there is.
#[utoipa::path(put, path = "/channels/{code}", tag = "catalog", params(("code" = String, Path)),
    request_body = ChannelBody, responses((status = 200, body = ChannelView)))]
pub async fn put(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<ChannelBody>,
) -> Result<Response, Problem> {
    let facts = ChannelFacts {
        code: code.clone(),
        name: ask.body.name.0,
        ship_on_pending: ask.body.ship_on_pending.unwrap_or(false),
        auto_release: ask.body.auto_release.unwrap_or(false),
    };
    let receipt = ask.context.submit(&state, PutChannel { facts }, state.engine().ids()).await?;
    match catalog::channel(state.store(), &ask.context.caller.viewer(), &code).await {
        Ok(Some(channel)) if !ask.context.minimal => Ok(answer(StatusCode::OK, &receipt, &ChannelView::from(channel))),
        _ => Ok(answer_receipt(StatusCode::OK, &receipt)),
    }
}

/// Archives a channel; it keeps its history.
#[utoipa::path(delete, path = "/channels/{code}", tag = "catalog", params(("code" = String, Path)),
    responses((status = 200, body = crate::ask::ReceiptView)))]
pub async fn archive(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let receipt = ask.context.submit(&state, ArchiveChannel { code }, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}
