//! The hash chain of an aggregate: each event's hash covers itself and the hash before it, the root keeps the last one.

use crate::ids::Id;
use crate::time::Timestamp;
use sha2::{Digest, Sha256};

/// How far an aggregate's history goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Chain {
    /// Number of events so far; also the aggregate's version.
    pub sequence: i64,
    /// Hash of the latest event; zeros before the first.
    pub hash: [u8; 32],
    /// When the latest event happened. History that is brought in never goes back behind it.
    pub happened_at: Timestamp,
}

/// What an event's hash covers beside its payload. The position is left out: it is known only at commit, and gapless.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    pub event_id: Id,
    pub aggregate_kind: &'a str,
    pub aggregate_id: Id,
    pub kind: &'a str,
    pub version: i64,
    pub actor: &'a str,
    pub origin: &'a str,
    pub cause: Option<Id>,
    pub happened_at: i64,
    pub recorded_at: i64,
    pub payload: &'a str,
}

/// The chain after one more event: SHA-256 over the previous hash, the next sequence and every field, each with its
/// length before it so that no two different events give the same bytes.
pub fn seal(previous: &Chain, event: &Sealed<'_>) -> Chain {
    let sequence = previous.sequence + 1;
    let mut hasher = Sha256::new();
    hasher.update(previous.hash);
    hasher.update(sequence.to_be_bytes());
    hasher.update(event.event_id.bytes());
    hasher.update(event.aggregate_id.bytes());
    hasher.update(event.cause.unwrap_or(Id::NIL).bytes());
    hasher.update(event.version.to_be_bytes());
    hasher.update(event.happened_at.to_be_bytes());
    hasher.update(event.recorded_at.to_be_bytes());
    for text in [event.aggregate_kind, event.kind, event.actor, event.origin, event.payload] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    Chain { sequence, hash: hasher.finalize().into(), happened_at: Timestamp(event.happened_at) }
}

/// SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
