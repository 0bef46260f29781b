//! Real history all the way into a store: its units and goods are those of the classes, and the books are right.

use crate::common::{TestStore, data, imported, rows};
use flate2::read::GzDecoder;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use waybill_import::{ImportPlan, Map, StockMode};
use waybill_store_sqlite::testing::TestFolder;

async fn reconciles(store: TestStore, plan: ImportPlan) {
    let outcome = imported(&store, &plan).await;
    let refused: Vec<_> = outcome.rejects.iter().filter(|reject| reject.reason.contains('.')).collect();
    assert!(refused.is_empty(), "the rules refused {refused:?}");
    let (summary, classes) = (&outcome.summary, outcome.summary.classes);
    let opened = store.open().await;
    let sums = "SELECT CAST(COUNT(*) AS BIGINT), CAST(SUM(ordered) AS BIGINT), CAST(SUM(cancelled) AS BIGINT), \
         CAST(SUM(returned) AS BIGINT), CAST(SUM(total) AS BIGINT) FROM order_lines";
    let expected = format!(
        "{} {} {} {} {}",
        classes.sale.lines,
        classes.sale.units,
        -classes.cancellation.units,
        -classes.returned.units,
        classes.sale.minor
    );
    assert_eq!(rows(&*opened, sums).await, [expected]);
    let open = "SELECT CAST(SUM(reserved + allocated + picked + packed) AS BIGINT) FROM stock_levels";
    let unshipped = "SELECT CAST(SUM(ordered - cancelled - shipped) AS BIGINT) FROM order_lines";
    assert_eq!(rows(&*opened, open).await, rows(&*opened, unshipped).await, "what has not shipped is held for it");
    drop(opened);
    let again = imported(&store, &plan).await.summary;
    assert_eq!((again.orders, again.already_there), (0, summary.orders));
}

#[tokio::test]
async fn northwind_is_imported_whole() {
    let Some(source) = data("northwind") else { return };
    let map = Map::preset("northwind").unwrap();
    reconciles(TestStore::sqlite(), ImportPlan { map, source, stock: StockMode::Receive }).await;
}

/// The first month of the wholesaler's year, cut from the file.
fn first_month(folder: &TestFolder) -> Option<PathBuf> {
    let source = data("uci_online_retail_2010-12_2011-12.csv.gz")?;
    let path = folder.path().join("month.csv");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    let rows = BufReader::new(GzDecoder::new(std::fs::File::open(source).unwrap()));
    for (n, row) in rows.lines().enumerate() {
        let row = row.unwrap();
        if n == 0 || row.contains(",2010-12-") {
            writeln!(out, "{row}").unwrap();
        }
    }
    Some(path)
}

#[tokio::test]
async fn a_month_of_a_wholesaler_is_imported_on_both_databases() {
    let folder = TestFolder::create();
    let Some(source) = first_month(&folder) else { return };
    let plan = ImportPlan { map: Map::preset("online-retail").unwrap(), source, stock: StockMode::Receive };
    reconciles(TestStore::sqlite(), plan.clone()).await;
    if let Some(store) = TestStore::postgres().await {
        reconciles(store, plan).await;
    }
}
