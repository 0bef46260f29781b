//! People who work with Waybill, as programs manage them.

use super::orders::with_etag;
use super::{List, scopes};
use crate::ask::{Ask, Context, InPath, ReceiptView, answer, answer_receipt, id};
use crate::auth::Caller;
use crate::json::{Name, Nothing, OneOf, Short, Text, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::sign_in::links;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::access::archive::ArchiveUser;
use waybill_domain::access::change::ChangeUser;
use waybill_domain::access::identity::RemoveIdentity;
use waybill_domain::access::invite::InviteUser;
use waybill_domain::access::role::Role;
use waybill_domain::access::sessions::{EndSessions, OfferLink};
use waybill_domain::access::totp::RemoveTotp;
use waybill_domain::access::{Access, UserState};
use waybill_domain::command::Command;
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_domain::time::Timestamp;
use waybill_engine::Receipt;
use waybill_store::read::users::{self, UserRow};
use waybill_store::tables::LinkPurpose;

/// A person who works with Waybill.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    pub id: String,
    /// Null where it was erased.
    pub name: Option<String>,
    pub email: Option<String>,
    /// `owner`, `manager`, `order_desk`, `warehouse`, `support`, `accountant` or `viewer`.
    pub role: String,
    /// What the role may do.
    pub permissions: Vec<String>,
    /// Ids of the channels they see; null for all.
    pub channels: Option<Vec<String>>,
    /// Ids of the locations they see; null for all.
    pub locations: Option<Vec<String>>,
    /// `invited`, `active` or `archived`.
    pub state: String,
    pub invited_at: String,
    pub joined_at: Option<String>,
    pub password_set_at: Option<String>,
    /// Whether a code of an authenticator is asked for.
    pub two_factors: bool,
    /// Whether they are bound to somebody whom the provider of single sign-on knows.
    pub single_sign_on: bool,
    /// Where they join or set another password, once; shown in the first answer only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Rises with every change of the user; the ETag.
    pub version: i64,
}

impl From<UserRow> for UserView {
    fn from(row: UserRow) -> Self {
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let party = row.party.unwrap_or_default();
        Self {
            id: row.id.to_string(),
            name: party.name,
            email: party.email,
            role: row.role.to_string(),
            permissions: row.role.permissions().iter().map(ToString::to_string).collect(),
            channels: scopes::shown(&row.channels),
            locations: scopes::shown(&row.locations),
            state: row.state.to_string(),
            invited_at: row.invited_at.to_string(),
            joined_at: moment(row.joined_at),
            password_set_at: moment(row.password_set_at),
            two_factors: row.totp_confirmed_at.is_some(),
            single_sign_on: row.identity_bound_at.is_some(),
            link: None,
            version: row.version,
        }
    }
}

type RoleCode = OneOf<Role>;
type Email = Text<254>;

body! {
    /// Somebody who is asked to join.
    pub struct InvitationBody {
        name: Name,
        email: Email,
        role: RoleCode,
        /// Codes or ids of the channels they see; all when not said.
        channels: Option<Vec<Short>>,
        /// Codes or ids of the locations they see; all when not said.
        locations: Option<Vec<Short>>,
    }

    /// What a user may do, whole. Name and email stay where they are not given.
    pub struct ChangedUserBody {
        name: Option<Name>,
        email: Option<Email>,
        role: RoleCode,
        /// Codes or ids of the channels they see; all when not said.
        channels: Option<Vec<Short>>,
        /// Codes or ids of the locations they see; all when not said.
        locations: Option<Vec<Short>>,
    }
}

fn user_id(text: &str) -> Result<UserId, Problem> {
    id("such user", text)
}

async fn found(state: &WebState, caller: &Caller, id: UserId) -> Result<UserRow, Problem> {
    let row = users::user(state.store(), &caller.viewer(), id).await?;
    row.ok_or_else(|| Problem::not_found("such user"))
}

/// A link for a user, where this answer is the first and so the only one to show it.
async fn link(state: &WebState, receipt: &Receipt, row: &UserRow) -> Result<Option<String>, Problem> {
    let purpose = match row.state {
        UserState::Invited => LinkPurpose::Join,
        UserState::Active => LinkPurpose::Password,
        UserState::Archived => return Ok(None),
    };
    if receipt.replayed {
        return Ok(None);
    }
    let (random, now) = (state.engine().token(), state.engine().now());
    let token = links::make(state.store(), random, row.id, purpose, now).await;
    let token = token.map_err(|error| Problem::from(waybill_store::read::ReadError::from(error)))?;
    Ok(Some(links::path(purpose, &token)))
}

async fn change(
    state: &WebState,
    context: &Context,
    id: UserId,
    command: impl Into<Command>,
) -> Result<Response, Problem> {
    let receipt = context.submit(state, command, state.engine().ids()).await?;
    if context.minimal {
        return Ok(answer_receipt(StatusCode::OK, &receipt));
    }
    let view = UserView::from(found(state, &context.caller, id).await?);
    Ok(with_etag(answer(StatusCode::OK, &receipt, &view), view.version))
}

/// Users in the order of their invitation.
#[utoipa::path(get, path = "/users", tag = "users", params(
    ("state" = Option<String>, Query, description = "`archived` shows those that are gone"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<UserView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<UserView>>, Problem> {
    let wanted: Option<UserState> = params.code("state");
    let page = params.page();
    params.close()?;
    Ok(List::of(users::users(state.store(), &caller.viewer(), wanted, &page).await?, UserView::from))
}

/// Invites somebody. The answer has the link by which they join, this once: a repeat of the request does not show it again.
#[utoipa::path(post, path = "/users", tag = "users", request_body = InvitationBody,
    responses((status = 201, body = UserView)))]
pub async fn invite(State(state): State<WebState>, ask: Ask<InvitationBody>) -> Result<Response, Problem> {
    let InvitationBody { name, email, role, channels, locations } = ask.body;
    let (channels, locations) = scopes::read(&state, channels, locations).await?;
    let ids = state.engine().ids();
    let value = Party { name: Some(name.0), email: Some(email.0.trim().to_owned()), ..Party::default() };
    let party = Personal { id: ids.nth(1), value };
    let command = InviteUser { party, access: Access { role: role.0, channels, locations } };
    let receipt = ask.context.submit(&state, command, ids).await?;
    state.keyring().closed();
    let id = receipt.subject.map(|subject| UserId(subject.id)).unwrap_or(UserId::NIL);
    let row = found(&state, &ask.context.caller, id).await?;
    let view = UserView { link: link(&state, &receipt, &row).await?, ..row.into() };
    Ok(with_etag(answer(StatusCode::CREATED, &receipt, &view), view.version))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = UserView, headers(("ETag" = String, description = "The version")))))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    let view = UserView::from(found(&state, &caller, user_id(&text)?).await?);
    let version = view.version;
    Ok(with_etag(Json(view).into_response(), version))
}

/// Changes a user. Where that changes what they may do, they have to sign in again.
#[utoipa::path(put, path = "/users/{id}", tag = "users", params(("id" = String, Path)),
    request_body = ChangedUserBody, responses((status = 200, body = UserView)))]
pub async fn put(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<ChangedUserBody>,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let ChangedUserBody { name, email, role, channels, locations } = ask.body;
    let (channels, locations) = scopes::read(&state, channels, locations).await?;
    let ids = state.engine().ids();
    let mut party = None;
    if name.is_some() || email.is_some() {
        let known = found(&state, &ask.context.caller, user_id).await?.party.unwrap_or_default();
        let name = name.map_or(known.name, |name| Some(name.0));
        let email = email.map_or(known.email, |email| Some(email.0.trim().to_owned()));
        party = Some(Personal { id: ids.nth(1), value: Party { name, email, ..Party::default() } });
    }
    let command = ChangeUser { user_id, party, access: Access { role: role.0, channels, locations } };
    let receipt = ask.context.submit(&state, command, ids).await?;
    state.keyring().forget_user(user_id);
    if ask.context.minimal {
        return Ok(answer_receipt(StatusCode::OK, &receipt));
    }
    let view = UserView::from(found(&state, &ask.context.caller, user_id).await?);
    Ok(with_etag(answer(StatusCode::OK, &receipt, &view), view.version))
}

/// Ends a user for good: they cannot sign in, their sessions end, their email is free. Their history stays.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = ReceiptView)))]
pub async fn archive(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let receipt = ask.context.submit(&state, ArchiveUser { user_id }, state.engine().ids()).await?;
    state.keyring().forget_user(user_id);
    Ok(answer_receipt(StatusCode::OK, &receipt))
}

/// Makes a link that works once: to join for who was invited, to set another password for who has joined. It is in the answer,
/// this once; whoever opens it can be that user.
#[utoipa::path(post, path = "/users/{id}/link", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = UserView)))]
pub async fn offer_link(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let receipt = ask.context.submit(&state, OfferLink { user_id }, state.engine().ids()).await?;
    let row = found(&state, &ask.context.caller, user_id).await?;
    let view = UserView { link: link(&state, &receipt, &row).await?, ..row.into() };
    Ok(with_etag(answer(StatusCode::OK, &receipt, &view), view.version))
}

/// Signs a user out everywhere.
#[utoipa::path(post, path = "/users/{id}/end-sessions", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = UserView)))]
pub async fn end_sessions(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let answer = change(&state, &ask.context, user_id, EndSessions { user_id }).await?;
    state.keyring().forget_user(user_id);
    Ok(answer)
}

/// Asks a user for no codes of an authenticator any more, for example because it was lost.
#[utoipa::path(post, path = "/users/{id}/remove-totp", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = UserView)))]
pub async fn remove_totp(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let answer = change(&state, &ask.context, user_id, RemoveTotp { user_id }).await?;
    state.keyring().forget_user(user_id);
    Ok(answer)
}

/// Unbinds a user from whom the provider of single sign-on says they are, for example because they have another account there
/// now. Their next sign-in through it binds them again, by their email.
#[utoipa::path(post, path = "/users/{id}/remove-identity", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = UserView)))]
pub async fn remove_identity(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let answer = change(&state, &ask.context, user_id, RemoveIdentity { user_id }).await?;
    state.keyring().forget_user(user_id);
    Ok(answer)
}
