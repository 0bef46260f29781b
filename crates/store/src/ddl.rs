//! The SQL that creates a described table, so that both databases' migrations come from one description.
//!
//! A migration that was released is never edited and this generator may go on to say something else: its output is kept
//! as a file (`cargo run -p waybill-store --example ddl -- sqlite`), and a test in each backend compares the
//! descriptions with the live catalog.

use crate::record::{Index, Table};
use crate::value::ColumnKind;
use std::fmt::Write;

/// The two ways of writing a table down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The type of a column of this kind.
    pub const fn type_name(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, ColumnKind::Int | ColumnKind::Bool) => "INTEGER",
            (Self::Sqlite, ColumnKind::Text) => "TEXT",
            (Self::Sqlite, ColumnKind::Id | ColumnKind::Bytes) => "BLOB",
            (Self::Postgres, ColumnKind::Int) => "bigint",
            (Self::Postgres, ColumnKind::Bool) => "boolean",
            // Text sorts by bytes in both databases, so that pages keyed by a text column agree.
            (Self::Postgres, ColumnKind::Text) => "text COLLATE \"C\"",
            (Self::Postgres, ColumnKind::Id) => "uuid",
            (Self::Postgres, ColumnKind::Bytes) => "bytea",
        }
    }
}

/// The name of a table's primary key.
pub fn key_name(table: &str) -> String {
    format!("{table}_key")
}

/// The name of a child table's foreign key.
pub fn parent_name(table: &str) -> String {
    format!("{table}_parent")
}

/// Whether the key is one integer that SQLite can use as the row's own number.
pub fn has_integer_key(table: &Table) -> bool {
    matches!(table.key, [key] if table.column(key).is_some_and(|column| column.kind == ColumnKind::Int))
}

/// The statements that create a table and its indexes, each ending in `;` and a new line.
pub fn create_table(table: &Table, dialect: Dialect) -> String {
    let mut lines = Vec::new();
    for column in &table.columns {
        let null = if column.nullable { "" } else { " NOT NULL" };
        lines.push(format!("{} {}{null}", column.name, dialect.type_name(column.kind)));
    }
    lines.push(format!("CONSTRAINT {} PRIMARY KEY ({})", key_name(table.name), table.key.join(", ")));
    if let Some((parent, column)) = table.parent {
        lines.push(format!("CONSTRAINT {} FOREIGN KEY ({column}) REFERENCES {parent}", parent_name(table.name)));
    }
    for (name, condition) in table.checks {
        lines.push(format!("CONSTRAINT {name} CHECK ({condition})"));
    }
    let mut sql =
        format!("CREATE TABLE {} (\n    {}\n){};\n", table.name, lines.join(",\n    "), suffix(table, dialect));
    for index in table.indexes {
        sql.push_str(&create_index(table.name, index));
    }
    sql
}

fn create_index(table: &str, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql = format!("CREATE {unique}INDEX {} ON {table} ({})", index.name, index.columns.join(", "));
    if let Some(condition) = index.only {
        // Writing to a string cannot fail.
        let _ = write!(sql, " WHERE {condition}");
    }
    sql.push_str(";\n");
    sql
}

/// How rows are laid out. On SQLite a row lives in its key's index (measured: a sixth less processor time than rows apart
/// from it), save where the key is the row's own number anyway or comes in no order. On PostgreSQL pages keep room where
/// rows are updated, so that an update stays on its page and leaves indexes alone.
fn suffix(table: &Table, dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite if has_integer_key(table) || table.scattered_key => " STRICT",
        Dialect::Sqlite => " STRICT, WITHOUT ROWID",
        Dialect::Postgres if table.columns.iter().all(|column| column.fixed) => "",
        Dialect::Postgres => " WITH (fillfactor = 85)",
    }
}

/// The rows that a store has from its first moment on.
const FIRST_ROWS: &str = "INSERT INTO log_head (id, position) VALUES (1, 0);
INSERT INTO store_state (id, min_writer, settings, catalog) VALUES (1, 1, 0, 0);
INSERT INTO receipt_turn (id, generation, since) VALUES (1, 0, 0);
";

/// The whole schema of a new store, parents first.
pub fn create_schema(dialect: Dialect) -> String {
    let mut parts: Vec<_> = crate::tables::tables().into_iter().map(|table| create_table(table, dialect)).collect();
    parts.push(FIRST_ROWS.to_owned());
    parts.join("\n")
}
