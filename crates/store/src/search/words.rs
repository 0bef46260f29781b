//! The words under which orders and customers are found: how a text is cut and folded, the same when it is kept and
//! when it is asked for.
//!
//! Folding: compatibility decomposition (NFKD), diacritics of European scripts dropped, small letters, and the few
//! letters that decompose into nothing written out (`ß` as `ss`, `ø` as `o`). A text is cut wherever a character is no
//! letter, digit or joiner; a piece with a joiner in it (`o'brien`, `smith-jones`) also counts from behind each.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use waybill_domain::personal::Party;

/// Characters of one text that are looked at.
const TEXT_MAX: usize = 1_000;
/// Characters of a word; what is behind them does not count.
pub const WORD_MAX: usize = 40;
/// Words of one field of a party.
const FIELD_WORDS_MAX: usize = 12;
/// Digits of a telephone number that count, from its end.
const PHONE_DIGITS: usize = 8;
/// Fewer digits are no telephone number.
const PHONE_DIGITS_MIN: usize = 4;
/// What the words of telephone numbers begin with; no other word does.
const PHONE_MARK: char = '#';
/// Behind every word with the same beginning: the last character there is, which is in no word.
const BEHIND: char = '\u{10ffff}';
/// Characters that may stand inside a word, not at its ends.
const JOINERS: &str = ".@'_-+&/";

/// The words that a party is found by: personal data.
pub fn of_party(party: &Party) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in [&party.name, &party.company].into_iter().flatten() {
        let found = pieces(text).into_iter().flat_map(|piece| tails(&piece));
        words.extend(found.map(|word| cut(&word)).take(FIELD_WORDS_MAX));
    }
    if let Some(email) = &party.email {
        let found = pieces(email).into_iter().flat_map(|piece| {
            let behind = piece.rsplit_once('@').map(|(_, behind)| behind.trim_start_matches(|c| JOINERS.contains(c)));
            let domain = behind.map(str::to_owned);
            [Some(piece), domain].into_iter().flatten()
        });
        words.extend(found.map(|word| cut(&word)).take(FIELD_WORDS_MAX));
    }
    words.extend(party.phone.as_deref().and_then(phone));
    words
}

/// The words that an item's SKU is found by.
pub fn of_sku(sku: &str) -> BTreeSet<String> {
    pieces(sku).iter().map(|piece| cut(piece)).take(FIELD_WORDS_MAX).collect()
}

/// One word of a question: it matches every word that begins with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Term {
    word: String,
    /// The end of a telephone number, where it may be one.
    phone: Option<String>,
}

impl std::fmt::Debug for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Term(..)")
    }
}

impl Term {
    /// The terms of a question, each once, `max` at most.
    pub(super) fn all(text: &str, max: usize) -> Vec<Self> {
        let is_number = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-()/.".contains(c));
        let pieces = match pieces(text) {
            // A telephone number is written in groups; digits in one piece may as well be a SKU.
            groups if groups.len() > 1 && is_number && phone(text).is_some() => {
                vec![text.chars().filter(char::is_ascii_digit).collect()]
            }
            pieces => pieces,
        };
        let mut terms: Vec<Self> = Vec::new();
        for piece in pieces {
            let is_digits = piece.chars().all(|c| c.is_ascii_digit() || JOINERS.contains(c));
            let term = Self { word: cut(&piece), phone: phone(&piece).filter(|_| is_digits) };
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        terms.truncate(max);
        terms
    }

    /// Where its words stand among all words: from the first text on, before the second.
    pub fn ranges(&self) -> impl Iterator<Item = (String, String)> {
        [Some(&self.word), self.phone.as_ref()]
            .into_iter()
            .flatten()
            .map(|word| (word.clone(), format!("{word}{BEHIND}")))
    }

    pub fn matches(&self, word: &str) -> bool {
        word.starts_with(&self.word) || self.phone.as_ref().is_some_and(|phone| word.starts_with(phone))
    }

    /// How much it says; a longer word is rarer.
    pub fn length(&self) -> usize {
        self.word.len()
    }
}

/// A telephone number from its end, because its beginning is written in many ways (`+353 87`, `00353 87`, `087`).
fn phone(text: &str) -> Option<String> {
    let digits = text.chars().take(TEXT_MAX).filter(char::is_ascii_digit).collect::<String>();
    let from_end = std::iter::once(PHONE_MARK).chain(digits.chars().rev().take(PHONE_DIGITS));
    (digits.len() >= PHONE_DIGITS_MIN).then(|| from_end.collect())
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_MAX).collect()
}

/// A piece, and what is behind each joiner in it.
fn tails(piece: &str) -> Vec<String> {
    let behind = piece.match_indices(|c| JOINERS.contains(c)).map(|(place, _)| &piece[place..]);
    let all = std::iter::once(piece).chain(behind).map(|word| word.trim_start_matches(|c| JOINERS.contains(c)));
    all.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The pieces of a text, folded.
fn pieces(text: &str) -> Vec<String> {
    let folded = fold(text);
    let pieces = folded.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c) || JOINERS.contains(c)));
    let trimmed = pieces.map(|piece| piece.trim_matches(|c| JOINERS.contains(c)));
    trimmed.filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len().min(TEXT_MAX));
    let letters = text.chars().take(TEXT_MAX).nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    for letter in letters.flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            '’' | '‘' | 'ʼ' => folded.push('\''),
            _ => folded.push(letter),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Search, TERMS_MAX};
    use proptest::prelude::*;

    /// What people are called, and what nobody is.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "([A-Za-zÀ-žΑ-ωА-я]{1,12}[ .@'_+&/’-]{1,2}){0,8}",
            "[+(0]{0,2}[0-9 ()/.+-]{0,30}",
            "[Ww]?-?[0-9]{0,20}",
            "[\u{300}-\u{36f}ﬁﷺǄßİŉſ½Ⅷ㍿a ]{0,20}",
        ]
    }

    proptest! {
        #[test]
        fn any_question_is_bounded_and_reads_itself_the_same(text in text()) {
            let search = Search::new(&text);
            prop_assert!(search.text().chars().count() <= 200 && !search.text().chars().any(char::is_control));
            prop_assert!(search.terms().len() <= TERMS_MAX);
            prop_assert!(Search::new(search.text().trim()).terms() == search.terms());
            for term in search.terms() {
                prop_assert!(term.word.chars().count() <= WORD_MAX && term.length() > 0);
                for (low, high) in term.ranges() {
                    prop_assert!(low < high && term.matches(&low));
                }
            }
            if let Some(number) = search.order_number() {
                let digits = search.text().trim_start_matches(['W', 'w', '-']).trim_start_matches('0');
                let read = number.0.to_string();
                prop_assert_eq!(digits, read.trim_start_matches('0'));
            }
            let _ = (search.order_id(), search.codes());
        }

        /// Whoever types a word as it is written finds the party or the item that has it.
        #[test]
        fn any_name_is_found_by_each_of_its_words(text in text()) {
            let party = Party { name: Some(text.clone()), company: Some(text.clone()), email: Some(text.clone()), phone: None };
            for kept in [of_party(&party), of_sku(&text)] {
                prop_assert!(kept.len() <= 2 * FIELD_WORDS_MAX);
                for word in &kept {
                    prop_assert!(word.chars().count() <= WORD_MAX && !word.starts_with(PHONE_MARK));
                    let search = Search::new(word);
                    prop_assert!(search.terms().iter().all(|term| term.matches(word)), "{word}");
                    prop_assert_eq!(search.terms().len(), 1, "{}", word);
                }
            }
        }

        /// A telephone number is found by its last digits, in whatever groups it and they are written.
        #[test]
        fn any_telephone_number_is_found_by_its_end(
            digits in "[0-9]{7,15}", gaps in prop::collection::vec("[ ()/.-]{0,2}", 15), asked in 4..7_usize,
        ) {
            let written: String = digits.chars().zip(&gaps).map(|(digit, gap)| format!("{gap}{digit}")).collect();
            let party = Party { name: None, company: None, email: None, phone: Some(written) };
            let kept = of_party(&party);
            prop_assert_eq!(kept.len(), 1);
            let end = &digits[digits.len() - asked..];
            let grouped: String = end.chars().zip(&gaps).map(|(digit, gap)| format!("{digit}{gap}")).collect();
            for asked in [end, &grouped] {
                let search = Search::new(asked);
                prop_assert!(search.terms().len() == 1 && kept.iter().all(|word| search.terms()[0].matches(word)), "{asked}");
            }
        }
    }

    fn party(name: &str, email: &str, phone: &str) -> Vec<String> {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let party = Party { name: some(name), company: None, email: some(email), phone: some(phone) };
        of_party(&party).into_iter().collect()
    }

    #[test]
    fn words_are_small_letters_without_diacritics() {
        for (written, folded) in [
            ("Müller", "muller"),
            ("GROSSE", "grosse"),
            ("Größe", "grosse"),
            ("Łódź", "lodz"),
            ("Søren", "soren"),
            ("İpek", "ipek"),
            ("ΟΔΥΣΣΕΎΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("Чайковский", "чаиковскии"),
            ("ﬁn", "fin"),
            ("ＡＢＣ", "abc"),
            ("山田", "山田"),
        ] {
            assert_eq!(party(written, "", ""), [folded], "{written}");
        }
    }

    #[test]
    fn a_name_is_found_by_each_of_its_words_and_what_is_behind_a_joiner() {
        assert_eq!(party("Ada  de l’Orme-Petit", "", ""), ["ada", "de", "l'orme-petit", "orme-petit", "petit"]);
        assert_eq!(party("%_' \"; 😀 --", "", ""), [""; 0]);
    }

    #[test]
    fn an_email_is_found_whole_and_by_what_is_behind_its_at_sign() {
        assert_eq!(party("", "Ada.Lovelace@Example.org", ""), ["ada.lovelace@example.org", "example.org"]);
        assert_eq!(party("", "ada@-example.org", ""), ["ada@-example.org", "example.org"]);
    }

    #[test]
    fn a_telephone_number_is_found_by_its_end_however_it_is_written() {
        let kept = party("", "", "+353 87 123-4567");
        assert_eq!(kept, ["#76543217"]);
        for asked in ["+353 87 123 4567", "(087) 123 4567", "0871234567", "123-4567", "4567"] {
            let terms = Term::all(asked, 6);
            assert!(terms.len() == 1 && terms[0].matches(&kept[0]), "{asked}");
        }
        for asked in ["567", "1235 4567", "Ada 4568"] {
            assert!(!Term::all(asked, 6).iter().any(|term| term.matches(&kept[0])), "{asked}");
        }
    }

    /// An article of another system, `4711-0815`, is no telephone number to whoever types its beginning.
    #[test]
    fn digits_with_a_joiner_are_found_as_they_are_written() {
        let kept = of_sku("4711-0815-2");
        for asked in ["4711-0815-2", "4711-0815", "4711-08", "4711"] {
            let terms = Term::all(asked, 6);
            assert!(terms.len() == 1 && kept.iter().all(|word| terms[0].matches(word)), "{asked}");
        }
    }

    #[test]
    fn a_range_holds_what_a_term_matches_and_nothing_else() {
        let words = ["ann", "anna", "anna😀", "annb", "an", "anm", "#7654", "anna\u{10fffe}"];
        for asked in ["ann", "anna", "4567"] {
            for term in Term::all(asked, 6) {
                for word in words {
                    let within = term.ranges().any(|(low, high)| *low <= *word && *word < *high);
                    assert_eq!(within, term.matches(word), "{asked} {word}");
                }
            }
        }
    }

    #[test]
    fn what_is_kept_and_asked_is_bounded() {
        let long = "x".repeat(10_000);
        assert_eq!(party(&long, "", ""), ["x".repeat(WORD_MAX)]);
        let many = (0..1_000).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(party(&many, "", "").len(), FIELD_WORDS_MAX);
        assert_eq!(Term::all(&many, 6).len(), 6);
        let marks = format!("a{}", "\u{301}".repeat(100_000));
        assert_eq!(party(&marks, "", ""), ["a"]);
        assert!(party("\u{fdfa}".repeat(2_000).as_str(), "", "").iter().all(|word| word.chars().count() <= WORD_MAX));
    }
}
