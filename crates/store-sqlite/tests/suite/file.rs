//! What a store is as a file: owned by one process, recognized, refused where it is damaged, copied and put back.

use std::fs;
use waybill_store::ddl::Dialect;
use waybill_store::specimen::{self, specimen, write};
use waybill_store::{Store, StoreError, WriteMode};
use waybill_store_sqlite::testing::TestFolder;
use waybill_store_sqlite::{MIGRATIONS, SqliteOptions, SqliteStore, restore};

async fn with_specimens(folder: &TestFolder, numbers: std::ops::Range<i64>) -> SqliteStore {
    let store = folder.open();
    store.migrate().await.unwrap();
    specimen::create(&store, Dialect::Sqlite).await.unwrap();
    insert(&store, numbers).await;
    store
}

async fn insert(store: &SqliteStore, numbers: std::ops::Range<i64>) {
    let rows: Vec<_> = numbers.map(specimen).collect();
    let mut writer = store.writer().await.unwrap();
    writer.begin().await.unwrap();
    writer.commit(&[write(WriteMode::Insert, &rows)]).await.unwrap();
}

async fn count(store: &SqliteStore) -> i64 {
    store.read("SELECT COUNT(*) FROM specimens", &[]).await.unwrap()[0].take().unwrap()
}

fn open(folder: &TestFolder) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(folder.store_path(), SqliteOptions::default())
}

#[tokio::test]
async fn a_store_belongs_to_one_process_and_its_writer_to_one_task() {
    let folder = TestFolder::create();
    let store = folder.open();
    assert!(matches!(open(&folder), Err(StoreError::Locked(_))));
    let writer = store.writer().await.unwrap();
    assert!(matches!(store.writer().await, Err(StoreError::Locked(_))));
    drop(writer);
    drop(store.writer().await.unwrap());
    drop(store);
    open(&folder).expect("a store that was closed opens again");
}

#[tokio::test]
async fn an_audit_reads_a_store_that_is_in_use_and_one_that_is_not() {
    let folder = TestFolder::create();
    let missing = SqliteStore::open_reader(folder.store_path(), SqliteOptions::default());
    assert!(matches!(missing, Err(StoreError::Configuration(_))));
    let store = with_specimens(&folder, 0..10).await;
    let audit = SqliteStore::open_reader(folder.store_path(), SqliteOptions::default()).unwrap();
    assert_eq!(count(&audit).await, 10);
    insert(&store, 10..20).await;
    assert_eq!(count(&audit).await, 20, "a commit is there for everybody");
    audit.check_schema().await.unwrap();
    assert!(audit.execute(&[("DELETE FROM specimens", &[])]).await.is_err());
    assert!(audit.writer().await.is_err());
    assert!(audit.migrate().await.is_err());
    drop((store, audit));
    let audit = SqliteStore::open_reader(folder.store_path(), SqliteOptions::default()).unwrap();
    assert_eq!(count(&audit).await, 20);
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_crash() {
    let folder = TestFolder::create();
    let store = with_specimens(&folder, 0..1_000).await;
    let mut writer = store.writer().await.unwrap();
    writer.begin().await.unwrap();
    writer.write(&[write(WriteMode::Insert, &[specimen(5_000)])]).await.unwrap();
    // What a process that was killed here would leave: the file and its log, without the goodbye of a close.
    let crashed = TestFolder::create();
    for addition in ["", "-wal"] {
        let name = format!("store.sqlite{addition}");
        fs::copy(folder.path().join(&name), crashed.path().join(&name)).unwrap();
    }
    let audit = SqliteStore::open_reader(crashed.store_path(), SqliteOptions::default()).unwrap();
    assert_eq!(count(&audit).await, 1_000, "an audit may come before the next start");
    drop(audit);
    let recovered = crashed.open();
    assert_eq!(count(&recovered).await, 1_000);
}

#[tokio::test]
async fn a_file_that_is_not_a_store_is_refused() {
    let folder = TestFolder::create();
    fs::write(folder.store_path(), vec![b'x'; 10_000]).unwrap();
    let other = open(&folder);
    assert!(matches!(other, Err(StoreError::Damaged(_))), "{other:?}");

    let foreign = rusqlite::Connection::open(folder.path().join("foreign.sqlite")).unwrap();
    foreign.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    drop(foreign);
    let other = SqliteStore::open(folder.path().join("foreign.sqlite"), SqliteOptions::default());
    assert!(matches!(other, Err(StoreError::Damaged(_))), "{other:?}");
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    let other = SqliteStore::open(inner, SqliteOptions::default());
    assert!(matches!(other, Err(StoreError::Configuration(_))), "{other:?}");
}

#[tokio::test]
async fn a_store_that_was_cut_off_is_refused() {
    let folder = TestFolder::create();
    drop(with_specimens(&folder, 0..1_000).await);
    let whole = fs::metadata(folder.store_path()).unwrap().len();
    let file = fs::File::options().write(true).open(folder.store_path()).unwrap();
    for length in [whole - 1, whole - 4096, 4096, 100] {
        file.set_len(length).unwrap();
        for answer in [open(&folder), SqliteStore::open_reader(folder.store_path(), SqliteOptions::default())] {
            assert!(matches!(answer, Err(StoreError::Damaged(_))), "{length} of {whole} bytes: {answer:?}");
        }
    }
}

#[tokio::test]
async fn the_folder_of_a_new_store_is_made() {
    let folder = TestFolder::create();
    let path = folder.path().join("shop/data/store.sqlite");
    SqliteStore::open(&path, SqliteOptions::default()).unwrap().migrate().await.unwrap();
    assert!(path.is_file());
}

#[tokio::test]
async fn migrating_twice_is_migrating_once() {
    let folder = TestFolder::create();
    let store = folder.open();
    let newest = MIGRATIONS.last().unwrap().version;
    assert_eq!(store.check_schema().await, Err(StoreError::OlderSchema { found: 0, known: newest }));
    let titles: Vec<_> = MIGRATIONS.iter().map(|migration| migration.title()).collect();
    assert_eq!(store.migrate().await, Ok(titles));
    assert_eq!(store.migrate().await, Ok(vec![]));
    assert_eq!(store.check_schema().await, Ok(()));
    drop(store);
    assert_eq!(folder.open().migrate().await, Ok(vec![]));
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_alone() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    let sql = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1000, 'later', '', 0)";
    store.execute(&[(sql, &[])]).await.unwrap();
    let newer = StoreError::NewerSchema { found: 1000, known: MIGRATIONS.last().unwrap().version };
    assert_eq!(store.migrate().await, Err(newer.clone()));
    assert_eq!(store.check_schema().await, Err(newer.clone()));
    let copy = folder.path().join("copy.sqlite");
    store.backup(&copy).await.unwrap();
    drop(store);
    assert_eq!(restore(&copy, &folder.store_path()), Err(newer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_store_that_is_written_again_and_again_is_one_moment_of_it() {
    let folder = TestFolder::create();
    // Checkpoints come after every few pages, and touch all of the file again and again.
    let options = SqliteOptions { checkpoint_bytes: 64 << 10, ..SqliteOptions::default() };
    let store = SqliteStore::open(folder.store_path(), options).unwrap();
    store.migrate().await.unwrap();
    specimen::create(&store, Dialect::Sqlite).await.unwrap();
    insert(&store, 0..20_000).await;
    let (ended, copies) = (std::sync::atomic::AtomicBool::new(false), 6);
    let backups = async {
        for n in 0..copies {
            store.backup(&folder.path().join(format!("copy-{n}.sqlite"))).await.unwrap();
        }
        ended.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let writing = async {
        let mut round = 0;
        while !ended.load(std::sync::atomic::Ordering::Relaxed) {
            round += 1;
            // One transaction changes every row, and another makes the file longer or shorter.
            let all = ("UPDATE specimens SET maybe_number = $1", &[waybill_store::Value::Int(round)][..]);
            store.execute(&[all]).await.unwrap();
            match round % 2 {
                0 => drop(store.execute(&[("DELETE FROM specimens WHERE number >= 20000", &[])]).await.unwrap()),
                _ => insert(&store, 20_000 + round..20_400 + round).await,
            }
        }
        round
    };
    let ((), rounds) = tokio::join!(backups, writing);
    assert!(rounds > 2, "it was written to meanwhile");
    for n in 0..copies {
        let copy = rusqlite::Connection::open(folder.path().join(format!("copy-{n}.sqlite"))).unwrap();
        let one = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let sound: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "copy {n}");
        assert_eq!(
            one("SELECT COUNT(DISTINCT maybe_number) FROM specimens WHERE number < 20000"),
            1,
            "one moment, copy {n}"
        );
        let more = one("SELECT COUNT(*) FROM specimens WHERE number >= 20000");
        assert!([0, 400].contains(&more), "whole transactions: {more}");
    }
    let left = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains(".image")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_writing_is_one_moment_of_the_store() {
    let folder = TestFolder::create();
    let store = with_specimens(&folder, 0..2_000).await;
    let copy = folder.path().join("copy.sqlite");
    let (copied, ()) = tokio::join!(store.backup(&copy), async {
        for batch in 20..40 {
            insert(&store, batch * 100..(batch + 1) * 100).await;
        }
    });
    copied.unwrap();
    assert_eq!(count(&store).await, 4_000);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "what people ordered is for nobody else on the machine");
    }
    let answer = store.backup(&copy).await;
    assert!(matches!(answer, Err(StoreError::Configuration(_))), "a backup is not written over: {answer:?}");
    drop(store);

    let kept = restore(&copy, &folder.store_path()).unwrap().expect("the replaced store is kept");
    let restored = folder.open();
    let found = count(&restored).await;
    assert!((2_000..=4_000).contains(&found) && found % 100 == 0, "whole transactions: {found}");
    restored.check_schema().await.unwrap();
    insert(&restored, 9_000..9_010).await;
    let kept = SqliteStore::open_reader(kept, SqliteOptions::default()).unwrap();
    assert_eq!(count(&kept).await, 4_000);
}

#[tokio::test]
async fn only_a_whole_store_is_restored_and_only_over_one_that_rests() {
    let folder = TestFolder::create();
    let store = with_specimens(&folder, 0..1_000).await;
    let copy = folder.path().join("copy.sqlite");
    store.backup(&copy).await.unwrap();
    assert!(matches!(restore(&copy, &folder.store_path()), Err(StoreError::Locked(_))));
    drop(store);

    // A page in the middle overwritten: only reading every page finds it.
    let mut bytes = fs::read(&copy).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xa5);
    fs::write(&copy, &bytes).unwrap();
    let answer = restore(&copy, &folder.store_path());
    assert!(matches!(answer, Err(StoreError::Damaged(_))), "{answer:?}");
    fs::write(&copy, &bytes[..bytes.len() - 4096]).unwrap();
    let answer = restore(&copy, &folder.store_path());
    assert!(matches!(answer, Err(StoreError::Damaged(_))), "{answer:?}");
    assert_eq!(count(&folder.open()).await, 1_000, "the store is as it was");
}

/// Where a restore was interrupted, in the order in which it moves files.
#[tokio::test]
async fn an_interrupted_restore_opens_no_empty_store_and_is_gone_on_with() {
    for moved in [&[""][..], &["", "-wal"]] {
        let folder = TestFolder::create();
        let store = with_specimens(&folder, 0..1_000).await;
        let copy = folder.path().join("copy.sqlite");
        store.backup(&copy).await.unwrap();
        insert(&store, 2_000..2_100).await;
        // As a killed process leaves it: with commits that only the log has.
        let part = |of: &str, addition: &str| folder.path().join(format!("{of}{addition}"));
        let name = folder.store_path().file_name().unwrap().to_str().unwrap().to_owned();
        for addition in ["", "-wal"] {
            fs::copy(part(&name, addition), part("killed", addition)).unwrap();
        }
        drop(store);
        let aside = format!("{name}.replaced-1");
        for addition in ["", "-wal"] {
            let _ = fs::remove_file(part(&name, addition));
            let to = if moved.contains(&addition) { &aside } else { &name };
            fs::rename(part("killed", addition), part(to, addition)).unwrap();
        }
        fs::write(part(&name, ".partial"), "half a copy").unwrap();

        let answer = SqliteStore::open(folder.store_path(), SqliteOptions::default());
        let Err(StoreError::Configuration(said)) = answer else { panic!("{answer:?}") };
        assert!(said.contains("interrupted") && said.contains(&aside), "{said}");
        assert!(!folder.store_path().exists());
        let kept = restore(&copy, &folder.store_path()).unwrap();
        assert_eq!(count(&folder.open()).await, 1_000);
        // What was there has all its commits.
        assert_eq!(kept.is_some(), moved.len() == 1);
        let kept = SqliteStore::open(part(&aside, ""), SqliteOptions::default()).unwrap();
        assert_eq!(count(&kept).await, 1_100);
    }
}

#[tokio::test]
async fn a_copy_that_a_newer_version_has_taken_over_is_not_put_back() {
    let folder = TestFolder::create();
    let store = folder.open();
    store.migrate().await.unwrap();
    store.execute(&[("UPDATE store_state SET min_writer = 2", &[])]).await.unwrap();
    let copy = folder.path().join("copy.sqlite");
    store.backup(&copy).await.unwrap();
    store.execute(&[("UPDATE store_state SET min_writer = 1", &[])]).await.unwrap();
    drop(store);
    assert_eq!(restore(&copy, &folder.store_path()), Err(StoreError::NewerSchema { found: 2, known: 1 }));
    folder.open().check_schema().await.unwrap();
}

/// A log that lost its file is not put in the place of the log of a store that was replaced before.
#[tokio::test]
async fn a_store_that_was_replaced_keeps_its_own_log() {
    let folder = TestFolder::create();
    let store = with_specimens(&folder, 0..100).await;
    let copy = folder.path().join("copy.sqlite");
    store.backup(&copy).await.unwrap();
    drop(store);
    let part = |addition: &str| {
        let mut name = folder.store_path().into_os_string();
        name.push(addition);
        std::path::PathBuf::from(name)
    };
    fs::write(part(".replaced-1"), "an older store").unwrap();
    fs::write(part(".replaced-1-wal"), "its log").unwrap();
    fs::remove_file(folder.store_path()).unwrap();
    fs::write(part("-wal"), "another log").unwrap();
    restore(&copy, &folder.store_path()).unwrap();
    assert_eq!(count(&folder.open()).await, 100);
    assert_eq!(fs::read_to_string(part(".replaced-1-wal")).unwrap(), "its log");
    assert_eq!(fs::read_to_string(part(".replaced-2-wal")).unwrap(), "another log");
}
