//! A store that an earlier Waybill wrote is brought up to date, whole, and goes on where it stopped.
//!
//! `tests/fixtures/store-of-schema-2.*` hold the import's `small.csv` as the binary of commit 928677b brought it in: 8 orders,
//! 84 events, 66 postings by that binary's own audit. `store-of-schema-14.*` hold the demo's shop of 15 orders as that of commit
//! dc9d96e made it, with somebody who joined and is signed in, a webhook endpoint and sums: 1,137 events (1,139 on PostgreSQL, where
//! it ran longer) and 1,448 postings. Whoever hands out a version with another schema adds a store of the one before it.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;
use std::process::Command;
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

/// A store as it was written, with what its own audit said.
struct Old {
    schema: u32,
    on_sqlite: &'static [u8],
    on_postgres: &'static [u8],
    /// The first migration that it lacks.
    lacks: &'static str,
    orders: u64,
    events_on_sqlite: u64,
    events_on_postgres: u64,
    postings: u64,
}

const FIRST: Old = Old {
    schema: 2,
    on_sqlite: include_bytes!("../fixtures/store-of-schema-2.db.gz"),
    on_postgres: include_bytes!("../fixtures/store-of-schema-2.sql.gz"),
    lacks: "0003_search",
    orders: 8,
    events_on_sqlite: 84,
    events_on_postgres: 84,
    postings: 66,
};
const LATEST: Old = Old {
    schema: 14,
    on_sqlite: include_bytes!("../fixtures/store-of-schema-14.db.gz"),
    on_postgres: include_bytes!("../fixtures/store-of-schema-14.sql.gz"),
    lacks: "0015_delivered",
    orders: 15,
    events_on_sqlite: 1_137,
    events_on_postgres: 1_139,
    postings: 1_448,
};
const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../import/tests/fixtures/small.csv");

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).expect("a packed file");
    bytes
}

/// What `waybill` answers about this database, and the code it ends with.
fn run(database: &str, words: &[&str]) -> (Option<i32>, Value) {
    let mut waybill = Command::new(env!("CARGO_BIN_EXE_waybill"));
    waybill.args(["--log", "error", "--json", "--database", database]).args(words).env_remove("WAYBILL_DATABASE");
    let output = waybill.output().expect("the binary runs");
    let said = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    let said = String::from_utf8_lossy(said);
    (output.status.code(), serde_json::from_str(&said).unwrap_or_else(|error| panic!("{words:?}: {error}\n{said}")))
}

/// Brought up to date, it holds what it held.
fn is_brought_up_to_date(database: &str, old: &Old, events: u64) {
    let (code, refused) = run(database, &["audit"]);
    assert_eq!(code, Some(3), "{refused}");
    let why = refused["error"]["problems"][0].as_str().expect("a reason");
    let said = format!("the store has schema {}", old.schema);
    assert!(why.contains(&said) && why.contains("`waybill migrate`"), "{why}");

    let (code, migrated) = run(database, &["migrate"]);
    let applied = migrated["applied"].as_array().expect("migrations");
    assert_eq!((code, applied.first().and_then(Value::as_str)), (Some(0), Some(old.lacks)), "{migrated}");
    let (code, audit) = run(database, &["audit"]);
    assert_eq!(code, Some(0), "{audit}");
    for (name, count) in [("orders", old.orders), ("events", events), ("postings", old.postings)] {
        assert_eq!(audit[name], count, "{name}");
    }
    // And it writes on.
    let (code, key) = run(database, &["key", "create", "--name", "shop", "--permissions", "orders.read"]);
    assert_eq!(code, Some(0), "{key}");
    assert_eq!(run(database, &["audit"]).1["events"], events + 1);
}

/// What was answered then is answered now: the same file brings nothing new.
fn imports_nothing_again(database: &str) {
    let (code, again) = run(database, &["import", "orders", ORDERS, "--map", "online-retail", "--stock", "receive"]);
    assert_eq!((code, &again["orders"], &again["already_there"]), (Some(0), &0.into(), &8.into()), "{again}");
}

/// Who joined then is there, and may be let in anew.
fn knows_its_people(database: &str) {
    let (code, people) = run(database, &["user", "list"]);
    let listed = people.to_string();
    assert!(code == Some(0) && listed.contains("ada@example.org") && listed.contains("owner"), "{people}");
    let (code, link) = run(database, &["user", "link", "ada@example.org"]);
    assert_eq!(code, Some(0), "{link}");
    let (code, hooks) = run(database, &["webhook", "list"]);
    assert!(code == Some(0) && hooks.to_string().contains("hooks.example.org"), "{hooks}");
}

fn file(old: &Old) -> (TestFolder, String) {
    let folder = TestFolder::create();
    let path = folder.path().join("old.db");
    std::fs::write(&path, unpacked(old.on_sqlite)).expect("a file");
    let database = format!("sqlite:{}", path.display());
    (folder, database)
}

async fn database(old: &Old) -> Option<TestDatabase> {
    let database = TestDatabase::create().await?;
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.expect("a server");
    let connection = tokio::spawn(connection);
    let dump = String::from_utf8(unpacked(old.on_postgres)).expect("a dump");
    client.batch_execute(&dump).await.expect("a dump that can be read back");
    drop(client);
    connection.await.expect("a task").expect("a connection that ended well");
    Some(database)
}

#[test]
fn a_file_of_the_first_schema_is_brought_up_to_date() {
    let (_folder, database) = file(&FIRST);
    is_brought_up_to_date(&database, &FIRST, FIRST.events_on_sqlite);
    imports_nothing_again(&database);
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_up_to_date() {
    let Some(database) = database(&FIRST).await else { return };
    is_brought_up_to_date(&database.url(), &FIRST, FIRST.events_on_postgres);
    imports_nothing_again(&database.url());
}

#[test]
fn a_file_of_the_schema_before_is_brought_up_to_date() {
    let (_folder, database) = file(&LATEST);
    is_brought_up_to_date(&database, &LATEST, LATEST.events_on_sqlite);
    knows_its_people(&database);
}

#[tokio::test]
async fn a_database_of_the_schema_before_is_brought_up_to_date() {
    let Some(database) = database(&LATEST).await else { return };
    is_brought_up_to_date(&database.url(), &LATEST, LATEST.events_on_postgres);
    knows_its_people(&database.url());
}
