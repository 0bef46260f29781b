//! Makes a failing run short: steps are left out as long as it still fails.

use crate::run::{Outcome, Plan, run};

/// The shortest plan found within `runs_max` runs, and what comes of it. The plan must fail.
pub fn shrink(plan: &Plan, runs_max: u32, progress: &mut dyn FnMut(&Plan)) -> (Plan, Outcome) {
    let mut best = plan.clone();
    let mut outcome = run(&best);
    let mut runs = 1;
    // The end first: what comes after the failure was never needed.
    let mut size = best.steps.max(1);
    while size > 0 && runs < runs_max {
        let mut shorter = false;
        let mut first = 1;
        while first <= best.steps && runs < runs_max {
            let range = first..(first + size).min(best.steps + 1);
            first += size;
            if range.clone().all(|step| best.skip.contains(&step)) {
                continue;
            }
            let mut candidate = best.clone();
            candidate.skip.extend(range);
            let tried = run(&candidate);
            runs += 1;
            if !tried.failures.is_empty() {
                (best, outcome, shorter) = (candidate, tried, true);
                progress(&best);
            }
        }
        if size == 1 && shorter {
            continue;
        }
        size /= 2;
    }
    (best, outcome)
}
