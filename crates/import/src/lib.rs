//! Imports order history from files into a running engine, by the same commands as every other door.
//!
//! ```text
//! files -> rows -> classes -> orders and effects -> steps in the order of time -> commands
//! ```
//! A [`Map`] says which column means what. Everything up to the commands is computed from the files (and, for
//! `--stock strict` and for what was imported before, from what is in the store), so that an import that was stopped
//! computes the same steps again and goes on where it was. See docs/importing.md.

mod error;
mod history;
mod map;
mod presets;
mod progress;
mod reject;
mod run;
mod source;
mod state;
mod steps;
mod summary;

pub use error::{ImportError, MapError};
pub use history::books::{Class, Classes, Tally};
pub use map::Map;
pub use presets::PRESETS;
pub use progress::{Progress, Silent};
pub use reject::{Reject, write_rejects};
pub use run::{dry_run, dry_run_on, import};
pub use summary::Summary;

use std::path::PathBuf;

/// What to import, and how.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    pub map: Map,
    /// The file with the order lines, or the directory of the files.
    pub source: PathBuf,
    pub stock: StockMode,
}

/// Whether the goods of the history are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockMode {
    /// The receipts that the history implies are booked.
    Receive,
    /// Only what is there is allocated; orders that miss something are held.
    Strict,
}

impl std::str::FromStr for StockMode {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "receive" => Ok(Self::Receive),
            "strict" => Ok(Self::Strict),
            _ => Err("must be receive or strict".into()),
        }
    }
}

/// What came of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub summary: Summary,
    /// Rows that were not imported, in the order in which they were found.
    pub rejects: Vec<Reject>,
}
