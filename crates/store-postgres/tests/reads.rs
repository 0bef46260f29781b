//! Questions asked of a filled store.

use std::sync::Arc;
use waybill_store::Store;
use waybill_store::contract::{filled, plans};
use waybill_store_postgres::testing::TestDatabase;

/// A read that goes through a whole table is quick in a new shop and stops an old one. Plans are made from statistics, and
/// kept: those of an empty store while it fills, those without statistics, and those with.
#[tokio::test]
async fn every_read_finds_its_rows_by_index_whatever_the_statistics() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = Arc::new(database.open().await);
    store.migrate().await.unwrap();
    plans::check(store.clone(), &filled::sample(20_000)).await;
    let sample = filled::fill(&*store, 20_000).await.unwrap();
    plans::check(store.clone(), &sample).await;
    store.execute(&[("ANALYZE", &[])]).await.unwrap();
    plans::check(store, &sample).await;
}
