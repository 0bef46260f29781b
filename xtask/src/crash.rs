//! `cargo xtask crash`: the long crash test, in release. `cargo xtask test` has a short one.

use crate::Outcome;
use crate::step::{cargo, run};

/// Builds the program and what takes it down, and runs it with `args`.
pub fn run_crash(args: &[String]) -> Outcome {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    run(cargo().args(["build", "--release", "--package", "waybill"]))?;
    run(cargo().args(["run", "--release", "--package", "waybill-crash", "--"]).args(args))
}
