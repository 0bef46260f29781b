//! Rows as read, orders as understood, and what happens to them.

use super::books::Books;
use super::price::{LinePrice, Price};
use crate::reject::Reject;
use crate::source::names::{Name, Names};
use sha2::{Digest, Sha256};
use waybill_domain::money::Currency;
use waybill_domain::personal::{Address, Party};
use waybill_domain::stock::adjust::AdjustReason;
use waybill_domain::text::is_word;
use waybill_domain::time::{Date, Timestamp};

/// A row of the lines file with its values.
#[derive(Clone, Debug)]
pub struct Row {
    /// The line in the file; the header is 1.
    pub line: u32,
    pub sku: Name,
    pub description: Option<Name>,
    pub quantity: i64,
    pub price: Price,
    pub customer: Option<Name>,
    pub location: Name,
    /// What the row is worth in minor units; the sign is the file's.
    pub minor: i64,
    /// Values of charge columns per line that are not 0: place of the column in the mapping, minor units.
    pub charges: Vec<(usize, i64)>,
}

/// Rows with the same number.
#[derive(Debug)]
pub struct Invoice {
    pub number: Name,
    pub first_line: u32,
    /// The earliest of its rows.
    pub at: Timestamp,
    pub cancellation: bool,
    pub rows: Vec<Row>,
    pub head: Head,
}

/// What is said about an order as a whole, from its first row.
#[derive(Clone, Debug)]
pub struct Head {
    pub currency: Currency,
    pub channel: Name,
    pub customer_party: Option<Box<Party>>,
    pub approved_at: Option<Timestamp>,
    pub requested_by: Option<Date>,
    pub shipped_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    pub cancelled: bool,
    pub service: Option<String>,
    pub carrier: Option<String>,
    /// Where it goes; the address row only where more than the country is known.
    pub country: Option<&'static str>,
    pub address: Option<Box<Address>>,
    /// Values of charge columns per order that are not 0.
    pub charges: Vec<(usize, i64)>,
    /// Payments of the payments file: when, how much, a reference, whether in cash.
    pub payments: Vec<ListedPayment>,
}

/// A payment of the payments file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPayment {
    pub minor: i64,
    pub cash: bool,
    /// Tender and number, such as `card 1`.
    pub reference: String,
}

/// A line of an order.
#[derive(Clone, Debug)]
pub struct Line {
    pub sku: Name,
    pub quantity: i64,
    pub price: LinePrice,
    /// What the line is worth in minor units.
    pub minor: i64,
    pub location: Name,
    /// Units not cancelled and not returned, as far as the history is read.
    pub left: i64,
    pub cancelled: i64,
    /// Units that were not there when the order was placed (`--stock strict`).
    pub short: i64,
}

/// A charge of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    pub kind: crate::map::ChargeKind,
    /// The code or column it came from.
    pub label: Name,
    pub minor: i64,
}

/// An order with the times of its life.
#[derive(Debug)]
pub struct Order {
    pub number: Name,
    pub first_line: u32,
    pub placed_at: Timestamp,
    pub customer: Option<Name>,
    pub head: Head,
    pub lines: Vec<Line>,
    pub charges: Vec<Charge>,
    /// When its goods leave; None where they do not.
    pub shipped_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    /// Money that comes in, in order.
    pub payments: Vec<Payment>,
    /// All units are cancelled then, by status.
    pub cancelled_at: Option<Timestamp>,
    /// All units come back then, by status or list.
    pub returned_at: Option<Timestamp>,
    /// Held because goods were missing (`--stock strict`).
    pub held: bool,
    /// Received less refunded, as far as the history is read.
    pub kept: i64,
    /// Credited and refunded after shipping, so far.
    pub credited: i64,
    /// Credited for cancelled units beyond their price; refunded once the goods have left.
    pub owed_after_shipping: i64,
    /// Of the price of cancelled units, what was not credited: charged all the same.
    pub surcharged: i64,
}

/// Money that comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub at: Timestamp,
    pub minor: i64,
    pub cash: bool,
    pub reference: Option<String>,
}

impl Order {
    pub fn goods(&self) -> i64 {
        self.lines.iter().map(|line| line.minor).sum()
    }

    pub fn charged(&self) -> i64 {
        self.charges.iter().map(|charge| charge.minor).sum()
    }

    pub fn total(&self) -> i64 {
        self.goods() + self.charged()
    }

    /// Every unit was cancelled.
    pub fn is_cancelled(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.cancelled == line.quantity)
    }

    /// When nothing is left to be delivered: the last known moment of its way so far.
    pub fn last_known(&self) -> Timestamp {
        let times = [Some(self.placed_at), self.head.approved_at, self.shipped_at, self.delivered_at];
        times.into_iter().flatten().max().unwrap_or(self.placed_at)
    }
}

/// What a row of a cancellation invoice, or an adjustment, does. `at`, `first_line` and the place in the list give the
/// order in which things happen.
#[derive(Clone, Debug)]
pub struct Effect {
    pub at: Timestamp,
    pub first_line: u32,
    /// Names the effect in reasons and keys: the number of its invoice, with a line where there are several, as [`credit_note`]
    /// has it.
    pub reference: String,
    /// The row of the file to name when the rules refuse it.
    pub line: u32,
    pub deed: Deed,
}

/// What the log calls a credit note for ever, and an import that is repeated knows it by: its number where that is a word. One
/// that holds more could name a person and is told by the first 64 bits of its SHA-256.
pub fn credit_note(number: &str) -> String {
    if is_word(number) {
        return number.to_owned();
    }
    Sha256::digest(number).iter().take(8).fold("credit_note-".to_owned(), |word, byte| format!("{word}{byte:02x}"))
}

/// A credit note as [`credit_note`] names it, by the reason that is stored. Until reasons had to be words, stores were given the
/// number as it was, and a line of it as `C1007 line 12`.
pub fn known_credit_note(reason: &str) -> String {
    let line = |(number, line): (&str, &str)| line.parse::<u32>().ok().map(|line| format!("{number}-{line}"));
    credit_note(&reason.rsplit_once(" line ").and_then(line).unwrap_or_else(|| reason.to_owned()))
}

#[derive(Clone, Debug)]
pub enum Deed {
    /// Units that had not shipped; `refund` minor units of what was paid go back, `surcharge` of their price stay due.
    Cancel {
        order: usize,
        lines: Vec<Units>,
        refund: i64,
        surcharge: i64,
    },
    /// Units that had shipped, and what is credited for them.
    Return {
        order: usize,
        lines: Vec<Units>,
        credit: i64,
    },
    /// Money of a charge goes back; `after_shipping` where the goods have not left yet.
    Refund {
        order: usize,
        amount: i64,
    },
    Adjust {
        sku: Name,
        location: Name,
        delta: i64,
        reason: AdjustReason,
    },
}

/// Units of a line, by its place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    pub line: usize,
    pub units: i64,
    /// Of the line, these and all cancelled before.
    pub cancelled_then: i64,
}

/// Everything the files say, in classes and in the order in which it happened.
#[derive(Debug, Default)]
pub struct History {
    pub names: Names,
    pub books: Books,
    pub orders: Vec<Order>,
    pub effects: Vec<Effect>,
    pub rejects: Vec<Reject>,
    /// First description of each SKU, and when it was first seen.
    pub items: Vec<(Name, Option<Name>, Timestamp)>,
    pub customers: Vec<(Name, Timestamp)>,
    /// Rows of the lines file.
    pub rows: u64,
    /// Stock lines on cancellation invoices that found units: wholly, in part.
    pub matched: (u64, u64),
}
