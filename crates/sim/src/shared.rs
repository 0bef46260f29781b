//! Two processes on one store that is a server: seeded, not deterministic, so the history of the run is kept.

use crate::drain;
use crate::gateway::Mood;
use crate::run::Outcome;
use crate::sim::Sim;
use crate::step::{Step, take};
use std::sync::Arc;
use waybill_engine::{Engine, EngineOptions};
use waybill_fault_vfs::Dice;
use waybill_store::Store;
use waybill_store::around::Surrounded;

/// Runs `steps` against two processes, each with connections of its own to the same store, which is migrated.
pub async fn run_shared(seed: u64, steps: u32, stores: [Arc<dyn Store>; 2]) -> Outcome {
    let sim = Sim::new(seed, None);
    sim.clock.start();
    let [plain, _] = &stores;
    let mut engines = Vec::new();
    for store in &stores {
        engines.push(start(&sim, store).await);
    }
    if let [Some(one), Some(other)] = engines.as_slice() {
        let mut engines = [one.clone(), other.clone()];
        lead(&sim, steps, &stores, &mut engines).await;
        if sim.books().failures.is_empty() {
            sim.gateway.set_mood(Mood::CALM);
            drain::drain(&sim, &engines[0], &**plain).await;
        }
        for engine in engines {
            engine.stop().await;
        }
    }
    let failures = std::mem::take(&mut sim.books().failures);
    let requests = sim.books().answers.len() as u64;
    Outcome { trace: sim.take_trace(), failures, coverage: sim.coverage.clone(), requests }
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

async fn lead(sim: &Arc<Sim>, steps: u32, stores: &[Arc<dyn Store>; 2], engines: &mut [Engine; 2]) {
    if !sim.set_up(&engines[0]).await {
        return;
    }
    let mut dice = Dice::of(sim.seed, 0x25);
    for step in 1..=steps {
        let at = dice.below(2) as usize;
        if take(sim, &engines[at], &*stores[at], step).await == Step::Stop {
            // Its clients go to the other one meanwhile, as its work does.
            sim.calm();
            engines[at].stop().await;
            let Some(engine) = start(sim, &stores[at]).await else { return };
            engines[at] = engine;
        }
        if !sim.books().failures.is_empty() {
            return;
        }
    }
    sim.calm();
}
