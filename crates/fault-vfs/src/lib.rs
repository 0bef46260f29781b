//! A SQLite VFS for tests. Its files live in memory, on a [`Disk`] that behaves as badly as disks are allowed to: at a
//! power cut it loses, tears and reorders what was not synced, it fills up, and its syncs fail.
//!
//! ```
//! use rusqlite::{Connection, OpenFlags};
//! let disk = waybill_fault_vfs::Disk::new(7);
//! let connection = Connection::open_with_flags_and_vfs(disk.path("a.sqlite"), OpenFlags::default(), disk.vfs()).unwrap();
//! connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x)").unwrap();
//! disk.plan(waybill_fault_vfs::Cut { kind: waybill_fault_vfs::CutKind::Power, changes: 3, after: true });
//! ```
//!
//! Everything a disk does follows from its seed and the calls it gets. The wal-index is memory of this one process.

mod dice;
mod disk;
mod file;
mod locks;
mod vfs;

pub use dice::Dice;
pub use disk::{Cut, CutKind, Disk, Figures, Moment};
