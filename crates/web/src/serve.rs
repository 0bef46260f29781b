//! The socket: connections taken in, and closed where the client does not do its part.

use crate::connections::Connections;
use crate::problem::{self, Problem};
use crate::router;
use crate::sign_in::Peer;
use crate::state::WebState;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait before accepting again where the process has no room for a connection (no file descriptors).
const NO_ROOM: Duration = Duration::from_secs(1);

/// Asked by whoever watches over this server; answered on spare seats too.
const WATCHED: [&str; 2] = ["/healthz", "/readyz"];

/// Serves until `shutdown` is done, then finishes what is under way.
///
/// A client that sends its request a byte at a time, or does not read its answer, holds a connection and a file descriptor,
/// which the process has a limited number of. Where there are [`crate::WebOptions::connections_max`] and another comes, such a
/// connection is closed ([`crate::connections`]); one without a whole head also after [`crate::WebOptions::head_limit`].
/// Bodies are read within the time limit of the request. Where everybody is being answered, whoever asks how this server does
/// still hears it, and others are told to come again.
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
        let Some(seat) = connections.take_in(peer.0).await else {
            tracing::warn!("a connection is turned away: as many as may be open are being answered");
            continue;
        };
        let (service, place, is_spare) = (service.clone(), seat.place(), seat.is_spare);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            // A connection that is about to be closed begins nothing.
            let answering = place.asks();
            let is_refused = is_spare && !WATCHED.contains(&request.uri().path());
            let answer = match answering {
                Some(_) if is_refused => None,
                Some(_) => Some(service.call(request.map(|body| place.receiving(body)))),
                None => None,
            };
            async move {
                let Some(answering) = answering else { return std::future::pending().await };
                let response = match answer {
                    Some(answer) => answer.await?,
                    None => come_again(),
                };
                Ok::<_, Infallible>(answering.until_sent(response))
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

/// What is told to whoever has a spare seat.
fn come_again() -> Response {
    let mut problem = Problem::edge(problem::OVERLOADED, "As many connections as may be open are being answered.");
    problem.retry_after_s = Some(1);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
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
