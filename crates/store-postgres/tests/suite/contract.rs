//! The contract every backend keeps.

use std::sync::Arc;
use waybill_store::{Store, contract};
use waybill_store_postgres::testing::TestDatabase;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_the_contract() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = Arc::new(database.open().await);
    store.migrate().await.expect("migrations");
    contract::run(store).await;
}
