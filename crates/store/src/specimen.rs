//! Two tables of no meaning with a column of every kind, and what every backend must do with them.
//!
//! For tests of backends only; no store has these tables. What a whole engine asks of a backend (races, paging, receipts)
//! is the contract suite's.

use crate::backend::{Select, Store, Write, WriteMode, Writer};
use crate::ddl::{Dialect, create_table};
use crate::error::StoreError;
use crate::record;
use crate::record::{Record, Table, ToRow};
use crate::value::{Row, Value};
use waybill_domain::ids::Id;

/// A root row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specimen {
    pub specimen_id: Id,
    pub born: i64,
    pub number: i64,
    pub flag: bool,
    pub label: String,
    pub content: Vec<u8>,
    pub maybe_number: Option<i64>,
    pub maybe_flag: Option<bool>,
    pub maybe_label: Option<String>,
    pub maybe_id: Option<Id>,
    pub maybe_content: Option<Vec<u8>>,
}

record! {
    Specimen, "specimens", key: ["specimen_id"],
    indexes: [
        { "specimens_label", ["label", "number"], unique: true },
        { "specimens_maybe_label", ["maybe_label"], unique: true, only: "maybe_number > 0" },
        { "specimens_flag", ["flag", "specimen_id"], unique: false },
    ],
    checks: [("specimens_number_not_negative", "number >= 0")],
    fixed: { specimen_id, born },
    fields: { number, flag, label, content, maybe_number, maybe_flag, maybe_label, maybe_id, maybe_content }
}

/// A child row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecimenPart {
    pub specimen_id: Id,
    pub part: u32,
    pub quantity: i64,
}

record! {
    SpecimenPart, "specimen_parts", key: ["specimen_id", "part"],
    parent: ("specimens", "specimen_id"),
    checks: [("specimen_parts_quantity_not_negative", "quantity >= 0")],
    fixed: { specimen_id, part },
    fields: { quantity }
}

/// A log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecimenEntry {
    pub position: i64,
    pub label: String,
}

record! {
    SpecimenEntry, "specimen_log", key: ["position"],
    append_only: true,
    fixed: { position, label },
    fields: {}
}

/// The tables, parents first.
pub fn tables() -> Vec<&'static Table> {
    vec![Specimen::table(), SpecimenPart::table(), SpecimenEntry::table()]
}

/// Creates the tables in a store.
///
/// # Errors
/// What the store answers.
pub async fn create(store: &dyn Store, dialect: Dialect) -> Result<(), StoreError> {
    for table in tables() {
        for statement in create_table(table, dialect).split_inclusive(";\n") {
            store.execute(&[(statement, &[])]).await?;
        }
    }
    Ok(())
}

/// A specimen whose every column follows from `n`.
pub fn specimen(n: i64) -> Specimen {
    let some = n % 2 == 0;
    Specimen {
        specimen_id: id(n),
        born: -n,
        number: n,
        flag: some,
        label: format!("specimen {n} {}", ["é", "'quoted'", "漢字", "$1"][usize::try_from(n % 4).unwrap_or(0)]),
        content: n.to_be_bytes()[..usize::try_from(n % 9).unwrap_or(0)].to_vec(),
        maybe_number: some.then_some(i64::MAX - n),
        maybe_flag: some.then_some(n % 4 == 0),
        maybe_label: some.then(|| format!("maybe {n}")),
        maybe_id: some.then(|| id(n + 1_000_000)),
        maybe_content: some.then(Vec::new),
    }
}

/// Ids that sort like `n`.
pub fn id(n: i64) -> Id {
    Id::v7(1_800_000_000_000 + n.unsigned_abs(), u128::from(n.unsigned_abs()) << 32)
}

fn part(n: i64, part: u32) -> SpecimenPart {
    SpecimenPart { specimen_id: id(n), part, quantity: n * 10 + i64::from(part) }
}

/// One way of writing some records.
pub fn write<T: Record>(mode: WriteMode, records: &[T]) -> Write<'_> {
    Write { table: T::table(), mode, rows: records.iter().map(|record| record as &dyn ToRow).collect() }
}

/// Loads records by some columns.
pub fn select<T: Record>(by: &'static [&'static str], keys: Vec<Vec<Value>>) -> Select {
    Select { table: T::table(), by, keys, lock: true }
}

fn read_all<T: Record>(rows: Vec<Row>) -> Vec<T> {
    rows.into_iter().map(|mut row| T::read(&mut row).expect("a row reads back")).collect()
}

async fn commit(writer: &mut dyn Writer, writes: &[Write<'_>]) -> Result<(), StoreError> {
    writer.begin().await?;
    writer.commit(writes).await
}

async fn load(writer: &mut dyn Writer, numbers: &[i64]) -> Vec<Specimen> {
    let keys = numbers.iter().map(|&n| vec![Value::Id(id(n))]).collect();
    writer.begin().await.expect("begin");
    let mut found = writer.select(&[select::<Specimen>(&["specimen_id"], keys)]).await.expect("select");
    writer.rollback().await;
    read_all(found.remove(0))
}

async fn count(store: &dyn Store, table: &str) -> i64 {
    let sql = format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table}");
    let mut rows = store.read(&sql, &[]).await.expect("count");
    rows[0].take().expect("a number")
}

/// Runs every check below on a store that has the tables and nothing in them.
///
/// # Panics
/// Where the backend does not do what it must.
pub async fn check(store: &dyn Store) {
    values_read_back_as_they_were_written(store).await;
    updates_change_what_is_not_fixed(store).await;
    a_constraint_is_called_by_its_name(store).await;
    a_transaction_that_failed_is_gone(store).await;
    nothing_is_kept_without_a_commit(store).await;
    loads_take_many_keys_and_come_in_order(store).await;
    parameters_are_found_by_number(store).await;
    housekeeping_is_all_or_nothing(store).await;
}

async fn values_read_back_as_they_were_written(store: &dyn Store) {
    let mut writer = store.writer().await.expect("writer");
    let specimens: Vec<_> = (1..=20).map(specimen).collect();
    let extremes = Specimen { born: i64::MIN, number: i64::MAX, content: vec![0; 100_000], ..specimen(21) };
    let all: Vec<_> = specimens.into_iter().chain([extremes]).collect();
    let entries: Vec<_> = (1..=50).map(|position| SpecimenEntry { position, label: format!("{position}") }).collect();
    commit(&mut *writer, &[write(WriteMode::Insert, &all), write(WriteMode::Insert, &entries)]).await.expect("commit");
    assert_eq!(load(&mut *writer, &(1..=21).collect::<Vec<_>>()).await, all);
    let sql = format!("SELECT {} FROM specimens ORDER BY specimen_id", Specimen::table().column_list());
    assert_eq!(read_all::<Specimen>(store.read(&sql, &[]).await.expect("read")), all);
    assert_eq!(count(store, "specimen_log").await, 50);
}

async fn updates_change_what_is_not_fixed(store: &dyn Store) {
    let mut writer = store.writer().await.expect("writer");
    // Nulls become values and the other way round; `born` is fixed, so the update leaves it.
    let change = |n| Specimen { specimen_id: id(n), born: 5, label: format!("changed {n}"), ..specimen(n + 101) };
    let changed: Vec<_> = (1..=20).map(change).collect();
    commit(&mut *writer, &[write(WriteMode::Update, &changed)]).await.expect("commit");
    let expected: Vec<_> = changed.iter().zip(1..).map(|(row, n)| Specimen { born: -n, ..row.clone() }).collect();
    assert_eq!(load(&mut *writer, &(1..=20).collect::<Vec<_>>()).await, expected);

    commit(&mut *writer, &[write(WriteMode::Delete, &changed[..15])]).await.expect("commit");
    assert_eq!(load(&mut *writer, &(1..=20).collect::<Vec<_>>()).await, expected[15..]);
    for mode in [WriteMode::Update, WriteMode::Delete] {
        let missed = commit(&mut *writer, &[write(mode, &changed[14..16])]).await;
        assert!(matches!(missed, Err(StoreError::Other(_))), "{mode:?} of a row that is not there: {missed:?}");
    }
    assert_eq!(load(&mut *writer, &(1..=20).collect::<Vec<_>>()).await, expected[15..]);
}

async fn a_constraint_is_called_by_its_name(store: &dyn Store) {
    let mut writer = store.writer().await.expect("writer");
    let one = Specimen { maybe_number: Some(1), maybe_label: Some("only one".into()), ..specimen(30) };
    commit(&mut *writer, &[write(WriteMode::Insert, std::slice::from_ref(&one))]).await.expect("commit");
    let violations = [
        (Specimen { label: "new".into(), maybe_label: None, ..one.clone() }, "specimens_key"),
        (Specimen { maybe_label: None, specimen_id: id(31), ..one.clone() }, "specimens_label"),
        (Specimen { label: "new".into(), specimen_id: id(31), ..one.clone() }, "specimens_maybe_label"),
        (
            Specimen { number: -1, maybe_label: None, specimen_id: id(31), ..one.clone() },
            "specimens_number_not_negative",
        ),
    ];
    for (row, constraint) in violations {
        let answer = commit(&mut *writer, &[write(WriteMode::Insert, &[row])]).await;
        assert_eq!(answer, Err(StoreError::Constraint { constraint: constraint.into() }));
    }
    let orphan = commit(&mut *writer, &[write(WriteMode::Insert, &[part(99, 1)])]).await;
    assert_eq!(orphan, Err(StoreError::Constraint { constraint: "specimen_parts_parent".into() }));
    let spared = Specimen { maybe_number: None, label: "new".into(), specimen_id: id(31), ..one };
    commit(&mut *writer, &[write(WriteMode::Insert, &[spared])]).await.expect("a row outside a partial index");
}

async fn a_transaction_that_failed_is_gone(store: &dyn Store) {
    let mut writer = store.writer().await.expect("writer");
    let before = count(store, "specimens").await;
    writer.begin().await.expect("begin");
    writer.write(&[write(WriteMode::Insert, &[specimen(40)])]).await.expect("write");
    // The clash stands between two writes that are fine.
    let again = Specimen { label: "another".into(), maybe_label: None, ..specimen(40) };
    let (fine, clash, after) = ([specimen(41)], [again], [specimen(42)]);
    let writes = [&fine, &clash, &after].map(|rows| write(WriteMode::Insert, rows));
    let answer = writer.write(&writes).await;
    assert_eq!(answer, Err(StoreError::Constraint { constraint: "specimens_key".into() }));
    assert!(writer.commit(&[]).await.is_err(), "there is no transaction to commit");
    assert_eq!(count(store, "specimens").await, before);
    commit(&mut *writer, &[write(WriteMode::Insert, &[specimen(40)])]).await.expect("the writer goes on");
    assert_eq!(count(store, "specimens").await, before + 1);
}

async fn nothing_is_kept_without_a_commit(store: &dyn Store) {
    let before = count(store, "specimens").await;
    let mut writer = store.writer().await.expect("writer");
    writer.begin().await.expect("begin");
    writer.write(&[write(WriteMode::Insert, &[specimen(50)])]).await.expect("write");
    writer.rollback().await;
    writer.rollback().await; // Twice is harmless.
    assert_eq!(load(&mut *writer, &[50]).await, []);
    writer.begin().await.expect("begin");
    writer.write(&[write(WriteMode::Insert, &[specimen(51)])]).await.expect("write");
    assert_eq!(count(store, "specimens").await, before, "readers see only what was committed");
    drop(writer);
    let mut writer = store.writer().await.expect("another writer after one that was dropped");
    assert_eq!(load(&mut *writer, &[50, 51]).await, []);
}

async fn loads_take_many_keys_and_come_in_order(store: &dyn Store) {
    let mut writer = store.writer().await.expect("writer");
    let numbers = 1_000..4_000;
    let roots: Vec<_> = numbers.clone().map(specimen).collect();
    let parts: Vec<_> = numbers.clone().rev().flat_map(|n| [part(n, 2), part(n, 1)]).collect();
    commit(&mut *writer, &[write(WriteMode::Insert, &roots), write(WriteMode::Insert, &parts)]).await.expect("commit");
    let ids = || numbers.clone().map(|n| vec![Value::Id(id(n))]).collect::<Vec<_>>();
    let seconds = numbers.clone().map(|n| vec![Value::Id(id(n)), Value::Int(2)]).collect();
    writer.begin().await.expect("begin");
    let selects = [
        select::<Specimen>(&["specimen_id"], ids()),
        select::<SpecimenPart>(&["specimen_id"], ids()),
        select::<SpecimenPart>(&["specimen_id", "part"], seconds),
        select::<SpecimenPart>(&["specimen_id", "part"], vec![]),
        select::<Specimen>(&["label"], vec![vec![roots[7].label.as_str().into()], vec!["none has it".into()]]),
    ];
    let found = writer.select(&selects).await.expect("select");
    writer.rollback().await;
    let [all, children, second, none, labelled] = <[Vec<Row>; 5]>::try_from(found).expect("a list for each select");
    assert_eq!(read_all::<Specimen>(all), roots);
    let expected: Vec<_> = numbers.clone().flat_map(|n| [part(n, 1), part(n, 2)]).collect();
    assert_eq!(read_all::<SpecimenPart>(children), expected);
    assert_eq!(read_all::<SpecimenPart>(second), numbers.map(|n| part(n, 2)).collect::<Vec<_>>());
    assert_eq!(none, []);
    assert_eq!(read_all::<Specimen>(labelled), roots[7..8]);
}

async fn parameters_are_found_by_number(store: &dyn Store) {
    let sql = "SELECT label, number, '$1' FROM specimens WHERE number >= $2 AND label <> $1 AND number <= $3 AND $2 > 0 \
        ORDER BY number LIMIT $4";
    let mut rows = store
        .read(sql, &["specimen 1000 é".into(), 1_000.into(), 2_000.into(), 1.into()])
        .await
        .expect("parameters out of order, one of them twice, and a literal that looks like one");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].values(), [specimen(1_001).label.into(), 1_001.into(), "$1".into()]);
    assert_eq!(rows.remove(0).take::<String>(), Ok(specimen(1_001).label));
    let by_id = "SELECT flag, maybe_content FROM specimens WHERE specimen_id = $1 AND flag = $2 AND maybe_flag = $3";
    let mut rows = store.read(by_id, &[id(1_002).into(), true.into(), false.into()]).await.expect("ids and booleans");
    assert_eq!((rows[0].take(), rows[0].take()), (Ok(true), Ok(Some(Vec::<u8>::new()))));
    for wrong in [&[][..], &[1.into(), 2.into()]] {
        let answer = store.read("SELECT number FROM specimens WHERE number = $1", wrong).await;
        assert!(matches!(answer, Err(StoreError::Other(_))), "{} parameters for one place: {answer:?}", wrong.len());
    }
    let writing = store.read("DELETE FROM specimens", &[]).await;
    assert!(writing.is_err(), "a reader does not write");
    assert!(!store.explain(by_id, &[id(1).into(), true.into(), true.into()]).await.expect("a plan").is_empty());
    let sum = ("SELECT CAST(SUM(quantity) AS BIGINT) FROM specimen_parts", &[][..]);
    let counted = ("SELECT COUNT(*) FROM specimen_parts WHERE part = $1", &[1.into()][..]);
    let mut together = store.read_together(&[sum, counted]).await.expect("two statements");
    let expected = (1_000..4_000).map(|n| n * 20 + 3).sum::<i64>();
    assert_eq!((together[0][0].take(), together[1][0].take()), (Ok(expected), Ok(3_000_i64)));
}

async fn housekeeping_is_all_or_nothing(store: &dyn Store) {
    let update = "UPDATE specimen_log SET label = $1 WHERE position <= $2";
    let insert = "INSERT INTO specimen_log (position, label) VALUES ($1, $2)";
    let changed = store.execute(&[(update, &["a".into(), 10.into()]), (insert, &[51.into(), "b".into()])]).await;
    assert_eq!(changed, Ok(vec![10, 1]));
    let clash = store.execute(&[(update, &["c".into(), 10.into()]), (insert, &[51.into(), "d".into()])]).await;
    assert_eq!(clash, Err(StoreError::Constraint { constraint: "specimen_log_key".into() }));
    let mut rows = store.read("SELECT COUNT(*) FROM specimen_log WHERE label = 'c'", &[]).await.expect("count");
    assert_eq!(rows[0].take::<i64>(), Ok(0));
}
