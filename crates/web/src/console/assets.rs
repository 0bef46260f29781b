//! The files that pages need, compiled in. Each is asked for under an address that changes with its content, so that a
//! browser asks once.

use crate::ask::InPath;
use crate::problem::Problem;
use axum::extract::RawQuery;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use waybill_domain::chain::hex;

struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    /// Names the content.
    version: String,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The worker that keeps the floor's pages. A browser knows it by its address, which therefore stays.
const KEEPER: &str = "keeper.js";

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let console = concat!(
        include_str!("assets/tokens.css"),
        include_str!("assets/components.css"),
        include_str!("assets/pages.css")
    );
    let scan = concat!(
        include_str!("assets/scan/keep.js"),
        include_str!("assets/scan/hear.js"),
        include_str!("assets/scan/lines.js"),
        include_str!("assets/scan/pick.js"),
        include_str!("assets/scan/pack.js"),
        include_str!("assets/scan/ship.js"),
        include_str!("assets/scan/book.js"),
        include_str!("assets/scan/field.js"),
        include_str!("assets/scan/start.js")
    );
    let files = [
        ("console.css", CSS, console),
        ("console.js", JS, include_str!("assets/console.js")),
        ("entry.js", JS, include_str!("assets/entry.js")),
        ("goods.js", JS, include_str!("assets/goods.js")),
        ("board.js", JS, include_str!("assets/board.js")),
        ("scan.js", JS, scan),
        (KEEPER, JS, include_str!("assets/keeper.js")),
        ("gate.js", JS, include_str!("assets/gate.js")),
        ("htmx.js", JS, include_str!("assets/htmx.js")),
        ("charts.js", JS, include_str!("assets/charts.js")),
        ("uplot.js", JS, include_str!("assets/uplot.js")),
        ("uplot.css", CSS, concat!("@layer vendor {", include_str!("assets/uplot.css"), "}")),
        ("icons.svg", SVG, include_str!("assets/icons.svg")),
        ("docs.css", CSS, include_str!("../pages/assets/docs.css")),
        ("docs.js", JS, include_str!("../pages/assets/docs.js")),
        ("icon.svg", SVG, include_str!("../pages/assets/icon.svg")),
    ];
    let asset = |(name, kind, text): (&'static str, _, &'static str)| {
        let version = hex(&Sha256::digest(text)[..6]);
        Asset { name, kind, text, version }
    };
    files.into_iter().map(asset).collect()
});

/// Where a file is.
///
/// # Panics
/// Where there is no such file: a slip in our own template, which every test of the page sees.
pub fn url(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name).expect("a file that is compiled in");
    format!("/assets/{name}?v={}", asset.version)
}

/// `GET /assets/{file}`.
pub async fn asset(InPath(file): InPath<String>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == file).ok_or_else(|| Problem::not_found("such file"))?;
    let is_current = query.as_deref().and_then(|query| query.strip_prefix("v=")) == Some(asset.version.as_str());
    let caching = if is_current { "public, max-age=31536000, immutable" } else { "max-age=300" };
    let mut response =
        ([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, caching)], asset.text).into_response();
    if asset.name == KEEPER {
        // Without this it would have the addresses beside its own alone.
        response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static("/"));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What a script declares for every other one on the same page.
    fn declared(name: &str) -> BTreeSet<&'static str> {
        let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
        let named = |line: &'static str| {
            let line = line.strip_prefix("async ").unwrap_or(line);
            let rest = ["function ", "const ", "let "].iter().find_map(|word| line.strip_prefix(word))?;
            rest.split(|c: char| !c.is_alphanumeric()).next()
        };
        asset.text.lines().filter_map(named).collect()
    }

    #[test]
    fn no_script_of_a_page_takes_a_name_of_the_console_s() {
        let console = declared("console.js");
        assert!(console.contains("send"), "declarations are found");
        for other in ["scan.js", "board.js", "entry.js", "goods.js", "charts.js"] {
            let both: Vec<_> = declared(other).intersection(&console).copied().collect();
            assert!(both.is_empty(), "{other} and console.js both declare {both:?}");
        }
    }
}
