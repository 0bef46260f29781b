//! Creating endpoints, changing them, switching them on and off.

use super::events::*;
use super::secret::SigningSecret;
use super::url::EndpointUrl;
use super::{DisabledReason, EndpointFacts, EndpointState, WebhookRefusal, known};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::WebhookEndpointId;
use crate::refusal::Problem;
use crate::world::World;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateWebhookEndpoint {
    pub facts: EndpointFacts,
    pub url: EndpointUrl,
    pub secret: SigningSecret,
    /// The log's latest position as the door read it: the endpoint begins behind it.
    pub head: i64,
}

/// Replaces what is said about an endpoint. Its address stays where none is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeWebhookEndpoint {
    pub endpoint_id: WebhookEndpointId,
    pub facts: EndpointFacts,
    pub url: Option<EndpointUrl>,
}

/// Sends on from where it stopped; failures of before are forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableWebhookEndpoint {
    pub endpoint_id: WebhookEndpointId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableWebhookEndpoint {
    pub endpoint_id: WebhookEndpointId,
    pub reason: DisabledReason,
}

/// Ends an endpoint for good: its address and its secrets are forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveWebhookEndpoint {
    pub endpoint_id: WebhookEndpointId,
}

/// Entries of a filter.
const KINDS_MAX: usize = 100;

fn problems(facts: &EndpointFacts, url: Option<&EndpointUrl>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if facts.name.trim().is_empty() || facts.name.len() > 200 {
        problems.push(Problem::new("name", "length", "must be 1 to 200 bytes, not blank"));
    }
    problems.extend(url.and_then(EndpointUrl::problem).map(|what| Problem::new("url", "malformed", what)));
    if facts.kinds.0.len() > KINDS_MAX {
        problems.push(Problem::new("kinds", "too_many", format!("must have at most {KINDS_MAX} entries")));
    }
    for (n, _) in facts.kinds.pointless() {
        let message = "must be a kind of event such as order.placed, or a noun with a star such as order.*";
        problems.push(Problem::new(format!("kinds[{n}]"), "unknown_kind", message));
    }
    if facts.origins.is_empty() {
        problems.push(Problem::new("origins", "empty", "must name at least one origin"));
    }
    problems
}

/// In one order and without repeats, so that the same wish is the same record.
fn tidied(mut facts: EndpointFacts) -> EndpointFacts {
    facts.kinds.0.sort_unstable();
    facts.kinds.0.dedup();
    facts.origins.sort_unstable();
    facts.origins.dedup();
    facts
}

fn host(url: &EndpointUrl) -> String {
    url.host().unwrap_or_default().to_owned()
}

pub fn create(_: &World, command: &CreateWebhookEndpoint, attempt: &Attempt) -> Outcome {
    let mut problems = problems(&command.facts, Some(&command.url));
    problems.extend(command.secret.problem());
    if !problems.is_empty() {
        return Err(WebhookRefusal::Invalid { problems }.into());
    }
    Ok(vec![Event::WebhookEndpointCreated(WebhookEndpointCreated {
        endpoint: attempt.ids.nth(0),
        facts: tidied(command.facts.clone()),
        host: host(&command.url),
        begins_after: command.head.max(0),
        proof: command.secret.proof(),
        at: attempt.now,
        url: command.url.clone(),
        secret: command.secret.clone(),
    })])
}

pub fn change(world: &World, command: &ChangeWebhookEndpoint) -> Outcome {
    let endpoint = known(world, command.endpoint_id)?;
    let problems = problems(&command.facts, command.url.as_ref());
    if !problems.is_empty() {
        return Err(WebhookRefusal::Invalid { problems }.into());
    }
    let facts = tidied(command.facts.clone());
    let moved = command.url.as_ref().filter(|url| **url != endpoint.url);
    if moved.is_none() && facts == endpoint.facts() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::WebhookEndpointChanged(WebhookEndpointChanged {
        endpoint: endpoint.id,
        facts,
        host: moved.map(host),
        url: moved.cloned().unwrap_or_default(),
    })])
}

pub fn enable(world: &World, command: &EnableWebhookEndpoint, attempt: &Attempt) -> Outcome {
    let endpoint = known(world, command.endpoint_id)?;
    if endpoint.state == EndpointState::Enabled {
        return Ok(Vec::new());
    }
    let enabled = WebhookEndpointEnabled { endpoint: endpoint.id, at: attempt.now };
    Ok(vec![Event::WebhookEndpointEnabled(enabled)])
}

pub fn disable(world: &World, command: &DisableWebhookEndpoint, attempt: &Attempt) -> Outcome {
    let endpoint = known(world, command.endpoint_id)?;
    if endpoint.state == EndpointState::Disabled {
        return Ok(Vec::new());
    }
    let disabled = WebhookEndpointDisabled { endpoint: endpoint.id, reason: command.reason, at: attempt.now };
    Ok(vec![Event::WebhookEndpointDisabled(disabled)])
}

pub fn archive(world: &World, command: &ArchiveWebhookEndpoint) -> Outcome {
    let endpoint = known(world, command.endpoint_id)?;
    Ok(vec![Event::WebhookEndpointArchived(WebhookEndpointArchived { endpoint: endpoint.id })])
}
