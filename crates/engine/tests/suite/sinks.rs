//! Systems that take the whole log: how far each has come, and what a failure leaves to be handed over again.

use crate::shop::{Shop, on_both_with, ports};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use waybill_domain::attempt::Origin;
use waybill_domain::catalog::item::Supply;
use waybill_engine::{EngineOptions, EventSink, Ports, SinkStanding, Taken};
use waybill_store::Value;
use waybill_store::read::events::ShownEvent;
use waybill_store::read::overview;

type Says = dyn Fn(&[i64]) -> usize + Send;

struct Book {
    /// The positions of each page, and how many of it were taken.
    pages: Vec<(Vec<i64>, usize)>,
    says: Box<Says>,
}

/// Takes what a test says.
#[derive(Clone)]
struct Sink(Arc<Mutex<Book>>);

impl Sink {
    /// One that takes nothing yet.
    fn closed() -> Self {
        Self(Arc::new(Mutex::new(Book { pages: Vec::new(), says: Box::new(|_| 0) })))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Book) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn takes(&self, says: impl Fn(&[i64]) -> usize + Send + 'static) {
        self.with(|book| book.says = Box::new(says));
    }

    fn taken(&self) -> Vec<i64> {
        self.with(|book| book.pages.iter().flat_map(|(page, count)| page[..*count].to_vec()).collect())
    }

    async fn until(&self, what: impl Fn(&Book) -> bool) {
        while !self.with(|book| what(book)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[async_trait]
impl EventSink for Sink {
    fn name(&self) -> String {
        "test".into()
    }

    fn origins(&self) -> Vec<Origin> {
        vec![Origin::Live]
    }

    async fn take(&self, events: &[ShownEvent]) -> Taken {
        let page: Vec<i64> = events.iter().map(|event| event.position).collect();
        self.with(|book| {
            let count = (book.says)(&page);
            let failure = (count < page.len()).then(|| "not these".to_owned());
            book.pages.push((page, count));
            Taken { count, failure }
        })
    }
}

#[test]
fn a_sink_that_takes_nothing_is_seen_to_stand_still() {
    on_both(|shop, sink| async move {
        let standing = || shop.engine.sinks().into_iter().find(|standing| standing.name == "test");
        let until = async |what: &dyn Fn(SinkStanding) -> bool| {
            while !standing().is_some_and(what) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let end = head(&shop).await;
        until(&|standing| standing.failing_since.is_some() && standing.lag == end).await;
        sink.takes(|page| page.len());
        until(&|standing| standing.failing_since.is_none() && standing.lag == 0).await;
    });
}

fn on_both<F: Future<Output = ()>>(test: impl Fn(Shop, Sink) -> F) {
    let current = Mutex::new(Sink::closed());
    let with_sink = || {
        let sink = Sink::closed();
        *current.lock().unwrap() = sink.clone();
        Ports { sinks: vec![Arc::new(sink)], ..ports() }
    };
    on_both_with(EngineOptions::default(), with_sink, |shop| test(shop, current.lock().unwrap().clone()));
}

async fn head(shop: &Shop) -> i64 {
    overview::position(&*shop.store).await.expect("a position")
}

async fn stored(shop: &Shop) -> i64 {
    let rows = shop.store.read("SELECT position FROM cursors WHERE name = $1", &[Value::from("test")]).await;
    rows.expect("a read").into_iter().next().map_or(0, |mut row| row.take().expect("a position"))
}

/// One event that a sink does not take must neither bring those before it again nor keep back those behind it for longer
/// than it is refused.
#[test]
fn what_was_taken_is_not_handed_over_again_and_after_a_failure_events_come_one_by_one() {
    on_both(|shop, sink| async move {
        for n in 0..6 {
            shop.item(&format!("SKU-{n}"), Supply::Service).await;
        }
        let head = head(&shop).await;
        let bad = head - 2;
        sink.until(|book| !book.pages.is_empty()).await;
        assert_eq!(stored(&shop).await, 0, "nothing was taken yet");

        sink.takes(move |page| page.iter().take_while(|position| **position != bad).count());
        sink.until(|book| book.pages.last().is_some_and(|(page, _)| page.first() == Some(&bad))).await;
        assert_eq!(sink.taken(), (1..bad).collect::<Vec<_>>());
        assert_eq!(stored(&shop).await, bad - 1, "never past what was not taken");
        assert_eq!(sink.with(|book| book.pages.last().cloned()), Some((vec![bad], 0)), "one at a time");

        sink.takes(<[i64]>::len);
        sink.until(|book| book.pages.last().is_some_and(|(page, _)| page.last() == Some(&head))).await;
        assert_eq!(sink.taken(), (1..=head).collect::<Vec<_>>());
        assert_eq!(sink.with(|book| book.pages.last().cloned()), Some((vec![head - 1, head], 2)), "and then in pages");
    });
}

/// Whoever sets a cursor back wants events again; a process that remembers more than the store does not overrule that.
#[test]
fn a_cursor_that_was_set_back_is_obeyed() {
    on_both(|shop, sink| async move {
        sink.takes(<[i64]>::len);
        let first = head(&shop).await;
        while stored(&shop).await < first {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        shop.store.execute(&[("UPDATE cursors SET position = 1", &[])]).await.expect("a cursor");
        shop.item("SKU-1", Supply::Service).await;
        let again: Vec<i64> = (1..=first).chain(2..=first).collect();
        let old = || sink.taken().into_iter().filter(|position| *position <= first).collect::<Vec<_>>();
        while old().len() < again.len() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(old(), again);
    });
}
