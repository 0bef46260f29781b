//! The log of everything that happened, from a cursor on.

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use serde::Serialize;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use waybill_domain::attempt::Origin;
use waybill_store::read::events::{self, EventFilter, Feed, ShownEvent};
use waybill_store::read::{ReadError, overview};
use waybill_store::tables::EventRecord;

/// How often a waiting reader looks by itself: other processes may write too.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// Global, without gaps, in commit order.
    pub position: i64,
    pub id: String,
    pub kind: String,
    /// The version of the payload's shape.
    pub version: i64,
    /// What it happened to.
    pub subject_kind: String,
    pub subject_id: String,
    /// Within the subject, from 1.
    pub sequence: i64,
    pub actor: String,
    pub origin: String,
    pub happened_at: String,
    pub recorded_at: String,
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
}

/// The schema of what webhooks and sinks are sent too.
impl From<EventRecord> for EventView {
    fn from(record: EventRecord) -> Self {
        let ShownEvent {
            position,
            id,
            kind,
            version,
            subject_kind,
            subject_id,
            sequence,
            actor,
            origin,
            happened_at,
            recorded_at,
            payload,
        } = record.into();
        Self {
            position,
            id,
            kind,
            version,
            subject_kind,
            subject_id,
            sequence,
            actor,
            origin,
            happened_at,
            recorded_at,
            payload,
        }
    }
}

/// A stretch of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventFeed)]
pub struct FeedView {
    pub data: Vec<EventView>,
    /// Send it as `after` to go on.
    pub next_after: i64,
    /// The log's latest position.
    pub head: i64,
}

fn filter(params: &mut Params) -> EventFilter {
    EventFilter { kinds: params.list("kind"), origins: params.code_list::<Origin>("origin") }
}

/// Reads on until there is something or `until` has come.
async fn read_on(
    state: &WebState,
    caller: &Caller,
    filter: &EventFilter,
    mut after: i64,
    limit: usize,
    until: Instant,
) -> Result<Feed, ReadError> {
    let mut positions = state.engine().positions();
    let mut stopping = state.stopping();
    loop {
        positions.mark_unchanged();
        let feed = events::after(state.store(), &caller.viewer(), filter, after, limit).await?;
        after = feed.next_after;
        let left = until.saturating_duration_since(Instant::now());
        if !feed.events.is_empty() || left.is_zero() || *stopping.borrow() {
            return Ok(feed);
        }
        if feed.next_after < feed.head {
            continue;
        }
        tokio::select! {
            _ = positions.changed() => {}
            _ = stopping.changed() => {}
            () = tokio::time::sleep(left.min(LOOK_AGAIN)) => {}
        }
    }
}

/// Events after a position; with `wait_s` the answer waits until there is one.
#[utoipa::path(get, path = "/events", tag = "events", params(
    ("after" = Option<i64>, Query, description = "The last position seen; 0 for the beginning"),
    ("limit" = Option<u32>, Query, description = "1 to 1000, 100 when not said"),
    ("wait_s" = Option<u32>, Query, description = "0 to 30"),
    ("kind" = Option<String>, Query, description = "Only these kinds, separated by commas"),
    ("origin" = Option<String>, Query, description = "Only these origins, separated by commas")),
    responses((status = 200, body = FeedView)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<FeedView>, Problem> {
    let after = params.int("after", 0..=i64::MAX).unwrap_or(0);
    let limit = params.int("limit", 1..=1_000).unwrap_or(100);
    let wait = params.int("wait_s", 0..=30).unwrap_or(0);
    let filter = filter(&mut params);
    params.close()?;
    let until = Instant::now() + Duration::from_secs(wait.unsigned_abs());
    let feed = read_on(&state, &caller, &filter, after, usize::try_from(limit).unwrap_or(1), until).await?;
    let data = feed.events.into_iter().map(EventView::from).collect();
    Ok(Json(FeedView { data, next_after: feed.next_after, head: feed.head }))
}

/// What a stream of events goes on with.
struct Following {
    state: WebState,
    caller: Caller,
    filter: EventFilter,
    after: i64,
    ready: std::collections::VecDeque<EventRecord>,
}

async fn next(mut following: Following) -> Option<(Result<Event, Infallible>, Following)> {
    loop {
        if let Some(record) = following.ready.pop_front() {
            let event = Event::default().id(record.position.to_string()).event(record.kind.clone());
            let event =
                event.json_data(EventView::from(record)).unwrap_or_else(|_| Event::default().comment("unreadable"));
            return Some((Ok(event), following));
        }
        if *following.state.stopping().borrow() {
            return None;
        }
        let until = Instant::now() + Duration::from_secs(15);
        let Following { state, caller, filter, after, .. } = &following;
        match read_on(state, caller, filter, *after, 500, until).await {
            Ok(feed) => {
                following.after = feed.next_after;
                following.ready.extend(feed.events);
            }
            Err(error) => {
                // The reader comes back with the last position it saw.
                tracing::warn!(%error, "a stream of events ended");
                return None;
            }
        }
    }
}

/// Events as they happen (server-sent events). The id of each is its position; `Last-Event-ID` goes on after it, and
/// without one the stream begins now.
#[utoipa::path(get, path = "/events/stream", tag = "events", params(
    ("Last-Event-ID" = Option<i64>, Header, description = "The last position seen"),
    ("after" = Option<i64>, Query, description = "The last position seen, where no header can be sent"),
    ("kind" = Option<String>, Query, description = "Only these kinds, separated by commas"),
    ("origin" = Option<String>, Query, description = "Only these origins, separated by commas")),
    responses((status = 200, description = "A stream of events", content_type = "text/event-stream", body = EventView)))]
pub async fn stream(
    State(state): State<WebState>,
    caller: Caller,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let sent = headers.get("last-event-id");
    let last = sent.map(|value| value.to_str().ok().and_then(|text| text.trim().parse::<i64>().ok()));
    let after = params.int("after", 0..=i64::MAX);
    let filter = filter(&mut params);
    params.close()?;
    caller.viewer().must(&[waybill_domain::actor::Permission::EventsRead])?;
    let after = match (last, after) {
        (Some(Some(last)), _) if last >= 0 => last,
        (Some(_), _) => return Err(Problem::malformed("Last-Event-ID must be a position of the log.")),
        (None, Some(after)) => after,
        (None, None) => overview::position(state.store()).await?,
    };
    let following = Following { state, caller, filter, after, ready: std::collections::VecDeque::new() };
    Ok(Sse::new(futures_util::stream::unfold(following, next)).keep_alive(KeepAlive::default()))
}
