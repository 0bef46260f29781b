//! The cookies in which a browser keeps the token of its session, and what it began at a provider.

use super::origin::is_plain_local;
use axum::http::{HeaderMap, HeaderValue};

/// Browsers take this name over TLS alone, for the whole host and nobody below or above it.
const SECURE: &str = "__Host-waybill";
/// For the browser of the very machine, where there is no TLS.
const PLAIN: &str = "waybill";

/// The token that a browser sends, if it looks like one.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let name = if is_plain_local(headers) { PLAIN } else { SECURE };
    let token = crate::console::look::cookie(headers, name)?;
    (token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(token)
}

/// The header that gives a browser its token for `seconds`. `asked` are the headers of the request.
pub fn set(asked: &HeaderMap, token: &str, seconds: i64) -> Option<HeaderValue> {
    let (name, secure) = if is_plain_local(asked) { (PLAIN, "") } else { (SECURE, "; Secure") };
    let cookie = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// The header that takes the token away again.
pub fn clear(asked: &HeaderMap) -> Option<HeaderValue> {
    set(asked, "", 0)
}

/// Names of the cookie that remembers a sign-in through a provider for as long as that takes.
const SIGN_ON: [&str; 2] = ["__Host-waybill-sign-on", "waybill-sign-on"];

/// What a browser remembers of the sign-in that it began.
pub fn begun(headers: &HeaderMap) -> Option<&str> {
    let [secure, plain] = SIGN_ON;
    let name = if is_plain_local(headers) { plain } else { secure };
    crate::console::look::cookie(headers, name).filter(|text| !text.is_empty())
}

/// The header that has a browser remember that for `seconds`; none is over. It comes along when another site sends the
/// browser here, as the provider does.
pub fn remember(asked: &HeaderMap, text: &str, seconds: i64) -> Option<HeaderValue> {
    let [secure, plain] = SIGN_ON;
    let (name, secure) = if is_plain_local(asked) { (plain, "") } else { (secure, "; Secure") };
    HeaderValue::from_str(&format!("{name}={text}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;
    use proptest::prelude::*;

    proptest! {
        /// A token is found among whatever other cookies there are, and nothing else is taken for one.
        #[test]
        fn any_cookies_hold_the_token_that_was_set_or_none(
            line in prop_oneof![prop::collection::vec(any::<u8>(), 0..80), "((__Host-)?waybill(-sign-on)?=?[0-9a-f;= ]{0,70};?){0,3}".prop_map(String::into_bytes)],
            secret in "[0-9a-f]{64}", others in prop::collection::vec("[a-vx-z]{1,6}=[!#-:<-~]{0,9}", 0..4),
            host in prop::sample::select(vec!["localhost:8080", "shop.example"]),
        ) {
            let asked = |line: &[u8]| {
                let line = HeaderValue::from_bytes(line).unwrap_or(HeaderValue::from_static(""));
                HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host)), (header::COOKIE, line)])
            };
            let odd = asked(&line);
            if let Some(token) = token(&odd) {
                prop_assert!(token.len() == 64 && u128::from_str_radix(&token[..32], 16).is_ok());
            }
            let _ = (begun(&odd), crate::console::look::cookie(&odd, ""));
            let given = |value: Option<HeaderValue>| {
                let value = value.expect("a header").to_str().expect("text").to_owned();
                value.split(';').next().expect("a pair").to_owned()
            };
            let cookies = [others.clone(), vec![given(set(&odd, &secret, 60)), given(remember(&odd, "x.1.y", 60))], others].concat();
            let headers = asked(cookies.join("; ").as_bytes());
            prop_assert_eq!((token(&headers), begun(&headers)), (Some(secret.as_str()), Some("x.1.y")));
        }
    }

    #[test]
    fn a_token_is_kept_as_safely_as_the_address_allows() {
        let asked = |host: &'static str, cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            headers.insert(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
            headers
        };
        let (one, other) = ("a".repeat(64), "b".repeat(64));
        let cookies = format!("x=1; waybill={one}; __Host-waybill={other}");
        assert_eq!(token(&asked("localhost:8080", &cookies)), Some(one.as_str()));
        assert_eq!(token(&asked("shop.example", &cookies)), Some(other.as_str()));
        for wrong in ["", "waybill", "waybill=", "waybill=zz", &format!("waybill={}g", "a".repeat(63))] {
            assert_eq!(token(&asked("localhost", wrong)), None, "{wrong}");
        }
        let set = |host| set(&asked(host, ""), "t", 60).unwrap().to_str().unwrap().to_owned();
        assert_eq!(set("127.0.0.1"), "waybill=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        assert_eq!(set("shop.example"), "__Host-waybill=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    }
}
