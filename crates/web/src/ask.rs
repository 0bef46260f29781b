//! A request that changes something: who, with which key, and the body read whole.

use crate::auth::Caller;
use crate::json::{self, FromJson};
use crate::problem::{self, Problem};
use crate::state::WebState;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use waybill_domain::actor::Permission;
use waybill_domain::command::Command;
use waybill_domain::ids::IdSource;
use waybill_domain::order::place::PlaceOrder;
use waybill_engine::{Placed, Receipt, Submission};

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The largest body of an ordinary request, in bytes.
pub const BODY_MAX: usize = 2 << 20;

/// A body that was read, and everything around it that a command needs.
#[derive(Debug)]
pub struct Ask<T> {
    pub body: T,
    pub context: Context,
}

/// Who asks, under which key, for what.
#[derive(Clone, Debug)]
pub struct Context {
    pub caller: Caller,
    pub key: Option<String>,
    pub body_hash: [u8; 16],
    /// The version that `If-Match` names.
    pub expected_version: Option<i64>,
    /// `Prefer: return=minimal`: the receipt is enough.
    pub minimal: bool,
}

impl<T: FromJson> FromRequest<WebState> for Ask<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        let key = key(&parts.headers)?;
        let expected_version = expected_version(&parts.headers)?;
        let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > BODY_MAX as u64) {
            return Err(too_large(BODY_MAX));
        }
        let bytes = axum::body::to_bytes(body, BODY_MAX).await.map_err(|error| {
            use std::error::Error;
            match error.source().is_some_and(|source| source.to_string().contains("length limit")) {
                true => too_large(BODY_MAX),
                false => Problem::malformed("The body ended before it was complete."),
            }
        })?;
        if let Some(overloaded) = state.engine().overload() {
            // At once, and without the work of reading what cannot be taken.
            return Err(overloaded.into());
        }
        if !bytes.is_empty() {
            require_json(&parts.headers)?;
        }
        let body_hash = body_hash(parts.method.as_str(), parts.uri.path(), &bytes);
        let body = json::read(parse(&bytes)?).map_err(Problem::invalid)?;
        let minimal = prefers_minimal(&parts.headers);
        Ok(Self { body, context: Context { caller, key, body_hash, expected_version, minimal } })
    }
}

pub fn too_large(max: usize) -> Problem {
    Problem::edge(problem::TOO_LARGE, format!("The body is larger than {max} bytes."))
}

/// JSON from bytes; nothing at all counts as an empty object.
pub fn parse(bytes: &Bytes) -> Result<serde_json::Value, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(serde_json::Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice(bytes).map_err(|error| Problem::malformed(format!("The body is not JSON: {error}.")))
}

/// The first half of the SHA-256 over method, path and body.
pub fn body_hash(method: &str, path: &str, body: &[u8]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes()] {
        hasher.update(part);
        hasher.update([0]);
    }
    hasher.update(body);
    let digest = hasher.finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

/// Whether a text can be an idempotency key.
pub fn is_key(text: &str) -> bool {
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

pub fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) if is_key(text) => Ok(Some(text.to_owned())),
            _ => Err(Problem::edge(problem::KEY_INVALID, "The Idempotency-Key cannot be used.")),
        },
        (Some(_), Some(_)) => Err(Problem::edge(problem::KEY_INVALID, "More than one Idempotency-Key was sent.")),
    }
}

fn expected_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|digits| digits.parse().ok());
    version.map(Some).ok_or_else(|| Problem::malformed("If-Match must be one ETag as it was given, such as \"7\"."))
}

fn prefers_minimal(headers: &HeaderMap) -> bool {
    headers.get_all("prefer").iter().any(|value| {
        value.to_str().is_ok_and(|text| text.split(',').any(|one| one.trim().eq_ignore_ascii_case("return=minimal")))
    })
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let kind = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") {
        return Ok(());
    }
    Err(Problem::edge(problem::MEDIA_TYPE, format!("The body is declared as {kind:?}.")))
}

impl Context {
    /// Hands a command to the engine.
    ///
    /// # Errors
    /// The refusal, or why it could not be decided.
    pub async fn submit(
        &self,
        state: &WebState,
        command: impl Into<Command>,
        ids: IdSource,
    ) -> Result<Receipt, Problem> {
        let command = command.into();
        if self.expected_version.is_some() && !command.has_version() {
            let detail = "If-Match is understood by requests that change an order, a webhook endpoint or a user only.";
            return Err(Problem::malformed(detail));
        }
        Ok(state.engine().submit(self.submission(command, ids)).await?)
    }

    /// Hands the placing of an order to the engine, and gets the order back where that is known at once.
    ///
    /// # Errors
    /// The refusal, or why it could not be decided.
    pub async fn place(
        &self,
        state: &WebState,
        command: PlaceOrder,
        ids: IdSource,
    ) -> Result<(Receipt, Option<Box<Placed>>), Problem> {
        if self.expected_version.is_some() {
            return Err(Problem::malformed("An order that is being placed has no version for If-Match yet."));
        }
        Ok(state.engine().place(self.submission(command.into(), ids)).await?)
    }

    /// Whether an order itself is the answer to its change.
    pub fn may_see_orders(&self) -> bool {
        !self.minimal && self.caller.viewer().may(Permission::OrdersRead)
    }

    pub fn submission(&self, command: Command, ids: IdSource) -> Submission {
        let mut submission = Submission::new(command, self.caller.actor.clone(), ids);
        submission.key = self.key.clone();
        submission.body_hash = self.body_hash;
        submission.expected_version = self.expected_version;
        submission
    }
}

/// What a change is answered with where the changed thing itself is not shown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptView {
    /// What it was about; null where nothing needed to change.
    pub id: Option<String>,
    /// The readable number, of an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The version after the change.
    pub version: i64,
    /// The log position of the last event; a reader that has seen it sees the change.
    pub position: i64,
    /// Ids of what was made inside an order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<String>,
    /// A gateway is being asked; the outcome comes later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub awaits_gateway: bool,
}

impl From<&Receipt> for ReceiptView {
    fn from(receipt: &Receipt) -> Self {
        Self {
            id: receipt.subject.map(|subject| subject.to_string()),
            number: receipt.number.map(|number| number.to_string()),
            version: receipt.version,
            position: receipt.position,
            made: receipt.made.clone(),
            awaits_gateway: receipt.awaits_gateway,
        }
    }
}

/// An answer to a change: the view, and the headers that a receipt brings.
pub fn answer<V: Serialize>(status: StatusCode, receipt: &Receipt, view: &V) -> Response {
    let mut response = (status, axum::Json(view)).into_response();
    if receipt.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// The receipt alone.
pub fn answer_receipt(status: StatusCode, receipt: &Receipt) -> Response {
    answer(status, receipt, &ReceiptView::from(receipt))
}

/// A part of the path; what cannot be read is not there.
#[derive(Clone, Debug)]
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<WebState> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found("such path")),
        }
    }
}

/// An id from the path; one that is none of its kind names nothing.
pub fn id<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(what))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(name: HeaderName, values: &[&[u8]]) -> HeaderMap {
        let values = values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok());
        values.map(|value| (name.clone(), value)).collect()
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..30),
            "(W/)?\"?[+-]?[0-9]{0,20}\"?( *, *\"[0-9]\")?|\\*".prop_map(String::into_bytes),
            "((return *= *(minimal|representation)|wait=1)[;, ]{0,3}){0,4}".prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn any_version_is_refused_or_the_one_that_was_sent(text in text(), version in any::<i64>()) {
            let sent = |text: &[u8]| expected_version(&headers(header::IF_MATCH, &[text]));
            if let Ok(Some(read)) = sent(&text) {
                let digits = std::str::from_utf8(&text).expect("text").trim().trim_matches('"').to_owned();
                prop_assert_eq!(digits.parse(), Ok(read));
            }
            prop_assert_eq!(sent(format!("\"{version}\"").as_bytes()).ok(), Some(Some(version)));
            // A weak one never matches (RFC 9110, section 13.1.1), and a list is more than was given.
            for wrong in [format!("W/\"{version}\""), format!("\"{version}\", \"{version}\""), version.to_string()] {
                prop_assert!(sent(wrong.as_bytes()).is_err(), "{wrong}");
            }
        }

        #[test]
        fn any_key_is_refused_or_the_one_that_was_sent(text in text(), good in "[!-~]{1,200}") {
            let sent = |values: &[&[u8]]| key(&headers(IDEMPOTENCY_KEY, values)).map_err(|problem| problem.status);
            if let Ok(Some(read)) = sent(&[&text]) {
                prop_assert!(read.as_bytes() == text && (1..=200).contains(&read.len()));
            }
            prop_assert_eq!(sent(&[good.as_bytes()]), Ok(Some(good.clone())));
            prop_assert!(sent(&[good.as_bytes(), good.as_bytes()]).is_err());
            let long = good + &"x".repeat(200);
            prop_assert!(sent(&[long.as_bytes()]).is_err());
        }

        #[test]
        fn any_wish_and_any_kind_of_body_is_read(text in text(), other in "[a-z=]{0,9}", kind in "[a-z/+; =-]{0,20}") {
            let _ = prefers_minimal(&headers(HeaderName::from_static("prefer"), &[&text]));
            let wishes = format!("{other}, Return=Minimal ,{other}");
            prop_assert!(prefers_minimal(&headers(HeaderName::from_static("prefer"), &[&text, wishes.as_bytes()])));
            let taken = |kind: &str| require_json(&headers(header::CONTENT_TYPE, &[kind.as_bytes()])).is_ok();
            let own = format!("application/{other}x+json; charset={other}");
            prop_assert!(taken(&own) && taken("Application/JSON"));
            prop_assert!(!taken(&kind) || kind.contains("json"));
        }

        /// A body is what it says, and nothing at all is an empty object.
        #[test]
        fn any_bytes_are_json_or_malformed(bytes in prop::collection::vec(any::<u8>(), 0..60), blank in "[ \t\r\n]{0,9}", depth in 1..400_usize) {
            let status = |bytes: &[u8]| parse(&Bytes::copy_from_slice(bytes)).map_err(|problem| problem.status.as_u16());
            prop_assert!(status(&bytes).is_ok() || status(&bytes) == Err(400));
            prop_assert_eq!(status(blank.as_bytes()), Ok(serde_json::json!({})));
            let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            prop_assert_eq!(status(nested.as_bytes()).is_ok(), depth < 128);
        }
    }
}
