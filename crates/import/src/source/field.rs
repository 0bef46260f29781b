//! Fields with their columns found: from a row to a clean text.

use super::table::{Header, Joined, Tables};
use crate::map::{Case, Field, Map, Origin};
use csv::StringRecord;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

#[derive(Clone, Debug)]
enum From {
    Line(usize),
    Table {
        file: usize,
        column: usize,
    },
    Const(String),
    /// A column of an optional file that is not there.
    Nowhere,
}

/// A field that knows where its column is.
#[derive(Clone, Debug)]
pub struct Column {
    from: From,
    /// The column's header, for rejects.
    pub header: String,
    null: Vec<String>,
    trim: bool,
    case: Option<Case>,
    prefix: Option<String>,
    pad_left: Option<(usize, char)>,
    values: Option<FxHashMap<String, String>>,
}

/// A row of the lines file with the rows that belong to it.
#[derive(Clone, Copy, Debug)]
pub struct RowView<'a> {
    pub record: &'a StringRecord,
    pub joined: &'a Joined,
    pub tables: &'a Tables,
}

/// Finds columns, and remembers those that are not there.
pub struct Finder<'a> {
    pub map: &'a Map,
    pub lines_file: usize,
    pub lines: &'a Header,
    pub tables: &'a Tables,
    /// As `file.column`.
    pub missing: Vec<String>,
}

impl Finder<'_> {
    pub fn column(&mut self, field: &Field) -> Column {
        let mut format = &self.map.files[self.lines_file].format;
        let (from, header) = match &field.origin {
            Origin::Const(text) => (From::Const(text.clone()), String::new()),
            Origin::Column { file, column } => {
                let place = self.map.files.iter().position(|spec| spec.name == *file).unwrap_or(self.lines_file);
                format = &self.map.files[place].format;
                let header = if place == self.lines_file {
                    Some(self.lines)
                } else {
                    self.tables.of_file(place).map(|table| &table.header)
                };
                let from = match header.map(|header| header.place(column)) {
                    None => From::Nowhere,
                    Some(Some(column)) if place == self.lines_file => From::Line(column),
                    Some(Some(column)) => From::Table { file: place, column },
                    Some(None) => {
                        self.missing.push(format!("{file}.{column}"));
                        From::Nowhere
                    }
                };
                (from, column.clone())
            }
        };
        let values = field.map.as_ref().and_then(|name| self.map.value_maps.get(name));
        Column {
            from,
            header,
            null: format.null.iter().filter(|text| !text.is_empty()).cloned().collect(),
            trim: field.trim,
            case: field.case,
            prefix: field.prefix.clone(),
            pad_left: field.pad_left,
            values: values.map(|values| values.iter().map(|(from, to)| (from.clone(), to.clone())).collect()),
        }
    }

    pub fn optional(&mut self, field: Option<&Field>) -> Option<Column> {
        field.map(|field| self.column(field))
    }
}

impl Column {
    /// The row's clean text; None where it is empty.
    pub fn text<'a>(&'a self, row: RowView<'a>) -> Option<Cow<'a, str>> {
        let raw = match &self.from {
            From::Line(column) => row.record.get(*column)?,
            From::Table { file, column } => {
                let joined = (*row.joined.get(*file)?)?;
                row.tables.of_file(*file)?.value(joined, *column)
            }
            From::Const(text) => text.as_str(),
            From::Nowhere => return None,
        };
        let raw = if self.trim { raw.trim() } else { raw };
        if raw.is_empty() || self.null.iter().any(|null| null == raw) {
            return None;
        }
        let mut text = Cow::Borrowed(raw);
        match self.case {
            Some(Case::Upper) if text.chars().any(char::is_lowercase) => text = Cow::Owned(text.to_uppercase()),
            Some(Case::Lower) if text.chars().any(char::is_uppercase) => text = Cow::Owned(text.to_lowercase()),
            _ => {}
        }
        if let Some(prefix) = &self.prefix {
            text = Cow::Owned(format!("{prefix}{text}"));
        }
        if let Some((width, character)) = self.pad_left {
            let missing = width.saturating_sub(text.chars().count());
            if missing > 0 {
                text = Cow::Owned(std::iter::repeat_n(character, missing).chain(text.chars()).collect());
            }
        }
        if let Some(mapped) = self.values.as_ref().and_then(|values| values.get(&*text)) {
            text = Cow::Borrowed(mapped.as_str());
        }
        (!text.is_empty()).then_some(text)
    }
}
