//! The reasons that people choose from when they act. Reports count them, so they are words of the shop's own choosing and
//! not free text.

use crate::refusal::Problem;
use crate::text::{WORD_FORM, is_word};
use serde::{Deserialize, Serialize};

/// Reasons to choose from for one act at most.
pub const REASONS_MAX: usize = 40;

/// By act; the first is chosen until somebody chooses another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reasons {
    pub cancel: Vec<String>,
    pub hold: Vec<String>,
    pub release: Vec<String>,
    pub reject: Vec<String>,
    pub refund: Vec<String>,
    pub returned: Vec<String>,
}

impl Default for Reasons {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            cancel: words(&[
                "customer_request",
                "out_of_stock",
                "duplicate_order",
                "wrong_price",
                "fraud",
                "undeliverable",
                "other",
            ]),
            hold: words(&[
                "to_be_checked",
                "customer_asked",
                "address_doubtful",
                "fraud_suspected",
                "price_doubtful",
                "stock_doubtful",
            ]),
            release: words(&["checked", "customer_confirmed", "payment_verified", "applied_by_mistake", "other"]),
            reject: words(&["other", "fraud", "not_reachable", "undeliverable", "not_paid", "customer_request"]),
            refund: words(&["goodwill", "late", "damaged", "missing", "price_match", "other"]),
            returned: words(&["unwanted", "damaged", "wrong_item", "defective", "late", "refused", "other"]),
        }
    }
}

impl Reasons {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Every list with its name.
    pub fn lists(&self) -> [(&'static str, &[String]); 6] {
        [
            ("cancel", &self.cancel),
            ("hold", &self.hold),
            ("release", &self.release),
            ("reject", &self.reject),
            ("refund", &self.refund),
            ("returned", &self.returned),
        ]
    }

    /// What is wrong with them, by `reasons.cancel[0]` and the like.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, words) in self.lists() {
            if words.is_empty() || words.len() > REASONS_MAX {
                let range = format!("must be 1 to {REASONS_MAX} reasons");
                problems.push(Problem::new(format!("reasons.{name}"), "count", range));
            }
            for (n, word) in words.iter().enumerate() {
                let path = || format!("reasons.{name}[{n}]");
                if !is_word(word) {
                    problems.push(Problem::new(path(), "word", WORD_FORM));
                } else if words[..n].contains(word) {
                    problems.push(Problem::new(path(), "repeated", "is there twice"));
                }
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_it_is_sound_and_everything_wrong_is_named() {
        assert_eq!(Reasons::default().problems(), []);
        let words = ["late", "Too late", "late"].map(str::to_owned).to_vec();
        let wrong = Reasons { cancel: Vec::new(), refund: words, ..Reasons::default() };
        let found: Vec<_> = wrong.problems().iter().map(|one| format!("{} {}", one.path, one.code)).collect();
        assert_eq!(found, ["reasons.cancel count", "reasons.refund[1] word", "reasons.refund[2] repeated"]);
    }

    #[test]
    fn settings_of_before_read_with_the_reasons_that_come_with_it() {
        let settings: crate::settings::Settings = serde_json::from_str(r#"{"card_reservation_s":900}"#).unwrap();
        assert_eq!(settings.reasons, Reasons::default());
        assert!(!serde_json::to_string(&settings).unwrap().contains("reasons"));
    }
}
