//! What a row is worth, and which price and discount of an order line say the same.

use crate::source::decimal::Decimal;
use waybill_domain::money::{Currency, Minor, UnitPrice, divide_half_even, line_total};
use waybill_domain::quantity::Quantity;

/// The price of a row as the file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub amount: Decimal,
    /// Whether `amount` is the total of the line after discount; else the price of one unit before it.
    pub is_total: bool,
    /// A fraction of the price, 0 to 1.
    pub discount: Decimal,
}

/// An order line's price: `unit x quantity - discount` is what the row is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinePrice {
    pub unit: UnitPrice,
    pub discount: Minor,
}

impl Price {
    pub const fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// What `units` of a row with `quantity` units are worth in minor units, rounded half to even.
    ///
    /// None where it is beyond 64 bits.
    pub fn worth(&self, units: i64, quantity: i64, currency: Currency) -> Option<i64> {
        let minor = 10i128.pow(currency.exponent());
        let amount = i128::from(self.amount.mantissa).checked_mul(i128::from(units))?.checked_mul(minor)?;
        let (numerator, denominator) = if self.is_total {
            let quantity = i128::from(quantity);
            if quantity == 0 {
                return Some(0);
            }
            (amount * quantity.signum(), self.amount.denominator() * quantity.abs())
        } else {
            let left = self.discount.denominator() - i128::from(self.discount.mantissa);
            (amount.checked_mul(left)?, self.amount.denominator().checked_mul(self.discount.denominator())?)
        };
        i64::try_from(divide_half_even(numerator, denominator)).ok()
    }

    /// The price of an order line of `quantity` (above zero) that is worth `worth`.
    pub fn of_line(&self, quantity: i64, worth: i64, currency: Currency) -> LinePrice {
        let fits = |price: &LinePrice| {
            price.discount.0 >= 0
                && line_total(price.unit, Quantity(quantity), 0, price.discount, currency) == Some(Minor(worth))
        };
        let listed = self.list_price(quantity, currency).map(|unit| {
            let gross = line_total(unit, Quantity(quantity), 0, Minor::ZERO, currency).unwrap_or_default();
            LinePrice { unit, discount: gross - Minor(worth) }
        });
        // Rounding half to even can move by one when whole minor units are taken off first.
        let near = |price: LinePrice| [0, 1, -1].map(|by| LinePrice { discount: price.discount + Minor(by), ..price });
        listed.into_iter().flat_map(near).find(fits).unwrap_or_else(|| net_price(quantity, worth, currency))
    }

    /// The price of a unit before discount, where it can be said exactly in millionths (of a total: in minor units).
    fn list_price(&self, quantity: i64, currency: Currency) -> Option<UnitPrice> {
        if !self.is_total {
            let factor = 10i64.checked_pow(6u32.checked_sub(u32::from(self.amount.scale))?)?;
            return self.amount.mantissa.checked_mul(factor).map(UnitPrice);
        }
        // total / (1 - discount) / quantity
        let left = self.discount.denominator() - i128::from(self.discount.mantissa);
        let minor = 10i128.pow(currency.exponent());
        let numerator =
            i128::from(self.amount.mantissa).checked_mul(self.discount.denominator())?.checked_mul(minor)?;
        let denominator = self.amount.denominator().checked_mul(left)?.checked_mul(i128::from(quantity))?;
        if denominator <= 0 || numerator % denominator != 0 {
            return None;
        }
        let minor = i64::try_from(numerator / denominator).ok()?;
        UnitPrice::from_minor(Minor(minor), currency)
    }
}

/// The smallest price in whole minor units that reaches `worth`, and the rest off.
fn net_price(quantity: i64, worth: i64, currency: Currency) -> LinePrice {
    let unit = worth.div_euclid(quantity) + i64::from(worth.rem_euclid(quantity) != 0);
    let discount = Minor(unit.saturating_mul(quantity).saturating_sub(worth));
    LinePrice { unit: UnitPrice::from_minor(Minor(unit), currency).unwrap_or_default(), discount }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decimal::Notation;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text, Notation::default()).unwrap()
    }

    #[test]
    fn a_row_is_worth_what_was_worked_out_by_hand_and_its_line_says_the_same() {
        // (amount, is a total, discount, quantity, worth in cents)
        let cases = [
            ("2.55", false, "0", 6, 1530),
            // 0.0425 x 3 = 0.1275
            ("0.0425", false, "0", 3, 13),
            // 0.001 x 1500 = 1.5 -> half to even
            ("0.001", false, "0", 1500, 150),
            ("0.125", false, "0", 1, 12),
            // 18.60 x 7 x 0.85 = 110.67
            ("18.60", false, "0.15", 7, 11067),
            // 9.8 x 10 x 0.75 = 73.5
            ("9.8", false, "0.25", 10, 7350),
            // Superstore: 957.5775 at 45 % off, 5 pieces: list 348.21
            ("957.5775", true, "0.45", 5, 95758),
            ("22.368", true, "0.2", 2, 2237),
            // One third of a cent a piece: no exact list price.
            ("1.00", true, "0", 3, 100),
            ("0", false, "0", 3, 0),
        ];
        for (amount, is_total, discount, quantity, worth) in cases {
            let price = Price { amount: decimal(amount), is_total, discount: decimal(discount) };
            assert_eq!(price.worth(quantity, quantity, Currency::EUR), Some(worth), "{amount}");
            let line = price.of_line(quantity, worth, Currency::EUR);
            let total = line_total(line.unit, Quantity(quantity), 0, line.discount, Currency::EUR);
            assert_eq!(total, Some(Minor(worth)), "{amount}: {line:?}");
            assert!(line.discount >= Minor::ZERO);
        }
        let listed = Price { amount: decimal("957.5775"), is_total: true, discount: decimal("0.45") };
        assert_eq!(listed.of_line(5, 95758, Currency::EUR).unit.to_decimal(), "348.21");
    }
}
