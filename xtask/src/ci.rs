//! The checks a change has to pass.

use crate::step::{cargo, cargo_has, run};
use crate::{Outcome, test};

/// Format, lints and all tests: what `.ci/run` does. Stops at the first that fails.
pub fn run_all() -> Outcome {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    test::run_tests(&[])
}

/// Licenses, bans and sources of every dependency. Advisories are left out: they need a database from the network.
pub fn deny() -> Outcome {
    if !cargo_has("deny") {
        eprintln!("==> cargo deny: skipped, cargo-deny is not installed (`cargo install cargo-deny --locked`)");
        return Ok(());
    }
    run(cargo().args(["deny", "--workspace", "check", "licenses", "bans", "sources"]))
}
