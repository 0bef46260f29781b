//! Systems that take the whole log.

#[cfg(feature = "nats")]
pub mod nats;
