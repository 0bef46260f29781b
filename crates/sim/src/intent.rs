//! What a client means to have done, and what it was told.

use std::sync::Arc;
use waybill_domain::actor::Actor;
use waybill_domain::attempt::Origin;
use waybill_domain::command::Command;
use waybill_domain::ids::{IdSource, LocationId};
use waybill_domain::time::Timestamp;
use waybill_engine::{Receipt, Submission};
use waybill_fault_vfs::Dice;

/// One request, sent under one key as often as it takes.
#[derive(Clone, Debug)]
pub struct Intent {
    pub number: u64,
    pub command: Command,
    pub actor: Arc<Actor>,
    pub key: String,
    pub body_hash: [u8; 16],
    pub expected_version: Option<i64>,
    /// Set for history that is brought in.
    pub happened_at: Option<Timestamp>,
    /// Where the units are that a pick is about, which the command does not say.
    pub location: Option<LocationId>,
}

impl Intent {
    pub fn submission(&self, ids: IdSource) -> Submission {
        let submission = Submission::new(self.command.clone(), self.actor.clone(), ids).keyed(self.key.clone());
        let origin = if self.happened_at.is_some() { Origin::Import } else { Origin::Live };
        Submission {
            body_hash: self.body_hash,
            expected_version: self.expected_version,
            origin,
            happened_at: self.happened_at,
            ..submission
        }
    }

    /// Principal, operation and key: what one key is one key of.
    pub fn scope(&self) -> (String, &'static str, String) {
        (self.actor.principal.to_string(), self.command.operation(), self.key.clone())
    }
}

/// A digest of a body, as a door would make one.
pub fn digest(command: &Command) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (half, salt) in bytes.chunks_mut(8).zip([1, 2]) {
        let mixed = format!("{command:?}").bytes().fold(salt, |sum, byte| Dice::of(sum, u64::from(byte)).next());
        half.copy_from_slice(&mixed.to_be_bytes());
    }
    bytes
}

/// What a client was told at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done(Receipt),
    /// The refusal's code.
    Refused(String),
    /// The key was used for another body.
    Reused,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done(receipt) => {
                let subject = receipt.subject.map(|subject| subject.to_string()).unwrap_or_default();
                let again = if receipt.replayed { " again" } else { "" };
                write!(f, "done{again} {subject} v{} @{}", receipt.version, receipt.position)
            }
            Self::Refused(code) => write!(f, "refused {code}"),
            Self::Reused => f.write_str("key reused"),
        }
    }
}
