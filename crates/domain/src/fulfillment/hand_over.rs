//! Say whose the work of a fulfillment order is.

use super::events::FulfillmentHandedOver;
use super::{FulfillmentRefusal, FulfillmentState};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::FulfillmentOrderId;
use crate::world::World;
use serde::Serialize;

/// Gives open work to somebody, or back to nobody in particular: claims, assigns, hands over and lets go of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOverFulfillmentOrder {
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Who has it as far as the sender knows; None for nobody. Whoever takes over from somebody names them.
    pub from: Option<String>,
    /// A role, a queue or the id of a principal, not a person's name.
    pub assignee: Option<String>,
}

/// Whose work is; None for nobody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Assignee(pub Option<String>);

impl std::fmt::Display for Assignee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("nobody"))
    }
}

/// Does nothing where the work has that assignee already, whoever had it before.
pub fn hand_over_fulfillment_order(world: &World, command: &HandOverFulfillmentOrder, attempt: &Attempt) -> Outcome {
    let id = command.fulfillment_order_id;
    let order = world.order(id.order_id);
    let work = order.and_then(|order| order.fulfillment_order(id.number));
    let work = work.ok_or(FulfillmentRefusal::Unknown { fulfillment_order_id: id })?;
    match work.state {
        FulfillmentState::Open | FulfillmentState::InProgress => {}
        state @ (FulfillmentState::Scheduled
        | FulfillmentState::OnHold
        | FulfillmentState::Incomplete
        | FulfillmentState::Closed
        | FulfillmentState::Cancelled) => {
            return Err(FulfillmentRefusal::NotOpen { fulfillment_order_id: id, state: state.to_string() }.into());
        }
    }
    if work.assignee == command.assignee {
        return Ok(Vec::new());
    }
    if work.assignee != command.from {
        let (expected, found) = (Assignee(command.from.clone()), Assignee(work.assignee.clone()));
        return Err(FulfillmentRefusal::AssigneeChanged { fulfillment_order_id: id, expected, found }.into());
    }
    Ok(vec![Event::FulfillmentHandedOver(FulfillmentHandedOver {
        order: id.order_id,
        fulfillment_order: id.number,
        from: work.assignee.clone(),
        assignee: command.assignee.clone(),
        at: attempt.now,
    })])
}
