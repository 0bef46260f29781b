//! Identities: who a provider of single sign-on says somebody is. The rules never see a provider; the door has asked it.

use super::events::{UserIdentityBound, UserIdentityRemoved, UserJoined};
use super::{UserRefusal, UserState, known};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::world::World;
use std::fmt;

/// SHA-256 of a provider and of whom it names. Has no `Serialize`, so no event carries it: it tells an account elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityDigest(pub [u8; 32]);

impl fmt::Debug for IdentityDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityDigest(..)")
    }
}

impl IdentityDigest {
    /// Of the provider's name for itself and its name for the person (`iss` and `sub`), which it gives to nobody else.
    pub fn of(issuer: &str, subject: &str) -> Self {
        // The length says where one ends, so that no other pair reads the same.
        Self(crate::chain::digest(format!("{}:{issuer}{subject}", issuer.len()).as_bytes()))
    }
}

/// Binds a user to whom a provider says they are; who was invited joins by it. Asked for by themselves: the provider vouched
/// for the user's email. From then on the identity is what they are found by, so that somebody who is given their address
/// later is not taken for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindIdentity {
    pub user_id: UserId,
    pub identity: IdentityDigest,
}

/// Forgets who a provider says a user is: they changed accounts there, or the business changed providers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveIdentity {
    pub user_id: UserId,
}

pub fn bind(world: &World, command: &BindIdentity, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    if let Some(other) = world.user_by_identity(command.identity).filter(|other| other.id != user.id) {
        return Err(UserRefusal::IdentityTaken { user_id: other.id }.into());
    }
    match user.identity_digest {
        Some(bound) if bound == command.identity => return Ok(Vec::new()),
        Some(_) => return Err(UserRefusal::IdentityInUse { user_id: user.id }.into()),
        None => {}
    }
    let bound = UserIdentityBound { user: user.id, at: attempt.now, identity_digest: Some(command.identity) };
    let mut events = vec![Event::UserIdentityBound(bound)];
    if user.state == UserState::Invited {
        let joined = UserJoined { user: user.id, with_password: false, at: attempt.now, password_hash: None };
        events.insert(0, Event::UserJoined(joined));
    }
    Ok(events)
}

pub fn remove(world: &World, command: &RemoveIdentity, attempt: &Attempt) -> Outcome {
    let user = known(world, command.user_id)?;
    if user.identity_digest.is_none() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::UserIdentityRemoved(UserIdentityRemoved { user: user.id, at: attempt.now })])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pairs_of_provider_and_person_read_the_same() {
        let of = IdentityDigest::of;
        assert_eq!(of("https://id.example", "7"), of("https://id.example", "7"));
        assert_ne!(of("https://id.example", "7"), of("https://id.example/", "7"));
        assert_ne!(of("https://id.example", "/7"), of("https://id.example/", "7"));
        assert_ne!(of("https://id.example", "a"), of("https://id.example", "A"), "names there are not ours to fold");
    }
}
