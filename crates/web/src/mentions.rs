//! Colleagues whom a note names: `@Mei Tran`, or `@mei` where nobody else is called so.

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use std::ops::Range;
use waybill_domain::actor::Principal;
use waybill_domain::ids::UserId;
use waybill_store::read::users;

/// Whom a text names, and what it says of nobody.
#[derive(Debug, Default)]
pub struct Named {
    /// Each once.
    pub ids: Vec<UserId>,
    /// Those of them who are told: a writer knows the note.
    told: Vec<String>,
    /// Each word behind an @ that names nobody, or more than one colleague.
    unclear: Vec<(String, Vec<String>)>,
}

impl Named {
    /// Who was told, after what is said anyway; nothing of a text that names nobody.
    pub fn said(&self, done: &str) -> String {
        let told = (!self.told.is_empty()).then(|| format!("{} told", and(&self.told, " and ")));
        let missed = self.unclear.iter().map(|(word, all)| match all.as_slice() {
            [] => format!("nobody is called {word}, so nobody was told by @{word}"),
            all => format!("@{word} may be {}, so nobody was told by it", and(all, " or ")),
        });
        let parts: Vec<String> = std::iter::once(done.to_owned()).chain(told).chain(missed).collect();
        parts.join("; ")
    }
}

/// `Ada, Bea and Cy`.
fn and(names: &[String], last: &str) -> String {
    match names {
        [before @ .., one] if !before.is_empty() => format!("{}{last}{one}", before.join(", ")),
        names => names.concat(),
    }
}

/// Everybody whom a text names.
///
/// # Errors
/// Where the store does not answer.
pub async fn named_in(state: &WebState, caller: &Caller, text: &str) -> Result<Named, Problem> {
    if !text.contains('@') {
        return Ok(Named::default());
    }
    let colleagues = users::colleagues(state.store(), &caller.viewer()).await?;
    let names: Vec<&str> = colleagues.iter().map(|(_, name)| name.as_str()).collect();
    let mut who: Vec<usize> = found(text, &names).into_iter().flat_map(|(_, who)| who).collect();
    who.sort_unstable_by_key(|who| colleagues[*who].0);
    who.dedup();
    let others = who.iter().filter(|who| caller.actor.principal != Principal::User(colleagues[**who].0));
    Ok(Named {
        told: others.map(|who| names[*who].to_owned()).collect(),
        ids: who.into_iter().map(|who| colleagues[who].0).collect(),
        unclear: unclear(text, &names),
    })
}

/// The words behind an @ that name nobody, each once, with the names that begin so.
fn unclear(text: &str, names: &[&str]) -> Vec<(String, Vec<String>)> {
    let meant = found(text, names);
    let mut unclear: Vec<(String, Vec<String>)> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let word: String = text[at + 1..].chars().take_while(|letter| is_of_name(*letter)).collect();
        let is_meant = meant.iter().any(|(range, _)| range.contains(&at));
        if word.is_empty() || is_meant || is_within(text, at) || unclear.iter().any(|(one, _)| *one == word) {
            continue;
        }
        let begins = names.iter().filter(|name| {
            name.split_whitespace().next().is_some_and(|first| begins_with(&word, first) == Some(word.len()))
        });
        let all = begins.map(|name| (*name).to_owned()).collect();
        unclear.push((word, all));
    }
    unclear
}

/// The middle of an email address is nobody's name.
fn is_within(text: &str, at: usize) -> bool {
    text[..at].chars().next_back().is_some_and(is_of_name)
}

/// Where a text names somebody of `names`, with the places of those it means: two where two have the same name.
pub fn found(text: &str, names: &[&str]) -> Vec<(Range<usize>, Vec<usize>)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('@').map(|at| from + at) {
        from = at + 1;
        if is_within(text, at) {
            continue;
        }
        let after = &text[from..];
        let whole = longest(after, names.iter().copied());
        let first = || names.iter().map(|name| name.split_whitespace().next().unwrap_or_default());
        let (length, who) = match whole {
            Some(found) => found,
            None => match longest(after, first()) {
                Some((length, who)) if who.len() == 1 => (length, who),
                _ => continue,
            },
        };
        found.push((at..from + length, who));
        from += length;
    }
    found
}

/// The longest of the names that a text begins with, and everybody who is called so.
fn longest<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<(usize, Vec<usize>)> {
    let mut best: Option<(usize, Vec<usize>)> = None;
    for (who, name) in names.enumerate() {
        let Some(length) = begins_with(text, name) else { continue };
        match &mut best {
            Some((most, all)) if *most == length => all.push(who),
            Some((most, _)) if *most > length => {}
            _ => best = Some((length, vec![who])),
        }
    }
    best
}

/// How many bytes of a text are this name, in whatever case; None where it is another word or goes on.
fn begins_with(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.char_indices();
    for letter in name.chars() {
        let (_, found) = rest.next()?;
        if !found.to_lowercase().eq(letter.to_lowercase()) {
            return None;
        }
    }
    let length = rest.offset();
    (!name.is_empty() && !text[length..].chars().next().is_some_and(is_of_name)).then_some(length)
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[A-Za-zÀ-ž]{1,8}( [A-Za-zÀ-žİß]{1,8})?", any::<String>()]
    }

    proptest! {
        /// Places are whole characters, one behind the other, each of somebody there is.
        #[test]
        fn any_text_names_people_that_there_are(
            text in prop_oneof![any::<String>(), "[@MeiTrn Üİß,._]{0,40}"], names in prop::collection::vec(name(), 0..5),
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).chain(NAMES).collect();
            let mut end = 0;
            for (place, who) in found(&text, &names) {
                prop_assert!(end <= place.start && text.get(place.clone()).is_some_and(|said| said.starts_with('@')));
                prop_assert!(!who.is_empty() && who.iter().all(|who| *who < names.len()));
                end = place.end;
            }
        }

        /// Whoever is named by their whole name is found, in whatever case.
        #[test]
        fn any_name_is_found_where_it_is_said(
            names in prop::collection::vec("[A-Za-z]{1,8} [A-Za-z]{1,8}", 1..6), before in "[a-z,.]{0,9}[ ,.(]", after in "[ ,.):!].{0,9}",
        ) {
            let all: Vec<&str> = names.iter().map(String::as_str).collect();
            for (n, name) in all.iter().enumerate() {
                for said in [(*name).to_owned(), name.to_uppercase()] {
                    let found = found(&format!("{before}@{said}{after}"), &all);
                    let (place, who) = &found[0];
                    prop_assert_eq!(place.clone(), before.len()..before.len() + 1 + said.len());
                    prop_assert!(who.contains(&n));
                }
            }
        }
    }

    const NAMES: [&str; 5] = ["Mei Tran", "Mei", "Ünal Öz", "Ada Byron", "Ada Lovelace"];

    fn said(text: &str) -> Vec<(&str, Vec<usize>)> {
        found(text, &NAMES).into_iter().map(|(range, who)| (&text[range], who)).collect()
    }

    #[test]
    fn the_longest_name_is_meant() {
        assert_eq!(said("@mei tran, call"), [("@mei tran", vec![0])]);
        assert_eq!(said("@mei tranquil"), [("@mei", vec![1])]);
        assert_eq!(said("ask @ünal: or @ADA LOVELACE."), [("@ünal", vec![2]), ("@ADA LOVELACE", vec![4])]);
    }

    #[test]
    fn an_address_a_stranger_and_a_name_of_two_are_nobody() {
        assert_eq!(said("mei@mei.example, @nobody, @ada and @ mei, @"), []);
        assert_eq!(said("@Ada Byr\u{0}n @meier"), []);
    }

    #[test]
    fn what_names_nobody_or_more_than_one_is_said() {
        let told = |text: &str| {
            let named = Named { told: vec!["Mei".to_owned()], unclear: unclear(text, &NAMES), ..Named::default() };
            named.said("Noted")
        };
        assert_eq!(told("@mei, mei@mei.example, @ and @"), "Noted; Mei told");
        assert_eq!(
            told("@wanda@example.org or @wanda"),
            "Noted; Mei told; nobody is called wanda, so nobody was told by @wanda"
        );
        assert_eq!(
            told("@ada is back"),
            "Noted; Mei told; @ada may be Ada Byron or Ada Lovelace, so nobody was told by it"
        );
        assert_eq!(Named::default().said("Noted"), "Noted");
    }

    #[test]
    fn both_are_meant_who_are_called_the_same() {
        assert_eq!(found("@Bo Ek", &["Bo Ek", "bo ek"]), [(0..6, vec![0, 1])]);
    }
}
