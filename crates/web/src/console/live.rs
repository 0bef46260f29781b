//! Live pages: one look at the log for all of them, and a line to each whose subject has changed.

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use waybill_domain::actor::{Permission, Principal, Scope};
use waybill_domain::event::{self, AggregateKind};
use waybill_domain::ids::UserId;
use waybill_store::read::events::{self, EventFilter};
use waybill_store::read::{Viewer, overview};
use waybill_store::tables::EventRecord;

/// Between two looks at the log, so that many open pages cost a busy store little.
const REST: Duration = Duration::from_millis(400);
/// Events read at once; of more, pages hear that much has changed.
const PAGE: usize = 1_000;
/// Rounds that a page may be behind before it is told to look at everything.
const BEHIND_MAX: usize = 32;

/// What one look at the log found.
#[derive(Debug)]
struct Round {
    position: i64,
    /// Orders that changed, as their ids are shown; with more than [`SUBJECTS_MAX`] none, and `many`.
    orders: BTreeSet<String>,
    /// Stock, the catalog or anything else beside orders has changed.
    others: bool,
    many: bool,
    /// Whom notes named.
    named: BTreeSet<UserId>,
}

const SUBJECTS_MAX: usize = 200;

/// Tells open pages what changed. One task looks at the log as long as anybody listens.
#[derive(Debug, Default)]
pub struct Hub(Mutex<Option<broadcast::Sender<Arc<Round>>>>);

impl Hub {
    fn listen(&self, state: &WebState) -> broadcast::Receiver<Arc<Round>> {
        let mut hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = hub.as_ref() {
            return sender.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BEHIND_MAX);
        *hub = Some(sender.clone());
        tokio::spawn(watch(state.clone(), sender));
        receiver
    }

    /// Forgets the sender where nobody listens any more; true where the task may end.
    fn is_idle(&self) -> bool {
        let mut hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = hub.as_ref().is_none_or(|sender| sender.receiver_count() == 0);
        if idle {
            *hub = None;
        }
        idle
    }
}

async fn watch(state: WebState, sender: broadcast::Sender<Arc<Round>>) {
    let mut positions = state.engine().positions();
    let mut stopping = state.stopping();
    let mut after = overview::position(state.store()).await.unwrap_or_default();
    while !*stopping.borrow() && !state.hub().is_idle() {
        positions.mark_unchanged();
        match events::after(state.store(), &Viewer::system(), &EventFilter::default(), after, PAGE).await {
            Ok(feed) if feed.events.is_empty() => {}
            Ok(feed) => {
                let many = feed.next_after < feed.head;
                // What came while this looked is as new as what it read.
                after = if many { feed.head } else { feed.next_after };
                let _ = sender.send(Arc::new(round(&feed.events, after, many)));
            }
            Err(error) => tracing::warn!(%error, "live pages do not hear of changes for now"),
        }
        tokio::select! {
            _ = stopping.changed() => {}
            () = async { tokio::time::sleep(REST).await; let _ = positions.changed().await; } => {}
            // Another process may have written.
            () = tokio::time::sleep(REST * 2) => {}
        }
    }
}

fn round(found: &[EventRecord], position: i64, many: bool) -> Round {
    let mut round = Round { position, orders: BTreeSet::new(), others: false, many, named: BTreeSet::new() };
    for event in found {
        round.named.extend(named(event));
        match event.aggregate_kind {
            AggregateKind::Order => {
                round.orders.insert(events::subject(event.aggregate_kind, event.aggregate_id));
            }
            _ => round.others = true,
        }
    }
    if round.orders.len() > SUBJECTS_MAX {
        round.many = true;
        round.orders.clear();
    }
    round
}

/// Whom a note names; nobody where the event is none.
fn named(record: &EventRecord) -> Vec<UserId> {
    if !matches!(record.kind.as_str(), "order.note_added" | "customer.note_added") {
        return Vec::new();
    }
    match event::Event::decode(&record.kind, record.version, &record.payload) {
        Ok(event::Event::NoteAdded(note)) => note.mentions,
        Ok(event::Event::CustomerNoteAdded(note)) => note.mentions,
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// `GET /live`: what changed since a page was made, as server-sent events named `changed` with the position, and the
/// orders where the caller sees every channel, and `named` where a note names the caller. The page asks for itself anew; this
/// carries no data of its own.
pub async fn stream(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let order = params.text("order");
    let after = params.int("after", 0..=i64::MAX).unwrap_or(0);
    params.close()?;
    caller.viewer().must(&[Permission::OrdersRead, Permission::StockRead, Permission::FulfillmentWrite])?;
    let receiver = state.hub().listen(&state);
    let now = overview::position(state.store()).await?;
    // What happened between the page and this stream is not known: the page is asked to look once.
    let missed = (now > after).then_some(now);
    let sees_all = matches!(caller.actor.channels, Scope::All(_));
    let user = match caller.actor.principal {
        Principal::User(id) => Some(id),
        _ => None,
    };
    let listening = Listening { receiver, order, missed, sees_all, user, is_named: false, stopping: state.stopping() };
    let stream = futures_util::stream::unfold(listening, |mut listening| async move {
        let event = listening.next().await?;
        Some((Ok(event), listening))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}

struct Listening {
    receiver: broadcast::Receiver<Arc<Round>>,
    /// Only what happens to this order.
    order: Option<String>,
    missed: Option<i64>,
    sees_all: bool,
    user: Option<UserId>,
    /// To be told, next.
    is_named: bool,
    stopping: tokio::sync::watch::Receiver<bool>,
}

impl Listening {
    async fn next(&mut self) -> Option<Event> {
        if let Some(position) = self.missed.take() {
            return Some(changed(position, &[]));
        }
        loop {
            if std::mem::take(&mut self.is_named) {
                return Some(Event::default().event("named").data("{}"));
            }
            let round = tokio::select! {
                round = self.receiver.recv() => round,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            };
            match round {
                Ok(round) => {
                    self.is_named = self.user.is_some_and(|user| round.named.contains(&user));
                    let about = self.order.as_ref().is_none_or(|order| round.many || round.orders.contains(order));
                    if about {
                        let orders: Vec<&str> = if self.sees_all && self.order.is_none() && !round.others {
                            round.orders.iter().map(String::as_str).collect()
                        } else {
                            Vec::new()
                        };
                        return Some(changed(round.position, &orders));
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => return Some(changed(0, &[])),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

fn changed(position: i64, orders: &[&str]) -> Event {
    let data = serde_json::json!({"position": position, "orders": orders});
    Event::default().event("changed").data(data.to_string())
}
