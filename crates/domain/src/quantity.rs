//! Quantities: whole numbers of an item's base unit at the item's precision.

use serde::{Deserialize, Serialize};

/// A count of an item's base unit times 10 to the item's precision: 1.5 kg at precision 3 is 1500.
///
/// Never negative in a command or a record; the largest accepted is [`Quantity::MAX`], so that sums of a whole store fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(pub i64);

impl Quantity {
    pub const ZERO: Self = Self(0);
    /// One trillion of the smallest unit.
    pub const MAX: Self = Self(1_000_000_000_000);

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// For serde: a quantity of zero need not be written.
    pub const fn is_zero_ref(&self) -> bool {
        self.0 == 0
    }

    /// Between 1 and [`Quantity::MAX`].
    pub const fn is_valid_demand(self) -> bool {
        self.0 > 0 && self.0 <= Self::MAX.0
    }

    /// What is left after taking `other`, never below zero.
    pub const fn less(self, other: Self) -> Self {
        Self(if self.0 > other.0 { self.0 - other.0 } else { 0 })
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl std::ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl std::ops::AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl std::ops::SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |sum, quantity| sum + quantity)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
