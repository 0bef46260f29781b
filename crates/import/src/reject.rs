//! Rows that were not imported, each with the reason.

use std::borrow::Cow;
use std::io::Write;

/// One row of the rejects file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The file's name in the mapping.
    pub file: String,
    /// The line in that file; the header is 1.
    pub line: u64,
    /// The header of the column at fault; empty where it is the row as a whole.
    pub column: String,
    /// Stable; see docs/importing.md. A refusal of the rules has its own code.
    pub reason: Cow<'static, str>,
    pub detail: String,
}

impl Reject {
    pub fn new(
        file: &str,
        line: u64,
        column: &str,
        reason: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self { file: file.to_owned(), line, column: column.to_owned(), reason: reason.into(), detail: detail.into() }
    }
}

/// Writes the rejects file: CSV with a header.
///
/// # Errors
/// Where `out` cannot be written.
pub fn write_rejects(out: impl Write, rejects: &[Reject]) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(["file", "line", "column", "reason", "detail"])?;
    for reject in rejects {
        let line = reject.line.to_string();
        writer.write_record([&*reject.file, &line, &reject.column, &reject.reason, &reject.detail])?;
    }
    writer.flush()
}
