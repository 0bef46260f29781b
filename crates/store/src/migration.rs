//! What brings a store's schema to this version's: the part both backends share.
//!
//! A backend keeps what it applied in `schema_migrations` and asks [`pending`] what is left. Migrations travel in pairs:
//! the same number and name in both backends.

use crate::error::StoreError;
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a backend keeps what it applied; both databases read this.
pub const CREATE_SCHEMA_MIGRATIONS: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version bigint NOT NULL PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at bigint NOT NULL
)";

/// One step of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Counts from 1 without gaps.
    pub version: i64,
    pub name: &'static str,
    pub sql: &'static str,
}

impl Migration {
    /// SHA-256 of the text, in hexadecimal. Line ends are read as `\n`, whatever a checkout made of them.
    pub fn checksum(&self) -> String {
        let digest = Sha256::digest(self.sql.replace("\r\n", "\n"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// `0001_spine`
    pub fn title(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }
}

/// A step that a store has behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub version: i64,
    pub name: String,
    pub checksum: String,
}

/// The migrations a store still needs.
///
/// # Errors
/// [`StoreError::NewerSchema`] where the store is ahead of `known`; [`StoreError::Damaged`] where what it applied under
/// a number is not what we know under it.
pub fn pending<'a>(applied: &[Applied], known: &'a [Migration]) -> Result<&'a [Migration], StoreError> {
    let (found, newest) = (version(applied), known.last().map_or(0, |migration| migration.version));
    if found > newest {
        return Err(StoreError::NewerSchema { found, known: newest });
    }
    for (place, step) in applied.iter().enumerate() {
        let matches = known.get(place).is_some_and(|migration| {
            step.version == migration.version && step.name == migration.name && step.checksum == migration.checksum()
        });
        if !matches {
            return Err(StoreError::Damaged(format!(
                "its migration {:04}_{} is not the one this Waybill knows under that number",
                step.version, step.name
            )));
        }
    }
    Ok(&known[applied.len()..])
}

/// Agrees when nothing is pending.
///
/// # Errors
/// As [`pending`], and [`StoreError::OlderSchema`].
pub fn check(applied: &[Applied], known: &[Migration]) -> Result<(), StoreError> {
    match pending(applied, known)?.last() {
        None => Ok(()),
        Some(newest) => Err(StoreError::OlderSchema { found: version(applied), known: newest.version }),
    }
}

fn version(applied: &[Applied]) -> i64 {
    applied.iter().map(|step| step.version).max().unwrap_or(0)
}

/// Microseconds UTC by this machine's clock, for `applied_at`. No rule reads it.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Migration; 2] = [
        Migration { version: 1, name: "spine", sql: "CREATE TABLE a (b bigint);\n" },
        Migration { version: 2, name: "more", sql: "CREATE TABLE c (d bigint);\n" },
    ];

    fn applied(migrations: &[Migration]) -> Vec<Applied> {
        let step = |m: &Migration| Applied { version: m.version, name: m.name.into(), checksum: m.checksum() };
        migrations.iter().map(step).collect()
    }

    #[test]
    fn a_store_gets_what_it_lacks_and_nothing_twice() {
        assert_eq!(pending(&[], &KNOWN), Ok(&KNOWN[..]));
        assert_eq!(pending(&applied(&KNOWN[..1]), &KNOWN), Ok(&KNOWN[1..]));
        assert_eq!(pending(&applied(&KNOWN), &KNOWN), Ok(&[][..]));
        assert_eq!(check(&applied(&KNOWN[..1]), &KNOWN), Err(StoreError::OlderSchema { found: 1, known: 2 }));
        assert_eq!(check(&applied(&KNOWN), &KNOWN), Ok(()));
    }

    #[test]
    fn a_store_from_a_newer_waybill_is_left_alone() {
        let newer = StoreError::NewerSchema { found: 2, known: 1 };
        assert_eq!(pending(&applied(&KNOWN), &KNOWN[..1]), Err(newer));
    }

    #[test]
    fn a_migration_that_was_edited_after_it_ran_is_noticed() {
        let edited = [KNOWN[0], Migration { sql: "CREATE TABLE c (e bigint);\n", ..KNOWN[1] }];
        assert!(matches!(pending(&applied(&KNOWN), &edited), Err(StoreError::Damaged(_))));
        let crlf = Migration { sql: "CREATE TABLE a (b bigint);\r\n", ..KNOWN[0] };
        assert_eq!(crlf.checksum(), KNOWN[0].checksum(), "a checkout with other line ends is the same migration");
        assert_eq!(
            KNOWN[0].checksum(),
            "5d67f12263310065c1f4bc1a7e731ac60823b808a68c0e60138445c72e5e5347",
            "sha256sum of the same text"
        );
    }
}
