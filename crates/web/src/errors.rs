//! The pages of the error codes, compiled in from `docs/errors`.

/// Code and text (Markdown) of every page, sorted by code.
pub const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

/// The page of a code.
pub fn page(code: &str) -> Option<&'static str> {
    let place = PAGES.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
    PAGES.get(place).map(|(_, text)| *text)
}
