//! Questions asked of a filled store: by index, and only by those who may.

use std::sync::Arc;
use waybill_store::Store;
use waybill_store::contract::{filled, pages, plans, questions};
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

/// Nobody reads what they have no permission for, or what lies outside their channels and locations.
#[tokio::test]
async fn reads_keep_back_what_is_not_for_the_asker() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    store.migrate().await.unwrap();
    let sample = filled::fill(&store, 2_000).await.unwrap();
    questions::check(&store, &sample).await;
}

/// More orders than are looked at for one page, so that every way to find them is taken.
#[tokio::test]
async fn a_search_shows_everything_once_newest_first() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    store.migrate().await.unwrap();
    filled::fill(&store, 12_000).await.unwrap();
    pages::check(&store).await;
}
