//! Tells how far an import is.

/// Hears how far an import is; both are called a few hundred times at most per second.
pub trait Progress: Send + Sync {
    /// Rows of the lines file read so far; how many there are is not known yet.
    fn reading(&self, rows: u64) {
        let _ = rows;
    }

    /// Rows carried out, of all rows of the lines file.
    fn importing(&self, rows: u64, total: u64) {
        let _ = (rows, total);
    }
}

/// Does not want to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
