//! The figures of a run.

use crate::journal::{End, Journal};
use serde_json::{Value, json};
use std::time::Duration;

/// What was done and what came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Servers killed, sessions of the database ended, databases stopped.
    pub servers_killed: u32,
    pub sessions_ended: u64,
    pub databases_stopped: u32,
    pub backups: u32,
    /// From each trouble to the first answer after it.
    pub recoveries: Vec<Duration>,
    pub acknowledged: usize,
    pub refused: usize,
    pub abandoned: usize,
    /// Requests sent again after no answer came, and answers that said "not now".
    pub again: u64,
    pub not_now: u64,
    pub events: usize,
    pub audit: Value,
}

impl Report {
    pub fn count(&mut self, journal: &Journal) {
        for entry in journal.entries() {
            match entry.end {
                End::Done { .. } => self.acknowledged += 1,
                End::Refused { .. } => self.refused += 1,
                End::Abandoned => self.abandoned += 1,
            }
        }
        (self.again, self.not_now) = (journal.again(), journal.not_now());
    }

    pub fn to_json(&self) -> Value {
        let mut recoveries = self.recoveries.clone();
        recoveries.sort();
        let ms = |at: usize| recoveries.get(at).map_or(0, |took| took.as_millis() as u64);
        json!({
            "servers_killed": self.servers_killed, "sessions_ended": self.sessions_ended,
            "databases_stopped": self.databases_stopped, "backups": self.backups,
            "recovery_median_ms": ms(recoveries.len() / 2), "recovery_longest_ms": ms(recoveries.len().saturating_sub(1)),
            "acknowledged": self.acknowledged, "refused": self.refused, "abandoned": self.abandoned,
            "sent_again": self.again, "not_now": self.not_now, "events": self.events,
            "orders": self.audit["orders"], "postings": self.audit["postings"], "audit_ok": self.audit["ok"],
        })
    }
}
