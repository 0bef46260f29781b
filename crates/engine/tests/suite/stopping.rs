//! A clean stop: what workers hold is given back, so that the next process works at once, and nothing keeps this one for ever.

use crate::shop::{Shop, on_both_with, ports};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use waybill_domain::attempt::Origin;
use waybill_engine::{Engine, EngineOptions, EventSink, Ports, Taken};
use waybill_store::around::{Around, Surrounded};
use waybill_store::read::events::ShownEvent;
use waybill_store::{StoreError, Value};
use waybill_store_sqlite::testing::TestFolder;

/// Eleven desks, two projections, and a sink.
const WORKERS: i64 = 14;

/// Takes events, and never says so.
struct Abyss;

#[async_trait]
impl EventSink for Abyss {
    fn name(&self) -> String {
        "abyss".into()
    }

    fn origins(&self) -> Vec<Origin> {
        vec![Origin::Live]
    }

    async fn take(&self, _: &[ShownEvent]) -> Taken {
        std::future::pending().await
    }
}

fn with_abyss() -> Ports {
    Ports { sinks: vec![Arc::new(Abyss)], ..ports() }
}

async fn held(shop: &Shop) -> i64 {
    let now = [Value::Int(shop.engine.now().0)];
    let rows = shop.store.read("SELECT COUNT(*) FROM leases WHERE until > $1", &now).await.expect("a read");
    rows.into_iter().next().map_or(0, |mut row| row.take().expect("a number"))
}

async fn until_all_are_held(shop: &Shop) {
    let looks = async {
        while held(shop).await < WORKERS {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looks).await.expect("every worker has its lease");
}

/// A lease that is not given back keeps all processes from its work until it has run out.
#[test]
fn after_a_stop_no_lease_is_left_even_where_a_partner_never_answers() {
    on_both_with(EngineOptions::default(), with_abyss, async |shop: Shop| {
        until_all_are_held(&shop).await;
        shop.engine.stop().await;
        assert_eq!(held(&shop).await, 0);
        let next = Engine::start(shop.store.clone(), with_abyss(), EngineOptions::default()).await.expect("an engine");
        until_all_are_held(&shop).await;
        next.stop().await;
        assert_eq!(held(&shop).await, 0);
    });
}

/// Answers nothing once it is silent.
#[derive(Default)]
struct Silence(AtomicBool);

#[async_trait]
impl Around for Silence {
    async fn reach(&self) -> Result<(), StoreError> {
        match self.0.load(Ordering::SeqCst) {
            true => std::future::pending().await,
            false => Ok(()),
        }
    }
}

#[test]
fn a_store_that_does_not_answer_keeps_no_process_from_ending() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = TestFolder::create();
        let silence = Arc::new(Silence::default());
        let store = Arc::new(Surrounded::new(Arc::new(folder.open()), silence.clone()));
        let shop = Shop::open_with(store, EngineOptions::default(), with_abyss()).await;
        until_all_are_held(&shop).await;
        silence.0.store(true, Ordering::SeqCst);
        tokio::time::timeout(Duration::from_secs(60), shop.engine.stop()).await.expect("it stops");
    });
}
