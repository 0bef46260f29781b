//! What happens to users. Neither personal data nor anything by which somebody signs in is in the text of an event.

use super::Access;
use super::email::EmailDigest;
use super::identity::IdentityDigest;
use super::password::PasswordHash;
use super::totp::TotpSecret;
use crate::ids::{PartyId, UserId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `user.invited`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInvited {
    pub user: UserId,
    pub party: PartyId,
    #[serde(flatten)]
    pub access: Access,
    pub at: Timestamp,
    #[serde(skip)]
    pub email_digest: Option<EmailDigest>,
}

/// `user.joined`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserJoined {
    pub user: UserId,
    pub with_password: bool,
    pub at: Timestamp,
    #[serde(skip)]
    pub password_hash: Option<PasswordHash>,
}

/// `user.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserChanged {
    pub user: UserId,
    /// Where name or email changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    #[serde(flatten)]
    pub access: Access,
    #[serde(skip)]
    pub email_digest: Option<EmailDigest>,
}

/// `user.archived`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserArchived {
    pub user: UserId,
    pub at: Timestamp,
}

/// `user.password_set`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPasswordSet {
    pub user: UserId,
    pub at: Timestamp,
    #[serde(skip)]
    pub password_hash: Option<PasswordHash>,
}

/// `user.totp_enrolled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTotpEnrolled {
    pub user: UserId,
    pub at: Timestamp,
    #[serde(skip)]
    pub secret: Option<TotpSecret>,
}

/// `user.totp_confirmed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTotpConfirmed {
    pub user: UserId,
    pub at: Timestamp,
}

/// `user.totp_removed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTotpRemoved {
    pub user: UserId,
    pub at: Timestamp,
}

/// `user.identity_bound`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserIdentityBound {
    pub user: UserId,
    pub at: Timestamp,
    #[serde(skip)]
    pub identity_digest: Option<IdentityDigest>,
}

/// `user.identity_removed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserIdentityRemoved {
    pub user: UserId,
    pub at: Timestamp,
}

/// `user.sessions_ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSessionsEnded {
    pub user: UserId,
    pub at: Timestamp,
}

/// `user.link_offered`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserLinkOffered {
    pub user: UserId,
    pub at: Timestamp,
}
