//! An import killed in the middle and started again ends as one that was not.

use crate::common::{TestStore, content, engine, imported, open_at, plan, rows, same};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use waybill_import::{Silent, StockMode, import};
use waybill_store::Store;

const STORE: &str = "WAYBILL_IMPORT_STORE";
const FILE: &str = "WAYBILL_IMPORT_FILE";
const ORDERS: usize = 1_500;

/// A made-up year: orders of four lines, every fifth partly cancelled within the hour, every third partly returned,
/// every tenth refunded its postage, with corrections of stock in between.
fn year() -> String {
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let mut text = String::from("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n");
    let mut row = |number: &str, sku: &str, quantity: i64, day: u64, minute: u64, price: &str, customer: &str| {
        let (month, day) = (1 + day / 28, 1 + day % 28);
        let (hour, minute) = (7 + minute / 60, minute % 60);
        writeln!(
            text,
            "{number},{sku},{sku} THING,{quantity},2011-{month:02}-{day:02} {hour:02}:{minute:02},{price},{customer},France"
        )
        .unwrap();
    };
    for n in 0..ORDERS {
        let (day, minute) = ((n * 300 / ORDERS) as u64, (n % 5) as u64 * 60);
        let (number, customer) = (format!("{}", 50_000 + n), format!("{}", 100 + next(40)));
        let mut bought = Vec::new();
        for _ in 0..4 {
            let (sku, quantity) = (format!("S{}", next(60)), 2 + next(20) as i64);
            let price = format!("{}.{:02}", next(30), next(100));
            row(&number, &sku, quantity, day, minute, &price, &customer);
            bought.push((sku, quantity, price));
        }
        row(&number, "POST", 1, day, minute, "12.00", &customer);
        let (sku, quantity, price) = &bought[0];
        if n % 5 == 0 {
            row(&format!("C{}", 80_000 + n), sku, -(quantity / 2), day, minute + 30, price, &customer);
        }
        let (sku, quantity, price) = &bought[1];
        if n % 3 == 0 {
            row(&format!("C{}", 90_000 + n), sku, -quantity, day + 8, minute, price, &customer);
        }
        if n % 10 == 0 {
            row(&format!("C{}", 70_000 + n), "POST", -1, day + 9, minute, "12.00", &customer);
        }
        if n % 7 == 0 {
            row(&format!("{}", 60_000 + n), sku, -3, day + 1, minute, "0", "");
        }
    }
    text
}

/// Runs in a process of its own, so that it can be killed.
#[tokio::test]
#[ignore = "started by the other tests of this file"]
async fn one_import() {
    let (Ok(address), Ok(file)) = (std::env::var(STORE), std::env::var(FILE)) else {
        return;
    };
    let store = open_at(&address).await;
    let engine = engine(&store).await;
    import(&engine, &plan(file, StockMode::Receive), &Silent).await.unwrap();
    engine.stop().await;
}

/// For reading while another process writes; None while there is no store yet.
async fn reader(store: &TestStore) -> Option<Arc<dyn Store>> {
    let store: Arc<dyn Store> = match store {
        TestStore::Sqlite(folder) => {
            let options = waybill_store_sqlite::SqliteOptions::default();
            Arc::new(waybill_store_sqlite::SqliteStore::open_reader(folder.store_path(), options).ok()?)
        }
        TestStore::Postgres(_) => open_at(&store.address()).await,
    };
    store.check_schema().await.ok()?;
    Some(store)
}

async fn orders(store: &TestStore) -> usize {
    let Some(store) = reader(store).await else { return 0 };
    let count = rows(&*store, "SELECT CAST(COUNT(*) AS BIGINT) FROM orders").await;
    count[0].parse().unwrap()
}

/// Starts an import and kills it when there are more than `enough` orders.
async fn killed(store: &TestStore, file: &Path, enough: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "interrupted::one_import", "--ignored"])
        .env(STORE, store.address())
        .env(FILE, file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while orders(store).await <= enough {
        assert!(child.try_wait().unwrap().is_none(), "the import ended before it could be killed");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn goes_on(whole: TestStore, store: TestStore) {
    let folder = waybill_store_sqlite::testing::TestFolder::create();
    let file: PathBuf = folder.path().join("year.csv");
    std::fs::write(&file, year()).unwrap();
    let plan = plan(file.clone(), StockMode::Receive);
    let once = imported(&whole, &plan).await.summary;
    assert_eq!(once.orders as usize, ORDERS);

    let mut found = 0;
    for enough in [0, ORDERS / 2] {
        killed(&store, &file, enough).await;
        found = orders(&store).await;
        assert!(found > enough && found < ORDERS, "killed in the middle: {found} orders");
    }
    let rest = imported(&store, &plan).await.summary;
    assert_eq!((rest.orders as usize, rest.already_there as usize), (ORDERS - found, found));
    assert_eq!((rest.classes, rest.rejects), (once.classes, once.rejects));
    same(&content(&whole).await, &content(&store).await);
}

#[tokio::test]
async fn an_import_killed_twice_ends_as_one_that_was_not_on_sqlite() {
    goes_on(TestStore::sqlite(), TestStore::sqlite()).await;
}

#[tokio::test]
async fn an_import_killed_twice_ends_as_one_that_was_not_on_postgres() {
    let Some(store) = TestStore::postgres().await else {
        return;
    };
    // The whole one is on the other database: both end the same.
    goes_on(TestStore::sqlite(), store).await;
}
