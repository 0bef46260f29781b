//! The annotated example file, made from the settings themselves.

use super::{Known, Settings};
use std::fmt::Write;

/// The environment variable of a setting.
pub fn variable(known: &Known) -> String {
    let section = if known.section.is_empty() { String::new() } else { format!("{}_", known.section) };
    format!("WAYBILL_{section}{}", known.name).to_uppercase()
}

/// A settings file in which every setting has its default.
pub fn example() -> String {
    written(&Settings::default())
}

/// A settings file with these settings, without passwords.
pub(super) fn written(settings: &Settings) -> String {
    let mut text = String::from("# Settings of Waybill. Flags win over WAYBILL_* variables, those over this file.\n");
    let mut section = None;
    for known in settings.list() {
        if section != Some(known.section) {
            section = Some(known.section);
            let _ = write!(text, "\n# {}\n", known.about);
            if !known.section.is_empty() {
                let _ = writeln!(text, "[{}]", known.section);
            }
        }
        let _ = write!(text, "\n# {}\n# {}\n{} = {}\n", known.doc, variable(&known), known.name, known.value);
    }
    text
}
