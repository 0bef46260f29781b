//! Callers: each does one thing after the other, and asks again under the same key until it has an answer.

use crate::client::{Answer, Client};
use crate::journal::{Ask, Deed, End, Journal};
use crate::shop;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A pause before asking again; the server or its database is starting.
const PAUSE: Duration = Duration::from_millis(20);
/// Of so many requests without an answer one is given up and never sent again.
const ABANDONS: u32 = 8;
/// Of so many picks, packs and shipments one meets a cancel of the same order, through another process where there is one.
const CANCELS: u32 = 6;
/// Of so many requests one is sent twice at once, to two processes where there are.
const TWINS: u32 = 16;

/// Where servers are at the moment: none while they start. A caller takes the one of its number.
pub type Addresses = watch::Receiver<Vec<String>>;

/// Callers at work.
#[derive(Debug)]
pub struct Callers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Callers {
    /// `count` callers, whose orders come from any of `channels`.
    pub fn start(
        count: usize,
        channels: &'static [&'static str],
        seed: u64,
        client: &Client,
        addresses: &Addresses,
        journal: &Journal,
    ) -> Self {
        let stop = watch::Sender::new(false);
        let caller = |n: usize| Caller {
            n,
            channels,
            random: fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(n as u64)),
            count: 0,
            run: format!("{seed:x}-{n}"),
            jobs: Vec::new(),
            client: client.clone(),
            addresses: addresses.clone(),
            journal: journal.clone(),
            stop: stop.subscribe(),
        };
        let tasks = (0..count).map(|n| tokio::spawn(caller(n).work())).collect();
        Self { stop, tasks }
    }

    /// Lets each finish what it is about. Returns when everything that was asked for has an answer or was given up.
    pub async fn finish(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// Something of one's own that can be taken further.
#[derive(Clone)]
enum Job {
    Order { id: String, next: Step },
    Reservation { id: String },
}

#[derive(Clone)]
enum Step {
    Release,
    Work { deed: Deed, fulfillment_order: String },
}

#[derive(Clone)]
struct Caller {
    n: usize,
    channels: &'static [&'static str],
    random: fastrand::Rng,
    count: u64,
    /// Makes the keys of this caller its own.
    run: String,
    jobs: Vec<Job>,
    client: Client,
    addresses: Addresses,
    journal: Journal,
    stop: watch::Receiver<bool>,
}

fn cancel(order: String, key: String) -> Ask {
    let (path, body) = (format!("/api/v1/orders/{order}/cancel"), json!({"reason": "changed_mind"}));
    Ask { key, deed: Deed::Cancel, about: order, path, body }
}

impl Caller {
    async fn work(mut self) {
        while !*self.stop.borrow() {
            match self.random.u8(..20) {
                0..=8 => self.place().await,
                9..=10 => self.receive().await,
                11 => self.reserve().await,
                _ => match self.jobs.is_empty() {
                    true => self.place().await,
                    false => {
                        let job = self.jobs.swap_remove(self.random.usize(..self.jobs.len()));
                        self.go_on(job).await;
                    }
                },
            }
        }
    }

    fn key(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.run, self.count)
    }

    async fn place(&mut self) {
        let key = self.key();
        let channel = self.channels[self.random.usize(..self.channels.len())];
        let body = shop::order(channel, &key, &mut self.random);
        let ask = Ask { about: key.clone(), key, deed: Deed::Place, path: "/api/v1/orders".into(), body };
        if let Some(id) = self.ask(ask).await.and_then(|receipt| Some(receipt["id"].as_str()?.to_owned())) {
            self.jobs.push(Job::Order { id, next: Step::Release });
        }
    }

    async fn receive(&mut self) {
        let key = self.key();
        let body = shop::receipt(&key, &mut self.random);
        let path = "/api/v1/stock/receipts".into();
        self.ask(Ask { about: key.clone(), key, deed: Deed::ReceiveStock, path, body }).await;
    }

    async fn reserve(&mut self) {
        let key = self.key();
        let location = shop::LOCATIONS[self.random.usize(..shop::LOCATIONS.len())];
        let body =
            json!({"sku": shop::any_sku(&mut self.random), "location": location, "quantity": 1, "seconds": 86_400});
        let path = "/api/v1/stock/reservations".into();
        let receipt = self.ask(Ask { about: key.clone(), key, deed: Deed::Reserve, path, body }).await;
        if let Some(id) = receipt.and_then(|receipt| Some(receipt["id"].as_str()?.to_owned())) {
            self.jobs.push(Job::Reservation { id });
        }
    }

    /// The next step of something. Where it was refused or got no answer, it is left alone.
    async fn go_on(&mut self, job: Job) {
        let key = self.key();
        match job {
            Job::Reservation { id } => {
                let path = format!("/api/v1/stock/reservations/{id}/release");
                self.ask(Ask { key, deed: Deed::EndReservation, about: id, path, body: json!({}) }).await;
            }
            Job::Order { id, .. } if self.random.u8(..4) == 0 => drop(self.ask(cancel(id, key)).await),
            Job::Order { id, next: Step::Release } => {
                let path = format!("/api/v1/orders/{id}/release");
                let ask = Ask { key, deed: Deed::Release, about: id.clone(), path, body: json!({}) };
                let receipt = self.ask(ask).await;
                if let Some(made) = receipt.and_then(|receipt| Some(receipt["made"][0].as_str()?.to_owned())) {
                    self.jobs.push(Job::Order { id, next: Step::Work { deed: Deed::Pick, fulfillment_order: made } });
                }
            }
            Job::Order { id, next: Step::Work { deed, fulfillment_order } } => {
                let (word, then) = match deed {
                    Deed::Pick => ("pick", Some(Deed::Pack)),
                    Deed::Pack => ("pack", Some(Deed::Ship)),
                    _ => ("ship", None),
                };
                let path = format!("/api/v1/fulfillment-orders/{fulfillment_order}/{word}");
                let ask = Ask { key, deed, about: id.clone(), path, body: json!({}) };
                if self.random.u32(..CANCELS) == 0 {
                    let cancel = cancel(id, self.key());
                    let mut other = Self { n: self.n + 1, random: self.random.fork(), ..self.clone() };
                    tokio::join!(self.ask(ask), other.ask(cancel));
                    return;
                }
                let done = self.ask(ask).await;
                if let (Some(_), Some(deed)) = (done, then) {
                    self.jobs.push(Job::Order { id, next: Step::Work { deed, fulfillment_order } });
                }
            }
        }
    }

    /// Asks until there is an answer. The receipt, where it was carried out.
    async fn ask(&mut self, ask: Ask) -> Option<Value> {
        let end = self.until_answered(&ask).await?;
        let receipt = match &end {
            End::Done { receipt, .. } => Some(receipt.clone()),
            End::Refused { .. } | End::Abandoned => None,
        };
        self.journal.note(ask, end);
        receipt
    }

    /// Whoever asks twice at once is told the same twice.
    fn compare(&self, ask: &Ask, one: &Result<Answer, String>, twin: &Result<Answer, String>) {
        let (Ok(one), Ok(twin)) = (one, twin) else { return };
        let done = |answer: &Answer| answer.status < 300;
        let same = one.status == twin.status && one.body == twin.body;
        // One of them may have come while the database was away, and a refusal carries its request's own id.
        if (done(one) && done(twin) && !same) || (done(one) != done(twin) && one.status < 500 && twin.status < 500) {
            self.journal.note_wrong(format!("{} sent twice was answered {one:?} and {twin:?}", ask.key));
        }
    }

    async fn until_answered(&mut self, ask: &Ask) -> Option<End> {
        loop {
            let addresses = self.addresses.borrow().clone();
            if addresses.is_empty() {
                // Ends where the run does, which then has failed.
                self.addresses.changed().await.ok()?;
                continue;
            }
            let send = |n: usize| {
                let address = &addresses[n % addresses.len()];
                self.client.send(address, "POST", &ask.path, Some(&ask.key), Some(&ask.body))
            };
            let answer = if self.random.u32(..TWINS) == 0 {
                let (one, twin) = tokio::join!(send(self.n), send(self.n + 1));
                self.compare(ask, &one, &twin);
                one
            } else {
                send(self.n).await
            };
            match answer {
                Ok(answer) if answer.status < 300 => {
                    return Some(End::Done { status: answer.status, receipt: answer.body });
                }
                Ok(answer) if matches!(answer.status, 408 | 429 | 503) => self.journal.note_not_now(),
                Ok(answer) if (400..500).contains(&answer.status) => {
                    return Some(End::Refused { status: answer.status, code: answer.code().to_owned() });
                }
                Ok(answer) => {
                    self.journal.note_wrong(format!("{} {}: {} {}", ask.key, ask.path, answer.status, answer.body));
                    return None;
                }
                Err(_) if self.random.u32(..ABANDONS) == 0 => return Some(End::Abandoned),
                Err(_) => self.journal.note_again(),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
