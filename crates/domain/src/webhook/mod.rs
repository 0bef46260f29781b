//! Webhook endpoints: where the business wants to hear of its events, and how.
//!
//! An endpoint is a record of its own. What was sent to it, how far it has come and what is tried again is no business of the
//! rules: that is kept beside, by the worker that delivers.

pub mod events;
pub mod kinds;
pub mod manage;
pub mod replay;
pub mod secret;
pub mod url;

use crate::attempt::Origin;
use crate::chain::Chain;
use crate::ids::WebhookEndpointId;
use crate::refusal::Problem;
use crate::time::Timestamp;
use crate::world::World;
use events::{WebhookEndpointChanged, WebhookEndpointCreated};
use kinds::EventKinds;
use secret::SigningSecret;
use serde::{Deserialize, Serialize};
use url::EndpointUrl;

refusals! {
    /// Why something about a webhook endpoint was not carried out.
    pub enum WebhookRefusal in "webhook" {
        Invalid { problems: Vec<Problem> } => "invalid", Never, "The request has problems.", "Correct every problem listed and send it again.";
        Unknown { endpoint_id: WebhookEndpointId } => "unknown", Never, "There is no webhook endpoint {endpoint_id}.", "List the endpoints and use one of them.";
        StaleVersion { endpoint_id: WebhookEndpointId, expected: i64, found: i64 } => "stale_version", AfterChange, "Endpoint {endpoint_id} is at version {found}, not {expected}.", "Read the endpoint again and decide on what is there now.";
        UnknownPosition { position: i64, head: i64 } => "unknown_position", AfterChange, "The log has no position {position}; it goes from 1 to {head}.", "Take the position of an event that the feed shows.";
    }
}

codes! {
    /// Whether an endpoint is sent anything.
    pub enum EndpointState {
        Enabled = "enabled",
        Disabled = "disabled",
        /// Gone for good; its history stays.
        Archived = "archived",
    }

    /// Why an endpoint is sent nothing.
    pub enum DisabledReason {
        /// Somebody asked for it.
        Requested = "requested",
        /// Nothing it was sent in days got through.
        Failing = "failing",
        /// It answered 410: what listened there is gone.
        Gone = "gone",
    }

    /// How one try at a delivery ended.
    pub enum DeliveryOutcome {
        Delivered = "delivered",
        /// Answered with another status than 200 to 299.
        Refused = "refused",
        /// Answered with a redirect, which is not followed.
        Redirected = "redirected",
        TimedOut = "timed_out",
        /// No connection: the name, the address or the handshake.
        Unreachable = "unreachable",
        /// The address is one that is not sent to: a private one, or without TLS.
        Forbidden = "forbidden",
        /// What came was no answer.
        Garbled = "garbled",
    }
}

/// What can be said about an endpoint, beside where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointFacts {
    pub name: String,
    /// Which kinds of events; all where none is named.
    #[serde(default, skip_serializing_if = "EventKinds::is_all")]
    pub kinds: EventKinds,
    /// Of which origins; `live` alone unless history was asked for.
    pub origins: Vec<Origin>,
    /// Events arrive in the order of the log: one that cannot be delivered keeps those behind it waiting.
    pub ordered: bool,
}

/// A program elsewhere that is told of events over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    pub id: WebhookEndpointId,
    /// The log position behind which it begins; what is older is sent only when a replay asks for it.
    pub begins_after: i64,
    pub created_at: Timestamp,
    pub name: String,
    /// In no event: addresses often carry a token. Empty once archived.
    pub url: EndpointUrl,
    pub kinds: EventKinds,
    pub origins: Vec<Origin>,
    pub ordered: bool,
    pub state: EndpointState,
    pub disabled_because: Option<DisabledReason>,
    pub disabled_at: Option<Timestamp>,
    /// When it was created, or last enabled. Failures before do not count.
    pub enabled_at: Timestamp,
    /// In no event. Empty once archived.
    pub secret: SigningSecret,
    /// The secret before, with which requests are signed too until `previous_until`.
    pub previous_secret: Option<SigningSecret>,
    pub previous_until: Option<Timestamp>,
    /// How many replays were asked for so far.
    pub replays: i64,
    pub chain: Chain,
}

/// Events that are to be sent once more. Carried out by the worker, in the order of the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookReplay {
    pub endpoint_id: WebhookEndpointId,
    /// Within the endpoint, from 1.
    pub number: i64,
    /// The position of the event, or of the first one.
    pub position: i64,
    /// Everything from there on, not that one event alone.
    pub onward: bool,
    pub asked_at: Timestamp,
}

impl WebhookEndpoint {
    pub(crate) fn from_created(event: &WebhookEndpointCreated) -> Self {
        let facts = event.facts.clone();
        Self {
            id: event.endpoint,
            begins_after: event.begins_after,
            created_at: event.at,
            name: facts.name,
            url: event.url.clone(),
            kinds: facts.kinds,
            origins: facts.origins,
            ordered: facts.ordered,
            state: EndpointState::Enabled,
            disabled_because: None,
            disabled_at: None,
            enabled_at: event.at,
            secret: event.secret.clone(),
            previous_secret: None,
            previous_until: None,
            replays: 0,
            chain: Chain::default(),
        }
    }

    pub(crate) fn apply_changed(&mut self, event: &WebhookEndpointChanged) {
        let facts = event.facts.clone();
        (self.name, self.kinds, self.origins, self.ordered) = (facts.name, facts.kinds, facts.origins, facts.ordered);
        if event.host.is_some() {
            self.url = event.url.clone();
        }
    }

    pub(crate) fn apply_archived(&mut self) {
        self.state = EndpointState::Archived;
        self.url = EndpointUrl::default();
        self.secret = SigningSecret::default();
        (self.previous_secret, self.previous_until) = (None, None);
    }

    pub fn facts(&self) -> EndpointFacts {
        EndpointFacts {
            name: self.name.clone(),
            kinds: self.kinds.clone(),
            origins: self.origins.clone(),
            ordered: self.ordered,
        }
    }
}

/// The endpoint, unless it is gone.
fn known(world: &World, endpoint_id: WebhookEndpointId) -> Result<&WebhookEndpoint, WebhookRefusal> {
    world
        .webhook_endpoint(endpoint_id)
        .filter(|endpoint| endpoint.state != EndpointState::Archived)
        .ok_or(WebhookRefusal::Unknown { endpoint_id })
}
