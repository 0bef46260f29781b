//! Records read in bulk, and two sets of records compared column by column.

use super::report::{Findings, row_key, show};
use crate::record::{Record, Table, values};
use crate::value::{Source, Value};
use std::cmp::Ordering;

/// Reads a row as a record, behind the others; one that does not read is a violation.
pub(super) fn typed<R: Record>(records: &mut Vec<R>, row: &mut dyn Source, findings: &mut Findings) {
    match R::read(row) {
        Ok(record) => records.push(record),
        Err(error) => {
            let table = R::table();
            let key = [row.peek(0), row.peek(1), row.peek(2)];
            findings.add("record.unreadable", table.name, row_key(table, &key), "a record", error);
        }
    }
}

fn order(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Id(one), Value::Id(other)) => one.cmp(other),
        _ => show(one).cmp(&show(other)),
    }
}

/// Key order of two rows.
fn by_key(table: &Table, one: &[Value], other: &[Value]) -> Ordering {
    let places = table.key.iter().filter_map(|name| table.columns.iter().position(|column| column.name == *name));
    places.map(|place| order(&one[place], &other[place])).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Compares what an aggregate's history makes with what is stored. The columns of `secret` are left out.
pub(super) fn compare<'a, R: Record + PartialEq>(
    folded: impl ExactSizeIterator<Item = &'a R> + Clone,
    stored: &[R],
    secret: &[&str],
    findings: &mut Findings,
) {
    if folded.len() == stored.len() && folded.clone().eq(stored) {
        return;
    }
    let table = R::table();
    let sorted = |mut rows: Vec<Vec<Value>>| {
        rows.sort_by(|one, other| by_key(table, one, other));
        rows
    };
    let (folded, stored) =
        (sorted(folded.map(|one| values(one)).collect()), sorted(stored.iter().map(|one| values(one)).collect()));
    let (mut folded, mut stored) = (folded.iter().peekable(), stored.iter().peekable());
    loop {
        let next = match (folded.peek(), stored.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => by_key(table, one, other),
        };
        let expected = if next.is_le() { folded.next() } else { None };
        let found = if next.is_ge() { stored.next() } else { None };
        match (expected, found) {
            (Some(expected), Some(found)) => columns(table, expected, found, secret, findings),
            (Some(expected), None) => {
                findings.add("record.missing", table.name, row_key(table, expected), "a row", "none");
            }
            (None, Some(found)) => {
                findings.add("record.unexpected", table.name, row_key(table, found), "none", "a row");
            }
            (None, None) => return,
        }
    }
}

/// Names every column in which two rows of the same key differ.
fn columns(table: &'static Table, expected: &[Value], found: &[Value], secret: &[&str], findings: &mut Findings) {
    for (n, column) in table.columns.iter().enumerate() {
        if expected[n] != found[n] && !secret.contains(&column.name) {
            let key = format!("{} {}", row_key(table, expected), column.name);
            findings.add("record.differs", table.name, key, show(&expected[n]), show(&found[n]));
        }
    }
}
