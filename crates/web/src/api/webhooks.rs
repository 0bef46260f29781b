//! Webhook endpoints: who is told of events over HTTP, and how the telling goes.

use super::List;
use super::orders::with_etag;
use super::webhook_view::{AttemptView, EndpointView};
use crate::ask::{Ask, Context, InPath, ReceiptView, answer, answer_receipt, id};
use crate::auth::Caller;
use crate::json::{Name, Nothing, OneOf, Text, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use waybill_domain::attempt::Origin;
use waybill_domain::command::Command;
use waybill_domain::ids::WebhookEndpointId;
use waybill_domain::refusal;
use waybill_domain::webhook::kinds::EventKinds;
use waybill_domain::webhook::manage::*;
use waybill_domain::webhook::replay::ReplayWebhook;
use waybill_domain::webhook::secret::RotateWebhookSecret;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_domain::webhook::{DisabledReason, EndpointFacts, EndpointState};
use waybill_engine::{Receipt, signing};
use waybill_store::read::overview;
use waybill_store::read::webhooks::{self, EndpointRow};

/// How long an old secret is used on where a rotation does not say, in seconds.
const OVERLAP_S: i64 = 86_400;

type Url = Text<2000>;
type Kind = Text<100>;
type OriginCode = OneOf<Origin>;

body! {
    /// A new endpoint. It is told of what happens from now on.
    pub struct EndpointBody {
        name: Name,
        url: Url,
        /// Kinds such as `order.placed`, nouns such as `order.*`; all when not said.
        kinds: Option<Vec<Kind>>,
        /// `live` alone when not said: history that is brought in is left out.
        origins: Option<Vec<OriginCode>>,
        /// Whether events come in the order of the log; false when not said.
        ordered: Option<bool>,
    }

    /// What is said about an endpoint, whole. The address stays where none is given.
    pub struct ChangedEndpointBody {
        name: Name,
        url: Option<Url>,
        kinds: Option<Vec<Kind>>,
        origins: Option<Vec<OriginCode>>,
        ordered: Option<bool>,
    }

    /// How an endpoint gets another secret.
    pub struct RotationBody {
        /// How long requests are signed with the old secret, too: 0 to 2,592,000 seconds, a day when not said.
        overlap_s: Option<i64>,
    }

    /// What is sent once more: one event, or everything from a position on.
    pub struct ReplayBody {
        /// The position of one event.
        position: Option<i64>,
        /// The position of the first of many.
        from: Option<i64>,
    }
}

fn facts(
    name: Name,
    kinds: Option<Vec<Kind>>,
    origins: Option<Vec<OriginCode>>,
    ordered: Option<bool>,
) -> EndpointFacts {
    EndpointFacts {
        name: name.0,
        kinds: EventKinds(kinds.unwrap_or_default().into_iter().map(|kind| kind.0).collect()),
        origins: origins.map_or_else(|| vec![Origin::Live], |origins| origins.into_iter().map(|one| one.0).collect()),
        ordered: ordered.unwrap_or(false),
    }
}

/// An address to which this server would send.
fn address(state: &WebState, url: Url) -> Result<EndpointUrl, Problem> {
    let url = EndpointUrl(url.0);
    match state.engine().webhook_objection(&url) {
        None => Ok(url),
        Some(why) => Err(Problem::invalid(vec![refusal::Problem::new("url", "forbidden", why)])),
    }
}

fn endpoint_id(text: &str) -> Result<WebhookEndpointId, Problem> {
    id("such webhook endpoint", text)
}

async fn found(state: &WebState, caller: &Caller, id: WebhookEndpointId) -> Result<EndpointRow, Problem> {
    let row = webhooks::endpoint(state.store(), &caller.viewer(), id).await?;
    row.ok_or_else(|| Problem::not_found("such webhook endpoint"))
}

async fn answered(
    state: &WebState,
    context: &Context,
    status: StatusCode,
    id: WebhookEndpointId,
    receipt: &Receipt,
    secret: Option<String>,
) -> Result<Response, Problem> {
    if context.minimal && secret.is_none() {
        return Ok(answer_receipt(status, receipt));
    }
    let view = EndpointView { secret, ..found(state, &context.caller, id).await?.into() };
    Ok(with_etag(answer(status, receipt, &view), view.version))
}

async fn change(
    state: &WebState,
    context: &Context,
    id: WebhookEndpointId,
    command: impl Into<Command>,
) -> Result<Response, Problem> {
    let receipt = context.submit(state, command, state.engine().ids()).await?;
    answered(state, context, StatusCode::OK, id, &receipt, None).await
}

/// Endpoints in the order of their creation.
#[utoipa::path(get, path = "/webhook-endpoints", tag = "webhooks", params(
    ("state" = Option<String>, Query, description = "`archived` shows those that are gone"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<EndpointView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<EndpointView>>, Problem> {
    let wanted: Option<EndpointState> = params.code("state");
    let page = params.page();
    params.close()?;
    let rows = webhooks::endpoints(state.store(), &caller.viewer(), wanted, &page).await?;
    Ok(List::of(rows, EndpointView::from))
}

/// Creates an endpoint. The answer has its secret, this once: a repeat of the request does not show it again.
#[utoipa::path(post, path = "/webhook-endpoints", tag = "webhooks", request_body = EndpointBody,
    responses((status = 201, body = EndpointView)))]
pub async fn create(State(state): State<WebState>, ask: Ask<EndpointBody>) -> Result<Response, Problem> {
    let EndpointBody { name, url, kinds, origins, ordered } = ask.body;
    let secret = state.engine().signing_secret();
    let command = CreateWebhookEndpoint {
        facts: facts(name, kinds, origins, ordered),
        url: address(&state, url)?,
        secret: secret.clone(),
        head: overview::position(state.store()).await?,
    };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    let id = receipt.subject.map(|subject| WebhookEndpointId(subject.id)).unwrap_or(WebhookEndpointId::NIL);
    let secret = (!receipt.replayed).then(|| signing::written(&secret));
    answered(&state, &ask.context, StatusCode::CREATED, id, &receipt, secret).await
}

/// One endpoint.
#[utoipa::path(get, path = "/webhook-endpoints/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = EndpointView, headers(("ETag" = String, description = "The version")))))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let view = EndpointView::from(found(&state, &caller, endpoint_id(&text)?).await?);
    let version = view.version;
    Ok(with_etag(Json(view).into_response(), version))
}

/// Changes what is said about an endpoint.
#[utoipa::path(put, path = "/webhook-endpoints/{id}", tag = "webhooks", params(("id" = String, Path)),
    request_body = ChangedEndpointBody, responses((status = 200, body = EndpointView)))]
pub async fn put(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<ChangedEndpointBody>,
) -> Result<Response, Problem> {
    let endpoint_id = endpoint_id(&text)?;
    let ChangedEndpointBody { name, url, kinds, origins, ordered } = ask.body;
    let url = url.map(|url| address(&state, url)).transpose()?;
    let command = ChangeWebhookEndpoint { endpoint_id, facts: facts(name, kinds, origins, ordered), url };
    change(&state, &ask.context, endpoint_id, command).await
}

/// Ends an endpoint for good: its address and its secrets are forgotten, its history stays.
#[utoipa::path(delete, path = "/webhook-endpoints/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = ReceiptView)))]
pub async fn archive(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let command = ArchiveWebhookEndpoint { endpoint_id: endpoint_id(&text)? };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}

/// Sends on from where it stopped, at once; failures of before are forgotten.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/enable", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = EndpointView)))]
pub async fn enable(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let endpoint_id = endpoint_id(&text)?;
    change(&state, &ask.context, endpoint_id, EnableWebhookEndpoint { endpoint_id }).await
}

/// Sends nothing until the endpoint is enabled; the log keeps what waits.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/disable", tag = "webhooks", params(("id" = String, Path)),
    responses((status = 200, body = EndpointView)))]
pub async fn disable(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let endpoint_id = endpoint_id(&text)?;
    let command = DisableWebhookEndpoint { endpoint_id, reason: DisabledReason::Requested };
    change(&state, &ask.context, endpoint_id, command).await
}

/// Gives an endpoint another secret, which is in the answer, this once.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/rotate-secret", tag = "webhooks", params(("id" = String, Path)),
    request_body = RotationBody, responses((status = 200, body = EndpointView)))]
pub async fn rotate(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<RotationBody>,
) -> Result<Response, Problem> {
    let endpoint_id = endpoint_id(&text)?;
    let secret = state.engine().signing_secret();
    let overlap_s = ask.body.overlap_s.unwrap_or(OVERLAP_S);
    let command = RotateWebhookSecret { endpoint_id, secret: secret.clone(), overlap_s };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    let secret = (!receipt.replayed).then(|| signing::written(&secret));
    answered(&state, &ask.context, StatusCode::OK, endpoint_id, &receipt, secret).await
}

/// Sends one event once more (`position`), or everything from a position on (`from`).
#[utoipa::path(post, path = "/webhook-endpoints/{id}/replay", tag = "webhooks", params(("id" = String, Path)),
    request_body = ReplayBody, responses((status = 200, body = EndpointView)))]
pub async fn replay(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<ReplayBody>,
) -> Result<Response, Problem> {
    let endpoint_id = endpoint_id(&text)?;
    let (position, onward) = match (ask.body.position, ask.body.from) {
        (Some(position), None) => (position, false),
        (None, Some(from)) => (from, true),
        (Some(_), Some(_)) | (None, None) => {
            let message = "either the position of one event, or `from` for everything from there on";
            return Err(Problem::invalid(vec![refusal::Problem::new("position", "one_of", message)]));
        }
    };
    let head = overview::position(state.store()).await?;
    change(&state, &ask.context, endpoint_id, ReplayWebhook { endpoint_id, position, onward, head }).await
}

/// What was tried, the latest first. Kept for 14 days.
#[utoipa::path(get, path = "/webhook-endpoints/{id}/attempts", tag = "webhooks", params(("id" = String, Path),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<AttemptView>)))]
pub async fn attempts(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
    mut params: Params,
) -> Result<Json<List<AttemptView>>, Problem> {
    let page = params.page();
    params.close()?;
    let row = found(&state, &caller, endpoint_id(&text)?).await?;
    let rows = webhooks::attempts(state.store(), &caller.viewer(), row.id, &page).await?;
    Ok(List::of(rows, AttemptView::from))
}
