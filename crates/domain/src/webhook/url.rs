//! The address of an endpoint.

use std::fmt;

/// An `http` or `https` URL. Shown as its host alone where it is shown by accident: addresses often carry a token.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EndpointUrl(pub String);

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({})", self.host().unwrap_or_default())
    }
}

impl EndpointUrl {
    pub const LENGTH_MAX: usize = 2_000;

    /// Host, and port where it is named.
    fn authority(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("https://").or_else(|| self.0.strip_prefix("http://"))?;
        rest.split(['/', '?']).next().filter(|authority| !authority.is_empty())
    }

    /// The host, which is what events tell of the address.
    pub fn host(&self) -> Option<&str> {
        let authority = self.authority()?;
        let end = match authority.rfind(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        Some(&authority[..end]).filter(|host| !host.is_empty())
    }

    /// What is wrong with it, in words. Whether an address may be sent to is asked when it is: names change their addresses.
    pub fn problem(&self) -> Option<&'static str> {
        if self.0.len() > Self::LENGTH_MAX {
            return Some("must be at most 2,000 characters");
        }
        if !self.0.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some("must be ASCII without spaces; a host with other letters is written as xn--...");
        }
        if self.0.contains('#') {
            return Some("must have no fragment (#...)");
        }
        match self.authority() {
            Some(authority) if authority.contains(['@', '\\']) => Some("must have no user and password"),
            Some(_) if self.host().is_some() => None,
            Some(_) | None => Some("must begin with https:// (or http://, where that is allowed) and a host"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_pass() {
        let host = |text: &str| EndpointUrl(text.into()).host().map(str::to_owned);
        assert_eq!(host("https://shop.example:8443/hook?token=1").as_deref(), Some("shop.example"));
        assert_eq!(host("http://[::1]:80/").as_deref(), Some("[::1]"));
        for good in ["https://a.example", "http://127.0.0.1:9/x", "https://a.example?x=y@z", "https://a.example/@b"] {
            assert_eq!(EndpointUrl(good.into()).problem(), None, "{good}");
        }
        let long = format!("https://a.example/{}", "x".repeat(2_000));
        for bad in [
            "",
            "ftp://a.example",
            "https://",
            "https:///x",
            "https://:80",
            "https://u:p@a.example/",
            "https://a.example\\@b.example/",
            "https://a.example/#f",
            "https://bücher.example",
            "https://a b",
            "https://a\n",
            &long,
        ] {
            assert!(EndpointUrl(bad.into()).problem().is_some(), "{bad}");
        }
        let shown = format!("{:?}", EndpointUrl("https://a.example/secret-token".into()));
        assert_eq!(shown, "EndpointUrl(a.example)");
    }
}
