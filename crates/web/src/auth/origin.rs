//! Where a browser says that a request comes from.

use axum::http::{HeaderMap, HeaderName, Method, header};

fn text(headers: &HeaderMap, name: impl axum::http::header::AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The name in `localhost:8080`, `127.0.0.1` or `[::1]:8080`.
fn is_of_this_machine(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => matches!(rest.split_once(']'), Some(("::1", port)) if port.is_empty() || port.starts_with(':')),
        None => matches!(host.rsplit_once(':').map_or(host, |(name, _)| name), "localhost" | "127.0.0.1" | "::1"),
    }
}

/// Whether the address in the browser is one of this machine, without TLS before it.
pub fn is_plain_local(headers: &HeaderMap) -> bool {
    let tls = text(headers, "x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    !tls && text(headers, header::HOST).is_some_and(is_of_this_machine)
}

/// Whether a browser says that its page came without TLS, so that it will keep no cookie that wants it.
pub fn came_without_tls(headers: &HeaderMap) -> bool {
    text(headers, header::ORIGIN).is_some_and(|origin| origin.starts_with("http://"))
}

/// Whether a browser sends this for a page that does not come from here, or under a name that is not this machine's.
pub fn from_another_site(headers: &HeaderMap) -> bool {
    let foreign_host = text(headers, header::HOST).is_some_and(|host| !is_of_this_machine(host));
    let foreign_origin = text(headers, header::ORIGIN)
        .is_some_and(|origin| !origin.split_once("://").is_some_and(|(_, host)| is_of_this_machine(host)));
    let foreign_site = headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site");
    foreign_host || foreign_origin || foreign_site
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request changes nothing by what its method means.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser sends this for a page of ours. One that says nothing of where it comes from does not.
pub fn from_our_own_page(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    let origin = text(headers, header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == text(headers, header::HOST)
}

/// Whether a browser was led here by a page of another site.
pub fn is_led_here(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site" || site == "same-site")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No name that only looks like this machine's passes for it, and no other site for ours.
        #[test]
        fn any_host_is_another_unless_it_is_this_machine(
            host in prop_oneof!["[!-~]{0,30}", "(localhost|127\\.0\\.0\\.1|\\[?::1\\]?)[a-z.:0-9]{1,12}"],
            port in any::<u16>(),
        ) {
            let pairs = [("host", host.as_str())];
            if !from_another_site(&headers(&pairs)) {
                let name = ["localhost", "127.0.0.1", "[::1]", "::1"].iter().find(|name| host.starts_with(**name));
                let rest = name.map(|name| &host[name.len()..]);
                prop_assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')), "{host}");
            }
            for name in ["localhost", "127.0.0.1", "[::1]"] {
                let host = format!("{name}:{port}");
                prop_assert!(is_plain_local(&headers(&[("host", &host)])), "{host}");
            }
            let origin = format!("https://{host}x");
            prop_assert!(!from_our_own_page(&headers(&[("host", &host), ("origin", &origin)])));
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_pages_of_this_machine_pass_for_local() {
        let foreign = |pairs: &[(&'static str, &str)]| from_another_site(&headers(pairs));
        for local in ["localhost:8080", "127.0.0.1", "[::1]:8080", "127.0.0.1:80"] {
            assert!(!foreign(&[("host", local)]), "{local}");
        }
        assert!(!foreign(&[("host", "localhost:8080"), ("origin", "http://localhost:8080")]));
        assert!(foreign(&[("host", "shop.example")]), "a name that was pointed at this machine");
        assert!(foreign(&[("host", "[::1].evil.example")]) && foreign(&[("host", "[localhost]")]));
        assert!(foreign(&[("host", "localhost"), ("origin", "https://evil.example")]));
        assert!(foreign(&[("host", "localhost"), ("origin", "null")]));
        assert!(foreign(&[("host", "localhost"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn only_our_own_pages_pass_for_ours() {
        let own = |pairs: &[(&'static str, &str)]| from_our_own_page(&headers(pairs));
        assert!(own(&[("host", "shop.example"), ("sec-fetch-site", "same-origin")]));
        assert!(own(&[("host", "shop.example:8443"), ("origin", "https://shop.example:8443")]));
        assert!(!own(&[("host", "shop.example")]), "nothing is said");
        for site in ["cross-site", "same-site", "none", ""] {
            let pairs = [("host", "shop.example"), ("origin", "https://shop.example"), ("sec-fetch-site", site)];
            assert!(!own(&pairs), "{site}");
        }
        for origin in ["https://evil.example", "null", "https://shop.example:444", "https://shop.example.evil.example"]
        {
            assert!(!own(&[("host", "shop.example"), ("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn plain_is_what_comes_from_this_machine_without_tls() {
        assert!(is_plain_local(&headers(&[("host", "127.0.0.1:8080")])));
        assert!(!is_plain_local(&headers(&[("host", "127.0.0.1:8080"), ("x-forwarded-proto", "https")])));
        assert!(!is_plain_local(&headers(&[("host", "shop.example")])));
        assert!(!is_plain_local(&headers(&[])));
    }
}
