//! What the store does to the engine when it fails: nothing acknowledged is lost, nothing is done twice, and service goes
//! on when the fault is over.

use crate::shop::{Shop, quiet};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use waybill_domain::personal::Personal;
use waybill_engine::{Engine, EngineOptions, Ports, Submission, SubmitError};
use waybill_store::around::{Around, Surrounded};
use waybill_store::{Store, StoreError, Write, Writer};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

/// What the next commit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing is written.
    Full,
    /// Written, but the answer is lost.
    LostAfter,
    /// Not written, and the answer is lost.
    LostBefore,
    /// Another batch won.
    Race,
}

/// The faults of the commits to come, front first.
#[derive(Default)]
struct Faults {
    next: Mutex<Vec<Fault>>,
    met: AtomicU32,
    /// From the next fault on the store cannot be reached.
    stays_away: AtomicBool,
    is_away: AtomicBool,
}

impl Faults {
    fn expect(&self, faults: &[Fault]) {
        *self.next.lock().unwrap() = faults.iter().rev().copied().collect();
    }

    fn take(&self) -> Option<Fault> {
        let fault = self.next.lock().unwrap().pop();
        self.met.fetch_add(u32::from(fault.is_some()), Ordering::SeqCst);
        let goes_away = fault.is_some() && self.stays_away.load(Ordering::SeqCst);
        self.is_away.fetch_or(goes_away, Ordering::SeqCst);
        fault
    }
}

#[async_trait]
impl Around for Faults {
    async fn reach(&self) -> Result<(), StoreError> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("it is away".into()));
        }
        Ok(())
    }

    async fn commit(&self, writer: &mut dyn Writer, writes: &[Write<'_>]) -> Result<(), StoreError> {
        let lost = || StoreError::CommitUnknown("the line went dead".into());
        match self.take() {
            None => writer.commit(writes).await,
            Some(Fault::LostAfter) => {
                writer.commit(writes).await?;
                Err(lost())
            }
            Some(fault) => {
                writer.rollback().await;
                Err(match fault {
                    Fault::Full => StoreError::Full,
                    Fault::Race => StoreError::Serialization("another was first".into()),
                    Fault::LostBefore | Fault::LostAfter => lost(),
                })
            }
        }
    }
}

/// A shop whose commits fail as told, everything on one thread.
fn with_faults(test: impl AsyncFn(&Shop, &Faults)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let faults = Arc::new(Faults::default());
        let store = Surrounded::new(Arc::new(folder.open()), faults.clone());
        let options = EngineOptions { workers: false, own_thread: false, ..EngineOptions::default() };
        let shop = Shop::open(Arc::new(store), options).await;
        shop.receive(shop.dublin, "MUG-1", 100).await;
        test(&shop, &faults).await;
        shop.engine.stop().await;
    });
}

async fn allocated(shop: &Shop) -> i64 {
    shop.stock("MUG-1", "allocated").await
}

#[test]
fn a_full_disk_is_told_and_service_goes_on_when_space_returns() {
    with_faults(async |shop, faults| {
        faults.expect(&[Fault::Full]);
        let told = shop.submit(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await;
        assert_eq!(told, Err(SubmitError::Unavailable("the disk is full".into())));
        assert_eq!(allocated(shop).await, 0);
        shop.must(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await;
        assert_eq!(allocated(shop).await, 1);
    });
}

#[test]
fn a_lost_commit_reply_is_neither_told_as_failure_nor_done_twice() {
    for lost in [Fault::LostAfter, Fault::LostBefore] {
        with_faults(async |shop, faults| {
            faults.expect(&[lost]);
            let receipt = shop.must(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await;
            assert_eq!(faults.met.load(Ordering::SeqCst), 1);
            assert_eq!(allocated(shop).await, 1, "{lost:?}");
            let id = receipt.subject.unwrap().order_id().unwrap();
            assert_eq!(shop.order_column::<String>("lifecycle", id).await, "confirmed");
            let (head, events): (i64, i64) = (
                shop.one("SELECT position FROM log_head", &[]).await,
                shop.one("SELECT COUNT(*) FROM events", &[]).await,
            );
            assert_eq!((receipt.position, head), (events, events), "{lost:?}");
        });
    }
}

/// What is asked of a store that took a commit, or not, and stays away: on SQLite, and beside others on PostgreSQL.
async fn asks_about_a_lost_commit(store: Arc<dyn Store>, options: EngineOptions) {
    let faults = Arc::new(Faults::default());
    let shop = Shop::open(Arc::new(Surrounded::new(store, faults.clone())), options).await;
    shop.receive(shop.dublin, "MUG-1", 100).await;
    for (lost, before) in [(Fault::LostAfter, 0), (Fault::LostBefore, 2)] {
        let order = |quantity| {
            let order = shop.order(&[("MUG-1", quantity, 100)], shop.terms());
            Submission::new(order, shop.actor.clone(), shop.engine.ids()).keyed(format!("{lost:?}/{quantity}"))
        };
        faults.expect(&[lost]);
        faults.stays_away.store(true, Ordering::SeqCst);
        let asked = order(1);
        let told = shop.engine.submit(asked.clone()).await;
        assert_eq!(told, Err(SubmitError::OutcomeUnknown), "{lost:?}");
        let away = shop.engine.submit(order(2)).await;
        assert!(matches!(away, Err(SubmitError::Unavailable(_))), "nothing was sent: {away:?}");
        faults.stays_away.store(false, Ordering::SeqCst);
        faults.is_away.store(false, Ordering::SeqCst);
        let receipt = shop.engine.submit(asked).await.expect("an answer under the same key");
        assert_eq!(receipt.replayed, lost == Fault::LostAfter);
        assert_eq!(allocated(&shop).await, before + 1, "{lost:?}");
        shop.must(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await;
    }
    shop.engine.stop().await;
}

#[test]
fn a_lost_commit_that_nobody_can_ask_about_is_told_as_unknown() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        asks_about_a_lost_commit(Arc::new(folder.open()), EngineOptions { own_thread: false, ..quiet() }).await;
        let Some(database) = TestDatabase::create().await else { return };
        asks_about_a_lost_commit(Arc::new(database.open().await), quiet()).await;
    });
}

#[test]
fn a_lost_race_is_decided_again_and_a_stubborn_one_goes_one_at_a_time() {
    with_faults(async |shop, faults| {
        faults.expect(&[Fault::Race; 3]);
        shop.must(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await;
        assert_eq!(allocated(shop).await, 1);
        faults.expect(&[Fault::Race; 4]);
        let orders = (0..5).map(|_| shop.must(shop.order(&[("MUG-1", 1, 100)], shop.terms())));
        futures_util::future::join_all(orders).await;
        assert_eq!(allocated(shop).await, 6);
    });
}

#[test]
fn beyond_the_bounded_queue_callers_are_told_at_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let options = EngineOptions { workers: false, own_thread: false, waiting_max: 3, ..EngineOptions::default() };
        let shop = Shop::open(Arc::new(folder.open()), options).await;
        shop.receive(shop.dublin, "MUG-1", 100).await;
        // All are handed in before the loop's task runs for the first time.
        let orders = (0..10).map(|_| shop.submit(shop.order(&[("MUG-1", 1, 100)], shop.terms())));
        let answers = futures_util::future::join_all(orders).await;
        let told =
            |answer: &&Result<_, SubmitError>| matches!(answer, Err(SubmitError::Overloaded { retry_after_ms: 1.. }));
        assert_eq!(
            (answers.iter().filter(|answer| answer.is_ok()).count(), answers.iter().filter(told).count()),
            (3, 7)
        );
        assert_eq!(shop.stock("MUG-1", "allocated").await, 3, "a refused caller left nothing behind");
        shop.engine.stop().await;
    });
}

#[test]
fn what_waits_is_bounded_by_its_size_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        // A hundred rows are four orders of one line, and not one of long notes.
        let options =
            EngineOptions { workers: false, own_thread: false, waiting_rows_max: 100, ..EngineOptions::default() };
        let shop = Shop::open(Arc::new(folder.open()), options).await;
        shop.receive(shop.dublin, "MUG-1", 100).await;
        let mut long = shop.order(&[("MUG-1", 1, 100)], shop.terms());
        long.lines[0].note = Some(Personal { id: shop.engine.ids().nth(1), value: "n".repeat(50_000) });
        let short = || shop.order(&[("MUG-1", 1, 100)], shop.terms());
        let orders = [short(), long, short(), short()].map(|order| shop.submit(order));
        let told: Vec<bool> = futures_util::future::join_all(orders).await.iter().map(Result::is_err).collect();
        assert_eq!(told, [false, false, true, true]);
        shop.engine.stop().await;
    });
}

#[test]
fn a_full_disk_is_told_until_something_is_written_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let faults = Arc::new(Faults::default());
        let store = Surrounded::new(Arc::new(folder.open()), faults.clone());
        let shop = Shop::open(Arc::new(store), quiet()).await;
        shop.receive(shop.dublin, "MUG-1", 5).await;
        assert_eq!(shop.engine.trouble(), None);
        faults.expect(&[Fault::Full]);
        shop.submit(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await.unwrap_err();
        assert_eq!(shop.engine.trouble().as_deref(), Some("the disk is full"));
        shop.submit(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await.unwrap();
        assert_eq!(shop.engine.trouble(), None);
        shop.engine.stop().await;
    });
}

#[test]
fn a_store_that_a_newer_waybill_has_taken_over_is_not_written() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let store: Arc<dyn Store> = Arc::new(folder.open());
        let shop = Shop::open(store.clone(), quiet()).await;
        store.execute(&[("UPDATE store_state SET min_writer = 2", &[])]).await.unwrap();
        let order = shop.submit(shop.order(&[("MUG-1", 1, 100)], shop.terms())).await;
        assert!(matches!(order, Err(SubmitError::NotWriting(_))), "{order:?}");
        assert!(shop.engine.closed().is_some());
        shop.engine.stop().await;
        drop(shop);
        let again = Engine::start(store, Ports::system([]), quiet()).await;
        assert!(matches!(again, Err(StoreError::NewerSchema { found: 2, known: 1 })), "{again:?}");
    });
}

/// A batch is decided while the one before is written. When that one fails, neither holds.
#[test]
fn what_was_decided_on_a_batch_that_failed_is_decided_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let faults = Arc::new(Faults::default());
        let store = Surrounded::new(Arc::new(folder.open()), faults.clone());
        let options = EngineOptions { workers: false, batch_max: 7, ..EngineOptions::default() };
        let shop = Shop::open(Arc::new(store), options).await;
        shop.receive(shop.dublin, "MUG-1", 500).await;
        let troubles = [Fault::Full, Fault::LostAfter, Fault::Race, Fault::LostBefore, Fault::Race, Fault::Full];
        let customer = |customer: u32| {
            let (shop, faults) = (&shop, &faults);
            async move {
                for n in 0..12_u32 {
                    faults.expect(&troubles[(customer + n) as usize % troubles.len()..]);
                    let order = shop.order(&[("MUG-1", 1, 100)], shop.terms());
                    let submission = Submission::new(order, shop.actor.clone(), shop.engine.ids());
                    let submission = submission.keyed(format!("{customer}/{n}"));
                    // What is not acknowledged is asked for again under its key.
                    while let Err(error) = shop.engine.submit(submission.clone()).await {
                        let retried = matches!(error, SubmitError::Unavailable(_) | SubmitError::OutcomeUnknown);
                        assert!(retried, "{error:?}");
                    }
                }
            }
        };
        futures_util::future::join_all((0..25).map(customer)).await;
        faults.expect(&[]);
        assert!(faults.met.load(Ordering::SeqCst) > 20, "the faults were met");
        assert_eq!(allocated(&shop).await, 300);
        let orders: i64 = shop.one("SELECT COUNT(*) FROM orders", &[]).await;
        let numbers: i64 = shop.one("SELECT COUNT(DISTINCT number) FROM orders", &[]).await;
        assert_eq!((orders, numbers), (300, 300));
        let audit = waybill_store::audit::audit(&**shop.engine.store(), &mut |_, _, _| {}).await.unwrap();
        assert!(audit.ok, "{:?}", audit.violations);
        shop.engine.stop().await;
    });
}
