//! `waybill serve`.

use crate::database;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use std::future::Future;
use waybill_engine::Engine;
use waybill_store::Store;

pub async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = database::open_current(&settings.database()?, settings).await?;
    let engine = database::engine(store, settings, true).await?;
    until_stopped(engine, settings, output, std::future::pending()).await
}

/// Serves until the process is asked to stop; `beside` runs along.
pub async fn until_stopped(
    engine: Engine,
    settings: &Settings,
    output: Output,
    beside: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    if let Err(failure) = allowed(&**engine.store(), settings).await {
        engine.stop().await;
        return Err(failure);
    }
    let beside = tokio::spawn(beside);
    output.line("stop with Ctrl-C");
    stop_asked().await;
    beside.abort();
    engine.stop().await;
    Ok(())
}

/// Anybody on the network could use a store without keys.
async fn allowed(store: &dyn Store, settings: &Settings) -> Result<(), Failure> {
    let listen = settings.server.listen;
    if listen.ip().is_loopback() {
        return Ok(());
    }
    let keys = store
        .read("SELECT 1 FROM api_keys WHERE revoked_at IS NULL LIMIT 1", &[])
        .await?;
    if keys.is_empty() {
        return Err(Failure::Usage(format!(
            "{listen} can be reached from other machines and the store has no API key yet; make one with `waybill key create --name NAME`, or listen on 127.0.0.1"
        )));
    }
    Ok(())
}

/// Waits for SIGINT or SIGTERM.
async fn stop_asked() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}
