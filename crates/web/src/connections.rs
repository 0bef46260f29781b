//! How many connections are open, and which gives way when there is no room for another.
//!
//! Each takes a file descriptor, of which a process has a limited number and needs some for its database. Clients that hold
//! connections and do not do their part are no reason to turn others away, whether they owe the head of a request, its body,
//! or the reading of their answer. So where there is no room, one that waits for its client goes: of the address with the most
//! of them, the one that has waited the longest. A few seats are spare, so that whoever watches over this server is answered,
//! and others are told to come again, while all that is asked takes its time.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Where the system does not say how many files a process may open; below what is usual anywhere.
const FALLBACK: usize = 200;
/// Nobody needs more, and each takes memory.
const MOST: usize = 50_000;
/// Seats beside the ordinary ones.
const SPARE: usize = 8;
/// For so long a client may leave a piece of its answer unread before it can be asked to go.
const UNREAD: Duration = Duration::from_secs(1);

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
    ordinary: Arc<Room>,
    spare: Arc<Room>,
}

impl Connections {
    pub fn new(max: usize) -> Self {
        Self { ordinary: Room::new(max), spare: Room::new(SPARE) }
    }

    /// Takes a connection in, for which another may have to go. None where not even a spare seat can be had.
    pub async fn take_in(&self, peer: IpAddr) -> Option<Seat> {
        if let Some(seat) = self.ordinary.take_in(peer, false).await {
            return Some(seat);
        }
        self.spare.take_in(peer, true).await
    }
}

struct Room {
    seats: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
}

/// The connections that wait for their clients, by address.
#[derive(Default)]
struct Waiting {
    next: u64,
    by_peer: HashMap<IpAddr, BTreeMap<Turn, Arc<Notify>>>,
}

/// Whoever owes something of a request goes before whoever has an answer to read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owes {
    Request,
    Reading,
}

/// Which of an address goes first, and from when on.
type Turn = (Owes, Instant, u64);

impl Waiting {
    /// The connection that is to give way, where one may be asked to.
    fn pop(&mut self, now: Instant) -> Option<Arc<Notify>> {
        let first = |owes: Owes| {
            let may_go = |turns: &BTreeMap<Turn, _>| {
                turns.first_key_value().is_some_and(|((owed, from, _), _)| *owed == owes && *from <= now)
            };
            let peers = self.by_peer.iter().filter(|(_, turns)| may_go(turns));
            peers.max_by_key(|(_, turns)| turns.len()).map(|(peer, _)| *peer)
        };
        let peer = first(Owes::Request).or_else(|| first(Owes::Reading))?;
        let turns = self.by_peer.get_mut(&peer)?;
        let (_, goes) = turns.pop_first()?;
        if turns.is_empty() {
            self.by_peer.remove(&peer);
        }
        Some(goes)
    }

    fn remove(&mut self, peer: IpAddr, turn: Turn) -> Option<()> {
        let turns = self.by_peer.get_mut(&peer)?;
        turns.remove(&turn)?;
        if turns.is_empty() {
            self.by_peer.remove(&peer);
        }
        Some(())
    }
}

impl Room {
    fn new(seats: usize) -> Arc<Self> {
        let seats = Arc::new(Semaphore::new(seats.clamp(1, Semaphore::MAX_PERMITS)));
        Arc::new(Self { seats, waiting: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None where nobody waits for a client.
    async fn take_in(self: &Arc<Self>, peer: IpAddr, is_spare: bool) -> Option<Seat> {
        let permit = match self.seats.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let goes = self.lock().pop(Instant::now())?;
                goes.notify_one();
                self.seats.clone().acquire_owned().await.ok()?
            }
        };
        let place = Place { room: self.clone(), peer, goes: Arc::default(), state: Mutex::new(State::Works) };
        let place = Arc::new(place);
        place.waits(Owes::Request, Instant::now());
        Some(Seat { place, is_spare, _permit: permit })
    }
}

/// The right to be open: the next is let in when it is dropped.
pub struct Seat {
    place: Arc<Place>,
    /// Beside the ordinary ones: whoever has it is told to come again.
    pub is_spare: bool,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    /// Waits until it has to give way.
    pub async fn gives_way(&self) {
        self.place.goes.notified().await;
    }

    pub fn place(&self) -> Arc<Place> {
        self.place.clone()
    }
}

/// Whether one connection waits for its client. What is left of a request may outlive the connection.
pub struct Place {
    room: Arc<Room>,
    peer: IpAddr,
    goes: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    /// What is to be done is this server's.
    Works,
    /// What is to be done is the client's.
    Waits(Turn),
    /// It gives way, or is closed.
    Gone,
}

impl Place {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client is to do something, and may be asked to go from then on.
    fn waits(&self, owes: Owes, from: Instant) {
        let (mut own, mut waiting) = (self.state(), self.room.lock());
        if own.leave(self.peer, &mut waiting) {
            waiting.next += 1;
            let turn = (owes, from, waiting.next);
            waiting.by_peer.entry(self.peer).or_default().insert(turn, self.goes.clone());
            *own = State::Waits(turn);
        }
    }

    /// The client did its part. False where the connection gives way already.
    fn works(&self) -> bool {
        let mut own = self.state();
        matches!(*own, State::Works) || own.leave(self.peer, &mut self.room.lock())
    }

    /// The client has sent a head. None where the connection has given way to another just now.
    pub fn asks(self: &Arc<Self>) -> Option<Answering> {
        self.works().then(|| Answering(self.clone()))
    }

    /// A body that says whenever it waits for the client.
    pub fn receiving(self: &Arc<Self>, body: Incoming) -> Receiving {
        Receiving { body, place: self.clone(), waits: false }
    }
}

impl State {
    /// Waits no more, if it did. False where it is gone.
    fn leave(&mut self, peer: IpAddr, waiting: &mut Waiting) -> bool {
        *self = match *self {
            Self::Waits(turn) if waiting.remove(peer, turn).is_some() => Self::Works,
            Self::Works => Self::Works,
            Self::Waits(_) | Self::Gone => Self::Gone,
        };
        matches!(self, Self::Works)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut own = self.place.state();
        own.leave(self.place.peer, &mut self.place.room.lock());
        *own = State::Gone;
    }
}

/// A request is being answered; when it is dropped, the client is to send another head.
pub struct Answering(Arc<Place>);

impl Answering {
    /// Until the whole answer is read.
    pub fn until_sent(self, response: Response<Body>) -> Response<Body> {
        let now = Instant::now();
        self.0.waits(Owes::Reading, now + UNREAD);
        response.map(|body| Body::new(Sending { body, answering: self, said: now }))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.waits(Owes::Request, Instant::now());
    }
}

/// The body of a request on its way.
pub struct Receiving {
    body: Incoming,
    place: Arc<Place>,
    waits: bool,
}

impl HttpBody for Receiving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        // A body that is there with its head never waits, and costs nothing here.
        match (&polled, self.waits) {
            (Poll::Pending, false) => self.place.waits(Owes::Request, Instant::now()),
            (Poll::Ready(_), true) => drop(self.place.works()),
            _ => {}
        }
        self.waits = polled.is_pending();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer on its way.
struct Sending {
    body: Body,
    answering: Answering,
    /// When it was last noted that the client reads.
    said: Instant,
}

impl HttpBody for Sending {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // Asked for only when there is room to write it: what was before has been read, or nearly so.
        let now = Instant::now();
        if now - self.said > UNREAD / 4 {
            self.said = now;
            self.answering.0.waits(Owes::Reading, now + UNREAD);
        }
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

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const THERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    #[test]
    fn a_quarter_of_the_files_is_left_to_others() {
        let limits =
            |soft: &str| format!("Limit  Soft Limit  Hard Limit  Units\nMax open files   {soft}   524288   files\n");
        assert_eq!(fitting(&limits("1024")), Some(768));
        assert_eq!(fitting(&limits("unlimited")), Some(50_000));
        assert_eq!(fitting("Max processes 5 5 processes\n"), None);
    }

    /// The seat is given up as soon as it is asked for.
    fn leaves(seat: Seat) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move { seat.gives_way().await })
    }

    #[tokio::test]
    async fn the_longest_silent_connection_gives_way_and_none_that_is_answered() {
        let room = Room::new(2);
        let first = room.take_in(HERE, false).await.expect("room");
        let second = room.take_in(HERE, false).await.expect("room");
        let answering = first.place().asks().expect("a head in time");
        let goes = leaves(second);
        let third = room.take_in(HERE, false).await.expect("room");
        goes.await.expect("it gave way");
        let busy = third.place().asks().expect("a head in time");
        assert!(room.take_in(HERE, false).await.is_none(), "both are being answered");
        drop(busy);
        drop(answering);
        // The third was silent before the first was.
        let goes = leaves(third);
        let _fourth = room.take_in(HERE, false).await.expect("room");
        goes.await.expect("it gave way");
        assert!(first.place().asks().is_some());
    }

    #[tokio::test]
    async fn the_address_with_the_most_that_wait_gives_way_first() {
        let room = Room::new(3);
        let old = room.take_in(HERE, false).await.expect("room");
        let goes = leaves(room.take_in(THERE, false).await.expect("room"));
        let _other = room.take_in(THERE, false).await.expect("room");
        let _more = room.take_in(THERE, false).await.expect("room");
        goes.await.expect("it gave way");
        assert!(old.place().asks().is_some(), "though it has waited longer");
    }

    #[tokio::test]
    async fn who_leaves_an_answer_unread_goes_after_a_while_and_after_who_owes_a_request() {
        let now = Instant::now();
        let goes = Arc::new(Notify::new());
        let mut waiting = Waiting::default();
        let add = |waiting: &mut Waiting, turn: Turn| {
            waiting.by_peer.entry(HERE).or_default().insert(turn, goes.clone());
        };
        add(&mut waiting, (Owes::Reading, now + UNREAD, 1));
        assert!(waiting.pop(now).is_none());
        add(&mut waiting, (Owes::Request, now + UNREAD * 2, 2));
        add(&mut waiting, (Owes::Request, now, 3));
        assert!(waiting.pop(now).is_some());
        let left: Vec<u64> = waiting.by_peer[&HERE].keys().map(|(_, _, n)| *n).collect();
        assert_eq!(left, [2, 1]);
        assert!(waiting.remove(HERE, (Owes::Request, now + UNREAD * 2, 2)).is_some());
        assert!(waiting.pop(now + UNREAD).is_some());
        assert!(waiting.by_peer.is_empty());
    }

    #[tokio::test]
    async fn what_outlives_its_connection_waits_no_more() {
        let room = Room::new(1);
        let seat = room.take_in(HERE, false).await.expect("room");
        let answering = seat.place().asks().expect("a head in time");
        drop(seat);
        drop(answering);
        assert!(room.lock().by_peer.is_empty());
        let _next = room.take_in(HERE, false).await.expect("room");
    }

    #[tokio::test]
    async fn spare_seats_are_there_when_all_others_work() {
        let all = Connections::new(1);
        let first = all.take_in(HERE).await.expect("room");
        let _answering = first.place().asks().expect("a head in time");
        let mut spare = Vec::new();
        for _ in 0..SPARE {
            let seat = all.take_in(THERE).await.expect("a spare seat");
            assert!(seat.is_spare && !first.is_spare);
            spare.push((seat.place().asks().expect("a head in time"), seat));
        }
        assert!(all.take_in(THERE).await.is_none(), "all of them are being answered");
    }
}
