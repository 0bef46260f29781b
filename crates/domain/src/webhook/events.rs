//! What happens to webhook endpoints. Neither secrets nor addresses are in the text of an event.

use super::secret::SigningSecret;
use super::url::EndpointUrl;
use super::{DisabledReason, EndpointFacts};
use crate::ids::WebhookEndpointId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// `webhook_endpoint.created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpointCreated {
    pub endpoint: WebhookEndpointId,
    #[serde(flatten)]
    pub facts: EndpointFacts,
    /// Of the address.
    pub host: String,
    pub begins_after: i64,
    /// SHA-256 of the secret's SHA-256, enough to see that nothing was exchanged.
    pub proof: String,
    pub at: Timestamp,
    #[serde(skip)]
    pub url: EndpointUrl,
    #[serde(skip)]
    pub secret: SigningSecret,
}

/// `webhook_endpoint.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpointChanged {
    pub endpoint: WebhookEndpointId,
    #[serde(flatten)]
    pub facts: EndpointFacts,
    /// Of the address, where that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip)]
    pub url: EndpointUrl,
}

/// `webhook_endpoint.secret_rotated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecretRotated {
    pub endpoint: WebhookEndpointId,
    pub proof: String,
    /// Until when the secret before is used too; absent where it ended at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<Timestamp>,
    #[serde(skip)]
    pub secret: SigningSecret,
}

/// `webhook_endpoint.enabled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpointEnabled {
    pub endpoint: WebhookEndpointId,
    pub at: Timestamp,
}

/// `webhook_endpoint.disabled`: the notice that nothing is sent there any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpointDisabled {
    pub endpoint: WebhookEndpointId,
    pub reason: DisabledReason,
    pub at: Timestamp,
}

/// `webhook_endpoint.archived`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEndpointArchived {
    pub endpoint: WebhookEndpointId,
}

/// `webhook_endpoint.replay_requested`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookReplayRequested {
    pub endpoint: WebhookEndpointId,
    /// Within the endpoint, from 1.
    pub replay: i64,
    pub position: i64,
    /// Everything from there on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub onward: bool,
    pub at: Timestamp,
}
