//! The socket: connections taken in, and closed where the client does not do its part.

use crate::connections::Connections;
use crate::router;
use crate::sign_in::Peer;
use crate::state::WebState;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait before accepting again where the process has no room for a connection (no file descriptors).
const NO_ROOM: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is done, then finishes what is under way.
///
/// A client that sends its head a byte at a time holds a connection and a file descriptor, which the process has a
/// limited number of; such a connection is closed after [`crate::WebOptions::head_limit`], or where there are
/// [`crate::WebOptions::connections_max`] and another comes. Bodies are read within the time limit of the request.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let service = TowerToHyperService::new(router(state.clone()));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(state.options().head_limit);
    let open = GracefulShutdown::new();
    let connections = Connections::new(state.options().connections_max);
    let mut shutdown = pin!(shutdown);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream?,
            () = &mut shutdown => break,
        };
        let (stream, peer) = stream;
        let Some(seat) = connections.take_in().await else {
            tracing::warn!("a connection is turned away: as many as may be open are being answered");
            continue;
        };
        let (service, asked) = (service.clone(), seat.clone());
        let service = service_fn(move |mut request| {
            hyper::Request::extensions_mut(&mut request).insert(peer);
            // A connection that is about to be closed begins nothing.
            let answer = asked.asks().map(|answering| (answering, service.call(request)));
            async move {
                match answer {
                    Some((answering, answer)) => answer.await.map(|response| answering.until_sent(response)),
                    None => std::future::pending().await,
                }
            }
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    // The client's doing, and nothing that anybody has to look at.
                    tracing::debug!(%error, "a connection ended");
                },
                () = seat.gives_way() => tracing::debug!("a silent connection gave way to another"),
            }
        });
    }
    state.stop();
    drop(listener);
    open.shutdown().await;
    Ok(())
}

/// The next connection, and from where it comes.
async fn accept(listener: &TcpListener) -> std::io::Result<(TcpStream, Peer)> {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                // An answer is written at once; waiting for more to send would only delay it.
                let _ = stream.set_nodelay(true);
                return Ok((stream, Peer(from.ip())));
            }
            // Gone again before it was taken in.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
                ) => {}
            Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                tracing::error!(%error, "no connection can be taken in");
                tokio::time::sleep(NO_ROOM).await;
            }
        }
    }
}
