//! Figures of the HTTP side and their Prometheus text, with those of the engine and the store.
//!
//! `docs/operations.md` says what each means to an operator; a test compares.

use crate::state::WebState;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use waybill_domain::Code;
use waybill_domain::webhook::DeliveryOutcome;
use waybill_store::read::webhooks;

/// Upper bounds of the latency histogram, in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// How a route was answered that was asked for by one method.
#[derive(Debug, Default)]
struct Answers {
    by_status: BTreeMap<u16, u64>,
    /// Requests at most as slow as each bound.
    within: [u64; BOUNDS.len()],
    count: u64,
    sum_s: f64,
}

type ByMethod = BTreeMap<&'static str, Answers>;

/// Counters of requests since the start, by route and method.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<String, ByMethod>>);

/// Methods come from outside; anything unusual is counted as one.
fn counted(method: &Method) -> &'static str {
    const USUAL: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    USUAL.into_iter().find(|usual| method == usual).unwrap_or("OTHER")
}

impl Metrics {
    pub fn record(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), ByMethod::new());
        }
        let Some(methods) = routes.get_mut(route) else { return };
        let answers = methods.entry(counted(method)).or_default();
        *answers.by_status.entry(status.as_u16()).or_default() += 1;
        let seconds = took.as_secs_f64();
        answers.count += 1;
        answers.sum_s += seconds;
        for (within, bound) in answers.within.iter_mut().zip(BOUNDS) {
            *within += u64::from(seconds <= bound);
        }
    }

    fn render(&self, out: &mut String) {
        let routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        head(out, "waybill_http_requests_total", "counter", "Requests answered.");
        for (route, methods) in &*routes {
            for (method, answers) in methods {
                for (status, count) in &answers.by_status {
                    let labels = labels(method, route, &format!(",status=\"{status}\""));
                    line(out, "waybill_http_requests_total", &labels, *count as f64);
                }
            }
        }
        head(out, "waybill_http_request_seconds", "histogram", "Time from request to answer.");
        for (route, methods) in &*routes {
            for (method, answers) in methods {
                let name = "waybill_http_request_seconds";
                for (within, bound) in answers.within.iter().zip(BOUNDS) {
                    let labels = labels(method, route, &format!(",le=\"{bound}\""));
                    line(out, &format!("{name}_bucket"), &labels, *within as f64);
                }
                let labels = |more| labels(method, route, more);
                line(out, &format!("{name}_bucket"), &labels(",le=\"+Inf\""), answers.count as f64);
                line(out, &format!("{name}_sum"), &labels(""), answers.sum_s);
                line(out, &format!("{name}_count"), &labels(""), answers.count as f64);
            }
        }
    }
}

fn labels(method: &str, route: &str, more: &str) -> String {
    let route = route.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{{method=\"{method}\",route=\"{route}\"{more}}}")
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: f64) {
    let _ = writeln!(out, "{name}{labels} {value}");
}

/// `GET /metrics`.
pub async fn metrics(State(state): State<WebState>) -> Response {
    let mut out = String::with_capacity(16 * 1024);
    let figures = state.engine().figures();
    let counters = [
        ("waybill_commands_total", "Commands carried out.", figures.commands.load(Relaxed)),
        ("waybill_refusals_total", "Commands refused by the rules.", figures.refusals.load(Relaxed)),
        ("waybill_replays_total", "Repeats answered from a kept receipt.", figures.replays.load(Relaxed)),
        (
            "waybill_overloads_total",
            "Commands turned away because too much was waiting.",
            figures.overloads.load(Relaxed),
        ),
        ("waybill_batches_total", "Transactions committed.", figures.batches.load(Relaxed)),
        (
            "waybill_batches_ahead_total",
            "Batches decided while the one before was written, because nobody else wrote.",
            figures.ahead.load(Relaxed),
        ),
        ("waybill_retries_total", "Batches decided again after a lost race.", figures.retries.load(Relaxed)),
        ("waybill_events_total", "Events written.", figures.events.load(Relaxed)),
        ("waybill_faults_total", "Internal faults.", figures.faults.load(Relaxed)),
    ];
    for (name, help, value) in counters {
        head(&mut out, name, "counter", help);
        line(&mut out, name, "", value as f64);
    }
    head(&mut out, "waybill_stage_seconds_total", "counter", "Time the engine spent per stage.");
    let stages = [("load", &figures.load_us), ("decide", &figures.decide_us), ("commit", &figures.commit_us)];
    for (stage, us) in stages {
        line(&mut out, "waybill_stage_seconds_total", &format!("{{stage=\"{stage}\"}}"), us.load(Relaxed) as f64 / 1e6);
    }
    let mut gauges = vec![
        ("waybill_waiting", "Commands that wait.", state.engine().waiting() as f64),
        ("waybill_position", "Log position of this process's latest commit.", figures.position.load(Relaxed) as f64),
        ("waybill_writing", "1 while this process writes.", f64::from(u8::from(state.engine().closed().is_none()))),
    ];
    let standing = webhooks::standing(state.store()).await.inspect_err(|error| {
        tracing::warn!(%error, "how webhooks stand could not be read");
    });
    let standing = standing.unwrap_or_default();
    let failing_s = standing.failing_since.map_or(0, |since| state.engine().now().seconds_since(since).max(0));
    gauges.extend([
        ("waybill_store_webhook_retries", "Events that wait to be sent again.", standing.retries as f64),
        ("waybill_store_webhook_lag", "Positions that the endpoint furthest behind is behind.", standing.lag as f64),
        ("waybill_store_webhook_failing_seconds", "How long an endpoint has taken nothing.", failing_s as f64),
    ]);
    let sinks = state.engine().sinks();
    let failing = sinks.iter().filter_map(|sink| sink.failing_since).min();
    let failing_s = failing.map_or(0, |since| state.engine().now().seconds_since(since).max(0));
    let lag = sinks.iter().map(|sink| sink.lag).max().unwrap_or_default();
    gauges.extend([
        (
            "waybill_sink_lag",
            "Positions that the sink furthest behind is behind, of those that this process feeds.",
            lag as f64,
        ),
        (
            "waybill_sink_failing_seconds",
            "How long a sink that this process feeds has taken nothing.",
            failing_s as f64,
        ),
    ]);
    match state.store().gauges().await {
        Ok(store) => gauges.extend([
            ("waybill_store_bytes", "Size of the database.", store.data_bytes as f64),
            ("waybill_store_wal_bytes", "Write-ahead log not yet checkpointed.", store.wal_bytes as f64),
            ("waybill_store_up", "1 while the store answers.", 1.0),
        ]),
        Err(error) => {
            tracing::warn!(%error, "the store's figures could not be read");
            gauges.push(("waybill_store_up", "1 while the store answers.", 0.0));
        }
    }
    for (name, help, value) in gauges {
        head(&mut out, name, "gauge", help);
        line(&mut out, name, "", value);
    }
    head(&mut out, "waybill_store_webhook_endpoints", "gauge", "Webhook endpoints.");
    for (endpoints, count) in [("enabled", standing.enabled), ("disabled", standing.disabled)] {
        line(&mut out, "waybill_store_webhook_endpoints", &format!("{{state=\"{endpoints}\"}}"), count as f64);
    }
    head(&mut out, "waybill_webhook_deliveries_total", "counter", "Tries at telling a webhook endpoint of an event.");
    for outcome in DeliveryOutcome::ALL {
        let count = figures.deliveries(*outcome) as f64;
        line(&mut out, "waybill_webhook_deliveries_total", &format!("{{outcome=\"{outcome}\"}}"), count);
    }
    state.metrics().render(&mut out);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], out).into_response()
}
