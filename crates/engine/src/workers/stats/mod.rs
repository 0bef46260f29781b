//! Keeps the sums that reports and Today are made of. Whatever was live, imported or simulated counts.
//!
//! A slice adds to rows in place, so it must be added once: its statements take effect only while the cursor stands where
//! the slice began, and the last of them moves it on, all in one transaction.

mod facts;
mod fold;
mod sums;

use super::projection::{Projection, Slice, end, stored};
use crate::core::Shared;
use async_trait::async_trait;
use facts::{Facts, Questions, decode};
use fold::{Happened, fold};
use waybill_domain::ids::OrderId;
use waybill_store::tables::EventRecord;
use waybill_store::value::Value;
use waybill_store::{Record, StoreError};

/// Events taken in one slice.
const SLICE: i64 = 500;
/// Positions passed in one slice at most, however few of them matter.
const WINDOW: i64 = 4_000;

const NAME: &str = waybill_store::read::stats::CURSOR;

const HEAD: &str = "SELECT position FROM log_head WHERE id = 1";
/// Whoever comes second waits here, and then finds that the cursor has moved.
const LOCK: &str = "UPDATE cursors SET position = position WHERE name = $1 AND position = $2";
const ADVANCE: &str = "UPDATE cursors SET position = $3 WHERE name = $1 AND position = $2";

pub(super) struct Stats {
    questions: Questions,
}

impl Stats {
    pub(super) fn new() -> Self {
        Self { questions: Questions::new() }
    }
}

/// What the worker reads, for the test of their plans: the first with three parameters, the others with two.
#[cfg(test)]
pub(super) fn reads() -> Vec<String> {
    Questions::new().all()
}

#[async_trait]
impl Projection for Stats {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn take(&self, shared: &Shared, at: &mut Option<i64>) -> Result<Slice, StoreError> {
        let from = match *at {
            Some(from) => from,
            None => stored(shared, NAME).await?,
        };
        let window = [Value::Int(from), Value::Int(from.saturating_add(WINDOW)), Value::Int(SLICE)];
        let mut found =
            shared.store.read_together(&[(HEAD, &[]), (&self.questions.events, &window)]).await?.into_iter();
        let mut head = found.next().unwrap_or_default();
        let records =
            found.next().unwrap_or_default().iter_mut().map(EventRecord::read).collect::<Result<Vec<_>, _>>()?;
        let positions: Vec<i64> = records.iter().map(|record| record.position).collect();
        let (head, upto) = end(&mut head, &positions, from, WINDOW, SLICE as usize)?;
        if upto == from {
            return Ok(Slice::CaughtUp);
        }
        let mut facts = Facts::read(&*shared.store, &self.questions, from, upto).await?;
        let events = records.iter().map(|record| decode(&record.kind, record.version, &record.payload));
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let happened = records.iter().zip(&events).map(|(record, event)| Happened {
            position: record.position,
            at: record.happened_at,
            order: OrderId(record.aggregate_id),
            event,
        });
        let sums = fold(happened, &mut facts);
        // A cursor that only passed what does not matter is written when it has come far.
        if !sums.is_empty() || upto >= from + WINDOW {
            let guard = vec![Value::from(NAME), Value::Int(from)];
            let mut statements = vec![(LOCK.to_owned(), guard.clone())];
            statements.extend(sums.statements(NAME, from));
            statements.push((ADVANCE.to_owned(), [guard, vec![Value::Int(upto)]].concat()));
            let statements: Vec<(&str, &[Value])> =
                statements.iter().map(|(sql, params)| (sql.as_str(), params.as_slice())).collect();
            let changed = shared.store.execute(&statements).await?;
            if changed.last() == Some(&0) {
                // Somebody else took it.
                *at = None;
                return Ok(Slice::More);
            }
            *at = Some(upto);
        }
        Ok(if upto < head { Slice::More } else { Slice::CaughtUp })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::EngineOptions;
    use crate::{Engine, Ports};
    use std::sync::Arc;
    use waybill_store::Store;
    use waybill_store::contract::filled;
    use waybill_store_postgres::testing::TestDatabase;
    use waybill_store_sqlite::testing::TestFolder;

    const KEPT: &str = "SELECT location_id, account, quantity FROM stats_stock WHERE quantity <> 0 ORDER BY 1, 2";
    const POSTED: &str = "SELECT x.location_id, x.account, CAST(SUM(x.quantity) AS BIGINT) FROM \
        (SELECT location_id, to_account AS account, quantity FROM stock_postings UNION ALL \
         SELECT location_id, from_account, -quantity FROM stock_postings) x GROUP BY 1, 2 ORDER BY 1, 2";

    async fn follow(shared: &Shared) {
        let (stats, mut at) = (Stats::new(), None);
        while stats.take(shared, &mut at).await.expect("a slice") == Slice::More {}
    }

    /// Two processes that both believe to have the lease.
    async fn check(store: Arc<dyn Store>) {
        store.migrate().await.expect("a schema");
        filled::fill(&*store, 6_000).await.expect("rows");
        store.execute(&[("DELETE FROM stats_stock", &[])]).await.expect("no sums");
        let options = EngineOptions { workers: false, ..EngineOptions::default() };
        let engine = Engine::start(store.clone(), Ports::system([]), options).await.expect("an engine");
        let shared = engine.shared();
        tokio::join!(follow(shared), follow(shared), follow(shared));
        let posted = store.read(POSTED, &[]).await.expect("postings");
        assert_eq!(store.read(KEPT, &[]).await.expect("sums"), posted);
        assert_eq!(posted.len(), 8, "two states at four locations");
        engine.stop().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_slice_that_several_take_at_once_is_added_once_on_sqlite() {
        let folder = TestFolder::create();
        check(Arc::new(folder.open())).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_slice_that_several_take_at_once_is_added_once_on_postgresql() {
        if let Some(database) = TestDatabase::create().await {
            check(Arc::new(database.open().await)).await;
        }
    }
}
