//! The NATS server that the tests of the NATS sink start and stop by themselves.

use std::path::PathBuf;

use waybill_private_postgres::packages::{can_install, find_in_path, install};

/// Where the tests look for the program.
pub const PROGRAM: &str = "WAYBILL_TEST_NATS_SERVER";

/// The program, installed first where that is possible and needed. Without it those tests skip, and say so.
pub fn find_or_install() -> Option<PathBuf> {
    let given = std::env::var_os(PROGRAM).filter(|program| !program.is_empty()).map(PathBuf::from);
    if let Some(program) = given.or_else(find) {
        return Some(program);
    }
    if can_install() {
        eprintln!("==> the tests of the NATS sink need a NATS server: installing Debian's package nats-server");
        if let Err(problem) = install("nats-server") {
            eprintln!("==> {problem}");
        }
    }
    let found = find();
    if found.is_none() {
        eprintln!("==> the tests of the NATS sink are skipped: there is no nats-server in PATH");
    }
    found
}

fn find() -> Option<PathBuf> {
    // Where Debian puts it, which not everybody has in PATH.
    let debian = Some(PathBuf::from("/usr/sbin/nats-server")).filter(|file| file.is_file());
    find_in_path("nats-server").or(debian)
}
