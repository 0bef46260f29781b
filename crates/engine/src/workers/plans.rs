//! The plans of the workers' statements: each looks every second, so none may go through what a store has gathered.

use super::desks;
use std::sync::Arc;
use waybill_domain::ids::Id;
use waybill_store::contract::{filled, plans};
use waybill_store::{Store, Value};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

const ORDERS: i64 = 20_000;

/// Ways that are an index's and still lead past most orders of a store: those that live, and those that wait for people.
const CROWDED: [&str; 2] = ["orders_lifecycle", "SCAN o USING INDEX orders_to_release"];

/// A value of some kind for each parameter; those that are compared with moments come after all of them.
fn parameters(sql: &str) -> Vec<Value> {
    let count = (1..10).take_while(|place| sql.contains(&format!("${place}"))).count();
    let is_id = |place: &str| {
        ["order_id =", " id <", "key BETWEEN", "key BETWEEN $1 AND"]
            .iter()
            .any(|which| sql.contains(&format!("{which} {place}")))
    };
    let values = (1..=count).map(|place| match (place, is_id(&format!("${place}"))) {
        (_, true) => Value::Id(Id::NIL),
        (1, false) => Value::Int(i64::MAX / 2),
        (2, false) => Value::Int(desks::BATCH as i64),
        (_, false) => Value::Int(0),
    });
    values.collect()
}

/// The first parameter of what a courier reads is its endpoint.
fn of_endpoint(sql: &str) -> Vec<Value> {
    let mut values = parameters(sql);
    values.first_mut().into_iter().filter(|_| sql.contains("id = $1")).for_each(|first| *first = Value::Id(Id::NIL));
    values
}

async fn check(store: &dyn Store) {
    let mut wrong = Vec::new();
    for desk in desks::ALL {
        for sql in desk.reads() {
            if let Err(why) = plans::judge(store, sql, &parameters(sql)).await {
                wrong.push(format!("{}: {why}", desk.name));
            }
            let plan = store.explain(sql, &parameters(sql)).await.expect("a plan").join("\n");
            if CROWDED.iter().any(|crowded| plan.contains(crowded)) {
                wrong.push(format!("{}: goes through a crowd in\n{sql}\n{plan}", desk.name));
            }
        }
    }
    for sql in super::search::reads() {
        let params = [Value::Int(100), Value::Int(400), Value::Int(100)];
        if let Err(why) = plans::judge(store, sql, &params[..parameters(sql).len()]).await {
            wrong.push(format!("search: {why}"));
        }
    }
    for sql in super::stats::reads() {
        let params = [Value::Int(100), Value::Int(400), Value::Int(100)];
        if let Err(why) = plans::judge(store, &sql, &params[..parameters(&sql).len()]).await {
            wrong.push(format!("stats: {why}"));
        }
    }
    for sql in super::webhooks::reads() {
        if let Err(why) = plans::judge(store, &sql, &of_endpoint(&sql)).await {
            wrong.push(format!("webhooks: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn workers_find_their_work_by_index_on_sqlite() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.expect("a schema");
    filled::fill(&store, ORDERS).await.expect("rows");
    check(&store).await;
}

/// Whatever the statistics: of an empty store, none, or some.
#[tokio::test]
async fn workers_find_their_work_by_index_on_postgresql() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = Arc::new(database.open().await);
    store.migrate().await.expect("a schema");
    check(&*store).await;
    filled::fill(&*store, ORDERS).await.expect("rows");
    check(&*store).await;
    store.execute(&[("ANALYZE", &[])]).await.expect("statistics");
    check(&*store).await;
}
