//! The documentation: a page that shows the API's own description, and a page per error code.

use super::escape;
use crate::ask::InPath;
use crate::console::{self, Html, assets};
use crate::errors;
use crate::problem::Problem;
use askama::Template;
use axum::response::Response;

/// What stands on a page.
#[derive(Debug)]
enum Part {
    /// The script of the page reads `/api/v1/openapi.json` and lays it out.
    Api,
    /// Each code with what is said of it first.
    Errors(Vec<(&'static str, Html)>),
    Error(Html),
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    title: &'static str,
    /// Which of the places of the head this is.
    here: &'static str,
    part: Part,
}

impl DocsPage {
    fn asset(&self, name: &str) -> String {
        assets::url(name)
    }
}

/// `GET /docs`.
pub async fn docs() -> Response {
    console::page(&DocsPage { title: "API", here: "api", part: Part::Api })
}

/// `GET /docs/errors`.
pub async fn errors() -> Response {
    let first = |text: &str| {
        let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        Html::of(inline(&escape(first.unwrap_or_default())))
    };
    let codes = errors::PAGES.iter().map(|(code, text)| (*code, first(text))).collect();
    console::page(&DocsPage { title: "Error codes", here: "errors", part: Part::Errors(codes) })
}

/// `GET /docs/errors/{code}`.
pub async fn error(InPath(code): InPath<String>) -> Result<Response, Problem> {
    let known = errors::PAGES.iter().find(|(one, _)| *one == code);
    let (title, text) = known.ok_or_else(|| Problem::not_found("such error code"))?;
    Ok(console::page(&DocsPage { title, here: "", part: Part::Error(Html::of(markdown(text))) }))
}

/// The little Markdown that our own pages use: headings, lists, paragraphs, code.
fn markdown(text: &str) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut in_list = false;
    let close = |out: &mut String, paragraph: &mut String, in_list: &mut bool| {
        if !paragraph.is_empty() {
            let tag = if *in_list { "li" } else { "p" };
            out.push_str(&format!("<{tag}>{}</{tag}>\n", inline(paragraph)));
            paragraph.clear();
        }
    };
    for line in text.lines() {
        let escaped = escape(line.trim());
        let item = escaped.strip_prefix("- ");
        if item.is_some() || escaped.is_empty() || escaped.starts_with('#') {
            close(&mut out, &mut paragraph, &mut in_list);
        }
        if in_list && item.is_none() && (escaped.is_empty() || escaped.starts_with('#')) {
            out.push_str("</ul>\n");
            in_list = false;
        }
        if let Some(item) = item {
            if !in_list {
                out.push_str("<ul>\n");
                in_list = true;
            }
            paragraph.push_str(item);
        } else if let Some(heading) = escaped.strip_prefix("## ") {
            out.push_str(&format!("<h2>{}</h2>\n", inline(heading)));
        } else if let Some(heading) = escaped.strip_prefix("# ") {
            out.push_str(&format!("<h1>{}</h1>\n", inline(heading)));
        } else if !escaped.is_empty() {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(&escaped);
        }
    }
    close(&mut out, &mut paragraph, &mut in_list);
    if in_list {
        out.push_str("</ul>\n");
    }
    out
}

/// `code` within a line.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (place, part) in text.split('`').enumerate() {
        if place % 2 == 1 {
            out.push_str(&format!("<code>{part}</code>"));
        } else {
            out.push_str(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_page_becomes_html_and_nothing_in_it_becomes_a_tag() {
        let html = super::markdown("# `a.b`\n\nOne <b>\nline.\n\n## Do\n- x\n- y\n  z\n");
        assert_eq!(
            html,
            "<h1><code>a.b</code></h1>\n<p>One &lt;b&gt; line.</p>\n<h2>Do</h2>\n<ul>\n<li>x</li>\n<li>y z</li>\n</ul>\n"
        );
    }
}
