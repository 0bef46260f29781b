//! The embedded database does what every backend must, keeps its log short, and looks as the descriptions say.

use std::time::{Duration, Instant};
use waybill_store::catalog::{ColumnShape, IndexShape, TableShape};
use waybill_store::ddl::Dialect;
use waybill_store::specimen::{self, specimen, write};
use waybill_store::tables::tables;
use waybill_store::{Store, StoreError, Value, WriteMode};
use waybill_store_sqlite::testing::TestFolder;
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::test]
async fn specimens_are_kept_as_every_backend_must() {
    let folder = TestFolder::create();
    let store = folder.open();
    specimen::create(&store, Dialect::Sqlite).await.unwrap();
    specimen::check(&store).await;
}

#[tokio::test]
async fn tables_look_as_they_are_described() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    specimen::create(&store, Dialect::Sqlite).await.unwrap();
    for table in tables().into_iter().chain(specimen::tables()) {
        let type_name = |kind| Dialect::Sqlite.type_name(kind);
        assert_eq!(live_shape(&store, table.name).await, TableShape::described(table, type_name));
    }
    let found = store.read("SELECT name FROM sqlite_schema WHERE type = 'table'", &[]).await.unwrap().len();
    assert_eq!(found, tables().len() + specimen::tables().len() + 1, "no table is without a description");
}

#[tokio::test]
async fn loads_find_rows_by_index() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    for table in tables() {
        let unique = table.indexes.iter().filter(|index| index.unique && index.only.is_none());
        let parent = table.parent.as_ref().map(|(_, column)| std::slice::from_ref(column));
        for by in [table.key].into_iter().chain(parent).chain(unique.map(|index| index.columns)) {
            let wanted = by.iter().zip(1..).map(|(column, place)| format!("{column} = ${place}")).collect::<Vec<_>>();
            let (wanted, order) = (wanted.join(" AND "), table.key.join(", "));
            let sql = format!("SELECT {} FROM {} WHERE {wanted} ORDER BY {order}", table.column_list(), table.name);
            let plan = store.explain(&sql, &vec![Value::Null; by.len()]).await.unwrap();
            assert!(matches!(&plan[..], [line] if line.starts_with("SEARCH")), "{sql}: {plan:?}");
        }
    }
}

async fn live_shape(store: &SqliteStore, table: &str) -> TableShape {
    let table_value = [Value::from(table)];
    let sql = "SELECT name, type, \"notnull\", pk FROM pragma_table_info($1) ORDER BY cid";
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    for mut row in store.read(sql, &table_value).await.unwrap() {
        let (name, type_name) = (row.take::<String>().unwrap(), row.take().unwrap());
        let (not_null, place) = (row.take::<bool>().unwrap(), row.take::<i64>().unwrap());
        if place > 0 {
            key.push((place, name.clone()));
        }
        columns.push(ColumnShape { name, type_name, nullable: !not_null });
    }
    key.sort();
    let sql = "SELECT name, \"unique\", partial FROM pragma_index_list($1) WHERE origin <> 'pk' ORDER BY name";
    let mut indexes = Vec::new();
    for mut row in store.read(sql, &table_value).await.unwrap() {
        let name: String = row.take().unwrap();
        let sql = "SELECT name FROM pragma_index_info($1) ORDER BY seqno";
        let columns = store.read(sql, &[name.as_str().into()]).await.unwrap();
        let columns = columns.into_iter().map(|mut row| row.take().unwrap()).collect();
        indexes.push(IndexShape { name, columns, unique: row.take().unwrap(), partial: row.take().unwrap() });
    }
    let mut rows = store.read("SELECT sql FROM sqlite_schema WHERE name = $1", &table_value).await.unwrap();
    let sql: String = rows[0].take().unwrap();
    let mut constraints: Vec<_> = sql.split("CONSTRAINT ").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
    constraints.sort_unstable();
    TableShape {
        name: table.to_owned(),
        columns,
        key: key.into_iter().map(|(_, name)| name).collect(),
        indexes,
        constraints: constraints.into_iter().map(str::to_owned).collect(),
    }
}

#[tokio::test]
async fn positions_follow_each_other() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    let mut writer = store.writer().await.unwrap();
    for (count, committed, expected) in [(3, true, 0), (5, false, 3), (1, true, 3), (1, true, 4)] {
        writer.begin().await.unwrap();
        assert_eq!(writer.take_positions(&[], count).await, Ok(expected));
        if committed { writer.commit(&[]).await.unwrap() } else { writer.rollback().await }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_copied_while_writing_and_wholly_when_idle() {
    let folder = TestFolder::create();
    let options = SqliteOptions { checkpoint_bytes: 1 << 20, ..SqliteOptions::default() };
    let store = SqliteStore::open(folder.store_path(), options).unwrap();
    specimen::create(&store, Dialect::Sqlite).await.unwrap();
    let mut writer = store.writer().await.unwrap();
    let (mut batch, mut before) = (0, 0);
    // It shrinks although the writer never rests.
    wait_until(async || {
        let rows: Vec<_> = (batch * 100..(batch + 1) * 100).map(specimen).collect();
        writer.begin().await.unwrap();
        writer.commit(&[write(WriteMode::Insert, &rows)]).await.unwrap();
        batch += 1;
        let log = store.gauges().await.unwrap().wal_bytes;
        std::mem::replace(&mut before, log) > log
    })
    .await;
    wait_until(async || store.gauges().await.unwrap().wal_bytes == 0).await;
    let log = || std::fs::metadata(folder.path().join("store.sqlite-wal")).unwrap().len();
    let length = log();
    writer.begin().await.unwrap();
    writer.commit(&[write(WriteMode::Insert, &[specimen(1_000_000)])]).await.unwrap();
    assert_eq!(log(), length, "a log that was copied starts over");
}

async fn wait_until(mut done: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < Duration::from_secs(30), "it did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n";

#[tokio::test]
async fn a_read_that_takes_too_long_is_stopped_and_its_reader_goes_on() {
    let folder = TestFolder::create();
    let options = SqliteOptions { readers: 1, read_limit: Duration::from_millis(50), ..SqliteOptions::default() };
    let store = SqliteStore::open(folder.store_path(), options).unwrap();
    for _ in 0..3 {
        assert!(matches!(store.read(ENDLESS, &[]).await, Err(StoreError::Other(_))));
    }
    let limited = SqliteOptions { readers: 1, read_limit: Duration::from_secs(30), ..SqliteOptions::default() };
    drop(store);
    let store = SqliteStore::open(folder.store_path(), limited).unwrap();
    let abandoned = tokio::time::timeout(Duration::from_millis(50), store.read(ENDLESS, &[])).await;
    assert!(abandoned.is_err());
    let started = Instant::now();
    assert_eq!(store.read("SELECT 7", &[]).await.unwrap()[0].take::<i64>(), Ok(7));
    assert!(started.elapsed() < Duration::from_secs(20), "the read that nobody waits for was stopped");
}
