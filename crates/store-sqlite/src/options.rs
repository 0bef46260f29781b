//! What can be set about an embedded store.

use std::time::Duration;

/// Settings of a store; the defaults suit a laptop and a small server alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Connections for reading, each with a cache of its own.
    pub readers: usize,
    /// Page cache of the writer, in KiB of private memory.
    pub writer_cache_kib: u32,
    /// Page cache of one reader, in KiB of private memory.
    pub reader_cache_kib: u32,
    /// How much of the file readers map instead of copying, in bytes. Mapped pages are shared with the system's cache.
    pub mapped_bytes: u64,
    /// Write-ahead log not yet copied into the database from which a checkpoint starts, in bytes.
    pub checkpoint_bytes: u64,
    /// How long one read may take before it is stopped.
    pub read_limit: Duration,
    /// The SQLite VFS beneath, by the name it was registered under; None for the system's files. What lies beneath another
    /// one need not be files of the system, so nothing but SQLite looks at them and no lock keeps other processes away.
    pub vfs: Option<&'static str>,
    /// Whether reads and checkpoints run on threads of their own. Without, whoever calls does the work: so that a
    /// simulation can schedule everything on one thread.
    pub threads: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            writer_cache_kib: 40 * 1024,
            reader_cache_kib: 2 * 1024,
            mapped_bytes: 1 << 30,
            checkpoint_bytes: 64 << 20,
            read_limit: Duration::from_secs(10),
            vfs: None,
            threads: true,
        }
    }
}
