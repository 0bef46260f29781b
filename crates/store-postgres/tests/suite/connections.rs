//! What a writer does when connections break and others hold locks.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waybill_store::ddl::Dialect;
use waybill_store::specimen::{self, Specimen, id, select, specimen, write};
use waybill_store::{Record, Store, StoreError, Value, WriteMode, Writer};
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_postgres::{PostgresOptions, PostgresStore};

async fn with_specimens(database: &TestDatabase) -> PostgresStore {
    let store = database.open().await;
    store.migrate().await.unwrap();
    specimen::create(&store, Dialect::Postgres).await.unwrap();
    let rows: Vec<_> = (0..10).map(specimen).collect();
    let mut writer = store.writer().await.unwrap();
    writer.begin().await.unwrap();
    writer.commit(&[write(WriteMode::Insert, &rows)]).await.unwrap();
    store
}

async fn lock(writer: &mut dyn Writer, numbers: &[i64]) -> Result<Vec<Specimen>, StoreError> {
    let keys = numbers.iter().map(|&n| vec![Value::Id(id(n))]).collect();
    let mut found = writer.select(&[select::<Specimen>(&["specimen_id"], keys)]).await?;
    found.remove(0).into_iter().map(|mut row| Specimen::read(&mut row)).collect()
}

async fn count(store: &PostgresStore, number: i64) -> i64 {
    let sql = "SELECT COUNT(*) FROM specimens WHERE specimen_id = $1";
    store.read(sql, &[id(number).into()]).await.unwrap()[0].take().unwrap()
}

/// Ends the connections of this database's writers, as a restart of the server would.
async fn end_writers(store: &PostgresStore) {
    let sql = "SELECT CAST(pg_terminate_backend(pid) AS text) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    store.read(sql, &[]).await.unwrap();
}

#[tokio::test]
async fn a_writer_survives_its_connection() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = with_specimens(&database).await;
    let mut writer = store.writer().await.unwrap();
    writer.begin().await.unwrap();
    writer.write(&[write(WriteMode::Insert, &[specimen(20)])]).await.unwrap();
    end_writers(&store).await;
    let answer = writer.write(&[write(WriteMode::Insert, &[specimen(21)])]).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    writer.begin().await.unwrap();
    writer.commit(&[write(WriteMode::Insert, &[specimen(22)])]).await.unwrap();
    assert_eq!((count(&store, 20).await, count(&store, 22).await), (0, 1));
}

#[tokio::test]
async fn a_lock_is_waited_for_and_shows_what_its_holder_did() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = with_specimens(&database).await;
    let (mut first, mut second) = (store.writer().await.unwrap(), store.writer().await.unwrap());
    first.begin().await.unwrap();
    lock(&mut *first, &[3, 4]).await.unwrap();
    second.begin().await.unwrap();
    {
        let mut waiting = Box::pin(lock(&mut *second, &[4, 5]));
        assert!(tokio::time::timeout(Duration::from_millis(100), &mut waiting).await.is_err(), "it waits");
        let changed = Specimen { number: 1_000, ..specimen(4) };
        first.commit(&[write(WriteMode::Update, std::slice::from_ref(&changed))]).await.unwrap();
        assert_eq!(waiting.await, Ok(vec![changed, specimen(5)]));
    }
    second.rollback().await;
}

#[tokio::test]
async fn locks_taken_crosswise_end_one_transaction_as_a_lost_race() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = with_specimens(&database).await;
    let (mut first, mut second) = (store.writer().await.unwrap(), store.writer().await.unwrap());
    for (writer, number) in [(&mut first, 1), (&mut second, 2)] {
        writer.begin().await.unwrap();
        lock(&mut **writer, &[number]).await.unwrap();
    }
    let (one, other) = tokio::join!(lock(&mut *first, &[2]), lock(&mut *second, &[1]));
    let lost = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(lost[..], [StoreError::Serialization(_)]), "{lost:?}");
}

#[tokio::test]
async fn a_writer_whose_caller_gave_up_starts_afresh() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    let store = with_specimens(&database).await;
    let (mut holder, mut writer) = (store.writer().await.unwrap(), store.writer().await.unwrap());
    holder.begin().await.unwrap();
    lock(&mut *holder, &[1]).await.unwrap();
    writer.begin().await.unwrap();
    writer.write(&[write(WriteMode::Insert, &[specimen(20)])]).await.unwrap();
    let given_up = tokio::time::timeout(Duration::from_millis(100), lock(&mut *writer, &[1])).await;
    assert!(given_up.is_err());
    holder.rollback().await;
    assert!(writer.commit(&[]).await.is_err(), "nobody knows what the transaction has seen");
    writer.begin().await.unwrap();
    assert_eq!(lock(&mut *writer, &[1, 20]).await, Ok(vec![specimen(1)]));
}

/// Passes bytes on to a server and back, but cuts the connection where the server says that it has committed.
async fn proxy(server: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = TcpStream::connect(&server).await.unwrap().into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 65_536];
                while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
                    if buffer[..read].windows(7).any(|bytes| bytes == b"COMMIT\0") {
                        break;
                    }
                    to_client.write_all(&buffer[..read]).await.unwrap();
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_unknown() {
    let Some(database) = TestDatabase::create().await else {
        return;
    };
    with_specimens(&database).await;
    let url = database.url();
    let (before, rest) = url.split_once('@').unwrap();
    let (server, path) = rest.split_once('/').unwrap();
    let port = proxy(server.to_owned()).await;
    let (url, options) = (format!("{before}@127.0.0.1:{port}/{path}"), PostgresOptions::default());
    let mut writer = PostgresStore::connect(&url, &options).await.unwrap().writer().await.unwrap();
    writer.begin().await.unwrap();
    writer.write(&[write(WriteMode::Insert, &[specimen(20)])]).await.unwrap();
    let answer = writer.commit(&[write(WriteMode::Insert, &[specimen(21)])]).await;
    assert!(matches!(answer, Err(StoreError::CommitUnknown(_))), "{answer:?}");
    writer.begin().await.expect("a new connection");
    assert_eq!(lock(&mut *writer, &[20, 21]).await, Ok(vec![specimen(20), specimen(21)]), "it had happened");
}
