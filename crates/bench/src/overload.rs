//! Far more orders than can be taken: those that are taken are answered in time, the others are told at once.

use crate::BenchError;
use crate::engine;
use crate::goods::{PLACES, Paid, Taste, caller_actor, key, submission};
use crate::http::{Client, Server};
use crate::latency::Latency;
use crate::memory::{Watch, private_bytes};
use crate::random::Random;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, poll};
use serde::Serialize;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use waybill_domain::actor::Actor;
use waybill_engine::{Engine, SubmitError};

/// How many times more is offered than was served to callers who wait for their answers.
const TIMES: f64 = 5.0;
/// Orders come in bursts this far apart.
const TICK: Duration = Duration::from_millis(2);

/// Commands that may wait where orders come over HTTP: so few that connections can fill the queue.
pub const WAITING_MAX: usize = 256;
/// Connections that orders are offered on, over HTTP.
const OFFERING: usize = 1_024;

/// What became of the orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Overload {
    /// Orders a second to callers who wait.
    pub capacity_per_s: f64,
    pub offered_per_s: f64,
    pub served_per_s: f64,
    /// Served against capacity.
    pub served_ratio: Option<f64>,
    /// Orders that were told `overloaded`, all with a time to come again.
    pub refused: u64,
    /// The slowest such answer.
    pub refused_max_ms: f64,
    /// Of what was served.
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Private memory before, and the most meanwhile.
    pub rss_before_mb: f64,
    pub rss_mb: f64,
    /// From the last order offered until nothing waited any more.
    pub drained_ms: f64,
}

/// Answers to orders.
#[derive(Default)]
pub struct Seen {
    served: u64,
    refused: u64,
    refused_max: Duration,
    pub micros: Vec<u32>,
}

impl Seen {
    fn note(&mut self, asked: Instant, answer: Result<(), SubmitError>) -> Result<(), BenchError> {
        let took = asked.elapsed();
        match answer {
            Ok(()) => {
                self.served += 1;
                self.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
            }
            Err(SubmitError::Overloaded { retry_after_ms: 1.. }) => {
                self.refused += 1;
                self.refused_max = self.refused_max.max(took);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

pub async fn measure(engine: &Engine, callers: usize, measured: Duration) -> Result<Overload, BenchError> {
    let one = std::slice::from_ref(engine);
    let capacity = engine::measure(one, callers, Taste::Spread, measured).await?.per_s();
    let rss_before_mb = private_bytes().unwrap_or_default() as f64 / 1e6;
    let watch = Watch::start();
    let Offered { seen, offered, served, seconds, drained } = offer(engine, capacity * TIMES, measured).await?;
    let latency = Latency::of(seen.micros);
    Ok(Overload {
        capacity_per_s: capacity,
        offered_per_s: offered as f64 / seconds,
        served_per_s: served as f64 / seconds,
        served_ratio: crate::report::ratio(served as f64 / seconds, capacity),
        refused: seen.refused,
        refused_max_ms: seen.refused_max.as_secs_f64() * 1e3,
        p50_ms: latency.p50_ms,
        p99_ms: latency.p99_ms,
        rss_before_mb,
        rss_mb: watch.most_mb(),
        drained_ms: drained.as_secs_f64() * 1e3,
    })
}

/// The same over HTTP: as many orders a second as [`TIMES`] the `capacity`, on connections that each wait for an answer
/// before they offer the next. Both ends share the machine.
pub async fn over_http(
    server: &dyn Server,
    engine: &Engine,
    capacity: f64,
    measured: Duration,
) -> Result<Overload, BenchError> {
    let rss_before_mb = private_bytes().unwrap_or_default() as f64 / 1e6;
    let secret = key(engine, PLACES).await?;
    let serving = server.start(engine.clone()).await.map_err(BenchError::Http)?;
    let watch = Watch::start();
    let mut clients = Vec::with_capacity(OFFERING);
    for _ in 0..OFFERING {
        clients.push(Client::connect(serving.address(), secret.clone()).await?);
    }
    let every = Duration::from_secs_f64(OFFERING as f64 / (capacity * TIMES).max(1.0));
    let begin = Instant::now();
    let offering = clients.into_iter().enumerate().map(|(n, client)| {
        let first = begin + every.mul_f64(n as f64 / OFFERING as f64);
        tokio::spawn(steadily(client, first, every, begin + measured))
    });
    let offering: Vec<_> = offering.collect();
    let mut seen = Seen::default();
    for task in offering {
        let one = task.await.map_err(|error| BenchError::Other(format!("a caller stopped: {error}")))??;
        seen.served += one.served;
        seen.refused += one.refused;
        seen.refused_max = seen.refused_max.max(one.refused_max);
        seen.micros.extend(one.micros);
    }
    let seconds = begin.elapsed().as_secs_f64();
    serving.stop().await;
    let latency = Latency::of(seen.micros);
    Ok(Overload {
        capacity_per_s: capacity,
        offered_per_s: (seen.served + seen.refused) as f64 / seconds,
        served_per_s: seen.served as f64 / seconds,
        served_ratio: crate::report::ratio(seen.served as f64 / seconds, capacity),
        refused: seen.refused,
        refused_max_ms: seen.refused_max.as_secs_f64() * 1e3,
        p50_ms: latency.p50_ms,
        p99_ms: latency.p99_ms,
        rss_before_mb,
        rss_mb: watch.most_mb(),
        drained_ms: seconds.mul_add(1e3, -measured.as_secs_f64() * 1e3).max(0.0),
    })
}

/// Offers an order every so often; whoever waited too long for an answer goes on at once, and does not make up for it.
async fn steadily(mut client: Client, first: Instant, every: Duration, until: Instant) -> Result<Seen, BenchError> {
    let (mut seen, mut due) = (Seen::default(), first);
    loop {
        tokio::time::sleep_until(due.into()).await;
        let asked = Instant::now();
        if asked >= until {
            return Ok(seen);
        }
        if client.offer().await? {
            seen.served += 1;
            seen.micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
        } else {
            seen.refused += 1;
            seen.refused_max = seen.refused_max.max(asked.elapsed());
        }
        due = (due + every).max(Instant::now());
    }
}

/// What became of orders that were offered at a steady rate.
pub struct Offered {
    pub seen: Seen,
    pub offered: u64,
    /// Within the time of offering.
    pub served: u64,
    pub seconds: f64,
    /// From the last order offered until nothing waited any more.
    pub drained: Duration,
}

/// Offers so many orders a second, whether or not anybody is answered.
pub async fn offer(engine: &Engine, per_s: f64, measured: Duration) -> Result<Offered, BenchError> {
    let (actor, mut random, begin) = (caller_actor(), Random::fresh(), Instant::now());
    let (mut seen, mut under_way) = (Seen::default(), FuturesUnordered::new());
    let (mut offered, mut ticks) = (0_u64, tokio::time::interval(TICK));
    while begin.elapsed() < measured {
        ticks.tick().await;
        let due = (begin.elapsed().as_secs_f64() * per_s) as u64;
        for _ in offered..due {
            let asked = Instant::now();
            let mut answer = Box::pin(place(engine, &actor, &mut random));
            match poll!(&mut answer) {
                Poll::Ready(answer) => seen.note(asked, answer)?,
                Poll::Pending => under_way.push(answer.map(move |answer| (asked, answer))),
            }
        }
        offered = due;
        while let Some(Some((asked, answer))) = under_way.next().now_or_never() {
            seen.note(asked, answer)?;
        }
    }
    let (seconds, served, last) = (begin.elapsed().as_secs_f64(), seen.served, Instant::now());
    while let Some((asked, answer)) = under_way.next().await {
        seen.note(asked, answer)?;
    }
    Ok(Offered { seen, offered, served, seconds, drained: last.elapsed() })
}

fn place(
    engine: &Engine,
    actor: &Arc<Actor>,
    random: &mut Random,
) -> impl Future<Output = Result<(), SubmitError>> + use<> {
    let order = submission(engine, actor, random, Paid::Terms, Taste::Spread);
    let engine = engine.clone();
    async move { engine.submit(order).await.map(|_| ()) }
}
