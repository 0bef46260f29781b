//! Two processes on one PostgreSQL store under faults: nothing lost, nothing sold twice.

use std::sync::Arc;
use waybill_sim::run_shared;
use waybill_store::Store;
use waybill_store_postgres::testing::TestDatabase;

const STEPS: u32 = 60;

/// The history of a run that fails is kept, because it will not come again. How many batches were decided ahead.
async fn holds(seed: u64) -> Option<u64> {
    let database = TestDatabase::create().await?;
    let (one, other) = (Arc::new(database.open().await), Arc::new(database.open().await));
    one.migrate().await.expect("a schema");
    let (outcome, ahead) = run_shared(seed, STEPS, [one, other]).await;
    if !outcome.failures.is_empty() {
        let path = std::env::temp_dir().join(format!("waybill-history-{seed}-{}.txt", std::process::id()));
        let history = [outcome.trace.join("\n"), outcome.failures.join("\n")].join("\n");
        std::fs::write(&path, history).expect("the history is written");
        panic!("seed {seed} fails, its history is in {}:\n{}", path.display(), outcome.failures.join("\n"));
    }
    assert!(outcome.requests > 50, "requests were answered");
    Some(ahead)
}

/// Who meets whom is not in the seed: about one run in ten has nobody decide ahead, so further seeds may show it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_store_hold_seed_1() {
    for seed in [1, 3, 4, 5] {
        if holds(seed).await != Some(0) {
            return;
        }
    }
    panic!("no process took itself to be alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_store_hold_seed_2() {
    holds(2).await;
}
