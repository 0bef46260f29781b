//! Users: inviting, changing, signing out, archiving.

use super::{Choice, Scopes, ticked};
use crate::ask::{self, InPath};
use crate::auth::{Caller, origin};
use crate::console::account::{SessionRow, sessions_of};
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, SETTINGS, done};
use crate::console::html::Html;
use crate::console::look::Look;
use crate::console::page;
use crate::params::Params;
use crate::problem::Problem;
use crate::sign_in::links;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use waybill_domain::Code;
use waybill_domain::access::archive::ArchiveUser;
use waybill_domain::access::change::ChangeUser;
use waybill_domain::access::identity::RemoveIdentity;
use waybill_domain::access::invite::InviteUser;
use waybill_domain::access::role::Role;
use waybill_domain::access::sessions::{EndSessions, OfferLink};
use waybill_domain::access::totp::RemoveTotp;
use waybill_domain::access::{Access, UserState};
use waybill_domain::actor::Permission;
use waybill_domain::command::Command;
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_store::read::ReadError;
use waybill_store::read::users::{self, UserRow};
use waybill_store::tables::LinkPurpose;

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    email: String,
    role: String,
    state: String,
    two_factors: bool,
    joined: Option<Html>,
}

/// What is said about a person, as it is typed.
#[derive(Debug)]
struct PersonForm {
    key: String,
    problems: Vec<String>,
    name: String,
    email: String,
    roles: Vec<Choice>,
    scopes: Scopes,
}

#[derive(Template)]
#[template(path = "access/users.html")]
struct UsersPage {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
    may_write: bool,
    form: PersonForm,
}

#[derive(Template)]
#[template(path = "access/user.html")]
struct UserPage {
    frame: Frame,
    id: String,
    role: String,
    state: String,
    version: i64,
    invited: Html,
    joined: Option<Html>,
    two_factors: bool,
    /// Since when they are bound to somebody whom the provider knows.
    bound: Option<Html>,
    is_invited: bool,
    is_archived: bool,
    may_write: bool,
    sessions: Vec<SessionRow>,
    /// Shown once.
    link: Option<String>,
    wrong: Option<String>,
    form: PersonForm,
}

fn words(code: &str) -> String {
    code.replace('_', " ")
}

/// What a form says of a person.
struct Typed {
    name: String,
    email: String,
    access: Access,
}

impl Typed {
    fn of(form: &mut Form) -> Self {
        let name = form.required("name", 200).unwrap_or_default();
        let email = form.required("email", 254).unwrap_or_default();
        let role = form.one_of::<Role>("role").unwrap_or(Role::Viewer);
        let access = Access { role, channels: ticked(form, "channel"), locations: ticked(form, "location") };
        Self { name, email, access }
    }

    fn nobody() -> Self {
        Self { name: String::new(), email: String::new(), access: Access::everywhere(Role::OrderDesk) }
    }
}

async fn person(state: &WebState, typed: &Typed, problems: Vec<String>) -> Result<PersonForm, ReadError> {
    let roles = Role::ALL.iter().map(|role| Choice::new(role, words(role.code()), *role == typed.access.role));
    Ok(PersonForm {
        key: form::key(state),
        problems,
        name: typed.name.clone(),
        email: typed.email.clone(),
        roles: roles.collect(),
        scopes: Scopes::of(state, &typed.access.channels, &typed.access.locations).await?,
    })
}

/// A refusal in words, all of it; a problem that is nobody's slip goes on.
fn said(problem: Problem) -> Result<Vec<String>, Problem> {
    if problem.status.is_server_error() || problem.status == StatusCode::FORBIDDEN {
        return Err(problem);
    }
    if problem.problems.is_empty() {
        return Ok(vec![format!("{} {}", problem.detail, problem.next_step)]);
    }
    Ok(problem.problems.iter().map(|one| format!("{}: {}", one.path, one.message)).collect())
}

async fn listed(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    mut params: Params,
    form: PersonForm,
) -> Result<Response, Problem> {
    let wanted: Option<UserState> = params.code("state");
    let asked = params.page();
    params.close()?;
    let found = users::users(state.store(), &caller.viewer(), wanted, &asked).await?;
    let row = |row: UserRow| {
        let party = row.party.unwrap_or_default();
        Row {
            id: row.id.to_string(),
            name: party.name.unwrap_or_else(|| row.id.to_string()),
            email: party.email.unwrap_or_default(),
            role: words(row.role.code()),
            state: row.state.to_string(),
            two_factors: row.totp_confirmed_at.is_some(),
            joined: row.joined_at.map(|at| look.moment(at)),
        }
    };
    let status = if form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = page(&UsersPage {
        frame: Frame::new(state, caller, SETTINGS, "Users").await?,
        rows: found.rows.into_iter().map(row).collect(),
        next: found.next.map(|after| format!("/settings/users?after={after}")),
        may_write: caller.viewer().may(Permission::UsersWrite),
        form,
    });
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /settings/users`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let form = person(&state, &Typed::nobody(), Vec::new()).await?;
    listed(&state, &caller, &look, params, form).await
}

/// `POST /settings/users`. The page that answers shows the link, this once.
pub async fn invite(
    State(state): State<WebState>,
    headers: HeaderMap,
    look: Look,
    params: Params,
    mut form: Form,
) -> Result<Response, Problem> {
    let typed = Typed::of(&mut form);
    let context = form.context.clone();
    let mut problems: Vec<String> =
        form.problems().iter().map(|one| format!("{}: {}", one.path, one.message)).collect();
    if problems.is_empty() {
        let ids = state.engine().ids();
        let (name, email) = (Some(typed.name.clone()), Some(typed.email.clone()));
        let party = Personal { id: ids.nth(1), value: Party { name, email, ..Party::default() } };
        match context.submit(&state, InviteUser { party, access: typed.access.clone() }, ids).await {
            Ok(receipt) => {
                state.keyring().closed();
                let id = receipt.subject.map_or(UserId::NIL, |subject| UserId(subject.id));
                let link = link(&state, &headers, id, LinkPurpose::Join).await?;
                let link = Some(link).filter(|_| !receipt.replayed);
                return shown(&state, &context.caller, &look, id, Shown { link, ..Shown::default() }).await;
            }
            Err(problem) => problems = said(problem)?,
        }
    }
    let form = person(&state, &typed, problems).await?;
    listed(&state, &context.caller, &look, params, form).await
}

/// A link with the address under which the browser knows this server.
async fn link(state: &WebState, headers: &HeaderMap, id: UserId, purpose: LinkPurpose) -> Result<String, Problem> {
    let (random, now) = (state.engine().token(), state.engine().now());
    let token = links::make(state.store(), random, id, purpose, now).await.map_err(ReadError::from)?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if origin::is_plain_local(headers) { "http" } else { "https" };
    Ok(format!("{scheme}://{host}{}", links::path(purpose, &token)))
}

/// What the page of a user shows beside the user.
#[derive(Default)]
struct Shown {
    link: Option<String>,
    wrong: Option<String>,
    typed: Option<(Typed, Vec<String>)>,
}

async fn shown(state: &WebState, caller: &Caller, look: &Look, id: UserId, beside: Shown) -> Result<Response, Problem> {
    let found = users::user(state.store(), &caller.viewer(), id).await?;
    let row = found.ok_or_else(|| Problem::not_found("such user"))?;
    let Shown { link, wrong, typed } = beside;
    let party = row.party.unwrap_or_default();
    let access = Access { role: row.role, channels: row.channels, locations: row.locations };
    let known =
        Typed { name: party.name.unwrap_or_else(|| id.to_string()), email: party.email.unwrap_or_default(), access };
    let is_wrong = wrong.is_some() || typed.as_ref().is_some_and(|(_, problems)| !problems.is_empty());
    let (typed, problems) = typed.unwrap_or((known, Vec::new()));
    let mut response = page(&UserPage {
        frame: Frame::new(state, caller, SETTINGS, typed.name.clone()).await?,
        id: id.to_string(),
        role: words(row.role.code()),
        state: row.state.to_string(),
        version: row.version,
        invited: look.moment(row.invited_at),
        joined: row.joined_at.map(|at| look.moment(at)),
        two_factors: row.totp_confirmed_at.is_some(),
        bound: row.identity_bound_at.map(|at| look.moment(at)),
        is_invited: row.state == UserState::Invited,
        is_archived: row.state == UserState::Archived,
        may_write: caller.viewer().may(Permission::UsersWrite),
        sessions: sessions_of(state, caller, look, id).await?,
        link,
        wrong,
        form: person(state, &typed, problems).await?,
    });
    if is_wrong {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn user_id(text: &str) -> Result<UserId, Problem> {
    ask::id("such user", text)
}

/// `GET /settings/users/{id}`.
pub async fn user(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    InPath(text): InPath<String>,
) -> Result<Response, Problem> {
    shown(&state, &caller, &look, user_id(&text)?, Shown::default()).await
}

/// `POST /settings/users/{id}`.
pub async fn change(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let typed = Typed::of(&mut form);
    let context = form.context.clone();
    let mut problems: Vec<String> =
        form.problems().iter().map(|one| format!("{}: {}", one.path, one.message)).collect();
    if problems.is_empty() {
        let known = users::user(state.store(), &context.caller.viewer(), user_id).await?;
        let before = known.and_then(|row| row.party).unwrap_or_default();
        let ids = state.engine().ids();
        let (name, email) = (Some(typed.name.clone()), Some(typed.email.clone()));
        let is_new = (&before.name, &before.email) != (&name, &email);
        let party = is_new.then(|| Personal { id: ids.nth(1), value: Party { name, email, ..Party::default() } });
        let command = ChangeUser { user_id, party, access: typed.access.clone() };
        match context.submit(&state, command, ids).await {
            Ok(_) => {
                state.keyring().forget_user(user_id);
                return Ok(done(&format!("/settings/users/{user_id}"), &format!("{} is changed.", typed.name)));
            }
            Err(problem) => problems = said(problem)?,
        }
    }
    let beside = Shown { typed: Some((typed, problems)), ..Shown::default() };
    shown(&state, &context.caller, &look, user_id, beside).await
}

/// Carries an act out and says so; what keeps it from being done is said on the page.
async fn act(
    state: &WebState,
    look: &Look,
    form: &Form,
    user_id: UserId,
    command: impl Into<Command>,
    said_then: &str,
) -> Result<Response, Problem> {
    match form.context.submit(state, command, state.engine().ids()).await {
        Ok(_) => {
            state.keyring().forget_user(user_id);
            Ok(done(&format!("/settings/users/{user_id}"), said_then))
        }
        Err(problem) => {
            let wrong = Some(said(problem)?.join(" "));
            shown(state, &form.context.caller, look, user_id, Shown { wrong, ..Shown::default() }).await
        }
    }
}

/// `POST /settings/users/{id}/link`. The page that answers shows the link, this once.
pub async fn offer_link(
    State(state): State<WebState>,
    headers: HeaderMap,
    look: Look,
    InPath(text): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    let caller = &form.context.caller;
    let wrong = match form.context.submit(&state, OfferLink { user_id }, state.engine().ids()).await {
        Ok(_) => {
            let row = users::user(state.store(), &caller.viewer(), user_id).await?;
            let purpose = match row.map(|row| row.state) {
                Some(UserState::Invited) => LinkPurpose::Join,
                Some(UserState::Active | UserState::Archived) | None => LinkPurpose::Password,
            };
            let link = Some(link(&state, &headers, user_id, purpose).await?);
            return shown(&state, caller, &look, user_id, Shown { link, ..Shown::default() }).await;
        }
        Err(problem) => Some(said(problem)?.join(" ")),
    };
    shown(&state, caller, &look, user_id, Shown { wrong, ..Shown::default() }).await
}

/// `POST /settings/users/{id}/end-sessions`.
pub async fn end_sessions(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    act(&state, &look, &form, user_id, EndSessions { user_id }, "Signed out everywhere.").await
}

/// `POST /settings/users/{id}/remove-totp`.
pub async fn remove_totp(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    act(&state, &look, &form, user_id, RemoveTotp { user_id }, "No code is asked for any more.").await
}

/// `POST /settings/users/{id}/remove-identity`.
pub async fn remove_identity(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    act(&state, &look, &form, user_id, RemoveIdentity { user_id }, "Unbound from the provider.").await
}

/// `POST /settings/users/{id}/archive`.
pub async fn archive(
    State(state): State<WebState>,
    look: Look,
    InPath(text): InPath<String>,
    form: Form,
) -> Result<Response, Problem> {
    let user_id = user_id(&text)?;
    act(&state, &look, &form, user_id, ArchiveUser { user_id }, "Archived. They cannot sign in any more.").await
}
