//! The store's own affairs: what was answered, who does what, how far somebody has read.

use crate::error::StoreError;
use crate::record;
use waybill_domain::ids::*;
use waybill_domain::time::Timestamp;

/// What was answered to a key. Two tables take turns, so that the hot index stays small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRecord {
    /// Digest of principal, operation and key.
    pub key: Id,
    pub body_hash: Id,
    /// The log head after the command.
    pub position: i64,
    /// The small receipt as JSON.
    pub receipt: String,
}

record!(
    ReceiptRecord, "receipts_0", key: ["key"], scattered_key: true,
    fixed: { key, body_hash, position, receipt }, fields: { }
);

/// The other generation of [`ReceiptRecord`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherReceiptRecord {
    pub key: Id,
    pub body_hash: Id,
    pub position: i64,
    pub receipt: String,
}

record!(
    OtherReceiptRecord, "receipts_1", key: ["key"], scattered_key: true,
    fixed: { key, body_hash, position, receipt }, fields: { }
);

/// What every batch reads: versions that tell a process that its caches are old. The migration makes the one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreState {
    /// Always 1.
    pub id: i64,
    /// The oldest version of Waybill that may write here.
    pub min_writer: i64,
    /// Moves on with every change of the settings.
    pub settings: i64,
    /// Moves on with every change of items, locations or channels.
    pub catalog: i64,
}

impl StoreState {
    /// Which Waybill this is, as `min_writer` counts.
    pub const WRITER: i64 = 1;

    /// Keeps a Waybill from writing what a newer one has taken over.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`].
    pub const fn check_writer(min_writer: i64) -> Result<(), StoreError> {
        if min_writer > Self::WRITER {
            return Err(StoreError::NewerSchema { found: min_writer, known: Self::WRITER });
        }
        Ok(())
    }
}

record!(StoreState, "store_state", key: ["id"], fixed: { id }, fields: { min_writer, settings, catalog });

/// Which of the two receipt tables takes new receipts. The migration makes the one row; a worker turns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptTurn {
    /// Always 1.
    pub id: i64,
    /// 0 or 1.
    pub generation: i64,
    /// When it began, in microseconds since 1970; 0 in a new store.
    pub since: i64,
}

record!(ReceiptTurn, "receipt_turn", key: ["id"], fixed: { id }, fields: { generation, since });

/// A note that names somebody who has not read it yet. Kept by the worker that follows the log; whoever is named takes it
/// away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadMention {
    pub user_id: UserId,
    /// Of the event of the note.
    pub position: i64,
}

record!(UnreadMention, "unread_mentions", key: ["user_id", "position"], fixed: { user_id, position }, fields: { });

/// An order whose customer wrote, with no note of anybody else after it. Kept by the worker that follows the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    pub order_id: OrderId,
    /// Of the event of the first message that waits.
    pub position: i64,
    /// When it was written.
    pub since: Timestamp,
}

record!(WaitingMessage, "waiting_messages", key: ["order_id"], fixed: { order_id, position, since }, fields: { });

/// The last lock of a batch: the position of the latest event. The migration makes the one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    pub id: i64,
    pub position: i64,
}

record!(LogHead, "log_head", key: ["id"], fixed: { id }, fields: { position });

/// Numbers handed out in blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberBlock {
    pub name: String,
    /// The first number not handed out.
    pub next: i64,
}

record!(NumberBlock, "number_blocks", key: ["name"], fixed: { name }, fields: { next });

/// A secret that the store made for itself; see [`crate::read::secrets`].
#[derive(Clone, PartialEq, Eq)]
pub struct StoreSecret {
    pub name: String,
    pub secret: [u8; 32],
}

impl std::fmt::Debug for StoreSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

record!(StoreSecret, "store_secrets", key: ["name"], fixed: { name, secret }, fields: { });

/// Something that somebody set for themselves, such as which columns a list shows; see [`crate::read::preferences`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// Whose it is, as the log names principals.
    pub principal: String,
    pub name: String,
    pub body: String,
}

record!(Preference, "preferences", key: ["principal", "name"], fixed: { principal, name }, fields: { body });

/// Who does a job, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub name: String,
    pub holder: Id,
    /// Microseconds since 1970.
    pub until: i64,
}

record!(Lease, "leases", key: ["name"], fixed: { name }, fields: { holder, until });

/// How far a consumer of the log has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub name: String,
    pub position: i64,
}

record!(Cursor, "cursors", key: ["name"], fixed: { name }, fields: { position });
