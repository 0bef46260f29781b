//! What stays from batch to batch: catalog, settings, order numbers.

use super::entry::Entry;
use waybill_domain::catalog::Catalog;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::location::Location;
use waybill_domain::chain::Chain;
use waybill_domain::command::Command;
use waybill_domain::order::OrderNumber;
use waybill_domain::rows::Tracked;
use waybill_domain::settings::Settings;
use waybill_domain::system::SettingsRecord;
use waybill_domain::world::World;
use waybill_store::record::Record;
use waybill_store::tables::{LogHead, NumberBlock, StoreState};
use waybill_store::value::Value;
use waybill_store::working_set::{read_rows, select};
use waybill_store::{Loader, Store, StoreError};

const FIRST_ORDER_NUMBER: i64 = 100_001;
const HIGHEST_NUMBER: &str = "SELECT MAX(number) FROM orders";

pub(super) struct Kept {
    pub(super) catalog: Catalog,
    pub(super) settings: Settings,
    pub(super) settings_chain: Chain,
    /// Versions of what is cached; -1 before anything was.
    pub(super) catalog_version: i64,
    pub(super) settings_version: i64,
    pub(super) numbers: Numbers,
    /// Where the log will stand once what was decided is written; used where this process alone writes. None where the
    /// store has to be asked.
    pub(super) head: Option<i64>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            catalog: Catalog::default(),
            settings: Settings::default(),
            settings_chain: Chain::default(),
            catalog_version: -1,
            settings_version: -1,
            numbers: Numbers::default(),
            head: None,
        }
    }
}

impl Kept {
    /// Reads from the store what is not known, or not any more: locations, channels, settings, the log's head, the highest
    /// order number. Cached items are forgotten then.
    pub(super) async fn warm(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        if self.head.is_none() {
            let statements: [(&str, &[Value]); 2] = [("SELECT id, position FROM log_head", &[]), (HIGHEST_NUMBER, &[])];
            let mut results = store.read_together(&statements).await?.into_iter();
            let mut next = || results.next().unwrap_or_default();
            self.head = Some(one::<LogHead>(next())?.position);
            let highest: Option<i64> = next().into_iter().next().map_or(Ok(None), |mut row| row.take())?;
            // A store whose blocks fell behind its orders would have every order of every batch refused, for ever.
            self.numbers.floor = highest.map_or(FIRST_ORDER_NUMBER, |highest| FIRST_ORDER_NUMBER.max(highest + 1));
        }
        if self.catalog_version < 0 { self.reload(store).await } else { Ok(()) }
    }

    pub(super) async fn reload(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let columns = |table: &waybill_store::Table| format!("SELECT {} FROM {}", table.column_list(), table.name);
        let texts = [
            columns(StoreState::table()),
            columns(Location::table()),
            columns(Channel::table()),
            columns(SettingsRecord::table()),
        ];
        let statements: Vec<(&str, &[Value])> = texts.iter().map(|text| (text.as_str(), &[] as &[Value])).collect();
        let mut results = store.read_together(&statements).await?.into_iter();
        let mut next = || results.next().unwrap_or_default();
        let state = one::<StoreState>(next())?;
        let mut catalog = Catalog::default();
        for location in read_rows::<Location>(next())? {
            catalog.put_location(Tracked::loaded(location));
        }
        for channel in read_rows::<Channel>(next())? {
            catalog.put_channel(Tracked::loaded(channel));
        }
        let settings = read_rows::<SettingsRecord>(next())?.into_iter().next();
        self.settings_chain = settings.as_ref().map(|record| record.chain).unwrap_or_default();
        self.settings = match settings {
            Some(record) => serde_json::from_str(&record.settings)
                .map_err(|error| StoreError::Damaged(format!("the settings record: {error}")))?,
            None => Settings::default(),
        };
        self.catalog = catalog;
        self.catalog_version = state.catalog;
        self.settings_version = state.settings;
        Ok(())
    }

    /// The catalog may hold what was not committed.
    pub(super) fn forget_catalog(&mut self) {
        self.catalog_version = -1;
    }

    /// After a failed batch, and where others were met; numbers of a commit whose answer was lost may be taken.
    pub(super) fn forget(&mut self) {
        self.forget_catalog();
        self.head = None;
        self.numbers = Numbers { block_size: self.numbers.block_size, ..Numbers::default() };
    }

    /// A World for a new batch. The catalog moves into it.
    pub(super) fn world(&mut self) -> World {
        World::new(std::mem::take(&mut self.catalog), self.settings.clone(), self.settings_chain)
    }

    /// Takes catalog and settings back from a World whose changes, if it has any, are in the store.
    pub(super) fn take_back(&mut self, world: &mut World) {
        self.settings_chain = world.settings_chain();
        self.settings = world.settings.clone();
        self.catalog = std::mem::take(&mut world.catalog);
        self.catalog.written(&world.changed_items, &world.changed_locations, &world.changed_channels);
    }
}

/// The one row of a table that has one.
pub(super) fn one<T: Record>(rows: Vec<waybill_store::Row>) -> Result<T, StoreError> {
    let row = read_rows::<T>(rows)?.into_iter().next();
    row.ok_or_else(|| StoreError::Damaged(format!("{} is empty", T::table().name)))
}

/// Order numbers, leased in blocks. What others may change is never remembered: a block begins where the store says, or
/// behind the one that is being written.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    range: std::ops::Range<i64>,
    /// How many to lease next.
    block_size: i64,
    /// No block begins below: every order in the store has a smaller number.
    floor: i64,
    /// To be written with the batch that takes from it.
    pub(super) leased: Option<Lease>,
}

/// A block of order numbers on its way to the store.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    /// The row as it will be.
    pub(super) block: NumberBlock,
    /// Where the store's row says the next block begins; None where there is no row yet.
    pub(super) from: Option<i64>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { range: 0..0, block_size: 8, floor: FIRST_ORDER_NUMBER, leased: None }
    }
}

/// Where the next block begins, if one was ever leased. Beside others the row is locked.
pub(super) async fn next_block(loader: &mut dyn Loader) -> Result<Option<i64>, StoreError> {
    let name = vec![vec![Value::from("order")]];
    let rows = loader.select(&[select::<NumberBlock>(&["name"], name, true)]).await?.into_iter().next();
    Ok(read_rows::<NumberBlock>(rows.unwrap_or_default())?.into_iter().next().map(|block| block.next))
}

impl Numbers {
    /// Makes sure there is a number for every order that `entries` may place. `before` is a lease that is being written.
    pub(super) async fn provide(
        &mut self,
        entries: &[Entry],
        loader: &mut dyn Loader,
        before: Option<&Lease>,
    ) -> Result<(), StoreError> {
        let places = |entry: &&Entry| entry.is_open() && matches!(entry.command(), Command::PlaceOrder(_));
        let wanted = entries.iter().filter(places).count() as i64;
        if wanted <= self.range.end - self.range.start {
            return Ok(());
        }
        let (from, next) = match (&self.leased, before) {
            (Some(lease), _) => (lease.from, Some(lease.block.next)),
            (None, Some(before)) => (Some(before.block.next), Some(before.block.next)),
            (None, None) => {
                let next = next_block(loader).await?;
                (next, next)
            }
        };
        let next = next.map_or(self.floor, |next| next.max(self.floor));
        let count = self.block_size.max(wanted);
        self.block_size = (self.block_size * 2).min(2_000);
        self.leased = Some(Lease { block: NumberBlock { name: "order".into(), next: next + count }, from });
        // What was left of another block is skipped: gaps are normal, and numbers keep rising.
        let start = if next == self.range.end { self.range.start } else { next };
        self.range = start..next + count;
        Ok(())
    }

    pub(super) fn take(&mut self) -> Option<OrderNumber> {
        self.range.next().map(OrderNumber)
    }

    pub(super) fn give_back(&mut self, number: OrderNumber) {
        if number.0 + 1 == self.range.start {
            self.range.start = number.0;
        }
    }
}
