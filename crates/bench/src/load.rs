//! Callers that do the same thing again and again until the time is up.

use crate::BenchError;
use crate::latency::Latency;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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
    let begin = Instant::now() + warm_up(measured);
    let end = begin + measured;
    let failed = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = callers
        .into_iter()
        .map(|mut caller| {
            let failed = failed.clone();
            tokio::spawn(async move {
                let mut micros: Vec<u32> = Vec::new();
                loop {
                    let asked = Instant::now();
                    if asked >= end || failed.load(Ordering::Relaxed) {
                        return Ok(micros);
                    }
                    if let Err(error) = caller.place().await {
                        failed.store(true, Ordering::Relaxed);
                        return Err(error);
                    }
                    let answered = Instant::now();
                    // An answer counts when it comes within the time that counts.
                    if answered >= begin && answered < end {
                        micros.push(u32::try_from((answered - asked).as_micros()).unwrap_or(u32::MAX));
                    }
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    let mut failure = None;
    for task in tasks {
        match task.await {
            Ok(Ok(micros)) => all.extend(micros),
            Ok(Err(error)) => failure = failure.or(Some(error)),
            Err(error) => failure = failure.or(Some(BenchError::Other(format!("a caller stopped: {error}")))),
        }
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(Done { orders: all.len() as u64, seconds: measured.as_secs_f64(), latency: Latency::of(all) }),
    }
}
