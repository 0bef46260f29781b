//! What came of an import, as a program reads it.

use crate::history::books::Classes;
use crate::history::records::History;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The outcome of an import; see docs/importing.md for each key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Orders made by this run.
    pub orders: u64,
    /// Their lines and the units of these.
    pub lines: u64,
    pub units: i64,
    /// Of the file, rejects left out.
    pub money_minor: BTreeMap<String, i64>,
    /// Of the file.
    pub classes: Classes,
    /// Orders that were there before.
    pub already_there: u64,
    /// Orders put on hold by this run, per kind.
    pub holds: BTreeMap<String, u64>,
    pub rejected_rows: u64,
    pub rejects: BTreeMap<String, u64>,
    pub seconds: f64,
}

impl Summary {
    /// The part that the files alone decide.
    pub(crate) fn of(history: &History) -> Self {
        let mut summary =
            Self { money_minor: history.books.money.clone(), classes: history.books.classes, ..Self::default() };
        summary.count_rejects(history);
        summary
    }

    /// Counts the rejects anew, after the rules refused more.
    pub(crate) fn count_rejects(&mut self, history: &History) {
        let rows: BTreeSet<(&str, u64)> =
            history.rejects.iter().map(|reject| (reject.file.as_str(), reject.line)).collect();
        self.rejected_rows = rows.len() as u64;
        self.rejects.clear();
        for reject in &history.rejects {
            *self.rejects.entry(reject.reason.to_string()).or_default() += 1;
        }
    }
}
