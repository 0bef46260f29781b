//! Read models: plain SQL beside the function that asks, one text for both databases.
//!
//! Every read takes a [`Viewer`], whose permissions and scope are part of the question: what is out of scope is not
//! there. Lists are paged by key, so that a page costs the same wherever it stands.

pub mod backorders;
pub mod board;
pub mod catalog;
pub mod cursor;
pub mod customers;
pub mod documents;
pub mod events;
mod finding;
pub mod floor;
pub mod holds;
pub mod keys;
pub mod mentions;
pub mod order;
pub mod orders;
pub mod overview;
pub mod postings;
pub mod preferences;
mod query;
pub mod queue;
pub mod reservations;
pub mod search;
pub mod secrets;
pub mod settings;
pub mod sign_in;
pub mod sold;
pub mod stats;
pub mod stock;
pub mod stock_grid;
pub mod stock_item;
pub mod timeline;
pub mod today;
pub mod trail;
pub mod transfers;
pub mod users;
pub mod webhooks;
pub mod why;
mod words;

use crate::error::StoreError;
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door, Permission};

/// Who reads, with everything that decides what is there for them.
#[derive(Clone, Debug)]
pub struct Viewer(Arc<Actor>);

impl From<Arc<Actor>> for Viewer {
    fn from(actor: Arc<Actor>) -> Self {
        Self(actor)
    }
}

impl Viewer {
    /// Sees everything: the command line and Waybill itself.
    pub fn system() -> Self {
        Self(Arc::new(Actor::system("reader", Door::Command)))
    }

    pub fn actor(&self) -> &Arc<Actor> {
        &self.0
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.0.may(permission)
    }

    /// # Errors
    /// [`ReadError::NotPermitted`] with the first of `any` when the viewer holds none of them.
    pub fn must(&self, any: &[Permission]) -> Result<(), ReadError> {
        match any.first() {
            Some(first) if !any.iter().any(|permission| self.may(*permission)) => Err(ReadError::NotPermitted(*first)),
            _ => Ok(()),
        }
    }
}

/// Why a read gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("reading this needs the permission {0}")]
    NotPermitted(Permission),
    /// The cursor was not made by this list.
    #[error("the cursor is not one that this list gave out")]
    BadCursor,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For those who may read everything and make their own cursors: then only the store can fail.
impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => error,
            other => Self::Other(other.to_string()),
        }
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// Rows at most: 1 to 200, 50 when not said.
    pub limit: Option<u32>,
    /// [`Page::next`] of the page before.
    pub after: Option<String>,
}

impl PageRequest {
    pub const LIMIT_MAX: u32 = 200;
    pub const LIMIT_DEFAULT: u32 = 50;

    fn limit(&self) -> usize {
        self.limit.unwrap_or(Self::LIMIT_DEFAULT).clamp(1, Self::LIMIT_MAX) as usize
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Where the next page begins; None at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Of a list with nothing in it.
    const fn empty() -> Self {
        Self { rows: Vec::new(), next: None }
    }

    /// Cuts what was read beyond `limit` off and notes where it went on.
    fn cut(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> Vec<crate::Value>) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| cursor::encode(&key(last)));
        Self { rows, next }
    }
}
