//! Signing in through the provider: the way there, and the way back.

use super::{Gate, LoginPage, Onward, come_in, with_status};
use crate::auth::{self, cookie};
use crate::console::page;
use crate::problem::Problem;
use crate::sign_in::Peer;
use crate::sign_in::provider::{self, Answer, Arrived};
use crate::state::WebState;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};

type Pairs = Vec<(String, String)>;

/// The value of a parameter; none where it is there twice, since then it is not known which one counts.
fn one(pairs: &Pairs, name: &str) -> Option<String> {
    let mut values = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone());
    values.next().filter(|_| values.next().is_none())
}

/// `GET /login/oidc`. A link, since a form that leads to another server is not allowed by the policy of these pages.
pub async fn begin(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    query: Query<Pairs>,
) -> Result<Response, Problem> {
    let onward = Onward::to(one(&query, "next").as_deref());
    let Some(sign_on) = state.options().sign_on.as_ref().filter(|_| !auth::origin::is_led_here(&headers)) else {
        return Ok(Redirect::to("/login").into_response());
    };
    let next = onward.next.as_deref().unwrap_or("/");
    match provider::begin(&state, sign_on, next, peer.map(|Extension(peer)| peer)).await {
        Ok((address, begun)) => {
            let response = Redirect::to(&address).into_response();
            Ok(remembered(response, cookie::remember(&headers, &begun, provider::LASTS_S)))
        }
        Err(problem) => wrong(&state, onward, problem).await,
    }
}

/// `GET /login/oidc/callback`.
pub async fn end(
    State(state): State<WebState>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    query: Query<Pairs>,
) -> Result<Response, Problem> {
    let Some(sign_on) = &state.options().sign_on else { return Ok(Redirect::to("/login").into_response()) };
    let answer = Answer {
        code: one(&query, "code"),
        state: one(&query, "state"),
        issuer: one(&query, "iss"),
        error: one(&query, "error"),
    };
    let peer = peer.map(|Extension(peer)| peer);
    match provider::end(&state, sign_on, cookie::begun(&headers), answer, peer).await {
        Ok(Arrived { come, next }) => {
            let response = come_in(&state, &headers, come, Onward::to(Some(&next))).await?;
            Ok(remembered(response, cookie::remember(&headers, "", 0)))
        }
        Err(problem) => wrong(&state, Onward::default(), problem).await,
    }
}

fn remembered(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The way in again, with what kept them out.
async fn wrong(state: &WebState, onward: Onward, problem: Problem) -> Result<Response, Problem> {
    let status = problem.status;
    let login = LoginPage { problem: Some(problem), ..LoginPage::new(Gate::new(state).await?, onward) };
    Ok(remembered(with_status(status, page(&login)), None))
}
