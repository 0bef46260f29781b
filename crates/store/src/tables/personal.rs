//! Personal data, in rows of its own.

use crate::error::StoreError;
use crate::record;
use crate::record::{Record, Table};
use crate::value::{Column, ColumnKind, Sink, Source, Take};
use waybill_domain::ids::*;
use waybill_domain::personal::{Address, Party, PersonalAddress, PersonalParty, PersonalText};

/// One row of personal data: a name with its contacts. `erased_at` is set when the law asked.
#[derive(Clone, Debug)]
pub struct PartyRow(pub PersonalParty);

/// One row of personal data: a postal address.
#[derive(Clone, Debug)]
pub struct AddressRow(pub PersonalAddress);

/// One row of free text.
#[derive(Clone, Debug)]
pub struct TextRow(pub PersonalText);

/// Declares a table of personal data: nullable texts beside the id.
macro_rules! personal_table {
    ($row:ty, $table:literal, $inner:ty, $value:ident: $($field:ident),+) => {
        impl crate::record::ToRow for $row {
            fn bind(&self, sink: &mut dyn Sink) {
                self.0.id.bind(sink);
                $(sink.text(self.0.value.$field.as_deref());)+
            }
        }
        impl Record for $row {
            fn table() -> &'static Table {
                static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
                TABLE.get_or_init(|| personal($table, &[$(stringify!($field)),+]))
            }
            fn read<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
                Ok(Self(<$inner>::from_parts(row.take()?, $value { $($field: row.take()?,)+ })))
            }
        }
    };
}

fn personal(name: &'static str, fields: &[&'static str]) -> Table {
    let mut columns = vec![column("id", ColumnKind::Id, false)];
    columns.extend(fields.iter().map(|field| column(field, ColumnKind::Text, true)));
    Table {
        name,
        columns,
        key: &["id"],
        parent: None,
        indexes: &[],
        checks: &[],
        append_only: false,
        scattered_key: false,
    }
}

const fn column(name: &'static str, kind: ColumnKind, nullable: bool) -> crate::record::ColumnDef {
    crate::record::ColumnDef { name, kind, nullable, fixed: true }
}

/// A country is never null in an address; its column is, so that erasing can blank it.
#[derive(Clone, Debug, Default)]
struct AddressFields {
    name: Option<String>,
    company: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    phone: Option<String>,
}

trait FromParts<I, V> {
    fn from_parts(id: I, value: V) -> Self;
}

impl FromParts<PartyId, Party> for PersonalParty {
    fn from_parts(id: PartyId, value: Party) -> Self {
        Self { id, value }
    }
}

personal_table!(PartyRow, "parties", PersonalParty, Party: name, company, email, phone);

impl crate::record::ToRow for AddressRow {
    fn bind(&self, sink: &mut dyn Sink) {
        let address = &self.0.value;
        self.0.id.bind(sink);
        for text in [
            &address.name,
            &address.company,
            &address.line1,
            &address.line2,
            &address.city,
            &address.region,
            &address.postal_code,
        ] {
            sink.text(text.as_deref());
        }
        sink.text(Some(&address.country));
        sink.text(address.phone.as_deref());
    }
}

impl Record for AddressRow {
    fn table() -> &'static Table {
        static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
        TABLE.get_or_init(|| {
            personal(
                "addresses",
                &["name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone"],
            )
        })
    }
    fn read<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let id = row.take()?;
        let fields = AddressFields {
            name: row.take()?,
            company: row.take()?,
            line1: row.take()?,
            line2: row.take()?,
            city: row.take()?,
            region: row.take()?,
            postal_code: row.take()?,
            country: row.take()?,
            phone: row.take()?,
        };
        let value = Address {
            name: fields.name,
            company: fields.company,
            line1: fields.line1,
            line2: fields.line2,
            city: fields.city,
            region: fields.region,
            postal_code: fields.postal_code,
            country: fields.country.unwrap_or_default(),
            phone: fields.phone,
        };
        Ok(Self(PersonalAddress { id, value }))
    }
}

impl crate::record::ToRow for TextRow {
    fn bind(&self, sink: &mut dyn Sink) {
        self.0.id.bind(sink);
        sink.text(Some(&self.0.value));
    }
}

impl Record for TextRow {
    fn table() -> &'static Table {
        static TABLE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
        TABLE.get_or_init(|| personal("texts", &["body"]))
    }
    fn read<S: Source + ?Sized>(row: &mut S) -> Result<Self, StoreError> {
        let id = row.take()?;
        let body: Option<String> = row.take()?;
        Ok(Self(PersonalText { id, value: body.unwrap_or_default() }))
    }
}

/// A word that an order is found by: of its party's names and contacts, or of a SKU in it. Kept by the worker that follows
/// the log, never by a command.
///
/// Personal data. Whoever erases the party of an order deletes the order's words in the same transaction (the second index
/// finds them); the worker makes none for a party without a text.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderWord {
    pub word: String,
    pub order_id: OrderId,
}

record!(
    OrderWord, "order_words", key: ["word", "order_id"],
    indexes: [{ "order_words_order", ["order_id"], unique: false }],
    fixed: { word, order_id }, fields: { }
);

/// A word that a customer is found by: of the present names and contacts. Personal data, kept and erased as [`OrderWord`].
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerWord {
    pub word: String,
    pub customer_id: CustomerId,
}

record!(
    CustomerWord, "customer_words", key: ["word", "customer_id"],
    indexes: [{ "customer_words_customer", ["customer_id"], unique: false }],
    fixed: { word, customer_id }, fields: { }
);

impl std::fmt::Debug for OrderWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OrderWord({})", self.order_id)
    }
}

impl std::fmt::Debug for CustomerWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CustomerWord({})", self.customer_id)
    }
}
