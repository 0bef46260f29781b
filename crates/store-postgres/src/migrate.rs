//! Brings a database's schema to this version.

use crate::error;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
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

/// How often to look again after another process was faster. Each time it has finished at least one migration.
const ATTEMPTS: usize = 100;

/// What a database has behind it; nothing where it was never migrated.
pub async fn applied(client: &Client) -> Result<Vec<Applied>, StoreError> {
    let sql = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
    let rows = match client.query(sql, &[]).await {
        Ok(rows) => rows,
        Err(failure) if failure.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(Vec::new()),
        Err(failure) => return Err(error::read(&failure)),
    };
    let read = |row: tokio_postgres::Row| {
        Ok(Applied { version: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? })
    };
    rows.into_iter().map(|row| read(row).map_err(|failure| error::read(&failure))).collect()
}

/// Applies what is missing, each migration whole or not at all. Returns the titles of those this call applied.
///
/// Two processes may do this at once: who first writes a migration's row into `schema_migrations` applies it, in the same
/// transaction; the other waits at that row, finds it taken, and looks again.
pub async fn migrate(client: &mut Client, known: &[Migration]) -> Result<Vec<String>, StoreError> {
    let mut titles = Vec::new();
    for _ in 0..ATTEMPTS {
        let applied = applied(client).await?;
        let Some(next) = pending(&applied, known)?.first() else {
            return Ok(titles);
        };
        if apply(client, next, applied.is_empty()).await? {
            titles.push(next.title());
        }
    }
    Err(StoreError::Other("other processes kept migrating this database".to_owned()))
}

/// Returns whether it was us who applied it.
async fn apply(client: &mut Client, migration: &Migration, first: bool) -> Result<bool, StoreError> {
    let done = try_apply(client, migration, first).await;
    match done {
        Ok(()) => Ok(true),
        Err(failure) if is_race(&failure) => Ok(false),
        Err(failure) => Err(error::read(&failure)),
    }
}

async fn try_apply(client: &mut Client, migration: &Migration, first: bool) -> Result<(), tokio_postgres::Error> {
    if first {
        client.batch_execute(CREATE_SCHEMA_MIGRATIONS).await?;
    }
    let transaction = client.transaction().await?;
    let sql = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
    let (checksum, now) = (migration.checksum(), now_us());
    transaction.execute(sql, &[&migration.version, &migration.name, &checksum, &now]).await?;
    transaction.batch_execute(migration.sql).await?;
    transaction.commit().await
}

/// Somebody else made the table or took the row. `CREATE TABLE IF NOT EXISTS` is itself open to races, and says so, by
/// how far it got, with a table or a row type that exists or a violation of a catalog's unique index.
fn is_race(failure: &tokio_postgres::Error) -> bool {
    let Some(said) = failure.as_db_error() else {
        return false;
    };
    match *said.code() {
        SqlState::DUPLICATE_TABLE | SqlState::DUPLICATE_OBJECT => said.message().contains("schema_migrations"),
        SqlState::UNIQUE_VIOLATION => {
            said.table() == Some("schema_migrations") || said.constraint().is_some_and(|name| name.starts_with("pg_"))
        }
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => true,
        _ => false,
    }
}
