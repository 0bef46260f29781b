//! The working set of a batch: the records its commands need, and what became of them.

mod fold;

use crate::access::User;
use crate::access::email::EmailDigest;
use crate::access::identity::IdentityDigest;
use crate::attempt::Origin;
use crate::catalog::Catalog;
use crate::catalog::item::{Item, Supply};
use crate::catalog::location::Location;
use crate::chain::Chain;
use crate::command::Stop;
use crate::customer::Customer;
use crate::event::{Aggregate, AggregateKind, Event};
use crate::footprint::Footprint;
use crate::ids::*;
use crate::ledger::{StockKey, StockPosting};
use crate::order::{Order, OrderRefusal};
use crate::rows::{Rows, Tracked};
use crate::settings::Settings;
use crate::stock::StockRefusal;
use crate::stock::document::StockDocument;
use crate::stock::level::StockLevel;
use crate::stock::reservation::Reservation;
use crate::stock::transfer::Transfer;
use crate::system::{ApiKey, SettingsRecord};
use crate::webhook::{WebhookEndpoint, WebhookReplay};
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
    webhook_endpoints: FxHashMap<WebhookEndpointId, Tracked<WebhookEndpoint>>,
    /// Those asked for in this batch: no rule reads the earlier ones.
    webhook_replays: Rows<WebhookReplay>,
    users: FxHashMap<UserId, Tracked<User>>,
    /// Who has an email; None for nobody.
    user_emails: FxHashMap<EmailDigest, Option<UserId>>,
    /// Who is bound to an identity; None for nobody.
    user_identities: FxHashMap<IdentityDigest, Option<UserId>>,
    /// Whether every owner is here.
    has_owners: bool,
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

    /// The location, if stock may come to it: what lies at an archived one is not sold.
    pub fn stocked_location(&self, id: LocationId) -> Result<&Location, StockRefusal> {
        match self.catalog.location(id) {
            None => Err(StockRefusal::UnknownLocation { location: id.to_string() }),
            Some(location) if location.archived => {
                Err(StockRefusal::LocationArchived { location: location.code.clone() })
            }
            Some(location) => Ok(location),
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

    pub fn webhook_endpoint(&self, id: WebhookEndpointId) -> Option<&WebhookEndpoint> {
        self.webhook_endpoints.get(&id).map(|endpoint| &**endpoint)
    }

    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id).map(|user| &**user)
    }

    pub fn user_by_email(&self, digest: EmailDigest) -> Option<&User> {
        self.user_emails.get(&digest).copied().flatten().and_then(|id| self.user(id))
    }

    pub fn user_by_identity(&self, digest: IdentityDigest) -> Option<&User> {
        self.user_identities.get(&digest).copied().flatten().and_then(|id| self.user(id))
    }

    /// Those that are here.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values().map(|user| &**user)
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
            webhook_endpoints: not(&needs.webhook_endpoints, |id| self.webhook_endpoints.contains_key(id)),
            users: not(&needs.users, |id| self.users.contains_key(id)),
            user_emails: not(&needs.user_emails, |digest| self.user_emails.contains_key(digest)),
            user_identities: not(&needs.user_identities, |digest| self.user_identities.contains_key(digest)),
            owners: needs.owners && !self.has_owners,
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

    pub fn load_webhook_endpoint(&mut self, endpoint: WebhookEndpoint) {
        self.webhook_endpoints.insert(endpoint.id, Tracked::loaded(endpoint));
    }

    /// A user as the store has it; what is here already is newer.
    pub fn load_user(&mut self, user: User) {
        let (id, email, identity) = (user.id, user.email_digest, user.identity_digest);
        let known = self.users.entry(id).or_insert_with(|| Tracked::loaded(user));
        if let Some(digest) = email {
            let owner = (known.email_digest == email).then_some(id);
            self.user_emails.entry(digest).or_insert(owner);
        }
        if let Some(digest) = identity {
            let owner = (known.identity_digest == identity).then_some(id);
            self.user_identities.entry(digest).or_insert(owner);
        }
    }

    /// Every owner that the store has was loaded.
    pub fn loaded_owners(&mut self) {
        self.has_owners = true;
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
        let endpoints = &needs.webhook_endpoints;
        take(endpoints, &mut self.webhook_endpoints, &before.webhook_endpoints, Tracked::written);
        take(&needs.user_emails, &mut self.user_emails, &before.user_emails, |_| ());
        take(&needs.user_identities, &mut self.user_identities, &before.user_identities, |_| ());
        let mailed = needs.user_emails.iter().filter_map(|digest| self.user_emails.get(digest).copied().flatten());
        let bound = needs.user_identities.iter();
        let bound = bound.filter_map(|digest| self.user_identities.get(digest).copied().flatten());
        let mut users: Vec<UserId> = needs.users.iter().copied().chain(mailed).chain(bound).collect();
        if needs.owners {
            // Whoever that batch touched may be an owner since, or no longer; the others are in the store as they were.
            users.extend(before.users.keys());
        }
        take(&users, &mut self.users, &before.users, Tracked::written);
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

    pub fn tracked_users(&self) -> impl Iterator<Item = &Tracked<User>> {
        self.users.values()
    }

    pub fn webhook_endpoints(&self) -> impl Iterator<Item = &Tracked<WebhookEndpoint>> {
        self.webhook_endpoints.values()
    }

    pub const fn webhook_replays(&self) -> &Rows<WebhookReplay> {
        &self.webhook_replays
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
            AggregateKind::WebhookEndpoint => self.webhook_endpoints.get(&WebhookEndpointId(id)).map(|one| one.chain),
            AggregateKind::User => self.users.get(&UserId(id)).map(|user| user.chain),
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
            AggregateKind::WebhookEndpoint => {
                self.webhook_endpoints.get_mut(&WebhookEndpointId(id)).map(|one| &mut one.edit().chain)
            }
            AggregateKind::User => self.users.get_mut(&UserId(id)).map(|user| &mut user.edit().chain),
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
        for id in self.unsettled.drain() {
            if let Some(order) = self.orders.get_mut(&id).and_then(Option::as_mut) {
                order.settle();
                debug_assert!(order.broken_laws().is_empty(), "{id}: {:?}", order.broken_laws());
            }
        }
    }
}

impl From<OrderRefusal> for Box<Stop> {
    fn from(refusal: OrderRefusal) -> Self {
        Self::new(refusal.into())
    }
}
