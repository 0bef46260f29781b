//! Asking a person to join, and their joining.

use super::email::{self, EmailDigest};
use super::events::{UserInvited, UserJoined};
use super::password::PasswordHash;
use super::{Access, UserRefusal, UserState, known};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::personal::{Party, PersonalParty};
use crate::refusal::Problem;
use crate::world::World;

/// Makes a user who can join by the link that the door hands out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteUser {
    /// Name and email, both given.
    pub party: PersonalParty,
    pub access: Access,
}

/// A person who was invited joins. Asked for by themselves: the door has seen their link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptInvitation {
    pub user_id: UserId,
    /// None for one who signs in by links alone.
    pub password_hash: Option<PasswordHash>,
}

/// What is wrong with a name and an email.
pub(super) fn party_problems(party: &Party) -> Vec<Problem> {
    let name = party.name.as_deref().unwrap_or_default();
    let mut problems = Vec::new();
    if name.trim().is_empty() || name.len() > 200 {
        problems.push(Problem::new("name", "length", "must be 1 to 200 bytes, not blank"));
    }
    problems.extend(email::problem(party.email.as_deref().unwrap_or_default()));
    problems
}

/// The digest of the party's email.
pub fn email_of(party: &PersonalParty) -> EmailDigest {
    EmailDigest::of(party.value.email.as_deref().unwrap_or_default())
}

pub fn invite(world: &World, command: &InviteUser, attempt: &Attempt) -> Outcome {
    let mut problems = party_problems(&command.party.value);
    problems.extend(command.access.problems());
    if !problems.is_empty() {
        return Err(UserRefusal::Invalid { problems }.into());
    }
    let digest = email_of(&command.party);
    if let Some(user) = world.user_by_email(digest) {
        return Err(UserRefusal::EmailTaken { user_id: user.id }.into());
    }
    Ok(vec![Event::UserInvited(UserInvited {
        user: attempt.ids.nth(0),
        party: command.party.id,
        access: command.access.clone(),
        at: attempt.now,
        email_digest: Some(digest),
    })])
}

pub fn accept(world: &World, command: &AcceptInvitation, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    if user.state != UserState::Invited {
        return Err(UserRefusal::NotInvited { user_id: user.id, state: user.state }.into());
    }
    let problems: Vec<Problem> = command.password_hash.iter().filter_map(PasswordHash::problem).collect();
    if !problems.is_empty() {
        return Err(UserRefusal::Invalid { problems }.into());
    }
    let password_hash = command.password_hash.clone();
    let with_password = password_hash.is_some();
    Ok(vec![Event::UserJoined(UserJoined { user: user.id, with_password, at: attempt.now, password_hash })])
}
