//! Reads a JSON body whole: every problem at once, each with its path.

use serde_json::Value;
use std::cell::RefCell;
use std::marker::PhantomData;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use waybill_domain::Code;
use waybill_domain::money::UnitPrice;
use waybill_domain::refusal::Problem;
use waybill_domain::text::{WORD_FORM, is_word};

/// A place in a body, and where problems with it are noted. Its path is put together only where there is one.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    step: Step<'a>,
    problems: &'a RefCell<Vec<Problem>>,
}

/// How a place is reached from the one around it.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Whole,
    Field(&'a At<'a>, &'a str),
    Element(&'a At<'a>, usize),
}

/// More problems than this are of no use to anybody.
const PROBLEMS_MAX: usize = 200;

impl<'a> At<'a> {
    pub const fn root(problems: &'a RefCell<Vec<Problem>>) -> Self {
        Self { step: Step::Whole, problems }
    }

    /// `lines[2].sku`; nothing for the whole body.
    fn path(&self) -> String {
        match self.step {
            Step::Whole => String::new(),
            Step::Field(within, name) => match within.path() {
                path if path.is_empty() => name.to_owned(),
                path => format!("{path}.{name}"),
            },
            Step::Element(within, index) => format!("{}[{index}]", within.path()),
        }
    }

    pub fn problem(&self, code: &str, message: impl Into<String>) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < PROBLEMS_MAX {
            problems.push(Problem::new(self.path(), code, message));
        }
    }

    pub const fn field(&'a self, name: &'a str) -> Self {
        Self { step: Step::Field(self, name), problems: self.problems }
    }

    const fn element(&'a self, index: usize) -> Self {
        Self { step: Step::Element(self, index), problems: self.problems }
    }

    fn wrong_type<T>(&self, expected: &str, found: &Value) -> Option<T> {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.problem("wrong_type", format!("must be {expected}, not {found}"));
        None
    }
}

/// A type that can be read from JSON. None means that at least one problem was noted.
pub trait FromJson: Sized {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self>;

    /// What a field that was not sent is.
    fn absent(at: &At<'_>) -> Option<Self> {
        at.problem("missing", "is required");
        None
    }
}

/// Reads a whole body. An empty one counts as an empty object, so that what is missing is said by name.
///
/// # Errors
/// Every problem with it.
pub fn read<T: FromJson>(value: Value) -> Result<T, Vec<Problem>> {
    let problems = RefCell::new(Vec::new());
    let read = T::from_json(value, &At::root(&problems));
    let problems = problems.into_inner();
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(problems),
    }
}

/// The fields of an object, taken one by one; what is left at the end is unknown.
#[derive(Debug)]
pub struct Fields<'a> {
    fields: serde_json::Map<String, Value>,
    at: &'a At<'a>,
}

impl<'a> Fields<'a> {
    pub fn open(value: Value, at: &'a At<'a>) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields, at }),
            other => at.wrong_type("an object", &other),
        }
    }

    pub fn take<T: FromJson>(&mut self, name: &str) -> Option<T> {
        let at = self.at.field(name);
        match self.fields.remove(name) {
            Some(value) => T::from_json(value, &at),
            None => T::absent(&at),
        }
    }

    pub fn close(self) {
        for name in self.fields.keys() {
            self.at.field(name).problem("unknown_field", "is not a field of this request");
        }
    }
}

/// Declares the body of a request: its schema and how it is read, from one list of fields.
macro_rules! body {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty),* $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, utoipa::ToSchema)]
        pub struct $name { $($(#[$fmeta])* pub $field: $type),* }

        impl $crate::json::FromJson for $name {
            fn from_json(value: serde_json::Value, at: &$crate::json::At<'_>) -> Option<Self> {
                #[allow(unused_mut)]
                let mut fields = $crate::json::Fields::open(value, at)?;
                $(let $field = fields.take(stringify!($field));)*
                fields.close();
                Some(Self { $($field: $field?),* })
            }
        }
    )+};
}
pub(crate) use body;

impl FromJson for i64 {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        match &value {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Some(whole),
                // JSON has one kind of number; those too large for any integer are read as the nearest there is.
                None if number.as_f64().is_some_and(|near| near.abs() >= i64::MAX as f64) => {
                    at.problem("out_of_range", "is larger or smaller than any number accepted here");
                    None
                }
                None => {
                    at.problem("wrong_type", "must be a whole number, without a fraction or an exponent");
                    None
                }
            },
            other => at.wrong_type("a whole number", other),
        }
    }
}

impl FromJson for u32 {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        let whole = i64::from_json(value, at)?;
        let small = Self::try_from(whole).ok();
        if small.is_none() {
            at.problem("out_of_range", "must be 0 to 4,294,967,295");
        }
        small
    }
}

impl FromJson for f64 {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        match value.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Some(number),
            None => at.wrong_type("a number", &value),
        }
    }
}

impl FromJson for bool {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            other => at.wrong_type("true or false", &other),
        }
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_json(value, at).map(Some) }
    }
    fn absent(_: &At<'_>) -> Option<Self> {
        Some(None)
    }
}

/// Elements of any list accepted here.
const ELEMENTS_MAX: usize = 10_000;

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        match value {
            Value::Array(elements) if elements.len() > ELEMENTS_MAX => {
                at.problem("too_many", format!("must have at most {ELEMENTS_MAX} elements"));
                None
            }
            // Every element is read before the first problem ends it.
            Value::Array(elements) => elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| T::from_json(element, &at.element(index)))
                .collect::<Vec<_>>()
                .into_iter()
                .collect(),
            other => at.wrong_type("a list", &other),
        }
    }
}

/// Text of any length, without U+0000.
pub fn text(value: Value, at: &At<'_>) -> Option<String> {
    match value {
        Value::String(text) if !waybill_domain::text::is_storable(&text) => {
            at.problem("characters", "must not contain the character U+0000");
            None
        }
        Value::String(text) => Some(text),
        other => at.wrong_type("text", &other),
    }
}

/// Text of 1 to `MAX` characters that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<const MAX: usize>(pub String);

/// A code, number or reference.
pub type Short = Text<100>;
/// A name or a line of an address.
pub type Name = Text<200>;
/// Free text.
pub type Long = Text<2000>;

impl<const MAX: usize> FromJson for Text<MAX> {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        let text = text(value, at)?;
        if text.trim().is_empty() || text.chars().count() > MAX {
            at.problem("length", format!("must be 1 to {MAX} characters, not blank"));
            return None;
        }
        Some(Self(text))
    }
}

impl<const MAX: usize> PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        RefOr::T(Schema::Object(text.min_length(Some(1)).max_length(Some(MAX)).build()))
    }
}

impl<const MAX: usize> ToSchema for Text<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

/// A price or a cost of one base unit in major units, to a millionth: `0.0425`.
pub type Decimal = Text<24>;

/// Reads one.
///
/// # Errors
/// What is wrong with it, at `path`.
pub fn unit_price(text: &Decimal, path: &str) -> Result<UnitPrice, Problem> {
    let message = "must be a decimal such as 0.0425, at most six digits after the point";
    UnitPrice::from_decimal(&text.0).ok_or_else(|| Problem::new(path, "malformed", message))
}

/// A country by its two letters (ISO 3166-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country(pub String);

impl FromJson for Country {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        let text = text(value, at)?;
        if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            at.problem("country", "must be two letters, such as IE");
            return None;
        }
        Some(Self(text))
    }
}

impl PartialSchema for Country {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        RefOr::T(Schema::Object(text.pattern(Some("^[A-Za-z]{2}$")).build()))
    }
}

/// A reason, a queue or another word that goes into the log, where nothing may be said about a person ([`is_word`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub String);

impl FromJson for Word {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        let text = text(value, at)?;
        if !is_word(&text) {
            at.problem("word", WORD_FORM);
            return None;
        }
        Some(Self(text))
    }
}

impl PartialSchema for Word {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
        let text = text.min_length(Some(1)).max_length(Some(64)).pattern(Some("^[A-Za-z0-9_.-]+$"));
        RefOr::T(Schema::Object(text.build()))
    }
}

impl ToSchema for Word {
    fn name() -> std::borrow::Cow<'static, str> {
        "Word".into()
    }
}

impl ToSchema for Country {
    fn name() -> std::borrow::Cow<'static, str> {
        "Country".into()
    }
}

/// One of the codes of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneOf<T>(pub T);

impl<T: Code> FromJson for OneOf<T> {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        let found = text(value, at)?;
        let one = T::from_code(&found).map(Self);
        if one.is_none() {
            at.problem("unknown_value", format!("must be one of {}", codes::<T>().join(", ")));
        }
        one
    }
}

/// Every code of an enumeration.
pub fn codes<T: Code>() -> Vec<&'static str> {
    T::ALL.iter().map(|value| value.code()).collect()
}

impl<T: Code> PartialSchema for OneOf<T> {
    fn schema() -> RefOr<Schema> {
        let one = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(codes::<T>()));
        RefOr::T(Schema::Object(one.build()))
    }
}

impl<T: Code> ToSchema for OneOf<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        let full = std::any::type_name::<T>();
        full.rsplit_once("::").map_or(full, |(_, name)| name).to_owned().into()
    }
}

/// For a body that has no fields.
#[derive(Clone, Debug)]
pub struct Nothing(PhantomData<()>);

impl FromJson for Nothing {
    fn from_json(value: Value, at: &At<'_>) -> Option<Self> {
        Fields::open(value, at)?.close();
        Some(Self(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::place::PlaceOrderBody;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    /// Names and values that bodies have, and any others.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[a-zA-Z0-9.:_-]{0,30}".prop_map(Value::from),
        ];
        let name = prop_oneof![
            select(vec![
                "channel", "currency", "lines", "sku", "quantity", "customer", "payment", "ship_to", "charges"
            ])
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        leaf.prop_recursive(4, 64, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn good() -> Value {
        serde_json::json!({
            "channel": "web", "currency": "EUR", "customer": {"email": "ada@example.org"}, "ship_to": {"country": "IE"},
            "lines": [{"sku": "MUG-1", "quantity": 2, "unit_price": "19.99"}, {"sku": "MUG-2", "quantity": 1, "unit_price_minor": 5}],
            "payment": {"method": "card", "token": "sim_ok"}, "requested_by": "2030-12-01"
        })
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_has_problems(value in value(), text in any::<String>()) {
            for value in [Some(value), serde_json::from_str(&text).ok()].into_iter().flatten() {
                match read::<PlaceOrderBody>(value) {
                    Ok(_) => {}
                    Err(problems) => prop_assert!((1..=PROBLEMS_MAX).contains(&problems.len())),
                }
            }
        }

        /// Of a good body with one value changed, every problem is about that value.
        #[test]
        fn what_was_changed_in_a_body_is_what_its_problems_name(place in any::<Index>(), other in value()) {
            prop_assert!(read::<PlaceOrderBody>(good()).is_ok());
            let places = ["channel", "currency", "customer", "ship_to", "lines", "payment", "requested_by"];
            let place = *place.get(&places);
            let mut body = good();
            body[place] = other;
            if let Err(problems) = read::<PlaceOrderBody>(body) {
                prop_assert!(problems.iter().all(|problem| problem.path.starts_with(place)), "{place}: {problems:?}");
            }
        }

        #[test]
        fn a_number_is_read_whole_or_not_at_all(number in any::<i64>(), fraction in any::<f64>(), text in "-?[1-9][0-9]{0,29}(\\.0)?(e[0-9]{1,2})?") {
            prop_assert_eq!(read::<i64>(Value::from(number)), Ok(number));
            prop_assert!(read::<i64>(Value::from(fraction)).is_err());
            prop_assert_eq!(read::<u32>(Value::from(number)).is_ok(), (0..1 << 32).contains(&number));
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(read::<i64>(value).ok(), text.parse().ok());
            }
        }

        #[test]
        fn a_text_is_kept_as_it_is_or_refused(text in any::<String>(), long in "[é ]{0,120}") {
            for text in [text, long] {
                let fits = !text.trim().is_empty() && text.chars().count() <= 100 && !text.contains('\0');
                prop_assert_eq!(read::<Short>(Value::from(text.clone())).ok(), fits.then_some(Text(text)));
            }
        }
    }
}
