//! The plans of the derived statements, read from a live server.

use crate::connection::{WRITER_SETTINGS, configure, connect};
use crate::options::PostgresOptions;
use crate::statements::{select, write};
use crate::testing::TestDatabase;
use tokio_postgres::{Client, SimpleQueryMessage};
use waybill_store::tables::tables;
use waybill_store::{Store, Table, WriteMode, raw_rows};

/// The one plan that a prepared statement keeps.
async fn plan(client: &Client, sql: &str) -> Vec<String> {
    let parameters = sql.matches("[]").count();
    let arrays = vec!["'{}'"; parameters].join(", ");
    let explain = format!("PREPARE derived AS {sql}; EXPLAIN EXECUTE derived({arrays}); DEALLOCATE derived");
    let messages = client.simple_query(&explain).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let line = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.iter().filter_map(line).collect()
}

/// What a batch loads by: the key, the root's id, a unique index.
fn loads_by(table: &Table) -> Vec<Vec<&'static str>> {
    let mut loads = vec![table.key.to_vec()];
    loads.extend(table.parent.map(|(_, column)| vec![column]));
    let unique = table.indexes.iter().filter(|index| index.unique && index.only.is_none());
    loads.extend(unique.map(|index| index.columns.to_vec()));
    loads
}

async fn check_plans(client: &Client) {
    for table in tables() {
        for by in loads_by(table) {
            for lock in [false, true] {
                let sql = select(table, &by, lock);
                let plan = plan(client, &sql).await;
                check_row_by_row(&sql, &plan);
                assert_eq!(plan[0].starts_with("LockRows"), lock, "what is sorted is locked, in that order: {plan:#?}");
            }
        }
        let changes = table.columns.iter().any(|column| !column.fixed);
        for mode in [WriteMode::Insert, WriteMode::Update, WriteMode::Delete] {
            if mode != WriteMode::Update || changes {
                let sql = write(table, mode).sql;
                check_row_by_row(&sql, &plan(client, &sql).await);
            }
        }
    }
}

fn check_row_by_row(sql: &str, plan: &[String]) {
    for slow in ["Seq Scan", "Hash Join", "Merge Join"] {
        assert!(!plan.iter().any(|line| line.contains(slow)), "{sql}\n{plan:#?}");
    }
}

#[tokio::test]
async fn derived_statements_find_rows_by_index_whatever_the_tables_hold() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    store.migrate().await.expect("a schema");
    let config = configure(&database.url(), &PostgresOptions::default()).expect("a URL");
    let client = connect(&config).await.expect("a connection");
    client.batch_execute(WRITER_SETTINGS).await.expect("settings");
    check_plans(&client).await;
    client.batch_execute("ANALYZE").await.expect("statistics of empty tables");
    check_plans(&client).await;
    raw_rows::prepare(&store).await.expect("stock");
    raw_rows::run(&store, 0, 1_000, 250).await.expect("orders");
    check_plans(&client).await;
    client.batch_execute("ANALYZE").await.expect("statistics");
    check_plans(&client).await;
}
