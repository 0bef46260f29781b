//! The scale backend: any number of processes beside one PostgreSQL.
//!
//! Each [`Writer`](waybill_store::Writer) has a connection of its own and sends what belongs together without waiting in
//! between; many rows travel as one statement over arrays. Reads and housekeeping share a small pool.
//!
//! The core path uses nothing that PostgreSQL-compatible distributed engines lack: no advisory locks, no notifications,
//! no exclusion or deferrable constraints. Connections are not encrypted yet: keep the database on a trusted network or
//! behind a tunnel.

mod arrays;
mod connection;
mod error;
mod link;
mod loader;
mod migrate;
mod options;
mod pipeline;
#[cfg(test)]
mod plans;
mod scratch;
mod statements;
mod store;
#[doc(hidden)]
pub mod testing;
mod values;
mod writer;

pub use migrate::MIGRATIONS;
pub use options::PostgresOptions;
pub use scratch::ScratchSchema;
pub use store::PostgresStore;
