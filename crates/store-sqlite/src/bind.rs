//! Values on their way into and out of SQLite.

use rusqlite::types::ValueRef;
use rusqlite::{Statement, ToSql};
use std::borrow::Cow;
use waybill_domain::ids::Id;
use waybill_store::{ColumnKind, Row, Sink, Source, StoreError, Table, Value};

/// Binds the columns of a row to a statement's parameters without a copy in between.
pub struct Binder<'a, 'connection> {
    statement: &'a mut Statement<'connection>,
    /// The parameter of each column that is still to come; 0 where the statement does not use it.
    places: std::slice::Iter<'a, usize>,
    failure: Option<rusqlite::Error>,
}

impl<'a, 'connection> Binder<'a, 'connection> {
    pub fn new(statement: &'a mut Statement<'connection>, places: &'a [usize]) -> Self {
        Self { statement, places: places.iter(), failure: None }
    }

    fn put(&mut self, value: impl ToSql) {
        let bound = match self.places.next() {
            Some(0) => return,
            Some(&place) => self.statement.raw_bind_parameter(place, value),
            None => Err(rusqlite::Error::InvalidParameterCount(self.places.len() + 1, self.places.len())),
        };
        if let Err(error) = bound {
            self.failure.get_or_insert(error);
        }
    }

    /// Fails when a value could not be bound, or some column had no value.
    pub fn finish(self) -> Result<(), rusqlite::Error> {
        match (self.failure, self.places.len()) {
            (Some(error), _) => Err(error),
            (None, 0) => Ok(()),
            (None, missing) => Err(rusqlite::Error::InvalidParameterCount(0, missing)),
        }
    }
}

impl Sink for Binder<'_, '_> {
    fn int(&mut self, value: Option<i64>) {
        self.put(value);
    }
    fn bool(&mut self, value: Option<bool>) {
        self.put(value);
    }
    fn text(&mut self, value: Option<&str>) {
        self.put(value);
    }
    fn id(&mut self, value: Option<Id>) {
        self.put(value.map(Id::bytes).as_ref().map(<[u8; 16]>::as_slice));
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.put(value);
    }
}

/// Binds one value.
pub fn bind_value(statement: &mut Statement<'_>, place: usize, value: &Value) -> rusqlite::Result<()> {
    match value {
        Value::Null => statement.raw_bind_parameter(place, rusqlite::types::Null),
        Value::Int(value) => statement.raw_bind_parameter(place, value),
        Value::Bool(value) => statement.raw_bind_parameter(place, value),
        Value::Text(value) => statement.raw_bind_parameter(place, value.as_str()),
        Value::Id(value) => statement.raw_bind_parameter(place, value.bytes().as_slice()),
        Value::Bytes(value) => statement.raw_bind_parameter(place, value.as_slice()),
    }
}

/// Binds parameters by their numbers: SQLite reads `$1` as a parameter of that *name*, numbered by first appearance.
///
/// # Errors
/// Where the statement and the parameters do not match one to one, as PostgreSQL would refuse it.
pub fn bind_numbered(statement: &mut Statement<'_>, parameters: &[Value]) -> Result<(), StoreError> {
    if statement.parameter_count() != parameters.len() {
        return Err(StoreError::Other(format!(
            "the statement has {} parameters, {} were given",
            statement.parameter_count(),
            parameters.len()
        )));
    }
    for place in 1..=parameters.len() {
        let name = statement.parameter_name(place).unwrap_or_default();
        let value = name.strip_prefix('$').and_then(|number| number.parse::<usize>().ok());
        let Some(value) = value.and_then(|number| parameters.get(number.checked_sub(1)?)) else {
            return Err(StoreError::Other(format!("the statement has a parameter {name:?}, not $1 to $n")));
        };
        bind_value(statement, place, value).map_err(crate::error::plain)?;
    }
    Ok(())
}

/// A row of a described table.
pub fn row_of(table: &Table, row: &rusqlite::Row<'_>) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (place, column) in table.columns.iter().enumerate() {
        let value = row.get_ref(place).map_err(crate::error::plain)?;
        match described(value, column.kind) {
            Some(value) => values.push(value),
            None => {
                return Err(StoreError::Damaged(format!(
                    "{}.{} holds {}, expected {:?}",
                    table.name,
                    column.name,
                    value.data_type(),
                    column.kind
                )));
            }
        }
    }
    Ok(Row::new(values))
}

fn described(value: ValueRef<'_>, kind: ColumnKind) -> Option<Value> {
    Some(match (value, kind) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(value), ColumnKind::Int) => Value::Int(value),
        (ValueRef::Integer(value @ (0 | 1)), ColumnKind::Bool) => Value::Bool(value == 1),
        (ValueRef::Text(bytes), ColumnKind::Text) => Value::from(std::str::from_utf8(bytes).ok()?),
        (ValueRef::Blob(bytes), ColumnKind::Id) => Value::Id(Id::from_bytes(bytes.try_into().ok()?)),
        (ValueRef::Blob(bytes), ColumnKind::Bytes) => Value::Bytes(bytes.to_vec()),
        _ => return None,
    })
}

/// A row where it lies, taken column by column.
pub struct Columns<'a, 'statement> {
    row: &'a rusqlite::Row<'statement>,
    next: usize,
}

impl<'a, 'statement> Columns<'a, 'statement> {
    pub const fn of(row: &'a rusqlite::Row<'statement>) -> Self {
        Self { row, next: 0 }
    }

    /// The next value as `read` takes it; `None` where it is null.
    fn next<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let place = self.next;
        self.next += 1;
        let value = self.row.get_ref(place).map_err(crate::error::plain)?;
        if value == ValueRef::Null {
            return Ok(None);
        }
        let kind = value.data_type();
        let wrong = || StoreError::Damaged(format!("column {place} holds {kind}, expected {expected}"));
        read(value).map(Some).ok_or_else(wrong)
    }
}

impl Source for Columns<'_, '_> {
    fn int(&mut self) -> Result<Option<i64>, StoreError> {
        self.next("an integer", |value| if let ValueRef::Integer(value) = value { Some(value) } else { None })
    }

    fn bool(&mut self) -> Result<Option<bool>, StoreError> {
        self.next("true or false", |value| match value {
            ValueRef::Integer(value @ (0 | 1)) => Some(value == 1),
            _ => None,
        })
    }

    fn text(&mut self) -> Result<Option<&str>, StoreError> {
        self.next("text", |value| match value {
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
    }

    fn id(&mut self) -> Result<Option<Id>, StoreError> {
        self.next("16 bytes", |value| match value {
            ValueRef::Blob(bytes) => bytes.try_into().ok().map(Id::from_bytes),
            _ => None,
        })
    }

    fn bytes(&mut self) -> Result<Option<Cow<'_, [u8]>>, StoreError> {
        self.next("bytes", |value| if let ValueRef::Blob(bytes) = value { Some(Cow::Borrowed(bytes)) } else { None })
    }

    fn peek(&self, place: usize) -> Value {
        self.row.get_ref(place).ok().and_then(|value| any(place, value).ok()).unwrap_or(Value::Null)
    }
}

/// A row of any statement. Sixteen bytes are read as an id, which [`Row`] also gives out as bytes.
pub fn row_of_any(columns: usize, row: &rusqlite::Row<'_>) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(columns);
    for place in 0..columns {
        values.push(any(place, row.get_ref(place).map_err(crate::error::plain)?)?);
    }
    Ok(Row::new(values))
}

fn any(place: usize, value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::from(text),
            Err(_) => return Err(StoreError::Damaged(format!("column {place} is not UTF-8"))),
        },
        ValueRef::Blob(bytes) => match <[u8; 16]>::try_from(bytes) {
            Ok(id) => Value::Id(Id::from_bytes(id)),
            Err(_) => Value::Bytes(bytes.to_vec()),
        },
        // No column is one; an average or a division must be cast, as on PostgreSQL.
        ValueRef::Real(_) => {
            return Err(StoreError::Other(format!("column {place} is a floating-point number: cast it")));
        }
    })
}
