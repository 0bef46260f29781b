//! PostgreSQL servers of one's own, for tests and for the developer commands: made, stopped hard, started again, copied to
//! a standby, and removed with everything in them.
//!
//! Only the standard library is used, so that the first `cargo xtask` after a clone compiles in seconds.

#[cfg(not(unix))]
compile_error!("a private PostgreSQL server needs a Unix system");

mod account;
mod folder;
pub mod packages;
mod programs;
mod server;

pub use programs::Programs;
pub use server::Server;

/// What went wrong, as a sentence for the developer.
pub type Outcome<T = ()> = Result<T, String>;
