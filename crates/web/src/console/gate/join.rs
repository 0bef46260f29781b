//! Choosing a password: by an invitation, by a link for a new one, or as the first owner.

use super::{Fields, Gate, Onward, come_in, field, spent, with_status};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::console::page;
use crate::problem::Problem;
use crate::sign_in::{self, Peer, SignInError};
use crate::state::WebState;
use askama::Template;
use axum::Extension;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;
use waybill_domain::access::Access;
use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
use waybill_domain::access::password::{self, PasswordHash, SetPassword};
use waybill_domain::access::role::Role;
use waybill_domain::actor::{Actor, Door, Principal};
use waybill_domain::command::Command;
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_domain::refusal;
use waybill_engine::{Submission, SubmitError};
use waybill_store::read::users::Account;
use waybill_store::tables::{LinkPurpose, SignInWay};

/// Who is about to choose a password.
#[derive(Debug)]
pub struct Person {
    name: String,
    email: String,
    role: String,
}

impl Person {
    fn of(account: &Account) -> Self {
        let party = account.party.clone().unwrap_or_default();
        Self {
            name: party.name.unwrap_or_default(),
            email: party.email.unwrap_or_default(),
            role: account.user.role.to_string().replace('_', " "),
        }
    }
}

#[derive(Template)]
#[template(path = "gate/join.html")]
struct JoinPage {
    gate: Gate,
    title: &'static str,
    button: &'static str,
    action: String,
    /// None for the first owner, who says who they are.
    person: Option<Person>,
    name: String,
    email: String,
    problems: Vec<refusal::Problem>,
}

impl JoinPage {
    fn problem(&self, field: &str) -> Option<String> {
        let found = self.problems.iter().find(|problem| problem.path == field)?;
        Some(format!("This {}.", found.message))
    }

    fn by_link(gate: Gate, purpose: LinkPurpose, token: &str, account: &Account) -> Self {
        let (title, button) =
            if purpose == LinkPurpose::Join { ("Join", "Join") } else { ("New password", "Set the password") };
        Self {
            gate,
            title,
            button,
            action: format!("/join/{token}"),
            person: Some(Person::of(account)),
            name: String::new(),
            email: String::new(),
            problems: Vec::new(),
        }
    }

    fn first_owner(gate: Gate, name: &str, email: &str) -> Self {
        Self {
            gate,
            title: "Set up Waybill",
            button: "Begin",
            action: "/setup".to_owned(),
            person: None,
            name: name.to_owned(),
            email: email.to_owned(),
            problems: Vec::new(),
        }
    }
}

const PURPOSES: &[LinkPurpose] = &[LinkPurpose::Join, LinkPurpose::Password];

/// What is wrong with a new password, typed twice.
pub fn password_problem(password: &str, again: &str, email: &str) -> Option<refusal::Problem> {
    let differs = || refusal::Problem::new("again", "differs", "is not the password above");
    password::problem(password, email).or_else(|| (password != again).then(differs))
}

fn password_problems(fields: &Fields, email: &str) -> Vec<refusal::Problem> {
    password_problem(field(fields, "password"), field(fields, "again"), email).into_iter().collect()
}

/// Submits what somebody does to their own account.
pub async fn as_oneself(state: &WebState, user_id: UserId, command: impl Into<Command>) -> Result<(), SubmitError> {
    let actor = Arc::new(Actor::new(Principal::User(user_id), Door::Console, &[]));
    state.engine().submit(Submission::new(command, actor, state.engine().ids())).await.map(drop)
}

/// `GET /join/{token}`.
pub async fn invitation(State(state): State<WebState>, InPath(token): InPath<String>) -> Result<Response, Problem> {
    match sign_in::by_link(&state, &token, PURPOSES).await {
        Ok((purpose, account)) => Ok(page(&JoinPage::by_link(Gate::new(&state).await?, purpose, &token, &account))),
        Err(SignInError::Spent) => spent(&state).await,
        Err(error) => Err(error.problem()),
    }
}

/// `POST /join/{token}`.
pub async fn accept(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    InPath(token): InPath<String>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (purpose, account) = match sign_in::by_link(&state, &token, PURPOSES).await {
        Ok(found) => found,
        Err(SignInError::Spent) => return spent(&state).await,
        Err(error) => return Err(error.problem()),
    };
    let mut join = JoinPage::by_link(Gate::new(&state).await?, purpose, &token, &account);
    join.problems = password_problems(&fields, join.person.as_ref().map_or("", |person| &person.email));
    if !join.problems.is_empty() {
        return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page(&join)));
    }
    let hash = sign_in::hash(&state, field(&fields, "password")).await.map_err(SignInError::problem)?;
    match sign_in::take(&state, &token, purpose).await {
        Ok(()) => {}
        Err(SignInError::Spent) => return spent(&state).await,
        Err(error) => return Err(error.problem()),
    }
    let user_id = account.user.id;
    if let Err(error) = as_oneself(&state, user_id, chosen(purpose, user_id, hash)).await {
        // Nothing was done, so the link is not used up after all.
        let kept = sign_in::links::put_back(state.store(), &token, user_id, purpose, state.engine().now()).await;
        kept.map_err(|error| SignInError::from(error).problem())?;
        return Err(error.into());
    }
    let peer = peer.map(|Extension(peer)| peer);
    let come = sign_in::after_link(&state, user_id, SignInWay::Link, peer).await.map_err(SignInError::problem)?;
    come_in(&state, &headers, come, Onward::default()).await
}

fn chosen(purpose: LinkPurpose, user_id: UserId, hash: PasswordHash) -> Command {
    match purpose {
        LinkPurpose::Join => AcceptInvitation { user_id, password_hash: Some(hash) }.into(),
        LinkPurpose::Password | LinkPurpose::SignIn | LinkPurpose::SecondStep => {
            SetPassword { user_id, password_hash: hash }.into()
        }
    }
}

/// Whether the shop is still to be set up: then its own machine's owner asks.
fn is_first_run(caller: &Caller) -> bool {
    caller.session.is_none() && matches!(caller.actor.principal, Principal::System(_))
}

/// `GET /setup`.
pub async fn setup(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    if !is_first_run(&caller) {
        return Ok(Redirect::to("/").into_response());
    }
    Ok(page(&JoinPage::first_owner(Gate::new(&state).await?, "", "")))
}

/// `POST /setup`.
pub async fn make_owner(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    caller: Caller,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    if !is_first_run(&caller) {
        return Ok(Redirect::to("/").into_response());
    }
    let (name, email) = (field(&fields, "name").trim(), field(&fields, "email").trim());
    let mut join = JoinPage::first_owner(Gate::new(&state).await?, name, email);
    join.problems = password_problems(&fields, email);
    let ids = state.engine().ids();
    let value = Party { name: Some(name.to_owned()), email: Some(email.to_owned()), ..Party::default() };
    let party = Personal { id: ids.nth(1), value };
    let hash = if join.problems.is_empty() {
        Some(sign_in::hash(&state, field(&fields, "password")).await.map_err(SignInError::problem)?)
    } else {
        None
    };
    let invite = InviteUser { party, access: Access::everywhere(Role::Owner) };
    let Some(hash) = hash else {
        return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page(&join)));
    };
    let receipt = match state.engine().submit(Submission::new(invite, caller.actor.clone(), ids)).await {
        Ok(receipt) => receipt,
        Err(SubmitError::Refused { refusal, .. }) if !refusal.problems.is_empty() => {
            join.problems = refusal.problems;
            return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page(&join)));
        }
        Err(error) => return Err(error.into()),
    };
    state.keyring().closed();
    let user_id = receipt.subject.map_or(UserId::NIL, |subject| UserId(subject.id));
    as_oneself(&state, user_id, AcceptInvitation { user_id, password_hash: Some(hash) }).await?;
    let peer = peer.map(|Extension(peer)| peer);
    let come = sign_in::after_link(&state, user_id, SignInWay::Password, peer).await.map_err(SignInError::problem)?;
    come_in(&state, &headers, come, Onward::default()).await
}
