//! The working set of a batch: the records its commands need, and what became of them.

use crate::attempt::Origin;
use crate::catalog::Catalog;
use crate::catalog::channel::Channel;
use crate::catalog::item::{Item, Supply};
use crate::catalog::location::Location;
use crate::chain::Chain;
use crate::command::Stop;
use crate::customer::Customer;
use crate::event::{Aggregate, AggregateKind, Event};
use crate::footprint::Footprint;
use crate::ids::*;
use crate::ledger::{StockKey, StockPosting};
use crate::order::{HoldState, Lifecycle, Order, OrderRefusal};
use crate::rows::{Rows, Tracked};
use crate::settings::Settings;
use crate::stock::StockRefusal;
use crate::stock::document::{StockDocument, StockDocumentKind};
use crate::stock::level::StockLevel;
use crate::stock::reservation::{Reservation, ReservationState};
use crate::stock::transfer::{Transfer, TransferHead, TransferLine, TransferState};
use crate::system::{ApiKey, SettingsRecord};
use rustc_hash::{FxHashMap, FxHashSet};

/// Records in memory, each knowing whether it must be written. Rules read it; [`World::apply`] alone changes it.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub catalog: Catalog,
    pub settings: Settings,
    settings_chain: Chain,
    settings_changed: bool,
    orders: FxHashMap<OrderId, Option<Order>>,
    levels: FxHashMap<ItemId, Vec<Tracked<StockLevel>>>,
    customers: FxHashMap<CustomerId, Tracked<Customer>>,
    customer_codes: FxHashMap<String, CustomerId>,
    external_refs: FxHashMap<(ChannelId, String), OrderId>,
    transfers: FxHashMap<TransferId, Transfer>,
    reservations: FxHashMap<ReservationId, Tracked<Reservation>>,
    documents: FxHashMap<StockDocumentId, Tracked<StockDocument>>,
    api_keys: FxHashMap<ApiKeyId, Tracked<ApiKey>>,
    /// Orders whose derived axes are to be recomputed at the end of the command.
    unsettled: FxHashSet<OrderId>,
    /// Catalog records changed by this batch.
    pub changed_items: Vec<ItemId>,
    pub changed_locations: Vec<LocationId>,
    pub changed_channels: Vec<ChannelId>,
}

impl World {
    pub fn new(catalog: Catalog, settings: Settings, settings_chain: Chain) -> Self {
        Self { catalog, settings, settings_chain, ..Self::default() }
    }

    // What rules read.

    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id).and_then(Option::as_ref)
    }

    pub fn known_order(&self, order_id: OrderId) -> Result<&Order, OrderRefusal> {
        self.order(order_id).ok_or(OrderRefusal::Unknown { order_id })
    }

    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values().flatten()
    }

    pub fn wrong_lifecycle(&self, order: &Order, needs: &str) -> OrderRefusal {
        OrderRefusal::WrongLifecycle {
            order_id: order.head.id,
            lifecycle: order.head.lifecycle,
            needs: needs.to_owned(),
        }
    }

    pub fn order_by_external_ref(&self, channel: ChannelId, external_ref: &str) -> Option<OrderId> {
        self.external_refs.get(&(channel, external_ref.to_owned())).copied()
    }

    /// The levels of an item, in location and lot order.
    pub fn levels_of(&self, item: ItemId) -> impl Iterator<Item = &StockLevel> {
        self.levels.get(&item).into_iter().flatten().map(|level| &**level)
    }

    /// Whether the levels of an item were loaded (it may have none).
    pub fn has_levels(&self, item: ItemId) -> bool {
        self.levels.contains_key(&item)
    }

    pub fn level(&self, key: StockKey) -> Option<&StockLevel> {
        self.levels_of(key.item_id).find(|level| level.key == key)
    }

    /// The item with this SKU, if it is kept in stock.
    pub fn stocked_item(&self, sku: &str) -> Result<&Item, StockRefusal> {
        let item = self
            .catalog
            .item_by_sku(sku)
            .filter(|item| !item.archived)
            .ok_or_else(|| StockRefusal::UnknownItem { sku: sku.to_owned() })?;
        match item.supply {
            Supply::Stock => Ok(item),
            Supply::Untracked | Supply::Service | Supply::Dropship => {
                Err(StockRefusal::NotStocked { sku: sku.to_owned() })
            }
        }
    }

    pub fn customer_by_code(&self, code: &str) -> Option<&Customer> {
        self.customer_codes.get(code).and_then(|id| self.customers.get(id)).map(|customer| &**customer)
    }

    pub fn transfer(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.get(&id)
    }

    pub fn reservation(&self, id: ReservationId) -> Option<&Reservation> {
        self.reservations.get(&id).map(|reservation| &**reservation)
    }

    pub fn api_key(&self, id: ApiKeyId) -> Option<&ApiKey> {
        self.api_keys.get(&id).map(|key| &**key)
    }

    pub fn work_location(&self, id: FulfillmentOrderId) -> Option<LocationId> {
        self.order(id.order_id)?.fulfillment_order(id.number).map(|work| work.location_id)
    }

    /// What of `needs` is not here yet.
    pub fn missing(&self, needs: &Footprint) -> Footprint {
        fn not<T: Clone>(keys: &[T], known: impl Fn(&T) -> bool) -> Vec<T> {
            keys.iter().filter(|key| !known(key)).cloned().collect()
        }
        Footprint {
            orders: not(&needs.orders, |id| self.orders.contains_key(id)),
            skus: not(&needs.skus, |sku| self.catalog.item_by_sku(sku).is_some()),
            items: not(&needs.items, |id| self.catalog.item(*id).is_some()),
            levels: not(&needs.levels, |id| self.levels.contains_key(id)),
            customers: not(&needs.customers, |id| self.customers.contains_key(id)),
            customer_codes: not(&needs.customer_codes, |code| self.customer_codes.contains_key(code)),
            external_refs: not(&needs.external_refs, |reference| self.external_refs.contains_key(reference)),
            transfers: not(&needs.transfers, |id| self.transfers.contains_key(id)),
            reservations: not(&needs.reservations, |id| self.reservations.contains_key(id)),
            api_keys: not(&needs.api_keys, |id| self.api_keys.contains_key(id)),
            catalog: needs.catalog,
        }
    }

    // What loading brings in.

    /// Remembers that an order was looked for: with what was found, or that it does not exist.
    pub fn load_order(&mut self, id: OrderId, order: Option<Order>) {
        self.orders.insert(id, order);
    }

    /// Remembers the levels of an item, all of them.
    pub fn load_levels(&mut self, item: ItemId, mut levels: Vec<StockLevel>) {
        levels.sort_unstable_by_key(|level| level.key);
        self.levels.insert(item, levels.into_iter().map(Tracked::loaded).collect());
    }

    pub fn load_customer(&mut self, customer: Customer) {
        self.customer_codes.insert(customer.code.clone(), customer.id);
        self.customers.insert(customer.id, Tracked::loaded(customer));
    }

    pub fn load_external_ref(&mut self, channel: ChannelId, external_ref: String, order: OrderId) {
        self.external_refs.insert((channel, external_ref), order);
    }

    pub fn load_transfer(&mut self, transfer: Transfer) {
        self.transfers.insert(transfer.head.id, transfer);
    }

    pub fn load_reservation(&mut self, reservation: Reservation) {
        self.reservations.insert(reservation.id, Tracked::loaded(reservation));
    }

    pub fn load_api_key(&mut self, key: ApiKey) {
        self.api_keys.insert(key.id, Tracked::loaded(key));
    }

    /// Takes over what `needs` names from the World of the batch before, as it will stand once that batch is written. For
    /// a store that nobody else writes: what is not here then is in the store as it was.
    pub fn adopt(&mut self, needs: &Footprint, before: &Self) {
        fn take<K: Eq + std::hash::Hash + Clone, V: Clone>(
            keys: &[K],
            here: &mut FxHashMap<K, V>,
            there: &FxHashMap<K, V>,
            written: impl Fn(&mut V),
        ) {
            for key in keys {
                if let Some(found) = there.get(key)
                    && !here.contains_key(key)
                {
                    let mut found = found.clone();
                    written(&mut found);
                    here.insert(key.clone(), found);
                }
            }
        }
        take(&needs.orders, &mut self.orders, &before.orders, |order| order.iter_mut().for_each(Order::written));
        take(&needs.levels, &mut self.levels, &before.levels, |levels| levels.iter_mut().for_each(Tracked::written));
        take(&needs.customer_codes, &mut self.customer_codes, &before.customer_codes, |_| ());
        let customers: Vec<CustomerId> =
            needs.customer_codes.iter().filter_map(|code| self.customer_codes.get(code).copied()).collect();
        for customers in [&needs.customers, &customers] {
            take(customers, &mut self.customers, &before.customers, Tracked::written);
        }
        take(&needs.external_refs, &mut self.external_refs, &before.external_refs, |_| ());
        take(&needs.reservations, &mut self.reservations, &before.reservations, Tracked::written);
        take(&needs.api_keys, &mut self.api_keys, &before.api_keys, Tracked::written);
        take(&needs.transfers, &mut self.transfers, &before.transfers, |transfer| {
            transfer.head.written();
            transfer.lines.written();
        });
    }

    /// Takes an order out, for good.
    pub fn take_order(&mut self, id: OrderId) -> Option<Order> {
        self.orders.remove(&id).flatten()
    }

    // What a commit writes.

    pub fn levels(&self) -> impl Iterator<Item = &Tracked<StockLevel>> {
        self.levels.values().flatten()
    }

    pub fn level_mut(&mut self, key: StockKey) -> Option<&mut StockLevel> {
        self.levels.get_mut(&key.item_id)?.iter_mut().find(|level| level.key == key).map(Tracked::edit)
    }

    pub fn customers(&self) -> impl Iterator<Item = &Tracked<Customer>> {
        self.customers.values()
    }

    pub fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.values()
    }

    pub fn reservations(&self) -> impl Iterator<Item = &Tracked<Reservation>> {
        self.reservations.values()
    }

    pub fn documents(&self) -> impl Iterator<Item = &Tracked<StockDocument>> {
        self.documents.values()
    }

    pub fn api_keys(&self) -> impl Iterator<Item = &Tracked<ApiKey>> {
        self.api_keys.values()
    }

    /// The settings record, where this batch changed it.
    pub fn changed_settings(&self) -> Option<SettingsRecord> {
        self.settings_changed.then(|| SettingsRecord {
            id: SettingsRecord::ID,
            settings: serde_json::to_string(&self.settings).unwrap_or_default(),
            chain: self.settings_chain,
        })
    }

    pub const fn settings_chain(&self) -> Chain {
        self.settings_chain
    }

    /// Whether catalog or settings changed, so that other processes must reload them.
    pub fn catalog_changed(&self) -> bool {
        !(self.changed_items.is_empty() && self.changed_locations.is_empty() && self.changed_channels.is_empty())
    }

    // What changes the World.

    /// How far an aggregate's history goes; the start for one that does not exist yet.
    pub fn chain(&self, aggregate: Aggregate) -> Chain {
        let id = aggregate.id;
        match aggregate.kind {
            AggregateKind::Order => self.order(OrderId(id)).map(|order| order.head.chain),
            AggregateKind::Item => self.catalog.item(ItemId(id)).map(|item| item.chain),
            AggregateKind::Location => self.catalog.location(LocationId(id)).map(|location| location.chain),
            AggregateKind::Channel => self.catalog.channel(ChannelId(id)).map(|channel| channel.chain),
            AggregateKind::Customer => self.customers.get(&CustomerId(id)).map(|customer| customer.chain),
            AggregateKind::StockDocument => self.documents.get(&StockDocumentId(id)).map(|document| document.chain),
            AggregateKind::Transfer => self.transfers.get(&TransferId(id)).map(|transfer| transfer.head.chain),
            AggregateKind::Reservation => self.reservations.get(&ReservationId(id)).map(|one| one.chain),
            AggregateKind::ApiKey => self.api_keys.get(&ApiKeyId(id)).map(|key| key.chain),
            AggregateKind::Settings => Some(self.settings_chain),
        }
        .unwrap_or_default()
    }

    fn set_chain(&mut self, aggregate: Aggregate, chain: Chain) {
        let id = aggregate.id;
        let place = match aggregate.kind {
            AggregateKind::Order => {
                self.orders.get_mut(&OrderId(id)).and_then(Option::as_mut).map(|order| &mut order.head.edit().chain)
            }
            AggregateKind::Item => self.catalog.item_mut(ItemId(id)).map(|item| &mut item.chain),
            AggregateKind::Location => self.catalog.location_mut(LocationId(id)).map(|location| &mut location.chain),
            AggregateKind::Channel => self.catalog.channel_mut(ChannelId(id)).map(|channel| &mut channel.chain),
            AggregateKind::Customer => {
                self.customers.get_mut(&CustomerId(id)).map(|customer| &mut customer.edit().chain)
            }
            AggregateKind::StockDocument => {
                self.documents.get_mut(&StockDocumentId(id)).map(|document| &mut document.edit().chain)
            }
            AggregateKind::Transfer => {
                self.transfers.get_mut(&TransferId(id)).map(|transfer| &mut transfer.head.edit().chain)
            }
            AggregateKind::Reservation => {
                self.reservations.get_mut(&ReservationId(id)).map(|one| &mut one.edit().chain)
            }
            AggregateKind::ApiKey => self.api_keys.get_mut(&ApiKeyId(id)).map(|key| &mut key.edit().chain),
            AggregateKind::Settings => Some(&mut self.settings_chain),
        };
        if let Some(place) = place {
            *place = chain;
        }
    }

    /// Folds an event in: its aggregate's records, the levels its postings move, and the chain. Total.
    ///
    /// `postings` are the event's own; the levels of their items are loaded.
    pub fn apply(&mut self, event: &Event, postings: &[StockPosting], chain: Chain, origin: Origin) {
        self.fold(event, origin);
        self.set_chain(event.aggregate(), chain);
        for posting in postings {
            self.post(posting);
        }
    }

    /// Folds an event into its aggregate's records alone; levels stay as they are. For readers that follow single
    /// aggregates through the log and so never see everything that moved a level.
    pub fn refold(&mut self, event: &Event, chain: Chain, origin: Origin) {
        self.fold(event, origin);
        self.set_chain(event.aggregate(), chain);
    }

    fn post(&mut self, posting: &StockPosting) {
        let levels = self.levels.entry(posting.key.item_id).or_default();
        let place = match levels.binary_search_by_key(&posting.key, |level| level.key) {
            Ok(place) => place,
            Err(place) => {
                levels.insert(place, Tracked::new(StockLevel::empty(posting.key)));
                place
            }
        };
        levels[place].edit().post(posting.from, posting.to, posting.quantity);
    }

    /// Recomputes the axes of the orders that a command touched. Call once after its last event.
    pub fn settle(&mut self) {
        for id in std::mem::take(&mut self.unsettled) {
            if let Some(order) = self.orders.get_mut(&id).and_then(Option::as_mut) {
                order.settle();
                debug_assert!(order.broken_laws().is_empty(), "{id}: {:?}", order.broken_laws());
            }
        }
    }

    /// Every record here is in the store as it stands; what was refused or unknown stays known.
    pub fn edit_order(&mut self, id: OrderId, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.orders.get_mut(&id).and_then(Option::as_mut) {
            change(order);
            self.unsettled.insert(id);
        }
    }

    fn place(&mut self, event: &crate::order::events::OrderPlaced, lifecycle: Lifecycle, origin: Origin) {
        let order = Order::from_placed(event, lifecycle, origin);
        if let Some(external_ref) = &event.external_ref {
            self.external_refs.insert((event.channel, external_ref.clone()), event.order);
        }
        self.orders.insert(event.order, Some(order));
        self.unsettled.insert(event.order);
    }

    fn fold(&mut self, event: &Event, origin: Origin) {
        match event {
            Event::ItemCreated(set) => {
                self.catalog.put_item(Tracked::new(Item::from_set(set)));
                self.levels.entry(set.item).or_default();
                self.changed_items.push(set.item);
            }
            Event::ItemChanged(set) => {
                if let Some(item) = self.catalog.item_mut(set.item) {
                    *item = Item { chain: item.chain, ..Item::from_set(set) };
                }
                self.changed_items.push(set.item);
            }
            Event::ItemArchived(event) => {
                self.catalog.item_mut(event.item).into_iter().for_each(|item| item.archived = true);
                self.changed_items.push(event.item);
            }
            Event::LocationCreated(set) => {
                self.catalog.put_location(Tracked::new(Location::from_set(set)));
                self.changed_locations.push(set.location);
            }
            Event::LocationChanged(set) => {
                if let Some(location) = self.catalog.location_mut(set.location) {
                    *location = Location { chain: location.chain, ..Location::from_set(set) };
                }
                self.changed_locations.push(set.location);
            }
            Event::LocationArchived(event) => {
                self.catalog.location_mut(event.location).into_iter().for_each(|location| location.archived = true);
                self.changed_locations.push(event.location);
            }
            Event::ChannelCreated(set) => {
                self.catalog.put_channel(Tracked::new(Channel::from_set(set)));
                self.changed_channels.push(set.channel);
            }
            Event::ChannelChanged(set) => {
                if let Some(channel) = self.catalog.channel_mut(set.channel) {
                    *channel = Channel { chain: channel.chain, ..Channel::from_set(set) };
                }
                self.changed_channels.push(set.channel);
            }
            Event::ChannelArchived(event) => {
                self.catalog.channel_mut(event.channel).into_iter().for_each(|channel| channel.archived = true);
                self.changed_channels.push(event.channel);
            }
            Event::CustomerCreated(set) => {
                self.customer_codes.insert(set.code.clone(), set.customer);
                self.customers.insert(set.customer, Tracked::new(Customer::from_set(set)));
            }
            Event::CustomerChanged(set) => {
                if let Some(customer) = self.customers.get_mut(&set.customer) {
                    let chain = customer.chain;
                    *customer.edit() = Customer { chain, ..Customer::from_set(set) };
                }
            }
            Event::CustomerArchived(event) => {
                self.customers
                    .get_mut(&event.customer)
                    .into_iter()
                    .for_each(|customer| customer.edit().archived = true);
            }
            Event::ApiKeyCreated(event) => {
                self.api_keys.insert(
                    event.key,
                    Tracked::new(ApiKey {
                        id: event.key,
                        name: event.name.clone(),
                        secret_hash: event.secret_hash,
                        permissions: event.permissions.clone(),
                        channels: event.channels.clone(),
                        locations: event.locations.clone(),
                        created_at: event.at,
                        revoked_at: None,
                        chain: Chain::default(),
                    }),
                );
            }
            Event::ApiKeyRevoked(event) => {
                self.api_keys.get_mut(&event.key).into_iter().for_each(|key| key.edit().revoked_at = Some(event.at));
            }
            Event::SettingsChanged(event) => {
                self.settings = event.settings.clone();
                self.settings_changed = true;
            }
            Event::StockReceived(event) => {
                self.document(event.document, StockDocumentKind::Receipt, event.location, &event.reference, event.at)
            }
            Event::StockAdjusted(event) => {
                self.document(event.document, StockDocumentKind::Adjustment, event.location, &event.reference, event.at)
            }
            Event::TransferSent(event) => {
                let mut lines = Rows::default();
                for line in &event.lines {
                    lines.add(TransferLine {
                        transfer_id: event.transfer,
                        number: line.line,
                        item_id: line.item,
                        lot_id: line.lot,
                        sent: line.quantity,
                        received: crate::quantity::Quantity::ZERO,
                        lost: crate::quantity::Quantity::ZERO,
                    });
                }
                let head = Tracked::new(TransferHead {
                    id: event.transfer,
                    from_location_id: event.from,
                    to_location_id: event.to,
                    state: TransferState::Open,
                    sent_at: event.at,
                    chain: Chain::default(),
                });
                self.transfers.insert(event.transfer, Transfer { head, lines });
            }
            Event::TransferReceived(event) => {
                if let Some(transfer) = self.transfers.get_mut(&event.transfer) {
                    for (moved, lost) in
                        event.lines.iter().map(|line| (line, false)).chain(event.lost.iter().map(|line| (line, true)))
                    {
                        if let Some(line) = transfer.lines.edit_where(|line| line.number == moved.line) {
                            *(if lost { &mut line.lost } else { &mut line.received }) += moved.quantity;
                        }
                    }
                    transfer.head.edit().state = if event.done { TransferState::Done } else { TransferState::Partial };
                }
            }
            Event::ReservationCreated(event) => {
                self.reservations.insert(
                    event.reservation,
                    Tracked::new(Reservation {
                        id: event.reservation,
                        channel_id: event.channel,
                        item_id: event.item,
                        location_id: event.location,
                        lot_id: event.lot,
                        quantity: event.quantity,
                        state: ReservationState::Active,
                        expires_at: event.expires_at,
                        chain: Chain::default(),
                    }),
                );
            }
            Event::ReservationReleased(event) => self.end_reservation(event.reservation, ReservationState::Released),
            Event::ReservationExpired(event) => self.end_reservation(event.reservation, ReservationState::Expired),
            Event::ReservationConverted(event) => self.end_reservation(event.reservation, ReservationState::Converted),
            Event::OrderDrafted(event) => self.place(event, Lifecycle::Draft, origin),
            Event::OrderPlaced(event) => self.place(event, Lifecycle::Placed, origin),
            Event::OrderSubmitted(event) => self.edit_order(event.order, |order| order.apply_submitted(event)),
            Event::OrderConfirmed(event) => self.edit_order(event.order, |order| order.apply_confirmed(event)),
            Event::OrderCompleted(event) => self.edit_order(event.order, |order| order.apply_completed(event)),
            Event::OrderCancelled(event) => self.edit_order(event.order, |order| order.apply_cancelled(event)),
            Event::LinesCancelled(event) => self.edit_order(event.order, |order| order.apply_lines_cancelled(event)),
            Event::ChargeAdded(event) => self.edit_order(event.order, |order| order.apply_charge_added(event)),
            Event::HoldApplied(event) => self.edit_order(event.order, |order| order.apply_hold(event)),
            Event::HoldReleased(event) => {
                self.edit_order(event.order, |order| order.apply_hold_ended(event, HoldState::Released));
            }
            Event::HoldRejected(event) => {
                self.edit_order(event.order, |order| order.apply_hold_ended(event, HoldState::Rejected));
            }
            // A reason: kept in the log, changes no record.
            Event::RoutingDecided(_) => {}
            Event::AllocationMade(event) => self.edit_order(event.order, |order| order.apply_allocation_made(event)),
            Event::AllocationReleased(event) => {
                self.edit_order(event.order, |order| order.apply_allocation_released(event));
            }
            Event::AllocationHardened(event) => self.edit_order(event.order, |order| order.apply_hardened(event)),
            Event::BackorderOpened(event) => self.edit_order(event.order, |order| order.apply_backorder_opened(event)),
            Event::FulfillmentReleased(event) => self.edit_order(event.order, |order| order.apply_released(event)),
            Event::PickCompleted(event) => self.edit_order(event.order, |order| order.apply_picked(event)),
            Event::PickShort(event) => self.edit_order(event.order, |order| order.apply_short(event)),
            Event::ParcelPacked(event) => self.edit_order(event.order, |order| order.apply_packed(event)),
            Event::ParcelUnpacked(event) => self.edit_order(event.order, |order| order.apply_unpacked(event)),
            Event::ShipmentShipped(event) => self.edit_order(event.order, |order| order.apply_shipped(event)),
            Event::SupplierShipped(event) => self.edit_order(event.order, |order| order.apply_supplier_shipped(event)),
            Event::ShipmentTracked(event)
            | Event::ShipmentDelivered(event)
            | Event::ShipmentException(event)
            | Event::ShipmentLost(event) => self.edit_order(event.order, |order| order.apply_tracked(event)),
            Event::PaymentAdded(event) => self.edit_order(event.order, |order| order.apply_payment_added(event)),
            Event::PaymentRequested(event) => {
                self.edit_order(event.order, |order| order.apply_payment_requested(event));
            }
            Event::PaymentAuthorized(event) => {
                self.edit_order(event.order, |order| order.apply_payment_authorized(event));
            }
            Event::PaymentCaptured(event) | Event::PaymentReceived(event) => {
                self.edit_order(event.order, |order| order.apply_money_received(event));
            }
            Event::PaymentVoided(event) | Event::PaymentExpired(event) => {
                self.edit_order(event.order, |order| order.apply_authorization_ended(event));
            }
            Event::PaymentFailed(event) => self.edit_order(event.order, |order| order.apply_payment_failed(event)),
            Event::PaymentUnknown(event) => self.edit_order(event.order, |order| order.apply_payment_unknown(event)),
            // The outcome itself is the next event.
            Event::PaymentResolved(_) => {}
            Event::RefundGranted(event) => self.edit_order(event.order, |order| order.apply_refund_granted(event)),
            Event::RefundSucceeded(event) => self.edit_order(event.order, |order| order.apply_refund_succeeded(event)),
            Event::ReturnReceived(event) => self.edit_order(event.order, |order| order.apply_return_received(event)),
        }
    }

    fn document(
        &mut self,
        id: StockDocumentId,
        kind: StockDocumentKind,
        location_id: LocationId,
        reference: &Option<String>,
        booked_at: crate::time::Timestamp,
    ) {
        let reference = reference.clone();
        let document = StockDocument { id, kind, location_id, reference, booked_at, chain: Chain::default() };
        self.documents.insert(id, Tracked::new(document));
    }

    fn end_reservation(&mut self, id: ReservationId, state: ReservationState) {
        self.reservations.get_mut(&id).into_iter().for_each(|reservation| reservation.edit().state = state);
    }

    /// The refusal of a command that found an order missing which was never looked for is a bug; this tells them apart.
    pub fn looked_for(&self, id: OrderId) -> bool {
        self.orders.contains_key(&id)
    }
}

impl From<OrderRefusal> for Box<Stop> {
    fn from(refusal: OrderRefusal) -> Self {
        Self::new(refusal.into())
    }
}
