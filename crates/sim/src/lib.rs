//! Waybill's deterministic simulator, and an auditor that knows none of its rules.
//!
//! One 64-bit seed decides a whole run: what clients ask for, what time it is, which ids are minted, how the gateway
//! and the carrier answer, and what fails: the process, the power, the disk, the lines. Everything runs on one thread over
//! the real store, so the same seed gives the same trace, byte for byte. See `docs/proof.md`.

mod books;
mod clock;
mod coverage;
mod drain;
mod gateway;
mod intent;
mod panics;
mod run;
mod shared;
mod shrink;
mod sim;
mod step;
mod theme;
mod trouble;
mod view;
mod workload;

pub use books::line_total;
pub use coverage::{Coverage, Kind};
pub use panics::keep_panics;
pub use run::{Outcome, Plan, run};
pub use shared::run_shared;
pub use shrink::shrink;
