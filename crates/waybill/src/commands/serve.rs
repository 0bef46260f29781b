//! `waybill serve`.

use crate::control;
use crate::database::{self, Database};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use crate::single_sign_on;
use serde_json::json;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use waybill_engine::Engine;
use waybill_store::read::keys;
use waybill_store::{Store, StoreError};
use waybill_web::{WebOptions, WebState};

pub async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = database::open_current(&settings.database()?, settings).await?;
    let engine = database::engine(store, settings, true).await?;
    until_stopped(engine, settings, output, async |_| Ok(()), std::future::pending()).await
}

/// Serves until the process is asked to stop; `beside` runs along. `welcome` is told the address before anybody is served.
pub async fn until_stopped(
    engine: Engine,
    settings: &Settings,
    output: Output,
    welcome: impl AsyncFnOnce(SocketAddr) -> Result<(), Failure>,
    beside: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let served = serve(&engine, settings, output, welcome, beside).await;
    engine.stop().await;
    served
}

async fn serve(
    engine: &Engine,
    settings: &Settings,
    output: Output,
    welcome: impl AsyncFnOnce(SocketAddr) -> Result<(), Failure>,
    beside: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Failure> {
    let is_new = is_new(&**engine.store()).await?;
    allowed(is_new, settings)?;
    let sign_on = single_sign_on::provider(settings)?;
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::Other(format!("cannot listen on {listen}: {error}; name another address with --listen"))
    })?;
    let address = listener.local_addr().unwrap_or(listen);
    let options = WebOptions {
        loopback_open: listen.ip().is_loopback(),
        settle: Duration::from_millis(settings.server.settle_ms),
        connections_max: match settings.server.connections_max {
            0 => waybill_web::connections_that_fit(),
            max => max,
        },
        session_idle_s: i64::from(settings.server.session_idle_min) * 60,
        session_max_s: i64::from(settings.server.session_max_h) * 3_600,
        sign_on,
        ..WebOptions::default()
    };
    let state = WebState::new(engine.clone(), options);
    output.answer(&json!({"listening": format!("http://{address}")}));
    output.line(format!(
        "Waybill serves at http://{address} (API under /api/v1, its description at /docs); stop with Ctrl-C"
    ));
    if is_new && listen.ip().is_loopback() {
        output.line(format!("nobody has an account here yet; begin at http://{address}/setup"));
    }
    welcome(address).await?;
    let _control = match settings.database()? {
        Database::Sqlite(path) => control::answer(&path, Arc::clone(engine.store())),
        Database::Postgres(_) => None,
    };
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let mut asked = stopping.clone();
    let mut server = tokio::spawn(waybill_web::serve(listener, state, async move {
        let _ = asked.wait_for(|stop| *stop).await;
    }));
    let beside = tokio::spawn(beside);
    let ended = tokio::select! {
        ended = &mut server => Some(ended),
        () = stop_asked() => None,
    };
    beside.abort();
    let ended = match ended {
        Some(ended) => ended,
        None => {
            output.line("finishing what is under way");
            stop.send_replace(true);
            match tokio::time::timeout(Duration::from_millis(settings.server.stop_ms), &mut server).await {
                Ok(ended) => ended,
                Err(_) => {
                    tracing::warn!("some requests took too long and were cut off");
                    server.abort();
                    return Ok(());
                }
            }
        }
    };
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Failure::Other(format!("the server stopped: {error}"))),
        Err(error) => Err(Failure::Other(format!("the server stopped: {error}"))),
    }
}

/// Whether nobody and nothing can prove who it is yet.
async fn is_new(store: &dyn Store) -> Result<bool, Failure> {
    Ok(!keys::anybody(store).await.map_err(StoreError::from)?)
}

/// Anybody on the network could use a store that knows nobody.
fn allowed(is_new: bool, settings: &Settings) -> Result<(), Failure> {
    let listen = settings.server.listen;
    if listen.ip().is_loopback() || !is_new {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "{listen} can be reached from other machines and the store has neither a user nor an API key yet; make one with `waybill user create --email EMAIL --name NAME` or `waybill key create --name NAME`, or listen on 127.0.0.1"
    )))
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
