//! What a backend must do: descriptions of records, the narrow traits each backend implements whole, and the
//! contract suite every backend must pass.
//!
//! Writes are generic: each table the rules change has one description ([`record::Record`]), from which a backend
//! derives loads by key or scope and bulk inserts and updates. Reads are SQL: see [`backend::Store::read`].

#[doc(hidden)]
pub mod around;
pub mod audit;
pub mod backend;
pub mod beside;
pub mod catalog;
#[doc(hidden)]
pub mod contract;
pub mod ddl;
pub mod error;
pub mod histogram;
pub mod migration;
#[doc(hidden)]
pub mod raw_rows;
pub mod read;
pub mod record;
pub mod search;
pub mod sign_in;
#[doc(hidden)]
pub mod specimen;
pub mod tables;
pub mod value;
pub mod working_set;

pub use backend::{Loader, Lone, Select, Store, Write, WriteMode, Writer};
pub use error::StoreError;
pub use record::{ColumnDef, Index, Record, Table, ToRow};
pub use value::{Column, ColumnKind, Row, Sink, Source, Value};
