//! Signing in through a provider of single sign-on (OpenID Connect): there and back again, and who it is here.
//!
//! Nothing is kept here of a sign-in that has begun. A cookie of the browser has a secret, from which everything is made that
//! the provider is given and gives back; so what comes back counts in the browser that began it, within its time, and the
//! process it comes back to may be another one.

use super::{Come, Peer, SignInError, failed, proceed, turn};
use crate::auth::secret_hash;
use crate::console::gate;
use crate::problem::{self, EdgeKind, Problem};
use crate::sign_in::throttle::Guesser;
use crate::state::WebState;
use form_urlencoded::byte_serialize;
use std::sync::Arc;
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::identity::{BindIdentity, IdentityDigest};
use waybill_domain::access::{User, UserState};
use waybill_domain::chain::hex;
use waybill_domain::ids::UserId;
use waybill_domain::time::Timestamp;
use waybill_engine::{Identified, SignOnAttempt, SignOnError, SignOnProvider, SubmitError};
use waybill_store::read::users::{self, AccountKey};
use waybill_store::tables::{SignInWay, WrongProof};

/// A provider, and where browsers reach this server.
#[derive(Clone)]
pub struct SignOn {
    pub provider: Arc<dyn SignOnProvider>,
    /// Such as `https://waybill.example`, without a slash at the end.
    pub public_url: String,
}

impl std::fmt::Debug for SignOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignOn").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Where the provider sends browsers back to, on this server; a route of the gate.
const CALLBACK: &str = "/login/oidc/callback";
/// How long somebody may take at the provider, in seconds.
pub const LASTS_S: i64 = 600;

/// The longest way on that is remembered, in bytes as it is written; a browser keeps no larger cookies than about 4 kB.
const NEXT_MAX: usize = 3_000;

/// What a browser remembers of a sign-in that it began: a secret, when it began, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Begun<'a> {
    text: &'a str,
    at_s: i64,
    next: String,
}

impl<'a> Begun<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (secret, at, next) = (parts.next()?, parts.next()?, parts.next()?);
        let is_secret = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        let next =
            form_urlencoded::parse(next.as_bytes()).next().map_or_else(String::new, |(next, _)| next.into_owned());
        Some(Self { text, at_s: at.parse().ok()?, next }).filter(|_| is_secret)
    }

    fn write(secret: [u8; 32], now: Timestamp, next: &str) -> String {
        let next: String = byte_serialize(next.as_bytes()).collect();
        let next = Some(next).filter(|next| next.len() <= NEXT_MAX).unwrap_or_default();
        format!("{}.{}.{next}", hex(&secret), now.0.div_euclid(1_000_000))
    }

    /// What is made of the secret. Neither of these tells it, or another.
    fn attempt(&self, sign_on: &SignOn) -> SignOnAttempt {
        let made = |what: &str| hex(&secret_hash(&format!("{what} {}", self.text)));
        SignOnAttempt {
            state: made("state"),
            nonce: made("nonce"),
            verifier: made("verifier"),
            redirect_uri: format!("{}{CALLBACK}", sign_on.public_url),
        }
    }
}

/// What a browser brings back from the provider.
#[derive(Debug, Default)]
pub struct Answer {
    pub code: Option<String>,
    pub state: Option<String>,
    pub issuer: Option<String>,
    /// The provider's word for why there is no code.
    pub error: Option<String>,
}

/// Who came back, and where they go on.
#[derive(Debug)]
pub struct Arrived {
    pub come: Come,
    /// Not checked again: a path, as it was when it was left.
    pub next: String,
}

/// Where the browser is sent, and what it is to remember for [`LASTS_S`].
///
/// # Errors
/// The problem to show.
pub async fn begin(
    state: &WebState,
    sign_on: &SignOn,
    next: &str,
    peer: Option<Peer>,
) -> Result<(String, String), Problem> {
    let peer = counted(state, peer)?;
    let now = state.engine().now();
    let cookie = Begun::write(state.engine().token(), now, next);
    let begun = Begun::read(&cookie).ok_or_else(expired)?;
    let address = sign_on.provider.address(&begun.attempt(sign_on), now).await.map_err(said)?;
    forgiven(state, peer);
    Ok((address, cookie))
}

/// Whoever came back is signed in, or asked for the code of their authenticator.
///
/// # Errors
/// The problem to show.
pub async fn end(
    state: &WebState,
    sign_on: &SignOn,
    cookie: Option<&str>,
    answer: Answer,
    peer: Option<Peer>,
) -> Result<Arrived, Problem> {
    let now = state.engine().now();
    let begun = cookie.and_then(Begun::read).ok_or_else(expired)?;
    let age_s = now.0.div_euclid(1_000_000).saturating_sub(begun.at_s);
    let attempt = begun.attempt(sign_on);
    if !(0..LASTS_S).contains(&age_s) || answer.state.as_deref() != Some(attempt.state.as_str()) {
        return Err(expired());
    }
    let code = match (answer.error, answer.code) {
        (None, Some(code)) => code,
        (Some(error), _) => return Err(declined(&error)),
        (None, None) => return Err(said(SignOnError::Untrusted("the browser brings no code".to_owned()))),
    };
    let guesser = counted(state, peer)?;
    let identified = sign_on.provider.identify(&attempt, &code, answer.issuer.as_deref(), now).await.map_err(said)?;
    forgiven(state, guesser);
    let user = person(state, sign_on, &identified, peer).await?;
    let come = proceed(state, &user, SignInWay::SingleSignOn, peer).await.map_err(SignInError::problem)?;
    tracing::info!(user.id = %user.id, "somebody signs in through the provider");
    Ok(Arrived { come, next: begun.next })
}

/// Each time the provider is asked counts for whoever has it asked, until it turns out that they meant well.
fn counted(state: &WebState, peer: Option<Peer>) -> Result<Option<Guesser>, Problem> {
    let guesser = peer.map(|Peer(address)| Guesser::Address(address));
    guesser.into_iter().try_for_each(|guesser| turn(state, guesser)).map_err(SignInError::problem)?;
    Ok(guesser)
}

fn forgiven(state: &WebState, guesser: Option<Guesser>) {
    guesser.into_iter().for_each(|guesser| state.sign_in().throttle.forgive(guesser));
}

/// The user that somebody is here: bound to them since they first came, or the one whose email the provider has made sure of.
async fn person(
    state: &WebState,
    sign_on: &SignOn,
    identified: &Identified,
    peer: Option<Peer>,
) -> Result<User, Problem> {
    let nobody = async |kind: EdgeKind, user_id: Option<UserId>, detail: String| {
        failed(state, user_id, WrongProof::Identity, peer).await;
        refused(kind, detail)
    };
    let identity = IdentityDigest::of(&identified.issuer, &identified.subject);
    if let Some(account) = users::account(state.store(), AccountKey::Identity(identity)).await? {
        return Ok(account.user);
    }
    let name = sign_on.provider.name();
    let Some(email) = &identified.verified_email else {
        let detail = format!("{name} does not say that your email is verified.");
        return Err(nobody(problem::SIGN_ON_EMAIL, None, detail).await);
    };
    let found = users::account(state.store(), AccountKey::Email(EmailDigest::of(email))).await?;
    let (user_id, user) = (found.as_ref().map(|account| account.user.id), found.map(|account| account.user));
    let Some(user) = user.filter(|user| user.state != UserState::Archived) else {
        let detail = "Nobody with your email has been invited.".to_owned();
        return Err(nobody(problem::SIGN_ON_UNKNOWN, user_id, detail).await);
    };
    match gate::as_oneself(state, user.id, BindIdentity { user_id: user.id, identity }).await {
        Ok(()) => {}
        Err(SubmitError::Refused { refusal, .. }) if refusal.code == "user.identity_in_use" => {
            let detail = format!("Your email belongs to a user who signs in as somebody else at {name}.");
            return Err(nobody(problem::SIGN_ON_ANOTHER, Some(user.id), detail).await);
        }
        Err(error) => return Err(error.into()),
    }
    state.keyring().forget_user(user.id);
    let bound = users::account(state.store(), AccountKey::Id(user.id)).await?.map(|account| account.user);
    bound.filter(|user| user.state == UserState::Active).ok_or_else(expired)
}

fn expired() -> Problem {
    Problem::edge(problem::SIGN_ON_EXPIRED, "This sign-in was not begun in this browser, or it took too long.")
}

fn refused(kind: EdgeKind, detail: String) -> Problem {
    tracing::info!(code = kind.code, "somebody whom the provider knows is not let in");
    Problem::edge(kind, detail)
}

/// The provider's own words are for programs; what they mean is for people.
fn declined(error: &str) -> Problem {
    let is_word = error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let error = if is_word { error } else { "something unknown" };
    match error {
        "access_denied" | "consent_required" | "login_required" | "interaction_required" => refused(
            problem::SIGN_ON_DECLINED,
            "You were not signed in there: it was cancelled, or not allowed.".to_owned(),
        ),
        "temporarily_unavailable" | "server_error" => said(SignOnError::Unavailable(error.to_owned())),
        other => said(SignOnError::Untrusted(format!("it says {other} to the browser"))),
    }
}

fn said(error: SignOnError) -> Problem {
    tracing::warn!(%error, "no single sign-on");
    match error {
        SignOnError::Unavailable(_) => Problem::edge(problem::SIGN_ON_UNAVAILABLE, "The provider does not answer."),
        SignOnError::Refused(_) => {
            Problem::edge(problem::SIGN_ON_EXPIRED, "The provider does not take this sign-in any more.")
        }
        SignOnError::Untrusted(_) => Problem::edge(
            problem::SIGN_ON_UNTRUSTED,
            "The provider's answer cannot be believed, so nobody is signed in.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cookie_is_no_sign_in_or_the_one_that_was_begun(
            text in prop_oneof![any::<String>(), "[0-9a-fA-F]{63,65}\\.[+-]?[0-9]{0,20}\\.[a-z%0-9+/.&=]{0,20}"],
            secret in any::<[u8; 32]>(), at in any::<i64>(), next in any::<String>(),
        ) {
            if let Some(begun) = Begun::read(&text) {
                prop_assert!(begun.text == text && begun.next.len() <= 3 * text.len());
            }
            let written = Begun::write(secret, Timestamp(at), &next);
            let read = Begun::read(&written).expect("what was written");
            prop_assert_eq!((read.next.as_str(), read.at_s), (next.as_str(), at.div_euclid(1_000_000)));
        }

        /// A provider's word is passed on to the log only where it is one.
        #[test]
        fn any_error_of_a_provider_is_a_problem(error in prop_oneof![any::<String>(), "[a-z_]{0,70}"]) {
            prop_assert!(!declined(&error).code.is_empty());
        }
    }

    #[test]
    fn a_browser_remembers_where_to_go_on_unless_that_is_too_long_for_it() {
        let now = Timestamp(1_700_000_000_000_000);
        let long = format!("/{}", "x".repeat(NEXT_MAX));
        for (next, kept) in
            [("/orders?q=50%25%20off&a=b+c;d,\"", "/orders?q=50%25%20off&a=b+c;d,\""), ("/", "/"), (&long, "")]
        {
            let text = Begun::write([7; 32], now, next);
            assert!(
                text.len() < 3_500
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".%+-_*".contains(&byte)),
                "{text}"
            );
            let begun = Begun::read(&text).expect("what was written");
            assert_eq!((begun.next.as_str(), begun.at_s), (kept, 1_700_000_000));
        }
        let secret = "0".repeat(64);
        for odd in ["", "x.1./", &secret, &format!("{secret}.1"), &format!("{secret}.x."), &format!("{secret}0.1.")] {
            assert_eq!(Begun::read(odd), None, "{odd}");
        }
    }
}
