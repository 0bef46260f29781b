//! The real binary, killed under load: a short run of what `cargo xtask crash` does at length.

use std::path::PathBuf;
use waybill_crash::place::{Kind, has_postgres};
use waybill_crash::run::{Plan, run};

/// Five troubles are enough to notice an answer before its commit; the long run looks for rare moments.
fn survives(kind: Kind) {
    let seed = 0x5eed;
    let plan = Plan { binary: PathBuf::from(env!("CARGO_BIN_EXE_waybill")), kind, kills: 5, callers: 12, seed };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    match runtime.block_on(run(&plan, &|line| println!("{line}"))) {
        Ok(report) => println!("{}", report.to_json()),
        Err(wrong) => panic!("seed {seed}: {wrong}"),
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    survives(Kind::Sqlite);
}

#[test]
fn nothing_acknowledged_is_lost_when_server_sessions_and_database_are_killed() {
    if has_postgres() {
        survives(Kind::Postgres);
    }
}
