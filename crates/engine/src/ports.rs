//! Ports to what is outside: the clock, randomness, payment gateways. The simulator brings its own.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use waybill_domain::attempt::Origin;
use waybill_domain::ids::TransactionId;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::payment::TransactionKind;
use waybill_domain::payment::outcome::GatewayOutcome;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::DeliveryOutcome;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_store::read::events::ShownEvent;

/// Tells the time (UTC).
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Fills bytes nobody can guess.
pub trait Entropy: Send + Sync {
    fn random(&self) -> u128;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The operating system's randomness.
#[derive(Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn random(&self) -> u128 {
        let mut bytes = [0; 16];
        if let Err(error) = getrandom::fill(&mut bytes) {
            // Without randomness neither ids nor keys are safe; going on would be worse than stopping.
            tracing::error!(%error, "the operating system gives no randomness");
            std::process::abort();
        }
        u128::from_ne_bytes(bytes)
    }
}

/// One call to a gateway.
#[derive(Clone, Debug)]
pub struct GatewayCall {
    /// The key under which the gateway knows the call: repeating it is harmless.
    pub transaction_id: TransactionId,
    pub kind: TransactionKind,
    pub amount: Minor,
    pub currency: Currency,
    /// The instrument; for authorizations.
    pub token: String,
    /// What the gateway called the authorization; for captures, voids and refunds.
    pub reference: Option<String>,
}

/// A payment gateway. Every call carries our key; an answer that does not come in time is `Unknown`.
#[async_trait]
pub trait Gateway: Send + Sync {
    fn name(&self) -> &str;

    async fn execute(&self, call: &GatewayCall) -> GatewayOutcome;

    /// What became of an earlier call. `Unknown` while the gateway itself does not know; a call that never arrived
    /// is `Failed` with the code `never_received`.
    async fn lookup(&self, transaction_id: TransactionId) -> GatewayOutcome;
}

/// One try at telling an endpoint of an event.
#[derive(Clone, Debug)]
pub struct WebhookMessage {
    pub url: EndpointUrl,
    /// The same for every try, so that the receiver knows a repeat.
    pub id: String,
    /// Of this try, in seconds since 1970.
    pub timestamp_s: i64,
    /// One signature for each secret in use.
    pub signature: String,
    pub body: Vec<u8>,
}

/// When a receiver that cannot take more wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    Seconds(u64),
    At(Timestamp),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    pub outcome: DeliveryOutcome,
    pub status: Option<u16>,
    /// The beginning of an error answer, or what kept it from coming.
    pub text: Option<String>,
    /// What a `429` or a `503` asks for.
    pub retry_after: Option<RetryAfter>,
}

/// Sends to addresses that users name. Bounded in time and in what it reads, and follows no redirect.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Why nothing would ever be sent there, if that is so. A name may still turn out to stand for a forbidden address.
    fn objection(&self, url: &EndpointUrl) -> Option<String>;

    async fn send(&self, message: &WebhookMessage) -> WebhookAnswer;
}

/// How far a sink came with the events it was handed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The first so many are durable there and are not handed over again.
    pub count: usize,
    /// What kept it from taking the rest; None where there is no rest.
    pub failure: Option<String>,
}

/// Another system that takes the whole log.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Names how far it has come; another name begins anew.
    fn name(&self) -> String;

    /// What it takes.
    fn origins(&self) -> Vec<Origin>;

    /// Hands events over in their order; returns when all of them are durable there, or with how many are and what kept
    /// the rest from it. What comes twice is known by its id. Bounded in time: after 15 s nothing counts as taken.
    async fn take(&self, events: &[ShownEvent]) -> Taken;
}

/// Everything outside that the engine reaches.
#[derive(Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// By name, as payments carry it.
    pub gateways: BTreeMap<String, Arc<dyn Gateway>>,
    /// None where this process sends no webhooks.
    pub webhooks: Option<Arc<dyn WebhookSender>>,
    pub sinks: Vec<Arc<dyn EventSink>>,
}

impl Ports {
    /// The machine's own, with these gateways.
    pub fn system(gateways: impl IntoIterator<Item = Arc<dyn Gateway>>) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            gateways: gateways.into_iter().map(|gateway| (gateway.name().to_owned(), gateway)).collect(),
            webhooks: None,
            sinks: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").field("gateways", &self.gateways.keys()).finish_non_exhaustive()
    }
}
