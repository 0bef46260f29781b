//! Where something is, with what opens it.

use super::value::{Given, Setting};

/// A URL that may hold a password or a token. Neither `Debug` nor [`Setting::show`] tells them.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The whole of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As operators see it: without user, password, token and parameters.
    pub fn shown(&self) -> String {
        // A path of a file, which may have any character.
        if self.0.starts_with("sqlite:") {
            return self.0.clone();
        }
        let (scheme, rest) = self
            .0
            .split_once("://")
            .map_or(("", self.0.as_str()), |(_, rest)| (&self.0[..self.0.len() - rest.len()], rest));
        let place = match rest.rsplit_once('@') {
            // Where the user ends cannot be told.
            Some((before, _)) if before.contains(['/', '?', '#']) => "",
            Some((_, place)) => place,
            None => rest,
        };
        format!("{scheme}{}", place.split(['?', '#']).next().unwrap_or_default())
    }
}

impl From<String> for Url {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.shown().fmt(f)
    }
}

impl Setting for Url {
    fn take(given: &Given) -> Result<Self, String> {
        String::take(given).map(Self)
    }
    fn show(&self) -> String {
        self.shown().show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands in a password, a token or a parameter: none of it is shown.
        #[test]
        fn any_secret_of_a_url_is_hidden(
            secret in prop_oneof!["\\PC{0,20}", "[a-z@:/?#%]{0,20}"],
            host in "[a-z.]{1,12}(:[0-9]{1,5})?",
            scheme in "(postgres|postgresql|nats|tls)://",
        ) {
            let secret = format!("{secret}SECRET{secret}");
            for url in [
                format!("{scheme}ada:{secret}@{host}/shop"),
                format!("{scheme}{secret}@{host}"),
                format!("{scheme}{host}/shop?password={secret}"),
                format!("{scheme}{host}#{secret}"),
            ] {
                let url = Url::from(url);
                prop_assert!(!format!("{url:?} {}", url.show()).contains("SECRET"), "{}", url.as_str());
            }
            let plain = Url::from(format!("{scheme}{host}/shop"));
            prop_assert_eq!(plain.shown(), plain.as_str());
        }
    }

    #[test]
    fn nothing_that_opens_a_place_is_shown() {
        for (url, shown) in [
            ("nats://ada:zq@host:4222", "nats://host:4222"),
            ("zq-token@host:4222", "host:4222"),
            ("ada:zq@host", "host"),
            ("host:4222", "host:4222"),
            ("off", "off"),
            ("postgres://ada:z?q@host/shop", "postgres://"),
            ("postgres://ada:z@q@host:5433,other/shop?x=zq#zq", "postgres://host:5433,other/shop"),
            ("postgres://host/shop?password=z@q", "postgres://"),
            ("nats://ada:z/q@host", "nats://"),
            ("sqlite:/home/a@b/shop?.db", "sqlite:/home/a@b/shop?.db"),
        ] {
            let url = Url::from(url.to_owned());
            assert_eq!(url.shown(), shown);
            assert_eq!((format!("{url:?}"), url.show()), (format!("{shown:?}"), format!("\"{shown}\"")));
        }
    }
}
