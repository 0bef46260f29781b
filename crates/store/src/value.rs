//! Values as they pass between records and databases.

use crate::error::StoreError;
use compact_str::CompactString;
use std::borrow::Cow;
use waybill_domain::Code;
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::identity::IdentityDigest;
use waybill_domain::access::password::PasswordHash;
use waybill_domain::access::totp::TotpSecret;
use waybill_domain::actor::Scope;
use waybill_domain::catalog::item::UnitCost;
use waybill_domain::chain::Chain;
use waybill_domain::ids::*;
use waybill_domain::ledger::{StockAccount, StockKey};
use waybill_domain::money::{Currency, Minor, UnitPrice};
use waybill_domain::quantity::Quantity;
use waybill_domain::time::{Date, Timestamp};
use waybill_domain::webhook::DisabledReason;
use waybill_domain::webhook::secret::SigningSecret;
use waybill_domain::webhook::url::EndpointUrl;

/// The kinds of column both databases keep identically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// 64-bit integer.
    Int,
    Bool,
    Text,
    /// 16 bytes: `uuid` on PostgreSQL, BLOB on SQLite.
    Id,
    Bytes,
}

/// A value of a column. Codes and other short texts are kept in place: rows are read by the million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Null,
    Int(i64),
    Bool(bool),
    Text(CompactString),
    Id(Id),
    Bytes(Vec<u8>),
}

impl Value {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}
impl From<CompactString> for Value {
    fn from(value: CompactString) -> Self {
        Self::Text(value)
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}
impl From<Id> for Value {
    fn from(value: Id) -> Self {
        Self::Id(value)
    }
}
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Takes the values of one row, column by column in the description's order. A backend's statement.
pub trait Sink {
    fn int(&mut self, value: Option<i64>);
    fn bool(&mut self, value: Option<bool>);
    fn text(&mut self, value: Option<&str>);
    fn id(&mut self, value: Option<Id>);
    fn bytes(&mut self, value: Option<&[u8]>);
}

/// Gives the values of one row, column by column in the description's order. A backend's row where it lies, or a [`Row`].
///
/// Each gives [`StoreError::Damaged`] where the next value is of another kind.
pub trait Source {
    fn int(&mut self) -> Result<Option<i64>, StoreError>;
    fn bool(&mut self) -> Result<Option<bool>, StoreError>;
    fn text(&mut self) -> Result<Option<&str>, StoreError>;
    fn id(&mut self) -> Result<Option<Id>, StoreError>;
    fn bytes(&mut self) -> Result<Option<Cow<'_, [u8]>>, StoreError>;
    /// The value at a place, whatever was taken, to name a row that does not read; null where there is none.
    fn peek(&self, place: usize) -> Value;
}

/// Takes the next column of any source, as the type that is wanted.
pub trait Take: Source {
    /// # Errors
    /// [`StoreError::Damaged`] where the value is not of that type.
    fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        T::take(self)
    }
}

impl<S: Source + ?Sized> Take for S {}

/// A row read from a database, taken column by column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    values: Vec<Value>,
    next: usize,
}

impl Row {
    pub const fn new(values: Vec<Value>) -> Self {
        Self { values, next: 0 }
    }

    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The next column, read as `T`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where the value is not of that type.
    pub fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        T::take(self)
    }

    fn next_value(&mut self) -> Result<&mut Value, StoreError> {
        let place = self.next;
        self.next += 1;
        self.values.get_mut(place).ok_or_else(|| StoreError::Damaged(format!("a row has no column {place}")))
    }

    fn mismatch<T>(&self, expected: &str) -> Result<T, StoreError> {
        let place = self.next - 1;
        let found = self.values.get(place).unwrap_or(&Value::Null);
        Err(StoreError::Damaged(format!("column {place} holds {found:?}, expected {expected}")))
    }
}

impl Source for Row {
    fn int(&mut self) -> Result<Option<i64>, StoreError> {
        match self.next_value()? {
            Value::Null => Ok(None),
            Value::Int(value) => Ok(Some(*value)),
            Value::Bool(value) => Ok(Some(i64::from(*value))),
            _ => self.mismatch("an integer"),
        }
    }

    fn bool(&mut self) -> Result<Option<bool>, StoreError> {
        match self.next_value()? {
            Value::Null => Ok(None),
            Value::Bool(value) => Ok(Some(*value)),
            Value::Int(value @ (0 | 1)) => Ok(Some(*value == 1)),
            _ => self.mismatch("true or false"),
        }
    }

    fn text(&mut self) -> Result<Option<&str>, StoreError> {
        match self.next_value()? {
            Value::Null => Ok(None),
            Value::Text(_) => Ok(self.values.get(self.next - 1).and_then(Value::as_text)),
            _ => self.mismatch("text"),
        }
    }

    fn id(&mut self) -> Result<Option<Id>, StoreError> {
        match self.next_value()? {
            Value::Null => Ok(None),
            Value::Id(value) => Ok(Some(*value)),
            Value::Bytes(bytes) => match <[u8; 16]>::try_from(bytes.as_slice()) {
                Ok(bytes) => Ok(Some(Id::from_bytes(bytes))),
                Err(_) => self.mismatch("16 bytes"),
            },
            _ => self.mismatch("16 bytes"),
        }
    }

    fn bytes(&mut self) -> Result<Option<Cow<'_, [u8]>>, StoreError> {
        match self.next_value()? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(Cow::Owned(std::mem::take(bytes)))),
            Value::Id(id) => Ok(Some(Cow::Owned(id.bytes().to_vec()))),
            _ => self.mismatch("bytes"),
        }
    }

    fn peek(&self, place: usize) -> Value {
        self.values.get(place).cloned().unwrap_or(Value::Null)
    }
}

/// A type that fills one column (or, for a few composite types, several in a row).
pub trait Column: Sized {
    const KIND: ColumnKind;
    const NULLABLE: bool = false;
    /// The columns this type fills; `name` is the field's.
    fn describe(name: &'static str, out: &mut Vec<(&'static str, ColumnKind, bool)>) {
        out.push((name, Self::KIND, Self::NULLABLE));
    }
    fn bind(&self, sink: &mut dyn Sink);
    /// # Errors
    /// [`StoreError::Damaged`] where the value is not of this type.
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError>;
}

#[doc(hidden)]
pub fn required<T>(value: Option<T>) -> Result<T, StoreError> {
    value.ok_or_else(|| StoreError::Damaged("a column that may not be null is null".into()))
}

/// How a type reads from and writes to the primitive of its kind; `Column` for it and its `Option` follow.
macro_rules! columns {
    ($($type:ty, $kind:ident, $method:ident, |$value:ident| $to:expr, |$raw:ident| $from:expr;)+) => {$(
        impl Column for $type {
            const KIND: ColumnKind = ColumnKind::$kind;
            fn bind(&self, sink: &mut dyn Sink) {
                let $value = self;
                sink.$method(Some($to));
            }
            fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
                let $raw = required(row.$method()?)?;
                $from
            }
        }
        impl Column for Option<$type> {
            const KIND: ColumnKind = ColumnKind::$kind;
            const NULLABLE: bool = true;
            fn bind(&self, sink: &mut dyn Sink) {
                match self {
                    Some($value) => sink.$method(Some($to)),
                    None => sink.$method(None),
                }
            }
            fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
                match row.$method()? {
                    None => Ok(None),
                    Some($raw) => { let value: Result<$type, StoreError> = $from; value.map(Some) }
                }
            }
        }
    )+};
}

fn damaged(what: &str, found: &str) -> StoreError {
    StoreError::Damaged(format!("{found:?} is not {what}"))
}

columns! {
    i64, Int, int, |value| *value, |raw| Ok(raw);
    u32, Int, int, |value| i64::from(*value), |raw| u32::try_from(raw).map_err(|_| damaged("a small number", &raw.to_string()));
    bool, Bool, bool, |value| *value, |raw| Ok(raw);
    String, Text, text, |value| value.as_str(), |raw| Ok(raw.to_owned());
    Vec<u8>, Bytes, bytes, |value| value.as_slice(), |raw| Ok(raw.into_owned());
    [u8; 32], Bytes, bytes, |value| value.as_slice(), |raw| raw.as_ref().try_into().map_err(|_| damaged("32 bytes", "a blob"));
    Quantity, Int, int, |value| value.0, |raw| Ok(Quantity(raw));
    Minor, Int, int, |value| value.0, |raw| Ok(Minor(raw));
    UnitPrice, Int, int, |value| value.0, |raw| Ok(UnitPrice(raw));
    Timestamp, Int, int, |value| value.0, |raw| Ok(Timestamp(raw));
    Currency, Text, text, |value| value.as_str(), |raw| raw.parse().map_err(|_| damaged("a currency", raw));
    Date, Text, text, |value| &value.to_string(), |raw| raw.parse().map_err(|_| damaged("a date", raw));
    Id, Id, id, |value| *value, |raw| Ok(raw);
    EndpointUrl, Text, text, |value| value.0.as_str(), |raw| Ok(EndpointUrl(raw.to_owned()));
    SigningSecret, Bytes, bytes, |value| value.0.as_slice(), |raw| Ok(SigningSecret(raw.into_owned()));
    EmailDigest, Bytes, bytes, |value| value.0.as_slice(), |raw| raw.as_ref().try_into().map(EmailDigest).map_err(|_| damaged("32 bytes", "a blob"));
    IdentityDigest, Bytes, bytes, |value| value.0.as_slice(), |raw| raw.as_ref().try_into().map(IdentityDigest).map_err(|_| damaged("32 bytes", "a blob"));
    PasswordHash, Text, text, |value| value.0.as_str(), |raw| Ok(PasswordHash(raw.to_owned()));
    TotpSecret, Bytes, bytes, |value| value.0.as_slice(), |raw| Ok(TotpSecret(raw.into_owned()));
    DisabledReason, Text, text, |value| value.code(), |raw| code_from(raw);
}

macro_rules! id_columns {
    ($($type:ty),+ $(,)?) => { columns! { $($type, Id, id, |value| value.0, |raw| Ok(raw.into());)+ } };
}
id_columns!(
    OrderId,
    ItemId,
    LocationId,
    ChannelId,
    CustomerId,
    LotId,
    ReservationId,
    TransferId,
    StockDocumentId,
    ApiKeyId,
    PartyId,
    AddressId,
    TextId,
    EventId,
    StoreId,
    WebhookEndpointId,
    UserId,
    SessionId,
);

/// Declares columns for enumerations with codes.
#[macro_export]
macro_rules! code_columns {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::value::Column for $type {
            const KIND: $crate::value::ColumnKind = $crate::value::ColumnKind::Text;
            fn bind(&self, sink: &mut dyn $crate::value::Sink) {
                sink.text(Some(waybill_domain::Code::code(*self)));
            }
            fn take<S: $crate::value::Source + ?Sized>(row: &mut S) -> Result<Self, $crate::error::StoreError> {
                $crate::value::code_from($crate::value::required(row.text()?)?)
            }
        }
    )+};
}

/// Reads an enumeration back from its code.
///
/// # Errors
/// [`StoreError::Damaged`] where no value has this code.
pub fn code_from<T: Code>(text: &str) -> Result<T, StoreError> {
    T::from_code(text).ok_or_else(|| damaged("a known code", text))
}

impl<T: serde::Serialize + serde::de::DeserializeOwned> Column for Scope<T> {
    const KIND: ColumnKind = ColumnKind::Text;
    fn bind(&self, sink: &mut dyn Sink) {
        sink.text(Some(&serde_json::to_string(self).unwrap_or_default()));
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let text = required(row.text()?)?;
        serde_json::from_str(text).map_err(|_| damaged("a scope", text))
    }
}

impl Column for Chain {
    const KIND: ColumnKind = ColumnKind::Int;
    fn describe(_: &'static str, out: &mut Vec<(&'static str, ColumnKind, bool)>) {
        out.push(("sequence", ColumnKind::Int, false));
        out.push(("hash", ColumnKind::Bytes, false));
        out.push(("happened_at", ColumnKind::Int, false));
    }
    fn bind(&self, sink: &mut dyn Sink) {
        self.sequence.bind(sink);
        self.hash.bind(sink);
        self.happened_at.bind(sink);
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        Ok(Self { sequence: row.take()?, hash: row.take()?, happened_at: row.take()? })
    }
}

impl Column for Option<UnitCost> {
    const KIND: ColumnKind = ColumnKind::Int;
    const NULLABLE: bool = true;
    fn describe(_: &'static str, out: &mut Vec<(&'static str, ColumnKind, bool)>) {
        out.push(("unit_cost", ColumnKind::Int, true));
        out.push(("cost_currency", ColumnKind::Text, true));
    }
    fn bind(&self, sink: &mut dyn Sink) {
        self.map(|cost| cost.amount).bind(sink);
        self.map(|cost| cost.currency).bind(sink);
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let (amount, currency): (Option<UnitPrice>, Option<Currency>) = (row.take()?, row.take()?);
        Ok(amount.zip(currency).map(|(amount, currency)| UnitCost { amount, currency }))
    }
}

impl Column for StockKey {
    const KIND: ColumnKind = ColumnKind::Id;
    fn describe(_: &'static str, out: &mut Vec<(&'static str, ColumnKind, bool)>) {
        out.extend(["item_id", "location_id", "lot_id"].map(|name| (name, ColumnKind::Id, false)));
    }
    fn bind(&self, sink: &mut dyn Sink) {
        self.item_id.bind(sink);
        self.location_id.bind(sink);
        self.lot_id.bind(sink);
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        Ok(Self { item_id: row.take()?, location_id: row.take()?, lot_id: row.take()? })
    }
}

/// A stock level's balances: one column per state.
impl Column for [Quantity; 9] {
    const KIND: ColumnKind = ColumnKind::Int;
    fn describe(_: &'static str, out: &mut Vec<(&'static str, ColumnKind, bool)>) {
        out.extend(StockAccount::STATES.map(|state| (state.code(), ColumnKind::Int, false)));
    }
    fn bind(&self, sink: &mut dyn Sink) {
        self.iter().for_each(|quantity| quantity.bind(sink));
    }
    fn take<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let mut balances = [Quantity::ZERO; 9];
        for balance in &mut balances {
            *balance = row.take()?;
        }
        Ok(balances)
    }
}
