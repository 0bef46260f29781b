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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        /// Whatever a provider says of itself is refused, or read as it was said.
        #[test]
        fn any_description_of_a_provider_is_refused_or_read(
            text in prop_oneof![any::<String>(), "\\{(\"(issuer|jwks_uri)\":\"[a-z:/]{0,9}\",?){0,3}\\}"],
            issuer in any::<String>(),
            ways in prop::option::of(prop::collection::vec("client_secret_(basic|post)|none", 0..3)),
        ) {
            let _ = serde_json::from_str::<Metadata>(&text);
            let said = json!({"issuer": issuer, "authorization_endpoint": "", "token_endpoint": "", "jwks_uri": "",
                "token_endpoint_auth_methods_supported": ways, "surprise": text});
            let read: Metadata = serde_json::from_value(said).expect("what was said");
            prop_assert_eq!(read.issuer.as_str(), issuer.as_str());
            // Section 3: where it is left out, it is client_secret_basic.
            let basic = ways.is_none_or(|ways| ways.contains(&"client_secret_basic".to_owned()));
            prop_assert_eq!(read.takes_basic(), basic);
        }
    }
}
