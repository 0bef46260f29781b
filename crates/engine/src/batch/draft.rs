//! A batch while commands are taken into it: claim keys, load, decide.

use super::decide::{Made, decide};
use super::decided::{Decided, LogRows};
use super::entry::Entry;
use super::kept::{Kept, Numbers, one};
use crate::receipt::{Receipt, Verdict};
use crate::submission::SubmitError;
use rustc_hash::{FxHashMap, FxHashSet};
use std::time::Duration;
use tokio::time::Instant;
use waybill_domain::command::Command;
use waybill_domain::footprint::Footprint;
use waybill_domain::ids::{Id, OrderId};
use waybill_domain::world::World;
use waybill_store::tables::{OtherReceiptRecord, ReceiptRecord, ReceiptTurn, StoreState};
use waybill_store::value::Value;
use waybill_store::working_set::{load, read_rows, select};
use waybill_store::{Loader, StoreError};

/// A command may ask for more records this often; one that goes on asking is a fault of its rule. Others of the same order
/// wait behind it, each with rounds of its own.
const ROUNDS_MAX: u32 = 5;

/// A batch in the making.
pub(super) struct Draft {
    pub(super) entries: Vec<Entry>,
    world: World,
    made: Made,
    pub(super) numbers: Numbers,
    state: StoreState,
    turn: ReceiptTurn,
    log: LogRows,
    /// The position before the first event, where it is known beforehand: nobody else writes.
    base: Option<i64>,
    /// Keys of the entries that are decided here, for the repeats among them.
    keys: FxHashSet<Id>,
    /// About how many rows it will write.
    weight: usize,
    pub(super) loading: Duration,
    pub(super) deciding: Duration,
}

/// Reads the versions of what is cached, and which receipts table is in use.
pub(super) async fn state(loader: &mut dyn Loader, lock: bool) -> Result<(StoreState, ReceiptTurn), StoreError> {
    let one_row = || vec![vec![Value::Int(1)]];
    let selects = [select::<StoreState>(&["id"], one_row(), lock), select::<ReceiptTurn>(&["id"], one_row(), false)];
    let mut results = loader.select(&selects).await?.into_iter();
    let mut next = || results.next().unwrap_or_default();
    Ok((one(next())?, one(next())?))
}

impl Draft {
    /// `base` is where the log will stand when this batch is written, if nobody else writes.
    pub(super) fn new(kept: &mut Kept, base: Option<i64>, state: StoreState, turn: ReceiptTurn) -> Self {
        Self {
            entries: Vec::new(),
            world: kept.world(),
            made: Made::default(),
            numbers: kept.numbers.clone(),
            state,
            log: LogRows::new(turn.generation),
            turn,
            base,
            keys: FxHashSet::default(),
            weight: 0,
            loading: Duration::ZERO,
            deciding: Duration::ZERO,
        }
    }

    pub(super) const fn weight(&self) -> usize {
        self.weight
    }

    /// Claims keys, loads and decides until each of `entries` has its verdict. `before` is the batch that is being written,
    /// of a store that nobody else writes.
    pub(super) async fn take_in(
        &mut self,
        mut entries: Vec<Entry>,
        loader: &mut dyn Loader,
        before: Option<&Decided>,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        self.weight += entries.iter().map(|entry| entry.waiting.weight).sum::<usize>();
        self.claim(&mut entries, loader).await?;
        self.numbers.provide(&entries, loader, before.and_then(|before| before.lease.as_ref())).await?;
        let before = before.map(|before| &before.world);
        let first = self.entries.len();
        self.entries.append(&mut entries);
        self.load_first(first, loader, before).await?;
        self.loading += began.elapsed();
        let began = Instant::now();
        self.decide_all(first, loader, before).await?;
        if let Some(base) = self.base {
            let (pending, base) = (std::mem::take(&mut self.made.events), base + self.log.count());
            self.log.number(&mut self.world, pending, base, &mut self.entries[first..]);
        }
        self.answer_repeats(first);
        self.deciding += began.elapsed();
        Ok(())
    }

    /// Answers those whose key was answered before, and marks repeats within the batch.
    async fn claim(&mut self, entries: &mut [Entry], loader: &mut dyn Loader) -> Result<(), StoreError> {
        let mut keys: Vec<Id> = entries.iter().map(|entry| entry.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let list = || keys.iter().map(|key| vec![Value::Id(*key)]).collect::<Vec<_>>();
        let selects =
            [select::<ReceiptRecord>(&["key"], list(), false), select::<OtherReceiptRecord>(&["key"], list(), false)];
        let mut results = loader.select(&selects).await?.into_iter();
        let mut next = || results.next().unwrap_or_default();
        let mut known: FxHashMap<Id, (Id, i64, String)> = FxHashMap::default();
        for receipt in read_rows::<ReceiptRecord>(next())? {
            known.insert(receipt.key, (receipt.body_hash, receipt.position, receipt.receipt));
        }
        for receipt in read_rows::<OtherReceiptRecord>(next())? {
            known.insert(receipt.key, (receipt.body_hash, receipt.position, receipt.receipt));
        }
        for entry in entries.iter_mut() {
            if let Some((body_hash, position, receipt)) = known.get(&entry.key) {
                entry.replayed = true;
                let same = *body_hash == Id::from_bytes(entry.attempt.body_hash);
                entry.verdict = Some(if same {
                    Verdict::decode(receipt, *position).ok_or(SubmitError::Fault)
                } else {
                    Err(SubmitError::KeyReused)
                });
            } else if !self.keys.insert(entry.key) {
                // The second waits for the first, as it would have a moment later.
                entry.replayed = true;
            }
        }
        Ok(())
    }

    /// What `needs` names and is not here yet comes from the batch before or the store.
    async fn load(
        &mut self,
        needs: &Footprint,
        loader: &mut dyn Loader,
        before: Option<&World>,
    ) -> Result<(), StoreError> {
        if let Some(before) = before {
            self.world.adopt(needs, before);
        }
        let missing = self.world.missing(needs);
        if missing.is_empty() { Ok(()) } else { load(loader, &mut self.world, &missing).await }
    }

    /// Loads what the entries from `first` on are known to need.
    async fn load_first(
        &mut self,
        first: usize,
        loader: &mut dyn Loader,
        before: Option<&World>,
    ) -> Result<(), StoreError> {
        let footprints = |draft: &Self, needs: &mut Footprint| {
            for entry in draft.entries[first..].iter().filter(|entry| entry.is_open()) {
                entry.command().footprint(&draft.world.catalog, needs);
            }
        };
        let mut needs = Footprint::default();
        footprints(self, &mut needs);
        needs.normalize();
        // Levels can be asked for only once the item behind a SKU, or the lines of an order, are known. All of them are
        // asked for at once: they are locked in one order then, and two batches do not wait for each other.
        let comes_more = !(needs.skus.is_empty() && needs.orders.is_empty() && needs.transfers.is_empty());
        let mut levels = if comes_more { std::mem::take(&mut needs.levels) } else { Vec::new() };
        self.load(&needs, loader, before).await?;
        if !comes_more {
            return Ok(());
        }
        let mut more = Footprint::default();
        if !needs.skus.is_empty() {
            footprints(self, &mut more);
        }
        for entry in self.entries[first..].iter().filter(|entry| entry.is_open()) {
            entry.command().moved_items(&self.world, &mut more);
        }
        levels.append(&mut more.levels);
        let mut levels = Footprint { levels, ..Footprint::default() };
        levels.normalize();
        if levels.is_empty() { Ok(()) } else { self.load(&levels, loader, before).await }
    }

    async fn decide_all(
        &mut self,
        first: usize,
        loader: &mut dyn Loader,
        before: Option<&World>,
    ) -> Result<(), StoreError> {
        loop {
            let mut more = Footprint::default();
            let mut blocked: FxHashSet<OrderId> = FxHashSet::default();
            for entry in self.entries[first..].iter_mut().filter(|entry| entry.is_open()) {
                let order = entry.command().order();
                if order.is_some_and(|order| blocked.contains(&order)) {
                    continue;
                }
                match decide(&mut self.world, entry, &mut self.numbers, &mut self.made) {
                    Ok(verdict) => {
                        entry.verdict = Some(Ok(verdict));
                        entry.upto = self.made.events.len() as i64;
                    }
                    Err(_) if entry.rounds == ROUNDS_MAX => {
                        let operation = entry.command().operation();
                        tracing::error!(operation, "a command keeps asking for more records");
                        entry.verdict = Some(Err(SubmitError::Fault));
                    }
                    Err(asked) => {
                        entry.rounds += 1;
                        blocked.extend(order);
                        more.merge(*asked);
                    }
                }
            }
            if more.is_empty() {
                return Ok(());
            }
            more.normalize();
            self.load(&more, loader, before).await?;
        }
    }

    /// A repeat within the batch gets what its first got.
    fn answer_repeats(&mut self, first: usize) {
        let waits = |entry: &Entry| entry.replayed && entry.verdict.is_none();
        if !self.entries[first..].iter().any(waits) {
            return;
        }
        let mut decided: FxHashMap<Id, usize> = FxHashMap::default();
        for place in 0..self.entries.len() {
            if !waits(&self.entries[place]) {
                decided.entry(self.entries[place].key).or_insert(place);
                continue;
            }
            let Some(original) = decided.get(&self.entries[place].key).map(|place| &self.entries[*place]) else {
                continue;
            };
            let same = original.attempt.body_hash == self.entries[place].attempt.body_hash;
            let verdict = match (&original.verdict, same) {
                (_, false) => Err(SubmitError::KeyReused),
                (Some(Ok(Verdict::Done(receipt))), true) => {
                    Ok(Verdict::Done(Receipt { replayed: true, ..receipt.clone() }))
                }
                (Some(verdict), true) => verdict.clone(),
                (None, true) => Err(SubmitError::Fault),
            };
            let upto = original.upto;
            let repeat = &mut self.entries[place];
            (repeat.verdict, repeat.is_repeat, repeat.upto) = (Some(verdict), true, upto);
        }
    }

    /// Whether anything is to be written: events, or outcomes that are kept under their keys.
    fn is_void(&self) -> bool {
        self.made.events.is_empty() && self.log.count() == 0 && !self.entries.iter().any(Entry::is_kept)
    }

    /// Ends the taking in. What was decided is None where there is nothing to write: only replays, or refusals that are
    /// not kept. Then no order number was taken either. The catalog goes back unless this batch changed it: then it stays in
    /// the World until it is written.
    pub(super) fn finish(mut self, kept: &mut Kept) -> (Vec<Entry>, Option<Decided>) {
        if self.is_void() {
            kept.take_back(&mut self.world);
            return (self.entries, None);
        }
        let (base, numbers) = (self.base.unwrap_or_default(), &mut self.numbers);
        let mut decided = Decided::new(self.world, self.made, self.log, base, (self.state, self.turn), numbers);
        kept.numbers = self.numbers;
        if decided.next_state.is_none() {
            kept.take_back(&mut decided.world);
        }
        (self.entries, Some(decided))
    }
}

/// Whether the command changes what every process caches.
pub(super) const fn changes_catalog(command: &Command) -> bool {
    matches!(
        command,
        Command::PutItem(_)
            | Command::ArchiveItem(_)
            | Command::PutLocation(_)
            | Command::ArchiveLocation(_)
            | Command::PutChannel(_)
            | Command::ArchiveChannel(_)
            | Command::ChangeSettings(_)
    )
}
