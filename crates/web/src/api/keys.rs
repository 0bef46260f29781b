//! API keys: what programs may do.

use super::{List, scopes};
use crate::ask::{Ask, InPath, ReceiptView, answer, answer_receipt, id};
use crate::auth::{Caller, SECRET_PREFIX, secret_hash};
use crate::json::{Nothing, OneOf, Short, Text, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::actor::Permission;
use waybill_domain::chain::hex;
use waybill_domain::ids::ApiKeyId;
use waybill_domain::system::{CreateApiKey, RevokeApiKey};
use waybill_store::read::keys::{self, KeyRow};

/// A key with which a program uses the API.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyView {
    pub id: String,
    pub name: String,
    pub permissions: Vec<String>,
    /// Ids of the channels it sees; null for all.
    pub channels: Option<Vec<String>>,
    /// Ids of the locations it sees; null for all.
    pub locations: Option<Vec<String>>,
    pub created_at: String,
    pub revoked_at: Option<String>,
    /// `wbk_...`; shown once, in the first answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl From<KeyRow> for KeyView {
    fn from(row: KeyRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            permissions: row.permissions.iter().map(ToString::to_string).collect(),
            channels: scopes::shown(&row.channels),
            locations: scopes::shown(&row.locations),
            created_at: row.created_at.to_string(),
            revoked_at: row.revoked_at.map(|at| at.to_string()),
            secret: None,
        }
    }
}

type KeyName = Text<100>;
type PermissionCode = OneOf<Permission>;

body! {
    /// A new key. It may do nothing that whoever makes it may not.
    pub struct KeyBody {
        /// What the key is for.
        name: KeyName,
        permissions: Vec<PermissionCode>,
        /// Codes or ids of the channels it sees; all when not said.
        channels: Option<Vec<Short>>,
        /// Codes or ids of the locations it sees; all when not said.
        locations: Option<Vec<Short>>,
    }
}

/// A secret for a key.
pub fn secret(state: &WebState) -> String {
    format!("{SECRET_PREFIX}{}", hex(&state.engine().token()))
}

/// Keys in the order of their creation, revoked ones too.
#[utoipa::path(get, path = "/keys", tag = "keys", params(("limit" = Option<u32>, Query),
    ("after" = Option<String>, Query)), responses((status = 200, body = List<KeyView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<KeyView>>, Problem> {
    let page = params.page();
    params.close()?;
    Ok(List::of(keys::keys(state.store(), &caller.viewer(), &page).await?, KeyView::from))
}

/// Creates a key. The answer has its secret, this once: a repeat of the request does not show it again.
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = KeyBody, responses((status = 201, body = KeyView)))]
pub async fn create(State(state): State<WebState>, ask: Ask<KeyBody>) -> Result<Response, Problem> {
    let KeyBody { name, permissions, channels, locations } = ask.body;
    let (channels, locations) = scopes::read(&state, channels, locations).await?;
    let secret = secret(&state);
    let mut permissions: Vec<Permission> = permissions.into_iter().map(|one| one.0).collect();
    permissions.sort_unstable();
    permissions.dedup();
    let command = CreateApiKey { name: name.0, secret_hash: secret_hash(&secret), permissions, channels, locations };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    state.keyring().closed();
    let id = receipt.subject.map(|subject| ApiKeyId(subject.id)).unwrap_or(ApiKeyId::NIL);
    let row = keys::key(state.store(), &ask.context.caller.viewer(), id).await?;
    let row = row.ok_or_else(|| Problem::not_found("such key"))?;
    let view = KeyView { secret: (!receipt.replayed).then_some(secret), ..row.into() };
    Ok(answer(StatusCode::CREATED, &receipt, &view))
}

/// One key.
#[utoipa::path(get, path = "/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 200, body = KeyView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<KeyView>, Problem> {
    let row = keys::key(state.store(), &caller.viewer(), id("such key", &text)?).await?;
    Ok(Json(row.ok_or_else(|| Problem::not_found("such key"))?.into()))
}

/// Ends a key. Programs that use it are turned away within seconds.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 200, body = ReceiptView)))]
pub async fn revoke(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let command = RevokeApiKey { key_id: id("such key", &text)? };
    let receipt = ask.context.submit(&state, command, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}
