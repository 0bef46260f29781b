//! One description per table: name, columns, key, scope, constraints and indexes.

use crate::error::StoreError;
use crate::value::{Column, ColumnKind, Sink, Source, Value};
use waybill_domain::ids::Id;

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    pub name: &'static str,
    pub kind: ColumnKind,
    pub nullable: bool,
    /// Never changes after the insert, so updates leave it (and its indexes) alone.
    pub fixed: bool,
}

/// An index beside the primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    pub unique: bool,
    /// Condition of a partial index, in SQL both databases read.
    pub only: Option<&'static str>,
}

/// The description of a table, from which backends derive statements and migrations are checked.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: Vec<ColumnDef>,
    pub key: &'static [&'static str],
    /// Of a child table: the root's table, and the column here that holds the root's key. A foreign key, and how children
    /// are loaded.
    pub parent: Option<(&'static str, &'static str)>,
    pub indexes: &'static [Index],
    /// Named checks in SQL both databases read.
    pub checks: &'static [(&'static str, &'static str)],
    /// Rows are only added (a log), so that the key may be the physical order.
    pub append_only: bool,
    /// Keys come in no order at all (digests), so rows are kept apart from the key's index: a new row then changes a
    /// page of a small index of bare keys, not one of a large index of rows.
    pub scattered_key: bool,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// `a, b, c`
    pub fn column_list(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// Anything that can be written as a row.
pub trait ToRow: Sync {
    fn bind(&self, sink: &mut dyn Sink);
}

/// A struct that is a row of a described table.
pub trait Record: ToRow + Sized + 'static {
    fn table() -> &'static Table;
    /// # Errors
    /// [`StoreError::Damaged`] where a column does not hold what the description says.
    fn read<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError>;
}

#[doc(hidden)]
pub fn describe_field<R, T: Column>(_: fn(&R) -> &T, name: &'static str, fixed: bool, out: &mut Vec<ColumnDef>) {
    let mut columns = Vec::new();
    T::describe(name, &mut columns);
    out.extend(columns.into_iter().map(|(name, kind, nullable)| ColumnDef { name, kind, nullable, fixed }));
}

/// Declares a record: the struct's fields in column order. `fixed` fields never change after the insert.
#[macro_export]
macro_rules! record {
    (
        $type:ty, $table:literal, key: [$($key:literal),+],
        $(parent: ($parent:literal, $parent_column:literal),)?
        $(append_only: $append:literal,)?
        $(scattered_key: $scattered:literal,)?
        $(indexes: [$({ $index:literal, [$($icol:literal),+], unique: $unique:literal $(, only: $only:literal)? }),* $(,)?],)?
        $(checks: [$(($check:literal, $condition:literal)),* $(,)?],)?
        fixed: { $($fixed:ident),* $(,)? }, fields: { $($field:ident),* $(,)? }
    ) => {
        impl $crate::record::ToRow for $type {
            fn bind(&self, sink: &mut dyn $crate::value::Sink) {
                $($crate::value::Column::bind(&self.$fixed, sink);)*
                $($crate::value::Column::bind(&self.$field, sink);)*
            }
        }
        impl $crate::record::Record for $type {
            fn table() -> &'static $crate::record::Table {
                static TABLE: std::sync::OnceLock<$crate::record::Table> = std::sync::OnceLock::new();
                TABLE.get_or_init(|| {
                    #[allow(unused_mut)]
                    let mut columns = Vec::new();
                    $($crate::record::describe_field(|record: &$type| &record.$fixed, stringify!($fixed), true, &mut columns);)*
                    $($crate::record::describe_field(|record: &$type| &record.$field, stringify!($field), false, &mut columns);)*
                    #[allow(unused_mut, unused_assignments)]
                    let mut parent = None;
                    $(parent = Some(($parent, $parent_column));)?
                    #[allow(unused_mut, unused_assignments)]
                    let mut append_only = false;
                    $(append_only = $append;)?
                    #[allow(unused_mut, unused_assignments)]
                    let mut scattered_key = false;
                    $(scattered_key = $scattered;)?
                    $crate::record::Table {
                        name: $table,
                        columns,
                        key: &[$($key),+],
                        parent,
                        indexes: &[$($($crate::record::Index {
                            name: $index,
                            columns: &[$($icol),+],
                            unique: $unique,
                            only: $crate::record!(@only $($only)?),
                        }),*)?],
                        checks: &[$($(($check, $condition)),*)?],
                        append_only,
                        scattered_key,
                    }
                })
            }
            fn read<S: $crate::value::Source + ?Sized>(row: &mut S) -> Result<Self, $crate::error::StoreError> {
                Ok(Self {
                    $($fixed: $crate::value::Column::take(row)?,)*
                    $($field: $crate::value::Column::take(row)?,)*
                })
            }
        }
    };
    (@only) => { None };
    (@only $only:literal) => { Some($only) };
}

/// The columns of a record as its description orders them: `o.id, o.number, ...`.
pub fn columns<T: Record>(alias: &str) -> String {
    let names = T::table().columns.iter().map(|column| format!("{alias}.{}", column.name));
    names.collect::<Vec<_>>().join(", ")
}

/// A row's values in the order of its columns.
pub fn values(row: &dyn ToRow) -> Vec<Value> {
    let mut values = Values::default();
    row.bind(&mut values);
    values.0
}

#[derive(Debug, Default)]
struct Values(Vec<Value>);

impl Sink for Values {
    fn int(&mut self, value: Option<i64>) {
        self.0.push(value.into());
    }
    fn bool(&mut self, value: Option<bool>) {
        self.0.push(value.into());
    }
    fn text(&mut self, value: Option<&str>) {
        self.0.push(value.into());
    }
    fn id(&mut self, value: Option<Id>) {
        self.0.push(value.into());
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.0.push(value.map_or(Value::Null, |bytes| Value::Bytes(bytes.to_vec())));
    }
}
