//! One-time links: to join, to set another password, to sign in.

use crate::auth::secret_hash;
use waybill_domain::Code;
use waybill_domain::chain::hex;
use waybill_domain::ids::UserId;
use waybill_domain::time::Timestamp;
use waybill_store::tables::{LinkPurpose, SignInLink, SignInWay};
use waybill_store::{Store, StoreError};

/// How long a link works, in seconds.
pub const fn lasts_s(purpose: LinkPurpose) -> i64 {
    match purpose {
        LinkPurpose::Join => 7 * 86_400,
        LinkPurpose::Password => 86_400,
        LinkPurpose::SignIn => 3_600,
        LinkPurpose::SecondStep => 300,
    }
}

/// Makes a link for a user out of 32 random bytes; returns its secret, which is kept nowhere.
///
/// # Errors
/// As the store says.
pub async fn make(
    store: &dyn Store,
    random: [u8; 32],
    user_id: UserId,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<String, StoreError> {
    let token = hex(&random);
    keep(store, &token, user_id, purpose, now).await?;
    Ok(token)
}

/// Makes the token with which a second step is asked for. It says what the first step was, and is kept whole as its hash, so
/// that nobody can make it say another.
///
/// # Errors
/// As the store says.
pub async fn make_second_step(
    store: &dyn Store,
    random: [u8; 32],
    user_id: UserId,
    by: SignInWay,
    now: Timestamp,
) -> Result<String, StoreError> {
    let token = format!("{}-{}", hex(&random), by.code());
    keep(store, &token, user_id, LinkPurpose::SecondStep, now).await?;
    Ok(token)
}

/// What the first step was, as the token of the second says.
pub fn first_step(token: &str) -> SignInWay {
    token.split_once('-').and_then(|(_, code)| SignInWay::from_code(code)).unwrap_or(SignInWay::Unknown)
}

/// Makes a link work again that was used up for nothing.
///
/// # Errors
/// As the store says.
pub async fn put_back(
    store: &dyn Store,
    token: &str,
    user_id: UserId,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<(), StoreError> {
    keep(store, token, user_id, purpose, now).await
}

async fn keep(
    store: &dyn Store,
    token: &str,
    user_id: UserId,
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<(), StoreError> {
    let expires_at = now.plus_seconds(lasts_s(purpose));
    let link = SignInLink { token_hash: secret_hash(token), user_id, purpose, expires_at };
    waybill_store::sign_in::make_link(store, &link, now).await
}

/// Where a link leads, behind the server's own address.
pub fn path(purpose: LinkPurpose, token: &str) -> String {
    match purpose {
        LinkPurpose::Join | LinkPurpose::Password => format!("/join/{token}"),
        LinkPurpose::SignIn => format!("/sign-in/{token}"),
        LinkPurpose::SecondStep => "/login/totp".to_owned(),
    }
}
