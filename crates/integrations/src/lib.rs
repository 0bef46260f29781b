//! Adapters behind the engine's ports: one folder per kind of partner.

pub mod gateways;
pub mod sinks;
pub mod webhooks;
