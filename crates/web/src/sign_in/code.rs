//! Codes of authenticators: six digits that change every half minute (RFC 6238, HMAC-SHA1, which every authenticator knows).

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::Write;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use waybill_domain::access::totp::TotpSecret;
use waybill_domain::time::Timestamp;

/// Seconds that a code is shown; the one before and the one after are taken, too.
const STEP_S: u64 = 30;

fn totp(secret: &TotpSecret) -> Totp {
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1).with_step_duration(STEP_S);
    builder.with_secret(Secret::from(secret.0.clone())).build_noncompliant()
}

/// The number of the step whose code this is, at this time; None where it is no code of this secret.
pub fn step(secret: &TotpSecret, code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let plain = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let now_s = u64::try_from(now.0.div_euclid(1_000_000)).ok()?;
    totp(secret).check(&digits, now_s).filter(|_| plain).and_then(|step| i64::try_from(step).ok())
}

/// The secret in base 32, for whoever types it.
pub fn written(secret: &TotpSecret) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in &secret.0 {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(LETTERS[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(LETTERS[(bits << (5 - held) & 31) as usize]));
    }
    text
}

/// What an authenticator reads from the picture.
pub fn address(secret: &TotpSecret, issuer: &str, account: &str) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", written(secret))
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => drop(write!(out, "%{byte:02X}")),
        }
        out
    })
}

/// The picture, as SVG without any style. None where the text is too long for one.
pub fn picture(address: &str) -> Option<String> {
    let code = QrCode::encode_text(address, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 8;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{},{}h1v1h-1z", x + 4, y + 4);
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"200\" height=\"200\" role=\"img\" \
         aria-label=\"A code for your authenticator\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Codes of the present step are taken however they are spaced; whatever else is typed is no code or another's.
        #[test]
        fn any_text_is_no_code_or_one_of_six_digits(
            text in prop_oneof![any::<String>(), "[0-9 ]{4,8}"], at_s in 0..1_000_000_000_000_i64, secret in prop::collection::vec(any::<u8>(), 1..40),
        ) {
            let (secret, now) = (TotpSecret(secret), Timestamp(at_s * 1_000_000));
            let taken = step(&secret, &text, now);
            prop_assert!(taken.is_none() || text.chars().filter(char::is_ascii_digit).count() == 6);
            prop_assert!(taken.is_none_or(|taken| (taken - at_s / 30).abs() <= 1));
            let code = totp(&secret).generate(at_s as u64).to_string();
            let spaced = format!(" {} {}\t", &code[..3], &code[3..]);
            prop_assert!(step(&secret, &code, now).is_some() && step(&secret, &spaced, now).is_some());
        }
    }

    /// The values of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = TotpSecret(b"12345678901234567890".to_vec());
        for (at_s, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let at = |offset: i64| Timestamp((at_s + offset) * 1_000_000);
            assert_eq!(step(&secret, code, at(0)), Some(at_s / 30));
            assert_eq!(
                step(&secret, &format!(" {} {}", &code[..3], &code[3..]), at(30)),
                Some(at_s / 30),
                "a late one"
            );
            assert_eq!(step(&secret, code, at(90)), None, "too late");
            assert_eq!(step(&TotpSecret(vec![1; 20]), code, at(0)), None);
        }
        for wrong in ["", "28708", "2870820", "28708a", "２８７０８２"] {
            assert_eq!(step(&secret, wrong, Timestamp(59_000_000)), None, "{wrong}");
        }
        assert_eq!(step(&secret, "287082", Timestamp(-1)), None);
    }

    /// The values of RFC 4648, section 10.
    #[test]
    fn a_secret_is_written_as_authenticators_read_it() {
        for (bytes, text) in [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(written(&TotpSecret(bytes.as_bytes().to_vec())), text);
        }
        let address = address(&TotpSecret(b"foobar".to_vec()), "Ada & Co", "ada@example.com");
        assert_eq!(address, "otpauth://totp/Ada%20%26%20Co:ada%40example.com?secret=MZXW6YTBOI&issuer=Ada%20%26%20Co");
        assert!(picture(&address).unwrap().starts_with("<svg "));
        assert_eq!(picture(&"x".repeat(5_000)), None);
    }
}
