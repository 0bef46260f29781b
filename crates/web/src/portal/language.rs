//! The languages of the customer's page, from the message files beside this one.

use crate::console::look;
use axum::http::{HeaderMap, header};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::time::Date;

const FILES: &[(&str, &str)] = &[("en", include_str!("messages/en.ftl")), ("de", include_str!("messages/de.ftl"))];

/// One language with its messages.
pub struct Language {
    /// As in `lang`.
    pub code: &'static str,
    bundle: FluentBundle<FluentResource>,
}

static LANGUAGES: LazyLock<Vec<Language>> =
    LazyLock::new(|| FILES.iter().map(|(code, text)| Language::new(code, text)).collect());

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Language({})", self.code)
    }
}

impl Language {
    fn new(code: &'static str, text: &'static str) -> Self {
        let id: LanguageIdentifier = code.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // Marks around what is put in are for mixed directions, which these two languages do not have.
        bundle.set_use_isolating(false);
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(?errors, code, "a message file has faults");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(?errors, code, "a message file repeats messages");
        }
        Self { code, bundle }
    }

    /// The language of that code; None for one there are no messages in.
    pub fn named(code: &str) -> Option<&'static Self> {
        LANGUAGES.iter().find(|language| language.code == code)
    }

    pub fn all() -> &'static [Self] {
        &LANGUAGES
    }

    /// The first language that the browser asks for and that there is, else English.
    pub fn of_browser(headers: &HeaderMap) -> &'static Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let codes = wanted.split(',').filter_map(|part| part.split([';', '-']).next());
        let found = codes.filter_map(|code| Self::named(&code.trim().to_ascii_lowercase())).next();
        found.unwrap_or(&LANGUAGES[0])
    }

    pub fn say(&self, id: &str) -> String {
        self.say_with(id, &[])
    }

    /// A message with its values; its name where there is none, which a test forbids.
    pub fn say_with(&self, id: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return id.to_owned();
        };
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    }

    /// An amount as the language writes it: `€1,077.52`, `1.077,52 €`.
    pub fn money(&self, amount: Minor, currency: Currency) -> String {
        let english = look::money(amount, currency);
        if self.code != "de" {
            return english;
        }
        let digits = english.chars().filter(|letter| letter.is_ascii_digit() || "−,.".contains(*letter));
        let digits: String = digits
            .map(|one| {
                if one == ',' {
                    '.'
                } else if one == '.' {
                    ','
                } else {
                    one
                }
            })
            .collect();
        let sign = match currency.as_str() {
            "EUR" => "€",
            "USD" => "$",
            "GBP" => "£",
            code => code,
        };
        // The space does not break, so that no sign stands alone on a line.
        format!("{digits}\u{a0}{sign}")
    }

    /// A day as it is said.
    pub fn day(&self, day: Date, today: Date) -> String {
        let id = if day.year() == today.year() { "day" } else { "day-long" };
        // The year is text: as a number it would be grouped.
        let values = [
            ("month", FluentValue::from(i64::from(day.month()))),
            ("day", FluentValue::from(i64::from(day.day()))),
            ("year", FluentValue::from(day.year().to_string())),
        ];
        self.say_with(id, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// Of languages that there are none of, one that there is, and whatever follows, that one is spoken.
        #[test]
        fn any_wish_is_answered_in_a_language_that_there_is(
            odd in prop::collection::vec(any::<u8>(), 0..60), others in prop::collection::vec("(fr|es-[A-Z]{2}|x|\\*)(; ?q=[0-9.]{0,5})?", 0..4),
            found in prop::sample::select(vec!["de", "en", "DE-at", "En-GB"]), rest in "[ -~]{0,20}",
        ) {
            let of = |value: &[u8]| {
                let value = axum::http::HeaderValue::from_bytes(value).ok();
                Language::of_browser(&value.into_iter().map(|value| (header::ACCEPT_LANGUAGE, value)).collect()).code
            };
            prop_assert!(["en", "de"].contains(&of(&odd)));
            let wish = [others, vec![found.to_owned(), rest]].concat().join(", ");
            prop_assert!(found.to_lowercase().starts_with(of(wish.as_bytes())), "{wish}");
        }
    }

    /// The names of a file's messages, read without the crate that the pages use.
    fn names(text: &str) -> BTreeSet<&str> {
        let starts = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
        text.lines().filter(starts).filter_map(|line| Some(line.split_once(" =")?.0)).collect()
    }

    #[test]
    fn every_language_says_everything() {
        let english = names(FILES[0].1);
        assert!(english.len() > 60);
        for (code, text) in FILES {
            assert_eq!(names(text), english, "{code}");
            let language = Language::named(code).unwrap();
            for name in &english {
                assert!(language.bundle.get_message(name).is_some(), "{code}: {name}");
            }
        }
    }

    #[test]
    fn days_and_counts_are_said_as_the_language_does() {
        let day = jiff::civil::date(2026, 11, 23);
        let [english, german] = ["en", "de"].map(|code| Language::named(code).unwrap());
        assert_eq!(english.day(day, jiff::civil::date(2026, 1, 1)), "November 23");
        assert_eq!(german.day(day, jiff::civil::date(2027, 1, 1)), "23. November 2026");
        let count = |n: i64| english.say_with("cost-items", &[("units", n.into())]);
        assert_eq!((count(1).as_str(), count(3).as_str()), ("1 item", "3 items"));
    }

    #[test]
    fn amounts_are_written_as_the_language_does() {
        let [english, german] = ["en", "de"].map(|code| Language::named(code).unwrap());
        for (minor, code, here, there) in [
            (7_752, "EUR", "€77.52", "77,52\u{a0}€"),
            (-123_456, "USD", "−$1,234.56", "−1.234,56\u{a0}$"),
            (1_234, "JPY", "1,234 JPY", "1.234\u{a0}JPY"),
        ] {
            let currency = code.parse().unwrap();
            assert_eq!(english.money(Minor(minor), currency), here);
            assert_eq!(german.money(Minor(minor), currency), there);
        }
        let all = |language: &Language, n: i64| {
            language.say_with("cancel-effect-paid", &[("units", n.into()), ("amount", "€5.00".into())])
        };
        assert_eq!(all(english, 1), "The item is cancelled. €5.00 is given back.");
        assert_eq!(all(german, 2), "Alle 2 Artikel werden storniert. €5.00 werden erstattet.");
    }

    #[test]
    fn the_browser_chooses() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
            Language::of_browser(&headers).code
        };
        assert_eq!(of("de-AT,de;q=0.9,en;q=0.8"), "de");
        assert_eq!(of("fr, en;q=0.5"), "en");
        assert_eq!(of("*"), "en");
    }
}
