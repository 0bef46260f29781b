//! How people sign in, kept by the web side beside the log: nothing here is worth telling of in an event.

use crate::record;
use waybill_domain::ids::*;
use waybill_domain::time::Timestamp;

waybill_domain::codes! {
    /// What a one-time link is for.
    pub enum LinkPurpose {
        /// Whoever was invited joins.
        Join = "join",
        /// Somebody who has joined sets another password.
        Password = "password",
        /// Somebody who has joined is signed in.
        SignIn = "sign_in",
        /// Somebody whose password was right still has to show a code.
        SecondStep = "second_step",
    }
}

waybill_domain::codes! {
    /// What somebody showed to be let in. A code of their authenticator may have been asked for beside it.
    pub enum SignInWay {
        Password = "password",
        /// A one-time link, also one by which they chose a password.
        Link = "link",
        SingleSignOn = "single_sign_on",
        /// Sessions from before this was kept.
        Unknown = "unknown",
    }
}

waybill_domain::codes! {
    /// What was wrong about a sign-in.
    pub enum WrongProof {
        Password = "password",
        /// A code of an authenticator, after a password or a link that was right.
        Code = "code",
        /// The provider of single sign-on vouched for somebody who is nobody here.
        Identity = "identity",
    }
}

crate::code_columns!(LinkPurpose, SignInWay, WrongProof);

/// Somebody who signed in. The token itself is never stored. What is over is kept for a while: who signed in, when, from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// How the session is named where it is shown.
    pub id: SessionId,
    pub user_id: UserId,
    /// The user's epoch when it began; void in any other.
    pub epoch: i64,
    pub created_at: Timestamp,
    /// When it was last used, less [`Session::SEEN_S`] at most.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    pub began_by: SignInWay,
    /// Whether a code was shown, too.
    pub with_code: bool,
    /// The network address it began from, as this server saw it: a proxy's, behind one.
    pub address: Option<String>,
    /// When it was ended by somebody; None where it runs, or ran out.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// How old the note of a session's last use may be, in seconds.
    pub const SEEN_S: i64 = 60;
    /// For how long whoever was let in is remembered without that note, in seconds.
    pub const REMEMBERED_S: i64 = 2;
}

record!(
    Session, "sessions", key: ["token_hash"], scattered_key: true,
    indexes: [
        { "sessions_user", ["user_id"], unique: false },
        { "sessions_expiry", ["expires_at"], unique: false },
        { "sessions_id", ["id"], unique: true }
    ],
    fixed: { token_hash, id, user_id, epoch, created_at, expires_at },
    // In the order in which the migrations added them; how a session began does not change either.
    fields: { seen_at, began_by, with_code, address, ended_at }
);

/// A link that works once. The token itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInLink {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    pub user_id: UserId,
    pub purpose: LinkPurpose,
    pub expires_at: Timestamp,
}

record!(
    SignInLink, "sign_in_links", key: ["token_hash"], scattered_key: true,
    indexes: [
        { "sign_in_links_user", ["user_id"], unique: false },
        { "sign_in_links_expiry", ["expires_at"], unique: false }
    ],
    fixed: { token_hash, user_id, purpose, expires_at }, fields: { }
);

/// The latest code of a user's authenticator that was taken: it, and those before, are taken no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotpUse {
    pub user_id: UserId,
    /// Number of the code: half minutes since 1970.
    pub step: i64,
}

record!(TotpUse, "totp_uses", key: ["user_id"], fixed: { user_id }, fields: { step });

/// Tries to sign in that failed: those of one hour for one user by one proof from one address are one row, however many they were.
/// Tries that came too early were not looked at and are not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedSignIns {
    /// When the hour began, of UTC.
    pub hour: Timestamp,
    /// Who was to be signed in; nil where no user has that email. The email itself is not kept: people type passwords there.
    pub user_id: UserId,
    pub wrong: WrongProof,
    /// The network address they came from, as this server saw it; empty where it is not known, and where the hour has
    /// [`FailedSignIns::ROWS_MAX`] rows.
    pub address: String,
    pub tries: i64,
    /// When the last of them was.
    pub last_at: Timestamp,
}

impl FailedSignIns {
    /// Addresses that are told apart in one hour, at most: whoever has many cannot fill the store.
    pub const ROWS_MAX: i64 = 1_000;
}

record!(
    FailedSignIns, "failed_sign_ins", key: ["hour", "user_id", "wrong", "address"],
    indexes: [{ "failed_sign_ins_user", ["user_id", "hour", "wrong", "address"], unique: false }],
    fixed: { hour, user_id, wrong, address }, fields: { tries, last_at }
);
