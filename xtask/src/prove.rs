//! `cargo xtask prove`: the simulator, built for speed, with fresh seeds.

use crate::Outcome;
use crate::step::{cargo, run};

/// Runs the simulator with the developer's own arguments.
pub fn prove(args: &[String]) -> Outcome {
    run(cargo().args(["run", "--release", "--package", "waybill-sim", "--bin", "prove", "--"]).args(args))
}
