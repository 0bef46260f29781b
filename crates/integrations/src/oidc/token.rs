//! The token in which a provider vouches for somebody (OpenID Connect Core 1.0, section 2), and whether it is to be believed
//! (section 3.1.3.7).

use super::keys::Keys;
use super::untrusted;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use waybill_domain::time::Timestamp;
use waybill_engine::SignOnError;

/// How far a provider's clock may be from ours, in seconds.
const SKEW_S: f64 = 60.0;
/// The longest name of a person at a provider (section 2), in bytes.
const SUBJECT_MAX: usize = 255;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What whoever reads it has to understand. Nothing that is not below is.
    crit: Option<serde_json::Value>,
}

/// A token as it came, in its parts.
pub struct Signed<'a> {
    header: Header,
    message: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

/// One or several whom a token is for.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Truth, as providers write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Plain(bool),
    Text(String),
}

/// An email, and whether the provider made sure of it.
#[derive(Deserialize)]
pub struct Email {
    pub email: Option<String>,
    email_verified: Option<Flag>,
}

impl Email {
    /// The email, where the provider says that it has made sure of it.
    pub fn verified(self) -> Option<String> {
        let verified = match self.email_verified {
            Some(Flag::Plain(verified)) => verified,
            Some(Flag::Text(text)) => text == "true",
            None => false,
        };
        self.email.filter(|_| verified)
    }
}

/// What a token says.
#[derive(Deserialize)]
pub struct Claims {
    #[serde(rename = "iss")]
    issuer: String,
    #[serde(rename = "sub")]
    pub subject: String,
    #[serde(rename = "aud")]
    audience: Audience,
    #[serde(rename = "azp")]
    presenter: Option<String>,
    /// Seconds since 1970.
    #[serde(rename = "exp")]
    expires_at: f64,
    #[serde(rename = "iat")]
    issued_at: f64,
    nonce: Option<String>,
    #[serde(flatten)]
    pub email: Email,
}

fn part<T: DeserializeOwned>(coded: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(coded).ok()?).ok()
}

impl<'a> Signed<'a> {
    /// # Errors
    /// `Untrusted` where it is no token.
    pub fn read(token: &'a str) -> Result<Self, SignOnError> {
        let read = || {
            let (message, signature) = token.rsplit_once('.')?;
            let (header, payload) = message.split_once('.')?;
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            Some(Self { header: part(header)?, message, payload, signature })
        };
        let signed: Self = read().ok_or_else(|| untrusted("what it sends is no token"))?;
        match &signed.header.crit {
            Some(_) => Err(untrusted("the token wants more to be understood than is")),
            None => Ok(signed),
        }
    }

    /// The key that signed it, where it names one.
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// What it says, if one of these keys signed it.
    ///
    /// # Errors
    /// `Untrusted` where none did.
    pub fn verified(self, keys: &Keys) -> Result<Claims, SignOnError> {
        if !keys.signed(&self.header.alg, self.kid(), self.message.as_bytes(), &self.signature) {
            return Err(untrusted("no key of the provider signed the token"));
        }
        part(self.payload).ok_or_else(|| untrusted("the token does not say what it has to"))
    }
}

impl Claims {
    /// Whether it is by this provider, for this client, of now, and for this attempt.
    ///
    /// # Errors
    /// `Untrusted` where it is not.
    pub fn check(&self, issuer: &str, client: &str, nonce: &str, now: Timestamp) -> Result<(), SignOnError> {
        let now_s = now.0 as f64 / 1e6;
        let (is_for_us, is_shared) = match &self.audience {
            Audience::One(one) => (one == client, false),
            Audience::Several(several) => (several.iter().any(|one| one == client), several.len() > 1),
        };
        let presented = match &self.presenter {
            Some(presenter) => presenter == client,
            None => !is_shared,
        };
        let wrong = [
            (self.issuer != issuer, "another provider made the token"),
            (!is_for_us || !presented, "the token is for somebody else"),
            (!self.expires_at.is_finite() || now_s >= self.expires_at + SKEW_S, "the token has expired"),
            (self.issued_at > now_s + SKEW_S, "the token is of a time to come"),
            (self.nonce.as_deref() != Some(nonce), "the token is of another sign-in"),
            (self.subject.is_empty() || self.subject.len() > SUBJECT_MAX, "the token names nobody"),
        ];
        match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, why)) => Err(untrusted(why)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde_json::{Value, json};

    const NOW: Timestamp = Timestamp(1_700_000_000_000_000);

    fn coded(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a provider may put in the place of anything.
    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<String>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            prop::collection::vec(any::<String>(), 0..3).prop_map(Value::from),
            Just(json!({"a": [1]})),
        ]
    }

    /// A token that is good, and which of its claims make it so.
    fn claims(subject: &str) -> Value {
        json!({"iss": "https://id.example", "sub": subject, "aud": "shop", "exp": 1_700_000_300, "iat": 1_700_000_000,
            "nonce": "n1", "email": "ada@example.org", "email_verified": true})
    }

    fn checked(claims: &Value) -> Option<Claims> {
        let claims: Claims = part(&coded(claims.to_string()))?;
        claims.check("https://id.example", "shop", "n1", NOW).is_ok().then_some(claims)
    }

    proptest! {
        #[test]
        fn any_text_is_no_token_or_one_that_nobody_signed(
            text in prop_oneof![any::<String>(), "[A-Za-z0-9_=-]{0,20}(\\.[A-Za-z0-9_=-]{0,20}){0,4}"],
            header in prop_oneof![any::<String>(), "\\{(\"(alg|kid|crit)\":(\"[A-Z0-9]{0,5}\"|null|\\[\\]),?){0,3}\\}"],
            (payload, signature) in any::<(Vec<u8>, Vec<u8>)>(),
        ) {
            let token = format!("{}.{}.{}", coded(&header), coded(&payload), coded(&signature));
            for text in [text, token] {
                if let Ok(signed) = Signed::read(&text) {
                    let none: Keys = serde_json::from_value(json!({"keys": []})).expect("no keys");
                    prop_assert!(signed.verified(&none).is_err());
                }
            }
        }

        #[test]
        fn a_token_names_the_key_that_it_was_made_with(kid in any::<Option<String>>(), signature in any::<Vec<u8>>()) {
            let header = coded(json!({"alg": "ES256", "kid": kid}).to_string());
            let token = format!("{header}.e30.{}", coded(&signature));
            let signed = Signed::read(&token).expect("a token");
            prop_assert_eq!(signed.kid(), kid.as_deref());
            prop_assert!(token.starts_with(signed.message) && signed.signature == signature);
        }

        /// A person is believed to be whom a token names; of a token with one claim of another value, only as far as it
        /// still says the same.
        #[test]
        fn a_token_of_which_one_claim_was_changed_vouches_for_nobody_else(
            subject in "[!-~]{1,255}", which in any::<Index>(), other in value(),
        ) {
            let good = claims(&subject);
            prop_assert_eq!(checked(&good).map(|claims| claims.subject), Some(subject.clone()));
            let names: Vec<String> = good.as_object().expect("an object").keys().cloned().collect();
            let name = which.get(&names);
            let mut changed = good.clone();
            changed[name] = other.clone();
            let Some(read) = checked(&changed) else { return Ok(()) };
            match name.as_str() {
                "sub" => prop_assert_eq!(Some(read.subject.as_str()), other.as_str()),
                "iss" | "nonce" => prop_assert_eq!(&other, &good[name]),
                "aud" => prop_assert!(other == json!("shop") || other == json!(["shop"])),
                "exp" => prop_assert!(other.as_f64().is_some_and(|at| at > 1_699_999_940.0)),
                "iat" => prop_assert!(other.as_f64().is_some_and(|at| at <= 1_700_000_060.0)),
                "email_verified" => {
                    let verified = read.email.verified();
                    prop_assert_eq!(verified.is_some(), other == json!(true) || other == json!("true"));
                }
                _ => {
                    let email = read.email.verified();
                    prop_assert_eq!(email.as_deref(), other.as_str());
                }
            }
        }

        /// Keys of any numbers, for any algorithm, sign nothing and stop nobody.
        #[test]
        fn any_keys_are_refused_or_have_not_signed(
            keys in prop::collection::vec(
                (select(vec!["RSA", "EC", "OKP", "oct", ""]), select(vec!["P-256", "P-384", "Ed25519", "x"]),
                    prop::collection::vec(prop_oneof![prop::collection::vec(any::<u8>(), 0..40).prop_map(coded), prop::collection::vec(any::<u8>(), 256).prop_map(coded), any::<String>()], 4)),
                0..4),
            alg in select(vec!["RS256", "PS512", "ES256", "ES384", "EdDSA", "HS256", "none", ""]),
            (message, signature) in (any::<Vec<u8>>(), prop_oneof![any::<Vec<u8>>(), prop::collection::vec(any::<u8>(), 64), prop::collection::vec(any::<u8>(), 256)]),
            odd in value(),
        ) {
            let keys: Vec<Value> = keys
                .into_iter()
                .map(|(kty, crv, parts)| json!({"kty": kty, "crv": crv, "n": parts[0], "e": parts[1], "x": parts[2], "y": parts[3]}))
                .collect();
            let keys: Keys = serde_json::from_value(json!({ "keys": keys })).expect("keys");
            prop_assert!(!keys.signed(alg, None, &message, &signature) && !keys.has("k"));
            let _ = serde_json::from_value::<Keys>(json!({"keys": [{"kty": "RSA", "n": odd}, odd]}));
        }
    }
}
