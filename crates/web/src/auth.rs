//! Who asks: an API key, or the owner of this machine while there is no key yet.

use crate::problem::{self, Problem};
use crate::state::WebState;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use waybill_domain::Code;
use waybill_domain::actor::{Actor, Door, Permission, Principal};
use waybill_domain::system::ApiKey;
use waybill_store::Store;
use waybill_store::read::{ReadError, Viewer, keys};

/// What every secret begins with, so that one found lying around is known for what it is.
pub const SECRET_PREFIX: &str = "wbk_";

/// How long an answer about a key is remembered; a revoked key stops working within this time.
const REMEMBERED: Duration = Duration::from_secs(2);
/// Secrets remembered at most.
const REMEMBERED_MAX: usize = 10_000;

/// An authenticated caller.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Arc<Actor>,
    /// The key's name; None for the local owner.
    pub name: Option<Arc<str>>,
}

impl Caller {
    pub fn viewer(&self) -> Viewer {
        Viewer::from(self.actor.clone())
    }

    fn from_key(key: &ApiKey) -> Self {
        let mut actor = Actor::new(Principal::ApiKey(key.id), Door::Api, &key.permissions);
        actor.channels = key.channels.clone();
        actor.locations = key.locations.clone();
        Self { actor: Arc::new(actor), name: Some(key.name.as_str().into()) }
    }

    fn owner() -> Self {
        let actor = Actor::new(Principal::System("owner"), Door::Api, Permission::ALL);
        Self { actor: Arc::new(actor), name: None }
    }
}

impl FromRequestParts<WebState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &WebState) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unauthenticated)
    }
}

/// How much a key may still send now (a token bucket).
#[derive(Clone, Copy, Debug)]
struct Allowance {
    tokens: f64,
    at: Instant,
}

/// Who a secret belonged to when it was last looked up; None for nobody.
type Known = (Instant, Option<Caller>);

/// What is known about secrets, for a short time.
#[derive(Debug)]
pub struct Keyring {
    known: Mutex<HashMap<[u8; 32], Known>>,
    /// Whether the store has a key, and when that was last asked. A store never loses its last key.
    any: Mutex<Option<(Instant, bool)>>,
    requests_per_s: Option<u32>,
    allowances: Mutex<HashMap<[u8; 32], Allowance>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keyring {
    pub fn new(requests_per_s: Option<u32>) -> Self {
        Self {
            known: Mutex::new(HashMap::new()),
            any: Mutex::new(None),
            requests_per_s,
            allowances: Mutex::new(HashMap::new()),
        }
    }

    async fn caller(&self, store: &dyn Store, hash: [u8; 32]) -> Result<Option<Caller>, ReadError> {
        if let Some((at, caller)) = locked(&self.known).get(&hash)
            && at.elapsed() < REMEMBERED
        {
            return Ok(caller.clone());
        }
        let key = keys::by_secret(store, hash).await?;
        let caller = key.filter(|key| key.revoked_at.is_none()).as_ref().map(Caller::from_key);
        let mut known = locked(&self.known);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(hash, (Instant::now(), caller.clone()));
        Ok(caller)
    }

    async fn any(&self, store: &dyn Store) -> Result<bool, ReadError> {
        if let Some((at, any)) = *locked(&self.any)
            && (any || at.elapsed() < REMEMBERED)
        {
            return Ok(any);
        }
        let any = keys::any(store).await?;
        *locked(&self.any) = Some((Instant::now(), any));
        Ok(any)
    }

    /// Seconds until this key may send again; None where it may now.
    fn wait(&self, hash: [u8; 32]) -> Option<u64> {
        let rate = f64::from(self.requests_per_s?);
        let mut allowances = locked(&self.allowances);
        if allowances.len() >= REMEMBERED_MAX {
            allowances.clear();
        }
        let now = Instant::now();
        let allowance = allowances.entry(hash).or_insert(Allowance { tokens: rate * 10.0, at: now });
        let refill = now.duration_since(allowance.at).as_secs_f64() * rate;
        allowance.tokens = (allowance.tokens + refill).min(rate * 10.0);
        allowance.at = now;
        if allowance.tokens < 1.0 {
            return Some(((1.0 - allowance.tokens) / rate).ceil().max(1.0) as u64);
        }
        allowance.tokens -= 1.0;
        None
    }
}

/// The SHA-256 of a secret, as stored.
pub fn secret_hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn unauthenticated() -> Problem {
    Problem::edge(problem::UNAUTHENTICATED, "This needs an API key, and none that is known was sent.")
}

/// What anybody may see.
pub fn is_public(path: &str) -> bool {
    matches!(path, "/" | "/healthz" | "/readyz" | "/metrics" | "/docs" | "/api/v1/openapi.json")
        || path.starts_with("/docs/")
        || path.starts_with("/assets/")
        || path.starts_with(crate::portal::PREFIX)
}

/// A layer over everything: whatever is not public needs a caller.
pub async fn authenticate(State(state): State<WebState>, mut request: Request, next: Next) -> Response {
    if is_public(request.uri().path()) {
        return next.run(request).await;
    }
    match identify(&state, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn identify(state: &WebState, headers: &HeaderMap) -> Result<Caller, Problem> {
    let keyring = state.keyring();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let secret = value.to_str().ok().and_then(bearer).ok_or_else(unauthenticated)?;
        let hash = secret_hash(secret);
        let caller = keyring.caller(state.store(), hash).await?.ok_or_else(unauthenticated)?;
        if let Some(seconds) = keyring.wait(hash) {
            return Err(Problem::edge(problem::RATE_LIMITED, "This key sends more than it may.").retry_after(seconds));
        }
        return Ok(caller);
    }
    if !state.options().loopback_open || keyring.any(state.store()).await? {
        return Err(unauthenticated());
    }
    if from_another_site(headers) {
        // A page of some other site must not act through the browser of whoever sits here.
        let detail = "Without an API key, only programs and pages of this machine may ask.";
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

/// Whether a browser sends this for a page that does not come from here, or under a name that is not this machine's.
fn from_another_site(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let local = |host: &str| {
        let name = host
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .map_or_else(|| host.rsplit_once(':').map_or(host, |(name, _)| name), |(name, _)| name);
        matches!(name, "localhost" | "127.0.0.1" | "::1")
    };
    let foreign_host = text(header::HOST).is_some_and(|host| !local(host));
    let foreign_origin =
        text(header::ORIGIN).is_some_and(|origin| !origin.split_once("://").is_some_and(|(_, host)| local(host)));
    let foreign_site = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    foreign_host || foreign_origin || foreign_site
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_machine_pass_for_local() {
        let foreign = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            from_another_site(&headers)
        };
        for local in ["localhost:8080", "127.0.0.1", "[::1]:8080", "127.0.0.1:80"] {
            assert!(!foreign(&[("host", local)]), "{local}");
        }
        assert!(!foreign(&[("host", "localhost:8080"), ("origin", "http://localhost:8080")]));
        assert!(foreign(&[("host", "shop.example")]), "a name that was pointed at this machine");
        assert!(foreign(&[("host", "localhost"), ("origin", "https://evil.example")]));
        assert!(foreign(&[("host", "localhost"), ("origin", "null")]));
        assert!(foreign(&[("host", "localhost"), ("sec-fetch-site", "cross-site")]));
    }
}
