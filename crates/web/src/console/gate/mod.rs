//! The gate: signing in and out, joining, setting the shop up. Pages without the console's frame, for who is nobody yet.

mod join;
mod oidc;
mod onward;

pub use join::{as_oneself, password_problem};
pub use onward::Onward;

use super::html::{Html, icon, shape};
use super::{ShownBrand, assets, page};
use crate::ask::InPath;
use crate::auth::{self, cookie, secret_hash};
use crate::params::Params;
use crate::problem::Problem;
use crate::sign_in::{self, Come, Peer, SignInError};
use crate::state::WebState;
use askama::Template;
use axum::extract::{Extension, Form, FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// What every template of the gate has.
#[derive(Debug)]
pub struct Gate {
    brand: Arc<ShownBrand>,
    /// What people call the provider of single sign-on, where there is one.
    provider: Option<String>,
    notice: Option<&'static str>,
}

impl Gate {
    async fn new(state: &WebState) -> Result<Self, Problem> {
        let provider = state.options().sign_on.as_ref().map(|sign_on| sign_on.provider.name().to_owned());
        Ok(Self { brand: state.brand().await?, provider, notice: None })
    }

    fn icon(&self, name: &str) -> Html {
        icon(name, "s")
    }

    fn shape(&self, name: &str) -> Html {
        shape(name)
    }

    fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
}

#[derive(Template)]
#[template(path = "gate/login.html")]
struct LoginPage {
    gate: Gate,
    onward: Onward,
    email: String,
    wrong: Option<String>,
    /// Why single sign-on did not come to its end.
    problem: Option<Problem>,
    nobody: bool,
}

impl LoginPage {
    fn new(gate: Gate, onward: Onward) -> Self {
        Self { gate, onward, email: String::new(), wrong: None, problem: None, nobody: false }
    }
}

#[derive(Template)]
#[template(path = "gate/code.html")]
struct CodePage {
    gate: Gate,
    onward: Onward,
    step: String,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "gate/onward.html")]
struct OnwardPage {
    gate: Gate,
    action: String,
    kept: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "gate/spent.html")]
struct SpentPage {
    gate: Gate,
}

type Fields = Vec<(String, String)>;

/// The pages of the gate. Those under `is_public` paths are for anybody.
pub fn router() -> axum::Router<WebState> {
    axum::Router::new()
        .route("/login", get(login).post(log_in))
        .route("/login/totp", get(login).post(show_code))
        .route("/login/oidc", get(oidc::begin))
        .route("/login/oidc/callback", get(oidc::end))
        .route("/logout", post(log_out))
        .route("/sign-in/{token}", get(by_link))
        .route("/join/{token}", get(join::invitation).post(join::accept))
        .route("/setup", get(join::setup).post(join::make_owner))
}

/// Whether anybody may come to this page of the gate.
pub fn is_open(path: &str) -> bool {
    matches!(path, "/login" | "/login/totp" | "/login/oidc" | "/login/oidc/callback" | "/logout")
        || path.starts_with("/sign-in/")
        || path.starts_with("/join/")
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(one, _)| one == name).map_or("", |(_, value)| value.as_str())
}

/// What goes wrong at a field, in words; what goes wrong elsewhere is a problem.
fn words(error: SignInError, what: &str) -> Result<String, Problem> {
    match error {
        SignInError::Wrong => Ok(what.to_owned()),
        SignInError::Wait { seconds } => Ok(format!("Too many tries. The next is possible in {seconds} s.")),
        SignInError::Busy => Ok("Too many sign in at this moment. Try again in a few seconds.".to_owned()),
        error @ (SignInError::Spent | SignInError::Read(_)) => Err(error.problem()),
    }
}

fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}

/// `GET /login`.
async fn login(State(state): State<WebState>, headers: HeaderMap, params: Params) -> Result<Response, Problem> {
    let mut params = params;
    let onward = Onward::to(params.text("next").as_deref());
    if let Some(token) = cookie::token(&headers)
        && state.keyring().session(&state, secret_hash(token)).await?.is_some()
    {
        return Ok(Redirect::to(onward.next.as_deref().unwrap_or("/")).into_response());
    }
    let nobody = !waybill_store::read::users::any(state.store()).await?;
    if nobody && state.options().loopback_open && !state.keyring().any(state.store()).await? {
        return Ok(Redirect::to("/setup").into_response());
    }
    Ok(page(&LoginPage { nobody, ..LoginPage::new(Gate::new(&state).await?, onward) }))
}

/// `POST /login`.
async fn log_in(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let onward = Onward::of(&fields);
    let (email, password) = (field(&fields, "email"), field(&fields, "password"));
    if !auth::origin::is_plain_local(&headers) && auth::origin::came_without_tls(&headers) {
        let wrong =
            "This address has no TLS, and a browser keeps no session without. Open it as https://, or on this machine.";
        let login = LoginPage::new(Gate::new(&state).await?, onward);
        let page = page(&LoginPage { email: email.to_owned(), wrong: Some(wrong.to_owned()), ..login });
        return Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    let peer = peer.map(|Extension(peer)| peer);
    match sign_in::password(&state, email, password, peer).await {
        Ok(come) => come_in(&state, &headers, come, onward).await,
        Err(error) => {
            let wrong = Some(words(error, "Email and password do not match.")?);
            let login = LoginPage::new(Gate::new(&state).await?, onward);
            let page = page(&LoginPage { email: email.to_owned(), wrong, ..login });
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
    }
}

/// `POST /login/totp`.
async fn show_code(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let (onward, step) = (Onward::of(&fields), field(&fields, "step").to_owned());
    match sign_in::second_step(&state, &step, field(&fields, "code"), peer.map(|Extension(peer)| peer)).await {
        Ok(token) => come_in(&state, &headers, Come::In(token), onward).await,
        Err(SignInError::Spent) => {
            let gate =
                Gate { notice: Some("That took a while. Begin again with your password."), ..Gate::new(&state).await? };
            Ok(page(&LoginPage::new(gate, onward)))
        }
        Err(error) => {
            let wrong = Some(words(error, "This is not the code of this moment. Each code works once.")?);
            let page = page(&CodePage { gate: Gate::new(&state).await?, onward, step, wrong });
            Ok(with_status(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
    }
}

/// Lets somebody in, or asks for the code.
async fn come_in(state: &WebState, headers: &HeaderMap, come: Come, onward: Onward) -> Result<Response, Problem> {
    let token = match come {
        Come::In(token) => token,
        Come::CodeWanted(step) => {
            return Ok(page(&CodePage { gate: Gate::new(state).await?, onward, step, wrong: None }));
        }
    };
    let response = match onward.action {
        Some(action) => page(&OnwardPage { gate: Gate::new(state).await?, action, kept: onward.kept }),
        None => Redirect::to(onward.next.as_deref().unwrap_or("/")).into_response(),
    };
    Ok(with_session(state, headers, response, &token))
}

/// Gives the browser its session.
pub fn with_session(state: &WebState, asked: &HeaderMap, mut response: Response, token: &str) -> Response {
    let cookie = cookie::set(asked, token, state.options().session_max_s);
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `POST /logout`.
async fn log_out(State(state): State<WebState>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = cookie::token(&headers)
        && let Some(session) =
            state.keyring().session(&state, secret_hash(token)).await?.and_then(|caller| caller.session)
    {
        sign_in::end(&state, session).await.map_err(SignInError::problem)?;
    }
    let mut response = Redirect::to("/login").into_response();
    if let Some(gone) = cookie::clear(&headers) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

/// `GET /sign-in/{token}`.
async fn by_link(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    InPath(token): InPath<String>,
) -> Result<Response, Problem> {
    if headers.get("sec-purpose").is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch")) {
        // A browser that looks ahead would use the link up.
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    match sign_in::with_link(&state, &token, peer.map(|Extension(peer)| peer)).await {
        Ok(come) => come_in(&state, &headers, come, Onward::default()).await,
        Err(SignInError::Spent) => spent(&state).await,
        Err(error) => Err(error.problem()),
    }
}

async fn spent(state: &WebState) -> Result<Response, Problem> {
    Ok(with_status(StatusCode::NOT_FOUND, page(&SpentPage { gate: Gate::new(state).await? })))
}

/// What a browser gets that asks for a page as nobody: the way to the gate, and back. None for programs.
pub async fn instead(state: &WebState, request: Request) -> Option<Response> {
    let headers = request.headers();
    let takes_html = headers
        .get(header::ACCEPT)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"));
    let path = request.uri().path_and_query().map(|path| path.as_str().to_owned())?;
    if !takes_html || path.starts_with("/api/") || headers.contains_key("x-part") || headers.contains_key("x-live") {
        return None;
    }
    if auth::origin::is_safe(request.method()) {
        let next = onward::own_path(&path).filter(|path| *path != "/")?;
        let place = format!("/login?next={}", super::orders::percent(next));
        return Some(Redirect::to(&place).into_response());
    }
    // Somebody's form, sent when they were not signed in any more: it is kept while they sign in. One of another site is not.
    if !auth::origin::from_our_own_page(headers) {
        return None;
    }
    let Form(fields) = Form::<Fields>::from_request(request, state).await.ok()?;
    let onward = Onward::with_form(&path, fields);
    let gate = Gate { notice: Some("You were signed out. What you entered is kept."), ..Gate::new(state).await.ok()? };
    let page = page(&LoginPage::new(gate, onward));
    Some(with_status(StatusCode::UNAUTHORIZED, page))
}
