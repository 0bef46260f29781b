//! A shop with a history, for whoever wants to look around: made by commands, like any other shop.
//!
//! Nothing is downloaded and nothing is real. The same seed gives the same shop and the same fates of its orders.

mod fate;
mod history;
mod live;
mod pace;
mod place;
mod random;
mod shop;
mod step;
mod view;
mod words;

pub use history::{Options, Played, play};
pub use live::{keep_going, some_orders};
pub use shop::Shop;

use waybill_engine::SubmitError;
use waybill_store::StoreError;

/// Why a demo could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a command of the demo was not carried out: {0}")]
    Submit(#[from] SubmitError),
}
