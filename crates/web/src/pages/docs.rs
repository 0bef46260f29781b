//! The documentation: a page that shows the API's own description, and a page per error code.

use super::{escape, page};
use crate::ask::InPath;
use crate::errors;
use crate::problem::Problem;
use axum::response::Html;

const TOP: &str = "<header class=\"top\"><a href=\"/\">Waybill</a> <a href=\"/docs\">API</a> \
    <a href=\"/docs/errors\">Error codes</a></header>";

/// `GET /docs`: the page reads `/api/v1/openapi.json` and lays it out.
pub async fn docs() -> Html<String> {
    page(
        "API · Waybill",
        "<header class=\"top\"><a href=\"/\">Waybill</a> <a href=\"/docs/errors\">Error codes</a> \
         <a href=\"/api/v1/openapi.json\">OpenAPI</a></header>\n\
         <div class=\"docs\"><nav id=\"contents\" aria-label=\"Operations\"></nav>\n\
         <main id=\"api\"><h1>API</h1><p>This page lays out <a href=\"/api/v1/openapi.json\">the API's description</a> with a \
         script of this server.</p></main></div>\n<script src=\"/assets/docs.js\" defer></script>",
    )
}

/// `GET /docs/errors`.
pub async fn errors() -> Html<String> {
    let mut list = String::new();
    for (code, text) in errors::PAGES {
        let first =
            text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
        let first = inline(&escape(first));
        list.push_str(&format!("<li><a href=\"/docs/errors/{code}\"><code>{code}</code></a> {first}</li>\n"));
    }
    page(
        "Error codes · Waybill",
        &format!("{TOP}<main class=\"text\"><h1>Error codes</h1><ul class=\"codes\">{list}</ul></main>"),
    )
}

/// `GET /docs/errors/{code}`.
pub async fn error(InPath(code): InPath<String>) -> Result<Html<String>, Problem> {
    let text = errors::page(&code).ok_or_else(|| Problem::not_found("such error code"))?;
    let html = markdown(text);
    Ok(page(&format!("{code} · Waybill"), &format!("{TOP}<main class=\"text\">{html}</main>")))
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
