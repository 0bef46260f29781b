//! What was asked for, and what was answered.

use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a command does, and the trace that it leaves in the log when it is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deed {
    Place,
    ReceiveStock,
    Reserve,
    EndReservation,
    Release,
    Pick,
    Pack,
    Ship,
    Cancel,
}

impl Deed {
    /// The kind of the event that it leaves exactly one of.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Place => "order.placed",
            Self::ReceiveStock => "stock.received",
            Self::Reserve => "reservation.created",
            Self::EndReservation => "reservation.released",
            Self::Release => "fulfillment_order.released",
            Self::Pick => "pick.completed",
            Self::Pack => "parcel.packed",
            Self::Ship => "shipment.shipped",
            Self::Cancel => "order.cancelled",
        }
    }
}

/// A request that changes something.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub key: String,
    pub deed: Deed,
    /// The id of what it is about; for what it makes, the key, which the event repeats as its reference.
    pub about: String,
    pub path: String,
    pub body: Value,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Carried out: status and receipt.
    Done { status: u16, receipt: Value },
    /// The rules said no.
    Refused { status: u16, code: String },
    /// No answer came, and the caller gave up.
    Abandoned,
}

/// A request and its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub ask: Ask,
    pub end: End,
}

/// Every request that has an end. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: Mutex<Vec<Entry>>,
    /// Answers that must not be: faults, and whatever is not understood.
    wrong: Mutex<Vec<String>>,
    /// Requests that got no answer and were sent again.
    again: AtomicU64,
    /// Answers that said "not now": the database was away, or too much was waiting.
    not_now: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    pub fn note(&self, ask: Ask, end: End) {
        lock(&self.0.entries).push(Entry { ask, end });
    }

    pub fn note_wrong(&self, what: String) {
        lock(&self.0.wrong).push(what);
    }

    pub fn note_again(&self) {
        self.0.again.fetch_add(1, Ordering::Relaxed);
    }

    pub fn note_not_now(&self) {
        self.0.not_now.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests have an answer or were abandoned.
    pub fn len(&self) -> usize {
        lock(&self.0.entries).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.0.entries).clone()
    }

    pub fn wrong(&self) -> Vec<String> {
        lock(&self.0.wrong).clone()
    }

    pub fn again(&self) -> u64 {
        self.0.again.load(Ordering::Relaxed)
    }

    pub fn not_now(&self) -> u64 {
        self.0.not_now.load(Ordering::Relaxed)
    }
}
