//! Two batches that meet at every gap of the isolation list.
//!
//! Each batch does what the engine does: read the receipt of its key, lock a root, lock a stock level, read the root's
//! children, decide, flush, take positions, commit; after a race it decides again on what is now true. The first stops
//! at one gap until the second has come to another gap, or as far as the first's locks let it. Either may take itself to
//! be alone: then it locks nothing, and its own way of noticing the other is what is tried.

use super::{begin, event, number, write};
use crate::backend::{Loader, Lone, Store, WriteMode, Writer};
use crate::error::StoreError;
use crate::tables::{EventRecord, LogHead, ReceiptRecord, StoreState};
use crate::value::Value;
use crate::working_set::{read_rows, select};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use waybill_domain::chain::Chain;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockKey;
use waybill_domain::quantity::Quantity;
use waybill_domain::stock::level::StockLevel;
use waybill_domain::stock::transfer::{TransferHead, TransferLine, TransferState};
use waybill_domain::time::Timestamp;

/// Gaps between the steps of a batch.
const GAPS: u32 = 6;

/// How far a batch is, for the other to see.
#[derive(Default)]
struct Progress(AtomicU32);

impl Progress {
    fn reach(&self, gap: u32) {
        self.0.fetch_max(gap, Ordering::SeqCst);
    }

    /// Waits until the other has come to `gap`. It may be unable to, behind our own locks: then looking stops, and
    /// only the meeting is a different one; what must hold afterwards is the same.
    async fn wait_for(&self, gap: u32) {
        for _ in 0..15 {
            if self.0.load(Ordering::SeqCst) >= gap {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// One of the two batches of a meeting.
struct Batch {
    store: Arc<dyn Store>,
    mine: Arc<Progress>,
    theirs: Arc<Progress>,
    /// Stop at this gap until the other has come to that one.
    stop: Option<(u32, u32)>,
    meeting: u128,
    /// Receipts are looked up and stored under this.
    key: Id,
    /// Takes itself to be alone.
    is_lone: bool,
}

/// How a batch reaches the store.
enum Door {
    BesideOthers(Box<dyn Writer>),
    Alone(Lone),
}

/// What a batch read and would write.
struct Decided {
    root: TransferHead,
    level: StockLevel,
    children: u32,
}

/// What a batch did.
#[derive(Debug, PartialEq, Eq)]
enum Done {
    /// Took the unit, as the child with this number.
    Took(u32),
    /// Nothing was left.
    Nothing,
    /// The key had been answered.
    Replayed,
}

fn stock_key(meeting: u128) -> StockKey {
    StockKey { item_id: ItemId(Id(meeting)), location_id: LocationId(Id(1)), lot_id: LotId::NIL }
}

impl Batch {
    async fn gap(&self, gap: u32) {
        self.mine.reach(gap);
        if let Some((at, other)) = self.stop
            && at == gap
        {
            self.theirs.wait_for(other).await;
        }
    }

    /// Decides again until it goes through, as the engine does.
    async fn carry_out(self) -> Done {
        let mut door = if self.is_lone {
            Door::Alone(self.store.lone().await.expect("connections of its own"))
        } else {
            Door::BesideOthers(self.store.writer().await.expect("a writer"))
        };
        for _ in 0..20 {
            match self.attempt(&mut door).await {
                Ok(done) => {
                    self.mine.reach(GAPS);
                    return done;
                }
                Err(error) if error.is_race() => match &mut door {
                    Door::BesideOthers(writer) => writer.rollback().await,
                    // Once it has met others it goes on beside them.
                    Door::Alone(Lone { writer, .. }) => {
                        writer.rollback().await;
                        door = Door::BesideOthers(self.store.writer().await.expect("a writer"));
                    }
                },
                Err(error) => panic!("a batch failed: {error}"),
            }
        }
        panic!("a batch lost twenty races");
    }

    async fn attempt(&self, door: &mut Door) -> Result<Done, StoreError> {
        match door {
            Door::BesideOthers(writer) => {
                begin(&mut **writer).await?;
                let decided = self.decide(&mut **writer).await?;
                if decided.is_none() {
                    writer.rollback().await;
                }
                self.write(decided, &mut **writer, None).await
            }
            Door::Alone(Lone { loader, writer, .. }) => {
                loader.hold_state().await?;
                let one_row = vec![vec![Value::Int(1)]];
                let head = loader.select(&[select::<LogHead>(&["id"], one_row, false)]).await?;
                let head = read_rows::<LogHead>(head.into_iter().next().unwrap_or_default())?.into_iter().next();
                let decided = self.decide(&mut **loader).await;
                loader.let_go().await;
                let decided = decided?;
                if decided.is_some() {
                    begin(&mut **writer).await?;
                }
                self.write(decided, &mut **writer, head.map(|head| head.position)).await
            }
        }
    }

    /// None where the key had been answered.
    async fn decide(&self, loader: &mut dyn Loader) -> Result<Option<Decided>, StoreError> {
        let id = |value: u128| vec![vec![Value::Id(Id(value))]];
        let known = loader.select(&[select::<ReceiptRecord>(&["key"], id(self.key.0), false)]).await?;
        if known.iter().any(|rows| !rows.is_empty()) {
            return Ok(None);
        }
        self.gap(1).await;
        let roots = loader.select(&[select::<TransferHead>(&["id"], id(self.meeting), true)]).await?;
        let root = read_rows::<TransferHead>(roots.into_iter().next().unwrap_or_default())?.into_iter().next();
        let root = root.expect("the root is there");
        self.gap(2).await;
        let levels = loader.select(&[select::<StockLevel>(&["item_id"], id(self.meeting), true)]).await?;
        let level = read_rows::<StockLevel>(levels.into_iter().next().unwrap_or_default())?.into_iter().next();
        let level = level.expect("the level is there");
        self.gap(3).await;
        let children = loader.select(&[select::<TransferLine>(&["transfer_id"], id(self.meeting), false)]).await?;
        let children: Vec<TransferLine> = read_rows(children.into_iter().next().unwrap_or_default())?;
        assert_eq!(children.len() as i64, root.chain.sequence, "children and their root were read at one state");
        self.gap(4).await;
        Ok(Some(Decided { root, level, children: children.len() as u32 }))
    }

    /// `head` is where the log has to stand, for one that locked nothing.
    async fn write(
        &self,
        decided: Option<Decided>,
        writer: &mut dyn Writer,
        head: Option<i64>,
    ) -> Result<Done, StoreError> {
        let Some(Decided { root, mut level, children }) = decided else {
            return Ok(Done::Replayed);
        };
        let moved = |base| match head {
            Some(head) if head != base => Err(StoreError::Serialization("the log stands elsewhere".to_owned())),
            _ => Ok(()),
        };
        let receipt = |position| ReceiptRecord { key: self.key, body_hash: Id::NIL, position, receipt: "{}".into() };
        if level.available().is_zero() {
            // A refusal is kept under its key like any answer; if the key was answered meanwhile, this clashes.
            let refusal = receipt(0);
            moved(writer.take_positions(&[], 0).await?)?;
            writer.commit(&[write(WriteMode::Insert, &refusal)]).await?;
            return Ok(Done::Nothing);
        }
        level.balances[0] -= Quantity(1);
        let next = TransferHead { chain: Chain { sequence: root.chain.sequence + 1, ..root.chain }, ..root.clone() };
        let child = line(self.meeting, children + 1);
        let before = [write(WriteMode::Update, &next), write(WriteMode::Insert, &child)];
        let base = writer.take_positions(&before, 1).await?;
        moved(base)?;
        self.gap(5).await;
        let event = event(base + 1, Id(self.meeting), next.chain.sequence);
        let receipt = receipt(base + 1);
        let last = [
            write(WriteMode::Update, &level),
            write::<EventRecord>(WriteMode::Insert, &event),
            write(WriteMode::Insert, &receipt),
        ];
        writer.commit(&last).await?;
        Ok(Done::Took(child.number))
    }
}

fn line(meeting: u128, number: u32) -> TransferLine {
    TransferLine {
        transfer_id: TransferId(Id(meeting)),
        number,
        item_id: ItemId(Id(meeting)),
        lot_id: LotId::NIL,
        sent: Quantity(1),
        received: Quantity(0),
        lost: Quantity(0),
    }
}

/// A root without children and a level with `units`.
async fn prepare(store: &dyn Store, meeting: u128, units: i64) {
    let mut writer = store.writer().await.expect("a writer");
    let root = TransferHead {
        id: TransferId(Id(meeting)),
        from_location_id: LocationId(Id(1)),
        to_location_id: LocationId(Id(2)),
        sent_at: Timestamp(0),
        state: TransferState::Open,
        chain: Chain::default(),
    };
    let mut level = StockLevel::empty(stock_key(meeting));
    level.balances[0] = Quantity(units);
    begin(&mut *writer).await.expect("a transaction");
    writer.write(&[write(WriteMode::Insert, &root), write(WriteMode::Insert, &level)]).await.expect("inserts");
    writer.commit(&[]).await.expect("a commit");
}

/// Lets two batches meet with `units` to take, under one key or two; `lone` says which take themselves to be alone.
async fn meet(
    store: &Arc<dyn Store>,
    meeting: u128,
    stop: (u32, u32),
    units: i64,
    one_key: bool,
    lone: [bool; 2],
) -> [Done; 2] {
    prepare(&**store, meeting, units).await;
    let progress = [Arc::new(Progress::default()), Arc::new(Progress::default())];
    let batch = |me: usize| Batch {
        store: store.clone(),
        mine: progress[me].clone(),
        theirs: progress[1 - me].clone(),
        stop: (me == 0).then_some(stop),
        meeting,
        key: Id(meeting << 8 | if one_key { 0 } else { me as u128 }),
        is_lone: lone[me],
    };
    // The second begins when the first has come to its gap, so that they meet there and nowhere else.
    let (first, second) = (batch(0), batch(1));
    let begin_at = stop.0;
    let leader = progress[0].clone();
    let second = async {
        leader.wait_for(begin_at).await;
        second.carry_out().await
    };
    let (first, second) = tokio::join!(tokio::spawn(first.carry_out()), second);
    [first.expect("the first batch"), second]
}

/// What is read after positions were taken holds at these positions: a change that was under way while we decided, and
/// got its positions before ours, is seen.
pub async fn settings_are_seen_behind_the_head(store: Arc<dyn Store>) {
    if has_one_writer(&*store).await {
        return;
    }
    let one_row = || vec![vec![Value::Int(1)]];
    let state = |rows: Vec<Vec<crate::Row>>| -> StoreState {
        read_rows(rows.into_iter().next().unwrap_or_default()).expect("a state").into_iter().next().expect("one row")
    };
    let mut changing = store.writer().await.expect("a writer");
    let mut deciding = store.writer().await.expect("a second writer");
    begin(&mut *deciding).await.expect("a transaction");
    changing.begin().await.expect("a transaction");
    let locked = changing.select(&[select::<StoreState>(&["id"], one_row(), true)]).await.expect("the state");
    let before = state(locked);
    let after = StoreState { settings: before.settings + 1, ..before };
    let base = changing.take_positions(&[write(WriteMode::Update, &after)], 1).await.expect("a position");
    // The other stands behind the head until this one has committed.
    let selects = [select::<StoreState>(&["id"], one_row(), false)];
    let seen = deciding.take_positions_and_see(&[], 0, &selects);
    let committed = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let event = event(base + 1, Id(0x5e7), 1);
        changing.commit(&[write::<EventRecord>(WriteMode::Insert, &event)]).await.expect("a commit");
    };
    let (seen, ()) = tokio::join!(seen, committed);
    let (position, rows) = seen.expect("positions");
    assert_eq!((position, state(rows)), (base + 1, after), "the change has the position before and is seen");
    deciding.rollback().await;
}

/// A lone batch locks none of the roots that it read, so what keeps it from changing them under somebody who did is that the
/// two never run at once.
pub async fn a_lone_batch_gives_way(store: &dyn Store) {
    if has_one_writer(store).await {
        return;
    }
    let mut deciding = store.writer().await.expect("a writer");
    let mut lone = store.lone().await.expect("connections of its own").writer;
    let mut other = store.lone().await.expect("connections of its own").writer;
    let gives_way = async |writer: &mut dyn Writer| {
        writer.begin().await.expect("a transaction");
        let answer = writer.take_positions(&[], 0).await;
        assert!(matches!(answer, Err(StoreError::Serialization(_))), "beside another transaction: {answer:?}");
    };
    begin(&mut *deciding).await.expect("a transaction");
    gives_way(&mut *lone).await;
    deciding.rollback().await;
    lone.begin().await.expect("a transaction");
    lone.take_positions(&[], 0).await.expect("nobody is beside it");
    gives_way(&mut *other).await;
    lone.rollback().await;
}

/// A second writer is either let in or told that the store is in use.
async fn has_one_writer(store: &dyn Store) -> bool {
    let held = store.writer().await.expect("a writer");
    let second = store.writer().await;
    drop(held);
    match second {
        Ok(_) => false,
        Err(StoreError::Locked(_)) => true,
        Err(error) => panic!("a second writer failed: {error}"),
    }
}

/// Every meeting of two batches, on a store that lets two write at once; on one with a single writer there is nothing to
/// meet, and that is what is checked.
pub async fn meetings(store: Arc<dyn Store>) {
    if has_one_writer(&*store).await {
        return;
    }
    let head = number(&*store, "SELECT position FROM log_head", &[]).await;
    let mut meeting = 0x1000;
    let mut taken = 0;
    let stops = (1..GAPS).flat_map(|at| (1..=GAPS).map(move |other| (at, other)));
    let takes = [(1, false), (2, false), (1, true), (2, true)];
    let doors = [[false, false], [true, false], [false, true], [true, true]];
    let each = stops.flat_map(|stop| takes.map(|take| doors.map(|lone| (stop, take, lone))).into_iter().flatten());
    for (stop, (units, one_key), lone) in each {
        meeting += 1;
        let done = meet(&store, meeting, stop, units, one_key, lone).await;
        let took = done.iter().filter(|done| matches!(done, Done::Took(_))).count() as i64;
        let expected = if one_key { 1 } else { units };
        assert_eq!(took, expected, "gaps {stop:?}, {units} units, one key {one_key}, alone {lone:?}: {done:?}");
        if one_key {
            assert!(done.contains(&Done::Replayed), "the same key is answered once: {done:?}");
        }
        taken += took;
        let left = "SELECT available FROM stock_levels WHERE item_id = $1";
        let left = number(&*store, left, &[Value::Id(Id(meeting))]).await;
        assert_eq!(left, units - took, "what was taken is gone, once");
    }
    let now = number(&*store, "SELECT position FROM log_head", &[]).await;
    assert_eq!(now - head, taken, "positions have no gap");
    let events = "SELECT COUNT(*) FROM events WHERE position > $1";
    assert_eq!(number(&*store, events, &[Value::Int(head)]).await, taken);
}
