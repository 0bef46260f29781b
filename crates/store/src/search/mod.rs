//! What somebody types into a search box, and the words it is compared with.

pub mod words;

use std::fmt;
use waybill_domain::ids::OrderId;
use waybill_domain::order::OrderNumber;
pub use words::Term;

/// Characters of a question that count.
const QUESTION_MAX: usize = 200;
/// Words of a question that count, the first ones.
pub const TERMS_MAX: usize = 6;

/// A question: something exact (a number, a reference), or words that must all match by their beginnings.
#[derive(Clone, PartialEq, Eq)]
pub struct Search {
    text: String,
    terms: Vec<Term>,
}

/// Names and mail addresses are typed here: what is logged by accident is not personal data.
impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Search(..)")
    }
}

impl Search {
    /// Reads any text; one without a letter or digit finds nothing.
    pub fn new(text: &str) -> Self {
        let text: String = text.trim().chars().filter(|c| !c.is_control()).take(QUESTION_MAX).collect();
        let terms = Term::all(&text, TERMS_MAX);
        Self { text, terms }
    }

    /// As it was typed, without what surrounds it.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The whole of it as a code or reference: as it was typed, and in capitals.
    pub fn codes(&self) -> [String; 2] {
        [self.text.clone(), self.text.to_uppercase()]
    }

    /// `W-100001`, `w-100001` or `100001`.
    pub fn order_number(&self) -> Option<OrderNumber> {
        let digits = self.text.strip_prefix("W-").or_else(|| self.text.strip_prefix("w-")).unwrap_or(&self.text);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number).map(OrderNumber)
    }

    pub fn order_id(&self) -> Option<OrderId> {
        self.text.parse().ok()
    }
}
