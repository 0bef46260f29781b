//! What opens something, and is shown nowhere.

use super::OFF;
use super::value::{Given, Setting};

/// A secret, or none. Neither `Debug` nor [`Setting::show`] tells it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Option<String>);

impl Secret {
    pub const NONE: Self = Self(None);

    /// All of it, where there is one.
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Secret(..)" } else { "Secret(off)" })
    }
}

impl Setting for Secret {
    fn take(given: &Given) -> Result<Self, String> {
        String::take(given).map(|text| Self(Some(text).filter(|text| text != OFF)))
    }
    fn show(&self) -> String {
        if self.0.is_some() { "(not shown)" } else { OFF }.to_owned().show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::take(&Given::Text("zq-secret".to_owned())).unwrap();
        assert_eq!(secret.reveal(), Some("zq-secret"));
        assert_eq!((format!("{secret:?}"), secret.show()), ("Secret(..)".to_owned(), "\"(not shown)\"".to_owned()));
        assert_eq!(Secret::take(&Given::Text("off".to_owned())), Ok(Secret::NONE));
        assert_eq!(Secret::NONE.show(), "\"off\"");
    }
}
