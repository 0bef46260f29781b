//! `waybill-crash`: the crash test as a program; `cargo xtask crash` builds and runs it.

use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use waybill_crash::place::Kind;
use waybill_crash::run::{Plan, run};

/// Kills `waybill serve` and its database under load, again and again, and proves that nothing acknowledged was lost.
#[derive(Debug, Parser)]
struct Cli {
    /// The `waybill` binary; the one beside this program where none is named
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Which database; both, one after the other, where none is named
    #[arg(long, value_enum)]
    database: Option<Kind>,
    /// How often something is taken down
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Callers at once
    #[arg(long, default_value_t = 32)]
    callers: usize,
    /// Repeats the choices of an earlier run
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let beside = || std::env::current_exe().map(|program| program.with_file_name("waybill")).unwrap_or_default();
    let binary = cli.binary.unwrap_or_else(beside);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no threads to run on: {error}");
            return ExitCode::FAILURE;
        }
    };
    let kinds = cli.database.map_or_else(|| vec![Kind::Sqlite, Kind::Postgres], |kind| vec![kind]);
    for kind in kinds {
        let seed = cli.seed.unwrap_or_else(|| fastrand::u64(..));
        let plan = Plan { binary: binary.clone(), kind, kills: cli.kills, callers: cli.callers, seed };
        eprintln!("{kind:?}, {} troubles, seed {seed}", cli.kills);
        match runtime.block_on(run(&plan, &|line| eprintln!("{line}"))) {
            Ok(report) => println!("{kind:?} {}", report.to_json()),
            Err(wrong) => {
                eprintln!("{kind:?}, seed {seed}: {wrong}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
