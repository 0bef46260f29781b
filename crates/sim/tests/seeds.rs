//! A few seeds on every run of the tests, each twice; `cargo xtask prove` runs as many as there is time for.

use waybill_sim::{Plan, run};

const STEPS: u32 = 120;

/// The same seed gives the same trace, and the auditor finds nothing.
fn holds(seed: u64) {
    let first = run(&Plan::new(seed, STEPS));
    let failures = first.failures.join("\n");
    assert!(first.failures.is_empty(), "seed {seed} fails; see it with `cargo xtask prove --seed {seed}`:\n{failures}");
    let second = run(&Plan::new(seed, STEPS));
    for (n, (one, other)) in first.trace.iter().zip(&second.trace).enumerate() {
        assert_eq!(one, other, "seed {seed} takes two ways at line {n}");
    }
    assert_eq!(first.trace.len(), second.trace.len(), "seed {seed} takes two ways");
}

macro_rules! seeds {
    ($($name:ident = $seed:literal,)+) => { $(#[test] fn $name() { holds($seed); })+ };
}

seeds! {
    seed_1 = 1,
    seed_2 = 2,
    seed_3 = 3,
    seed_4 = 4,
    seed_5 = 5,
    seed_6 = 6,
    seed_7 = 7,
    seed_8 = 8,
    // The first that is about people and webhook endpoints.
    seed_9 = 9,
    // Of those whose orders are held while they are worked on.
    seed_42 = 42,
    // Failed once:
    two_captures_of_an_order_that_was_given_up = 396_742_527_351,
    goodwill_whose_refund_failed = 392_999_359_089,
    a_request_told_again_from_a_log_that_was_not_synced = 588_797_352_604,
    orders_of_charges_alone_that_were_held = 588_797_332_738,
    an_order_paid_in_full_once_a_line_was_cancelled = 385_793_551_679,
}
