//! How a command can fail: one line for a person, a code for a program.

use crate::settings::Problem;
use serde_json::json;
use waybill_engine::SubmitError;
use waybill_store::StoreError;

/// Why a command ended without doing what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Checked, and not as it must be; already reported.
    NotAsItMustBe,
    /// The command line asks for something that is not possible.
    Usage(String),
    Settings(Vec<Problem>),
    Store(StoreError),
    /// The rules refused, or the engine could not write.
    Refused(SubmitError),
    Other(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        Self::Refused(error)
    }
}

impl Failure {
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::NotAsItMustBe => 1,
            Self::Usage(_) | Self::Settings(_) => 2,
            Self::Store(_) | Self::Refused(SubmitError::OutcomeUnknown) => 3,
            Self::Refused(_) => 4,
            Self::Other(_) => 5,
        }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::NotAsItMustBe => "not_as_it_must_be",
            Self::Usage(_) => "usage",
            Self::Settings(_) => "settings",
            Self::Store(_) => "store",
            Self::Refused(SubmitError::OutcomeUnknown) => "outcome_unknown",
            Self::Refused(_) => "refused",
            Self::Other(_) => "other",
        }
    }

    /// What is wrong, each thing on a line of its own, with what to do about it.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::NotAsItMustBe => Vec::new(),
            Self::Usage(what) | Self::Other(what) => vec![what.clone()],
            Self::Settings(problems) => problems.iter().map(ToString::to_string).collect(),
            Self::Store(error) => vec![with_next_step(error)],
            Self::Refused(SubmitError::Refused { refusal, .. }) => vec![refusal.to_string()],
            Self::Refused(SubmitError::OutcomeUnknown) => {
                vec![
                    "it may have been carried out: the store's answer was lost; look before you do it again".to_owned(),
                ]
            }
            Self::Refused(error) => vec![format!("{error}; try again, and look at the log if that does not help")],
        }
    }

    /// Says on standard error what is wrong.
    pub fn report(&self, as_json: bool) {
        if as_json && !matches!(self, Self::NotAsItMustBe) {
            eprintln!("{}", json!({"error": {"code": self.code(), "problems": self.lines()}}));
            return;
        }
        for line in self.lines() {
            eprintln!("waybill: {}", line.replace('\n', " "));
        }
    }
}

fn with_next_step(error: &StoreError) -> String {
    let step = match error {
        StoreError::Locked(_) => "stop that process (a running `waybill serve`?) or name another store with --database",
        StoreError::Unavailable(_) => "check that the database runs and that --database names it",
        StoreError::Full => "make room on the disk",
        StoreError::NewerSchema { .. } | StoreError::OlderSchema { .. } => return error.to_string(),
        StoreError::Damaged(_) => "check the path, or put a copy back with `waybill restore`",
        StoreError::Configuration(_) => "check --database",
        StoreError::CommitUnknown(_) | StoreError::Serialization(_) => "run the command again",
        StoreError::Constraint { .. } | StoreError::Other(_) => "run `waybill audit` and look at the log",
    };
    format!("{error}; {step}")
}
