//! Adapters behind the engine's ports: one folder per kind of partner.

mod connect;
pub mod gateways;
pub mod oidc;
pub mod sinks;
pub mod webhooks;
