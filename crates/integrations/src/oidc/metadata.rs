//! What a provider says of itself (OpenID Connect Discovery 1.0), and its keys.

use super::asking::Asking;
use super::keys::Keys;
use super::untrusted;
use serde::Deserialize;
use waybill_domain::time::Timestamp;
use waybill_engine::SignOnError;

/// How long it is believed before it is asked again, in seconds.
const FRESH_S: i64 = 3_600;

#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: Option<String>,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether it says who it is where it sends the browser back (RFC 9207).
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub names_itself: bool,
}

impl Metadata {
    /// Whether the secret goes into the header; where nothing is said, it does.
    pub fn takes_basic(&self) -> bool {
        let ways = self.token_endpoint_auth_methods_supported.as_deref();
        ways.is_none_or(|ways| ways.iter().any(|way| way == "client_secret_basic"))
    }
}

/// A provider at a moment.
#[derive(Debug)]
pub struct Known {
    pub metadata: Metadata,
    pub keys: Keys,
    at: Timestamp,
}

impl Known {
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        (0..FRESH_S).contains(&now.seconds_since(self.at))
    }

    /// Asks the provider that calls itself `issuer`.
    ///
    /// # Errors
    /// `Untrusted` where it calls itself something else.
    pub async fn read(asking: &Asking, issuer: &str, now: Timestamp) -> Result<Self, SignOnError> {
        let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = asking.get(&place).await?;
        if metadata.issuer != issuer {
            return Err(untrusted("its name for itself is not the issuer of the settings, letter by letter"));
        }
        // The browser is sent there, with nothing secret; the address must still be the one that was meant.
        super::asking::address(&metadata.authorization_endpoint)
            .map_err(|why| untrusted(format!("its authorization endpoint {why}")))?;
        let keys = asking.get(&metadata.jwks_uri).await?;
        Ok(Self { metadata, keys, at: now })
    }
}
