//! Questions asked of a filled store.

use std::sync::Arc;
use waybill_store::Store;
use waybill_store::contract::{filled, plans};
use waybill_store_sqlite::testing::TestFolder;

/// A read that goes through a whole table is quick in a new shop and stops an old one.
#[tokio::test]
async fn every_read_finds_its_rows_by_index() {
    let folder = TestFolder::create();
    let store = Arc::new(folder.open());
    store.migrate().await.unwrap();
    let sample = filled::fill(&*store, 20_000).await.unwrap();
    plans::check(store, &sample).await;
}
