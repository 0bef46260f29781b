//! How people and programs ask: the JSON API, its documentation, and a few pages for operators.
//!
//! Handlers translate: authenticate, body to command, submit, outcome to view. Permissions and rules are asked in the
//! engine; what is read comes from the read models of `waybill-store`.

pub mod api;
mod ask;
mod auth;
mod body;
mod connections;
mod console;
pub mod errors;
mod forms;
mod json;
mod mentions;
mod metrics;
mod pages;
mod params;
mod portal;
pub mod problem;
mod request;
mod serve;
pub mod sign_in;
mod state;

pub use api::openapi::openapi_json;
pub use auth::{SECRET_PREFIX, is_public, secret_hash};
pub use connections::connections_that_fit;
pub use serve::serve;
pub use sign_in::provider::SignOn;
pub use state::{WebOptions, WebState};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use problem::Problem;
use std::ops::ControlFlow;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Everything that is served.
pub fn router(state: WebState) -> Router {
    let (api, _) = api::router().split_for_parts();
    // Streams and small answers go as they are.
    let worth = SizeAbove::new(1_024)
        .and(NotForContentType::const_new("text/event-stream"))
        .and(NotForContentType::const_new("application/x-ndjson"));
    Router::new()
        .merge(api)
        .merge(console::router())
        .merge(portal::router())
        .route("/docs", get(pages::docs::docs))
        .route("/docs/errors", get(pages::docs::errors))
        .route("/docs/errors/{code}", get(pages::docs::error))
        .route("/assets/{file}", get(console::assets::asset))
        .route("/api/v1/openapi.json", get(description))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::metrics))
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(state.clone(), pass))
        .layer(CompressionLayer::new().gzip(true).compress_when(worth))
        .with_state(state)
}

/// What every request passes on its way to its handler and back. One layer: each is cloned and boxed for every request.
async fn pass(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let for_person = pages::is_for_person(&request);
    let serve = |request: Request| async {
        match auth::authenticate(&state, request).await {
            ControlFlow::Continue(request) => {
                let caller = request.extensions().get::<auth::Caller>().filter(|_| for_person).cloned();
                let response = next.run(request).await;
                match caller {
                    Some(caller) => console::problem::framed(&state, &caller, response).await,
                    None => response,
                }
            }
            ControlFlow::Break(response) => response,
        }
    };
    pages::protect(request::surround(&state, request, serve).await, for_person)
}

async fn missing(request: Request) -> Problem {
    Problem::edge(problem::NOT_FOUND, format!("There is nothing at {}.", request.uri().path()))
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("{} does not take {}.", request.uri().path(), request.method());
    Problem::edge(problem::METHOD, detail)
}

async fn description() -> Response {
    static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let text = TEXT.get_or_init(openapi_json).as_str();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// The process lives.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The process serves: it writes, and the store answers.
async fn readyz(State(state): State<WebState>) -> Response {
    if let Some(why) = state.engine().closed() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("not writing: {why}\n")).into_response();
    }
    if let Some(why) = state.engine().trouble() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("not writing for now: {why}\n")).into_response();
    }
    match waybill_store::read::overview::position(state.store()).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}
