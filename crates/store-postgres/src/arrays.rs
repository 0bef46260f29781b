//! Many rows as one array per column, written in PostgreSQL's binary form while the rows are walked once.

use bytes::{BufMut, BytesMut};
use std::error::Error;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};
use waybill_domain::ids::Id;
use waybill_store::{Sink, Value};

/// The values of one column. Its type is the one that the statement wants.
#[derive(Debug, Default)]
pub struct ColumnArray {
    count: i32,
    has_nulls: bool,
    /// Each element as its length (-1 for null) and its bytes, big-endian.
    elements: Vec<u8>,
}

impl ColumnArray {
    fn put(&mut self, element: Option<&[u8]>) {
        self.count += 1;
        match element {
            // The protocol cannot carry 2 GiB, and no record comes near it.
            Some(bytes) => {
                self.elements.put_i32(bytes.len() as i32);
                self.elements.put_slice(bytes);
            }
            None => {
                self.has_nulls = true;
                self.elements.put_i32(-1);
            }
        }
    }

    pub fn put_value(&mut self, value: &Value) {
        match value {
            Value::Null => self.put(None),
            Value::Int(value) => self.put(Some(&value.to_be_bytes())),
            Value::Bool(value) => self.put(Some(&[u8::from(*value)])),
            Value::Text(value) => self.put(Some(value.as_bytes())),
            Value::Id(value) => self.put(Some(&value.bytes())),
            Value::Bytes(value) => self.put(Some(value)),
        }
    }
}

impl ToSql for ColumnArray {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Kind::Array(element) = wanted.kind() else {
            return Err(format!("the statement wants {wanted}, not an array").into());
        };
        // An array of no elements has no dimensions.
        out.put_i32(i32::from(self.count > 0));
        out.put_i32(i32::from(self.has_nulls));
        out.put_u32(element.oid());
        if self.count > 0 {
            out.put_i32(self.count);
            out.put_i32(1); // The first element's number.
            out.put_slice(&self.elements);
        }
        Ok(IsNull::No)
    }

    fn accepts(wanted: &Type) -> bool {
        matches!(wanted.kind(), Kind::Array(_))
    }

    to_sql_checked!();
}

/// Rows turned into columns.
pub struct Columns<'a> {
    arrays: Vec<ColumnArray>,
    /// The array of each column of a row; `None` where the statement does not use it.
    places: &'a [Option<usize>],
    next: usize,
}

impl<'a> Columns<'a> {
    pub fn new(places: &'a [Option<usize>]) -> Self {
        let arrays = places.iter().flatten().map(|_| ColumnArray::default()).collect();
        Self { arrays, places, next: 0 }
    }

    /// A row begins.
    pub fn row(&mut self) -> &mut Self {
        self.next = 0;
        self
    }

    pub fn into_arrays(self) -> Vec<ColumnArray> {
        self.arrays
    }

    fn put(&mut self, element: Option<&[u8]>) {
        let place = self.places.get(self.next).copied().flatten();
        self.next += 1;
        if let Some(array) = place.and_then(|place| self.arrays.get_mut(place)) {
            array.put(element);
        }
    }
}

impl Sink for Columns<'_> {
    fn int(&mut self, value: Option<i64>) {
        self.put(value.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }
    fn bool(&mut self, value: Option<bool>) {
        self.put(value.map(|value| [u8::from(value)]).as_ref().map(<[u8; 1]>::as_slice));
    }
    fn text(&mut self, value: Option<&str>) {
        self.put(value.map(str::as_bytes));
    }
    fn id(&mut self, value: Option<Id>) {
        self.put(value.map(Id::bytes).as_ref().map(<[u8; 16]>::as_slice));
    }
    fn bytes(&mut self, value: Option<&[u8]>) {
        self.put(value);
    }
}
