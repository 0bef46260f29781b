//! What is handed to the engine, and what can keep it from a receipt.

use std::sync::Arc;
use waybill_domain::actor::Actor;
use waybill_domain::attempt::Origin;
use waybill_domain::command::Command;
use waybill_domain::ids::{Id, IdSource};
use waybill_domain::refusal::{Refusal, Retry};
use waybill_domain::time::Timestamp;

/// Bytes of a row as they are usual.
const ROW_BYTES: usize = 256;

/// A command on its way in.
#[derive(Clone, Debug)]
pub struct Submission {
    pub command: Command,
    pub actor: Arc<Actor>,
    /// Scoped by principal and operation. None lets the engine mint one: the caller cannot repeat it.
    pub key: Option<String>,
    /// First half of the SHA-256 of the body as it came; zeros where there is no body.
    pub body_hash: [u8; 16],
    /// Mints the ids of what the command makes: nth(0) is the thing itself, doors use nth(1) and on for personal data.
    pub ids: IdSource,
    pub origin: Origin,
    /// When it happened; only the import door may set it.
    pub happened_at: Option<Timestamp>,
    pub cause: Option<Id>,
    /// The version that the caller saw of the order that the command is about; None for whatever there is.
    pub expected_version: Option<i64>,
    /// Hand a placed order back with its receipt.
    pub show: bool,
}

impl Submission {
    /// A live command with a key minted by the engine.
    pub fn new(command: impl Into<Command>, actor: Arc<Actor>, ids: IdSource) -> Self {
        Self {
            command: command.into(),
            actor,
            key: None,
            body_hash: [0; 16],
            ids,
            origin: Origin::Live,
            happened_at: None,
            cause: None,
            expected_version: None,
            show: false,
        }
    }

    /// About how many rows the command will write, long texts counted as the rows they could be; bounds a batch and
    /// what may wait.
    pub(crate) fn weight(&self) -> usize {
        let rows = match &self.command {
            Command::PlaceOrder(order) => {
                8 + 5 * order.lines.len() + order.charges.len() + 3 * order.reservations.len()
            }
            Command::ReceiveStock(receipt) => 3 + 2 * receipt.lines.len(),
            Command::AdjustStock(adjustment) => 3 + 2 * adjustment.lines.len(),
            // What an order's lines will need is not known yet.
            _ => 20,
        };
        rows + waybill_domain::text::bytes(&self.command) / ROW_BYTES
    }

    /// With a key of the caller's, so that a repeat is harmless.
    pub fn keyed(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// History: happened then, recorded now.
    pub fn imported(mut self, happened_at: Timestamp) -> Self {
        self.origin = Origin::Import;
        self.happened_at = Some(happened_at);
        self
    }
}

/// Why there is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The rules said no. `replayed` when that was said to the same key before.
    #[error("{refusal}")]
    Refused { refusal: Box<Refusal>, replayed: bool },
    /// The key was used for another body.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// More is waiting than can be served soon; nothing was done.
    #[error("too much is waiting; try again in {retry_after_ms} ms")]
    Overloaded { retry_after_ms: u64 },
    /// The store cannot be written (disk full, unreachable); nothing was done.
    #[error("the store cannot be written: {0}")]
    Unavailable(String),
    /// It was sent to the store, whose answer was lost, and the store has not told since: it was carried out whole or not
    /// at all. The same key tells.
    #[error("it may have been carried out; send it again with the same key to learn")]
    OutcomeUnknown,
    /// The store was written by a newer Waybill, or this process is stopping; nothing was done.
    #[error("this process does not write: {0}")]
    NotWriting(String),
    /// A bug or a damaged store; logged with its sources.
    #[error("an internal fault; it was logged")]
    Fault,
}

impl SubmitError {
    pub fn retry(&self) -> Retry {
        match self {
            Self::Refused { refusal, .. } => refusal.retry,
            Self::KeyReused => Retry::Never,
            Self::Overloaded { .. }
            | Self::Unavailable(_)
            | Self::OutcomeUnknown
            | Self::NotWriting(_)
            | Self::Fault => Retry::SameRequest,
        }
    }
}
