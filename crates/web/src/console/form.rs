//! A form as a browser posts it: fields taken one by one, with every problem beside its field and nothing typed lost.

use crate::ask::{self, Context};
use crate::auth::Caller;
use crate::json::codes;
use crate::problem::{self, Problem};
use crate::state::WebState;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use waybill_domain::Code;
use waybill_domain::ids::EventId;
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal;
use waybill_domain::text::{WORD_FORM, is_word};

/// The largest form, in bytes.
const BODY_MAX: usize = 256 << 10;
/// Fields of a form at most.
const FIELDS_MAX: usize = 4_000;

/// A form that was posted. `key` and `version` among its fields are in the context: who asks, under which key, for which
/// version of the order. Fields that nobody takes are left alone.
#[derive(Debug)]
pub struct Form {
    fields: Vec<(String, String)>,
    problems: Vec<refusal::Problem>,
    pub context: Context,
}

impl FromRequest<WebState> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &WebState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        let bytes = axum::body::to_bytes(body, BODY_MAX).await.map_err(|_| ask::too_large(BODY_MAX))?;
        let body_hash = ask::body_hash(parts.method.as_str(), parts.uri.path(), &bytes);
        let whole = Request::from_parts(parts, Body::from(bytes));
        let kind = whole.headers().get(header::CONTENT_TYPE).cloned();
        let fields = match axum::Form::<Vec<(String, String)>>::from_request(whole, state).await {
            Ok(axum::Form(fields)) => fields,
            Err(_) => return Err(Problem::malformed(format!("The form cannot be read; it was sent as {kind:?}."))),
        };
        let context = Context { caller, key: None, body_hash, expected_version: None, minimal: false };
        Self::of(fields, context)
    }
}

/// A key for a form that is being rendered: whatever is posted with it is done once.
pub fn key(state: &WebState) -> String {
    state.engine().ids().nth::<EventId>(0).to_string()
}

impl Form {
    /// Fields that were read, with the key and the version among them.
    ///
    /// # Errors
    /// Where there are too many fields, or the key or the version is none.
    pub fn of(fields: Vec<(String, String)>, context: Context) -> Result<Self, Problem> {
        if fields.len() > FIELDS_MAX {
            return Err(Problem::malformed(format!("The form has more than {FIELDS_MAX} fields.")));
        }
        let mut form = Self { fields, problems: Vec::new(), context };
        form.context.key = form.typed("key").map(str::to_owned);
        if form.context.key.as_ref().is_some_and(|key| !ask::is_key(key)) {
            return Err(Problem::edge(problem::KEY_INVALID, "The form's key cannot be used."));
        }
        if let Some(version) = form.typed("version") {
            let read = version.parse().map_err(|_| Problem::malformed("The form's version is not a number."));
            form.context.expected_version = Some(read?);
        }
        Ok(form)
    }

    /// A form as it is before anybody typed.
    pub fn blank(caller: Caller, fields: Vec<(String, String)>) -> Self {
        let context = Context { caller, key: None, body_hash: [0; 16], expected_version: None, minimal: false };
        Self { fields, problems: Vec::new(), context }
    }

    /// What stands in a field, without spaces around it; None for an empty one.
    pub fn typed(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(one, _)| one == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// Every value of a field that may come several times, such as checkboxes of one name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Every field as it was sent.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.typed(name).is_some()
    }

    pub fn problem(&mut self, name: &str, code: &str, message: impl Into<String>) {
        self.problems.push(refusal::Problem::new(name, code, message));
    }

    /// Everything found wrong so far, by field.
    pub fn problems(&self) -> &[refusal::Problem] {
        &self.problems
    }

    /// Whether something wrong with this field was found.
    pub fn is_told(&self, name: &str) -> bool {
        self.problems.iter().any(|problem| problem.path == name)
    }

    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// A text of at most `max` characters.
    pub fn text(&mut self, name: &str, max: usize) -> Option<String> {
        let text = self.typed(name)?.to_owned();
        if text.chars().count() <= max && waybill_domain::text::is_storable(&text) {
            return Some(text);
        }
        self.problem(name, "length", format!("This is longer than {max} characters."));
        None
    }

    /// As [`Form::text`], where something must be given.
    pub fn required(&mut self, name: &str, max: usize) -> Option<String> {
        if self.typed(name).is_none() {
            self.missing(name);
        }
        self.text(name, max)
    }

    fn missing(&mut self, name: &str) {
        self.problem(name, "missing", "This is needed.");
    }

    /// One of the codes of an enumeration.
    pub fn code<T: Code>(&mut self, name: &str) -> Option<T> {
        let one = T::from_code(self.typed(name)?);
        if one.is_none() {
            self.problem(name, "unknown_value", format!("This is none of {}.", codes::<T>().join(", ")));
        }
        one
    }

    /// As [`Form::code`], where one must be given.
    pub fn one_of<T: Code>(&mut self, name: &str) -> Option<T> {
        if self.typed(name).is_none() {
            self.missing(name);
        }
        self.code(name)
    }

    /// A short machine-readable reason, which goes into the log ([`is_word`]).
    pub fn word(&mut self, name: &str) -> Option<String> {
        let word = self.typed(name)?.to_owned();
        if is_word(&word) {
            return Some(word);
        }
        self.problem(name, "word", format!("This {WORD_FORM}."));
        None
    }

    /// A whole number within a range.
    pub fn int(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = self.typed(name)?.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let message = format!("This must be a whole number from {} to {}.", range.start(), range.end());
            self.problem(name, "out_of_range", message);
        }
        value
    }

    /// An amount such as `12.50`, in minor units of the currency.
    pub fn money(&mut self, name: &str, currency: Currency) -> Option<Minor> {
        let digits = currency.exponent();
        let amount = scaled(self.typed(name)?, digits).map(Minor);
        if amount.is_none() {
            let example =
                if digits == 0 { "1250".to_owned() } else { format!("12.{:0<width$}", 5, width = digits as usize) };
            self.problem(name, "malformed", format!("This must be an amount such as {example}."));
        }
        amount
    }

    /// A price of one base unit, to a millionth: `0.0425`.
    pub fn unit_price(&mut self, name: &str) -> Option<UnitPrice> {
        let price = UnitPrice::from_decimal(self.typed(name)?);
        if price.is_none() {
            self.problem(name, "malformed", "This must be an amount such as 12.50, with at most six decimals.");
        }
        price
    }

    /// A currency by its code of three letters.
    pub fn currency(&mut self, name: &str) -> Option<Currency> {
        let currency = self.typed(name)?.to_uppercase().parse().ok();
        if currency.is_none() {
            self.problem(name, "unknown", "This must be a currency's code, such as EUR.");
        }
        currency
    }

    /// As [`units`], of what stands in a field.
    pub fn quantity(&mut self, name: &str, precision: u32) -> Option<Quantity> {
        match units(self.typed(name)?, precision) {
            Ok(quantity) => Some(quantity),
            Err(message) => {
                self.problem(name, "malformed", message);
                None
            }
        }
    }
}

/// Units at an item's precision: `1.5` at precision 3 is 1500. At least one of the smallest.
///
/// # Errors
/// What is wrong with the text.
pub fn units(text: &str, precision: u32) -> Result<Quantity, String> {
    let quantity = scaled(text, precision).map(Quantity).filter(|one| one.is_valid_demand());
    quantity.ok_or_else(|| match precision {
        0 => "This must be a whole number of 1 or more.".to_owned(),
        digits => format!("This must be a number above 0 with at most {digits} decimals."),
    })
}

/// A decimal number with at most `digits` decimals, times ten to their power. A minus sign may stand before it.
pub fn scaled(text: &str, digits: u32) -> Option<i64> {
    let (negative, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = !whole.is_empty() && whole.len() <= 12 && plain(whole) && plain(fraction);
    if !is_number || fraction.len() > digits as usize {
        return None;
    }
    let padded = format!("{fraction:0<width$}", width = digits as usize);
    let scale = 10_i64.checked_pow(digits)?;
    let fraction: i64 = if padded.is_empty() { 0 } else { padded.parse().ok()? };
    let value = whole.parse::<i64>().ok()?.checked_mul(scale)?.checked_add(fraction)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use waybill_domain::actor::{Actor, Door, Principal};

    fn form(fields: &[(&str, &str)]) -> Result<Form, Problem> {
        let actor = Arc::new(Actor::new(Principal::System("test"), Door::Console, &[]));
        let caller = Caller { actor, name: None, session: None };
        let context = Context { caller, key: None, body_hash: [0; 16], expected_version: None, minimal: false };
        Form::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), context)
    }

    proptest! {
        /// An amount is its digits: what is read is written with as many decimals and is the same amount.
        #[test]
        fn any_text_is_no_amount_or_one_to_the_digit(
            text in prop_oneof![any::<String>(), "[-−+]?[0-9]{0,14}[.,]?[0-9]{0,8}"], digits in 0..7_u32,
            (value, cents) in (0..1_000_000_000_000_i64, 0..100_i64),
        ) {
            if let Some(read) = scaled(&text, digits) {
                let float: f64 = text.replace('−', "-").parse().expect("what is read as a number is one");
                let expected = float * 10_f64.powi(digits as i32);
                prop_assert!((read as f64 - expected).abs() <= 0.5 + expected.abs() * 1e-12, "{text} as {read}");
            }
            prop_assert_eq!(scaled(&format!("{value}.{cents:02}"), 2), Some(value * 100 + cents));
            prop_assert_eq!(scaled(&format!("-{value}"), 0), Some(-value));
            prop_assert_eq!(scaled(&format!("{value}.{cents:02}1"), 2), None);
        }

        /// Whatever is typed: each field is read within its bounds, or something is said beside it.
        #[test]
        fn any_field_is_read_or_has_a_problem(
            text in prop_oneof![any::<String>(), "-?[0-9]{0,20}\\.?[0-9]{0,8}", "[A-Za-z_ .-]{0,70}"],
        ) {
            let Ok(mut form) = form(&[("f", &text), ("key", &text), ("version", "7")]) else { return Ok(()) };
            prop_assert_eq!((form.context.key.as_deref(), form.context.expected_version), (form.typed("key"), Some(7)));
            let euro: Currency = "EUR".parse().expect("a currency");
            let is_typed = form.typed("f").is_some();
            let mut said = 0;
            macro_rules! read {
                ($($read:expr),+) => {$({
                    let is_read = $read.is_some();
                    let now = form.problems().len();
                    prop_assert_eq!(is_typed && !is_read, now > said, "{}", stringify!($read));
                    said = now;
                })+};
            }
            read!(form.text("f", 60), form.int("f", -5..=5), form.money("f", euro), form.unit_price("f"));
            read!(form.currency("f"), form.quantity("f", 3), form.word("f"), form.code::<refusal::Retry>("f"));
            let _ = said;
            prop_assert!(form.quantity("f", 0).is_none_or(|quantity| quantity.0 > 0));
        }
    }

    #[test]
    fn a_form_of_too_many_fields_is_refused() {
        assert!(form(&vec![("f", "x"); FIELDS_MAX]).is_ok());
        assert!(form(&vec![("f", "x"); FIELDS_MAX + 1]).is_err());
    }

    #[test]
    fn amounts_are_read_to_the_minor_digit_and_no_further() {
        for (text, digits, value) in [
            ("12.50", 2, Some(1_250)),
            ("12.5", 2, Some(1_250)),
            ("12", 2, Some(1_200)),
            ("-3.07", 2, Some(-307)),
            ("1.500", 3, Some(1_500)),
            ("7", 0, Some(7)),
            ("7.0", 0, None),
            ("12.505", 2, None),
            ("1,250", 2, None),
            ("", 2, None),
            (".5", 2, None),
            ("1e3", 2, None),
            ("9999999999999", 2, None),
        ] {
            assert_eq!(scaled(text, digits), value, "{text} with {digits}");
        }
    }
}
