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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(name: &'static str, value: &[u8]) -> HeaderMap {
        HeaderValue::from_bytes(value).into_iter().map(|value| (HeaderName::from_static(name), value)).collect()
    }

    proptest! {
        /// The form of W3C's Trace Context, section 3.2: a version, 16 bytes that are not all zero, 8 bytes, flags.
        #[test]
        fn any_trace_is_left_or_the_one_that_was_sent(
            text in prop_oneof![prop::collection::vec(any::<u8>(), 0..60), "[0-9a-f]{2}-[0-9a-fA-Fg]{30,33}-?[0-9a-f]{0,16}(-01)?".prop_map(String::into_bytes)],
            (trace, parent) in any::<(u128, u64)>(),
        ) {
            let sent = headers("traceparent", &text);
            if let Some(read) = trace_id(&sent) {
                let value = u128::from_str_radix(read, 16).expect("32 digits");
                prop_assert_eq!(format!("{value:032x}"), read);
                prop_assert!(value != 0);
                prop_assert!(String::from_utf8_lossy(&text).contains(read));
            }
            let sent = headers("traceparent", format!("00-{trace:032x}-{parent:016x}-01").as_bytes());
            let expected = Some(format!("{trace:032x}")).filter(|_| trace != 0);
            prop_assert_eq!(trace_id(&sent), expected.as_deref());
            let none = headers("traceparent", format!("00-{:032x}-{parent:016x}-01", 0).as_bytes());
            prop_assert_eq!(trace_id(&none), None);
        }

        /// Whatever is sent as a request's id, its own is a short plain word.
        #[test]
        fn any_request_has_an_id_that_can_be_logged(text in prop::collection::vec(any::<u8>(), 0..90), good in "[A-Za-z0-9._-]{1,64}") {
            let id = |text: &[u8]| {
                let mut request = Request::default();
                *request.headers_mut() = headers("x-request-id", text);
                id_of(&request)
            };
            let own = id(&text);
            prop_assert!((1..=64).contains(&own.len()) && waybill_domain::text::is_word(&own));
            prop_assert_eq!(id(good.as_bytes()), good);
        }
    }
}
