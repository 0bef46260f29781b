//! Permissions as people say them.

use crate::console::status;
use waybill_domain::Code;
use waybill_domain::access::role::TABLE;
use waybill_domain::actor::Permission;

/// What it allows, behind "may": `see stock`.
pub const fn act(permission: Permission) -> &'static str {
    match permission {
        Permission::CatalogRead => "see items, locations and channels",
        Permission::CatalogWrite => "change items, locations and channels",
        Permission::CustomersRead => "see customers",
        Permission::CustomersWrite => "change customers",
        Permission::StockRead => "see stock",
        Permission::StockWrite => "receive, adjust and move stock",
        Permission::OrdersRead => "see orders",
        Permission::OrdersWrite => "place and change orders",
        Permission::HoldsRelease => "decide on holds",
        Permission::PaymentsWrite => "take and give back money",
        Permission::FulfillmentWrite => "pick, pack and ship",
        Permission::ReturnsWrite => "take goods back",
        Permission::EventsRead => "read the log of events",
        Permission::KeysWrite => "make and revoke API keys",
        Permission::SettingsWrite => "change the settings",
        Permission::WebhooksRead => "see webhooks",
        Permission::WebhooksWrite => "change webhooks",
        Permission::UsersRead => "see who works here",
        Permission::UsersWrite => "invite people and change what they may",
        Permission::AuditRead => "see the audit trail",
    }
}

/// The roles that have it: `Owner, Manager or Accountant`.
pub fn roles(permission: Permission) -> String {
    let roles = TABLE.iter().filter(|(one, _)| *one == permission).flat_map(|(_, roles)| *roles);
    let mut names: Vec<String> = roles.map(|role| status::words(role.code())).collect();
    match (names.pop(), names.is_empty()) {
        (Some(last), false) => format!("{} or {last}", names.join(", ")),
        (last, _) => last.unwrap_or_default(),
    }
}

/// What whoever was refused would have to be allowed, from the facts of the refusal.
pub fn missing(facts: &serde_json::Value) -> Option<Permission> {
    facts["permission"].as_str().and_then(Permission::from_code)
}

/// What somebody without it is told.
pub fn told(permission: Permission) -> String {
    format!("You may not {}; that takes the role {}.", act(permission), roles(permission))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roles_of_a_permission_are_told() {
        assert_eq!(roles(Permission::AuditRead), "Owner, Manager or Accountant");
        assert_eq!(roles(Permission::WebhooksRead), "Owner or Manager");
        assert_eq!(roles(Permission::UsersWrite), "Owner");
    }
}
