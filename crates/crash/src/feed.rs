//! A consumer of the event log, with a cursor.

use crate::callers::Addresses;
use crate::client::Client;
use crate::{Outcome, journal::Journal};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

const PAUSE: Duration = Duration::from_millis(20);

/// An event as the feed shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub position: i64,
    pub id: String,
    pub kind: String,
    pub subject_id: String,
    pub payload: Value,
}

/// What a consumer has seen. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<Vec<Event>>>);

impl Seen {
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last(&self) -> i64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last().map_or(0, |event| event.position)
    }

    fn take(&self, events: Vec<Event>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(events);
    }
}

/// Follows the log of the n-th server, wherever it is at the moment, until dropped.
#[derive(Debug)]
pub struct Consumer {
    pub seen: Seen,
    task: JoinHandle<()>,
}

impl Consumer {
    pub fn start(n: usize, client: &Client, addresses: &Addresses, journal: &Journal) -> Self {
        let seen = Seen::default();
        let task = follow(n, client.clone(), addresses.clone(), journal.clone(), seen.clone());
        Self { seen, task: tokio::spawn(task) }
    }

    /// Waits until it has seen the event at `head`.
    pub async fn catch_up(&self, head: i64) {
        while self.seen.last() < head && !self.task.is_finished() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(n: usize, client: Client, mut addresses: Addresses, journal: Journal, seen: Seen) {
    loop {
        let address = {
            let known = addresses.borrow();
            (!known.is_empty()).then(|| known[n % known.len()].clone())
        };
        let Some(address) = address else {
            if addresses.changed().await.is_err() {
                return;
            }
            continue;
        };
        let after = seen.last();
        let path = format!("/api/v1/events?after={after}&limit=500&wait_s=1");
        match client.send(&address, "GET", &path, None, None).await {
            Ok(answer) if answer.status == 200 => {
                let events = events_of(&answer.body);
                let gapless = events.iter().zip(after + 1..).all(|(event, expected)| event.position == expected);
                if !gapless {
                    journal.note_wrong(format!("a feed after {after} goes on with {:?}", events.first()));
                    return;
                }
                seen.take(events);
            }
            Ok(answer) if answer.status < 500 || answer.status != 503 => {
                journal.note_wrong(format!("{path}: {} {}", answer.status, answer.body));
                return;
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn events_of(feed: &Value) -> Vec<Event> {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let events = feed["data"].as_array().into_iter().flatten().map(|event| Event {
        position: event["position"].as_i64().unwrap_or_default(),
        id: text(event, "id"),
        kind: text(event, "kind"),
        subject_id: text(event, "subject_id"),
        payload: event["payload"].clone(),
    });
    events.collect()
}

/// The log's latest position.
///
/// # Errors
/// Where the server does not say.
pub async fn head(client: &Client, server: &str) -> Outcome<i64> {
    let feed = client.get(server, "/api/v1/events?limit=1").await?;
    feed["head"].as_i64().ok_or_else(|| format!("a feed without a head: {feed}"))
}

/// The whole log, from the first event to the last.
///
/// # Errors
/// Where the server does not answer.
pub async fn read_all(client: &Client, server: &str) -> Outcome<Vec<Event>> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |event: &Event| event.position);
        let feed = client.get(server, &format!("/api/v1/events?after={after}&limit=1000")).await?;
        let events = events_of(&feed);
        if events.is_empty() {
            return Ok(all);
        }
        all.extend(events);
    }
}
