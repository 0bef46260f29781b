//! One try at telling an endpoint of one event, and what follows from how it ended.

use super::book::{Again, Entries, Standing};
use super::courier::Courier;
use super::schedule::{is_hopeless, not_before, wait_us};
use crate::ports::WebhookMessage;
use crate::signing;
use tokio::time::Instant;
use waybill_domain::ids::{EventId, Id};
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::{DeliveryOutcome, DisabledReason, WebhookEndpoint};
use waybill_store::read::events::ShownEvent;
use waybill_store::tables::{EventRecord, WebhookAttempt, WebhookRetry};

/// One event to send, and what is known of earlier tries.
pub(super) struct Errand {
    pub(super) event: EventRecord,
    pub(super) retry: Option<WebhookRetry>,
}

impl From<EventRecord> for Errand {
    fn from(event: EventRecord) -> Self {
        Self { event, retry: None }
    }
}

impl From<Again> for Errand {
    fn from((retry, event): Again) -> Self {
        Self { event, retry: Some(retry) }
    }
}

/// One try, and the earliest moment at which the receiver wants another.
pub(super) struct Tried {
    attempt: WebhookAttempt,
    pub(super) not_before: Option<Timestamp>,
}

impl Courier {
    /// Sends one event once.
    pub(super) async fn deliver(&self, endpoint: &WebhookEndpoint, errand: &Errand) -> Tried {
        let began_at = self.shared.ports.clock.now();
        let (event_id, position) = (errand.event.id, errand.event.position);
        let body = serde_json::to_vec(&ShownEvent::from(errand.event.clone())).unwrap_or_default();
        let before =
            endpoint.previous_secret.iter().filter(|_| endpoint.previous_until.is_some_and(|until| began_at < until));
        let (id, timestamp_s) = (event_id.to_string(), began_at.0.div_euclid(1_000_000));
        let secrets = std::iter::once(&endpoint.secret).chain(before);
        let signature = signing::signature(secrets, &id, timestamp_s, &body);
        let message = WebhookMessage { url: endpoint.url.clone(), id, timestamp_s, signature, body };
        let began = Instant::now();
        let answer = self.sender.send(&message).await;
        self.shared.figures.delivered(answer.outcome);
        let EventId(attempt_id) = self.shared.mint.next(&*self.shared.ports.clock, &*self.shared.ports.entropy).nth(0);
        let not_before = answer.retry_after.map(|asked| not_before(asked, self.shared.ports.clock.now()));
        let attempt = WebhookAttempt {
            id: attempt_id,
            endpoint_id: endpoint.id,
            position,
            event_id,
            number: errand.retry.as_ref().map_or(0, |retry| retry.attempts) + 1,
            began_at,
            latency_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            outcome: answer.outcome,
            status: answer.status.map(i64::from),
            // PostgreSQL stores no NUL.
            answer: answer.text.map(|text| text.replace('\0', "\u{fffd}")),
            again_at: None,
        };
        Tried { attempt, not_before }
    }

    /// Notes how a delivery ended; `blocks` where others wait behind it. Whether it went through, and whether the endpoint
    /// is to be disabled.
    pub(super) fn enter(
        &self,
        standing: &mut Standing,
        entries: &mut Entries,
        errand: Errand,
        tried: Tried,
        blocks: bool,
    ) -> (bool, Option<DisabledReason>) {
        let Tried { mut attempt, not_before } = tried;
        let now = self.shared.ports.clock.now();
        let cursor = &mut standing.cursor;
        let position = attempt.position;
        if attempt.outcome == DeliveryOutcome::Delivered {
            (cursor.failing_since, cursor.failures, cursor.delivered_at) = (None, 0, Some(now));
            entries.done.extend(errand.retry.map(|_| position));
            entries.attempts.push(attempt);
            return (true, None);
        }
        cursor.failures += 1;
        let failing_since = *cursor.failing_since.get_or_insert(attempt.began_at);
        let mut retry = errand.retry.unwrap_or(WebhookRetry {
            endpoint_id: self.id,
            position,
            attempts: 0,
            due_at: now,
            since: attempt.began_at,
            asked: false,
        });
        retry.attempts = attempt.number;
        let gone = attempt.status == Some(410);
        let hopeless = is_hopeless(retry.since, now);
        let is_last = hopeless && !blocks;
        let Id(random) = Id(self.shared.ports.entropy.random());
        if is_last {
            // It stays visible among the attempts, and a replay sends it.
            entries.done.push(position);
        } else {
            retry.due_at.0 = now.0.saturating_add(wait_us(retry.attempts, random));
            retry.due_at = not_before.map_or(retry.due_at, |earliest| earliest.max(retry.due_at));
            attempt.again_at = Some(retry.due_at);
            entries.keep.push(retry);
        }
        entries.attempts.push(attempt);
        let failing = is_hopeless(failing_since, now) || hopeless && blocks;
        (false, if gone { Some(DisabledReason::Gone) } else { failing.then_some(DisabledReason::Failing) })
    }
}
