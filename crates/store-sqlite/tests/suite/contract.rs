//! The contract every backend keeps.

use std::sync::Arc;
use waybill_store::{Store, contract};
use waybill_store_sqlite::testing::TestFolder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_the_contract() {
    let folder = TestFolder::create();
    let store = Arc::new(folder.open());
    store.migrate().await.expect("migrations");
    contract::run(store).await;
}
