//! Connections of our own, beside the pool's.

use crate::error;
use crate::options::PostgresOptions;
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};
use waybill_store::StoreError;

/// What every writing connection is told.
///
/// Bulk statements have the same shape whatever their size: found by index, row by row. The planner, left alone, turns
/// them into scans and hash joins at sizes it finds right for its (empty, stale) statistics: 200 orders a batch ran at a
/// third of the speed of 100. A prepared statement keeps its one plan.
///
/// A process that hangs or is cut off must not keep its locks.
pub const WRITER_SETTINGS: &str = "SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET plan_cache_mode = force_generic_plan;
    SET jit = off;
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s';";

/// Reads a URL such as `postgres://user@host/database`, or `host=... dbname=...`.
///
/// # Errors
/// [`StoreError::Configuration`] that does not repeat the URL: it may hold a password.
pub fn configure(url: &str, options: &PostgresOptions) -> Result<Config, StoreError> {
    let mut config = Config::from_str(url)
        .map_err(|error| StoreError::Configuration(format!("the URL of the PostgreSQL database is wrong: {error}")))?;
    if config.get_ssl_mode() == SslMode::Require {
        return Err(StoreError::Configuration(
            "sslmode=require: Waybill does not encrypt its connection yet; use a socket, a trusted network or a tunnel"
                .to_owned(),
        ));
    }
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(StoreError::Configuration("the URL of the PostgreSQL database names no host".to_owned()));
    }
    if config.get_application_name().is_none() {
        config.application_name("waybill");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_limit);
    }
    if let Some(schema) = &options.schema {
        let given = config.get_options().map(|given| format!("{given} ")).unwrap_or_default();
        config.options(format!("{given}-c search_path={schema}"));
    }
    // After a switch to a standby the old server may still answer; and a cable may be cut without a word.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    config.keepalives_idle(Duration::from_secs(30));
    config.tcp_user_timeout(Duration::from_secs(30));
    Ok(config)
}

/// Opens a connection; a task of the current runtime carries it until the client is dropped.
pub async fn connect(config: &Config) -> Result<Client, StoreError> {
    let (client, connection) = config.connect(NoTls).await.map_err(|error| unreachable(&error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // Whoever waits for an answer gets the failure too; this says when it happened.
            tracing::warn!(%error, "a connection to PostgreSQL broke");
        }
    });
    Ok(client)
}

fn unreachable(failure: &tokio_postgres::Error) -> StoreError {
    match error::read(failure) {
        // No answer at connecting is the network's, whatever the client library calls it.
        StoreError::Other(words) => StoreError::Unavailable(words),
        other => other,
    }
}
