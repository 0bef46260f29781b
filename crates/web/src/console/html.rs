//! Pieces of pages that are HTML already.

use askama::filters::HtmlSafe;
use std::fmt;

/// Text that is HTML already; a template writes it as it is. Made only from our own words and from what was escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// `text` must be HTML: our own markup, with everything else in it escaped.
    pub fn of(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Any text, escaped.
    pub fn text(text: &str) -> Self {
        Self(crate::pages::escape(text))
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// An icon of the sprite, which supports a word beside it.
pub fn icon(name: &str, class: &str) -> Html {
    let sprite = super::assets::url("icons.svg");
    let class = if class.is_empty() { String::new() } else { format!(" {class}") };
    Html(format!("<svg class=\"i{class}\" aria-hidden=\"true\"><use href=\"{sprite}#i-{name}\"/></svg>"))
}

/// A status shape of the sprite.
pub fn shape(name: &str) -> Html {
    let sprite = super::assets::url("icons.svg");
    Html(format!("<svg class=\"g\" viewBox=\"0 0 14 14\" aria-hidden=\"true\"><use href=\"{sprite}#s-{name}\"/></svg>"))
}
