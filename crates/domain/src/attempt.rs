//! The envelope in which a command travels.

use crate::actor::Actor;
use crate::event::Event;
use crate::ids::{Id, IdSource};
use crate::order::{Order, OrderNumber, OrderRefusal};
use crate::system::SystemRefusal;
use crate::time::Timestamp;
use crate::world::World;
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
    /// The version that the sender saw of the order, endpoint or user that the command is about; None for whatever there is.
    pub expected_version: Option<i64>,
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

impl Attempt {
    /// Refuses where the sender saw another version of the order than the one there is.
    pub(crate) fn expects(&self, order: &Order) -> Result<(), OrderRefusal> {
        let (order_id, found) = (order.head.id, order.head.chain.sequence);
        match self.expected_version {
            Some(expected) if expected != found => Err(OrderRefusal::StaleVersion { order_id, expected, found }),
            _ => Ok(()),
        }
    }

    /// Refuses history that would be told backwards: nothing is added to an aggregate before its latest event.
    ///
    /// Refused rather than moved up, because only the door knows whether its source is out of order or wrong. Live time is a
    /// machine's clock; machines differ by moments, and no order waits for that.
    pub(crate) fn follows(&self, world: &World, events: &[Event]) -> Result<(), SystemRefusal> {
        match self.origin {
            Origin::Live => return Ok(()),
            Origin::Import | Origin::Simulation => {}
        }
        for event in events {
            let aggregate = event.aggregate();
            let chain = world.chain(aggregate);
            if chain.sequence > 0 && self.now < chain.happened_at {
                let (happened_at, latest) = (self.now, chain.happened_at);
                return Err(SystemRefusal::BeforeLatestEvent { aggregate: aggregate.to_string(), happened_at, latest });
            }
        }
        Ok(())
    }
}
