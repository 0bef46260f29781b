//! What a batch decided, as rows: numbered, written, committed.

use super::decide::{Made, Pending};
use super::entry::Entry;
use super::kept::{Lease, Numbers, next_block, one};
use crate::receipt::Verdict;
use rustc_hash::{FxHashMap, FxHashSet};
use waybill_domain::ids::{Id, TextId, TransactionId};
use waybill_domain::system::SettingsRecord;
use waybill_domain::world::World;
use waybill_store::tables::{
    EventRecord, MoneyPostingRecord, OtherReceiptRecord, ReceiptRecord, ReceiptTurn, StockPostingRecord, StoreState,
};
use waybill_store::working_set::{Changes, select};
use waybill_store::{StoreError, Value, Writer};

/// What a batch decided, ready to be written.
pub(super) struct Decided {
    pub(super) world: World,
    made: Made,
    /// `store_state` where catalog or settings changed.
    pub(super) next_state: Option<StoreState>,
    /// `store_state` as the decisions took it to be.
    state: StoreState,
    /// Which table of receipts was in use when the keys were looked up.
    turn: ReceiptTurn,
    settings: Option<SettingsRecord>,
    /// A block of order numbers that it takes from first.
    pub(super) lease: Option<Lease>,
    /// How many events there are.
    pub(super) count: i64,
    /// The position before the first event; known once they are numbered.
    pub(super) base: i64,
    log: LogRows,
}

impl Decided {
    /// `base` is the position before the first event, where it is known.
    pub(super) fn new(
        world: World,
        made: Made,
        log: LogRows,
        base: i64,
        (state, turn): (StoreState, ReceiptTurn),
        numbers: &mut Numbers,
    ) -> Self {
        let settings = world.changed_settings();
        let next_state = StoreState {
            settings: state.settings + i64::from(settings.is_some()),
            catalog: state.catalog + i64::from(world.catalog_changed()),
            ..state.clone()
        };
        Self {
            next_state: (next_state != state).then_some(next_state),
            state,
            turn,
            settings,
            lease: numbers.leased.take(),
            count: (log.events.len() + made.events.len()) as i64,
            base,
            log,
            made,
            world,
        }
    }

    /// Gives everything its position, where that could not be done before; `base` is the one before the first.
    pub(super) fn number(&mut self, base: i64, entries: &mut [Entry]) {
        self.base = base;
        self.log.number(&mut self.world, std::mem::take(&mut self.made.events), base, entries);
    }

    pub(super) const fn last_position(&self) -> i64 {
        self.base + self.count
    }

    /// Writes all but what carries positions, and takes those, so that the log's head is held for one round trip. A change
    /// of catalog or settings that has a position before ours is a race that was lost, and so is a turn of the receipts: whoever
    /// found the new one may carry out the same key.
    pub(super) async fn take_positions(&self, writer: &mut dyn Writer) -> Result<i64, StoreError> {
        let one_row = || vec![vec![Value::Int(1)]];
        let seen = [select::<StoreState>(&["id"], one_row(), false), select::<ReceiptTurn>(&["id"], one_row(), false)];
        let (base, rows) = writer.take_positions_and_see(&self.before().into_writes(), self.count, &seen).await?;
        let mut rows = rows.into_iter();
        let mut next = || rows.next().unwrap_or_default();
        let (found, turn) = (one::<StoreState>(next())?, one::<ReceiptTurn>(next())?);
        if found != *self.next_state.as_ref().unwrap_or(&self.state) {
            return Err(StoreError::Serialization("catalog or settings were changed meanwhile".into()));
        }
        if turn.generation != self.turn.generation {
            return Err(StoreError::Serialization("a new generation of receipts was begun meanwhile".into()));
        }
        Ok(base)
    }

    /// Whether the block of order numbers is leased from where the store's row stands. To be asked where nobody else writes,
    /// by whoever decided without a lock of that row: others may have leased numbers and made no event with them, which the
    /// log's head does not tell.
    pub(super) async fn check_lease(&self, writer: &mut dyn Writer) -> Result<(), StoreError> {
        let Some(lease) = &self.lease else { return Ok(()) };
        if next_block(writer).await? == lease.from {
            return Ok(());
        }
        Err(StoreError::Serialization("order numbers were leased meanwhile".into()))
    }

    fn before(&self) -> Changes<'_> {
        let mut before = Changes::default();
        self.next_state.iter().for_each(|state| before.update(state));
        if let Some(Lease { block, from }) = &self.lease {
            if from.is_some() { before.update(block) } else { before.insert(block) }
        }
        self.settings.iter().for_each(|record| before.settings(record));
        self.made.parties.iter().for_each(|row| before.insert(row));
        self.made.addresses.iter().for_each(|row| before.insert(row));
        self.made.texts.iter().for_each(|row| before.insert(row));
        before.of_world(&self.world);
        before
    }

    /// Writes what carries positions and commits.
    pub(super) async fn commit(&self, writer: &mut dyn Writer) -> Result<(), StoreError> {
        let mut last = Changes::default();
        last.levels(&self.world);
        self.log.events.iter().for_each(|row| last.insert(row));
        self.log.stock.iter().for_each(|row| last.insert(row));
        self.log.money.iter().for_each(|row| last.insert(row));
        self.log.receipts.iter().for_each(|row| last.insert(row));
        self.log.others.iter().for_each(|row| last.insert(row));
        writer.commit(&last.into_writes()).await
    }

    /// The calls to gateways that the batch asked for, with the tokens of their instruments.
    pub(super) fn intents(&self) -> Vec<Intent> {
        let asked: FxHashSet<TextId> = self.made.intents.iter().filter_map(|(_, token)| *token).collect();
        let texts = self.made.texts.iter().map(|row| &row.0).filter(|text| asked.contains(&text.id));
        let tokens: FxHashMap<TextId, &String> = texts.map(|text| (text.id, &text.value)).collect();
        let intents = self.made.intents.iter().map(|(transaction_id, token)| Intent {
            transaction_id: *transaction_id,
            token: token.and_then(|id| tokens.get(&id)).map(|token| (*token).clone()),
        });
        intents.collect()
    }
}

/// A call to a gateway that begins when the batch is durable.
pub(crate) struct Intent {
    pub(crate) transaction_id: TransactionId,
    pub(crate) token: Option<String>,
}

/// What carries positions.
#[derive(Default)]
pub(super) struct LogRows {
    /// Which table takes the receipts.
    generation: i64,
    events: Vec<EventRecord>,
    stock: Vec<StockPostingRecord>,
    money: Vec<MoneyPostingRecord>,
    receipts: Vec<ReceiptRecord>,
    others: Vec<OtherReceiptRecord>,
}

impl LogRows {
    pub(super) fn new(generation: i64) -> Self {
        Self { generation, ..Self::default() }
    }

    /// How many events have their positions.
    pub(super) fn count(&self) -> i64 {
        self.events.len() as i64
    }

    /// Numbers the events that were decided for `entries`, from `base` on, with their postings and receipts.
    pub(super) fn number(&mut self, world: &mut World, pending: Vec<Pending>, base: i64, entries: &mut [Entry]) {
        for (one, position) in pending.into_iter().zip(base + 1..) {
            self.post(world, &one, position);
            self.events.push(EventRecord { position, ..one.record });
        }
        for entry in entries.iter_mut() {
            let position = base + entry.upto;
            if let Some(Ok(Verdict::Done(receipt))) = &mut entry.verdict
                && (!receipt.replayed || entry.is_repeat)
            {
                receipt.position = position;
            }
            if !entry.is_kept() {
                continue;
            }
            let Some(Ok(verdict)) = &entry.verdict else { continue };
            let (key, body_hash) = (entry.key, Id::from_bytes(entry.attempt.body_hash));
            let receipt = verdict.encode();
            if self.generation == 0 {
                self.receipts.push(ReceiptRecord { key, body_hash, position, receipt });
            } else {
                self.others.push(OtherReceiptRecord { key, body_hash, position, receipt });
            }
        }
    }

    /// Each stock posting learns the one before it on its key.
    fn post(&mut self, world: &mut World, event: &Pending, position: i64) {
        for (posting, number) in event.postings.iter().zip(0_i64..) {
            let (previous_position, previous_number) = match world.level_mut(posting.key) {
                Some(level) => {
                    let previous = (level.last_position, level.last_number);
                    (level.last_position, level.last_number) = (position, number);
                    previous
                }
                None => (0, 0),
            };
            self.stock.push(StockPostingRecord {
                position,
                number,
                item_id: posting.key.item_id,
                location_id: posting.key.location_id,
                lot_id: posting.key.lot_id,
                from_account: posting.from,
                to_account: posting.to,
                quantity: posting.quantity,
                holder_id: posting.holder.map(|holder| holder.id),
                line: posting.holder.map(|holder| i64::from(holder.line)),
                previous_position,
                previous_number,
            });
        }
        for ((posting, currency), number) in event.money.iter().zip(0_i64..) {
            self.money.push(MoneyPostingRecord {
                position,
                number,
                currency: *currency,
                debit: posting.debit.code().into_owned(),
                credit: posting.credit.code().into_owned(),
                amount: posting.amount,
                order_id: posting.order_id,
                payment: posting.payment,
            });
        }
    }
}
