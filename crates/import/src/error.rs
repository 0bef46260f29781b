//! Why an import did not start or stopped. Rows that cannot be imported are rejects, not errors.

use std::path::PathBuf;
use waybill_domain::refusal::Problem;
use waybill_engine::SubmitError;
use waybill_store::StoreError;

/// What is wrong with a mapping.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    #[error("the mapping is not TOML: {0}")]
    Syntax(String),
    /// Every problem, each with its path in the file.
    #[error("the mapping has problems:{}", list(.0))]
    Invalid(Vec<Problem>),
    #[error("there is no preset {name}; there are {}", .known.join(", "))]
    UnknownPreset { name: String, known: Vec<&'static str> },
    #[error("the mapping {} cannot be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {}: {}", problem.path, problem.message)).collect()
}

/// Why an import did not start or stopped. What was imported before stays; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// None of the paths that the mapping names is there.
    #[error("the file {name} of the mapping is missing: none of {} is there", .paths.join(", "))]
    MissingFile { name: String, paths: Vec<String> },
    /// Columns that the mapping names and the file does not have.
    #[error("{file} has no column {}", .columns.join(", "))]
    MissingColumns { file: String, columns: Vec<String> },
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine does not take commands any more; nothing is lost, run the import again.
    #[error("the import stopped: {0}; start it again to go on")]
    Stopped(SubmitError),
    /// The channel, a location, an item or a customer could not be made.
    #[error("{what} was refused: {source}")]
    Refused { what: String, source: SubmitError },
}
