//! A request is followed through the log: its span has who called and how it ended, and what happens within carries it.

use crate::common::{api, open, order};
use axum::body::Body;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::format::FmtSpan;
use waybill_store_sqlite::testing::TestFolder;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_followed_from_its_caller_to_its_commit() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG);
    let log = log.with_span_events(FmtSpan::CLOSE).with_writer(move || writer.clone()).finish();
    let _here = tracing::subscriber::set_default(log);
    let folder = TestFolder::create();
    let api = api(Arc::new(folder.open()), open()).await;
    api.shop().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let sent = [("content-type", "application/json"), ("traceparent", parent.as_str()), ("x-request-id", "mine-1")];
    let answer = api.send("POST", "/api/v1/orders", &sent, Body::from(order("T-1").to_string())).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let other = [("traceparent", "00-zz-1-01"), ("x-request-id", "mine-2")];
    api.send("GET", "/api/v1/orders", &other, Body::empty()).await;

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let of = |id: &str| -> Vec<serde_json::Value> {
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.filter(|line| line["span"]["request_id"] == id).collect()
    };
    let mine = of("mine-1");
    let answered = mine.iter().find(|line| line["fields"]["message"] == "a command was answered").expect("answered");
    assert_eq!(answered["fields"]["operation"], "order.place");
    assert!(answered["fields"]["position"].as_i64() > Some(0));
    let closed = mine.iter().find(|line| line["fields"]["message"] == "close").expect("closed");
    assert_eq!(closed["span"]["trace_id"], trace);
    assert_eq!(closed["span"]["route"], "/api/v1/orders");
    assert_eq!(closed["span"]["status"], 201);
    assert!(of("mine-2").iter().all(|line| line["span"]["trace_id"].is_null()), "no trace was named");
    assert!(!text.contains("ada@example.org"), "nothing personal is logged");
}
