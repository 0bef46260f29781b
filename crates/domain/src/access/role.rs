//! Roles: what people in each part of the business may do.

use crate::Code;
use crate::actor::Permission;

codes! {
    /// A set of permissions with a name.
    pub enum Role {
        /// Everything, people and keys included.
        Owner = "owner",
        /// Runs the business from day to day.
        Manager = "manager",
        /// Takes orders and talks to customers.
        OrderDesk = "order_desk",
        /// Moves goods.
        Warehouse = "warehouse",
        /// Helps customers after the sale.
        Support = "support",
        /// Takes, returns and checks money.
        Accountant = "accountant",
        /// Looks.
        Viewer = "viewer",
    }
}

use Role::{Accountant, Manager, OrderDesk, Owner, Support, Viewer, Warehouse};

const EVERYBODY: &[Role] = Role::ALL;

/// Who may what: the one table behind every role. `docs/access.md` shows it, and a test compares them.
pub const TABLE: &[(Permission, &[Role])] = &[
    (Permission::CatalogRead, EVERYBODY),
    (Permission::CatalogWrite, &[Owner, Manager]),
    (Permission::CustomersRead, &[Owner, Manager, OrderDesk, Support, Accountant, Viewer]),
    (Permission::CustomersWrite, &[Owner, Manager, OrderDesk, Support]),
    (Permission::StockRead, EVERYBODY),
    (Permission::StockWrite, &[Owner, Manager, Warehouse]),
    (Permission::OrdersRead, EVERYBODY),
    (Permission::OrdersWrite, &[Owner, Manager, OrderDesk, Support]),
    // Not who takes the orders: a doubt is decided by somebody else.
    (Permission::HoldsRelease, &[Owner, Manager, Support, Accountant]),
    (Permission::PaymentsWrite, &[Owner, Manager, Accountant]),
    (Permission::FulfillmentWrite, &[Owner, Manager, Warehouse]),
    (Permission::ReturnsWrite, &[Owner, Manager, Warehouse, Support]),
    (Permission::EventsRead, &[Owner, Manager, Accountant]),
    (Permission::KeysWrite, &[Owner]),
    (Permission::SettingsWrite, &[Owner, Manager]),
    (Permission::WebhooksRead, &[Owner, Manager]),
    (Permission::WebhooksWrite, &[Owner]),
    (Permission::UsersRead, &[Owner, Manager]),
    (Permission::UsersWrite, &[Owner]),
    (Permission::AuditRead, &[Owner, Manager, Accountant]),
];

impl Role {
    pub fn may(self, permission: Permission) -> bool {
        TABLE.iter().any(|(one, roles)| *one == permission && roles.contains(&self))
    }

    /// In the order of their declaration.
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.may(*permission)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_permission_is_in_the_table_once_and_owners_have_all_of_them() {
        let listed: Vec<Permission> = TABLE.iter().map(|(permission, _)| *permission).collect();
        assert_eq!(listed, Permission::ALL);
        assert_eq!(Role::Owner.permissions(), Permission::ALL);
        assert!(Permission::ALL.iter().all(|one| one.code().ends_with(".read") || !Role::Viewer.may(*one)));
    }

    #[test]
    fn who_takes_orders_does_not_release_their_holds() {
        assert!(OrderDesk.may(Permission::OrdersWrite) && !OrderDesk.may(Permission::HoldsRelease));
    }
}
