//! How many connections are open, and which gives way when there is no room for another.
//!
//! Each takes a file descriptor, of which a process has a limited number and needs some for its database. Clients that hold
//! connections and ask for nothing are no reason to turn others away, so the one that has been silent the longest goes.

use axum::body::{Body, HttpBody};
use axum::http::Response;
use hyper::body::{Frame, SizeHint};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Where the system does not say how many files a process may open; below what is usual anywhere.
const FALLBACK: usize = 200;
/// Nobody needs more, and each takes memory.
const MOST: usize = 50_000;

/// As many connections as leave a quarter of the files that this process may open to everything else.
pub fn connections_that_fit() -> usize {
    std::fs::read_to_string("/proc/self/limits").ok().as_deref().and_then(fitting).unwrap_or(FALLBACK)
}

/// The same, from what Linux says of a process's limits.
fn fitting(limits: &str) -> Option<usize> {
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match files.split_whitespace().next()? {
        "unlimited" => Some(MOST),
        files => files.parse::<usize>().ok().map(|files| (files / 4 * 3).clamp(1, MOST)),
    }
}

/// The open connections.
pub struct Connections {
    room: Arc<Semaphore>,
    silent: Mutex<Silent>,
}

/// Those whose client is to send a head, the longest silent first.
#[derive(Default)]
struct Silent {
    next: u64,
    by_turn: BTreeMap<u64, Arc<Notify>>,
}

impl Connections {
    pub fn new(max: usize) -> Arc<Self> {
        let room = Arc::new(Semaphore::new(max.clamp(1, Semaphore::MAX_PERMITS)));
        Arc::new(Self { room, silent: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Silent> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in, for which another may have to go. None where all are being answered.
    pub async fn take_in(self: &Arc<Self>) -> Option<Arc<Connection>> {
        let permit = match self.room.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let (_, longest) = self.lock().by_turn.pop_first()?;
                longest.notify_one();
                self.room.clone().acquire_owned().await.ok()?
            }
        };
        let connection =
            Connection { all: self.clone(), goes: Arc::default(), turn: Mutex::new(None), _permit: permit };
        connection.is_silent();
        Some(Arc::new(connection))
    }
}

/// One open connection; its room is free again when the last of it is dropped.
pub struct Connection {
    all: Arc<Connections>,
    goes: Arc<Notify>,
    /// Its place among the silent.
    turn: Mutex<Option<u64>>,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    fn turn(&self) -> MutexGuard<'_, Option<u64>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has to give way.
    pub async fn gives_way(&self) {
        self.goes.notified().await;
    }

    /// The client is to send a head.
    fn is_silent(&self) {
        let mut own = self.turn();
        let mut silent = self.all.lock();
        if own.is_none() {
            silent.next += 1;
            let turn = silent.next;
            silent.by_turn.insert(turn, self.goes.clone());
            *own = Some(turn);
        }
    }

    /// The client has sent a head, and is silent again when the answer is dropped. None where the connection has given way
    /// to another just now.
    pub fn asks(self: &Arc<Self>) -> Option<Answering> {
        let turn = self.turn().take();
        if let Some(turn) = turn {
            self.all.lock().by_turn.remove(&turn)?;
        }
        Some(Answering(self.clone()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let turn = self.turn().take();
        if let Some(turn) = turn {
            self.all.lock().by_turn.remove(&turn);
        }
    }
}

/// A request is being answered.
pub struct Answering(Arc<Connection>);

impl Answering {
    /// Until the whole answer is sent.
    pub fn until_sent(self, response: Response<Body>) -> Response<Body> {
        response.map(|body| Body::new(Sending { body, _answering: self }))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.is_silent();
    }
}

/// The body of an answer on its way.
struct Sending {
    body: Body,
    _answering: Answering,
}

impl HttpBody for Sending {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_files_is_left_to_others() {
        let limits =
            |soft: &str| format!("Limit  Soft Limit  Hard Limit  Units\nMax open files   {soft}   524288   files\n");
        assert_eq!(fitting(&limits("1024")), Some(768));
        assert_eq!(fitting(&limits("unlimited")), Some(50_000));
        assert_eq!(fitting("Max processes 5 5 processes\n"), None);
    }

    #[tokio::test]
    async fn the_longest_silent_connection_gives_way_and_none_that_is_answered() {
        let all = Connections::new(2);
        let first = all.take_in().await.expect("room");
        let second = all.take_in().await.expect("room");
        let answering = first.asks().expect("a head in time");
        // The second is silent, and goes when it hears of it.
        let goes = tokio::spawn(async move { second.gives_way().await });
        let third = all.take_in().await.expect("room");
        goes.await.expect("it gave way");
        let busy = third.asks().expect("a head in time");
        assert!(all.take_in().await.is_none(), "both are being answered");
        drop(busy);
        drop(answering);
        // The third was silent before the first was.
        let goes = tokio::spawn(async move { third.gives_way().await });
        let _fourth = all.take_in().await.expect("room");
        goes.await.expect("it gave way");
        assert!(first.asks().is_some());
    }
}
