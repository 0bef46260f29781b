//! Two processes on one store that is a server: seeded, not deterministic, so the history of the run is kept.

use crate::drain;
use crate::gateway::Mood;
use crate::run::Outcome;
use crate::sim::Sim;
use crate::step::{Step, take};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use waybill_engine::{Engine, EngineOptions};
use waybill_fault_vfs::Dice;
use waybill_store::Store;
use waybill_store::around::Surrounded;

/// Runs `steps` against two processes, each with connections of its own to the same store, which is migrated. Returns with
/// the outcome how many batches a process decided ahead, because it took itself to be alone.
pub async fn run_shared(seed: u64, steps: u32, stores: [Arc<dyn Store>; 2]) -> (Outcome, u64) {
    let sim = Sim::new(seed, None);
    sim.clock.start();
    let [plain, _] = &stores;
    let mut ahead = 0;
    let mut engines = Vec::new();
    for store in &stores {
        engines.push(start(&sim, store).await);
    }
    if let [Some(one), Some(other)] = engines.as_slice() {
        let mut engines = [one.clone(), other.clone()];
        ahead += lead(&sim, steps, &stores, &mut engines).await;
        if sim.books().failures.is_empty() {
            sim.gateway.set_mood(Mood::CALM);
            drain::drain(&sim, &engines[0], &**plain).await;
        }
        for engine in engines {
            ahead += stopped(&engine).await;
        }
    }
    let failures = std::mem::take(&mut sim.books().failures);
    let requests = sim.books().answers.len() as u64;
    (Outcome { trace: sim.take_trace(), failures, coverage: sim.coverage.clone(), requests }, ahead)
}

async fn start(sim: &Arc<Sim>, store: &Arc<dyn Store>) -> Option<Engine> {
    let troubled = Arc::new(Surrounded::new(store.clone(), sim.trouble.clone()));
    let options = EngineOptions { batch_max: 40, ..EngineOptions::default() };
    match Engine::start(troubled, sim.ports(), options).await {
        Ok(engine) => Some(engine),
        Err(error) => {
            sim.fail(format!("an engine did not start: {error}"));
            None
        }
    }
}

/// Steps that one engine may lead at most. Long enough for it to take itself to be alone, and to decide ahead.
const STRETCH: u64 = 60;
/// So many of a hundred steps are taken by both at once.
const TOGETHER: u64 = 8;

/// Stops an engine; how many batches it decided ahead.
async fn stopped(engine: &Engine) -> u64 {
    engine.stop().await;
    engine.figures().ahead.load(Ordering::Relaxed)
}

/// Takes the steps; how many batches the engines that were stopped by then decided ahead.
async fn lead(sim: &Arc<Sim>, steps: u32, stores: &[Arc<dyn Store>; 2], engines: &mut [Engine; 2]) -> u64 {
    let mut ahead = 0;
    if !sim.set_up(&engines[0]).await {
        return ahead;
    }
    let mut dice = Dice::of(sim.seed, 0x25);
    let (mut at, mut left) = (0, 0);
    for step in 1..=steps {
        if left == 0 {
            (at, left) = (dice.below(2) as usize, 1 + dice.below(STRETCH));
        }
        left -= 1;
        let leading = take(sim, &engines[at], &*stores[at], step);
        let taken = if dice.chance(TOGETHER) {
            // What is asked of the other is drawn like a step behind all others; it is not stopped by it.
            let other = 1 - at;
            tokio::join!(leading, take(sim, &engines[other], &*stores[other], steps + step)).0
        } else {
            leading.await
        };
        if taken == Step::Stop {
            // Its clients go to the other one meanwhile, as its work does.
            sim.calm();
            ahead += stopped(&engines[at]).await;
            let Some(engine) = start(sim, &stores[at]).await else { return ahead };
            engines[at] = engine;
        }
        if !sim.books().failures.is_empty() {
            return ahead;
        }
    }
    sim.calm();
    ahead
}
