//! Webhook endpoints and attempts as they are shown.

use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::time::Timestamp;
use waybill_store::read::webhooks::EndpointRow;
use waybill_store::tables::WebhookAttempt;

/// A program that is told of events over HTTP.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    pub id: String,
    pub name: String,
    pub url: String,
    /// Kinds such as `order.placed`, nouns such as `order.*`; empty for all.
    pub kinds: Vec<String>,
    pub origins: Vec<String>,
    /// Events come in the order of the log; one that fails keeps those behind it waiting.
    pub ordered: bool,
    /// `enabled`, `disabled` or `archived`.
    pub state: String,
    /// `requested`, `failing` or `gone`.
    pub disabled_because: Option<String>,
    pub disabled_at: Option<String>,
    pub created_at: String,
    /// Until when requests are signed with the secret before, too.
    pub previous_secret_until: Option<String>,
    /// Everything in the log up to here was delivered, is not for it, or is among the retries.
    pub position: i64,
    /// The log's latest position.
    pub head: i64,
    /// Events that are tried again.
    pub retries: i64,
    pub failing_since: Option<String>,
    pub delivered_at: Option<String>,
    /// Shown once: in the first answer to its creation or rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Rises with every change of the endpoint; the ETag.
    pub version: i64,
}

impl From<EndpointRow> for EndpointView {
    fn from(row: EndpointRow) -> Self {
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            id: row.id.to_string(),
            name: row.name,
            url: row.url.0,
            kinds: row.kinds.0,
            origins: row.origins.iter().map(ToString::to_string).collect(),
            ordered: row.ordered,
            state: row.state.to_string(),
            disabled_because: row.disabled_because.map(|reason| reason.to_string()),
            disabled_at: moment(row.disabled_at),
            created_at: row.created_at.to_string(),
            previous_secret_until: moment(row.previous_until),
            position: row.position,
            head: row.head,
            retries: row.retries,
            failing_since: moment(row.failing_since),
            delivered_at: moment(row.delivered_at),
            secret: None,
            version: row.version,
        }
    }
}

/// One try at a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct AttemptView {
    /// Of the event, in the log.
    pub position: i64,
    pub event_id: String,
    /// Of this event, from 1.
    pub number: i64,
    pub began_at: String,
    pub latency_ms: i64,
    /// `delivered`, `refused`, `redirected`, `timed_out`, `unreachable`, `forbidden` or `garbled`.
    pub outcome: String,
    /// The HTTP status, where there was an answer.
    pub status: Option<i64>,
    /// The beginning of an error answer, or what kept it from coming.
    pub answer: Option<String>,
    /// When it is tried again; null where it is not.
    pub again_at: Option<String>,
}

impl From<WebhookAttempt> for AttemptView {
    fn from(attempt: WebhookAttempt) -> Self {
        Self {
            position: attempt.position,
            event_id: attempt.event_id.to_string(),
            number: attempt.number,
            began_at: attempt.began_at.to_string(),
            latency_ms: attempt.latency_ms,
            outcome: attempt.outcome.to_string(),
            status: attempt.status,
            answer: attempt.answer,
            again_at: attempt.again_at.map(|at| at.to_string()),
        }
    }
}
