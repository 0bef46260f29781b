//! A store that an earlier Waybill wrote is brought up to date, whole, and goes on where it stopped.
//!
//! `tests/fixtures/store-of-schema-2.*` hold the import's `small.csv` as the binary of commit 928677b brought it in: 8 orders,
//! 84 events, 66 postings by that binary's own audit.

use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::Read;
use std::process::Command;
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;

const ON_SQLITE: &[u8] = include_bytes!("../fixtures/store-of-schema-2.db.gz");
const ON_POSTGRES: &[u8] = include_bytes!("../fixtures/store-of-schema-2.sql.gz");
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

fn is_brought_up_to_date(database: &str) {
    let (code, refused) = run(database, &["audit"]);
    assert_eq!(code, Some(3), "{refused}");
    let why = refused["error"]["problems"][0].as_str().expect("a reason");
    assert!(why.contains("the store has schema 2") && why.contains("`waybill migrate`"), "{why}");

    let (code, migrated) = run(database, &["migrate"]);
    let applied = migrated["applied"].as_array().expect("migrations");
    assert_eq!((code, applied.first().and_then(Value::as_str)), (Some(0), Some("0003_search")), "{migrated}");
    let (code, audit) = run(database, &["audit"]);
    assert_eq!(code, Some(0), "{audit}");
    for (name, count) in [("orders", 8), ("events", 84), ("postings", 66)] {
        assert_eq!(audit[name], count, "{name}");
    }
    // What was answered then is answered now: the same file brings nothing new.
    let (code, again) = run(database, &["import", "orders", ORDERS, "--map", "online-retail", "--stock", "receive"]);
    assert_eq!((code, &again["orders"], &again["already_there"]), (Some(0), &0.into(), &8.into()), "{again}");
    assert_eq!(run(database, &["audit"]).1["events"], 84);
    // And it writes on.
    let (code, key) = run(database, &["key", "create", "--name", "shop", "--permissions", "orders.read"]);
    assert_eq!(code, Some(0), "{key}");
    assert_eq!(run(database, &["audit"]).1["events"], 85);
}

#[test]
fn a_file_of_an_earlier_schema_is_brought_up_to_date() {
    let folder = TestFolder::create();
    let path = folder.path().join("old.db");
    std::fs::write(&path, unpacked(ON_SQLITE)).expect("a file");
    is_brought_up_to_date(&format!("sqlite:{}", path.display()));
}

#[tokio::test]
async fn a_database_of_an_earlier_schema_is_brought_up_to_date() {
    let Some(database) = TestDatabase::create().await else { return };
    let (client, connection) = tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.expect("a server");
    let connection = tokio::spawn(connection);
    let dump = String::from_utf8(unpacked(ON_POSTGRES)).expect("a dump");
    client.batch_execute(&dump).await.expect("a dump that can be read back");
    drop(client);
    connection.await.expect("a task").expect("a connection that ended well");
    is_brought_up_to_date(&database.url());
}
