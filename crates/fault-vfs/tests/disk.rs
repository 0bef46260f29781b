//! What a disk may do to a database, and what it may not.

use rusqlite::{Connection, ErrorCode, OpenFlags};
use waybill_fault_vfs::{Cut, CutKind, Disk, Moment};

fn open(disk: &Disk, synchronous: &str) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags_and_vfs(disk.path("a.sqlite"), flags, disk.vfs()).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA temp_store = MEMORY;
            CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY, filler BLOB);"
        ))
        .unwrap();
    connection
}

fn insert(connection: &Connection, x: i64) -> rusqlite::Result<usize> {
    connection.execute("INSERT INTO t VALUES (?1, randomblob(2000))", [x])
}

fn rows(connection: &Connection) -> i64 {
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    connection.query_row("SELECT COUNT(*) FROM t", [], |row| row.get(0)).unwrap()
}

/// Commits until the end comes; how many were acknowledged.
fn until_the_end(connection: &Connection, from: i64) -> i64 {
    (from..).take_while(|x| insert(connection, *x).is_ok()).count() as i64
}

#[test]
fn what_was_committed_with_syncs_survives_every_power_cut() {
    for seed in 0..40 {
        let disk = Disk::new(seed);
        drop(open(&disk, "FULL"));
        let mut acknowledged = 0;
        for life in 0..4 {
            let connection = open(&disk, "FULL");
            let found = rows(&connection);
            assert!(found == acknowledged || found == acknowledged + 1, "seed {seed}: {found} of {acknowledged}");
            if seed % 2 == 0 {
                connection.execute_batch("PRAGMA wal_checkpoint(RESTART)").unwrap();
            }
            disk.plan(Cut { kind: CutKind::Power, changes: 5 + (seed as u32 * 7 + life) % 30, after: seed % 3 == 0 });
            acknowledged = found + until_the_end(&connection, found);
            assert!(matches!(disk.ended(), Some((CutKind::Power, moment)) if moment != Moment::Idle));
            disk.restart();
            drop(connection);
        }
    }
}

#[test]
fn what_was_committed_without_syncs_is_lost_in_some_power_cut() {
    let lost = (0..20).filter(|seed| {
        let disk = Disk::new(*seed);
        let connection = open(&disk, "FULL");
        connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        (0..10).for_each(|x| assert_eq!(insert(&connection, x), Ok(1)));
        disk.cut(CutKind::Power);
        disk.restart();
        drop(connection);
        rows(&open(&disk, "FULL")) < 10
    });
    assert!(lost.count() > 5);
}

#[test]
fn what_was_committed_without_syncs_survives_the_process() {
    let disk = Disk::new(1);
    let connection = open(&disk, "OFF");
    (0..10).for_each(|x| assert_eq!(insert(&connection, x), Ok(1)));
    disk.cut(CutKind::Process);
    assert!(insert(&connection, 11).is_err(), "nothing works after the end");
    disk.restart();
    assert!(insert(&connection, 12).is_err(), "nor for those who lived before it");
    drop(connection);
    assert_eq!(rows(&open(&disk, "FULL")), 10);
}

#[test]
fn a_full_disk_says_so_and_goes_on_when_there_is_space() {
    let disk = Disk::new(2);
    let connection = open(&disk, "FULL");
    insert(&connection, 0).unwrap();
    disk.limit(Some(disk.used()));
    let refused = insert(&connection, 1).unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::DiskFull));
    assert_eq!((rows(&connection), disk.figures().refused_full), (1, 1));
    disk.limit(None);
    insert(&connection, 1).unwrap();
    assert_eq!(rows(&connection), 2);
}

#[test]
fn a_failed_sync_fails_the_commit_and_the_next_one_holds() {
    for forgetful in [false, true] {
        let disk = Disk::new(3);
        let connection = open(&disk, "FULL");
        disk.fail_syncs(1, forgetful);
        let failed = insert(&connection, 0).unwrap_err();
        assert_eq!(failed.sqlite_error_code(), Some(ErrorCode::SystemIoFailure));
        insert(&connection, 1).unwrap();
        disk.cut(CutKind::Power);
        disk.restart();
        drop(connection);
        let connection = open(&disk, "FULL");
        let kept = "SELECT EXISTS (SELECT 1 FROM t WHERE x = 1)";
        assert!(connection.query_row(kept, [], |row| row.get::<_, bool>(0)).unwrap());
    }
}

#[test]
fn readers_see_commits_beside_a_writer_and_writers_exclude_each_other() {
    let disk = Disk::new(4);
    let (one, other) = (open(&disk, "FULL"), open(&disk, "FULL"));
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    one.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1, NULL)").unwrap();
    assert_eq!(rows(&other), 0);
    let refused = other.execute_batch("BEGIN IMMEDIATE").unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    one.execute_batch("COMMIT").unwrap();
    assert_eq!(rows(&other), 1);
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2, NULL); COMMIT").unwrap();
    assert_eq!(rows(&one), 2);
}

#[test]
fn the_same_seed_gives_the_same_ruins() {
    let ruin = || {
        let disk = Disk::new(99);
        let connection = open(&disk, "FULL");
        disk.plan(Cut { kind: CutKind::Power, changes: 40, after: false });
        until_the_end(&connection, 0);
        disk.restart();
        drop(connection);
        rows(&open(&disk, "FULL"))
    };
    assert_eq!(ruin(), ruin());
}
