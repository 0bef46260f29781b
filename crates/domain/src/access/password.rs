//! Passwords: which are good enough, and what is kept of one. The rules never see it hashed or hash it.

use super::events::UserPasswordSet;
use super::{UserRefusal, active, email};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::UserId;
use crate::refusal::Problem;
use crate::world::World;
use std::fmt;

/// What is kept of a password: a salted, slow hash as text (PHC format). Has no `Serialize`, so no event carries it, and shows
/// nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

impl PasswordHash {
    pub(super) fn problem(&self) -> Option<Problem> {
        let fits = (1..=500).contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_graphic());
        (!fits).then(|| Problem::new("password", "malformed", "its hash must be 1 to 500 ASCII characters"))
    }
}

/// Gives a user another password; every session ends. Asked for by themselves: the door has seen the old one, or a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPassword {
    pub user_id: UserId,
    pub password_hash: PasswordHash,
}

/// Characters of a password, at least and at most.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=200;

/// The most common ones of ten characters and more, in small letters, one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// What is wrong with a password for somebody with this email. Length is worth more than mixtures, so nothing else is asked for.
pub fn problem(password: &str, email: &str) -> Option<Problem> {
    if !LENGTH.contains(&password.chars().count()) {
        let message = format!("must be {} to {} characters", LENGTH.start(), LENGTH.end());
        return Some(Problem::new("password", "length", message));
    }
    let plain = password.trim().to_lowercase();
    let email = email::normalized(email);
    if plain == email || email.split('@').next() == Some(plain.as_str()) {
        return Some(Problem::new("password", "is_email", "must not be the email"));
    }
    let first = plain.chars().next();
    let one_letter = plain.chars().all(|letter| Some(letter) == first);
    if one_letter || COMMON.lines().any(|common| common == plain) {
        return Some(Problem::new(
            "password",
            "common",
            "is among the first that anybody would try; take a longer, odder one",
        ));
    }
    None
}

pub fn set_password(world: &World, command: &SetPassword, attempt: &Attempt) -> Outcome {
    let user = active(world, command.user_id)?;
    if let Some(problem) = command.password_hash.problem() {
        return Err(UserRefusal::Invalid { problems: vec![problem] }.into());
    }
    let password_hash = Some(command.password_hash.clone());
    Ok(vec![Event::UserPasswordSet(UserPasswordSet { user: user.id, at: attempt.now, password_hash })])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_common_and_telling_passwords_are_refused_and_sentences_are_not() {
        let code = |password: &str| problem(password, "Ada.Lovelace@example.com").map(|problem| problem.code);
        for (password, expected) in [
            ("123456789", "length"),
            ("ninechars", "length"),
            ("1234567890", "common"),
            ("Password123", "common"),
            ("QWERTYUIOP", "common"),
            ("aaaaaaaaaaaa", "common"),
            ("ada.lovelace@EXAMPLE.com", "is_email"),
            ("ada.lovelace", "is_email"),
        ] {
            assert_eq!(code(password).as_deref(), Some(expected), "{password}");
        }
        let (ten, most) = ("öäüöäüöäüß", "x-".repeat(100));
        for good in ["four brown mugs left", ten, &most] {
            assert_eq!(code(good), None, "{good}");
        }
        assert_eq!(code(&format!("{most}x")).as_deref(), Some("length"));
    }

    #[test]
    fn the_common_ones_are_written_as_they_are_compared() {
        for common in COMMON.lines() {
            assert!(LENGTH.contains(&common.len()) && common.to_lowercase() == common, "{common}");
        }
        assert!(COMMON.lines().count() > 50);
    }
}
