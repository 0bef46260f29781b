//! The files that pages need, compiled in.

use crate::ask::InPath;
use crate::problem::Problem;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// `GET /assets/{file}`.
pub async fn asset(InPath(file): InPath<String>) -> Result<Response, Problem> {
    let (kind, text) = match file.as_str() {
        "pages.css" => ("text/css; charset=utf-8", include_str!("assets/pages.css")),
        "docs.js" => ("text/javascript; charset=utf-8", include_str!("assets/docs.js")),
        "icon.svg" => ("image/svg+xml", include_str!("assets/icon.svg")),
        _ => return Err(Problem::not_found("such file")),
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text).into_response())
}
