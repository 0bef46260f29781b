//! Drops idempotency keys that are old enough: two generations take turns, and the one that comes into use is empty.

use crate::core::Shared;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use waybill_domain::ids::Id;
use waybill_store::StoreError;
use waybill_store::value::Value;

/// Portions of a round at most, so that the lease is renewed between rounds.
const PORTIONS_MAX: u32 = 50;
/// Keys that a portion is to drop, about; it is a transaction, and others wait for it.
const KEYS: u64 = 2_000;
/// A portion that takes longer is followed by a narrower one.
const SLOW: Duration = Duration::from_millis(200);
/// After a portion the rest is this many times as long, so that others write in between.
const REST_SHARE: u32 = 3;

/// Keys are digests, so a share of their space holds about that share of them. It is walked through in portions, counted in
/// this many parts.
const WHOLE: u64 = 1 << 32;
/// Where nothing is known of how many there are.
const NARROW: u64 = 1 << 12;
const WIDE: u64 = 1 << 26;

/// A portion of the older generation. Both look at the turn that was to be made: a second process that comes late drops
/// nothing of what is in use by then.
pub(super) const DROP_0: &str = "DELETE FROM receipts_0 WHERE key BETWEEN $1 AND $2 AND EXISTS \
     (SELECT 1 FROM receipt_turn WHERE generation = $3 AND since = $4)";
pub(super) const DROP_1: &str = "DELETE FROM receipts_1 WHERE key BETWEEN $1 AND $2 AND EXISTS \
     (SELECT 1 FROM receipt_turn WHERE generation = $3 AND since = $4)";
/// Batches look at the turn while they hold the log's head. So whoever finds the new turn finds the keys of all who found
/// the old one, and no key is carried out in both.
const HOLD_LOG: &str = "UPDATE log_head SET position = position WHERE id = 1";
pub(super) const TURN: &str =
    "UPDATE receipt_turn SET generation = $1, since = $2 WHERE generation = $3 AND since = $4";

/// How far the older generation is emptied, for the turn that is due.
#[derive(Debug)]
pub(crate) struct Emptying(Mutex<Place>);

#[derive(Clone, Copy, Debug)]
struct Place {
    /// The turn's, when the generation in use began.
    since: i64,
    /// Parts of the key space that are empty.
    done: u64,
    /// Parts of the next portion.
    width: u64,
}

impl Place {
    const fn start(since: i64) -> Self {
        Self { since, done: 0, width: NARROW }
    }

    /// First and last key of the next portion.
    fn keys(&self) -> (Id, Id) {
        let key = |part: u64| u128::from(part) << 96;
        let end = (self.done + self.width).min(WHOLE);
        (Id(key(self.done)), Id(if end == WHOLE { u128::MAX } else { key(end) - 1 }))
    }

    /// A portion dropped so many keys.
    fn went_on(&mut self, dropped: u64, took: Duration) {
        self.done = (self.done + self.width).min(WHOLE);
        if dropped > KEYS || took > SLOW {
            self.width = (self.width / 2).max(1);
        } else if dropped < KEYS / 2 {
            self.width = (self.width * 2).min(WIDE);
        }
    }
}

impl Default for Emptying {
    fn default() -> Self {
        Self(Mutex::new(Place::start(0)))
    }
}

impl Emptying {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is for this turn.
    fn place(&self, since: i64) -> Place {
        let mut place = self.lock();
        if place.since != since {
            *place = Place::start(since);
        }
        *place
    }
}

/// Starts a new generation of keys when the present one is old, once the one before is empty; goes on with emptying it
/// until then.
pub(super) async fn rotate(shared: &Arc<Shared>) -> Result<(), StoreError> {
    rotate_within(shared, PORTIONS_MAX).await
}

async fn rotate_within(shared: &Arc<Shared>, portions: u32) -> Result<(), StoreError> {
    let now = shared.ports.clock.now();
    let rows = shared.store.read("SELECT generation, since FROM receipt_turn", &[]).await?;
    let Some(mut row) = rows.into_iter().next() else { return Ok(()) };
    let (generation, since): (i64, i64) = (row.take()?, row.take()?);
    if since == 0 {
        // A new store: its first period begins now.
        let begin = "UPDATE receipt_turn SET since = $1 WHERE since = 0";
        shared.store.execute(&[(begin, &[Value::Int(now.0)])]).await?;
        return Ok(());
    }
    if now.0 - since < shared.options.receipts_keep_s * 1_000_000 {
        return Ok(());
    }
    for _ in 0..portions {
        if shared.emptying.place(since).done == WHOLE {
            let params = [Value::Int(1 - generation), Value::Int(now.0), Value::Int(generation), Value::Int(since)];
            shared.store.execute(&[(HOLD_LOG, &[]), (TURN, &params)]).await?;
            return Ok(());
        }
        let took = drop_some(shared, generation, since).await?;
        tokio::time::sleep(took * REST_SHARE).await;
    }
    Ok(())
}

/// Drops a portion of the generation that is not in use; its keys are at least one whole period old. Returns how long others
/// were kept from writing by it.
async fn drop_some(shared: &Arc<Shared>, generation: i64, since: i64) -> Result<Duration, StoreError> {
    let place = shared.emptying.place(since);
    let (first, last) = place.keys();
    let sql = if generation == 1 { DROP_0 } else { DROP_1 };
    let params = [Value::Id(first), Value::Id(last), Value::Int(generation), Value::Int(since)];
    let began = Instant::now();
    let dropped = shared.store.execute(&[(sql, &params)]).await.inspect_err(|_| {
        // It may have been too much for the time that a statement has.
        shared.emptying.lock().width = (place.width / 16).max(1);
    })?;
    let took = began.elapsed();
    shared.emptying.lock().went_on(dropped.first().copied().unwrap_or_default(), took);
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Ports;
    use crate::{Engine, EngineOptions};
    use waybill_store::Store;
    use waybill_store::tables::OtherReceiptRecord;
    use waybill_store::working_set::Changes;
    use waybill_store_postgres::testing::TestDatabase;
    use waybill_store_sqlite::testing::TestFolder;

    const OLD: i64 = 40_000;

    /// An engine without workers on a store whose keys of the older generation are many, and whose turn is due.
    async fn overdue(store: Arc<dyn Store>) -> Engine {
        store.migrate().await.expect("a schema");
        let key = |n: i64| Id((n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let row = |n| OtherReceiptRecord { key: key(n), body_hash: Id::NIL, position: n, receipt: "{}".into() };
        let rows: Vec<OtherReceiptRecord> = (1..=OLD).map(row).collect();
        let mut changes = Changes::default();
        rows.iter().for_each(|row| changes.insert(row));
        let mut writer = store.writer().await.expect("a writer");
        writer.begin().await.expect("a transaction");
        writer.commit(&changes.into_writes()).await.expect("keys");
        drop(writer);
        store.execute(&[("UPDATE receipt_turn SET since = 1", &[])]).await.expect("a turn that is due");
        let options = EngineOptions { workers: false, ..EngineOptions::default() };
        Engine::start(store, Ports::system([]), options).await.expect("an engine")
    }

    async fn number(store: &dyn Store, sql: &str) -> i64 {
        store.read(sql, &[]).await.expect("a number")[0].take().expect("a number")
    }

    async fn empties_first(store: Arc<dyn Store>) {
        let engine = overdue(store.clone()).await;
        let shared = engine.shared().clone();
        let left = || number(&*store, "SELECT COUNT(*) FROM receipts_1");
        let generation = || number(&*store, "SELECT generation FROM receipt_turn");
        let (mut before, mut portions) = (OLD, 0);
        while before > 0 {
            assert_eq!(generation().await, 0, "the turn waits while {before} keys are there");
            rotate_within(&shared, 1).await.expect("a portion");
            let dropped = before - left().await;
            assert!(dropped <= 4_000, "{dropped} keys at once");
            (before, portions) = (before - dropped, portions + 1);
            assert!(portions < 1_000, "{before} keys are still there");
        }
        while generation().await == 0 {
            rotate_within(&shared, 1).await.expect("a portion");
            portions += 1;
            assert!(portions < 1_000, "the turn is not made");
        }
        assert!(portions > 10, "{OLD} keys in {portions} portions");
        engine.stop().await;
    }

    #[tokio::test]
    async fn a_generation_is_emptied_in_portions_before_the_turn_on_sqlite() {
        let folder = TestFolder::create();
        empties_first(Arc::new(folder.open())).await;
    }

    #[tokio::test]
    async fn a_generation_is_emptied_in_portions_before_the_turn_on_postgresql() {
        let Some(database) = TestDatabase::create().await else { return };
        empties_first(Arc::new(database.open().await)).await;
    }

    /// A batch that looked at the turn has the log's head until it has committed.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_turn_waits_for_whoever_has_the_head_of_the_log() {
        let Some(database) = TestDatabase::create().await else { return };
        let store = Arc::new(database.open().await);
        let engine = overdue(store.clone()).await;
        let shared = engine.shared().clone();
        shared.emptying.place(1);
        shared.emptying.lock().done = WHOLE;
        let mut batch = store.writer().await.expect("a writer");
        batch.begin().await.expect("a transaction");
        batch.take_positions(&[], 0).await.expect("the head");
        let turn = tokio::spawn(async move { rotate(&shared).await });
        let waiting =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while number(&*store, waiting).await == 0 {
            assert!(!turn.is_finished(), "the turn is made while a batch commits");
            tokio::task::yield_now().await;
        }
        assert_eq!(number(&*store, "SELECT generation FROM receipt_turn").await, 0);
        batch.rollback().await;
        turn.await.expect("a task").expect("a turn");
        assert_eq!(number(&*store, "SELECT generation FROM receipt_turn").await, 1);
        engine.stop().await;
    }
}
