//! Orders through `submit`, paid on terms: one commit each.

use crate::BenchError;
use crate::goods::{Paid, Taste, caller_actor, submission};
use crate::load::{Caller, Crowd, Done, drive};
use crate::random::Random;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::actor::Actor;
use waybill_engine::Engine;

/// Calls an engine without anything in between.
pub struct InProcess {
    engine: Engine,
    actor: Arc<Actor>,
    random: Random,
    taste: Taste,
}

impl Caller for InProcess {
    async fn place(&mut self) -> Result<(), BenchError> {
        let submission = submission(&self.engine, &self.actor, &mut self.random, Paid::Terms, self.taste);
        self.engine.submit(submission).await?;
        Ok(())
    }
}

fn in_process(engines: &[Engine], callers: usize, taste: Taste) -> Vec<InProcess> {
    let caller = |n: usize| InProcess {
        engine: engines[n % engines.len()].clone(),
        actor: caller_actor(),
        random: Random::fresh(),
        taste,
    };
    (0..callers).map(caller).collect()
}

/// Callers spread over `engines`.
pub async fn measure(engines: &[Engine], callers: usize, taste: Taste, measured: Duration) -> Result<Done, BenchError> {
    drive(in_process(engines, callers, taste), measured).await
}

/// What callers get done while `work` runs, which begins after `warm_up`.
pub async fn measure_beside<T>(
    engine: &Engine,
    callers: usize,
    warm_up: Duration,
    work: impl Future<Output = Result<T, BenchError>>,
) -> Result<(Done, T), BenchError> {
    let crowd = Crowd::start(in_process(std::slice::from_ref(engine), callers, Taste::Spread), warm_up);
    let worked = tokio::select! {
        worked = async { tokio::time::sleep(warm_up).await; work.await } => Some(worked),
        () = crowd.failed() => None,
    };
    let done = crowd.end().await?;
    match worked {
        Some(worked) => Ok((done, worked?)),
        None => Err(BenchError::Other("a caller stopped".to_owned())),
    }
}
