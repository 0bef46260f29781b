//! Signing in: by password and code, by a one-time link or through a provider, and the session that comes of it.

pub mod code;
mod hasher;
pub mod links;
pub mod provider;
mod throttle;

pub use hasher::{Busy, Hasher};

use crate::auth::{SignedIn, secret_hash};
use crate::state::WebState;
use std::net::IpAddr;
use std::time::Instant;
use throttle::{Guesser, Throttle};
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::password::PasswordHash;
use waybill_domain::access::totp::TotpSecret;
use waybill_domain::access::{User, UserState};
use waybill_domain::chain::hex;
use waybill_domain::ids::UserId;
use waybill_store::StoreError;
use waybill_store::read::users::{self, Account, AccountKey};
use waybill_store::read::{ReadError, sign_in};
use waybill_store::tables::{LinkPurpose, Session, SignInWay, WrongProof};

/// What signing in needs beside the store.
#[derive(Debug, Default)]
pub struct SignIn {
    hasher: Hasher,
    throttle: Throttle,
}

/// The address that a request came from, where it came over a socket.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// How far somebody has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Come {
    /// Signed in: the token of the session.
    In(String),
    /// The password was right; a code is asked for, with this token.
    CodeWanted(String),
}

/// Why somebody is not signed in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SignInError {
    /// Which of them is not said.
    #[error("the email, the password or the code is wrong")]
    Wrong,
    #[error("too many tries; wait {seconds} s")]
    Wait { seconds: u64 },
    #[error("too many want to sign in at once")]
    Busy,
    /// A link, or a second step, that was used, came to its end, or never was.
    #[error("this link does not work any more")]
    Spent,
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<Busy> for SignInError {
    fn from(Busy: Busy) -> Self {
        Self::Busy
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Read(error.into())
    }
}

fn turn(state: &WebState, guesser: Guesser) -> Result<(), SignInError> {
    let waits = state.sign_in().throttle.attempt(guesser, Instant::now());
    waits.map_err(|seconds| SignInError::Wait { seconds })
}

/// Notes that somebody could not show who they are, and says so. The note is a help: without it they are kept out all the same.
async fn failed(state: &WebState, user_id: Option<UserId>, wrong: WrongProof, peer: Option<Peer>) -> SignInError {
    let (address, now) = (address(peer), state.engine().now());
    let noted = waybill_store::sign_in::failed(state.store(), user_id, wrong, address.as_deref(), now).await;
    if let Err(error) = noted {
        tracing::warn!(%error, "a sign-in that failed is not noted");
    }
    SignInError::Wrong
}

/// The first step: email and password. Says as late and as little about an unknown email as about a wrong password.
///
/// # Errors
/// [`SignInError`].
pub async fn password(state: &WebState, email: &str, password: &str, peer: Option<Peer>) -> Result<Come, SignInError> {
    let digest = EmailDigest::of(email);
    if let Some(Peer(address)) = peer {
        turn(state, Guesser::Address(address))?;
    }
    turn(state, Guesser::Account(digest))?;
    let found = users::account(state.store(), AccountKey::Email(digest)).await?;
    let (user_id, user) = (found.as_ref().map(|account| account.user.id), found.map(|account| account.user));
    let user = user.filter(|user| user.state == UserState::Active);
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = state.sign_in().hasher.verify(password.to_owned(), hash).await?;
    let Some(user) = user.filter(|_| right) else {
        return Err(failed(state, user_id, WrongProof::Password, peer).await);
    };
    state.sign_in().throttle.succeeded(Guesser::Account(digest));
    peer.into_iter().for_each(|Peer(address)| state.sign_in().throttle.forgive(Guesser::Address(address)));
    proceed(state, &user, SignInWay::Password, peer).await
}

/// What is noted of how a session began.
#[derive(Debug)]
struct Began {
    by: SignInWay,
    with_code: bool,
    address: Option<String>,
}

fn address(peer: Option<Peer>) -> Option<String> {
    peer.map(|Peer(address)| address.to_canonical().to_string())
}

/// Signs a user in who has shown one proof, or asks for a code where they have an authenticator.
async fn proceed(state: &WebState, user: &User, by: SignInWay, peer: Option<Peer>) -> Result<Come, SignInError> {
    if user.totp_confirmed_at.is_none() {
        let began = Began { by, with_code: false, address: address(peer) };
        return Ok(Come::In(begin(state, user, began).await?));
    }
    let (random, now) = (state.engine().token(), state.engine().now());
    Ok(Come::CodeWanted(links::make_second_step(state.store(), random, user.id, by, now).await?))
}

/// The second step: a code of the user's authenticator. `step` is the token that the first step gave.
///
/// # Errors
/// [`SignInError`]; `Spent` where the first step has to be done again.
pub async fn second_step(state: &WebState, step: &str, code: &str, peer: Option<Peer>) -> Result<String, SignInError> {
    let account = by_link(state, step, &[LinkPurpose::SecondStep]).await?.1;
    let user = account.user;
    let secret = user.totp_secret.as_ref().filter(|_| user.totp_confirmed_at.is_some()).ok_or(SignInError::Spent)?;
    match take_code(state, &user, secret, code).await {
        Err(SignInError::Wrong) => return Err(failed(state, Some(user.id), WrongProof::Code, peer).await),
        taken => taken?,
    }
    take(state, step, LinkPurpose::SecondStep).await?;
    begin(state, &user, Began { by: links::first_step(step), with_code: true, address: address(peer) }).await
}

/// Takes a code of an authenticator; no code is taken twice.
///
/// # Errors
/// `Wrong` where it is none of this moment, or was taken; `Wait` after too many of those.
pub async fn take_code(state: &WebState, user: &User, secret: &TotpSecret, code: &str) -> Result<(), SignInError> {
    turn(state, Guesser::Codes(user.id))?;
    let number = code::step(secret, code, state.engine().now()).ok_or(SignInError::Wrong)?;
    if !waybill_store::sign_in::take_code(state.store(), user.id, number).await? {
        return Err(SignInError::Wrong);
    }
    state.sign_in().throttle.succeeded(Guesser::Codes(user.id));
    Ok(())
}

/// Whose link this is, and what it is for; it goes on working.
///
/// # Errors
/// `Spent` where it does not work for any of these purposes.
pub async fn by_link(
    state: &WebState,
    token: &str,
    purposes: &[LinkPurpose],
) -> Result<(LinkPurpose, Account), SignInError> {
    let link = sign_in::link(state.store(), secret_hash(token)).await?;
    let now = state.engine().now();
    let link = link.filter(|link| now < link.expires_at && purposes.contains(&link.purpose));
    let link = link.ok_or(SignInError::Spent)?;
    let account = users::account(state.store(), AccountKey::Id(link.user_id)).await?.ok_or(SignInError::Spent)?;
    let wanted = match link.purpose {
        LinkPurpose::Join => UserState::Invited,
        LinkPurpose::Password | LinkPurpose::SignIn | LinkPurpose::SecondStep => UserState::Active,
    };
    if account.user.state != wanted {
        return Err(SignInError::Spent);
    }
    Ok((link.purpose, account))
}

/// Uses a link up.
///
/// # Errors
/// `Spent` where somebody was faster.
pub async fn take(state: &WebState, token: &str, purpose: LinkPurpose) -> Result<(), SignInError> {
    let now = state.engine().now();
    let taken = waybill_store::sign_in::take_link(state.store(), secret_hash(token), purpose, now).await?;
    if taken { Ok(()) } else { Err(SignInError::Spent) }
}

/// Signs somebody in by a link for that. Where they have an authenticator, a code is still asked for.
///
/// # Errors
/// [`SignInError`].
pub async fn with_link(state: &WebState, token: &str, peer: Option<Peer>) -> Result<Come, SignInError> {
    let (purpose, account) = by_link(state, token, &[LinkPurpose::SignIn]).await?;
    take(state, token, purpose).await?;
    proceed(state, &account.user, SignInWay::Link, peer).await
}

/// Lets somebody in who has just chosen a password by a link; other links of theirs end, and so do sessions of before.
///
/// # Errors
/// [`SignInError`].
pub async fn after_link(
    state: &WebState,
    user_id: UserId,
    by: SignInWay,
    peer: Option<Peer>,
) -> Result<Come, SignInError> {
    waybill_store::sign_in::end_all(state.store(), user_id, state.engine().now()).await?;
    state.keyring().forget_user(user_id);
    let account = users::account(state.store(), AccountKey::Id(user_id)).await?;
    let user = account.map(|account| account.user).filter(|user| user.state == UserState::Active);
    proceed(state, &user.ok_or(SignInError::Spent)?, by, peer).await
}

/// Begins a session; returns its token.
///
/// # Errors
/// As the store says.
async fn begin(state: &WebState, user: &User, began: Began) -> Result<String, SignInError> {
    let (token, now) = (hex(&state.engine().token()), state.engine().now());
    let session = Session {
        token_hash: secret_hash(&token),
        id: state.engine().ids().nth(0),
        user_id: user.id,
        epoch: user.epoch,
        created_at: now,
        seen_at: now,
        expires_at: now.plus_seconds(state.options().session_max_s),
        began_by: began.by,
        with_code: began.with_code,
        address: began.address,
        ended_at: None,
    };
    waybill_store::sign_in::begin(state.store(), &session).await?;
    Ok(token)
}

/// Begins another session for somebody whose sessions were ended by what they did themselves, and ends the one they had.
///
/// # Errors
/// As the store says; `Spent` where the user is gone.
pub async fn begin_anew(state: &WebState, before: Option<SignedIn>, user_id: UserId) -> Result<String, SignInError> {
    // It goes on as what it was: nobody signed in a second time.
    let mut began = Began { by: SignInWay::Unknown, with_code: false, address: None };
    if let Some(before) = before {
        if let Some(found) = sign_in::session(state.store(), before.token_hash).await? {
            let Session { began_by, with_code, address, .. } = found.session;
            began = Began { by: began_by, with_code, address };
        }
        end(state, before).await?;
    }
    state.keyring().forget_user(user_id);
    let account = users::account(state.store(), AccountKey::Id(user_id)).await?;
    let user = account.map(|account| account.user).filter(|user| user.state == UserState::Active);
    begin(state, &user.ok_or(SignInError::Spent)?, began).await
}

/// Ends a session.
///
/// # Errors
/// As the store says.
pub async fn end(state: &WebState, session: SignedIn) -> Result<(), SignInError> {
    waybill_store::sign_in::end(state.store(), session.token_hash, state.engine().now()).await?;
    state.keyring().forget(session.token_hash);
    Ok(())
}

/// Hashes a new password.
///
/// # Errors
/// `Busy` where too many wait.
pub async fn hash(state: &WebState, password: &str) -> Result<PasswordHash, SignInError> {
    let mut salt = [0; 16];
    salt.copy_from_slice(&state.engine().token()[..16]);
    Ok(state.sign_in().hasher.hash(password.to_owned(), salt).await?)
}

/// Whether it is the password of somebody who is signed in. Guesses count like those of a stranger.
///
/// # Errors
/// [`SignInError`]; `Wrong` where it is not.
pub async fn confirm_password(
    state: &WebState,
    account: &Account,
    password: &str,
    peer: Option<Peer>,
) -> Result<(), SignInError> {
    let guesser = account.user.email_digest.map(Guesser::Account);
    guesser.into_iter().try_for_each(|guesser| turn(state, guesser))?;
    let right = state.sign_in().hasher.verify(password.to_owned(), account.user.password_hash.clone()).await?;
    if !right {
        return Err(failed(state, Some(account.user.id), WrongProof::Password, peer).await);
    }
    guesser.into_iter().for_each(|guesser| state.sign_in().throttle.succeeded(guesser));
    Ok(())
}

impl SignInError {
    /// As the API and pages without words of their own say it.
    pub fn problem(self) -> crate::problem::Problem {
        use crate::problem::{self, Problem};
        match self {
            Self::Wrong | Self::Spent => Problem::edge(problem::UNAUTHENTICATED, format!("{self}.")),
            Self::Wait { seconds } => Problem::edge(problem::RATE_LIMITED, format!("{self}.")).retry_after(seconds),
            Self::Busy => Problem::edge(problem::OVERLOADED, "Too many want to sign in at once.").retry_after(5),
            Self::Read(error) => error.into(),
        }
    }
}
