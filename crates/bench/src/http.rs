//! Orders over HTTP/1.1 on connections that stay open, by a client that does no more than it must.

use crate::BenchError;
use crate::goods::{CHANNEL, PLACES, Taste, key, sku, three};
use crate::load::{Caller, Done, drive};
use crate::random::Random;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use waybill_engine::Engine;

/// What an answer is awaited with.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Serves the API of an engine.
pub trait Server: Send + Sync {
    /// # Errors
    /// What went wrong, in words.
    fn start<'a>(&'a self, engine: Engine) -> Boxed<'a, Result<Box<dyn Serving>, String>>;
}

/// A server that runs.
pub trait Serving: Send + Sync {
    fn address(&self) -> SocketAddr;
    fn stop(self: Box<Self>) -> Boxed<'static, ()>;
}

/// Places orders on one connection.
pub struct Client {
    stream: TcpStream,
    secret: String,
    random: Random,
    answer: Vec<u8>,
}

fn failed(error: impl std::fmt::Display) -> BenchError {
    BenchError::Http(error.to_string())
}

impl Client {
    pub async fn connect(address: SocketAddr, secret: String) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self { stream, secret, random: Random::fresh(), answer: Vec::with_capacity(8_192) })
    }

    fn request(&mut self) -> String {
        let lines = three(&mut self.random, Taste::Spread)
            .map(|n| {
                let quantity = 1 + self.random.below(3);
                format!(r#"{{"sku":"{}","quantity":{quantity},"unit_price_minor":1999,"tax_minor":380}}"#, sku(n))
            })
            .join(",");
        let body = format!(
            r#"{{"channel":"{CHANNEL}","external_ref":"{}","currency":"EUR","customer":{{"name":"Ada Example","email":"ada@example.org"}},"ship_to":{{"name":"Ada Example","line1":"1 Main Street","city":"Dublin","postal_code":"D01 F5P2","country":"IE"}},"lines":[{lines}],"payment":{{"method":"terms"}}}}"#,
            self.random.uuid()
        );
        format!(
            "POST /api/v1/orders HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.secret,
            self.random.uuid(),
            body.len()
        )
    }

    /// Places one order: true when it was taken, false when the server has too many and says when to come again.
    pub async fn offer(&mut self) -> Result<bool, BenchError> {
        let request = self.request();
        self.stream.write_all(request.as_bytes()).await.map_err(failed)?;
        self.read().await
    }

    /// Reads one answer with a length.
    async fn read(&mut self) -> Result<bool, BenchError> {
        self.answer.clear();
        loop {
            let count = self.stream.read_buf(&mut self.answer).await.map_err(failed)?;
            if count == 0 {
                return Err(failed("the server closed the connection"));
            }
            if let Some(answer) = parse(&self.answer) {
                return answer.map_err(failed);
            }
        }
    }
}

/// Whether a whole answer takes the order, or asks to come again; `None` while some of it is missing.
fn parse(answer: &[u8]) -> Option<Result<bool, String>> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status: Option<u16> = head.get(9..12).and_then(|status| status.parse().ok());
    let number = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().parse::<usize>().ok())?
        })
    };
    let (Some(status), Some(length)) = (status, number("content-length")) else {
        return Some(Err(format!("an answer that is not understood: {head}")));
    };
    if answer.len() < end + 4 + length {
        return None;
    }
    match status {
        201 => Some(Ok(true)),
        503 if number("retry-after").is_some() => Some(Ok(false)),
        _ => Some(Err(format!("status {status}: {}", String::from_utf8_lossy(&answer[end + 4..])))),
    }
}

impl Caller for Client {
    async fn place(&mut self) -> Result<(), BenchError> {
        if self.offer().await? { Ok(()) } else { Err(failed("the server has too many orders")) }
    }
}

pub async fn measure(
    server: &dyn Server,
    engine: &Engine,
    connections: usize,
    measured: Duration,
) -> Result<Done, BenchError> {
    let secret = key(engine, PLACES).await?;
    let serving = server.start(engine.clone()).await.map_err(BenchError::Http)?;
    let mut clients = Vec::with_capacity(connections);
    for _ in 0..connections {
        clients.push(Client::connect(serving.address(), secret.clone()).await?);
    }
    let done = drive(clients, measured).await;
    serving.stop().await;
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_has_come() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(answer), Some(Ok(true)));
        let later = b"HTTP/1.1 503 Later\r\nretry-after: 1\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(parse(later), Some(Ok(false)));
        assert_eq!(parse(&answer[..answer.len() - 1]), None);
        assert_eq!(parse(&answer[..20]), None);
        assert!(
            matches!(parse(b"HTTP/1.1 422 No\r\nContent-Length: 1\r\n\r\nx"), Some(Err(why)) if why.contains("422"))
        );
    }
}
