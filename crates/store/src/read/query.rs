//! A statement in the making: conditions are added where a filter or a scope asks for them.

use super::ReadError;
use crate::backend::Store;
use crate::value::{Row, Value};
use waybill_domain::actor::Scope;
use waybill_domain::ids::Id;

/// SQL with its parameters. The text begins with everything up to its first condition (`... WHERE TRUE`).
#[derive(Clone, Debug, Default)]
pub struct Query {
    text: String,
    params: Vec<Value>,
}

impl Query {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), params: Vec::new() }
    }

    /// Adds a value; returns its place in the text.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Puts something before all of it.
    pub fn wrap(&mut self, before: &str) {
        self.text.insert_str(0, before);
    }

    /// A condition; `?` stands for the value.
    pub fn and(&mut self, condition: &str, value: impl Into<Value>) {
        let place = self.bind(value);
        self.push(" AND ");
        self.push(&condition.replace('?', &place));
    }

    /// A condition where there is a value for it.
    pub fn and_some(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }

    /// One of the columns contains a text, in whatever case.
    pub fn and_contains(&mut self, columns: &[&str], text: &str) {
        let mut pattern = String::from("%");
        for letter in text.to_lowercase().chars() {
            if ['%', '_', '!'].contains(&letter) {
                pattern.push('!');
            }
            pattern.push(letter);
        }
        pattern.push('%');
        let place = self.bind(pattern);
        let each: Vec<_> = columns.iter().map(|column| format!("LOWER({column}) LIKE {place} ESCAPE '!'")).collect();
        self.push(&format!(" AND ({})", each.join(" OR ")));
    }

    /// Only what a scope contains; an empty scope contains nothing.
    pub fn within<T: Copy + PartialEq>(&mut self, column: &str, scope: &Scope<T>, id: impl Fn(T) -> Id) {
        let Some(condition) = self.contained(column, scope, id) else {
            return;
        };
        self.push(" AND ");
        self.push(&condition);
    }

    /// The condition that `column` lies in a scope; None where the scope is everything.
    pub fn contained<T: Copy + PartialEq>(
        &mut self,
        column: &str,
        scope: &Scope<T>,
        id: impl Fn(T) -> Id,
    ) -> Option<String> {
        let ids = scope.only()?;
        if ids.is_empty() {
            return Some("FALSE".to_owned());
        }
        let places: Vec<_> = ids.iter().map(|one| self.bind(id(*one))).collect();
        Some(format!("{column} IN ({})", places.join(", ")))
    }

    /// Only these ids. Their places are filled up to `places` with the last one, so that the text is the same for any number.
    pub fn among(&mut self, column: &str, ids: &[Id], places: usize) {
        let Some(last) = ids.last() else {
            return self.push(" AND FALSE");
        };
        let all = ids.iter().copied().chain(std::iter::repeat(*last));
        let places: Vec<_> = all.take(places.max(ids.len())).map(|id| self.bind(id)).collect();
        self.push(&format!(" AND {column} IN ({})", places.join(", ")));
    }

    /// Comes after a key, in a list that ascends by `columns`.
    pub fn after(&mut self, columns: &[&str], key: Vec<Value>) {
        let places: Vec<_> = key.into_iter().map(|value| self.bind(value)).collect();
        self.push(&format!(" AND ({}) > ({})", columns.join(", "), places.join(", ")));
    }

    /// Comes after a key, in a list that descends by `columns`.
    pub fn below(&mut self, columns: &[&str], key: Vec<Value>) {
        let places: Vec<_> = key.into_iter().map(|value| self.bind(value)).collect();
        self.push(&format!(" AND ({}) < ({})", columns.join(", "), places.join(", ")));
    }

    pub fn order_and_limit(&mut self, order: &str, limit: usize) {
        let place = self.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.push(&format!(" ORDER BY {order} LIMIT {place}"));
    }

    pub async fn rows(&self, store: &dyn Store) -> Result<Vec<Row>, ReadError> {
        Ok(store.read(&self.text, &self.params).await?)
    }

    /// The rows of several statements that see one state.
    pub async fn together(queries: &[&Self], store: &dyn Store) -> Result<Vec<Vec<Row>>, ReadError> {
        let statements: Vec<_> = queries.iter().map(|query| (query.text.as_str(), query.params.as_slice())).collect();
        Ok(store.read_together(&statements).await?)
    }
}
