//! Stores, imports into them, and what is in them, told without ids.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use waybill_engine::{Engine, EngineOptions, Ports};
use waybill_import::{ImportPlan, Map, Outcome, Silent, StockMode, import};
use waybill_store::Store;
use waybill_store::audit::audit;
use waybill_store::value::Value;
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

/// A store of its own, on one of the two databases.
pub enum TestStore {
    Sqlite(TestFolder),
    Postgres(TestDatabase),
}

impl TestStore {
    pub fn sqlite() -> Self {
        Self::Sqlite(TestFolder::create())
    }

    /// None where no server is named; says so.
    pub async fn postgres() -> Option<Self> {
        TestDatabase::create().await.map(Self::Postgres)
    }

    /// Where it is, for another process: see [`open_at`].
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(folder) => folder.store_path().display().to_string(),
            Self::Postgres(database) => database.url(),
        }
    }

    pub async fn open(&self) -> Arc<dyn Store> {
        open_at(&self.address()).await
    }
}

pub async fn open_at(address: &str) -> Arc<dyn Store> {
    if address.starts_with("postgres") {
        let options = waybill_store_postgres::PostgresOptions::default();
        return Arc::new(waybill_store_postgres::PostgresStore::connect(address, &options).await.unwrap());
    }
    let options = waybill_store_sqlite::SqliteOptions::default();
    Arc::new(waybill_store_sqlite::SqliteStore::open(address, options).unwrap())
}

pub async fn engine(store: &Arc<dyn Store>) -> Engine {
    store.migrate().await.unwrap();
    let options = EngineOptions { workers: false, ..EngineOptions::default() };
    Engine::start(store.clone(), Ports::system([]), options).await.unwrap()
}

pub fn plan(source: impl Into<PathBuf>, stock: StockMode) -> ImportPlan {
    ImportPlan { map: Map::preset("online-retail").unwrap(), source: source.into(), stock }
}

/// Imports with an engine of its own; the books must be right afterwards.
pub async fn imported(store: &TestStore, plan: &ImportPlan) -> Outcome {
    let store = store.open().await;
    let engine = engine(&store).await;
    let outcome = import(&engine, plan, &Silent).await.unwrap();
    engine.stop().await;
    let report = audit(&*store, &mut |_, _, _| ()).await.unwrap();
    assert!(report.ok, "{:#?}", report.violations);
    outcome
}

/// Rows of a query as words.
pub async fn rows(store: &dyn Store, sql: &str) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Id(id) => id.to_string(),
        Value::Bytes(bytes) => format!("{bytes:?}"),
    };
    let found = store.read(sql, &[]).await.unwrap();
    found.iter().map(|row| row.values().iter().map(word).collect::<Vec<_>>().join(" ")).collect()
}

const CONTENT: [(&str, &str); 9] = [
    (
        "orders",
        "SELECT o.external_ref, o.lifecycle, o.payment_status, o.fulfillment_status, o.delivery_status, \
         o.return_status, o.goods, o.charges, o.recognized, o.received, o.refunded, o.applied, o.deposit, o.placed_at, \
         o.ended_at, o.origin, o.country, c.code, o.sequence, o.holds_active \
         FROM orders o LEFT JOIN customers c ON c.id = o.customer_id",
    ),
    (
        "lines",
        "SELECT o.external_ref, l.number, l.sku, l.unit_price, l.ordered, l.discount, l.total, l.cancelled, \
         l.backordered, l.shipped, l.delivered, l.returned FROM order_lines l JOIN orders o ON o.id = l.order_id",
    ),
    (
        "charges",
        "SELECT o.external_ref, c.number, c.kind, c.amount, c.label, c.billed \
         FROM order_charges c JOIN orders o ON o.id = c.order_id",
    ),
    (
        "levels",
        "SELECT i.sku, p.code, l.available, l.allocated, l.picked, l.packed, l.postings \
         FROM stock_levels l JOIN items i ON i.id = l.item_id JOIN locations p ON p.id = l.location_id",
    ),
    ("documents", "SELECT kind, reference, booked_at, sequence FROM stock_documents"),
    ("items", "SELECT sku, name FROM items"),
    (
        "refunds",
        "SELECT o.external_ref, r.number, r.amount, r.reason, r.state, r.granted_at \
         FROM refunds r JOIN orders o ON o.id = r.order_id",
    ),
    ("events", "SELECT kind, origin, happened_at, CAST(COUNT(*) AS BIGINT) FROM events GROUP BY 1, 2, 3"),
    ("postings", "SELECT CAST(COUNT(*) AS BIGINT), CAST(SUM(quantity) AS BIGINT) FROM stock_postings"),
];

/// Everything of interest in a store, in an order of its own: equal for equal histories on both databases.
pub async fn content(store: &TestStore) -> BTreeMap<&'static str, Vec<String>> {
    let store = store.open().await;
    let mut content = BTreeMap::new();
    for (name, sql) in CONTENT {
        let mut found = rows(&*store, sql).await;
        found.sort_unstable();
        content.insert(name, found);
    }
    content
}

/// Fails with the first difference, not with both stores.
pub fn same(left: &BTreeMap<&'static str, Vec<String>>, right: &BTreeMap<&'static str, Vec<String>>) {
    for (name, rows) in left {
        let others = &right[name];
        for (n, row) in rows.iter().enumerate() {
            assert_eq!(Some(row), others.get(n), "row {n} of {name}");
        }
        assert_eq!(rows.len(), others.len(), "rows of {name}");
    }
}

/// The shared data folder beside the workspace; None, with a word about it, where it is not there.
pub fn data(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/orders").join(path);
    if !found.exists() {
        eprintln!("skipped: no shared data");
        return None;
    }
    Some(found)
}
