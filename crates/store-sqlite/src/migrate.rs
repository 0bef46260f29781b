//! Brings a file's schema to this version.

use crate::error::plain;
use rusqlite::Connection;
use waybill_store::StoreError;
use waybill_store::migration::{Applied, CREATE_SCHEMA_MIGRATIONS, Migration, now_us, pending};

/// Every migration of this backend, oldest first. The other backend has the same numbers and names.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "spine", sql: include_str!("../migrations/0001_spine.sql") },
    Migration { version: 2, name: "webhooks", sql: include_str!("../migrations/0002_webhooks.sql") },
    Migration { version: 3, name: "search", sql: include_str!("../migrations/0003_search.sql") },
    Migration { version: 4, name: "store_secrets", sql: include_str!("../migrations/0004_store_secrets.sql") },
    Migration { version: 5, name: "access", sql: include_str!("../migrations/0005_access.sql") },
    Migration { version: 6, name: "console_stats", sql: include_str!("../migrations/0006_console_stats.sql") },
    Migration { version: 7, name: "console_holds", sql: include_str!("../migrations/0007_console_holds.sql") },
    Migration { version: 8, name: "preferences", sql: include_str!("../migrations/0008_preferences.sql") },
    Migration { version: 9, name: "identities", sql: include_str!("../migrations/0009_identities.sql") },
    Migration { version: 10, name: "assignees", sql: include_str!("../migrations/0010_assignees.sql") },
    Migration { version: 11, name: "customer_notes", sql: include_str!("../migrations/0011_customer_notes.sql") },
    Migration { version: 12, name: "sign_ins", sql: include_str!("../migrations/0012_sign_ins.sql") },
    Migration { version: 13, name: "item_costs", sql: include_str!("../migrations/0013_item_costs.sql") },
    Migration { version: 14, name: "mentions", sql: include_str!("../migrations/0014_mentions.sql") },
    Migration { version: 15, name: "delivered", sql: include_str!("../migrations/0015_delivered.sql") },
    Migration { version: 16, name: "waiting_messages", sql: include_str!("../migrations/0016_waiting_messages.sql") },
    Migration {
        version: 17,
        name: "items_less_cancelled",
        sql: include_str!("../migrations/0017_items_less_cancelled.sql"),
    },
    Migration { version: 18, name: "failed_sign_ins", sql: include_str!("../migrations/0018_failed_sign_ins.sql") },
];

/// What a file has behind it; nothing where it was never migrated.
pub fn applied(connection: &Connection) -> Result<Vec<Applied>, StoreError> {
    let exists = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_migrations'";
    if connection.query_row(exists, [], |row| row.get::<_, i64>(0)).map_err(plain)? == 0 {
        return Ok(Vec::new());
    }
    let sql = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
    let mut statement = connection.prepare(sql).map_err(plain)?;
    let rows =
        statement.query_map([], |row| Ok(Applied { version: row.get(0)?, name: row.get(1)?, checksum: row.get(2)? }));
    rows.and_then(Iterator::collect).map_err(plain)
}

/// Applies what is missing, each migration whole or not at all. Returns their titles.
pub fn migrate(connection: &mut Connection, known: &[Migration]) -> Result<Vec<String>, StoreError> {
    let missing = pending(&applied(connection)?, known)?;
    let mut titles = Vec::new();
    for migration in missing {
        apply(connection, migration).map_err(plain)?;
        titles.push(migration.title());
    }
    Ok(titles)
}

fn apply(connection: &mut Connection, migration: &Migration) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(CREATE_SCHEMA_MIGRATIONS)?;
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
        (migration.version, migration.name, migration.checksum(), now_us()),
    )?;
    transaction.commit()
}
