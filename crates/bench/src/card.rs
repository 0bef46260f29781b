//! Orders paid by card: one commit for the order, a call to the gateway, one commit for its outcome.

use crate::BenchError;
use crate::goods::{Paid, Taste, caller_actor, submission};
use crate::load::{Caller, Done, drive};
use crate::random::Random;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::actor::Actor;
use waybill_domain::ids::OrderId;
use waybill_engine::Engine;

/// Longer than any gateway of a benchmark takes.
const PATIENCE: Duration = Duration::from_secs(60);

struct ByCard {
    engine: Engine,
    actor: Arc<Actor>,
    random: Random,
}

impl Caller for ByCard {
    async fn place(&mut self) -> Result<(), BenchError> {
        let submission = submission(&self.engine, &self.actor, &mut self.random, Paid::Card, Taste::Spread);
        let order: OrderId = submission.ids.nth(0);
        self.engine.submit(submission).await?;
        if self.engine.settled(order, PATIENCE).await {
            Ok(())
        } else {
            Err(BenchError::Other(format!("the payment of {order} did not come to an end")))
        }
    }
}

pub async fn measure(engine: &Engine, callers: usize, measured: Duration) -> Result<Done, BenchError> {
    let caller = || ByCard { engine: engine.clone(), actor: caller_actor(), random: Random::fresh() };
    drive((0..callers).map(|_| caller()).collect(), measured).await
}
