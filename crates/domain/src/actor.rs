//! Who acts, through which door, and what they may do.

use crate::ids::{ApiKeyId, ChannelId, LocationId, UserId};
use serde::{Deserialize, Serialize};

codes! {
    /// How a command came in.
    pub enum Door {
        Api = "api",
        Console = "console",
        Command = "command_line",
        Import = "import",
        Worker = "worker",
        Gateway = "gateway",
        Carrier = "carrier",
        /// The page of an order that its customer opens by a link.
        Portal = "portal",
    }

    /// What an actor may do. Reading is a permission of its own.
    pub enum Permission {
        CatalogRead = "catalog.read",
        CatalogWrite = "catalog.write",
        CustomersRead = "customers.read",
        CustomersWrite = "customers.write",
        StockRead = "stock.read",
        StockWrite = "stock.write",
        OrdersRead = "orders.read",
        OrdersWrite = "orders.write",
        HoldsRelease = "holds.release",
        PaymentsWrite = "payments.write",
        FulfillmentWrite = "fulfillment.write",
        ReturnsWrite = "returns.write",
        EventsRead = "events.read",
        KeysWrite = "keys.write",
        SettingsWrite = "settings.write",
        WebhooksRead = "webhooks.read",
        WebhooksWrite = "webhooks.write",
        UsersRead = "users.read",
        UsersWrite = "users.write",
        AuditRead = "audit.read",
    }
}

/// Which objects of a kind an actor may see and touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scope<T> {
    All(AllMarker),
    Only(Vec<T>),
}

/// Written as the word `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllMarker {
    All,
}

impl<T: PartialEq> Scope<T> {
    pub const ALL: Self = Self::All(AllMarker::All);

    pub fn contains(&self, one: &T) -> bool {
        match self {
            Self::All(_) => true,
            Self::Only(some) => some.contains(one),
        }
    }

    pub fn only(&self) -> Option<&[T]> {
        match self {
            Self::All(_) => None,
            Self::Only(some) => Some(some),
        }
    }
}

/// Who: shown in events as `usr_...`, `key_...`, `system` or a worker's name; never a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    User(UserId),
    ApiKey(ApiKeyId),
    /// Waybill itself: workers, the import, the command line.
    System(&'static str),
}

impl Principal {
    /// Whoever has the link of one order.
    pub const CUSTOMER: Self = Self::System("customer");
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::ApiKey(id) => id.fmt(f),
            Self::System(name) => write!(f, "system:{name}"),
        }
    }
}

/// An authenticated caller with everything the engine needs to judge what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub principal: Principal,
    pub door: Door,
    permissions: u32,
    pub channels: Scope<ChannelId>,
    pub locations: Scope<LocationId>,
}

impl Actor {
    pub fn new(principal: Principal, door: Door, permissions: &[Permission]) -> Self {
        let permissions = permissions.iter().fold(0, |set, permission| set | 1 << *permission as u32);
        Self { principal, door, permissions, channels: Scope::ALL, locations: Scope::ALL }
    }

    /// Waybill's own hands: every permission, every scope.
    pub fn system(name: &'static str, door: Door) -> Self {
        Self::new(Principal::System(name), door, <Permission as crate::Code>::ALL)
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions & 1 << permission as u32 != 0
    }

    /// Sees and touches everything: no list needs a filter.
    pub fn is_unscoped(&self) -> bool {
        matches!((&self.channels, &self.locations), (Scope::All(_), Scope::All(_)))
    }
}
