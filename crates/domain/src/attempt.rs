//! The envelope in which a command travels.

use crate::actor::Actor;
use crate::ids::{Id, IdSource};
use crate::order::OrderNumber;
use crate::time::Timestamp;
use std::sync::Arc;

codes! {
    /// Whether an event is the business's own, history brought in, or rehearsal. Stays on every event; messages,
    /// webhooks and gateways take only `live`.
    pub enum Origin {
        Live = "live",
        Import = "import",
        Simulation = "simulation",
    }
}

/// One try at a command: who, why, when, and the key that makes a repeat harmless.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Scoped by principal and operation before it is looked up.
    pub key: String,
    /// Digest of what was asked; the same key with another body is an error of its own.
    pub body_hash: [u8; 16],
    pub actor: Arc<Actor>,
    pub origin: Origin,
    /// The event that made this attempt necessary, if one did.
    pub cause: Option<Id>,
    /// When the request arrived (UTC), or when it happened for an import. The rules read no other clock.
    pub now: Timestamp,
    /// When the engine took it in; differs from `now` for imports only.
    pub recorded_at: Timestamp,
    pub ids: IdSource,
    /// A readable number for an order that may be placed by this attempt.
    pub order_number: Option<OrderNumber>,
}
