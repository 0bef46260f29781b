//! Reads tables of a mapping and keeps every problem with its path.

use crate::source::field_path;
use std::cell::RefCell;
use std::collections::BTreeSet;
use toml::{Table, Value};
use waybill_domain::refusal::Problem;

/// Problems of a mapping as they are found.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub fn add(&self, path: impl Into<String>, code: &str, message: impl Into<String>) {
        self.0.borrow_mut().push(Problem::new(path, code, message));
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// One table; keys that were never asked for are problems when it is finished with.
pub struct Reader<'a> {
    path: String,
    table: &'a Table,
    asked: RefCell<BTreeSet<&'a str>>,
    pub problems: &'a Problems,
}

impl<'a> Reader<'a> {
    pub fn new(path: impl Into<String>, table: &'a Table, problems: &'a Problems) -> Self {
        Self { path: path.into(), table, asked: RefCell::default(), problems }
    }

    pub fn path(&self, key: &str) -> String {
        field_path(&self.path, key)
    }

    pub fn problem(&self, key: &str, code: &str, message: impl Into<String>) {
        self.problems.add(self.path(key), code, message);
    }

    pub fn missing(&self, key: &str) {
        self.problem(key, "missing", "is required");
    }

    /// The raw value of a key.
    pub fn value(&self, key: &str) -> Option<&'a Value> {
        let (key, value) = self.table.get_key_value(key)?;
        self.asked.borrow_mut().insert(key);
        Some(value)
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn wrong(&self, key: &str, expected: &str) {
        self.problem(key, "type", format!("must be {expected}"));
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.as_str();
        if text.is_none() {
            self.wrong(key, "a text");
        }
        text
    }

    /// A text that must be there and not blank; empty where it is not.
    pub fn required_text(&self, key: &str) -> &'a str {
        match self.text(key) {
            Some(text) if !text.trim().is_empty() => text,
            Some(_) => {
                self.problem(key, "blank", "must not be blank");
                ""
            }
            None => {
                if !self.has(key) {
                    self.missing(key);
                }
                ""
            }
        }
    }

    /// A single character below 128.
    pub fn byte(&self, key: &str) -> Option<u8> {
        let text = self.text(key)?;
        match text.as_bytes() {
            [byte] if byte.is_ascii() => Some(*byte),
            _ => {
                self.wrong(key, "a single ASCII character");
                None
            }
        }
    }

    pub fn flag(&self, key: &str) -> bool {
        match self.value(key) {
            None => false,
            Some(Value::Boolean(flag)) => *flag,
            Some(_) => {
                self.wrong(key, "true or false");
                false
            }
        }
    }

    pub fn number(&self, key: &str) -> Option<i64> {
        let number = self.value(key)?.as_integer();
        if number.is_none() {
            self.wrong(key, "a whole number");
        }
        number
    }

    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let texts: Option<Vec<String>> =
            value.as_array().map(|list| list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect());
        match (texts, value.as_array()) {
            (Some(texts), Some(list)) if texts.len() == list.len() => Some(texts),
            _ => {
                self.wrong(key, "a list of texts");
                None
            }
        }
    }

    /// One of a few words, by their meanings.
    pub fn one_of<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problem(key, "unknown_value", format!("must be one of {}", list.join(", ")));
        }
        found
    }

    pub fn table(&self, key: &str) -> Option<Reader<'a>> {
        let value = self.value(key)?;
        match value.as_table() {
            Some(table) => Some(Reader::new(self.path(key), table, self.problems)),
            None => {
                self.wrong(key, "a table");
                None
            }
        }
    }

    /// A list of tables; empty where there is none.
    pub fn tables(&self, key: &str) -> Vec<Reader<'a>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let tables: Option<Vec<&Table>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_table).collect::<Option<_>>());
        match tables {
            Some(tables) => tables
                .into_iter()
                .enumerate()
                .map(|(n, table)| Reader::new(format!("{}[{n}]", self.path(key)), table, self.problems))
                .collect(),
            None => {
                self.wrong(key, "a list of tables");
                Vec::new()
            }
        }
    }

    /// Every key with its value, asked for.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.table.iter().map(|(key, value)| {
            self.asked.borrow_mut().insert(key);
            (key.as_str(), value)
        })
    }

    /// Names the keys nobody asked for.
    pub fn finish(self) {
        for key in self.table.keys() {
            if !self.asked.borrow().contains(key.as_str()) {
                self.problem(key, "unknown_key", "is not a key of this section");
            }
        }
    }
}
