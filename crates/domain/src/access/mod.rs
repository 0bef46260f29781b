//! People who work with Waybill: who they are, what they may do, and how they prove to be themselves.
//!
//! A user is a record of its own. Name and email are personal data and lie in the party; the record keeps a digest of the
//! email, by which a person is found who signs in. Sessions and one-time links are no business of the rules: the web side
//! keeps them beside.

pub mod archive;
pub mod change;
pub mod email;
pub mod events;
pub mod identity;
pub mod invite;
pub mod mention;
pub mod password;
pub mod role;
pub mod sessions;
pub mod totp;

use crate::actor::Scope;
use crate::chain::Chain;
use crate::ids::{ChannelId, LocationId, PartyId, UserId};
use crate::refusal::Problem;
use crate::time::Timestamp;
use crate::world::World;
use email::EmailDigest;
use events::{UserChanged, UserInvited};
use identity::IdentityDigest;
use password::PasswordHash;
use role::Role;
use serde::{Deserialize, Serialize};
use totp::TotpSecret;

refusals! {
    /// Why something about a user was not carried out.
    pub enum UserRefusal in "user" {
        Invalid { problems: Vec<Problem> } => "invalid", Never, "The request has problems.", "Correct every problem listed and send it again.";
        Unknown { user_id: UserId } => "unknown", Never, "There is no user {user_id}.", "List the users and use one of them.";
        StaleVersion { user_id: UserId, expected: i64, found: i64 } => "stale_version", AfterChange, "User {user_id} is at version {found}, not {expected}.", "Read the user again and decide on what is there now.";
        EmailTaken { user_id: UserId } => "email_taken", AfterChange, "User {user_id} has this email.", "Use another address, or change or archive that user.";
        LastOwner { user_id: UserId } => "last_owner", AfterChange, "User {user_id} is the last active owner.", "Make somebody else an owner first.";
        NotInvited { user_id: UserId, state: UserState } => "not_invited", Never, "User {user_id} is {state}, not invited.", "Sign in, or ask an owner for a link to set a new password.";
        NotActive { user_id: UserId, state: UserState } => "not_active", AfterChange, "User {user_id} is {state}, not active.", "Accept the invitation first.";
        TotpInUse { user_id: UserId } => "totp_in_use", AfterChange, "User {user_id} has an authenticator already.", "Remove the one there is first.";
        IdentityTaken { user_id: UserId } => "identity_taken", AfterChange, "User {user_id} signs in as this person of the provider.", "Sign in as that user, or remove their identity first.";
        IdentityInUse { user_id: UserId } => "identity_in_use", AfterChange, "User {user_id} is bound to another person of the provider.", "Remove the identity that is bound first.";
        TotpNotEnrolled { user_id: UserId } => "totp_not_enrolled", AfterChange, "User {user_id} has no such authenticator to confirm.", "Begin again: enroll an authenticator and confirm it with a code.";
    }
}

codes! {
    /// Whether a user can sign in.
    pub enum UserState {
        /// Asked to join, and has not yet.
        Invited = "invited",
        Active = "active",
        /// Gone for good; the history stays, the email is free again.
        Archived = "archived",
    }
}

/// What a user may do, and of what they see anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub role: Role,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
}

impl Access {
    /// Everything a role may, everywhere.
    pub const fn everywhere(role: Role) -> Self {
        Self { role, channels: Scope::ALL, locations: Scope::ALL }
    }

    fn problems(&self) -> Vec<Problem> {
        let scoped = [("channels", self.channels.only().is_some()), ("locations", self.locations.only().is_some())];
        let owner = self.role == Role::Owner;
        let wrong = scoped.into_iter().filter(|(_, scoped)| owner && *scoped);
        wrong.map(|(path, _)| Problem::new(path, "owner_scoped", "an owner has all of them")).collect()
    }
}

/// A person who works with Waybill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub invited_at: Timestamp,
    /// Name and email.
    pub party_id: PartyId,
    /// In no event. None once archived.
    pub email_digest: Option<EmailDigest>,
    pub role: Role,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
    pub state: UserState,
    pub joined_at: Option<Timestamp>,
    /// In no event. None where the user has none: invited, archived, or signs in by links alone.
    pub password_hash: Option<PasswordHash>,
    pub password_set_at: Option<Timestamp>,
    /// In no event. None where no authenticator is enrolled.
    pub totp_secret: Option<TotpSecret>,
    /// None while the enrolled authenticator was not confirmed, and so is not asked for.
    pub totp_confirmed_at: Option<Timestamp>,
    /// In no event. None for one who never signed in through a provider.
    pub identity_digest: Option<IdentityDigest>,
    pub identity_bound_at: Option<Timestamp>,
    /// Rises with everything that changes what the user may do or how they sign in. A session of an earlier epoch is void.
    pub epoch: i64,
    pub chain: Chain,
}

impl User {
    pub(crate) fn from_invited(event: &UserInvited) -> Self {
        let Access { role, channels, locations } = event.access.clone();
        Self {
            id: event.user,
            invited_at: event.at,
            party_id: event.party,
            email_digest: event.email_digest,
            role,
            channels,
            locations,
            state: UserState::Invited,
            joined_at: None,
            password_hash: None,
            password_set_at: None,
            totp_secret: None,
            totp_confirmed_at: None,
            identity_digest: None,
            identity_bound_at: None,
            epoch: 1,
            chain: Chain::default(),
        }
    }

    pub fn access(&self) -> Access {
        Access { role: self.role, channels: self.channels.clone(), locations: self.locations.clone() }
    }

    pub(crate) fn apply_changed(&mut self, event: &UserChanged) {
        if self.access() != event.access {
            self.epoch += 1;
        }
        let Access { role, channels, locations } = event.access.clone();
        (self.role, self.channels, self.locations) = (role, channels, locations);
        if let Some(party) = event.party {
            self.party_id = party;
            self.email_digest = event.email_digest;
        }
    }

    pub(crate) fn apply_password(&mut self, hash: Option<&PasswordHash>, at: Timestamp) {
        self.password_hash = hash.cloned();
        self.password_set_at = Some(at);
        self.epoch += 1;
    }

    pub(crate) fn apply_totp(&mut self, secret: Option<TotpSecret>) {
        let counted = self.totp_confirmed_at.is_some();
        (self.totp_secret, self.totp_confirmed_at) = (secret, None);
        if counted {
            self.epoch += 1;
        }
    }

    pub(crate) fn apply_totp_confirmed(&mut self, at: Timestamp) {
        self.totp_confirmed_at = Some(at);
        self.epoch += 1;
    }

    pub(crate) fn apply_identity(&mut self, digest: Option<IdentityDigest>, bound_at: Option<Timestamp>) {
        (self.identity_digest, self.identity_bound_at) = (digest, bound_at);
        self.epoch += 1;
    }

    pub(crate) fn apply_archived(&mut self) {
        self.state = UserState::Archived;
        (self.email_digest, self.password_hash) = (None, None);
        (self.totp_secret, self.totp_confirmed_at) = (None, None);
        (self.identity_digest, self.identity_bound_at) = (None, None);
        self.epoch += 1;
    }
}

/// The user, unless they are gone.
fn known(world: &World, user_id: UserId) -> Result<&User, UserRefusal> {
    world.user(user_id).filter(|user| user.state != UserState::Archived).ok_or(UserRefusal::Unknown { user_id })
}

/// The user, who has joined and is not gone.
fn active(world: &World, user_id: UserId) -> Result<&User, UserRefusal> {
    let user = known(world, user_id)?;
    match user.state {
        UserState::Active => Ok(user),
        state @ (UserState::Invited | UserState::Archived) => Err(UserRefusal::NotActive { user_id, state }),
    }
}
