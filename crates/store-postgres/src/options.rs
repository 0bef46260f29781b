//! What can be set about a store on PostgreSQL.

use std::time::Duration;

/// Settings of a process's use of the database; where it is and who asks stands in the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Connections for reading and housekeeping. Writers have their own beside these.
    pub readers: usize,
    /// How long one read may take before the server stops it.
    pub read_limit: Duration,
    /// How long to wait for a connection, from the server or from the pool.
    pub connect_limit: Duration,
    /// The schema that the store's tables are in; the role's own where none is named.
    pub schema: Option<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { readers: 8, read_limit: Duration::from_secs(10), connect_limit: Duration::from_secs(10), schema: None }
    }
}
