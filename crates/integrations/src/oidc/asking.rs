//! Asking a provider over HTTP: bounded in what is read, and no redirect is followed. The connector is that of webhooks; but
//! whoever runs Waybill named this address, so it may be one of their own network.

use super::token::Email;
use super::{Tokens, untrusted};
use crate::connect::trust::Trust;
use crate::connect::{self, Connector};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;
use waybill_engine::SignOnError;

/// Bytes of an answer that are read at most.
const ANSWER_MAX: usize = 256 << 10;
/// The largest head of an answer, in bytes.
const HEAD_MAX: usize = 64 << 10;

/// The address, if secrets may be sent there and answers believed: with TLS, or on this very machine.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("is not a URL: {error}"))?;
    let host = uri.host().ok_or("names no host")?;
    let is_here = host == "localhost" || connect::literal(host).is_some_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_here => Ok(uri),
        _ => Err("must begin with https://; http:// is for this very machine alone".to_owned()),
    }
}

/// How Waybill says who it is.
#[derive(Clone, Copy)]
pub enum Credentials<'a> {
    Public { id: &'a str },
    Basic { id: &'a str, secret: &'a str },
    Posted { id: &'a str, secret: &'a str },
}

/// What a provider says of a person where it is asked.
#[derive(Deserialize)]
pub struct Told {
    #[serde(rename = "sub")]
    pub subject: String,
    #[serde(flatten)]
    pub email: Email,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

#[derive(Debug)]
pub struct Asking {
    client: Client<Connector, Full<Bytes>>,
}

impl Asking {
    pub fn new(limit: Duration, ca_file: Option<PathBuf>) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(4)
            .http1_max_buf_size(HEAD_MAX)
            .build(Connector::new(true, limit, Trust::new(ca_file)));
        Self { client }
    }

    /// What stands at an address, as JSON.
    pub async fn get<T: DeserializeOwned>(&self, at: &str) -> Result<T, SignOnError> {
        let (status, body) = self.send(at, Request::get(at), Bytes::new()).await?;
        expected(status)?;
        json(&body)
    }

    /// Who the bearer of a token is.
    pub async fn who(&self, at: &str, token: &str) -> Result<Told, SignOnError> {
        let request = Request::get(at).header(AUTHORIZATION, secret(format!("Bearer {token}"))?);
        let (status, body) = self.send(at, request, Bytes::new()).await?;
        expected(status)?;
        json(&body)
    }

    /// Gives a code back for what it stands for.
    pub async fn redeem(
        &self,
        at: &str,
        fields: &[(&str, &str)],
        credentials: Credentials<'_>,
    ) -> Result<Tokens, SignOnError> {
        let mut fields = fields.to_vec();
        let mut request = Request::post(at).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match credentials {
            Credentials::Public { id } => fields.push(("client_id", id)),
            Credentials::Posted { id, secret } => fields.extend([("client_id", id), ("client_secret", secret)]),
            // RFC 6749, section 2.3.1: each is coded as in a form before it is coded as RFC 7617 has it.
            Credentials::Basic { id, secret: known } => {
                let coded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = STANDARD.encode(format!("{}:{}", coded(id), coded(known)));
                request = request.header(AUTHORIZATION, secret(format!("Basic {pair}"))?);
            }
        }
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let (status, body) = self.send(at, request, form.into()).await?;
        if status.is_client_error() {
            // Its own word for it, if it is one, and nothing else: answers may hold what nobody else is to read.
            let why = serde_json::from_slice::<Refused>(&body).map(|refused| refused.error).unwrap_or_default();
            let is_word =
                (1..=64).contains(&why.len()) && why.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            return Err(match why.as_str() {
                "invalid_grant" => SignOnError::Refused(why),
                _ if is_word => untrusted(format!("it does not take our request: {why}")),
                _ => untrusted(format!("it does not take our request: status {status}")),
            });
        }
        expected(status)?;
        json(&body)
    }

    async fn send(
        &self,
        at: &str,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), SignOnError> {
        address(at).map_err(|why| untrusted(format!("an address of it {why}")))?;
        let request = request
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(concat!("Waybill/", env!("CARGO_PKG_VERSION"))))
            .body(Full::new(body))
            .map_err(|error| untrusted(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| SignOnError::Unavailable(deepest(&error)))?;
        let status = response.status();
        match Limited::new(response.into_body(), ANSWER_MAX).collect().await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(untrusted(format!("an answer of more than {ANSWER_MAX} bytes")))
            }
            Err(error) => Err(SignOnError::Unavailable(error.to_string())),
        }
    }
}

fn secret(text: String) -> Result<HeaderValue, SignOnError> {
    let mut value = HeaderValue::from_str(&text).map_err(|_| untrusted("a token that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn expected(status: StatusCode) -> Result<(), SignOnError> {
    match status {
        StatusCode::OK => Ok(()),
        status if status.is_server_error() => Err(SignOnError::Unavailable(format!("status {status}"))),
        status => Err(untrusted(format!("status {status}"))),
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, SignOnError> {
    // What serde says of a text may repeat a part of it; where it stands is enough.
    let wrong =
        |error: serde_json::Error| untrusted(format!("an answer that is not as expected at byte {}", error.column()));
    serde_json::from_slice(body).map_err(wrong)
}

fn deepest(error: &dyn std::error::Error) -> String {
    let mut source = error.source();
    let mut deepest = error.to_string();
    while let Some(cause) = source {
        deepest = cause.to_string();
        source = cause.source();
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_address_is_refused_or_one_that_secrets_may_go_to(
            text in prop_oneof![any::<String>(), "(https?://)?[a-z0-9@:/?#.\\[\\]%-]{0,30}", "http://(localhost|127\\.0\\.0\\.1)[a-z.@:/]{0,9}"],
        ) {
            if let Ok(uri) = address(&text) {
                let is_here = ["localhost", "127.", "[::1]"].iter().any(|host| uri.host().is_some_and(|one| one.starts_with(host)));
                prop_assert!(uri.scheme_str() == Some("https") || is_here, "{text}");
            }
        }

        /// What an answer says is not repeated where it cannot be read: it may be secret.
        #[test]
        fn any_answer_is_read_or_told_by_its_place_alone(body in any::<Vec<u8>>(), secret in "[A-Z]{20}") {
            for body in [body, format!("{{\"sub\": [\"{secret}\"]}}").into_bytes(), format!("{{\"{secret}\": 1").into_bytes()] {
                if let Err(error) = json::<Told>(&body) {
                    let said = format!("{error} {error:?}");
                    prop_assert!(!said.contains(&secret));
                }
            }
        }
    }

    #[test]
    fn secrets_go_over_tls_or_stay_on_this_machine() {
        for good in [
            "https://id.example",
            "https://10.0.0.1/realm",
            "http://127.0.0.1:8080/x",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example",
            "http://10.0.0.1",
            "http://localhost.evil.example",
            "ftp://id.example",
            "/path",
            "",
            "id.example",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
