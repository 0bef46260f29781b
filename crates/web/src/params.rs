//! Query parameters, read like bodies: every problem at once.

use crate::forms::Form;
use crate::json::codes;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::{FromRequestParts, OriginalUri, Query};
use axum::http::request::Parts;
use waybill_domain::Code;
use waybill_domain::refusal;
use waybill_store::read::PageRequest;

/// The parameters of a request, taken one by one; what is left at the end is unknown.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    problems: Vec<refusal::Problem>,
    /// An address of a page may carry what others put there, such as where a link was found.
    is_of_page: bool,
}

impl FromRequestParts<WebState> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Problem> {
        // Within the API's own router an address is without what is before that.
        let whole = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |whole| &whole.0);
        let is_of_page = !whole.path().starts_with("/api/");
        match Query::<Vec<(String, String)>>::from_request_parts(parts, state).await {
            Ok(Query(pairs)) => Ok(Self { pairs, problems: Vec::new(), is_of_page }),
            Err(_) => Err(Problem::malformed("The query of the address cannot be read.")),
        }
    }
}

impl Params {
    /// Those of a query that came in another way than in the address.
    ///
    /// # Errors
    /// Where it is none.
    pub fn of(query: &str) -> Result<Self, Problem> {
        let unreadable = || Problem::malformed("The query cannot be read.");
        let uri = format!("/?{query}").parse().map_err(|_| unreadable())?;
        let Query(pairs) = Query::try_from_uri(&uri).map_err(|_| unreadable())?;
        Ok(Self { pairs, problems: Vec::new(), is_of_page: true })
    }

    fn problem(&mut self, name: &str, code: &str, message: impl Into<String>) {
        self.problems.push(refusal::Problem::new(name, code, message));
    }

    /// Fields that were left empty, as a page's form sends them, were not given.
    pub fn of_form(mut self) -> Self {
        self.pairs.retain(|(_, value)| !value.is_empty());
        self
    }

    /// What nobody has asked for, as it stands in the address: a page says that it means nothing to it.
    pub fn unread(&self) -> impl Iterator<Item = String> {
        self.pairs.iter().map(|(name, value)| format!("{name}={value}"))
    }

    /// A text of at most 200 characters.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let place = self.pairs.iter().position(|(one, _)| one == name)?;
        let (_, value) = self.pairs.remove(place);
        if self.pairs.iter().any(|(one, _)| one == name) {
            self.problem(name, "repeated", "may be given once");
            self.pairs.retain(|(one, _)| one != name);
        }
        let max = if name == "after" { 1_000 } else { 200 };
        if value.is_empty() || value.chars().count() > max {
            self.problem(name, "length", format!("must be 1 to {max} characters"));
            return None;
        }
        Some(value)
    }

    pub fn code<T: Code>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let one = T::from_code(&text);
        if one.is_none() {
            self.problem(name, "unknown_value", format!("must be one of {}", codes::<T>().join(", ")));
        }
        one
    }

    /// Codes separated by commas.
    pub fn code_list<T: Code>(&mut self, name: &str) -> Vec<T> {
        let words = self.list(name);
        let known: Vec<T> = words.iter().filter_map(|word| T::from_code(word)).collect();
        if known.len() < words.len() {
            self.problem(name, "unknown_value", format!("must be some of {}", codes::<T>().join(", ")));
        }
        known
    }

    /// Words separated by commas.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        self.text(name).map_or_else(Vec::new, |text| text.split(',').map(|word| word.trim().to_owned()).collect())
    }

    pub fn written<T: Form>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = T::parse(&text);
        if value.is_none() {
            self.problem(name, "malformed", format!("must be {}", T::EXPECTED));
        }
        value
    }

    pub fn int(&mut self, name: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(name)?;
        let value = text.parse().ok().filter(|value| range.contains(value));
        if value.is_none() {
            let message = format!("must be a whole number from {} to {}", range.start(), range.end());
            self.problem(name, "out_of_range", message);
        }
        value
    }

    pub fn bool(&mut self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.problem(name, "wrong_type", "must be true or false");
        }
        value
    }

    /// A value in a form of its own, parsed by its type.
    pub fn parsed<T: std::str::FromStr<Err = String>>(&mut self, name: &str) -> Option<T> {
        match self.text(name)?.parse() {
            Ok(value) => Some(value),
            Err(expected) => {
                self.problem(name, "malformed", expected);
                None
            }
        }
    }

    pub fn required(&mut self, name: &str) -> String {
        let before = self.problems.len();
        let value = self.text(name);
        if value.is_none() && self.problems.len() == before {
            self.problem(name, "missing", "is required");
        }
        value.unwrap_or_default()
    }

    /// `limit` and `after`.
    pub fn page(&mut self) -> PageRequest {
        let limit = self.int("limit", 1..=i64::from(PageRequest::LIMIT_MAX));
        PageRequest { limit: limit.and_then(|limit| u32::try_from(limit).ok()), after: self.text("after") }
    }

    /// # Errors
    /// Every problem found, unknown parameters of the API included.
    pub fn close(mut self) -> Result<(), Problem> {
        let unknown = if self.is_of_page { Vec::new() } else { std::mem::take(&mut self.pairs) };
        for (name, _) in unknown {
            self.problem(&name, "unknown_parameter", "is not a parameter of this request");
        }
        if self.problems.is_empty() { Ok(()) } else { Err(Problem::invalid(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use waybill_domain::order::Lifecycle;
    use waybill_domain::time::Date;

    proptest! {
        /// Whatever an address asks for: it is read within its bounds, or every problem is told.
        #[test]
        fn any_query_is_read_or_has_problems(
            query in prop_oneof![any::<String>(), "((limit|after|state|day|held|q|x)=[a-z0-9%+,é-]{0,12}&?){0,8}"],
        ) {
            let Ok(mut params) = Params::of(&query) else { return Ok(()) };
            let page = params.page();
            prop_assert!(page.limit.is_none_or(|limit| (1..=PageRequest::LIMIT_MAX).contains(&limit)));
            let _ = (params.code_list::<Lifecycle>("state"), params.written::<Date>("day"), params.bool("held"));
            prop_assert!(params.text("q").is_none_or(|text| (1..=200).contains(&text.chars().count())));
            let _ = (params.required("x"), params.close());
        }

        /// What a program writes into a query is read as it was.
        #[test]
        fn any_value_is_read_as_it_was_written(value in any::<String>(), number in any::<i64>(), states in any::<[bool; 3]>()) {
            let known = || Lifecycle::ALL.iter().copied().zip(states).filter(|(_, is_asked)| *is_asked).map(|(one, _)| one);
            let list = known().map(Code::code).collect::<Vec<_>>().join(",");
            let fields = [("q", value.as_str()), ("n", &number.to_string()), ("state", &list)];
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let mut params = Params::of(&query).expect("a query").of_form();
            let fits = (1..=200).contains(&value.chars().count());
            prop_assert_eq!(params.text("q"), fits.then_some(value.clone()));
            prop_assert_eq!(params.int("n", i64::MIN..=i64::MAX), Some(number));
            prop_assert_eq!(params.code_list::<Lifecycle>("state"), known().collect::<Vec<_>>());
            prop_assert_eq!(params.close().is_ok(), fits || value.is_empty());
        }
    }
}
