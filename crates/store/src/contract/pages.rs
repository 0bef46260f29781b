//! The pages of a search together: all that matches, newest first, each once, however common its words are.

use crate::backend::Store;
use crate::error::StoreError;
use crate::read::orders::{OrderFilter, orders};
use crate::read::{PageRequest, Viewer};
use crate::search::Search;
use std::collections::BTreeSet;
use waybill_domain::ids::Id;
use waybill_domain::order::Lifecycle;

/// Words as [`super::filled`] makes them: rare, common, everywhere, and of many kinds, alone and together.
const ASKED: &[&str] =
    &["11909@example.org", "sku-000003", "everybody", "name4", "na", "na sku-000003", "ev na sku", "everybody name41"];

/// Pages through a store that was filled with more orders than are ever looked at for one page.
///
/// # Panics
/// Where pages miss, repeat or turn around.
pub async fn check(store: &dyn Store) {
    for asked in ASKED {
        let expected = expected(store, asked).await.expect("all words");
        let search = Some(Search::new(asked));
        assert_eq!(
            walk(store, OrderFilter { search: search.clone(), ..OrderFilter::default() }, 200).await,
            expected,
            "{asked}"
        );
        let confirmed = "SELECT id FROM orders WHERE lifecycle = 'confirmed' ORDER BY id DESC";
        let rows = store.read(confirmed, &[]).await.expect("orders").into_iter();
        let confirmed = rows.map(|mut row| row.take()).collect::<Result<BTreeSet<Id>, _>>().expect("ids");
        let filter = OrderFilter { search, lifecycles: vec![Lifecycle::Confirmed], ..OrderFilter::default() };
        let expected: Vec<Id> = expected.into_iter().filter(|id| confirmed.contains(id)).collect();
        assert_eq!(walk(store, filter, 41).await, expected, "{asked}, confirmed");
    }
}

/// By reading every word there is.
async fn expected(store: &dyn Store, asked: &str) -> Result<Vec<Id>, StoreError> {
    let mut all: Option<BTreeSet<Id>> = None;
    for word in asked.split(' ') {
        let sql = "SELECT order_id FROM order_words WHERE substr(word, 1, length(CAST($1 AS TEXT))) = $1";
        let rows = store.read(sql, &[word.into()]).await?.into_iter();
        let found = rows.map(|mut row| row.take()).collect::<Result<BTreeSet<Id>, _>>()?;
        all = Some(all.map_or_else(|| found.clone(), |all| all.intersection(&found).copied().collect()));
    }
    Ok(all.unwrap_or_default().into_iter().rev().collect())
}

async fn walk(store: &dyn Store, filter: OrderFilter, limit: u32) -> Vec<Id> {
    let (mut found, mut page) = (Vec::new(), PageRequest { limit: Some(limit), after: None });
    loop {
        let next = orders(store, &Viewer::system(), &filter, &page).await.expect("a page");
        assert!(next.rows.len() <= limit as usize, "no more than was asked for");
        found.extend(next.rows.into_iter().map(|row| row.id.0));
        let Some(after) = next.next else { return found };
        assert_ne!(page.after.as_ref(), Some(&after), "a page goes on");
        page.after = Some(after);
    }
}
