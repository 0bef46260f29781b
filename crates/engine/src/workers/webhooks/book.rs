//! What is kept of an endpoint's deliveries: how far it has come, what is tried again, what was tried.

use crate::core::Shared;
use std::sync::OnceLock;
use waybill_domain::ids::WebhookEndpointId;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::WebhookEndpoint;
use waybill_store::StoreError;
use waybill_store::record::{Record, columns, values};
use waybill_store::tables::{EventRecord, WebhookAttempt, WebhookCursor, WebhookRetry};
use waybill_store::value::{Row, Value};

const BEGIN: &str = "INSERT INTO webhook_cursors (endpoint_id, position, replays_taken, resumed_at, failures) \
     SELECT id, begins_after, 0, enabled_at, 0 FROM webhook_endpoints WHERE id = $1 \
     ON CONFLICT (endpoint_id) DO NOTHING";
const RESUME_CURSOR: &str = "UPDATE webhook_cursors SET resumed_at = $2, failing_since = NULL, failures = 0 \
     WHERE endpoint_id = $1";
const RESUME_RETRIES: &str = "UPDATE webhook_retries SET due_at = $2, since = $2 WHERE endpoint_id = $1";
const REPLAYS: &str = "SELECT number, position, onward FROM webhook_replays \
     WHERE endpoint_id = $1 AND number > $2 ORDER BY number";
const TAKE_REPLAYS: &str = "UPDATE webhook_cursors SET position = $2, replays_taken = $3, failures = 0 \
     WHERE endpoint_id = $1 AND replays_taken < $3";
const READ_AGAIN: &str = "DELETE FROM webhook_retries WHERE endpoint_id = $1 AND position >= $2 AND NOT asked";
const ASK: &str = "INSERT INTO webhook_retries (endpoint_id, position, attempts, due_at, since, asked) \
     VALUES ($1, $2, 0, $3, $3, $4) ON CONFLICT (endpoint_id, position) DO UPDATE SET due_at = excluded.due_at";
const AHEAD: &str = "SELECT position FROM webhook_retries WHERE endpoint_id = $1 AND position > $2";
const KEEP: &str = "INSERT INTO webhook_retries (endpoint_id, position, attempts, due_at, since, asked) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (endpoint_id, position) \
     DO UPDATE SET attempts = excluded.attempts, due_at = excluded.due_at, \
     asked = webhook_retries.asked AND excluded.asked";
const DONE: &str = "DELETE FROM webhook_retries WHERE endpoint_id = $1 AND position = $2";
/// Of two processes that both think they have the lease, the one that comes late moves nothing.
const ADVANCE: &str = "UPDATE webhook_cursors SET position = $2, failing_since = $3, failures = $4, delivered_at = $5 \
     WHERE endpoint_id = $1 AND position = $6 AND replays_taken = $7";

/// Statements that name the columns of records.
struct Texts {
    endpoint: String,
    cursor: String,
    due: String,
    first: String,
    attempt: String,
}

fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let retry = format!(
            "SELECT {}, {} FROM webhook_retries r JOIN events e ON e.position = r.position WHERE r.endpoint_id = $1",
            columns::<WebhookRetry>("r"),
            columns::<EventRecord>("e")
        );
        let attempt = WebhookAttempt::table();
        let places: Vec<String> = (1..=attempt.columns.len()).map(|place| format!("${place}")).collect();
        Texts {
            endpoint: format!(
                "SELECT {} FROM webhook_endpoints w WHERE w.id = $1 AND w.state = 'enabled'",
                columns::<WebhookEndpoint>("w")
            ),
            cursor: format!("SELECT {} FROM webhook_cursors c WHERE c.endpoint_id = $1", columns::<WebhookCursor>("c")),
            due: format!("{retry} AND r.due_at <= $2 AND (r.position <= $3 OR r.asked) ORDER BY r.due_at LIMIT $4"),
            first: format!("{retry} AND r.position > $2 AND NOT r.asked ORDER BY r.position LIMIT 1"),
            attempt: format!("INSERT INTO webhook_attempts ({}) VALUES ({})", attempt.column_list(), places.join(", ")),
        }
    })
}

/// For the test of their plans.
#[cfg(test)]
pub(super) fn reads() -> Vec<String> {
    let texts = texts();
    let of_records = [&texts.endpoint, &texts.cursor, &texts.due, &texts.first];
    of_records.into_iter().cloned().chain([REPLAYS, AHEAD].map(str::to_owned)).collect()
}

/// An endpoint and how far it has come.
pub(super) struct Standing {
    pub(super) endpoint: WebhookEndpoint,
    pub(super) cursor: WebhookCursor,
    /// The position that the store has.
    stored: i64,
}

impl Standing {
    /// Whether the store does not know yet how far it has come.
    pub(super) const fn has_moved(&self) -> bool {
        self.cursor.position != self.stored
    }
}

/// An event that is to be tried again.
pub(super) type Again = (WebhookRetry, EventRecord);

fn again(mut row: Row) -> Result<Again, StoreError> {
    Ok((WebhookRetry::read(&mut row)?, EventRecord::read(&mut row)?))
}

/// What a round changed, written together.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) attempts: Vec<WebhookAttempt>,
    pub(super) keep: Vec<WebhookRetry>,
    pub(super) done: Vec<i64>,
}

/// The book of one endpoint.
pub(super) struct Book<'a> {
    pub(super) shared: &'a Shared,
    pub(super) id: WebhookEndpointId,
}

impl Book<'_> {
    fn id(&self) -> Value {
        Value::Id(self.id.0)
    }

    async fn first<T: Record>(&self, sql: &str) -> Result<Option<T>, StoreError> {
        let rows = self.shared.store.read(sql, &[self.id()]).await?;
        rows.into_iter().next().map(|mut row| T::read(&mut row)).transpose()
    }

    /// Where the endpoint stands, with everything carried out that was asked for since. None where it is sent nothing.
    pub(super) async fn open(&self, now: Timestamp) -> Result<Option<Standing>, StoreError> {
        let Some(endpoint) = self.first::<WebhookEndpoint>(&texts().endpoint).await? else {
            return Ok(None);
        };
        let mut cursor = self.first::<WebhookCursor>(&texts().cursor).await?;
        if cursor.is_none() {
            self.shared.store.execute(&[(BEGIN, &[self.id()])]).await?;
            cursor = self.first::<WebhookCursor>(&texts().cursor).await?;
        }
        let Some(mut cursor) = cursor else { return Ok(None) };
        if cursor.resumed_at != endpoint.enabled_at {
            let since = [self.id(), Value::Int(endpoint.enabled_at.0)];
            self.shared.store.execute(&[(RESUME_CURSOR, &since), (RESUME_RETRIES, &since)]).await?;
            cursor.resumed_at = endpoint.enabled_at;
            (cursor.failing_since, cursor.failures) = (None, 0);
        }
        if cursor.replays_taken < endpoint.replays {
            self.take_replays(&mut cursor, now).await?;
        }
        let stored = cursor.position;
        Ok(Some(Standing { endpoint, cursor, stored }))
    }

    async fn take_replays(&self, cursor: &mut WebhookCursor, now: Timestamp) -> Result<(), StoreError> {
        let rows = self.shared.store.read(REPLAYS, &[self.id(), Value::Int(cursor.replays_taken)]).await?;
        let mut wanted: Vec<(&str, Vec<Value>)> = Vec::new();
        for mut row in rows {
            let (number, position, onward): (i64, i64, bool) = (row.take()?, row.take()?, row.take()?);
            if onward {
                // Never forward: what was not sent yet is not passed over.
                cursor.position = cursor.position.min(position - 1);
                wanted.push((READ_AGAIN, vec![self.id(), Value::Int(position)]));
            } else {
                wanted.push((ASK, vec![self.id(), Value::Int(position), Value::Int(now.0), Value::Bool(true)]));
            }
            cursor.replays_taken = number;
        }
        // Somebody expects that it goes through now.
        cursor.failures = 0;
        let taken = vec![self.id(), Value::Int(cursor.position), Value::Int(cursor.replays_taken)];
        wanted.push((TAKE_REPLAYS, taken));
        let statements: Vec<(&str, &[Value])> = wanted.iter().map(|(sql, params)| (*sql, params.as_slice())).collect();
        self.shared.store.execute(&statements).await?;
        Ok(())
    }

    /// Events behind the cursor, or asked for, that are due.
    pub(super) async fn due(
        &self,
        cursor: &WebhookCursor,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Again>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let params = [self.id(), Value::Int(now.0), Value::Int(cursor.position), Value::Int(limit)];
        self.shared.store.read(&texts().due, &params).await?.into_iter().map(again).collect()
    }

    /// The event that keeps those behind it waiting.
    pub(super) async fn in_the_way(&self, cursor: &WebhookCursor) -> Result<Option<Again>, StoreError> {
        let rows = self.shared.store.read(&texts().first, &[self.id(), Value::Int(cursor.position)]).await?;
        rows.into_iter().next().map(again).transpose()
    }

    /// Positions ahead of the cursor that are tried again anyway.
    pub(super) async fn ahead(&self, cursor: &WebhookCursor) -> Result<Vec<i64>, StoreError> {
        let rows = self.shared.store.read(AHEAD, &[self.id(), Value::Int(cursor.position)]).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }

    /// Writes down what happened.
    pub(super) async fn write(&self, standing: &mut Standing, entries: &mut Entries) -> Result<(), StoreError> {
        let cursor = &standing.cursor;
        let moment = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::Int(at.0));
        let advance = vec![
            self.id(),
            Value::Int(cursor.position),
            moment(cursor.failing_since),
            Value::Int(cursor.failures),
            moment(cursor.delivered_at),
            Value::Int(standing.stored),
            Value::Int(cursor.replays_taken),
        ];
        let mut all: Vec<(&str, Vec<Value>)> = vec![(ADVANCE, advance)];
        for attempt in entries.attempts.drain(..) {
            all.push((&texts().attempt, values(&attempt)));
        }
        for retry in entries.keep.drain(..) {
            let moments = [retry.attempts, retry.due_at.0, retry.since.0].map(Value::Int);
            let mut params = vec![self.id(), Value::Int(retry.position)];
            params.extend(moments);
            params.push(Value::Bool(retry.asked));
            all.push((KEEP, params));
        }
        for position in entries.done.drain(..) {
            all.push((DONE, vec![self.id(), Value::Int(position)]));
        }
        let statements: Vec<(&str, &[Value])> = all.iter().map(|(sql, params)| (*sql, params.as_slice())).collect();
        self.shared.store.execute(&statements).await?;
        standing.stored = standing.cursor.position;
        Ok(())
    }
}
