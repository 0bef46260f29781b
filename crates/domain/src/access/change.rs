//! Changing what is said about a user, and what they may do.

use super::events::UserChanged;
use super::invite::{email_of, party_problems};
use super::role::Role;
use super::{Access, User, UserRefusal, UserState, known};
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::personal::PersonalParty;
use crate::world::World;

/// Replaces what a user may do, and name and email where they are given. Sessions end where the access changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeUser {
    pub user_id: UserId,
    /// Name and email, both; None where they stay.
    pub party: Option<PersonalParty>,
    pub access: Access,
}

/// Somebody has to be left who can do everything. All owners are loaded.
pub(super) fn leaves_an_owner(world: &World, user: &User) -> Result<(), UserRefusal> {
    let owns = |one: &User| one.role == Role::Owner && one.state == UserState::Active;
    if owns(user) && !world.users().any(|other| other.id != user.id && owns(other)) {
        return Err(UserRefusal::LastOwner { user_id: user.id });
    }
    Ok(())
}

pub fn change(world: &World, command: &ChangeUser) -> Outcome {
    let user = known(world, command.user_id)?;
    let mut problems = command.party.as_ref().map(|party| party_problems(&party.value)).unwrap_or_default();
    problems.extend(command.access.problems());
    if !problems.is_empty() {
        return Err(UserRefusal::Invalid { problems }.into());
    }
    let email_digest = command.party.as_ref().map(email_of);
    let taken = email_digest.and_then(|digest| world.user_by_email(digest)).filter(|other| other.id != user.id);
    if let Some(other) = taken {
        return Err(UserRefusal::EmailTaken { user_id: other.id }.into());
    }
    if command.access.role != Role::Owner {
        leaves_an_owner(world, user)?;
    }
    if command.party.is_none() && command.access == user.access() {
        return Ok(Vec::new());
    }
    let party = command.party.as_ref().map(|party| party.id);
    Ok(vec![Event::UserChanged(UserChanged { user: user.id, party, access: command.access.clone(), email_digest })])
}
