//! Lines, units and money per class, kept apart from the sums over the file.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use waybill_domain::money::Currency;

/// What a row of the lines file is; see docs/importing.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Sale,
    Charge,
    Cancellation,
    Return,
    Adjustment,
    Reject,
}

/// Lines, units and minor units; signs are the file's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub lines: i64,
    pub units: i64,
    pub minor: i64,
}

impl Tally {
    pub const fn new(lines: i64, units: i64, minor: i64) -> Self {
        Self { lines, units, minor }
    }

    pub fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.units += other.units;
        self.minor += other.minor;
    }
}

/// The file's rows by class; together they are the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classes {
    pub sale: Tally,
    pub charge: Tally,
    pub cancellation: Tally,
    #[serde(rename = "return")]
    pub returned: Tally,
    pub adjustment: Tally,
    pub reject: Tally,
}

impl Classes {
    pub const fn of(&mut self, class: Class) -> &mut Tally {
        match class {
            Class::Sale => &mut self.sale,
            Class::Charge => &mut self.charge,
            Class::Cancellation => &mut self.cancellation,
            Class::Return => &mut self.returned,
            Class::Adjustment => &mut self.adjustment,
            Class::Reject => &mut self.reject,
        }
    }

    /// The sum of all classes.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for class in [self.sale, self.charge, self.cancellation, self.returned, self.adjustment, self.reject] {
            total.add(class);
        }
        total
    }
}

/// Classes, and per currency the money of all of them without the rejects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    pub classes: Classes,
    /// Counted row by row as read, so that the classes can be checked against it.
    pub file: Tally,
    pub money: BTreeMap<String, i64>,
}

impl Books {
    /// A row of the file, or a value of a charge column, before it is classed.
    pub fn read(&mut self, units: i64, minor: i64) {
        self.file.add(Tally::new(1, units, minor));
    }

    pub fn post(&mut self, class: Class, currency: Currency, tally: Tally) {
        self.classes.of(class).add(tally);
        if class != Class::Reject {
            *self.money.entry(currency.as_str().to_owned()).or_default() += tally.minor;
        }
    }
}
