//! Where somebody goes on once they are signed in: to a page, or with a form that they had sent and that is kept.

/// What comes before the names of a kept form's fields.
const KEPT: &str = "kept.";
/// Fields that are never kept.
const SECRET: &[&str] = &["password", "again", "code", "present"];

/// Where to go on. Carried through the pages of the gate in hidden fields, and given back by a press of a button: nothing is
/// done by signing in alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Onward {
    /// A path of ours.
    pub next: Option<String>,
    /// Where the kept form was sent.
    pub action: Option<String>,
    pub kept: Vec<(String, String)>,
}

/// A path on this server, and nothing that a browser takes for another one.
pub fn own_path(path: &str) -> Option<&str> {
    let plain = path.len() <= 2_000 && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (plain && path.starts_with('/') && !path.starts_with("//")).then_some(path)
}

impl Onward {
    pub fn to(path: Option<&str>) -> Self {
        Self { next: path.and_then(own_path).map(str::to_owned), ..Self::default() }
    }

    /// With a form that somebody sent without being signed in any more.
    pub fn with_form(path: &str, fields: Vec<(String, String)>) -> Self {
        let kept = fields.into_iter().filter(|(name, _)| !SECRET.contains(&name.as_str())).collect();
        Self { next: None, action: own_path(path).map(str::to_owned), kept }
    }

    /// Read from a form of the gate.
    pub fn of(fields: &[(String, String)]) -> Self {
        let one = |wanted: &str| {
            let found = fields.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| own_path(value));
            found.map(str::to_owned)
        };
        let kept = fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(KEPT)?.to_owned(), value.clone())));
        Self { next: one("next"), action: one("action"), kept: kept.collect() }
    }

    /// The way to the provider and, from there, to the page. A form that is kept stays in this window.
    pub fn by_provider(&self) -> String {
        let next = self.next.as_deref().map(crate::console::percent);
        next.map_or_else(|| "/login/oidc".to_owned(), |next| format!("/login/oidc?next={next}"))
    }

    /// The hidden fields that carry it.
    pub fn fields(&self) -> Vec<(String, &str)> {
        let next = self.next.iter().map(|next| ("next".to_owned(), next.as_str()));
        let action = self.action.iter().map(|action| ("action".to_owned(), action.as_str()));
        let kept = self.kept.iter().map(|(name, value)| (format!("{KEPT}{name}"), value.as_str()));
        next.chain(action).chain(kept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_pages_of_this_server_alone() {
        for own in ["/", "/orders?held=true&x=%2F", "/a//b"] {
            assert_eq!(own_path(own), Some(own));
        }
        let long = format!("/{}", "x".repeat(2_000));
        for foreign in ["", "orders", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/ä", &long]
        {
            assert_eq!(own_path(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_kept_form_comes_back_without_its_secrets() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let sent = vec![field("reason", "a & b"), field("password", "x"), field("reason", "c"), field("next", "/y")];
        let onward = Onward::with_form("/orders/1/cancel", sent);
        let carried: Vec<_> = onward.fields().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        assert_eq!(Onward::of(&carried), onward);
        assert_eq!(onward.kept, [field("reason", "a & b"), field("reason", "c"), field("next", "/y")]);
        assert_eq!((onward.action.as_deref(), onward.next), (Some("/orders/1/cancel"), None));
    }
}
