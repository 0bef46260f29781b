//! The documentation that is served: the API, the error codes; and what a person is told instead of a problem.

pub mod docs;

use crate::console::assets;
use crate::problem::Shown;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, Response};

/// Only our own files, no frames, no scripts in the page.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Addresses stay on this server. With `no-referrer` a browser would not say either that a form comes from our own page.
const REFERRER_POLICY: &str = "same-origin";

/// Headers that keep a browser from being used against us, and a page instead of a problem where it is `for_person`.
pub fn protect(mut response: Response, for_person: bool) -> Response {
    if for_person && let Some(problem) = response.extensions().get::<Shown>() {
        let Html(text) = said(problem);
        *response.body_mut() = Body::from(text);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    }
    let headers = response.headers_mut();
    // A picture that somebody uploaded brings a stricter one.
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(REFERRER_POLICY));
    response
}

/// A browser that opens an address; programs say that they take JSON, or anything.
pub fn is_for_person(request: &Request) -> bool {
    let html = |headers: &HeaderMap| {
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        accepted.is_some_and(|accepted| accepted.contains("text/html"))
    };
    !request.uri().path().starts_with("/api/") && html(request.headers())
}

fn said(problem: &Shown) -> Html<String> {
    let Shown { code, title, detail, next_step, problems } = problem;
    let title = heading(title);
    let (shown, detail, next_step) = (escape(title), escape(detail), escape(next_step));
    let list: String = problems
        .iter()
        .map(|(path, message)| format!("<li><code>{}</code> {}</li>", escape(path), escape(message)))
        .collect();
    let list = if list.is_empty() { list } else { format!("<ul class=\"small\">{list}</ul>") };
    page(
        &format!("{title} · Waybill"),
        &format!(
            "<body class=\"gatepage\">\n<main class=\"gate\" id=\"main\"><div class=\"gatebox\">\n\
             <form class=\"form\" method=\"get\" action=\"/search\" role=\"search\"><h1>{shown}</h1>\n\
             <p>{detail} {next_step}</p>{list}\n\
             <div class=\"row\"><input class=\"input\" type=\"search\" name=\"q\" maxlength=\"200\" \
             aria-label=\"Order, customer, email, SKU or tracking number\" placeholder=\"Order, customer, SKU\">\
             <button class=\"btn\">Search</button></div>\n\
             <a class=\"btn primary\" href=\"/\">Today</a></form>\n\
             <p class=\"small\"><a href=\"/docs/errors/{code}\"><code>{code}</code></a></p>\n</div></main>\n</body>"
        ),
    )
}

/// Text as it may stand in HTML.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// What went wrong, as a person would say it who never heard of HTTP.
pub fn heading(title: &str) -> &str {
    match title {
        "Not Found" => "Nothing is here",
        "Bad Request" | "Unprocessable Entity" => "This was not understood",
        "Forbidden" => "This is not allowed",
        "Conflict" => "This was not done",
        "Service Unavailable" => "Not at this moment",
        "Internal Server Error" => "Something broke here",
        other => other,
    }
}

/// A page around `body`, which is HTML already.
fn page(title: &str, body: &str) -> Html<String> {
    let (title, style) = (escape(title), assets::url("console.css"));
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"/assets/icon.svg\">\n<link rel=\"stylesheet\" href=\"{style}\">\n\
         </head>\n{body}\n</html>\n"
    ))
}
