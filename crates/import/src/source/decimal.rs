//! Decimal numbers as they are written, exactly.

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notation {
    /// `.` or `,`.
    pub decimal: u8,
    /// Left out of numbers before they are read.
    pub thousands: Option<u8>,
}

impl Default for Notation {
    fn default() -> Self {
        Self { decimal: b'.', thousands: None }
    }
}

/// `mantissa x 10^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    pub mantissa: i64,
    /// 0 to 18.
    pub scale: u8,
}

impl Decimal {
    /// Reads a number with an optional sign; no exponent, at most 18 digits that count.
    pub fn parse(text: &str, notation: Notation) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (mut mantissa, mut scale, mut seen, mut point) = (0i64, 0u8, false, false);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    mantissa = mantissa.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                    scale = scale.checked_add(u8::from(point))?;
                    seen = true;
                }
                byte if *byte == notation.decimal && !point => point = true,
                byte if Some(*byte) == notation.thousands && !point => {}
                _ => return None,
            }
        }
        if !seen || scale > 18 {
            return None;
        }
        // Zeros at the end say nothing; without them equal numbers are equal values.
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, scale })
    }

    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The whole number it is, if it is one.
    pub const fn whole(self) -> Option<i64> {
        if self.scale == 0 { Some(self.mantissa) } else { None }
    }

    /// Ten to the scale: what the mantissa is divided by.
    pub const fn denominator(self) -> i128 {
        10i128.pow(self.scale as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_they_are_written() {
        let plain = Notation::default();
        let comma = Notation { decimal: b',', thousands: Some(b'.') };
        let cases = [
            ("2.55", plain, Some((255, 2))),
            ("-11062.06", plain, Some((-1_106_206, 2))),
            ("14.0", plain, Some((14, 0))),
            ("0.15000000596046448", plain, Some((15_000_000_596_046_448, 17))),
            ("1.234,50", comma, Some((12_345, 1))),
            (" 7 ", plain, Some((7, 0))),
            ("", plain, None),
            (".", plain, None),
            ("1e3", plain, None),
            ("1,5", plain, None),
            ("1.2.3", plain, None),
            ("99999999999999999999", plain, None),
        ];
        for (text, notation, expected) in cases {
            let read = Decimal::parse(text, notation).map(|number| (number.mantissa, number.scale));
            assert_eq!(read, expected, "{text}");
        }
    }

    proptest::proptest! {
        /// A number is its digits with a point among them, however many of them are zeros.
        #[test]
        fn any_text_is_refused_or_a_number(
            text in proptest::prop_oneof![proptest::prelude::any::<String>(), "[+-]?[0-9]{0,20}[.,]?[0-9.,]{0,20}", "0\\.0{0,600}[0-9]{0,3}"],
        ) {
            let Some(read) = Decimal::parse(&text, Notation::default()) else { return Ok(()) };
            let float: f64 = text.trim().parse().expect("what is read as a number is one");
            let exact = read.mantissa as f64 / 10_f64.powi(i32::from(read.scale));
            proptest::prop_assert!((float - exact).abs() <= float.abs() * 1e-12, "{} as {:?}", text, read);
        }
    }
}
