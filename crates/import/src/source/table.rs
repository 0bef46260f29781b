//! Small files in memory, found by a key; and how a row of the lines file leads to their rows.

use super::open;
use crate::error::ImportError;
use crate::map::{FileSpec, Map, Role};
use crate::reject::Reject;
use csv::StringRecord;
use rustc_hash::FxHashMap;
use std::path::Path;

/// The columns of a file by name.
#[derive(Clone, Debug, Default)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    pub fn new(record: &StringRecord) -> Self {
        // A byte order mark belongs to no column.
        let clean =
            |(n, name): (usize, &str)| if n == 0 { name.trim_start_matches('\u{feff}') } else { name }.to_owned();
        Self { names: record.iter().enumerate().map(clean).collect() }
    }

    pub fn place(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    /// The column at a place.
    pub fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }
}

/// A file in memory.
#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub role: Role,
    pub header: Header,
    pub rows: Vec<StringRecord>,
    /// Where each row begins in the file.
    pub lines: Vec<u64>,
    /// Rows by the value of the join's column, first row first.
    by_key: FxHashMap<Box<str>, Vec<u32>>,
    /// Place of the join's column.
    pub key: usize,
    /// The table and column whose value is looked up; table 0 is the lines file.
    pub to: (usize, usize),
}

/// Rows of tables that belong to one row of the lines file; index 0 is not used.
pub type Joined = Vec<Option<u32>>;

impl Table {
    pub fn find(&self, key: &str) -> &[u32] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    pub fn value(&self, row: u32, column: usize) -> &str {
        self.rows.get(row as usize).and_then(|record| record.get(column)).unwrap_or_default()
    }
}

/// Every file but the lines, in the order of the mapping; `None` where an optional one is not there.
#[derive(Debug)]
pub struct Tables {
    /// By the place of the file in the mapping.
    tables: Vec<Option<Table>>,
}

impl Tables {
    /// Reads them; rows with a wrong number of columns are rejects.
    ///
    /// # Errors
    /// Files or columns that are not there.
    pub fn read(map: &Map, source: &Path, lines: &Header, rejects: &mut Vec<Reject>) -> Result<Self, ImportError> {
        let mut tables: Vec<Option<Table>> = Vec::with_capacity(map.files.len());
        for spec in &map.files {
            let path = if spec.role == Role::Lines { None } else { open::locate(spec, source)? };
            let table = match path {
                Some(path) => Some(read(map, spec, &path, lines, &tables, rejects)?),
                None => None,
            };
            tables.push(table);
        }
        Ok(Self { tables })
    }

    pub fn of_file(&self, place: usize) -> Option<&Table> {
        self.tables.get(place).and_then(Option::as_ref)
    }

    pub fn of_role(&self, role: Role) -> Option<(usize, &Table)> {
        let tables = self.tables.iter().enumerate();
        tables.filter_map(|(n, table)| Some((n, table.as_ref()?))).find(|(_, table)| table.role == role)
    }

    pub fn len(&self) -> usize {
        self.tables.len()
    }

    /// The rows that belong to a row of the lines file.
    pub fn join(&self, lines_file: usize, record: &StringRecord, joined: &mut Joined) {
        joined.clear();
        for (n, table) in self.tables.iter().enumerate() {
            let row = table.as_ref().filter(|_| n != lines_file).and_then(|table| {
                let (to, column) = table.to;
                let key = if to == lines_file {
                    record.get(column).unwrap_or_default()
                } else {
                    self.of_file(to)?.value((*joined.get(to)?)?, column)
                };
                table.find(key).first().copied()
            });
            joined.push(row);
        }
    }
}

fn read(
    map: &Map,
    spec: &FileSpec,
    path: &Path,
    lines: &Header,
    earlier: &[Option<Table>],
    rejects: &mut Vec<Reject>,
) -> Result<Table, ImportError> {
    let unreadable = |error: csv::Error| ImportError::Unreadable { path: path.to_owned(), source: error.into() };
    let mut reader = open::records(path, &spec.format)?;
    let header = Header::new(reader.headers().map_err(unreadable)?);
    let missing = |file: &str, column: &str| ImportError::MissingColumns {
        file: file.to_owned(),
        columns: vec![column.to_owned()],
    };
    let (mut key, mut to) = (0, (0, 0));
    if let Some(join) = &spec.join {
        key = header.place(&join.column).ok_or_else(|| missing(&spec.name, &join.column))?;
        let place = map.files.iter().position(|file| file.name == join.to_file).unwrap_or_default();
        let target = earlier.get(place).and_then(Option::as_ref).map_or(lines, |table| &table.header);
        let column = target.place(&join.to_column).ok_or_else(|| missing(&join.to_file, &join.to_column))?;
        to = (place, column);
    }
    let mut table = Table {
        name: spec.name.clone(),
        role: spec.role,
        header,
        rows: Vec::new(),
        lines: Vec::new(),
        by_key: FxHashMap::default(),
        key,
        to,
    };
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        let more = match reader.read_record(&mut record) {
            Ok(more) => more,
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                rejects.push(Reject::new(&spec.name, line, "", "bad_row", "is not in the mapping's encoding"));
                continue;
            }
            Err(error) => return Err(unreadable(error)),
        };
        if !more {
            return Ok(table);
        }
        let line = record.position().map_or(line, csv::Position::line);
        if record.len() != table.header.len() {
            let detail = format!("{} columns, the header has {}", record.len(), table.header.len());
            rejects.push(Reject::new(&spec.name, line, "", "bad_row", detail));
            continue;
        }
        let row = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
        if let Some(value) = record.get(key) {
            match table.by_key.get_mut(value) {
                Some(rows) => rows.push(row),
                None => {
                    table.by_key.insert(value.into(), vec![row]);
                }
            }
        }
        table.rows.push(record.clone());
        table.lines.push(line);
    }
}
