//! Emails as people are found by them.

use crate::refusal::Problem;
use std::fmt;

/// SHA-256 of a normalized email. Has no `Serialize`, so no event carries it: whoever guesses an address could compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailDigest(pub [u8; 32]);

impl fmt::Debug for EmailDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailDigest(..)")
    }
}

/// The longest address that mail knows, in bytes.
const LENGTH_MAX: usize = 254;

/// Without spaces around it and in small letters: nobody has two accounts that differ in that alone.
pub fn normalized(email: &str) -> String {
    email.trim().to_lowercase()
}

impl EmailDigest {
    pub fn of(email: &str) -> Self {
        Self(crate::chain::digest(normalized(email).as_bytes()))
    }
}

/// What is wrong with an address. Whether mail arrives there only mail can tell.
pub(super) fn problem(email: &str) -> Option<Problem> {
    let email = email.trim();
    let plausible = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    let clean = !email.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    let fits = plausible && clean && email.len() <= LENGTH_MAX;
    (!fits).then(|| Problem::new("email", "malformed", "must look like name@example.com, at most 254 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_refused_or_looks_like_an_address(
            text in prop_oneof![any::<String>(), "[a-zé.@ ]{0,12}@[a-zé.@\\n]{0,12}"], name in "[a-z0-9.+]{1,60}", host in "[a-z0-9]{1,90}",
        ) {
            if problem(&text).is_none() {
                prop_assert!(text.trim().matches('@').count() == 1 && text.trim().len() <= 254);
                prop_assert_eq!(EmailDigest::of(&text), EmailDigest::of(&normalized(&text)));
            }
            prop_assert_eq!(problem(&format!(" {name}@{host} ")), None);
        }
    }

    #[test]
    fn addresses_that_differ_in_case_and_spaces_are_one() {
        assert_eq!(EmailDigest::of(" Ada@Example.COM "), EmailDigest::of("ada@example.com"));
        assert_ne!(EmailDigest::of("ada@example.com"), EmailDigest::of("ada@example.org"));
        for good in ["a@b", " ada.l+x@mail.example.com ", "ü@bücher.example"] {
            assert_eq!(problem(good), None, "{good}");
        }
        for bad in
            ["", "ada", "@b", "a@", "a@b@c", "a b@c", "a@b.", "a@.b", "a@b\nc", &format!("{}@b", "a".repeat(253))]
        {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
