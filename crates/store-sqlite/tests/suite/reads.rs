//! Questions asked of a filled store: by index, and only by those who may.

use std::sync::Arc;
use waybill_store::Store;
use waybill_store::contract::{filled, pages, plans, questions};
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

/// Nobody reads what they have no permission for, or what lies outside their channels and locations.
#[tokio::test]
async fn reads_keep_back_what_is_not_for_the_asker() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    let sample = filled::fill(&store, 2_000).await.unwrap();
    questions::check(&store, &sample).await;
}

/// More orders than are looked at for one page, so that every way to find them is taken.
#[tokio::test]
async fn a_search_shows_everything_once_newest_first() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    filled::fill(&store, 12_000).await.unwrap();
    pages::check(&store).await;
}
