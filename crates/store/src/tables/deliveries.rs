//! How far webhook endpoints have come, kept by the worker that delivers.

use crate::record;
use waybill_domain::ids::*;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::DeliveryOutcome;

/// How far an endpoint has come. Kept by the worker that delivers, beside the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookCursor {
    pub endpoint_id: WebhookEndpointId,
    /// Everything up to here was delivered, is not for this endpoint, or is among the retries.
    pub position: i64,
    /// The last replay that was carried out.
    pub replays_taken: i64,
    /// The endpoint's `enabled_at` that was seen last.
    pub resumed_at: Timestamp,
    /// The first failure since the last success; null where there is none.
    pub failing_since: Option<Timestamp>,
    /// Failures since the last success.
    pub failures: i64,
    pub delivered_at: Option<Timestamp>,
}

record!(
    WebhookCursor, "webhook_cursors", key: ["endpoint_id"], fixed: { endpoint_id },
    fields: { position, replays_taken, resumed_at, failing_since, failures, delivered_at }
);

/// An event that is to be tried again: it failed, or somebody asked for it once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRetry {
    pub endpoint_id: WebhookEndpointId,
    pub position: i64,
    /// Tries so far.
    pub attempts: i64,
    pub due_at: Timestamp,
    /// When it failed first, or was asked for.
    pub since: Timestamp,
    /// Asked for by somebody, so that neither filter nor order matter.
    pub asked: bool,
}

record!(
    WebhookRetry, "webhook_retries", key: ["endpoint_id", "position"],
    indexes: [{ "webhook_retries_due", ["endpoint_id", "due_at"], unique: false }],
    fixed: { endpoint_id, position, asked }, fields: { attempts, due_at, since }
);

/// One try at a delivery, kept for some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAttempt {
    pub endpoint_id: WebhookEndpointId,
    /// Rises with time.
    pub id: Id,
    pub position: i64,
    pub event_id: EventId,
    /// Of this event, from 1.
    pub number: i64,
    pub began_at: Timestamp,
    pub latency_ms: i64,
    pub outcome: DeliveryOutcome,
    /// The HTTP status, where there was an answer.
    pub status: Option<i64>,
    /// The beginning of an error answer, or what kept it from coming.
    pub answer: Option<String>,
    /// When it is tried again; null where it is not.
    pub again_at: Option<Timestamp>,
}

record!(
    WebhookAttempt, "webhook_attempts", key: ["endpoint_id", "id"],
    fixed: {
        endpoint_id, id, position, event_id, number, began_at, latency_ms, outcome, status, answer, again_at
    },
    fields: { }
);
