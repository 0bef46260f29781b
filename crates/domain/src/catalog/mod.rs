//! What is sold, where it is kept, and where orders come from. Archived, never deleted.

pub mod channel;
pub mod gtin;
pub mod item;
pub mod location;

use crate::ids::{ChannelId, ItemId, LocationId};
use crate::rows::Tracked;
use channel::Channel;
use item::Item;
use location::Location;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

refusals! {
    /// Why a change of the catalog was not carried out.
    pub enum CatalogRefusal in "catalog" {
        Invalid { problems: Vec<crate::refusal::Problem> } => "invalid", Never, "The request has problems.", "Correct every problem listed and send it again.";
        Unknown { kind: String, code: String } => "unknown", AfterChange, "There is no {kind} {code}.", "Check the code, or create it first.";
        PrecisionFixed { sku: String, precision: u32 } => "precision_fixed", Never, "Item {sku} has postings, so its precision stays {precision}.", "Create a new item for the other precision.";
        TooManyNotes { code: String, most: i64 } => "too_many_notes", Never, "Customer {code} has {most} notes already.", "Write what is about one order on that order.";
        SupplyFixed { sku: String } => "supply_fixed", Never, "Item {sku} has stock or orders, so its supply cannot change.", "Create a new item for the other supply.";
    }
}

/// Items, locations and channels as the engine caches them between batches.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    items: FxHashMap<ItemId, Tracked<Item>>,
    skus: FxHashMap<String, ItemId>,
    /// Few; kept in id order so that rules see them in one order everywhere.
    locations: BTreeMap<LocationId, Tracked<Location>>,
    channels: BTreeMap<ChannelId, Tracked<Channel>>,
}

impl Catalog {
    pub fn item(&self, id: ItemId) -> Option<&Item> {
        self.items.get(&id).map(|item| &**item)
    }

    pub fn item_by_sku(&self, sku: &str) -> Option<&Item> {
        self.skus.get(sku).and_then(|id| self.item(*id))
    }

    pub fn location(&self, id: LocationId) -> Option<&Location> {
        self.locations.get(&id).map(|location| &**location)
    }

    pub fn location_by_code(&self, code: &str) -> Option<&Location> {
        self.locations().find(|location| location.code == code)
    }

    pub fn locations(&self) -> impl Iterator<Item = &Location> {
        self.locations.values().map(|location| &**location)
    }

    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(&id).map(|channel| &**channel)
    }

    pub fn channel_by_code(&self, code: &str) -> Option<&Channel> {
        self.channels().find(|channel| channel.code == code)
    }

    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.values().map(|channel| &**channel)
    }

    /// Takes in a record: read from the store (`Tracked::loaded`) or made by an event (`Tracked::new`).
    pub fn put_item(&mut self, item: Tracked<Item>) {
        self.skus.insert(item.sku.clone(), item.id);
        self.items.insert(item.id, item);
    }

    pub fn put_location(&mut self, location: Tracked<Location>) {
        self.locations.insert(location.id, location);
    }

    pub fn put_channel(&mut self, channel: Tracked<Channel>) {
        self.channels.insert(channel.id, channel);
    }

    pub(crate) fn item_mut(&mut self, id: ItemId) -> Option<&mut Item> {
        self.items.get_mut(&id).map(Tracked::edit)
    }

    pub(crate) fn location_mut(&mut self, id: LocationId) -> Option<&mut Location> {
        self.locations.get_mut(&id).map(Tracked::edit)
    }

    pub(crate) fn channel_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.channels.get_mut(&id).map(Tracked::edit)
    }

    pub fn tracked_item(&self, id: ItemId) -> Option<&Tracked<Item>> {
        self.items.get(&id)
    }

    pub fn tracked_location(&self, id: LocationId) -> Option<&Tracked<Location>> {
        self.locations.get(&id)
    }

    pub fn tracked_channel(&self, id: ChannelId) -> Option<&Tracked<Channel>> {
        self.channels.get(&id)
    }

    /// These records are in the store as they stand here.
    pub fn written(&mut self, items: &[ItemId], locations: &[LocationId], channels: &[ChannelId]) {
        for id in items {
            self.items.get_mut(id).into_iter().for_each(Tracked::written);
        }
        for id in locations {
            self.locations.get_mut(id).into_iter().for_each(Tracked::written);
        }
        for id in channels {
            self.channels.get_mut(id).into_iter().for_each(Tracked::written);
        }
    }

    /// How many items are cached.
    pub fn items_cached(&self) -> usize {
        self.items.len()
    }
}
