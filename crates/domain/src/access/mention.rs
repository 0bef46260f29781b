//! Colleagues whom a note names, so that they hear of it.

use super::{UserRefusal, UserState};
use crate::ids::UserId;
use crate::world::World;

/// Those whom a note names, each once and in the order of their ids; whoever is gone hears of nothing.
///
/// # Errors
/// `user.unknown` for the first who is no user.
pub fn named(world: &World, mentions: &[UserId]) -> Result<Vec<UserId>, UserRefusal> {
    let mut named = Vec::with_capacity(mentions.len());
    for user_id in mentions {
        let user = world.user(*user_id).ok_or(UserRefusal::Unknown { user_id: *user_id })?;
        if user.state != UserState::Archived {
            named.push(user.id);
        }
    }
    named.sort_unstable();
    named.dedup();
    Ok(named)
}
