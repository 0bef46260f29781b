//! Authenticators: a second proof by codes that change with time (RFC 6238). The rules never compute a code.

use super::events::{UserTotpConfirmed, UserTotpEnrolled, UserTotpRemoved};
use super::{UserRefusal, active, known};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::refusal::Problem;
use crate::world::World;
use std::fmt;

/// What an authenticator shares with us, 20 to 64 bytes. Has no `Serialize`, so no event carries it, and shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret(pub Vec<u8>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// Prepares an authenticator. It is not asked for before it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollTotp {
    pub user_id: UserId,
    pub secret: TotpSecret,
}

/// The user's authenticator shows the right codes, as the door has seen; from now on one is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmTotp {
    pub user_id: UserId,
    /// The secret whose code was seen: another one may have been enrolled meanwhile.
    pub secret: TotpSecret,
}

/// Asks the user for no codes any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveTotp {
    pub user_id: UserId,
}

pub fn enroll(world: &World, command: &EnrollTotp, attempt: &Attempt) -> Outcome {
    let user = active(world, command.user_id)?;
    if !(20..=64).contains(&command.secret.0.len()) {
        let problems = vec![Problem::new("secret", "length", "must be 20 to 64 bytes")];
        return Err(UserRefusal::Invalid { problems }.into());
    }
    if user.totp_confirmed_at.is_some() {
        return Err(UserRefusal::TotpInUse { user_id: user.id }.into());
    }
    let secret = Some(command.secret.clone());
    Ok(vec![Event::UserTotpEnrolled(UserTotpEnrolled { user: user.id, at: attempt.now, secret })])
}

pub fn confirm(world: &World, command: &ConfirmTotp, attempt: &Attempt) -> Outcome {
    let user = active(world, command.user_id)?;
    if user.totp_secret.as_ref() != Some(&command.secret) {
        return Err(UserRefusal::TotpNotEnrolled { user_id: user.id }.into());
    }
    if user.totp_confirmed_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::UserTotpConfirmed(UserTotpConfirmed { user: user.id, at: attempt.now })])
}

pub fn remove(world: &World, command: &RemoveTotp, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    if user.totp_secret.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::UserTotpRemoved(UserTotpRemoved { user: user.id, at: attempt.now })])
}
