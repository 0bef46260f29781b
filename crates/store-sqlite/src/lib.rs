//! The embedded database: one SQLite file, one writer, a pool of readers.
//!
//! A process owns its store by a lock file. All writing goes through one connection, handed from hand to hand in the
//! order of asking; readers have connections of their own and never wait for it (write-ahead log). Checkpoints run on a
//! thread beside the writer, and a backup copies the file page by page while both go on.

mod backup;
mod bind;
mod checkpoint;
mod error;
mod migrate;
mod open;
mod options;
mod owner;
mod readers;
mod restore;
mod statements;
mod store;
#[doc(hidden)]
pub mod testing;
mod touched;
mod writer;

pub use migrate::MIGRATIONS;
pub use options::SqliteOptions;
pub use restore::restore;
pub use store::SqliteStore;
