//! What can go wrong below the rules. Faults, not refusals: the rules said yes, the store could not.

/// Why a store operation failed, by what the engine does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A serialization failure or deadlock (SQLSTATE 40001, 40P01): the batch is decided again on what is now true.
    #[error("the transaction lost a race: {0}")]
    Serialization(String),
    /// A named constraint was violated. After a race the batch is decided again; otherwise it is a bug in a rule.
    #[error("constraint {constraint} was violated")]
    Constraint { constraint: String },
    /// The commit was sent and its answer was lost: it may or may not have happened.
    #[error("the commit's answer was lost: {0}")]
    CommitUnknown(String),
    /// The database cannot be reached or the connection broke before the commit was sent; nothing was changed.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// No space to write; nothing was changed and reading goes on.
    #[error("the disk is full")]
    Full,
    /// Another process holds the store.
    #[error("the store {0} is in use by another process")]
    Locked(String),
    /// The store was written by a newer Waybill.
    #[error("the store has schema {found}, this Waybill knows {known}: start the newer version")]
    NewerSchema { found: i64, known: i64 },
    /// The store has not been brought to this version's schema.
    #[error("the store has schema {found}, this Waybill needs {known}: run `waybill migrate`")]
    OlderSchema { found: i64, known: i64 },
    /// The file or its contents are not what a store looks like.
    #[error("the store is damaged or not a store: {0}")]
    Damaged(String),
    /// A setting of the store is wrong (a path, a URL).
    #[error("{0}")]
    Configuration(String),
    /// Anything else, with the database's own words.
    #[error("the store failed: {0}")]
    Other(String),
}

impl StoreError {
    /// Whether deciding the same batch again can succeed.
    pub const fn is_race(&self) -> bool {
        matches!(self, Self::Serialization(_) | Self::Constraint { .. })
    }
}
