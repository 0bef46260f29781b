//! One's own account: password, authenticator, and where one is signed in.

use super::access::failed::FailedRow;
use super::form::Form;
use super::frame::{self, ACCOUNT, Frame};
use super::gate;
use super::html::Html;
use super::look::Look;
use super::page;
use crate::auth::{Caller, SignedIn};
use crate::problem::Problem;
use crate::sign_in::{self, Peer, SignInError, code};
use crate::state::WebState;
use askama::Template;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use waybill_domain::access::password::SetPassword;
use waybill_domain::access::sessions::EndSessions;
use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, RemoveTotp, TotpSecret};
use waybill_domain::actor::Scope;
use waybill_domain::command::Command;
use waybill_domain::ids::{SessionId, UserId};
use waybill_engine::SubmitError;
use waybill_store::read::users::{self, Account, AccountKey};
use waybill_store::read::{PageRequest, ReadError, catalog, sign_in as sessions};
use waybill_store::tables::{Session, SignInWay};

/// A session as its owner sees it.
#[derive(Debug)]
pub struct SessionRow {
    pub id: String,
    pub since: Html,
    pub seen: Html,
    pub until: Html,
    /// How it began: `password and code`.
    pub how: String,
    /// From where, as far as that is known.
    pub address: String,
    pub is_this: bool,
}

/// An authenticator that waits for its first code.
#[derive(Debug)]
struct Waiting {
    picture: Option<Html>,
    written: String,
}

/// Hours of tries that failed which somebody is shown of their own.
const FAILED_SHOWN: u32 = 5;

#[derive(Template)]
#[template(path = "account/account.html")]
struct AccountPage {
    frame: Frame,
    name: String,
    email: String,
    role: String,
    permissions: String,
    channels: String,
    locations: String,
    sessions: Vec<SessionRow>,
    /// Tries to sign in as them that failed, the latest hours.
    failed: Vec<FailedRow>,
    password_set: Option<Html>,
    totp_since: Option<Html>,
    totp: Option<Waiting>,
    wrong: Option<String>,
}

pub fn router() -> axum::Router<WebState> {
    axum::Router::new()
        .route("/account", get(account))
        .route("/account/password", post(set_password))
        .route("/account/totp", post(enroll))
        .route("/account/totp/confirm", post(confirm))
        .route("/account/totp/remove", post(remove))
        .route("/account/sessions/end", post(end_one))
        .route("/account/sessions/end-others", post(end_others))
}

/// How a session began, in words.
pub fn how(session: &Session) -> String {
    let by = match session.began_by {
        SignInWay::Password => "password",
        SignInWay::Link => "one-time link",
        SignInWay::SingleSignOn => "single sign-on",
        SignInWay::Unknown => "unknown",
    };
    if session.with_code { format!("{by} and code") } else { by.to_owned() }
}

/// Sessions of a user, as they are shown.
pub async fn sessions_of(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    user_id: UserId,
) -> Result<Vec<SessionRow>, ReadError> {
    let this = caller.session.map(|session| session.id);
    let found = sessions::sessions_of(state.store(), &caller.viewer(), user_id, look.now()).await?;
    let idle_s = state.options().session_idle_s;
    let open = found.into_iter().filter(|session| look.now() < session.seen_at.plus_seconds(idle_s));
    let row = |session: Session| SessionRow {
        id: session.id.to_string(),
        since: look.moment(session.created_at),
        seen: look.ago(session.seen_at),
        until: look.moment(session.expires_at),
        how: how(&session),
        address: session.address.unwrap_or_default(),
        is_this: this == Some(session.id),
    };
    Ok(open.map(row).collect())
}

/// Codes of what somebody is kept to, in words.
pub async fn scopes(state: &WebState, account: &waybill_domain::access::User) -> Result<(String, String), ReadError> {
    let channels = match &account.channels {
        Scope::All(_) => "all".to_owned(),
        Scope::Only(ids) => {
            let known = catalog::channel_codes(state.store()).await?;
            let codes = known.into_iter().filter(|one| ids.contains(&one.id)).map(|one| one.code);
            codes.collect::<Vec<_>>().join(", ")
        }
    };
    let locations = match &account.locations {
        Scope::All(_) => "all".to_owned(),
        Scope::Only(ids) => {
            let known = catalog::location_codes(state.store()).await?;
            let codes = known.into_iter().filter(|one| ids.contains(&one.id)).map(|one| one.code);
            codes.collect::<Vec<_>>().join(", ")
        }
    };
    Ok((channels, locations))
}

/// The session and the account of whoever asks; None for who has none: a program, or the owner of a new store.
async fn own(state: &WebState, caller: &Caller) -> Result<Option<(SignedIn, Account)>, Problem> {
    let Some(session) = caller.session else { return Ok(None) };
    let account = users::account(state.store(), AccountKey::Id(session.user_id)).await?;
    Ok(account.map(|account| (session, account)))
}

async fn shown(state: &WebState, caller: &Caller, look: &Look, wrong: Option<String>) -> Result<Response, Problem> {
    let Some((session, Account { user, party })) = own(state, caller).await? else {
        return Ok(Redirect::to("/setup").into_response());
    };
    let party = party.unwrap_or_default();
    let (channels, locations) = scopes(state, &user).await?;
    let few = PageRequest { limit: Some(FAILED_SHOWN), after: None };
    let failed = sessions::failed(state.store(), &caller.viewer(), Some(session.user_id), &few).await?;
    let (name, email) = (party.name.unwrap_or_default(), party.email.unwrap_or_default());
    let waiting = |secret: &TotpSecret| Waiting {
        picture: code::picture(&code::address(secret, &state.options().store_name, &email)).map(Html::of),
        written: code::written(secret),
    };
    let totp = user.totp_secret.as_ref().filter(|_| user.totp_confirmed_at.is_none()).map(waiting);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut response = page(&AccountPage {
        frame: Frame::new(state, caller, ACCOUNT, "Account").await?,
        name,
        email,
        role: user.role.to_string().replace('_', " "),
        permissions: user.role.permissions().iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        channels,
        locations,
        sessions: sessions_of(state, caller, look, session.user_id).await?,
        failed: failed.rows.into_iter().map(|row| FailedRow::new(row, look)).collect(),
        password_set: user.password_hash.as_ref().and(user.password_set_at).map(|at| look.moment(at)),
        totp_since: user.totp_confirmed_at.map(|at| look.moment(at)),
        totp,
        wrong,
    });
    *response.status_mut() = status;
    Ok(response)
}

/// `GET /account`.
async fn account(State(state): State<WebState>, caller: Caller, look: Look) -> Result<Response, Problem> {
    shown(&state, &caller, &look, None).await
}

/// What keeps an act on one's account from being done.
enum Obstacle {
    /// In words, shown on the page.
    Said(String),
    Problem(Problem),
}

impl From<Problem> for Obstacle {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<SignInError> for Obstacle {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::Said("This is not your present password.".to_owned()),
            SignInError::Wait { seconds } => {
                Self::Said(format!("Too many tries. The next is possible in {seconds} s."))
            }
            error @ (SignInError::Busy | SignInError::Spent | SignInError::Read(_)) => Self::Problem(error.problem()),
        }
    }
}

impl From<SubmitError> for Obstacle {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused { refusal, .. } => Self::Said(format!("{} {}", refusal.message, refusal.next_step)),
            error => Self::Problem(error.into()),
        }
    }
}

/// Whoever is at the keyboard knows the password, not only where the browser was left open.
async fn known(state: &WebState, form: &Form, account: &Account, peer: Option<Peer>) -> Result<(), Obstacle> {
    if account.user.password_hash.is_none() {
        return Ok(());
    }
    let present = form.all("present").next().unwrap_or_default().to_owned();
    Ok(sign_in::confirm_password(state, account, &present, peer).await?)
}

/// Carries out what somebody does to their own account, where that ends every session: they go on with a new one.
async fn anew(
    state: &WebState,
    headers: &HeaderMap,
    session: SignedIn,
    command: impl Into<Command>,
    said: &str,
) -> Result<Response, Obstacle> {
    gate::as_oneself(state, session.user_id, command).await?;
    let token = sign_in::begin_anew(state, Some(session), session.user_id).await?;
    Ok(gate::with_session(state, headers, frame::done("/account", said), &token))
}

/// Answers an act, or shows the page with what kept it from being done.
async fn answered(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    done: Result<Response, Obstacle>,
) -> Result<Response, Problem> {
    match done {
        Ok(response) => Ok(response),
        Err(Obstacle::Said(wrong)) => shown(state, caller, look, Some(wrong)).await,
        Err(Obstacle::Problem(problem)) => Err(problem),
    }
}

macro_rules! acts {
    ($($(#[$meta:meta])* $name:ident($state:ident, $headers:ident, $peer:ident, $session:ident, $account:ident, $form:ident) $act:block)+) => {$(
        $(#[$meta])*
        async fn $name(
            State(state): State<WebState>,
            headers: HeaderMap,
            peer: Option<Extension<Peer>>,
            look: Look,
            form: Form,
        ) -> Result<Response, Problem> {
            let caller = form.context.caller.clone();
            let Some((session, account)) = own(&state, &caller).await? else {
                return Ok(Redirect::to("/setup").into_response());
            };
            let $peer = peer.map(|Extension(peer)| peer);
            let ($state, $headers, $session, $account, $form) = (&state, &headers, session, &account, &form);
            let done: Result<Response, Obstacle> = async $act.await;
            answered(&state, &caller, &look, done).await
        }
    )+};
}

acts! {
    /// `POST /account/password`.
    set_password(state, headers, peer, session, account, form) {
        known(state, form, account, peer).await?;
        let email = account.party.as_ref().and_then(|party| party.email.clone()).unwrap_or_default();
        let typed = |name| form.all(name).next().unwrap_or_default();
        if let Some(problem) = gate::password_problem(typed("password"), typed("again"), &email) {
            return Err(Obstacle::Said(format!("The new password {}.", problem.message)));
        }
        let password_hash = sign_in::hash(state, typed("password")).await?;
        let command = SetPassword { user_id: session.user_id, password_hash };
        anew(state, headers, session, command, "Password set. All other sessions are over.").await
    }

    /// `POST /account/totp`.
    enroll(state, _headers, peer, session, account, form) {
        known(state, form, account, peer).await?;
        let secret = TotpSecret(state.engine().token()[..20].to_vec());
        gate::as_oneself(state, session.user_id, EnrollTotp { user_id: session.user_id, secret }).await?;
        Ok(Redirect::to("/account").into_response())
    }

    /// `POST /account/totp/confirm`.
    confirm(state, headers, _peer, session, account, form) {
        let Some(secret) = account.user.totp_secret.clone() else {
            return Ok(Redirect::to("/account").into_response());
        };
        let wrong = || Obstacle::Said("This is not the code of this moment.".to_owned());
        sign_in::take_code(state, &account.user, &secret, form.typed("code").unwrap_or_default())
            .await
            .map_err(|error| if matches!(error, SignInError::Wrong) { wrong() } else { error.into() })?;
        let command = ConfirmTotp { user_id: session.user_id, secret };
        anew(state, headers, session, command, "From now on a code is asked for when you sign in.").await
    }

    /// `POST /account/totp/remove`.
    remove(state, headers, peer, session, account, form) {
        known(state, form, account, peer).await?;
        let command = RemoveTotp { user_id: session.user_id };
        anew(state, headers, session, command, "No code is asked for any more.").await
    }

    /// `POST /account/sessions/end`.
    end_one(state, _headers, _peer, session, _account, form) {
        let id = form.typed("id").and_then(|text| text.parse().ok()).unwrap_or(SessionId::NIL);
        let ended = waybill_store::sign_in::end_one(state.store(), session.user_id, id, state.engine().now()).await;
        ended.map_err(SignInError::from)?;
        state.keyring().forget_user(session.user_id);
        Ok(frame::done("/account", "That session is over."))
    }

    /// `POST /account/sessions/end-others`.
    end_others(state, headers, _peer, session, _account, _form) {
        let command = EndSessions { user_id: session.user_id };
        anew(state, headers, session, command, "All other sessions are over.").await
    }
}
