//! Single values on their way into and out of PostgreSQL.

use bytes::{BufMut, BytesMut};
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use waybill_domain::ids::Id;
use waybill_store::{Row, StoreError, Value};

/// A value as a parameter, in the type that the statement wants of it.
#[derive(Debug)]
pub struct Parameter<'a>(pub &'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.0, wanted) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Int(value), &Type::INT8) => out.put_i64(*value),
            (Value::Int(value), &Type::INT4) => out.put_i32(i32::try_from(*value)?),
            (Value::Int(value), &Type::INT2) => out.put_i16(i16::try_from(*value)?),
            (Value::Bool(value), &Type::BOOL) => out.put_u8(u8::from(*value)),
            (Value::Text(value), &(Type::TEXT | Type::VARCHAR | Type::NAME)) => out.put_slice(value.as_bytes()),
            (Value::Id(value), &(Type::UUID | Type::BYTEA)) => out.put_slice(&value.bytes()),
            (Value::Bytes(value), &Type::BYTEA) => out.put_slice(value),
            (value, wanted) => return Err(format!("a parameter is {value:?}, the statement wants {wanted}").into()),
        }
        Ok(IsNull::No)
    }

    // What fits is decided with the value at hand.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A value as it came.
struct Read(Value);

impl<'a> FromSql<'a> for Read {
    fn from_sql(found: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *found {
            Type::INT8 => Value::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Value::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => Value::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Type::BOOL => Value::Bool(raw != [0]),
            Type::UUID => Value::Id(Id::from_bytes(raw.try_into()?)),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            // TEXT and its like: nothing else is accepted.
            _ => Value::from(std::str::from_utf8(raw)?),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(found: &Type) -> bool {
        matches!(
            *found,
            Type::INT8
                | Type::INT4
                | Type::INT2
                | Type::BOOL
                | Type::UUID
                | Type::BYTEA
                | Type::TEXT
                | Type::VARCHAR
                | Type::BPCHAR
                | Type::NAME
                | Type::UNKNOWN
        )
    }
}

/// A row of any statement.
///
/// # Errors
/// [`StoreError::Other`] where a column has a type that records do not, such as the `numeric` of an uncast sum.
pub fn row(found: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(found.len());
    for (place, column) in found.columns().iter().enumerate() {
        match found.try_get::<_, Read>(place) {
            Ok(Read(value)) => values.push(value),
            Err(_) if !Read::accepts(column.type_()) => {
                return Err(StoreError::Other(format!("column {} is {}: cast it", column.name(), column.type_())));
            }
            Err(error) => return Err(StoreError::Damaged(format!("column {}: {error}", column.name()))),
        }
    }
    Ok(Row::new(values))
}
