//! One endpoint's deliveries.

use super::super::{PERIOD, carry_out};
use super::book::{Book, Entries, Standing};
use super::delivery::Errand;
use crate::core::Shared;
use crate::ports::WebhookSender;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::ids::WebhookEndpointId;
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::DisabledReason;
use waybill_domain::webhook::manage::DisableWebhookEndpoint;
use waybill_store::StoreError;
use waybill_store::read::Viewer;
use waybill_store::read::events::{self, EventFilter};
use waybill_store::tables::EventRecord;

/// Events read at once.
const PAGE: usize = 100;
/// Deliveries under way at once, where their order does not matter. The endpoint is looked at again after so many: one
/// that answers slowly is not sent to for minutes under a secret that has ended.
const AT_ONCE: usize = 8;
/// An endpoint that failed this often without a success in between gets nothing new until something goes through: the
/// log keeps what waits.
const FAILURES_MAX: i64 = 20;
/// Between two looks, so that a busy store is not asked at every commit.
const REST: Duration = Duration::from_millis(50);
/// What was delivered in order is written down this often.
const WRITE_EVERY: Duration = Duration::from_millis(250);
/// A cursor that only passed events of other kinds is written when it has come this far, or after this time.
const STRIDE: i64 = 5_000;
const STRIDE_TIME: Duration = Duration::from_secs(10);

pub(super) struct Courier {
    pub(super) shared: Arc<Shared>,
    pub(super) sender: Arc<dyn WebhookSender>,
    pub(super) id: WebhookEndpointId,
    /// How far the log was looked through in vain beyond the stored position.
    seen: Option<Seen>,
    quiet: Option<Quiet>,
    written: Instant,
}

/// What holds as long as the endpoint is as it was, and its cursor where it was.
struct Seen {
    version: i64,
    stored: i64,
    upto: i64,
}

/// The receiver wants nothing new until then, as long as nobody does anything about the endpoint.
struct Quiet {
    version: i64,
    until: Timestamp,
}

/// How a round ended.
enum Next {
    /// There is more to do now.
    More,
    Wait,
    /// The endpoint is sent nothing any more.
    Gone,
}

impl Courier {
    pub(super) fn new(shared: Arc<Shared>, sender: Arc<dyn WebhookSender>, id: WebhookEndpointId) -> Self {
        Self { shared, sender, id, seen: None, quiet: None, written: Instant::now() }
    }

    /// Delivers until the endpoint is disabled or the engine stops.
    pub(super) async fn work(mut self) {
        let shared = self.shared.clone();
        while !shared.is_stopping() {
            let nudged = shared.nudge.notified();
            match self.round().await {
                Ok(Next::More) => continue,
                Ok(Next::Wait) => {}
                Ok(Next::Gone) => return,
                Err(error) => tracing::warn!(endpoint.id = %self.id, %error, "webhooks could not go on"),
            }
            tokio::select! {
                biased;
                () = async { tokio::time::sleep(REST).await; nudged.await } => {}
                () = tokio::time::sleep(PERIOD) => {}
                () = shared.stopped() => {}
            }
        }
    }

    async fn round(&mut self) -> Result<Next, StoreError> {
        let shared = self.shared.clone();
        let book = Book { shared: &shared, id: self.id };
        let now = shared.ports.clock.now();
        let Some(mut standing) = book.open(now).await? else {
            return Ok(Next::Gone);
        };
        if !standing.endpoint.ordered
            && let Some((retry, _)) = book.in_the_way(&standing.cursor).await?
        {
            // From when the order mattered: now it is one of those that are tried beside.
            standing.cursor.position = retry.position;
        }
        // Beside the order: what failed behind the cursor, and what was asked for.
        let due = book.due(&standing.cursor, now, AT_ONCE).await?;
        let full = due.len() == AT_ONCE;
        let mut end = self.at_once(&book, &mut standing, due.into_iter().map(Errand::from).collect()).await?;
        let mut more = full;
        if end.is_none() {
            let ordered = standing.endpoint.ordered;
            let (reason, on) = if ordered {
                self.in_order(&book, &mut standing).await?
            } else if standing.cursor.failures < FAILURES_MAX && !self.is_quiet(&standing, now) {
                self.go_on(&book, &mut standing).await?
            } else {
                (None, false)
            };
            end = reason;
            more |= on;
        }
        if let Some(reason) = end {
            tracing::warn!(endpoint.id = %self.id, %reason, "a webhook endpoint is disabled");
            let actor = Arc::new(Actor::system("webhooks", Door::Worker));
            // Whoever corrected the endpoint meanwhile has answered this.
            let seen = Some(standing.endpoint.chain.sequence);
            let disable = DisableWebhookEndpoint { endpoint_id: self.id, reason };
            carry_out(&shared, &actor, vec![disable.into()], seen).await;
            return Ok(Next::Wait);
        }
        Ok(if more { Next::More } else { Next::Wait })
    }

    fn is_quiet(&self, standing: &Standing, now: Timestamp) -> bool {
        let version = standing.endpoint.chain.sequence;
        self.quiet.as_ref().is_some_and(|quiet| quiet.version == version && now < quiet.until)
    }

    /// What comes next in the log for the endpoint, `limit` events at most, and the position up to which it was looked
    /// through. True where there is more.
    async fn page(&mut self, standing: &Standing, limit: usize) -> Result<(Vec<EventRecord>, i64, bool), StoreError> {
        let endpoint = &standing.endpoint;
        let mut kinds = endpoint.kinds.known();
        if kinds.is_empty() && !endpoint.kinds.is_all() {
            // Kinds that this version does not know choose nothing, which is not everything.
            kinds.push(String::new());
        }
        let filter = EventFilter { kinds, origins: endpoint.origins.clone() };
        let (version, stored) = (endpoint.chain.sequence, standing.cursor.position);
        let holds = self.seen.take().filter(|seen| (seen.version, seen.stored) == (version, stored));
        let from = holds.map_or(stored, |seen| seen.upto);
        let feed = events::after(&*self.shared.store, &Viewer::system(), &filter, from, limit).await?;
        self.seen = feed.events.is_empty().then_some(Seen { version, stored, upto: feed.next_after });
        Ok((feed.events, feed.next_after, feed.next_after < feed.head))
    }

    /// Whether a cursor that passed nothing for the endpoint is worth a write.
    fn is_far(&self, standing: &Standing, upto: i64) -> bool {
        let passed = upto - standing.cursor.position;
        passed >= STRIDE || passed > 0 && self.written.elapsed() >= STRIDE_TIME
    }

    /// One after the other; the first that fails ends it.
    async fn in_order(
        &mut self,
        book: &Book<'_>,
        standing: &mut Standing,
    ) -> Result<(Option<DisabledReason>, bool), StoreError> {
        let mut entries = Entries::default();
        if let Some((retry, event)) = book.in_the_way(&standing.cursor).await? {
            if retry.due_at > self.shared.ports.clock.now() {
                return Ok((None, false));
            }
            let position = event.position;
            let errand = Errand { event, retry: Some(retry) };
            let tried = self.deliver(&standing.endpoint, &errand).await;
            let (delivered, end) = self.enter(standing, &mut entries, errand, tried, true);
            if delivered {
                standing.cursor.position = position;
            }
            self.write(book, standing, &mut entries).await?;
            return Ok((end, delivered));
        }
        let (events, upto, more) = self.page(standing, PAGE).await?;
        if events.is_empty() && !self.is_far(standing, upto) {
            return Ok((None, more));
        }
        for event in events {
            let position = event.position;
            let errand = Errand::from(event);
            let tried = self.deliver(&standing.endpoint, &errand).await;
            let (delivered, end) = self.enter(standing, &mut entries, errand, tried, true);
            standing.cursor.position = if delivered { position } else { position - 1 };
            if !delivered {
                self.write(book, standing, &mut entries).await?;
                return Ok((end, false));
            }
            if self.written.elapsed() >= WRITE_EVERY {
                // The next round sees what was changed about the endpoint meanwhile.
                self.write(book, standing, &mut entries).await?;
                return Ok((None, true));
            }
        }
        standing.cursor.position = upto;
        self.write(book, standing, &mut entries).await?;
        Ok((None, more))
    }

    /// Some at a time; what fails is tried again beside.
    async fn go_on(
        &mut self,
        book: &Book<'_>,
        standing: &mut Standing,
    ) -> Result<(Option<DisabledReason>, bool), StoreError> {
        let (events, upto, more) = self.page(standing, AT_ONCE).await?;
        if events.is_empty() && !self.is_far(standing, upto) {
            return Ok((None, more));
        }
        let ahead = book.ahead(&standing.cursor).await?;
        let errands = events.into_iter().filter(|event| !ahead.contains(&event.position)).map(Errand::from).collect();
        standing.cursor.position = upto;
        let end = self.at_once(book, standing, errands).await?;
        if standing.has_moved() {
            self.write(book, standing, &mut Entries::default()).await?;
        }
        Ok((end, more))
    }

    /// Several at once, in no order.
    async fn at_once(
        &mut self,
        book: &Book<'_>,
        standing: &mut Standing,
        errands: Vec<Errand>,
    ) -> Result<Option<DisabledReason>, StoreError> {
        if errands.is_empty() {
            return Ok(None);
        }
        let endpoint = standing.endpoint.clone();
        let deliveries = errands.into_iter().map(|errand| async {
            let tried = self.deliver(&endpoint, &errand).await;
            (errand, tried)
        });
        let done: Vec<_> = futures_util::stream::iter(deliveries).buffer_unordered(AT_ONCE).collect().await;
        let mut entries = Entries::default();
        let mut ends = Vec::new();
        for (errand, tried) in done {
            if let Some(until) = tried.not_before {
                self.quiet = Some(Quiet { version: standing.endpoint.chain.sequence, until });
            }
            ends.extend(self.enter(standing, &mut entries, errand, tried, false).1);
        }
        self.write(book, standing, &mut entries).await?;
        // Something that went through after it failed for days is what counts.
        let failing = standing.cursor.failing_since.is_some();
        ends.retain(|end| failing || *end != DisabledReason::Failing);
        Ok(ends.iter().find(|end| **end == DisabledReason::Gone).or(ends.first()).copied())
    }

    async fn write(
        &mut self,
        book: &Book<'_>,
        standing: &mut Standing,
        entries: &mut Entries,
    ) -> Result<(), StoreError> {
        self.written = Instant::now();
        book.write(standing, entries).await
    }
}
