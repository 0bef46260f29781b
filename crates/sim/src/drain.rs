//! When faults stop, everything that was begun comes to its end.

use crate::books;
use crate::intent::{Answer, Intent};
use crate::run::check;
use crate::sim::Sim;
use std::sync::Arc;
use std::time::Duration;
use waybill_engine::Engine;
use waybill_store::Store;

const HOUR: i64 = 3_600_000_000;

/// Lets time pass until the system has nothing left to do; what is left then is a failure.
pub async fn drain(sim: &Arc<Sim>, engine: &Engine, store: &dyn Store) {
    sim.note("drain");
    sim.calm();
    sim.clock.drift(0);
    if !sim.settled(engine).await {
        return;
    }
    repeat_all(sim, engine).await;
    // Past the end of every card's and cart's reservation, of every hold, of every transfer's wait.
    for hours in [0, 1, 3, 26, 74, 150] {
        sim.clock.jump(hours * HOUR);
        if !quiet(sim, engine, store).await {
            return;
        }
    }
    check(sim, engine, store, true).await;
}

/// Everything that was answered is asked once more, as long as its key is remembered: the answer is the same.
async fn repeat_all(sim: &Arc<Sim>, engine: &Engine) {
    let since = sim.now().plus_seconds(-13 * 86_400);
    let answered: Vec<Arc<Intent>> = {
        let books = sim.books();
        let remembered = books.answers.values().filter(|(_, answer, at)| *at >= since && *answer != Answer::Reused);
        remembered.map(|(intent, _, _)| intent.clone()).collect()
    };
    for few in answered.chunks(6) {
        few.iter().for_each(|intent| sim.send(engine, intent));
        if !sim.settled(engine).await {
            return;
        }
    }
}

/// Waits until there is nothing to do at this moment; false where that does not come.
async fn quiet(sim: &Arc<Sim>, engine: &Engine, store: &dyn Store) -> bool {
    let mut left = Vec::new();
    for _ in 0..60 {
        engine.nudge();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        left = match books::undone(store, sim.now().0).await {
            Ok(left) => left,
            Err(error) => {
                sim.fail(format!("the store could not be read: {error}"));
                return false;
            }
        };
        if left.is_empty() {
            return true;
        }
    }
    sim.fail(format!("never done: {}", left.join(", ")));
    false
}
