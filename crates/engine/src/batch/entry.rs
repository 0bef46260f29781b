//! One command of a batch, from the queue to its verdict.

use crate::core::Shared;
use crate::queue::Waiting;
use crate::receipt::Verdict;
use crate::submission::SubmitError;
use sha2::{Digest, Sha256};
use waybill_domain::attempt::{Attempt, Origin};
use waybill_domain::command::Command;
use waybill_domain::ids::Id;
use waybill_domain::refusal::Retry;

/// One command of a batch and what became of it.
pub(super) struct Entry {
    pub(super) waiting: Waiting,
    pub(super) attempt: Attempt,
    /// Digest of principal, operation and key.
    pub(super) key: Id,
    pub(super) actor: String,
    pub(super) verdict: Option<Result<Verdict, SubmitError>>,
    /// Found under its key, so nothing is stored again.
    pub(super) replayed: bool,
    /// Repeats one of its own batch, whose position it shares once that is known.
    pub(super) is_repeat: bool,
    /// How many of the events decided together with it come up to its own last.
    pub(super) upto: i64,
    /// How often it asked for more than was loaded.
    pub(super) rounds: u32,
}

impl Entry {
    pub(super) fn new(shared: &Shared, waiting: Waiting) -> Self {
        let submission = &waiting.submission;
        let recorded_at = shared.ports.clock.now();
        let now = match submission.origin {
            Origin::Live => recorded_at,
            Origin::Import | Origin::Simulation => submission.happened_at.unwrap_or(recorded_at),
        };
        let actor = submission.actor.principal.to_string();
        let key = submission.key.clone().unwrap_or_else(|| submission.ids.nth::<Id>(0).to_string());
        let digest = key_digest(&actor, submission.command.operation(), &key);
        let attempt = Attempt {
            key,
            body_hash: submission.body_hash,
            actor: submission.actor.clone(),
            origin: submission.origin,
            expected_version: submission.expected_version,
            cause: submission.cause,
            now,
            recorded_at,
            ids: submission.ids,
            order_number: None,
        };
        let (verdict, replayed, is_repeat) = (None, false, false);
        Self { waiting, attempt, key: digest, actor, verdict, replayed, is_repeat, upto: 0, rounds: 0 }
    }

    pub(super) fn command(&self) -> &Command {
        &self.waiting.submission.command
    }

    /// Whether the rules have still to look at it.
    pub(super) fn is_open(&self) -> bool {
        self.verdict.is_none() && !self.replayed
    }

    /// Whether its outcome is kept under its key.
    pub(super) fn is_kept(&self) -> bool {
        !self.replayed
            && match &self.verdict {
                Some(Ok(Verdict::Done(_))) => true,
                Some(Ok(Verdict::Refused(refusal))) => refusal.retry != Retry::SameRequest,
                Some(Err(_)) | None => false,
            }
    }

    /// After a failed transaction nothing that was decided holds.
    pub(super) fn forget(&mut self) {
        self.verdict = None;
        self.replayed = false;
        self.is_repeat = false;
        self.rounds = 0;
    }
}

/// The key as it is stored: 16 bytes of a SHA-256 over principal, operation and key, each with its length.
fn key_digest(principal: &str, operation: &str, key: &str) -> Id {
    let mut hasher = Sha256::new();
    for part in [principal, operation, key] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Id::from_bytes(bytes)
}
