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
