//! Callers that do the same thing again and again until the time is up.

use crate::BenchError;
use crate::latency::Latency;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Somebody who places orders.
pub trait Caller: Send + 'static {
    /// Places one order and waits for its answer.
    fn place(&mut self) -> impl Future<Output = Result<(), BenchError>> + Send;
}

/// What callers got done within the time that counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    pub orders: u64,
    pub seconds: f64,
    pub latency: Latency,
}

impl Done {
    pub fn per_s(&self) -> f64 {
        if self.seconds > 0.0 { self.orders as f64 / self.seconds } else { 0.0 }
    }
}

/// Time for caches and connections to get warm, before what counts.
fn warm_up(measured: Duration) -> Duration {
    (measured / 10).min(Duration::from_secs(2))
}

/// Lets all callers place orders for as long as `measured`, after a warm-up.
///
/// # Errors
/// The first error of any caller; the others stop then.
pub async fn drive<C: Caller>(callers: Vec<C>, measured: Duration) -> Result<Done, BenchError> {
    let crowd = Crowd::start(callers, warm_up(measured));
    tokio::select! {
        () = tokio::time::sleep(warm_up(measured) + measured) => {}
        () = crowd.failed() => {}
    }
    crowd.end().await
}

/// Callers at work.
pub struct Crowd {
    tasks: Vec<tokio::task::JoinHandle<Result<Vec<u32>, BenchError>>>,
    /// Answers from here on count.
    begin: Instant,
    is_over: Arc<AtomicBool>,
    failed: Arc<Notify>,
}

impl Crowd {
    pub fn start<C: Caller>(callers: Vec<C>, warm_up: Duration) -> Self {
        let begin = Instant::now() + warm_up;
        let (is_over, failed): (Arc<AtomicBool>, Arc<Notify>) = Default::default();
        let tasks = callers.into_iter().map(|mut caller| {
            let (is_over, failed) = (is_over.clone(), failed.clone());
            tokio::spawn(async move {
                let mut micros: Vec<u32> = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    if let Err(error) = caller.place().await {
                        is_over.store(true, Ordering::Relaxed);
                        failed.notify_one();
                        return Err(error);
                    }
                    let answered = Instant::now();
                    // An answer counts when it comes within the time that counts.
                    if answered >= begin && !is_over.load(Ordering::Relaxed) {
                        micros.push(u32::try_from((answered - asked).as_micros()).unwrap_or(u32::MAX));
                    }
                }
                Ok(micros)
            })
        });
        Self { tasks: tasks.collect(), begin, is_over, failed }
    }

    /// Waits until a caller had an error; for ever, when none has.
    pub async fn failed(&self) {
        self.failed.notified().await;
    }

    /// Stops the callers, and says what they got done.
    ///
    /// # Errors
    /// The first error of any caller.
    pub async fn end(self) -> Result<Done, BenchError> {
        self.is_over.store(true, Ordering::Relaxed);
        let seconds = self.begin.elapsed().as_secs_f64();
        let mut all = Vec::new();
        let mut failure = None;
        for task in self.tasks {
            match task.await {
                Ok(Ok(micros)) => all.extend(micros),
                Ok(Err(error)) => failure = failure.or(Some(error)),
                Err(error) => failure = failure.or(Some(BenchError::Other(format!("a caller stopped: {error}")))),
            }
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(Done { orders: all.len() as u64, seconds, latency: Latency::of(all) }),
        }
    }
}
