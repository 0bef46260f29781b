//! The records a command needs before it can be decided.

use crate::access::email::EmailDigest;
use crate::access::identity::IdentityDigest;
use crate::ids::{
    ApiKeyId, ChannelId, CustomerId, ItemId, OrderId, ReservationId, TransferId, UserId, WebhookEndpointId,
};

/// Keys to load (and lock, where several processes write). Catalog records that are only read come from the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Orders with everything in their scope.
    pub orders: Vec<OrderId>,
    /// Items not cached yet.
    pub skus: Vec<String>,
    /// Items by id that are not cached yet.
    pub items: Vec<ItemId>,
    /// All stock levels of these items.
    pub levels: Vec<ItemId>,
    pub customers: Vec<CustomerId>,
    pub customer_codes: Vec<String>,
    /// Whether a channel has an order with this reference.
    pub external_refs: Vec<(ChannelId, String)>,
    pub transfers: Vec<TransferId>,
    pub reservations: Vec<ReservationId>,
    pub api_keys: Vec<ApiKeyId>,
    pub webhook_endpoints: Vec<WebhookEndpointId>,
    pub users: Vec<UserId>,
    /// Whether a user has this email.
    pub user_emails: Vec<EmailDigest>,
    /// Whether a user is bound to this identity.
    pub user_identities: Vec<IdentityDigest>,
    /// All owners, whatever became of them.
    pub owners: bool,
    /// The catalog and settings records of this command will change: take them from the store, locked.
    pub catalog: bool,
}

impl Footprint {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds another footprint's keys; repeats are removed by [`Footprint::normalize`].
    pub fn merge(&mut self, other: Self) {
        self.orders.extend(other.orders);
        self.skus.extend(other.skus);
        self.items.extend(other.items);
        self.levels.extend(other.levels);
        self.customers.extend(other.customers);
        self.customer_codes.extend(other.customer_codes);
        self.external_refs.extend(other.external_refs);
        self.transfers.extend(other.transfers);
        self.reservations.extend(other.reservations);
        self.api_keys.extend(other.api_keys);
        self.webhook_endpoints.extend(other.webhook_endpoints);
        self.users.extend(other.users);
        self.user_emails.extend(other.user_emails);
        self.user_identities.extend(other.user_identities);
        self.owners |= other.owners;
        self.catalog |= other.catalog;
    }

    /// Sorts every list of keys and removes repeats, so that locks are taken in one order.
    pub fn normalize(&mut self) {
        fn tidy<T: Ord>(keys: &mut Vec<T>) {
            keys.sort_unstable();
            keys.dedup();
        }
        tidy(&mut self.orders);
        tidy(&mut self.skus);
        tidy(&mut self.items);
        tidy(&mut self.levels);
        tidy(&mut self.customers);
        tidy(&mut self.customer_codes);
        tidy(&mut self.external_refs);
        tidy(&mut self.transfers);
        tidy(&mut self.reservations);
        tidy(&mut self.api_keys);
        tidy(&mut self.webhook_endpoints);
        tidy(&mut self.users);
        tidy(&mut self.user_emails);
        tidy(&mut self.user_identities);
    }
}
