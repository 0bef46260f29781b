//! Single sign-on by OpenID Connect: the authorization code flow with PKCE, at a provider that whoever runs Waybill names.
//! ([OpenID Connect Core 1.0](https://openid.net/specs/openid-connect-core-1_0.html), Discovery 1.0, RFC 7636, RFC 9207.)

mod asking;
mod keys;
mod metadata;
mod token;

use crate::connect::trust;
use asking::{Asking, Credentials};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use metadata::{Known, Metadata};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use token::Claims;
use tokio::sync::Mutex;
use tokio::time::timeout;
use waybill_domain::time::Timestamp;
use waybill_engine::{Identified, SignOnAttempt, SignOnError, SignOnProvider};

/// Which provider, and who Waybill is to it.
#[derive(Clone, PartialEq, Eq)]
pub struct OidcOptions {
    /// The provider's name for itself, an address under which it describes itself. `https://`, or on this very machine `http://`.
    pub issuer: String,
    pub client_id: String,
    /// None where the provider gave none: PKCE alone then proves who asks.
    pub client_secret: Option<String>,
    /// What people call it.
    pub name: String,
    /// How long everything may take that one step of a sign-in asks of the provider.
    pub limit: Duration,
    /// Certificates in PEM form that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for OidcOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcOptions").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl OidcOptions {
    /// # Errors
    /// Which of them is wrong, and what: the issuer, or the file of certificates as it is now.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        asking::address(&self.issuer).map_err(|what| ("issuer", what))?;
        let certificates = self.ca_file.as_deref().map_or(Ok(()), |path| trust::certificates(path).map(|_| ()));
        certificates.map_err(|what| ("ca_file", what))
    }
}

/// A provider, and what it said of itself lately.
#[derive(Debug)]
pub struct OidcProvider {
    options: OidcOptions,
    asking: Asking,
    known: Mutex<Option<Arc<Known>>>,
}

/// What Waybill wants to know: who it is, and their email.
const SCOPE: &str = "openid email";

/// The answer of the token endpoint, as far as it matters.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

fn untrusted(why: impl Into<String>) -> SignOnError {
    SignOnError::Untrusted(why.into())
}

impl OidcProvider {
    pub fn new(options: OidcOptions) -> Self {
        let asking = Asking::new(options.limit, options.ca_file.clone());
        Self { options, asking, known: Mutex::new(None) }
    }

    /// What the provider says of itself, read again after a while, and where `wanted` is a key that is not among its keys.
    async fn known(&self, now: Timestamp, wanted: Option<&str>) -> Result<Arc<Known>, SignOnError> {
        let mut known = self.known.lock().await;
        if let Some(known) = &*known
            && known.is_fresh(now)
            && wanted.is_none_or(|kid| known.keys.has(kid))
        {
            return Ok(known.clone());
        }
        let read = Arc::new(Known::read(&self.asking, &self.options.issuer, now).await?);
        *known = Some(read.clone());
        Ok(read)
    }

    async fn within<T>(&self, asked: impl Future<Output = Result<T, SignOnError>>) -> Result<T, SignOnError> {
        let late = || SignOnError::Unavailable(format!("no answer within {} ms", self.options.limit.as_millis()));
        timeout(self.options.limit, asked).await.unwrap_or_else(|_| Err(late()))
    }

    async fn tokens(&self, known: &Metadata, attempt: &SignOnAttempt, code: &str) -> Result<Tokens, SignOnError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", attempt.redirect_uri.as_str()),
            ("code_verifier", attempt.verifier.as_str()),
        ];
        let options = &self.options;
        let credentials = match &options.client_secret {
            None => Credentials::Public { id: &options.client_id },
            Some(secret) if known.takes_basic() => Credentials::Basic { id: &options.client_id, secret },
            Some(secret) => Credentials::Posted { id: &options.client_id, secret },
        };
        self.asking.redeem(&known.token_endpoint, &fields, credentials).await
    }

    /// The claims of the token, once it is known to be the provider's, for us, of now, and for this attempt.
    async fn vouched(&self, token: &str, nonce: &str, now: Timestamp) -> Result<Claims, SignOnError> {
        let signed = token::Signed::read(token)?;
        let mut known = self.known(now, None).await?;
        if signed.kid().is_some_and(|kid| !known.keys.has(kid)) {
            // The provider has changed its keys since.
            known = self.known(now, signed.kid()).await?;
        }
        let claims = signed.verified(&known.keys)?;
        claims.check(&known.metadata.issuer, &self.options.client_id, nonce, now)?;
        Ok(claims)
    }

    /// Who the token names; where it does not say their email, the provider is asked with the other token.
    async fn person(&self, known: &Metadata, claims: Claims, access: Option<&str>) -> Result<Identified, SignOnError> {
        let mut email = claims.email;
        if email.email.is_none()
            && let (Some(endpoint), Some(access)) = (&known.userinfo_endpoint, access)
        {
            let told = self.asking.who(endpoint, access).await?;
            if told.subject != claims.subject {
                return Err(untrusted("it tells of somebody else than the token does"));
            }
            email = told.email;
        }
        Ok(Identified { issuer: known.issuer.clone(), subject: claims.subject, verified_email: email.verified() })
    }
}

#[async_trait]
impl SignOnProvider for OidcProvider {
    fn name(&self) -> &str {
        &self.options.name
    }

    async fn address(&self, attempt: &SignOnAttempt, now: Timestamp) -> Result<String, SignOnError> {
        let known = self.within(self.known(now, None)).await?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, attempt.verifier.as_bytes()));
        let endpoint = &known.metadata.authorization_endpoint;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.options.client_id)
            .append_pair("redirect_uri", &attempt.redirect_uri)
            .append_pair("scope", SCOPE)
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let and = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{and}{query}"))
    }

    async fn identify(
        &self,
        attempt: &SignOnAttempt,
        code: &str,
        issuer: Option<&str>,
        now: Timestamp,
    ) -> Result<Identified, SignOnError> {
        self.within(async {
            let known = self.known(now, None).await?;
            let metadata = &known.metadata;
            if issuer.is_some_and(|issuer| issuer != metadata.issuer) {
                return Err(untrusted("the browser comes from another provider"));
            }
            if issuer.is_none() && metadata.names_itself {
                return Err(untrusted("the browser comes from a provider that does not name itself"));
            }
            let tokens = self.tokens(metadata, attempt, code).await?;
            let claims = self.vouched(&tokens.id_token, &attempt.nonce, now).await?;
            self.person(metadata, claims, tokens.access_token.as_deref()).await
        })
        .await
    }
}
