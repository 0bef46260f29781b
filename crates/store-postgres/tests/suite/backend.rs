//! PostgreSQL does what every backend must, looks as the descriptions say, and is migrated by any number of processes.

use std::time::Duration;
use waybill_store::catalog::{ColumnShape, IndexShape, TableShape};
use waybill_store::ddl::Dialect;
use waybill_store::specimen;
use waybill_store::tables::tables;
use waybill_store::{ColumnKind, Row, Store, StoreError, Value};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_postgres::{MIGRATIONS, PostgresOptions, PostgresStore};

#[tokio::test]
async fn specimens_are_kept_as_every_backend_must() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    store.migrate().await.unwrap();
    specimen::create(&store, Dialect::Postgres).await.unwrap();
    specimen::check(&store).await;
}

#[tokio::test]
async fn tables_look_as_they_are_described() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    store.migrate().await.unwrap();
    specimen::create(&store, Dialect::Postgres).await.unwrap();
    for table in tables().into_iter().chain(specimen::tables()) {
        assert_eq!(live_shape(&store, table.name).await, TableShape::described(table, type_name));
    }
    let sql = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'specimens'::regclass AND attcollation = '\"C\"'::regcollation";
    assert_eq!(texts(store.read(sql, &[]).await), ["Int(2)"], "text sorts by bytes, as on SQLite");
    let sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'";
    let found = store.read(sql, &[]).await.unwrap().len();
    assert_eq!(found, tables().len() + specimen::tables().len() + 1, "no table is without a description");
}

const fn type_name(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Int => "bigint",
        ColumnKind::Bool => "boolean",
        ColumnKind::Text => "text",
        ColumnKind::Id => "uuid",
        ColumnKind::Bytes => "bytea",
    }
}

async fn live_shape(store: &PostgresStore, table: &str) -> TableShape {
    let named = [Value::from(table)];
    let sql = "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute
        WHERE attrelid = CAST(CAST($1 AS text) AS regclass) AND attnum > 0 ORDER BY attnum";
    let column = |mut row: Row| ColumnShape {
        name: row.take().unwrap(),
        type_name: row.take().unwrap(),
        nullable: row.take().unwrap(),
    };
    let columns = store.read(sql, &named).await.unwrap().into_iter().map(column).collect();
    let sql = "SELECT c.relname, i.indisunique, i.indpred IS NOT NULL, i.indisprimary,
            (SELECT string_agg(a.attname, ' ' ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = CAST(CAST($1 AS text) AS regclass) ORDER BY c.relname";
    let (mut key, mut indexes) = (Vec::new(), Vec::new());
    for mut row in store.read(sql, &named).await.unwrap() {
        let (name, unique, partial) = (row.take().unwrap(), row.take().unwrap(), row.take().unwrap());
        let (primary, columns): (bool, String) = (row.take().unwrap(), row.take().unwrap());
        let columns = columns.split(' ').map(str::to_owned).collect();
        if primary { key = columns } else { indexes.push(IndexShape { name, columns, unique, partial }) }
    }
    let sql = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(CAST($1 AS text) AS regclass) ORDER BY conname";
    let constraints = store.read(sql, &named).await.unwrap().into_iter().map(|mut row| row.take().unwrap()).collect();
    TableShape { name: table.to_owned(), columns, key, indexes, constraints }
}

fn texts(rows: Result<Vec<Row>, StoreError>) -> Vec<String> {
    rows.unwrap().iter().flat_map(Row::values).map(|value| format!("{value:?}")).collect()
}

#[tokio::test]
async fn migrating_twice_is_migrating_once() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    let newest = MIGRATIONS.last().unwrap().version;
    assert_eq!(store.check_schema().await, Err(StoreError::OlderSchema { found: 0, known: newest }));
    let titles: Vec<_> = MIGRATIONS.iter().map(|migration| migration.title()).collect();
    assert_eq!(store.migrate().await, Ok(titles));
    assert_eq!(store.migrate().await, Ok(vec![]));
    assert_eq!(store.check_schema().await, Ok(()));

    let sql = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1000, 'later', '', 0)";
    store.execute(&[(sql, &[])]).await.unwrap();
    let newer = StoreError::NewerSchema { found: 1000, known: newest };
    assert_eq!(store.migrate().await, Err(newer.clone()));
    assert_eq!(store.check_schema().await, Err(newer));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_may_migrate_at_once() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let mut tasks = Vec::new();
    for _ in 0..6 {
        let store = database.open().await;
        tasks.push(tokio::spawn(async move { store.migrate().await }));
    }
    let mut applied = Vec::new();
    for task in tasks {
        applied.extend(task.await.unwrap().unwrap());
    }
    // Which task applied which is up to the race.
    applied.sort_unstable();
    let titles: Vec<_> = MIGRATIONS.iter().map(|migration| migration.title()).collect();
    assert_eq!(applied, titles, "each migration was applied by one of them");
    database.open().await.check_schema().await.unwrap();
}

#[test]
fn migrations_travel_in_pairs() {
    let names = |list: &[waybill_store::migration::Migration]| list.iter().map(|one| one.title()).collect::<Vec<_>>();
    assert_eq!(names(MIGRATIONS), names(waybill_store_sqlite::MIGRATIONS));
    assert!(MIGRATIONS.iter().zip(1..).all(|(migration, number)| migration.version == number));
}

#[tokio::test]
async fn positions_follow_each_other() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    store.migrate().await.unwrap();
    let mut writer = store.writer().await.unwrap();
    for (count, committed, expected) in [(3, true, 0), (5, false, 3), (1, true, 3), (1, true, 4)] {
        writer.begin().await.unwrap();
        assert_eq!(writer.take_positions(&[], count).await, Ok(expected));
        if committed { writer.commit(&[]).await.unwrap() } else { writer.rollback().await }
    }
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_stopped() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let options = PostgresOptions { readers: 1, read_limit: Duration::from_millis(50), ..PostgresOptions::default() };
    let store = PostgresStore::connect(&database.url(), &options).await.unwrap();
    let answer = store.read("SELECT CAST(pg_sleep(60) AS text)", &[]).await;
    assert!(matches!(answer, Err(StoreError::Other(_))), "{answer:?}");
    assert_eq!(texts(store.read("SELECT 7", &[]).await), ["Int(7)"]);
    let sum = store.read("SELECT SUM(n) FROM generate_series(CAST(1 AS bigint), 3) AS n", &[]).await;
    assert!(sum.unwrap_err().to_string().contains("cast"), "a sum of bigint is numeric, which no column is");
}

/// All statements of such a read are under way when one fails; the connection must not stay in their transaction.
#[tokio::test]
async fn statements_read_together_leave_their_connection_as_it_was() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let options = PostgresOptions { readers: 1, ..PostgresOptions::default() };
    let store = PostgresStore::connect(&database.url(), &options).await.unwrap();
    let (zero, one) = ([Value::Int(0)], [Value::Int(1)]);
    let divide = "SELECT 6 / CAST($1 AS bigint)";
    for _ in 0..2 {
        let failed = store.read_together(&[(divide, &one), (divide, &zero), (divide, &one)]).await;
        assert!(matches!(failed, Err(StoreError::Other(_))), "{failed:?}");
        let isolation =
            "SELECT current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')";
        assert_eq!(texts(store.read(isolation, &[]).await), [r#"Text("read committed on")"#]);
        let found = store.read_together(&[(divide, &one), (isolation, &[])]).await.unwrap().concat();
        assert_eq!(texts(Ok(found)), ["Int(6)", r#"Text("repeatable read on")"#]);
    }
    store.execute(&[("CREATE TABLE later (n bigint)", &[])]).await.expect("housekeeping writes");
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_told_from_a_server_that_is_away() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let connect = async |url: &str| PostgresStore::connect(url, &PostgresOptions::default()).await.map(|_| ());
    for wrong in [
        "nonsense",
        "postgres://",
        &database.url().replace("/waybill_test", "/no_such"),
        "postgres://localhost/?sslmode=require",
    ] {
        let answer = connect(wrong).await;
        assert!(matches!(answer, Err(StoreError::Configuration(_))), "{wrong}: {answer:?}");
    }
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let answer = connect(&format!("postgres://postgres@127.0.0.1:{port}/x")).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

#[tokio::test]
async fn gauges_and_the_way_to_a_backup_are_shown() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    assert!(store.gauges().await.unwrap().data_bytes > 1_000_000);
    let answer = store.backup(std::path::Path::new("backup")).await.unwrap_err();
    assert!(answer.to_string().contains("pg_dump"), "{answer}");
}
