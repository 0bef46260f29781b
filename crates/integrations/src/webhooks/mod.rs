//! Webhooks over HTTP: to addresses that users name, so nothing about the other side is taken for granted.

use crate::connect::address::is_public;
use crate::connect::trust::{self, Trust};
use crate::connect::{self, ConnectError, Connector};
use async_trait::async_trait;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::DeliveryOutcome;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_engine::{RetryAfter, WebhookAnswer, WebhookMessage, WebhookSender};

/// Where webhooks may go, and how long they may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookOptions {
    /// Addresses without TLS too.
    pub allow_http: bool,
    /// Private, loopback and other addresses that are not of the public internet, too.
    pub allow_private: bool,
    /// From connecting to the head of the answer.
    pub limit: Duration,
    /// Certificates in PEM form that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

impl WebhookOptions {
    /// # Errors
    /// What is wrong with the file of certificates as it is now.
    pub fn check(&self) -> Result<(), String> {
        self.ca_file.as_deref().map_or(Ok(()), |path| trust::certificates(path).map(|_| ()))
    }
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self { allow_http: false, allow_private: false, limit: Duration::from_secs(15), ca_file: None }
    }
}

/// Bytes of an error answer that are kept.
const TEXT_MAX: usize = 512;
/// Bytes of an answer that are read so that its connection can be used again; a larger one is cut off.
const READ_MAX: usize = 16 << 10;
/// How long the rest of an answer may take once its head is there. What it says no longer matters then.
const REST: Duration = Duration::from_secs(1);
/// The largest head of an answer, in bytes.
const HEAD_MAX: usize = 64 << 10;

/// Sends webhooks.
#[derive(Debug)]
pub struct HttpSender {
    options: WebhookOptions,
    client: Client<Connector, Full<Bytes>>,
}

impl HttpSender {
    pub fn new(options: WebhookOptions) -> Self {
        let trust = Trust::new(options.ca_file.clone());
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(8)
            .http1_max_buf_size(HEAD_MAX)
            .build(Connector::new(options.allow_private, options.limit, trust));
        Self { options, client }
    }

    fn request(&self, uri: Uri, message: &WebhookMessage) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        Request::post(uri)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(concat!("Waybill/", env!("CARGO_PKG_VERSION"))))
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.timestamp_s)
            .header("webhook-signature", &message.signature)
            .body(Full::new(Bytes::from(message.body.clone())))
    }
}

fn answer(outcome: DeliveryOutcome, status: Option<StatusCode>, text: Option<String>) -> WebhookAnswer {
    WebhookAnswer { outcome, status: status.map(|status| status.as_u16()), text, retry_after: None }
}

#[async_trait]
impl WebhookSender for HttpSender {
    fn objection(&self, url: &EndpointUrl) -> Option<String> {
        objection(&self.options, url).err()
    }

    async fn send(&self, message: &WebhookMessage) -> WebhookAnswer {
        let uri = match objection(&self.options, &message.url) {
            Ok(uri) => uri,
            Err(why) => return answer(DeliveryOutcome::Forbidden, None, Some(why)),
        };
        let request = match self.request(uri, message) {
            Ok(request) => request,
            Err(error) => return answer(DeliveryOutcome::Forbidden, None, Some(error.to_string())),
        };
        match timeout(self.options.limit, self.client.request(request)).await {
            Ok(Ok(response)) => judge(response).await,
            Ok(Err(error)) => failed(&error),
            Err(_) => {
                let why = format!("no answer within {} ms", self.options.limit.as_millis());
                answer(DeliveryOutcome::TimedOut, None, Some(why))
            }
        }
    }
}

/// The address to send to, or why there is none.
fn objection(options: &WebhookOptions, url: &EndpointUrl) -> Result<Uri, String> {
    let uri: Uri = url.0.parse().map_err(|error| format!("is not a URL: {error}"))?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if options.allow_http => {}
        _ => return Err("must begin with https://; the setting webhooks.allow_http allows http://".to_owned()),
    }
    let host = uri.host().ok_or("names no host")?;
    let literal = connect::literal(host);
    if !options.allow_private && literal.is_some_and(|address| !is_public(address)) {
        return Err(PRIVATE.to_owned());
    }
    Ok(uri)
}

const PRIVATE: &str =
    "stands for an address that is not of the public internet; the setting webhooks.allow_private allows those";

/// What the head of an answer says, and the beginning of an error.
async fn judge(response: Response<Incoming>) -> WebhookAnswer {
    let status = response.status();
    let retry_after = retry_after(status, response.headers());
    let text = beginning(response.into_body()).await;
    if status.is_success() {
        return answer(DeliveryOutcome::Delivered, Some(status), None);
    }
    let outcome = if status.is_redirection() { DeliveryOutcome::Redirected } else { DeliveryOutcome::Refused };
    let text = Some(text).filter(|text| !text.is_empty());
    WebhookAnswer { retry_after, ..answer(outcome, Some(status), text) }
}

/// RFC 9110, section 10.2.3: seconds, or a date. What is neither asks for nothing.
fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<RetryAfter> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(RetryAfter::Seconds(text.parse().unwrap_or(u64::MAX)));
    }
    let since = httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(RetryAfter::At(Timestamp(i64::try_from(since.as_micros()).ok()?)))
}

async fn beginning(mut body: Incoming) -> String {
    let (mut kept, mut read) = (Vec::new(), 0);
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Some(data) = frame.data_ref() else { continue };
            let room = TEXT_MAX - kept.len().min(TEXT_MAX);
            kept.extend_from_slice(&data[..data.len().min(room)]);
            read += data.len();
            if read > READ_MAX {
                return;
            }
        }
    };
    let _ = timeout(REST, reading).await;
    String::from_utf8_lossy(&kept).into_owned()
}

fn failed(error: &Error) -> WebhookAnswer {
    let mut source = std::error::Error::source(error);
    let mut deepest = error.to_string();
    while let Some(cause) = source {
        if let Some(ConnectError::Forbidden) = cause.downcast_ref() {
            return answer(DeliveryOutcome::Forbidden, None, Some(PRIVATE.to_owned()));
        }
        deepest = cause.to_string();
        source = cause.source();
    }
    let outcome = if error.is_connect() { DeliveryOutcome::Unreachable } else { DeliveryOutcome::Garbled };
    answer(outcome, None, Some(deepest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(text: &str) -> Option<RetryAfter> {
        let value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
        retry_after(StatusCode::SERVICE_UNAVAILABLE, &HeaderMap::from_iter([(RETRY_AFTER, value)]))
    }

    /// The date of RFC 9110, section 5.6.7, in each of its three forms.
    #[test]
    fn a_date_is_read_in_every_form_that_there_is() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(asked(text), Some(RetryAfter::At(Timestamp(784_111_777_000_000))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_wait_that_is_asked_for_is_read_or_left(
            text in prop_oneof![
                "\\PC{0,30}",
                "-?[0-9]{0,25}",
                "(Mon|Sun), [0-9]{2} (Feb|Nov) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
                "(Monday|Sunday), [0-9]{2}-(Feb|Nov)-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
                "(Mon|Sun) (Feb|Nov) [0-9 ][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}",
            ],
            seconds in any::<u64>(),
            // The years 1970 to 9999, which are those of the form.
            at_s in 0..253_402_300_800_u64,
        ) {
            if let Some(RetryAfter::At(at)) = asked(&text) {
                prop_assert!((0..253_402_300_800_000_000).contains(&at.0), "{text}");
            }
            prop_assert_eq!(asked(&format!(" {seconds} ")), Some(RetryAfter::Seconds(seconds)));
            let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(at_s));
            prop_assert_eq!(asked(&date), Some(RetryAfter::At(Timestamp(at_s as i64 * 1_000_000))));
            prop_assert_eq!(retry_after(StatusCode::OK, &HeaderMap::new()), None);
        }

        /// No address of this machine or its network passes, however its URL is written.
        #[test]
        fn any_address_is_refused_or_public(
            url in prop_oneof![any::<String>(), "https?://[a-z0-9@:/?#.\\[\\]%-]{0,30}"],
            parts in any::<[u8; 4]>(), port in any::<u16>(), other in any::<u128>(),
        ) {
            let options = WebhookOptions::default();
            let refused = |url: &str| objection(&options, &EndpointUrl(url.to_owned())).is_err();
            prop_assert!(refused(&url) || url.to_lowercase().starts_with("https:"), "{url}");
            let [a, b, c, d] = parts;
            for (a, b) in [(127, b), (10, b), (192, 168), (172, 16 | b & 15), (169, 254), (0, b), (a | 224, b)] {
                prop_assert!(refused(&format!("https://{a}.{b}.{c}.{d}:{port}/")), "{a}.{b}.{c}.{d}");
                let within = std::net::Ipv4Addr::new(a, b, c, d).to_ipv6_mapped();
                prop_assert!(refused(&format!("https://[{within}]/")), "{within}");
            }
            let local = std::net::Ipv6Addr::from(0xfc00_u128 << 112 | other >> 7);
            prop_assert!(refused(&format!("https://[{local}]:{port}/")), "{local}");
        }
    }
}
