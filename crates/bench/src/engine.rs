//! Orders through `submit`, paid on terms: one commit each.

use crate::BenchError;
use crate::goods::{Paid, Taste, caller_actor, submission};
use crate::load::{Caller, Done, drive};
use crate::random::Random;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::actor::Actor;
use waybill_engine::Engine;

struct InProcess {
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

/// Callers spread over `engines`.
pub async fn measure(engines: &[Engine], callers: usize, taste: Taste, measured: Duration) -> Result<Done, BenchError> {
    let callers = (0..callers).map(|n| InProcess {
        engine: engines[n % engines.len()].clone(),
        actor: caller_actor(),
        random: Random::fresh(),
        taste,
    });
    drive(callers.collect(), measured).await
}
