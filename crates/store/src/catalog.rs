//! What a table looks like, said alike by a description and by a live database, so that the two can be compared.

use crate::ddl::{key_name, parent_name};
use crate::record::Table;
use crate::value::ColumnKind;

/// A table's shape. Two equal shapes read and write alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableShape {
    pub name: String,
    /// In the table's order.
    pub columns: Vec<ColumnShape>,
    pub key: Vec<String>,
    /// Indexes beside the key, by name.
    pub indexes: Vec<IndexShape>,
    /// Names of the key, the checks and the foreign key, sorted.
    pub constraints: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnShape {
    pub name: String,
    /// The database's own name of the type, lower case.
    pub type_name: String,
    pub nullable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexShape {
    pub name: String,
    pub columns: Vec<String>,
    pub unique: bool,
    /// Whether it holds only some of the rows. Databases word the condition differently, so only that it has one.
    pub partial: bool,
}

impl TableShape {
    /// The shape that a description promises, with the database's own type names.
    pub fn described(table: &Table, type_name: impl Fn(ColumnKind) -> &'static str) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let mut indexes: Vec<_> = table
            .indexes
            .iter()
            .map(|index| IndexShape {
                name: index.name.to_owned(),
                columns: owned(index.columns),
                unique: index.unique,
                partial: index.only.is_some(),
            })
            .collect();
        indexes.sort();
        let mut constraints: Vec<_> = table.checks.iter().map(|(name, _)| (*name).to_owned()).collect();
        constraints.extend(table.parent.map(|_| parent_name(table.name)));
        constraints.push(key_name(table.name));
        constraints.sort();
        Self {
            name: table.name.to_owned(),
            columns: table
                .columns
                .iter()
                .map(|column| ColumnShape {
                    name: column.name.to_owned(),
                    type_name: type_name(column.kind).to_owned(),
                    nullable: column.nullable,
                })
                .collect(),
            key: owned(table.key),
            indexes,
            constraints,
        }
    }
}
