//! Who asks: somebody who signed in, an API key, or the owner of this machine while there is neither user nor key yet.

pub mod cookie;
mod keyring;
pub mod origin;

pub use keyring::{Keyring, holds};

use crate::console::gate;
use crate::problem::{self, Problem};
use crate::state::WebState;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::actor::{Actor, Door, Permission, Principal};
use waybill_domain::ids::{SessionId, UserId};
use waybill_domain::system::ApiKey;
use waybill_store::read::Viewer;

/// What every secret begins with, so that one found lying around is known for what it is.
pub const SECRET_PREFIX: &str = "wbk_";

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Arc<Actor>,
    /// The user's or the key's name; None for the local owner.
    pub name: Option<Arc<str>>,
    /// Of somebody who signed in.
    pub session: Option<SignedIn>,
}

/// The session of somebody who signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub user_id: UserId,
    /// How the session is named where it is shown.
    pub id: SessionId,
    pub token_hash: [u8; 32],
}

impl Caller {
    pub fn viewer(&self) -> Viewer {
        Viewer::from(self.actor.clone())
    }

    fn from_key(key: &ApiKey) -> Self {
        let mut actor = Actor::new(Principal::ApiKey(key.id), Door::Api, &key.permissions);
        actor.channels = key.channels.clone();
        actor.locations = key.locations.clone();
        Self { actor: Arc::new(actor), name: Some(key.name.as_str().into()), session: None }
    }

    fn owner() -> Self {
        let actor = Actor::new(Principal::System("owner"), Door::Api, Permission::ALL);
        Self { actor: Arc::new(actor), name: None, session: None }
    }
}

impl FromRequestParts<WebState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unauthenticated)
    }
}

/// The SHA-256 of a secret, as stored.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

pub fn unauthenticated() -> Problem {
    Problem::edge(
        problem::UNAUTHENTICATED,
        "This needs somebody who signed in, or an API key, and none that is known was sent.",
    )
}

/// What anybody may see.
pub fn is_public(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics" | "/docs" | "/api/v1/openapi.json")
        || path.starts_with("/docs/")
        || path.starts_with("/assets/")
        || path.starts_with(crate::portal::PREFIX)
        || gate::is_open(path)
}

/// Whatever is not public needs a caller: the request with it, or what is answered instead.
pub async fn authenticate(state: &WebState, mut request: Request) -> ControlFlow<Response, Request> {
    if is_public(request.uri().path()) {
        // Nobody signs a browser in, or out, from another site.
        if !origin::is_safe(request.method()) && !origin::from_our_own_page(request.headers()) {
            return Break(cross_site().into_response());
        }
        return Continue(request);
    }
    match identify(state, request.method(), request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Continue(request)
        }
        Err(problem) if problem.code == problem::UNAUTHENTICATED.code => {
            Break(gate::instead(state, request).await.unwrap_or_else(|| problem.into_response()))
        }
        Err(problem) => Break(problem.into_response()),
    }
}

fn cross_site() -> Problem {
    Problem::edge(problem::CROSS_SITE, "A page of another site must not act for a browser that is signed in here.")
}

/// Who sends a request with these headers.
///
/// # Errors
/// The problem that keeps it from being anybody's.
pub async fn identify(state: &WebState, method: &Method, headers: &HeaderMap) -> Result<Caller, Problem> {
    let keyring = state.keyring();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let secret = value.to_str().ok().and_then(bearer).ok_or_else(unauthenticated)?;
        let hash = secret_hash(secret);
        let caller = keyring.key(state.store(), hash).await?.ok_or_else(unauthenticated)?;
        if let Some(seconds) = keyring.wait(hash) {
            return Err(Problem::edge(problem::RATE_LIMITED, "This key sends more than it may.").retry_after(seconds));
        }
        return Ok(caller);
    }
    if let Some(token) = cookie::token(headers)
        && let Some(caller) = keyring.session(state, secret_hash(token)).await?
    {
        // A browser sends the cookie whoever made the page that asks.
        if !origin::is_safe(method) && !origin::from_our_own_page(headers) {
            return Err(cross_site());
        }
        return Ok(caller);
    }
    if !state.options().loopback_open || keyring.any(state.store()).await? {
        return Err(unauthenticated());
    }
    if origin::from_another_site(headers) {
        // A page of some other site must not act through the browser of whoever sits here.
        let detail = "While there is neither user nor API key, only programs and pages of this machine may ask.";
        return Err(Problem::edge(problem::UNAUTHENTICATED, detail));
    }
    Ok(Caller::owner())
}

/// The secret of `Bearer wbk_...`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, secret) = value.split_once(' ')?;
    let plausible = secret.len() <= 200 && secret.starts_with(SECRET_PREFIX);
    (scheme.eq_ignore_ascii_case("bearer") && plausible).then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_authorization_is_no_secret_or_the_one_that_was_sent(
            text in prop_oneof![any::<String>(), "(Bearer|bearer|Basic) {0,2}(wbk_)?[!-~]{0,30}"], secret in "wbk_[!-~]{0,196}",
        ) {
            if let Some(read) = bearer(&text) {
                prop_assert!(read.starts_with("wbk_") && read.len() <= 200 && text.ends_with(read));
            }
            let sent = format!("bEaReR {secret}");
            prop_assert_eq!(bearer(&sent), Some(secret.as_str()));
            let long = format!("{sent}{}", "x".repeat(200));
            prop_assert_eq!(bearer(&long), None);
        }
    }
}
