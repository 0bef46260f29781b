//! The mapping: which column means what, typed and checked before anything is read.

mod fields;
mod files;
mod parse;
mod reader;
mod rules;

use crate::error::MapError;
use crate::source::decimal::Notation;
use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use waybill_domain::money::Currency;
use waybill_domain::stock::adjust::AdjustReason;

/// A mapping file, read and checked.
#[derive(Clone, Debug)]
pub struct Map {
    /// Part of every idempotency key: another name makes everything new.
    pub name: String,
    pub currency: Currency,
    pub zone: TimeZone,
    pub zone_name: String,
    /// The code of the channel that the orders come from.
    pub channel: String,
    /// The code of the location where nothing else is said.
    pub location: String,
    /// Where locations are that have to be created, ISO 3166-1 alpha-2; `ZZ` where nobody knows.
    pub country: String,
    pub files: Vec<FileSpec>,
    pub order: OrderFields,
    pub line: LineFields,
    pub charge_codes: Vec<ChargeCode>,
    pub charge_columns: Vec<ChargeColumn>,
    pub cancellation: Option<CancellationRule>,
    pub unpriced: UnpricedRule,
    pub adjustment_reasons: Vec<ReasonRule>,
    pub return_list: Option<ReturnList>,
    pub lead: LeadTimes,
    pub payment: PaymentRule,
    pub value_maps: BTreeMap<String, BTreeMap<String, String>>,
}

impl Map {
    /// Reads a mapping from its text (TOML).
    ///
    /// # Errors
    /// Every problem at once, each with its path; unknown keys are problems.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        parse::map(text)
    }

    /// The file whose rows are the order lines.
    pub fn lines_file(&self) -> Option<&FileSpec> {
        self.files.iter().find(|file| file.role == Role::Lines)
    }

    pub fn file(&self, name: &str) -> Option<&FileSpec> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Lines,
    Orders,
    Payments,
    Returns,
    Lookup,
}

/// How the bytes of a file become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Latin1,
    Windows1252,
}

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pub delimiter: u8,
    /// None where fields are never quoted.
    pub quote: Option<u8>,
    pub encoding: Encoding,
    pub notation: Notation,
    /// Texts that mean empty.
    pub null: Vec<String>,
}

impl Default for Format {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            encoding: Encoding::Utf8,
            notation: Notation::default(),
            null: vec![String::new()],
        }
    }
}

/// One file of the source.
#[derive(Clone, Debug)]
pub struct FileSpec {
    pub name: String,
    pub role: Role,
    /// Candidates; `$FILE` is the argument, others lie in its directory.
    pub path: Vec<String>,
    pub join: Option<Join>,
    pub optional: bool,
    pub format: Format,
}

/// Rows of this file whose `column` equals `to_column` of a row of `to_file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    pub column: String,
    pub to_file: String,
    pub to_column: String,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Column { file: String, column: String },
    Const(String),
}

/// Case that a text is brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Upper,
    Lower,
}

/// A value of a row: where from, and how it is cleaned.
#[derive(Clone, Debug)]
pub struct Field {
    pub origin: Origin,
    pub trim: bool,
    pub case: Option<Case>,
    pub prefix: Option<String>,
    pub pad_left: Option<(usize, char)>,
    /// The name of a value map.
    pub map: Option<String>,
    /// How a date is written (strftime); None tries ISO 8601.
    pub format: Option<String>,
    /// The time of day of dates without one.
    pub time: Option<Time>,
    pub zone: Option<TimeZone>,
}

/// What is said about an order.
#[derive(Clone, Debug)]
pub struct OrderFields {
    pub number: Field,
    pub placed_at: Field,
    pub customer: Option<Field>,
    pub customer_name: Option<Field>,
    pub customer_email: Option<Field>,
    pub approved_at: Option<Field>,
    pub required_at: Option<Field>,
    pub promised_on: Option<Field>,
    pub shipped_at: Option<Field>,
    pub delivered_at: Option<Field>,
    pub cancelled_at: Option<Field>,
    pub status: Option<Field>,
    pub service: Option<Field>,
    pub carrier: Option<Field>,
    pub currency: Option<Field>,
    pub channel: Option<Field>,
    pub location: Option<Field>,
    pub ship_to: ShipTo,
    /// Rows of one order at several times: the earliest counts, or they are rejected.
    pub several_times: SeveralTimes,
}

/// What to do with an order whose rows carry several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeveralTimes {
    Earliest,
    Reject,
}

/// The address of an order.
#[derive(Clone, Debug, Default)]
pub struct ShipTo {
    pub name: Option<Field>,
    pub street: Option<Field>,
    pub city: Option<Field>,
    pub state: Option<Field>,
    pub postal_code: Option<Field>,
    pub country: Option<Field>,
}

/// What is said about a line.
#[derive(Clone, Debug)]
pub struct LineFields {
    pub sku: Field,
    pub quantity: Field,
    pub price: PriceField,
    pub description: Option<Field>,
    /// A fraction: 0.2 is 20 %.
    pub discount: Option<Field>,
    pub location: Option<Field>,
    /// Checked, not kept.
    pub number: Option<Field>,
    /// Checked, not kept.
    pub ship_by: Option<Field>,
}

/// The price of one unit before discount, or the total of the line after discount.
#[derive(Clone, Debug)]
pub enum PriceField {
    Unit(Field),
    Total(Field),
}

impl PriceField {
    pub const fn field(&self) -> &Field {
        match self {
            Self::Unit(field) | Self::Total(field) => field,
        }
    }
}

/// What a charge is, in the words of the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeKind {
    Shipping,
    Fee,
    Discount,
    Manual,
    GiftVoucher,
    Sample,
    WriteOff,
}

/// SKUs that are charges.
#[derive(Clone, Debug)]
pub struct ChargeCode {
    /// A trailing `*` makes a prefix.
    pub codes: Vec<String>,
    pub kind: ChargeKind,
}

/// A column that is a charge.
#[derive(Clone, Debug)]
pub struct ChargeColumn {
    pub column: Field,
    pub kind: ChargeKind,
    /// One per line, or one per order.
    pub per_line: bool,
}

/// What marks a cancellation.
#[derive(Clone, Debug)]
pub enum CancellationMark {
    NumberPrefix(Vec<String>),
    Column { field: Field, values: Vec<String> },
}

/// How cancellations are told and matched.
#[derive(Clone, Debug)]
pub struct CancellationRule {
    pub mark: CancellationMark,
    /// Match cancellations without a customer among the sales without one.
    pub guests: bool,
}

/// What goods without a price and without a customer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpriced {
    Free,
    Adjustment,
    Reject,
}

/// What goods without a price are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnpricedRule {
    pub with_customer: Unpriced,
    pub without_customer: Unpriced,
}

/// A test of an adjustment's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReasonTest {
    /// Any of these, ignoring case.
    Contains(Vec<String>),
    /// Nothing but these characters.
    Only(String),
    AllUpper,
    Default,
}

/// The reason of an adjustment whose description passes the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonRule {
    pub reason: AdjustReason,
    pub test: ReasonTest,
}

/// Orders that came back as a whole.
#[derive(Clone, Debug)]
pub struct ReturnList {
    pub order: Field,
    pub when: Option<(Field, Vec<String>)>,
    /// After delivery.
    pub return_after: SignedDuration,
}

/// Lead times where the file has no time; without them the step does not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadTimes {
    pub ship_after: Option<SignedDuration>,
    pub deliver_after: Option<SignedDuration>,
    pub cancel_after: Option<SignedDuration>,
    pub return_after: Option<SignedDuration>,
}

/// How orders are paid.
#[derive(Clone, Debug)]
pub enum PaymentRule {
    /// One payment of the order's total at placing.
    Paid,
    /// Nothing is paid.
    Open,
    /// As the payments file says.
    Listed {
        amount: Box<Field>,
        tender: Option<Box<Field>>,
        number: Option<Box<Field>>,
        installments: Option<Box<Field>>,
    },
}

/// Words for how an order was paid, as value maps may give them.
pub const TENDERS: [&str; 5] = ["card", "bank_transfer", "gift_voucher", "cash", "other"];
