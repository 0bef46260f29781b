//! A program that receives webhooks, on a port of its own, and answers as a test says.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Heard {
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    pub text: Vec<u8>,
    /// What it was answered.
    pub status: u16,
}

impl Heard {
    pub fn position(&self) -> i64 {
        self.body["position"].as_i64().expect("a position")
    }
}

type Says = dyn Fn(&Heard) -> u16 + Send + Sync;

struct Desk {
    heard: Mutex<Vec<Heard>>,
    says: Mutex<Arc<Says>>,
    retry_after: Mutex<Option<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens until it is dropped.
pub struct Receiver {
    pub url: String,
    desk: Arc<Desk>,
    listening: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Receiver {
    pub async fn open(says: impl Fn(&Heard) -> u16 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook?token=zq-sentinel", listener.local_addr().expect("an address"));
        let desk =
            Arc::new(Desk { heard: Mutex::default(), says: Mutex::new(Arc::new(says)), retry_after: Mutex::default() });
        let here = desk.clone();
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let desk = here.clone();
                tokio::spawn(async move { desk.serve(stream).await });
            }
        });
        Self { url, desk, listening }
    }

    /// From now on it answers so.
    pub fn says(&self, says: impl Fn(&Heard) -> u16 + Send + Sync + 'static) {
        *locked(&self.desk.says) = Arc::new(says);
    }

    /// From now on its answers say when to come again.
    pub fn asks(&self, retry_after: &str) {
        *locked(&self.desk.retry_after) = Some(retry_after.to_owned());
    }

    pub fn heard(&self) -> Vec<Heard> {
        locked(&self.desk.heard).clone()
    }

    /// Positions of what was taken, in the order of their arrival.
    pub fn taken(&self) -> Vec<i64> {
        self.heard().iter().filter(|one| one.status == 200).map(Heard::position).collect()
    }
}

impl Desk {
    /// Requests of one connection, until it ends.
    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let end = loop {
                match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                    Some(end) => break end + 4,
                    None => read(&mut stream, &mut bytes).await?,
                }
            };
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let headers: BTreeMap<String, String> = head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect();
            let length: usize = headers.get("content-length")?.parse().ok()?;
            while bytes.len() < end + length {
                read(&mut stream, &mut bytes).await?;
            }
            let text = bytes[end..end + length].to_vec();
            bytes.drain(..end + length);
            let body = serde_json::from_slice(&text).ok()?;
            let mut heard = Heard { headers, body, text, status: 0 };
            let says = locked(&self.says).clone();
            heard.status = says(&heard);
            let status = heard.status;
            locked(&self.heard).push(heard);
            let asks = locked(&self.retry_after).clone();
            let asks = asks.map(|when| format!("retry-after: {when}\r\n")).unwrap_or_default();
            let answer = format!("HTTP/1.1 {status} Said\r\n{asks}content-length: 6\r\n\r\nanswer");
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let count = stream.read_buf(bytes).await.ok()?;
    (count > 0).then_some(())
}
