//! Connections to the addresses that were checked: a name is resolved once, here, and what it stood for is what is
//! connected to. A name that stands for something else a moment later changes nothing.

pub mod address;
pub mod trust;

use address::is_public;
use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tower_service::Service;
use trust::Trust;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("a forbidden address")]
    Forbidden,
    #[error("the name stands for no address: {0}")]
    Resolve(io::Error),
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no TLS: {0}")]
    Tls(String),
}

/// Addresses of one name that are tried at most.
const ADDRESSES_MAX: usize = 8;

/// A host that is an address itself.
pub fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[derive(Clone, Debug)]
pub struct Connector {
    allow_private: bool,
    /// How long everything may take, from resolving the name to the answer.
    limit: Duration,
    trust: Trust,
}

impl Connector {
    pub fn new(allow_private: bool, limit: Duration, trust: Trust) -> Self {
        Self { allow_private, limit, trust }
    }

    async fn connect(self, uri: Uri) -> Result<Stream, ConnectError> {
        let host = uri.host().unwrap_or_default();
        let encrypted = uri.scheme_str() != Some("http");
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let tcp = self.reach(host, port).await?;
        let _ = tcp.set_nodelay(true);
        if !encrypted {
            return Ok(Stream(TokioIo::new(Box::new(tcp))));
        }
        let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(name).map_err(|error| ConnectError::Tls(error.to_string()))?;
        let config = self.trust.config().await.map_err(ConnectError::Tls)?;
        let tls = TlsConnector::from(config).connect(name, tcp).await;
        let tls = tls.map_err(|error| ConnectError::Tls(error.to_string()))?;
        Ok(Stream(TokioIo::new(Box::new(tls))))
    }

    /// The first of the host's addresses that may be connected to, and can be.
    async fn reach(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let found: Vec<SocketAddr> = match literal(host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => tokio::net::lookup_host((host, port)).await.map_err(ConnectError::Resolve)?.collect(),
        };
        let allowed = found.into_iter().filter(|address| self.allow_private || is_public(address.ip()));
        first_of(allowed.take(ADDRESSES_MAX).collect(), self.limit).await
    }
}

/// The first address that can be connected to. Each may take its share of the time, and one share is left for the answer,
/// so that an address where nobody is does not use up the time of those where somebody is.
async fn first_of(addresses: Vec<SocketAddr>, limit: Duration) -> Result<TcpStream, ConnectError> {
    let share = limit / u32::try_from(addresses.len() + 1).unwrap_or(u32::MAX);
    let mut last = ConnectError::Forbidden;
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = ConnectError::Connect(error),
            Err(_) => last = ConnectError::Connect(io::ErrorKind::TimedOut.into()),
        }
    }
    Err(last)
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection, with TLS or without.
pub struct Stream(TokioIo<Box<dyn Io>>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpSocket};

    /// An address where connecting neither succeeds nor fails: its queue is full, and nobody takes from it.
    async fn dead() -> (TcpListener, [TcpStream; 2]) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let wait = || async { TcpStream::connect(address).await.unwrap() };
        (listener, [wait().await, wait().await])
    }

    #[tokio::test]
    async fn an_address_where_nobody_answers_leaves_time_for_the_next() {
        let (dead, _waiting) = dead().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (nobody, somebody) = (dead.local_addr().unwrap(), listener.local_addr().unwrap());
        let limit = Duration::from_secs(1);
        let found = timeout(limit, first_of(vec![nobody, somebody], limit)).await;
        assert_eq!(found.expect("in time").expect("a connection").peer_addr().unwrap(), somebody);
        let found = timeout(limit, first_of(vec![nobody], limit)).await.expect("in time");
        assert!(matches!(found, Err(ConnectError::Connect(error)) if error.kind() == io::ErrorKind::TimedOut));
    }
}
