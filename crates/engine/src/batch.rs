//! The batch loop: everything that waits is decided in one transaction, committed once, and only then answered.

use crate::core::Shared;
use crate::queue::Waiting;
use crate::receipt::{Receipt, Verdict, made};
use crate::submission::{Submission, SubmitError};
use futures_util::FutureExt;
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::sync::oneshot;
use waybill_domain::Code;
use waybill_domain::attempt::{Attempt, Origin};
use waybill_domain::catalog::Catalog;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::location::Location;
use waybill_domain::chain::{Chain, Sealed, seal};
use waybill_domain::command::{Command, Stop};
use waybill_domain::event::Event;
use waybill_domain::footprint::Footprint;
use waybill_domain::ids::{EventId, Id, OrderId, TextId, TransactionId};
use waybill_domain::ledger::{MoneyPosting, StockPosting};
use waybill_domain::money::Currency;
use waybill_domain::order::OrderNumber;
use waybill_domain::refusal::Retry;
use waybill_domain::rows::Tracked;
use waybill_domain::settings::Settings;
use waybill_domain::system::SettingsRecord;
use waybill_domain::world::World;
use waybill_store::record::Record;
use waybill_store::tables::*;
use waybill_store::value::Value;
use waybill_store::working_set::{Changes, load, read_rows, select};
use waybill_store::{StoreError, Writer};

/// Which Waybill this is, as `store_state.min_writer` counts.
const WRITER: i64 = 1;
/// Whole batches are decided again this often before commands go one at a time.
const RETRIES_MAX: u32 = 3;
/// A command may ask for more records this often.
const ROUNDS_MAX: u32 = 5;
const FIRST_ORDER_NUMBER: i64 = 100_001;
/// Event ids of an attempt begin here; doors use the numbers below.
const EVENT_IDS: u32 = 0x4000;

/// What stays from batch to batch.
struct Kept {
    catalog: Catalog,
    settings: Settings,
    settings_chain: Chain,
    /// Versions of what is cached; -1 before anything was.
    catalog_version: i64,
    settings_version: i64,
    /// Order numbers leased and not used.
    numbers: std::ops::Range<i64>,
    /// How many to lease next.
    block: i64,
}

/// A sealed event that has no position yet.
struct Pending {
    record: EventRecord,
    postings: Vec<StockPosting>,
    money: Vec<(MoneyPosting, Currency)>,
}

/// A call to a gateway that begins when the batch is durable.
pub(crate) struct Intent {
    pub(crate) transaction_id: TransactionId,
    pub(crate) token: Option<String>,
}

/// Runs until the queue is closed and empty.
pub(crate) async fn run(shared: Arc<Shared>, writer: Box<dyn Writer>, ready: oneshot::Sender<Result<(), StoreError>>) {
    let kept = Kept {
        catalog: Catalog::default(),
        settings: Settings::default(),
        settings_chain: Chain::default(),
        catalog_version: -1,
        settings_version: -1,
        numbers: 0..0,
        block: 8,
    };
    let mut batches = Loop { shared: shared.clone(), writer, kept };
    let opened = batches.open().await;
    let failed = opened.is_err();
    let _ = ready.send(opened);
    if failed {
        return;
    }
    let options = shared.options;
    while let Some(batch) = shared.queue.take(options.batch_max, options.batch_rows_max).await {
        // A bug in a rule must not leave callers waiting for ever, nor go on with a World it may have spoiled.
        if std::panic::AssertUnwindSafe(batches.serve(batch)).catch_unwind().await.is_err() {
            shared.close("a rule failed; see the log".into());
            shared.queue.close();
            break;
        }
    }
    shared.queue.abandon();
}

struct Loop {
    shared: Arc<Shared>,
    writer: Box<dyn Writer>,
    kept: Kept,
}

/// One command of a batch and what became of it.
struct Entry {
    waiting: Waiting,
    attempt: Attempt,
    /// Digest of principal, operation and key.
    key: Id,
    actor: String,
    verdict: Option<Result<Verdict, SubmitError>>,
    /// Found under its key, so nothing is stored again.
    replayed: bool,
}

/// Everything a batch makes before it is written.
#[derive(Default)]
struct Made {
    events: Vec<Pending>,
    parties: Vec<PartyRow>,
    addresses: Vec<AddressRow>,
    texts: Vec<TextRow>,
    intents: Vec<(TransactionId, Option<TextId>)>,
}

impl Loop {
    /// Reads the log head and warms the caches.
    async fn open(&mut self) -> Result<(), StoreError> {
        self.reload().await?;
        let rows = self.shared.store.read("SELECT position FROM log_head", &[]).await?;
        let position = rows.into_iter().next().map_or(Ok(0), |mut row| row.take::<i64>())?;
        self.shared.figures.position.store(position, Ordering::Relaxed);
        self.shared.position.send_replace(position);
        Ok(())
    }

    /// Takes locations, channels and settings from the store and forgets cached items.
    async fn reload(&mut self) -> Result<(), StoreError> {
        let columns = |table: &waybill_store::Table| format!("SELECT {} FROM {}", table.column_list(), table.name);
        let texts = [
            columns(StoreState::table()),
            columns(Location::table()),
            columns(Channel::table()),
            columns(SettingsRecord::table()),
        ];
        let statements: Vec<(&str, &[Value])> = texts.iter().map(|text| (text.as_str(), &[] as &[Value])).collect();
        let mut results = self.shared.store.read_together(&statements).await?.into_iter();
        let mut next = || results.next().unwrap_or_default();
        let state = read_rows::<StoreState>(next())?.into_iter().next();
        let state = state.ok_or_else(|| StoreError::Damaged("store_state is empty".into()))?;
        let mut catalog = Catalog::default();
        for location in read_rows::<Location>(next())? {
            catalog.put_location(Tracked::loaded(location));
        }
        for channel in read_rows::<Channel>(next())? {
            catalog.put_channel(Tracked::loaded(channel));
        }
        let settings = read_rows::<SettingsRecord>(next())?.into_iter().next();
        self.kept.settings_chain = settings.as_ref().map(|record| record.chain).unwrap_or_default();
        self.kept.settings = match settings {
            Some(record) => serde_json::from_str(&record.settings)
                .map_err(|error| StoreError::Damaged(format!("the settings record: {error}")))?,
            None => Settings::default(),
        };
        self.kept.catalog = catalog;
        self.kept.catalog_version = state.catalog;
        self.kept.settings_version = state.settings;
        Ok(())
    }

    /// Carries out a batch and answers everybody in it.
    async fn serve(&mut self, batch: Vec<Waiting>) {
        let began = Instant::now();
        let mut entries: Vec<Entry> = batch.into_iter().map(|waiting| self.enter(waiting)).collect();
        let mut tries = 0;
        let result = loop {
            match self.attempt(&mut entries).await {
                Ok(intents) => break Ok(intents),
                Err(error) => {
                    self.writer.rollback().await;
                    self.forget(&mut entries);
                    let again = error.is_race() || matches!(error, StoreError::CommitUnknown(_));
                    if !again || tries >= RETRIES_MAX {
                        break Err(error);
                    }
                    self.shared.figures.retries.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(%error, commands = entries.len(), "a batch is decided again");
                    tries += 1;
                }
            }
        };
        match result {
            Ok(intents) => self.answer(entries, intents, began),
            Err(error) if (error.is_race() || matches!(error, StoreError::Other(_))) && entries.len() > 1 => {
                // One of them cannot go through with the others; none is taken along by its neighbor.
                tracing::warn!(%error, commands = entries.len(), "commands go one at a time");
                for entry in entries {
                    Box::pin(self.serve(vec![entry.waiting])).await;
                }
            }
            Err(error) => self.fail(entries, &error),
        }
    }

    fn enter(&mut self, waiting: Waiting) -> Entry {
        let submission = &waiting.submission;
        let recorded_at = self.shared.ports.clock.now();
        let now = match submission.origin {
            Origin::Live => recorded_at,
            Origin::Import | Origin::Simulation => submission.happened_at.unwrap_or(recorded_at),
        };
        let actor = submission.actor.principal.to_string();
        let key = submission.key.clone().unwrap_or_else(|| submission.ids.nth::<Id>(0).to_string());
        let digest = key_digest(&actor, submission.command.operation(), &key);
        let attempt = Attempt {
            key,
            body_hash: submission.body_hash,
            actor: submission.actor.clone(),
            origin: submission.origin,
            cause: submission.cause,
            now,
            recorded_at,
            ids: submission.ids,
            order_number: None,
        };
        Entry { waiting, attempt, key: digest, actor, verdict: None, replayed: false }
    }

    /// After a failed transaction nothing that was decided holds.
    fn forget(&mut self, entries: &mut [Entry]) {
        for entry in entries {
            entry.verdict = None;
            entry.replayed = false;
        }
        // The catalog may hold what was not committed.
        self.kept.catalog_version = -1;
        // Numbers of a commit whose answer was lost may be taken.
        self.kept.numbers = 0..0;
    }

    /// One transaction: claim, load, decide, flush, commit.
    async fn attempt(&mut self, entries: &mut [Entry]) -> Result<Vec<Intent>, StoreError> {
        let began = Instant::now();
        if self.kept.catalog_version < 0 {
            self.reload().await?;
        }
        self.writer.begin().await?;
        let state = self.claim(entries).await?;
        if state.min_writer > WRITER {
            let why = format!("the store asks for version {} of its writers, this is {WRITER}", state.min_writer);
            self.shared.close(why.clone());
            return Err(StoreError::NewerSchema { found: state.min_writer, known: WRITER });
        }
        if (state.catalog, state.settings) != (self.kept.catalog_version, self.kept.settings_version) {
            self.reload().await?;
        }
        let mut numbers = self.lease_numbers(entries).await?;
        let mut world =
            World::new(std::mem::take(&mut self.kept.catalog), self.kept.settings.clone(), self.kept.settings_chain);
        let result = self.decide_all(&mut world, entries, &mut numbers).await;
        let decided = match result {
            Ok(made) => {
                let loaded = began.elapsed();
                self.shared.figures.decide_us.fetch_add(loaded.as_micros() as u64, Ordering::Relaxed);
                self.write(&mut world, entries, made, &state, &numbers).await
            }
            Err(error) => Err(error),
        };
        let intents = decided?;
        let changed = (world.changed_items.clone(), world.changed_locations.clone(), world.changed_channels.clone());
        self.kept.settings_chain = world.settings_chain();
        self.kept.settings = world.settings;
        self.kept.catalog = world.catalog;
        self.kept.catalog.written(&changed.0, &changed.1, &changed.2);
        if intents.is_some() || numbers.leased.is_none() {
            self.kept.numbers = numbers.range;
        }
        Ok(intents.unwrap_or_default())
    }

    /// Reads the store's state and the receipts of keys that were answered before; marks those entries.
    async fn claim(&mut self, entries: &mut [Entry]) -> Result<StoreState, StoreError> {
        let mut keys: Vec<Id> = entries.iter().map(|entry| entry.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let list = || keys.iter().map(|key| vec![Value::Id(*key)]).collect::<Vec<_>>();
        let catalog = entries.iter().any(|entry| changes_catalog(&entry.waiting.submission.command));
        let selects = [
            select::<StoreState>(&["id"], vec![vec![Value::Int(1)]], catalog),
            select::<ReceiptRecord>(&["key"], list(), false),
            select::<OtherReceiptRecord>(&["key"], list(), false),
        ];
        let mut results = self.writer.select(&selects).await?.into_iter();
        let mut next = || results.next().unwrap_or_default();
        let state = read_rows::<StoreState>(next())?.into_iter().next();
        let state = state.ok_or_else(|| StoreError::Damaged("store_state is empty".into()))?;
        let mut known: FxHashMap<Id, (Id, i64, String)> = FxHashMap::default();
        for receipt in read_rows::<ReceiptRecord>(next())? {
            known.insert(receipt.key, (receipt.body_hash, receipt.position, receipt.receipt));
        }
        for receipt in read_rows::<OtherReceiptRecord>(next())? {
            known.insert(receipt.key, (receipt.body_hash, receipt.position, receipt.receipt));
        }
        // The same key twice in one batch: the second waits for the first, as it would have a moment later.
        let mut first: FxHashSet<Id> = FxHashSet::default();
        for entry in entries.iter_mut() {
            if let Some((body_hash, position, receipt)) = known.get(&entry.key) {
                entry.replayed = true;
                let same = *body_hash == Id::from_bytes(entry.attempt.body_hash);
                entry.verdict = Some(if same {
                    Verdict::decode(receipt, *position).ok_or(SubmitError::Fault)
                } else {
                    Err(SubmitError::KeyReused)
                });
            } else if !first.insert(entry.key) {
                entry.replayed = true;
            }
        }
        Ok(state)
    }

    /// Makes sure there is a readable number for every order that may be placed.
    async fn lease_numbers(&mut self, entries: &[Entry]) -> Result<Numbers, StoreError> {
        let wanted = entries
            .iter()
            .filter(|entry| {
                entry.verdict.is_none() && matches!(entry.waiting.submission.command, Command::PlaceOrder(_))
            })
            .count() as i64;
        let have = self.kept.numbers.end - self.kept.numbers.start;
        if wanted <= have {
            return Ok(Numbers { range: self.kept.numbers.clone(), leased: None });
        }
        let name = || vec![vec![Value::Text("order".into())]];
        let rows = self.writer.select(&[select::<NumberBlock>(&["name"], name(), true)]).await?;
        let known = read_rows::<NumberBlock>(rows.into_iter().next().unwrap_or_default())?.into_iter().next();
        let next = known.as_ref().map_or(FIRST_ORDER_NUMBER, |block| block.next);
        let count = self.kept.block.max(wanted);
        self.kept.block = (self.kept.block * 2).min(2_000);
        let leased = NumberBlock { name: "order".into(), next: next + count };
        // What was left of the block before is skipped: gaps are normal, and numbers keep rising.
        Ok(Numbers { range: next..next + count, leased: Some((leased, known.is_some())) })
    }

    /// Loads and decides until every command has its verdict.
    async fn decide_all(
        &mut self,
        world: &mut World,
        entries: &mut [Entry],
        numbers: &mut Numbers,
    ) -> Result<Made, StoreError> {
        let mut made_all = Made::default();
        let mut needs = Footprint::default();
        let footprints = |world: &World, entries: &[Entry], needs: &mut Footprint| {
            for entry in entries.iter().filter(|entry| entry.verdict.is_none() && !entry.replayed) {
                entry.waiting.submission.command.footprint(&world.catalog, needs);
            }
        };
        footprints(world, entries, &mut needs);
        needs.normalize();
        let began = Instant::now();
        let asked_skus = !needs.skus.is_empty();
        load(&mut *self.writer, world, &needs).await?;
        // Levels can be asked for only once the item behind a SKU, or the lines of an order, are known.
        let mut more = Footprint::default();
        if asked_skus {
            footprints(world, entries, &mut more);
        }
        for entry in entries.iter().filter(|entry| entry.verdict.is_none() && !entry.replayed) {
            entry.waiting.submission.command.moved_items(world, &mut more);
        }
        more.normalize();
        let levels = world.missing(&Footprint { levels: more.levels, ..Footprint::default() });
        if !levels.is_empty() {
            load(&mut *self.writer, world, &levels).await?;
        }
        self.shared.figures.load_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);

        for round in 0..=ROUNDS_MAX {
            let mut more = Footprint::default();
            let mut blocked: FxHashSet<OrderId> = FxHashSet::default();
            for entry in entries.iter_mut().filter(|entry| entry.verdict.is_none() && !entry.replayed) {
                let order = entry.waiting.submission.command.order();
                if order.is_some_and(|order| blocked.contains(&order)) {
                    continue;
                }
                match decide(world, entry, numbers, &mut made_all) {
                    Ok(verdict) => entry.verdict = Some(Ok(verdict)),
                    Err(_) if round == ROUNDS_MAX => {
                        tracing::error!(
                            operation = entry.waiting.submission.command.operation(),
                            "a command keeps asking for more records"
                        );
                        entry.verdict = Some(Err(SubmitError::Fault));
                    }
                    Err(asked) => {
                        blocked.extend(order);
                        more.merge(*asked);
                    }
                }
            }
            if more.is_empty() {
                break;
            }
            more.normalize();
            let missing = world.missing(&more);
            load(&mut *self.writer, world, &missing).await?;
        }
        // A repeat within the batch gets what its first got.
        let mut first: FxHashMap<Id, usize> = FxHashMap::default();
        for place in 0..entries.len() {
            if entries[place].verdict.is_some() {
                first.entry(entries[place].key).or_insert(place);
                continue;
            }
            let Some(original) = first.get(&entries[place].key).copied() else {
                continue;
            };
            let same = entries[original].attempt.body_hash == entries[place].attempt.body_hash;
            let verdict = match (&entries[original].verdict, same) {
                (_, false) => Err(SubmitError::KeyReused),
                (Some(Ok(Verdict::Done(receipt))), true) => {
                    Ok(Verdict::Done(Receipt { replayed: true, ..receipt.clone() }))
                }
                (Some(verdict), true) => verdict.clone(),
                (None, true) => Err(SubmitError::Fault),
            };
            entries[place].verdict = Some(verdict);
        }
        Ok(made_all)
    }

    /// Writes everything and commits. Positions are taken last, so that the log's head is held for one round trip.
    async fn write(
        &mut self,
        world: &mut World,
        entries: &mut [Entry],
        made: Made,
        state: &StoreState,
        numbers: &Numbers,
    ) -> Result<Option<Vec<Intent>>, StoreError> {
        let began = Instant::now();
        let keep = |entry: &Entry| {
            !entry.replayed
                && match &entry.verdict {
                    Some(Ok(Verdict::Done(_))) => true,
                    Some(Ok(Verdict::Refused(refusal))) => refusal.retry != Retry::SameRequest,
                    Some(Err(_)) | None => false,
                }
        };
        if made.events.is_empty() && !entries.iter().any(keep) {
            // Nothing to say to the store: only replays, or nothing that is kept. A lease of numbers goes with it.
            self.writer.rollback().await;
            return Ok(None);
        }
        let settings = world.changed_settings();
        let next_state = StoreState {
            settings: state.settings + i64::from(settings.is_some()),
            catalog: state.catalog + i64::from(world.catalog_changed()),
            ..state.clone()
        };
        let count = made.events.len() as i64;
        let base = {
            let mut before = Changes::default();
            if next_state != *state {
                before.update(&next_state);
            }
            if let Some((block, known)) = &numbers.leased {
                if *known { before.update(block) } else { before.insert(block) }
            }
            settings.iter().for_each(|record| before.settings(record));
            made.parties.iter().for_each(|row| before.insert(row));
            made.addresses.iter().for_each(|row| before.insert(row));
            made.texts.iter().for_each(|row| before.insert(row));
            before.of_world(world);
            self.writer.take_positions(&before.into_writes(), count).await?
        };
        let (events, stock, money) = number(world, made.events, base);
        let position = base + count;
        for entry in entries.iter_mut() {
            if let Some(Ok(Verdict::Done(receipt))) = &mut entry.verdict
                && !receipt.replayed
            {
                receipt.position = position;
            }
        }
        let (mut receipts, mut others) = (Vec::new(), Vec::new());
        for entry in entries.iter().filter(|entry| keep(entry)) {
            let Some(Ok(verdict)) = &entry.verdict else { continue };
            let (key, body_hash) = (entry.key, Id::from_bytes(entry.attempt.body_hash));
            let receipt = verdict.encode();
            if state.receipt_generation == 0 {
                receipts.push(ReceiptRecord { key, body_hash, position, receipt });
            } else {
                others.push(OtherReceiptRecord { key, body_hash, position, receipt });
            }
        }
        let mut last = Changes::default();
        last.levels(world);
        events.iter().for_each(|row| last.insert(row));
        stock.iter().for_each(|row| last.insert(row));
        money.iter().for_each(|row| last.insert(row));
        receipts.iter().for_each(|row| last.insert(row));
        others.iter().for_each(|row| last.insert(row));
        self.writer.commit(&last.into_writes()).await?;

        self.kept.catalog_version = next_state.catalog;
        self.kept.settings_version = next_state.settings;
        let figures = &self.shared.figures;
        figures.commit_us.fetch_add(began.elapsed().as_micros() as u64, Ordering::Relaxed);
        figures.events.fetch_add(count as u64, Ordering::Relaxed);
        if count > 0 {
            figures.position.store(position, Ordering::Relaxed);
            self.shared.position.send_replace(position);
        }
        let token = |id: Option<TextId>| {
            let row = made.texts.iter().find(|row| Some(row.0.id) == id);
            row.map(|row| row.0.value.clone())
        };
        let intents = made.intents.into_iter();
        Ok(Some(intents.map(|(transaction_id, id)| Intent { transaction_id, token: token(id) }).collect()))
    }

    /// Answers everybody; calls to gateways begin before, so that whoever waits for them finds them under way.
    fn answer(&mut self, entries: Vec<Entry>, intents: Vec<Intent>, began: Instant) {
        let figures = &self.shared.figures;
        figures.batches.fetch_add(1, Ordering::Relaxed);
        for intent in intents {
            crate::workers::gateway::dispatch(&self.shared, intent);
        }
        for entry in entries {
            let verdict = entry.verdict.unwrap_or(Err(SubmitError::Fault));
            let answer = match verdict {
                Ok(Verdict::Done(receipt)) => {
                    let counter = if receipt.replayed { &figures.replays } else { &figures.commands };
                    counter.fetch_add(1, Ordering::Relaxed);
                    Ok(receipt)
                }
                Ok(Verdict::Refused(refusal)) => {
                    figures.refusals.fetch_add(1, Ordering::Relaxed);
                    Err(SubmitError::Refused { refusal, replayed: entry.replayed })
                }
                Err(error) => Err(error),
            };
            // Whoever asked may have gone; the command stands all the same.
            let _ = entry.waiting.reply.send(answer);
        }
        self.shared.queue.took(began.elapsed().as_millis() as u64);
        self.shared.nudge.notify_waiters();
    }

    fn fail(&mut self, entries: Vec<Entry>, error: &StoreError) {
        self.shared.figures.faults.fetch_add(1, Ordering::Relaxed);
        tracing::error!(%error, commands = entries.len(), "a batch was not committed");
        let answer = match error {
            StoreError::Full => SubmitError::Unavailable("the disk is full".into()),
            StoreError::Unavailable(_) | StoreError::Locked(_) => SubmitError::Unavailable(error.to_string()),
            StoreError::CommitUnknown(_) => {
                SubmitError::Unavailable("the database does not answer; the outcome is unknown".into())
            }
            StoreError::NewerSchema { .. } | StoreError::OlderSchema { .. } => {
                SubmitError::NotWriting(error.to_string())
            }
            StoreError::Serialization(_)
            | StoreError::Constraint { .. }
            | StoreError::Damaged(_)
            | StoreError::Configuration(_)
            | StoreError::Other(_) => SubmitError::Fault,
        };
        for entry in entries {
            let _ = entry.waiting.reply.send(Err(answer.clone()));
        }
    }
}

/// Order numbers for one batch.
struct Numbers {
    range: std::ops::Range<i64>,
    /// The block to write, and whether its row exists.
    leased: Option<(NumberBlock, bool)>,
}

impl Numbers {
    fn take(&mut self) -> Option<OrderNumber> {
        self.range.next().map(OrderNumber)
    }

    fn give_back(&mut self, number: OrderNumber) {
        if number.0 + 1 == self.range.start {
            self.range.start = number.0;
        }
    }
}

const fn changes_catalog(command: &Command) -> bool {
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

/// The key as it is stored: 16 bytes of a SHA-256 over principal, operation and key, each with its length.
fn key_digest(principal: &str, operation: &str, key: &str) -> Id {
    let mut hasher = Sha256::new();
    for part in [principal, operation, key] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Id::from_bytes(bytes)
}

/// Permits, decides and applies one command. The error names what it needs beside what was loaded.
fn decide(
    world: &mut World,
    entry: &mut Entry,
    numbers: &mut Numbers,
    out: &mut Made,
) -> Result<Verdict, Box<Footprint>> {
    let submission: &Submission = &entry.waiting.submission;
    let command = &submission.command;
    let number = match command {
        Command::PlaceOrder(_) => numbers.take(),
        _ => None,
    };
    entry.attempt.order_number = number;
    let decided = command.permit(world, &entry.attempt.actor).and_then(|()| command.decide(world, &entry.attempt));
    let mut events = match decided {
        Ok(events) => events,
        Err(stop) => {
            number.into_iter().for_each(|number| numbers.give_back(number));
            return match stop {
                Stop::Refused(refusal) => Ok(Verdict::Refused(refusal)),
                Stop::Needs(footprint) => Err(footprint),
            };
        }
    };
    let postings: Vec<Vec<StockPosting>> = events.iter().map(Event::postings).collect();
    let unread = postings.iter().flatten().map(|posting| posting.key.item_id).filter(|item| !world.has_levels(*item));
    let levels: Vec<_> = unread.collect();
    if !levels.is_empty() {
        number.into_iter().for_each(|number| numbers.give_back(number));
        return Err(Box::new(Footprint { levels, ..Footprint::default() }));
    }
    // From here on the command succeeds.
    let mut receipt = Receipt {
        subject: events.first().map(|event| event.aggregate().into()),
        number: None,
        version: 0,
        position: 0,
        made: Vec::new(),
        awaits_gateway: false,
        replayed: false,
    };
    for ((n, event), postings) in events.iter_mut().enumerate().zip(postings) {
        command.complete(event);
        receipt.version = fold(world, entry, event, postings, n as u32, out);
        made(event, &mut receipt.made);
        match event {
            Event::OrderPlaced(placed) | Event::OrderDrafted(placed) => receipt.number = Some(placed.number),
            Event::PaymentRequested(requested) if is_live(world, entry, requested.order) => {
                receipt.awaits_gateway = true;
                let token = world
                    .order(requested.order)
                    .and_then(|order| order.payment(requested.payment))
                    .and_then(|payment| payment.token);
                let id = TransactionId::new(requested.order, requested.transaction);
                out.intents.push((id, token));
            }
            _ => {}
        }
    }
    world.settle();
    if !events.is_empty() {
        let personal = command.personal();
        out.parties.extend(personal.parties.into_iter().map(PartyRow));
        out.addresses.extend(personal.addresses.into_iter().map(AddressRow));
        out.texts.extend(personal.texts.into_iter().map(TextRow));
    }
    Ok(Verdict::Done(receipt))
}

/// Gateways are called for live orders alone, whoever asks.
fn is_live(world: &World, entry: &Entry, order: OrderId) -> bool {
    entry.attempt.origin == Origin::Live && world.order(order).is_some_and(|order| order.head.origin == Origin::Live)
}

/// Seals an event, folds it into the World and keeps it for the log. Returns its sequence in the aggregate.
fn fold(world: &mut World, entry: &Entry, event: &Event, postings: Vec<StockPosting>, n: u32, out: &mut Made) -> i64 {
    let aggregate = event.aggregate();
    let payload = event.encode();
    let attempt = &entry.attempt;
    let id: EventId = attempt.ids.nth(EVENT_IDS + n);
    let chain = seal(
        &world.chain(aggregate),
        &Sealed {
            event_id: id.0,
            aggregate_kind: aggregate.kind.code(),
            aggregate_id: aggregate.id,
            kind: event.kind(),
            version: event.version(),
            actor: &entry.actor,
            origin: attempt.origin.code(),
            cause: attempt.cause,
            happened_at: attempt.now.0,
            recorded_at: attempt.recorded_at.0,
            payload: &payload,
        },
    );
    world.apply(event, &postings, chain, attempt.origin);
    let money = event
        .money_postings()
        .into_iter()
        .filter_map(|posting| {
            let currency = world.order(posting.order_id)?.head.currency;
            Some((posting, currency))
        })
        .collect();
    out.events.push(Pending {
        record: EventRecord {
            position: 0,
            id,
            aggregate_kind: aggregate.kind,
            aggregate_id: aggregate.id,
            sequence: chain.sequence,
            kind: event.kind().to_owned(),
            version: event.version(),
            actor: entry.actor.clone(),
            origin: attempt.origin,
            cause: attempt.cause,
            happened_at: attempt.now,
            recorded_at: attempt.recorded_at,
            payload,
            hash: chain.hash,
        },
        postings,
        money,
    });
    chain.sequence
}

/// Gives events their positions, and their postings theirs; each posting learns the one before it on its key.
fn number(
    world: &mut World,
    pending: Vec<Pending>,
    base: i64,
) -> (Vec<EventRecord>, Vec<StockPostingRecord>, Vec<MoneyPostingRecord>) {
    let (mut events, mut stock, mut money) = (Vec::with_capacity(pending.len()), Vec::new(), Vec::new());
    for (n, one) in pending.into_iter().enumerate() {
        let position = base + n as i64 + 1;
        events.push(EventRecord { position, ..one.record });
        for (number, posting) in one.postings.into_iter().enumerate() {
            let number = number as i64;
            let (previous_position, previous_number) = match world.level_mut(posting.key) {
                Some(level) => {
                    let previous = (level.last_position, level.last_number);
                    (level.last_position, level.last_number) = (position, number);
                    previous
                }
                None => (0, 0),
            };
            stock.push(StockPostingRecord {
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
        for (number, (posting, currency)) in one.money.into_iter().enumerate() {
            money.push(MoneyPostingRecord {
                position,
                number: number as i64,
                currency,
                debit: posting.debit.code().into_owned(),
                credit: posting.credit.code().into_owned(),
                amount: posting.amount,
                order_id: posting.order_id,
                payment: posting.payment,
            });
        }
    }
    (events, stock, money)
}
