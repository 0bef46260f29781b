//! Ending a user.

use super::change::leaves_an_owner;
use super::events::UserArchived;
use super::known;
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::world::World;

/// Ends a user for good: they cannot sign in, their sessions end, and another user may have their email.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveUser {
    pub user_id: UserId,
}

pub fn archive(world: &World, command: &ArchiveUser, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    leaves_an_owner(world, user)?;
    Ok(vec![Event::UserArchived(UserArchived { user: user.id, at: attempt.now })])
}
