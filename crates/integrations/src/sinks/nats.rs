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
use waybill_engine::EventSink;
use waybill_store::read::events::ShownEvent;

/// How long a page of events may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);
/// Within this time the stream knows a message that comes again.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(600);

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsOptions {
    /// `nats://host:4222` or `tls://...`; may hold a user and a password or a token.
    pub url: String,
    /// The stream, made where there is none.
    pub stream: String,
    /// How subjects begin.
    pub subject_prefix: String,
}

/// A stream of a NATS server.
pub struct NatsSink {
    options: NatsOptions,
    context: Mutex<Option<Context>>,
}

impl std::fmt::Debug for NatsSink {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsSink").field("stream", &self.options.stream).finish_non_exhaustive()
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl NatsSink {
    /// Connects when there is something to send.
    pub fn new(options: NatsOptions) -> Self {
        Self { options, context: Mutex::new(None) }
    }

    async fn connect(&self) -> Result<Context, String> {
        let options = ConnectOptions::new().name("waybill").connection_timeout(PATIENCE / 2);
        let client = options.connect(&self.options.url).await.map_err(words)?;
        let context = jetstream::new(client);
        let wanted = stream::Config {
            name: self.options.stream.clone(),
            subjects: vec![format!("{}.>", self.options.subject_prefix)],
            duplicate_window: DUPLICATE_WINDOW,
            ..stream::Config::default()
        };
        context.get_or_create_stream(wanted).await.map_err(words)?;
        Ok(context)
    }

    async fn publish(&self, context: &Context, events: &[ShownEvent]) -> Result<(), String> {
        let mut acks: Vec<PublishAckFuture> = Vec::with_capacity(events.len());
        let mut before: Option<&str> = None;
        for event in events {
            let payload = serde_json::to_vec(event).map_err(words)?;
            let mut message = PublishMessage::build().message_id(&event.id).payload(payload.into());
            if let Some(before) = before.replace(&event.id) {
                message = message.expected_last_message_id(before);
            }
            let subject = format!("{}.{}", self.options.subject_prefix, event.kind);
            acks.push(context.send_publish(subject, message).await.map_err(words)?);
        }
        for ack in acks {
            ack.await.map_err(words)?;
        }
        Ok(())
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

    async fn take(&self, events: &[ShownEvent]) -> Result<(), String> {
        let mut kept = self.context.lock().await;
        let took = async {
            let context = match kept.take() {
                Some(context) => context,
                None => self.connect().await?,
            };
            self.publish(&context, events).await.map(|()| context)
        };
        // A connection on which something failed, or took too long, is not used again.
        let context = timeout(PATIENCE, took).await.map_err(|_| "the server did not answer in time".to_owned())??;
        *kept = Some(context);
        Ok(())
    }
}
