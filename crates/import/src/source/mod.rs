//! From files to values: bytes, tables, joins, fields.

pub mod country;
pub mod dates;
pub mod decimal;
pub mod field;
pub mod names;
pub mod open;
pub mod table;

/// The path of a key inside a section.
pub fn field_path(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
