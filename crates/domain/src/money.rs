//! Exact money. Amounts are whole minor units; unit prices are finer and become money once, at a named rounding.

use crate::quantity::Quantity;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency that has a minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const EUR: Self = Self(*b"EUR");
    pub const GBP: Self = Self(*b"GBP");
    pub const USD: Self = Self(*b"USD");

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Digits after the point: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        iso_currency::Currency::from_code(self.as_str()).and_then(|known| known.exponent()).map_or(2, u32::from)
    }
}

impl FromStr for Currency {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match iso_currency::Currency::from_code(text).and_then(|known| known.exponent()) {
            Some(_) if text.len() == 3 => {
                let bytes = text.as_bytes();
                Ok(Self([bytes[0], bytes[1], bytes[2]]))
            }
            _ => Err("expected an ISO 4217 currency code such as EUR".into()),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in the minor unit of a currency known from its surroundings (an order has one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minor(pub i64);

impl Minor {
    pub const ZERO: Self = Self(0);
    /// The largest amount accepted from outside: ten trillion minor units; sums of a store fit in 64 bits.
    pub const MAX: Self = Self(10_000_000_000_000);

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// For serde: an amount of zero need not be written.
    pub const fn is_zero_ref(&self) -> bool {
        self.0 == 0
    }

    /// From minus [`Minor::MAX`] to [`Minor::MAX`].
    pub const fn is_valid(self) -> bool {
        self.0.unsigned_abs() <= Self::MAX.0 as u64
    }

    /// The amount as it is told: with its currency.
    pub const fn of(self, currency: Currency) -> Amount {
        Amount { minor: self, currency }
    }

    /// The amount with its point and currency: `12.50 EUR`.
    pub fn display(self, currency: Currency) -> String {
        let exponent = currency.exponent() as usize;
        let digits = format!("{:0>width$}", self.0.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if self.0 < 0 { "-" } else { "" };
        let point = if exponent == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction} {currency}")
    }
}

/// The bare number; [`Minor::display`] shows it with its currency.
impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An amount that a refusal tells: `12.50 EUR` in its sentence, and among its facts the bare minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    pub minor: Minor,
    pub currency: Currency,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.minor.display(self.currency))
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.minor.serialize(serializer)
    }
}

macro_rules! minor_ops {
    ($($trait:ident $method:ident $assign:ident $assign_method:ident $op:tt),+) => {$(
        impl std::ops::$trait for Minor {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Self(self.0 $op other.0)
            }
        }
        impl std::ops::$assign for Minor {
            fn $assign_method(&mut self, other: Self) {
                self.0 = self.0 $op other.0;
            }
        }
    )+};
}
minor_ops!(Add add AddAssign add_assign +, Sub sub SubAssign sub_assign -);

impl std::ops::Neg for Minor {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl std::iter::Sum for Minor {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |sum, amount| sum + amount)
    }
}

/// A price of one whole base unit, in millionths of the currency's major unit (1.25 EUR is 1,250,000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitPrice(pub i64);

impl UnitPrice {
    /// The largest accepted: ten billion major units.
    pub const MAX: Self = Self(10_000_000_000_000_000);

    pub fn from_minor(amount: Minor, currency: Currency) -> Option<Self> {
        let factor = 10i64.checked_pow(6u32.checked_sub(currency.exponent())?)?;
        amount.0.checked_mul(factor).map(Self)
    }

    /// Reads a decimal such as `0.0425`: at most six digits after the point, no sign, no exponent.
    pub fn from_decimal(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 6 || whole.len() > 12 {
            return None;
        }
        let scale = 10i64.pow(6 - fraction.len() as u32);
        let value = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?;
        value.checked_add(fraction.parse::<i64>().ok()? * scale).map(Self)
    }

    /// The shortest decimal in major units: `0.0425`, `19.99`, `3`.
    pub fn to_decimal(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:07}", self.0.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len() - 6);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

/// `numerator / denominator`, rounded half to even. The denominator is positive.
pub const fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator.div_euclid(denominator);
    let twice_rest = numerator.rem_euclid(denominator) * 2;
    if twice_rest > denominator || (twice_rest == denominator && quotient % 2 != 0) { quotient + 1 } else { quotient }
}

/// `unit_price x quantity - discount`, rounded half to even to minor units: the one place where a price becomes money.
///
/// `precision` is the item's: quantity 1500 at precision 3 is 1.5 base units. None where it exceeds [`Minor::MAX`].
pub fn line_total(
    unit_price: UnitPrice,
    quantity: Quantity,
    precision: u32,
    discount: Minor,
    currency: Currency,
) -> Option<Minor> {
    // price is 1e-6 major, quantity is 10^-precision units: the product is 10^-(6+precision) major units.
    let product = i128::from(unit_price.0) * i128::from(quantity.0);
    let scale = 10i128.checked_pow((6 + precision).checked_sub(currency.exponent())?)?;
    let total = divide_half_even(product - i128::from(discount.0) * scale, scale);
    i64::try_from(total).ok().map(Minor).filter(|total| total.is_valid())
}

/// The share of `whole` that falls on the first `part` of `of`, rounded half to even; the last part closes to the whole.
///
/// Shares of successive parts are differences of this function, so that they always add up: lines shipped in three
/// parcels, refunded in two returns. Zero where `of` is zero.
pub fn split_first(whole: Minor, part: i64, of: i64) -> Minor {
    debug_assert!((0..=of).contains(&part), "{part} of {of}");
    if of == 0 {
        return Minor::ZERO;
    }
    Minor(divide_half_even(i128::from(whole.0) * i128::from(part), i128::from(of)) as i64)
}

/// Splits `whole` by `weights` so that the parts add up to it: largest remainder, ties to the earlier part.
///
/// All zero weights put everything on the first part; no weights give no parts.
pub fn split_by_weights(whole: Minor, weights: &[i64]) -> Vec<Minor> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return weights.iter().enumerate().map(|(n, _)| if n == 0 { whole } else { Minor::ZERO }).collect();
    }
    let exact = |weight: i64| i128::from(whole.0) * i128::from(weight);
    let mut parts: Vec<i128> = weights.iter().map(|weight| exact(*weight).div_euclid(sum)).collect();
    let mut by_rest: Vec<usize> = (0..weights.len()).collect();
    by_rest.sort_by_key(|n| (-exact(weights[*n]).rem_euclid(sum), *n));
    let missing = i128::from(whole.0) - parts.iter().sum::<i128>();
    for n in by_rest.into_iter().take(missing as usize) {
        parts[n] += 1;
    }
    parts.into_iter().map(|part| Minor(part as i64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_becomes_money_once_rounded_half_to_even() {
        // Worked by hand: 0.0425 x 3 = 0.1275 -> 0.13; 0.125 -> 0.12 and 0.135 -> 0.14 (half to even).
        let total = |price: &str, quantity, precision, discount, currency| {
            line_total(
                UnitPrice::from_decimal(price).unwrap(),
                Quantity(quantity),
                precision,
                Minor(discount),
                currency,
            )
        };
        assert_eq!(total("0.0425", 3, 0, 0, Currency::EUR), Some(Minor(13)));
        assert_eq!(total("0.125", 1, 0, 0, Currency::EUR), Some(Minor(12)));
        assert_eq!(total("0.135", 1, 0, 0, Currency::EUR), Some(Minor(14)));
        assert_eq!(total("19.99", 2, 0, 498, Currency::EUR), Some(Minor(3500)));
        assert_eq!(total("2.5", 1500, 3, 0, Currency::EUR), Some(Minor(375)));
        assert_eq!(total("120", 3, 0, 0, "JPY".parse().unwrap()), Some(Minor(360)));
        assert_eq!(total("1.2345", 1, 0, 0, "KWD".parse().unwrap()), Some(Minor(1234)));
        assert_eq!(total("9999999999", 1_000_000, 0, 0, Currency::EUR), None);
    }

    #[test]
    fn decimals_read_and_show_exactly() {
        for (text, value) in [("0.0425", 42_500), ("19.99", 19_990_000), ("3", 3_000_000), ("0.000001", 1)] {
            assert_eq!(UnitPrice::from_decimal(text), Some(UnitPrice(value)));
            assert_eq!(UnitPrice(value).to_decimal(), text);
        }
        for wrong in ["", ".", "1.", ".5", "-1", "1e3", "0.0000001", "1,5", "99999999999999"] {
            assert_eq!(UnitPrice::from_decimal(wrong), None, "{wrong}");
        }
        assert_eq!(Minor(-5).display(Currency::EUR), "-0.05 EUR");
        assert_eq!(Minor(1250).display("JPY".parse().unwrap()), "1250 JPY");
        assert!("XXX".parse::<Currency>().is_err());
        assert!("eur".parse::<Currency>().is_err());
    }

    proptest! {
        #[test]
        fn parts_of_a_whole_add_up(whole in -1_000_000i64..1_000_000, weights in prop::collection::vec(0i64..1000, 1..12)) {
            let parts = split_by_weights(Minor(whole), &weights);
            prop_assert_eq!(parts.iter().copied().sum::<Minor>(), Minor(whole));
        }

        #[test]
        fn successive_shares_close_to_the_whole(whole in -1_000_000i64..1_000_000, cuts in prop::collection::vec(1i64..50, 1..10)) {
            let of: i64 = cuts.iter().sum();
            let mut done = 0;
            let mut sum = Minor::ZERO;
            for cut in cuts {
                sum += split_first(Minor(whole), done + cut, of) - split_first(Minor(whole), done, of);
                done += cut;
            }
            prop_assert_eq!(sum, Minor(whole));
        }
    }
}
