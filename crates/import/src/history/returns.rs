//! Lists of orders that came back as a whole.

use super::records::History;
use crate::map::{Map, Role};
use crate::reject::Reject;
use crate::source::field::{Column, Finder, RowView};
use crate::source::names::{Name, Names};
use crate::source::table::{Header, Tables};
use csv::StringRecord;
use rustc_hash::FxHashSet;

/// An order of the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub number: Name,
    pub line: u64,
}

/// The orders of the list, in its order.
pub fn read(map: &Map, tables: &Tables, header: &Header, names: &mut Names) -> Vec<Entry> {
    let (Some(list), Some((file, table))) = (&map.return_list, tables.of_role(Role::Returns)) else {
        return Vec::new();
    };
    let lines_file = map.files.iter().position(|file| file.role == Role::Lines).unwrap_or_default();
    let mut finder = Finder { map, lines_file, lines: header, tables, missing: Vec::new() };
    let order = finder.column(&list.order);
    let when: Option<(Column, &Vec<String>)> = list.when.as_ref().map(|(field, values)| (finder.column(field), values));
    let record = StringRecord::new();
    let mut joined = vec![None; tables.len()];
    let mut entries = Vec::new();
    for (n, line) in table.lines.iter().enumerate() {
        joined[file] = u32::try_from(n).ok();
        let row = RowView { record: &record, joined: &joined, tables };
        let counts = when.as_ref().is_none_or(|(column, values)| {
            column.text(row).is_some_and(|text| values.iter().any(|value| **value == *text))
        });
        if counts && let Some(number) = order.text(row) {
            entries.push(Entry { number: names.keep(&number), line: *line });
        }
    }
    entries
}

/// Rejects entries that name no order, or one again.
pub fn reject_unknown(map: &Map, list: Vec<Entry>, history: &mut History) {
    let (Some(spec), Some(rule)) = (map.files.iter().find(|file| file.role == Role::Returns), &map.return_list) else {
        return;
    };
    let orders: FxHashSet<Name> = history.orders.iter().map(|order| order.number).collect();
    let mut seen = FxHashSet::default();
    for entry in list {
        let reason = match (orders.contains(&entry.number), seen.insert(entry.number)) {
            (false, _) => "return_of_unknown_order",
            (true, false) => "return_twice",
            (true, true) => continue,
        };
        let column = super::classify::header(Some(&rule.order));
        history.rejects.push(Reject::new(&spec.name, entry.line, column, reason, ""));
    }
}
