//! What surrounds every request: its id, its time limit, its figures, and a net below it.

use crate::body;
use crate::problem::{self, Problem};
use crate::state::WebState;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tracing::Instrument;

tokio::task_local! {
    static ID: String;
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long an ordinary request may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The id of the request that this task serves.
pub fn id() -> String {
    ID.try_with(Clone::clone).unwrap_or_default()
}

/// Runs a part of a request that outlives its handler, so that it still knows the id.
pub async fn within<T>(id: String, part: impl Future<Output = T>) -> T {
    ID.scope(id, part).await
}

fn mint() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let start = START.get_or_init(|| {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(std::process::id())
    });
    format!("req-{:08x}-{:x}", start >> 32, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The caller's own id where it is a plain word, else one of ours.
fn id_of(request: &Request) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match sent {
        Some(sent) if (1..=64).contains(&sent.len()) && sent.bytes().all(plain) => sent.to_owned(),
        _ => mint(),
    }
}

/// The caller's trace, from a W3C `traceparent` header; None without one that is well formed.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (_version, trace) = (parts.next()?, parts.next()?);
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (trace.len() == 32 && trace.bytes().all(hex) && trace.bytes().any(|byte| byte != b'0')).then_some(trace)
}

/// Streams end by themselves.
fn may_last(path: &str) -> bool {
    matches!(path, "/live" | "/orders/export" | "/api/v1/events" | "/api/v1/events/stream" | "/api/v1/orders/bulk")
}

/// Serves a request by `serve`, within all that surrounds it.
pub async fn surround<F>(state: &WebState, request: Request, serve: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let id = id_of(&request);
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::debug_span!(
        "request",
        request_id = %id,
        trace_id = trace_id(request.headers()),
        %method,
        route,
        status = tracing::field::Empty,
    );
    let (request, rest) = body::lend(request);
    let served = ID.scope(id.clone(), async {
        let encoded = request.uri().path_and_query().map_or("", |path| path.as_str());
        if encoded.contains("%00") {
            return Problem::malformed("The address contains the character U+0000.").into_response();
        }
        let lasting = may_last(request.uri().path());
        let run = AssertUnwindSafe(serve(request)).catch_unwind();
        let limit = if lasting { Duration::from_secs(24 * 3_600) } else { LIMIT };
        match tokio::time::timeout(limit, run).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                tracing::error!(request_id = %self::id(), "a handler panicked");
                Problem::edge(problem::FAULT, "An internal fault; it was logged.").into_response()
            }
            Err(_) => Problem::edge(
                problem::TIMED_OUT,
                format!("The request was not done within {} seconds; it may still be carried out.", LIMIT.as_secs()),
            )
            .into_response(),
        }
    });
    let mut response = served.instrument(span.clone()).await;
    if let Some(rest) = rest {
        rest.read_on(LIMIT.saturating_sub(started.elapsed()));
    }
    span.record("status", response.status().as_u16());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    state.metrics().record(&method, route, response.status(), started.elapsed());
    response
}
