//! What a run reached, so that what it did not reach is known.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use waybill_domain::Code;
use waybill_domain::command::Command;
use waybill_domain::event::Event;
use waybill_domain::order::records::{DeliveryStatus, FulfillmentStatus, Lifecycle, PaymentStatus, ReturnStatus};
use waybill_domain::payment::TransactionState;
use waybill_domain::shipping::ParcelState;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Operation,
    Event,
    Refusal,
    Status,
    Fault,
}

/// Every fault there is, by the name it is counted under.
pub const FAULTS: &[&str] = &[
    "process ended at a log write",
    "process ended at a log sync",
    "process ended at a data write",
    "process ended at a data sync",
    "process ended between changes",
    "power cut at a log write",
    "power cut at a log sync",
    "power cut at a data write",
    "power cut at a data sync",
    "power cut between changes",
    "restarted in order",
    "lease left behind",
    "disk full",
    "sync failed",
    "sync slow",
    "commit reply lost, committed",
    "commit reply lost, not committed",
    "race lost",
    "store unreachable",
    "reply lost",
    "request repeated",
    "requests reordered",
    "asked for by two people",
    "key used for another body",
    "key used by another principal",
    "overloaded",
    "clock jumped ahead",
    "clock jumped back",
    "clock drifted",
    "gateway declined",
    "gateway deaf",
    "gateway silent",
    "gateway timed out",
    "gateway succeeded late",
    "gateway message repeated",
    "carrier message repeated",
];

/// Counts, by kind and name.
#[derive(Debug, Default)]
pub struct Coverage(Mutex<BTreeMap<(Kind, String), u64>>);

impl Coverage {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<(Kind, String), u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, kind: Kind, name: &str, count: u64) {
        *self.counts().entry((kind, name.to_owned())).or_default() += count;
    }

    pub fn fault(&self, name: &'static str) {
        debug_assert!(FAULTS.contains(&name), "{name} is listed");
        self.add(Kind::Fault, name, 1);
    }

    pub fn take_in(&self, other: &Self) {
        let counts = other.counts().clone();
        counts.into_iter().for_each(|((kind, name), count)| self.add(kind, &name, count));
    }

    /// What was counted of a kind.
    pub fn of(&self, kind: Kind) -> Vec<(String, u64)> {
        let counts = self.counts();
        counts.iter().filter(|((one, _), _)| *one == kind).map(|((_, name), count)| (name.clone(), *count)).collect()
    }

    /// What there is of a kind and was not reached.
    pub fn missing(&self, kind: Kind) -> Vec<String> {
        let counts = self.counts();
        let mut all = expected(kind);
        all.retain(|name| !counts.contains_key(&(kind, name.clone())));
        all
    }

    pub fn sum(&self, kind: Kind) -> u64 {
        self.of(kind).iter().map(|(_, count)| count).sum()
    }
}

/// Everything of a kind that can be reached.
pub fn expected(kind: Kind) -> Vec<String> {
    fn codes<T: Code>(axis: &str) -> Vec<String> {
        T::ALL.iter().map(|value| format!("{axis} {}", value.code())).collect()
    }
    match kind {
        Kind::Operation => Command::OPERATIONS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Kind::Event => Event::KINDS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Kind::Refusal => waybill_domain::refusal::all().iter().map(|kind| kind.code.to_owned()).collect(),
        Kind::Fault => FAULTS.iter().map(|name| (*name).to_owned()).collect(),
        Kind::Status => [
            codes::<Lifecycle>("lifecycle"),
            codes::<PaymentStatus>("payment"),
            codes::<FulfillmentStatus>("fulfillment"),
            codes::<DeliveryStatus>("delivery"),
            codes::<ReturnStatus>("return"),
            codes::<ParcelState>("parcel"),
            codes::<TransactionState>("transaction"),
        ]
        .concat(),
    }
}
