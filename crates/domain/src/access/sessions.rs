//! What others do about a user's signing in: signing them out, and letting them in again.

use super::events::{UserLinkOffered, UserSessionsEnded};
use super::known;
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::world::World;

/// Ends every session of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSessions {
    pub user_id: UserId,
}

/// Lets a user in by a link that works once: to join, or to set another password. The door makes the link; who had it made is
/// told here, since whoever holds it can be that user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferLink {
    pub user_id: UserId,
}

pub fn end(world: &World, command: &EndSessions, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    Ok(vec![Event::UserSessionsEnded(UserSessionsEnded { user: user.id, at: attempt.now })])
}

pub fn offer_link(world: &World, command: &OfferLink, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    Ok(vec![Event::UserLinkOffered(UserLinkOffered { user: user.id, at: attempt.now })])
}
