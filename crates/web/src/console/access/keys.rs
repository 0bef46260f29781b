//! API keys: making one, seeing what there is, ending one.

use super::{Choice, Scopes, ticked, words};
use crate::api::keys::secret;
use crate::ask::{self, InPath};
use crate::auth::{Caller, secret_hash};
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, SETTINGS, done};
use crate::console::html::Html;
use crate::console::look::Look;
use crate::console::page;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::actor::{Permission, Scope};
use waybill_domain::system::{CreateApiKey, RevokeApiKey};
use waybill_store::read::PageRequest;
use waybill_store::read::keys::{self, KeyRow};

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    permissions: String,
    /// The same in words.
    allows: String,
    is_scoped: bool,
    created: Html,
    revoked: Option<Html>,
}

#[derive(Debug)]
struct KeyForm {
    key: String,
    problems: Vec<String>,
    name: String,
    /// Each with what it allows.
    permissions: Vec<(Choice, &'static str)>,
    scopes: Scopes,
}

#[derive(Template)]
#[template(path = "access/keys.html")]
struct KeysPage {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    /// Shown once.
    secret: Option<String>,
    made: String,
    form: KeyForm,
}

/// What a form asks for.
struct Typed {
    name: String,
    permissions: Vec<Permission>,
}

/// What the page shows beside the keys.
#[derive(Default)]
struct Shown {
    secret: Option<String>,
    made: String,
    problems: Vec<String>,
}

async fn shown(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    asked: &PageRequest,
    typed: Typed,
    beside: Shown,
) -> Result<Response, Problem> {
    let found = keys::keys(state.store(), &caller.viewer(), asked).await?;
    let row = |row: KeyRow| Row {
        id: row.id.to_string(),
        name: row.name,
        allows: row.permissions.iter().map(|one| words::act(*one)).collect::<Vec<_>>().join("; "),
        permissions: if row.permissions.len() == Permission::ALL.len() {
            "everything".to_owned()
        } else {
            row.permissions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        },
        is_scoped: row.channels.only().is_some() || row.locations.only().is_some(),
        created: look.moment(row.created_at),
        revoked: row.revoked_at.map(|at| look.moment(at)),
    };
    let held = Permission::ALL.iter().filter(|permission| caller.viewer().may(**permission));
    let choice = |one: &Permission| (Choice::new(one, one.code(), typed.permissions.contains(one)), words::act(*one));
    let permissions = held.map(choice).collect();
    let Shown { secret, made, problems } = beside;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = page(&KeysPage {
        frame: Frame::new(state, caller, SETTINGS, "API keys").await?,
        rows: found.rows.into_iter().map(row).collect(),
        next: found.next.map(|after| format!("/settings/keys?after={after}")),
        secret,
        made,
        form: KeyForm {
            key: form::key(state),
            problems,
            name: typed.name,
            permissions,
            scopes: Scopes::of(state, &Scope::ALL, &Scope::ALL).await?,
        },
    });
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/keys`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    mut params: Params,
) -> Result<Response, Problem> {
    let asked = params.page();
    params.close()?;
    let typed = Typed { name: String::new(), permissions: Vec::new() };
    shown(&state, &caller, &look, &asked, typed, Shown::default()).await
}

/// `POST /settings/keys`. The page that answers shows the secret, this once.
pub async fn create(State(state): State<WebState>, look: Look, mut form: Form) -> Result<Response, Problem> {
    let name = form.required("name", 100).unwrap_or_default();
    let permissions: Vec<Permission> = form.all("permission").filter_map(Permission::from_code).collect();
    if permissions.is_empty() {
        form.problem("permissions", "empty", "a key needs at least one permission");
    }
    let mut beside = Shown {
        problems: form.problems().iter().map(|one| format!("{}: {}", one.path, one.message)).collect(),
        ..Shown::default()
    };
    let (context, asked) = (form.context.clone(), PageRequest::default());
    if beside.problems.is_empty() {
        let secret = secret(&state);
        let command = CreateApiKey {
            name: name.clone(),
            secret_hash: secret_hash(&secret),
            permissions: permissions.clone(),
            channels: ticked(&form, "channel"),
            locations: ticked(&form, "location"),
        };
        let receipt = context.submit(&state, command, state.engine().ids()).await?;
        state.keyring().closed();
        beside = Shown { secret: (!receipt.replayed).then_some(secret), made: name.clone(), problems: Vec::new() };
        let typed = Typed { name: String::new(), permissions: Vec::new() };
        return shown(&state, &context.caller, &look, &asked, typed, beside).await;
    }
    shown(&state, &context.caller, &look, &asked, Typed { name, permissions }, beside).await
}

/// `POST /settings/keys/{id}/revoke`.
pub async fn revoke(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let command = RevokeApiKey { key_id: ask::id("such key", &text)? };
    form.context.submit(&state, command, state.engine().ids()).await?;
    Ok(done("/settings/keys", "Revoked. Programs that use it are turned away within seconds."))
}
