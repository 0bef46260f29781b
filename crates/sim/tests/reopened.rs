//! What a store shows once it is open stays, whatever ended before.

use waybill_fault_vfs::{Cut, CutKind, Disk};
use waybill_store::{Store, StoreError, Value};
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

fn open(disk: &Disk) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(
        disk.path("waybill.db"),
        SqliteOptions { vfs: Some(disk.vfs()), threads: false, ..SqliteOptions::default() },
    )
}

async fn add(store: &SqliteStore, n: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO preferences (principal, name, body) VALUES ('somebody', $1, 'x')";
    store.execute(&[(sql, &[Value::from(n.to_string())])]).await.map(drop)
}

async fn count(store: &SqliteStore) -> usize {
    store.read("SELECT name FROM preferences", &[]).await.unwrap().len()
}

/// A process that is killed within a commit may leave it in the system's memory alone. The next one shows it, and somebody who
/// asks again is answered from it: a power cut takes it back no more.
#[tokio::test]
async fn what_is_read_after_the_process_ended_survives_a_power_cut() {
    let mut seen_unanswered = 0;
    for seed in 0..60 {
        let disk = Disk::new(seed);
        let store = open(&disk).unwrap();
        store.migrate().await.unwrap();
        add(&store, 0).await.unwrap();
        disk.plan(Cut { kind: CutKind::Process, changes: 1 + seed as u32 % 6, after: seed % 2 == 0 });
        let mut answered = 1;
        while add(&store, answered).await.is_ok() {
            answered += 1;
        }
        disk.restart();
        drop(store);
        let store = open(&disk).unwrap();
        let shown = count(&store).await;
        seen_unanswered += shown - answered as usize;
        disk.cut(CutKind::Power);
        disk.restart();
        drop(store);
        assert_eq!(count(&open(&disk).unwrap()).await, shown, "seed {seed}: {answered} were answered");
    }
    assert!(seen_unanswered > 5, "only {seen_unanswered} commits were cut between their end and their sync");
}
