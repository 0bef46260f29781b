//! NATS JetStream: each event is a message of one stream, in the order of the log.
//!
//! The subject is the prefix and the event's kind (`waybill.order.placed`), the message's id is the event's, so that the
//! stream drops what comes twice within its window. Each message names the one before it, so that none is stored when
//! that one was not.

use async_nats::ConnectOptions;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context, stream};
use async_trait::async_trait;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;
use waybill_domain::attempt::Origin;
use waybill_engine::{EventSink, Taken};
use waybill_store::read::events::ShownEvent;

/// How long a page of events may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Within this time the stream knows a message that comes again.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(600);
/// Bytes of a message's headers at most: two names with an id each. They count against the server's limit.
const HEADERS_MAX: usize = 256;

/// Where events go.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsOptions {
    /// `nats://host:4222` or `tls://...`; may hold a user and a password or a token.
    pub url: String,
    /// The stream, made where there is none.
    pub stream: String,
    /// How subjects begin.
    pub subject_prefix: String,
}

impl std::fmt::Debug for NatsOptions {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url: _, stream, subject_prefix } = self;
        let mut shown = f.debug_struct("NatsOptions");
        shown.field("stream", stream).field("subject_prefix", subject_prefix).finish_non_exhaustive()
    }
}

/// A stream of a NATS server.
pub struct NatsSink {
    options: NatsOptions,
    connection: Mutex<Option<Connection>>,
}

/// A connection, and the largest message that the stream takes by its own settings, where they say.
struct Connection {
    context: Context,
    stream_max: Option<usize>,
}

impl Connection {
    /// Bytes that one event may have.
    fn event_max(&self) -> usize {
        let server_max = self.context.client().max_payload();
        self.stream_max.map_or(server_max, |max| max.min(server_max)).saturating_sub(HEADERS_MAX)
    }
}

impl std::fmt::Debug for NatsSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsSink").field("options", &self.options).finish_non_exhaustive()
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The event as a message of at most `max` bytes. One that is larger goes without its payload, and says so: the stream
/// goes on, and whoever needs the payload reads it from the feed.
fn body(event: &ShownEvent, max: usize) -> Result<Vec<u8>, String> {
    let whole = serde_json::to_vec(event).map_err(words)?;
    if whole.len() <= max {
        return Ok(whole);
    }
    let (position, bytes) = (event.position, whole.len());
    let without = ShownEvent { payload: serde_json::Value::Null, ..event.clone() };
    let mut without = serde_json::to_value(&without).map_err(words)?;
    without["payload_omitted"] = serde_json::json!({
        "bytes": bytes,
        "feed": format!("/api/v1/events?after={}&limit=1", position - 1),
    });
    let without = serde_json::to_vec(&without).map_err(words)?;
    if without.len() > max {
        return Err(format!("the server takes {max} bytes an event at most, too few for any: raise its max_payload"));
    }
    tracing::warn!(position, bytes, max, "an event is too large for the stream and goes there without its payload");
    Ok(without)
}

impl NatsSink {
    /// Connects when there is something to send.
    pub fn new(options: NatsOptions) -> Self {
        Self { options, connection: Mutex::new(None) }
    }

    async fn connect(&self) -> Result<Connection, String> {
        let options = ConnectOptions::new().name("waybill").connection_timeout(PATIENCE / 2);
        let client = options.connect(&self.options.url).await.map_err(words)?;
        let context = jetstream::new(client);
        let wanted = stream::Config {
            name: self.options.stream.clone(),
            subjects: vec![format!("{}.>", self.options.subject_prefix)],
            duplicate_window: DUPLICATE_WINDOW,
            ..stream::Config::default()
        };
        let stream = context.get_or_create_stream(wanted).await.map_err(words)?;
        // 0 and below mean that the stream has no limit of its own.
        let stream_max = usize::try_from(stream.cached_info().config.max_message_size).ok().filter(|max| *max > 0);
        Ok(Connection { context, stream_max })
    }

    /// Counts in `taken` what the stream has acknowledged.
    async fn publish(&self, connection: &Connection, events: &[ShownEvent], taken: &mut usize) -> Result<(), String> {
        let mut acks: Vec<PublishAckFuture> = Vec::with_capacity(events.len());
        let mut before: Option<&str> = None;
        let mut sent = Ok(());
        for event in events {
            match self.send(connection, event, before.replace(&event.id)).await {
                Ok(ack) => acks.push(ack),
                Err(why) => {
                    sent = Err(format!("the event at position {}: {why}", event.position));
                    break;
                }
            }
        }
        for (event, ack) in events.iter().zip(acks) {
            ack.await.map_err(|error| format!("the event at position {}: {error}", event.position))?;
            *taken += 1;
        }
        sent
    }

    async fn send(
        &self,
        connection: &Connection,
        event: &ShownEvent,
        before: Option<&str>,
    ) -> Result<PublishAckFuture, String> {
        let payload = body(event, connection.event_max())?;
        let mut message = PublishMessage::build().message_id(&event.id).payload(payload.into());
        if let Some(before) = before {
            message = message.expected_last_message_id(before);
        }
        let subject = format!("{}.{}", self.options.subject_prefix, event.kind);
        connection.context.send_publish(subject, message).await.map_err(words)
    }
}

#[async_trait]
impl EventSink for NatsSink {
    fn name(&self) -> String {
        format!("nats:{}", self.options.stream)
    }

    fn origins(&self) -> Vec<Origin> {
        vec![Origin::Live]
    }

    async fn take(&self, events: &[ShownEvent]) -> Taken {
        let mut kept = self.connection.lock().await;
        let mut count = 0;
        let took = async {
            let connection = match kept.take() {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            self.publish(&connection, events, &mut count).await.map(|()| connection)
        };
        let failure = match timeout(PATIENCE, took).await {
            Ok(Ok(connection)) => {
                *kept = Some(connection);
                None
            }
            // A connection on which something failed, or took too long, is not used again.
            Ok(Err(why)) => Some(why),
            Err(_) => Some("the server did not answer in time".to_owned()),
        };
        Taken { count, failure }
    }
}
