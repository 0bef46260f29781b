//! What is answered when a request is not carried out: `application/problem+json` (RFC 9457).

use crate::console::access::words;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::refusal::{self, Refusal, Retry};
use waybill_engine::SubmitError;
use waybill_store::read::ReadError;

/// A problem as the edge sees it: a code of the catalogue with everything the answer carries.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

/// What a [`Problem`] carries.
#[derive(Clone, Debug)]
pub struct Parts {
    pub status: StatusCode,
    pub code: String,
    pub detail: String,
    pub retry: Retry,
    pub next_step: String,
    pub facts: serde_json::Value,
    pub problems: Vec<refusal::Problem>,
    /// Whole seconds until the same request has a chance.
    pub retry_after_s: Option<u64>,
    /// The same key was answered like this before.
    pub replayed: bool,
}

/// One line of the catalogue of problems that the edge itself finds.
#[derive(Clone, Copy, Debug)]
pub struct EdgeKind {
    pub code: &'static str,
    pub status: u16,
    pub retry: Retry,
    pub next_step: &'static str,
}

macro_rules! edge_kinds {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $status:literal, $retry:ident, $next:literal;)+) => {
        $($(#[$meta])* pub const $name: EdgeKind =
            EdgeKind { code: $code, status: $status, retry: Retry::$retry, next_step: $next };)+

        /// Every problem that the edge itself finds.
        pub const EDGE_KINDS: &[EdgeKind] = &[$($name),+];
    };
}

edge_kinds! {
    /// Not JSON, or a path, query or header that cannot be read.
    MALFORMED = "request.malformed", 400, Never, "Correct the request; it cannot be read.";
    /// JSON of the wrong shape.
    INVALID = "request.invalid", 422, AfterChange, "Correct every problem listed and send it again.";
    TOO_LARGE = "request.too_large", 413, Never, "Send less at once; bulk placement takes any number of lines.";
    MEDIA_TYPE = "request.media_type", 415, Never, "Send the body with the content type application/json.";
    UNAUTHENTICATED = "request.unauthenticated", 401, AfterChange, "Sign in, or send `Authorization: Bearer` with a key that is not revoked.";
    NOT_FOUND = "request.not_found", 404, Never, "Check the address and the ids in it.";
    METHOD = "request.method_not_allowed", 405, Never, "Use a method that the API documentation lists for this path.";
    KEY_INVALID = "request.key_invalid", 400, Never, "Send an Idempotency-Key of 1 to 200 visible ASCII characters.";
    KEY_REUSED = "request.key_reused", 422, Never, "Use a new key for a new request.";
    CROSS_SITE = "request.cross_site", 403, Never, "Ask from a page of this server, or as a program with an API key.";
    /// Single sign-on: the person, or the provider, said no.
    SIGN_ON_DECLINED = "sign_on.declined", 403, AfterChange, "Try again, or sign in with your password.";
    SIGN_ON_EXPIRED = "sign_on.expired", 400, AfterChange, "Begin again from this page.";
    SIGN_ON_UNAVAILABLE = "sign_on.unavailable", 503, SameRequest, "Try again in a while, or sign in with your password.";
    /// The provider, or its settings, are not as they should be.
    SIGN_ON_UNTRUSTED = "sign_on.untrusted", 502, AfterChange, "Sign in with your password, and tell whoever runs this server; its log says more.";
    SIGN_ON_EMAIL = "sign_on.email_unverified", 403, AfterChange, "Have it verified there, or sign in with your password.";
    SIGN_ON_UNKNOWN = "sign_on.not_invited", 403, AfterChange, "Ask an owner for an invitation.";
    SIGN_ON_ANOTHER = "sign_on.another_identity", 409, AfterChange, "Ask an owner to unbind that user from the provider.";
    RATE_LIMITED = "request.rate_limited", 429, SameRequest, "Wait as long as Retry-After says, then send it again.";
    TIMED_OUT = "request.timed_out", 408, SameRequest, "Send it again with the same Idempotency-Key.";
    OVERLOADED = "engine.overloaded", 503, SameRequest, "Wait as long as Retry-After says, then send it again.";
    UNAVAILABLE = "engine.unavailable", 503, SameRequest, "Try again later; this request changed nothing.";
    OUTCOME_UNKNOWN = "engine.outcome_unknown", 503, SameRequest, "Send it again with the same Idempotency-Key; the answer tells what became of it.";
    FAULT = "engine.fault", 500, SameRequest, "Report the request id; sending it again with the same key is safe.";
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// Where the code is explained, relative to this server.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    pub status: u16,
    /// What is wrong with this request, for a person.
    pub detail: String,
    /// Stable, for a program.
    pub code: String,
    /// What the same request can do: `never`, `after_change` or `same_request`.
    pub retry: String,
    /// What to do instead, for a person.
    pub next_step: String,
    /// The figures and ids behind it, by name.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
    /// Everything wrong with the body at once.
    pub problems: Vec<FieldProblem>,
    /// Names this request in the server's log.
    pub request_id: String,
}

/// One thing wrong with a body.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path in the body as sent: `lines[2].quantity`.
    pub path: String,
    /// Stable: `missing`, `wrong_type`, `unknown_sku`.
    pub code: String,
    pub message: String,
}

impl std::ops::Deref for Problem {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::ops::DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

impl Problem {
    pub fn edge(kind: EdgeKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status: StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: kind.code.to_owned(),
            detail: detail.into(),
            retry: kind.retry,
            next_step: kind.next_step.to_owned(),
            facts: serde_json::Value::Object(serde_json::Map::new()),
            problems: Vec::new(),
            retry_after_s: None,
            replayed: false,
        }))
    }

    /// The same request has a chance after so many seconds.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// JSON of the wrong shape, with everything wrong about it.
    pub fn invalid(problems: Vec<refusal::Problem>) -> Self {
        let detail = match problems.as_slice() {
            [one] => format!("{}: {}.", one.path, one.message),
            several => format!("The request has {} problems.", several.len()),
        };
        let mut problem = Self::edge(INVALID, detail);
        problem.problems = problems;
        problem
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::edge(MALFORMED, detail)
    }

    /// No such thing for this caller.
    pub fn not_found(what: &str) -> Self {
        Self::edge(NOT_FOUND, format!("There is no {what}, or none that you may see."))
    }

    pub fn refused(refusal: Refusal, replayed: bool) -> Self {
        let facts = if refusal.facts.is_object() { refusal.facts } else { serde_json::json!({}) };
        Self(Box::new(Parts {
            status: refusal_status(&refusal.code),
            code: refusal.code,
            detail: refusal.message,
            retry: refusal.retry,
            next_step: refusal.next_step,
            facts,
            problems: refusal.problems,
            retry_after_s: None,
            replayed,
        }))
    }

    pub fn view(&self) -> ProblemView {
        ProblemView {
            kind: format!("/docs/errors/{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code.clone(),
            retry: waybill_domain::Code::code(self.retry).to_owned(),
            next_step: self.next_step.clone(),
            facts: self.facts.clone(),
            problems: self
                .problems
                .iter()
                .map(|problem| FieldProblem {
                    path: problem.path.clone(),
                    code: problem.code.clone(),
                    message: problem.message.clone(),
                })
                .collect(),
            request_id: crate::request::id(),
        }
    }
}

/// The HTTP status of a refusal, by its code. What is not named here is a conflict with what is
/// true now (409).
pub fn refusal_status(code: &str) -> StatusCode {
    let (_, obstacle) = code.split_once('.').unwrap_or(("", code));
    match obstacle {
        // Named in the path, not in the body.
        "unknown_line" if code == "order.unknown_line" => StatusCode::NOT_FOUND,
        // Named in the body of an order.
        "unknown_reservation" if code == "order.unknown_reservation" => StatusCode::UNPROCESSABLE_ENTITY,
        "not_permitted" => StatusCode::FORBIDDEN,
        "stale_version" => StatusCode::PRECONDITION_FAILED,
        "unknown"
        | "unknown_hold"
        | "unknown_transaction"
        | "unknown_reservation"
        | "unknown_transfer"
        | "unknown_key"
        | "unknown_parcel"
        | "unknown_tracking" => StatusCode::NOT_FOUND,
        "invalid"
        | "unknown_line"
        | "reservation_not_wanted"
        | "charge_wrong_sign"
        | "total_below_zero"
        | "unknown_item"
        | "unknown_position"
        | "unknown_location"
        | "not_stocked"
        | "nothing_to_do"
        | "nothing_named"
        | "no_steps_blocked"
        | "quantity_out_of_range"
        | "amount_out_of_range"
        | "expiry_out_of_range"
        | "same_location"
        | "wrong_state"
        | "wrong_method"
        | "method_not_recorded"
        | "missing_tracking"
        | "from_the_future" => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused { refusal, replayed } => Self::refused(*refusal, replayed),
            SubmitError::KeyReused => Self::edge(KEY_REUSED, "This Idempotency-Key was used for another request."),
            SubmitError::Overloaded { retry_after_ms } => {
                let detail = "More is waiting than can be served soon; nothing was done.";
                let mut problem = Self::edge(OVERLOADED, detail).retry_after(retry_after_ms.div_ceil(1_000).max(1));
                problem.facts = serde_json::json!({ "retry_after_ms": retry_after_ms });
                problem
            }
            SubmitError::Unavailable(_) => {
                Self::edge(UNAVAILABLE, "The store cannot be written at the moment; this request did nothing.")
                    .retry_after(5)
            }
            SubmitError::OutcomeUnknown => {
                let detail = "It may have been carried out, whole or not at all: the answer of the store was lost.";
                Self::edge(OUTCOME_UNKNOWN, detail).retry_after(5)
            }
            SubmitError::NotWriting(why) => {
                Self::edge(UNAVAILABLE, format!("This process does not take requests: {why}.")).retry_after(5)
            }
            SubmitError::Fault => Self::edge(FAULT, "An internal fault; it was logged."),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotPermitted(permission) => {
                Self::refused(waybill_domain::system::SystemRefusal::NotPermitted { permission }.into(), false)
            }
            ReadError::BadCursor => Self::malformed("The parameter `after` is not a cursor that this list gave out."),
            ReadError::Store(error) => {
                tracing::error!(%error, request_id = %crate::request::id(), "a read failed");
                match error {
                    waybill_store::StoreError::Unavailable(_) => {
                        Self::edge(UNAVAILABLE, "The store cannot be read at the moment.").retry_after(5)
                    }
                    _ => Self::edge(FAULT, "An internal fault; it was logged."),
                }
            }
        }
    }
}

/// What a page says of a problem.
#[derive(Clone, Debug)]
pub struct Shown {
    pub code: String,
    pub title: String,
    pub detail: String,
    pub next_step: String,
    /// Where, and what.
    pub problems: Vec<(String, String)>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let view = self.view();
        let body = serde_json::to_vec(&view).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let (mut detail, mut next_step) = (view.detail.clone(), view.next_step.clone());
        if let Some(permission) = words::missing(&self.facts) {
            detail = words::told(permission);
            next_step = "Ask an owner for it.".to_owned();
        }
        let problems = self.problems.iter().map(|one| (one.path.clone(), one.message.clone())).collect();
        let (code, title) = (view.code.clone(), view.title.clone());
        response.extensions_mut().insert(Shown { code, title, detail, next_step, problems });
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"waybill\""));
        }
        if self.replayed {
            headers.insert(crate::ask::REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
