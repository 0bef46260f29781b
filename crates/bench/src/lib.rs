//! Measures a machine: orders a second through the engine, by card, over HTTP, and bare rows beside them.
//!
//! Every figure is taken on the same store, which holds orders already and is audited at the end: a run whose books are
//! not right has no figures. The bare rows are the very rows that the engine wrote.

mod card;
mod cpu;
mod databases;
mod engine;
mod goods;
mod grow;
mod hot;
mod housekeeping;
mod http;
mod latency;
mod load;
mod memory;
mod overload;
mod pages;
mod random;
mod raw;
mod reads;
mod report;
mod run;
mod sample;
mod slow;

pub use databases::Place;
pub use http::{Boxed, Server, Serving};
pub use latency::Latency;
pub use pages::Pages;
pub use report::BenchReport;
pub use run::{Options, Part, run};

use waybill_engine::SubmitError;
use waybill_store::StoreError;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("an order was not taken: {0}")]
    Submit(#[from] SubmitError),
    #[error("the server of the benchmark failed: {0}")]
    Http(String),
    #[error("{0}")]
    Other(String),
}
