//! Sending events once more.

use super::events::WebhookReplayRequested;
use super::{WebhookRefusal, known};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::WebhookEndpointId;
use crate::world::World;

/// Sends one event once more, or everything from a position on. A disabled endpoint gets it when it is enabled.
///
/// One event is sent whatever the endpoint's filter says; of many only those that pass it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayWebhook {
    pub endpoint_id: WebhookEndpointId,
    pub position: i64,
    pub onward: bool,
    /// The log's latest position as the door read it.
    pub head: i64,
}

pub fn replay(world: &World, command: &ReplayWebhook, attempt: &Attempt) -> Outcome {
    let endpoint = known(world, command.endpoint_id)?;
    let ReplayWebhook { position, onward, head, .. } = *command;
    if !(1..=head).contains(&position) {
        return Err(WebhookRefusal::UnknownPosition { position, head }.into());
    }
    Ok(vec![Event::WebhookReplayRequested(WebhookReplayRequested {
        endpoint: endpoint.id,
        replay: endpoint.replays + 1,
        position,
        onward,
        at: attempt.now,
    })])
}
