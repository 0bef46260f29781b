//! GTIN: the number under a bar code, with its check digit (GS1 General Specifications, section 7.9).

/// Whether `text` is a GTIN-8, -12, -13 or -14 whose last digit is the modulo-10 check digit of the others.
pub fn is_valid_gtin(text: &str) -> bool {
    if !matches!(text.len(), 8 | 12 | 13 | 14) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    // From the right, the check digit itself weighs 1 and its neighbours alternate 3, 1, 3 ...
    let sum: u32 =
        text.bytes().rev().enumerate().map(|(n, byte)| u32::from(byte - b'0') * if n % 2 == 0 { 1 } else { 3 }).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn check_digits_follow_the_published_examples() {
        // GS1's own worked example is 6291041500213; the others are printed on goods.
        for good in ["6291041500213", "4006381333931", "036000291452", "96385074", "10614141000415"] {
            assert!(super::is_valid_gtin(good), "{good}");
        }
        for bad in ["6291041500214", "629104150021", "", "abcdefgh", "0360002914521111"] {
            assert!(!super::is_valid_gtin(bad), "{bad}");
        }
    }
}
