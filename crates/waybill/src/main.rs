//! The one binary: reads settings, opens the store, wires the parts and runs a command.

mod cli;
mod commands;
mod control;
mod database;
mod failure;
mod logging;
mod output;
mod settings;
mod single_sign_on;

use clap::Parser;
use cli::{Cli, Command};
use failure::Failure;
use output::Output;
use settings::{Settings, Sources};
use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let as_json = cli.common.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(as_json);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let output = Output::new(cli.common.json);
    if let Command::Config(cli::Config::Example) = cli.command {
        output.text(&settings::example());
        return Ok(());
    }
    let settings = sources(&cli).read().map_err(Failure::Settings)?;
    logging::start(&settings.process)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("no threads to run on: {error}")))?;
    let outcome = runtime.block_on(commands::run(cli.command, settings, output));
    // What still reads must not keep the process from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome
}

/// Every source of settings, with this command's flags.
fn sources(cli: &Cli) -> Sources {
    let mut sources = Sources::of_this_process();
    sources.file = cli.common.config.clone();
    let mut flag = |section, name, value: &Option<String>| {
        sources.flags.extend(value.iter().map(|value| (section, name, value.clone())));
    };
    flag("", "database", &cli.common.database);
    flag("", "log", &cli.common.log);
    match &cli.command {
        Command::Serve(serve) => {
            flag("server", "listen", &serve.listen);
            flag("server", "settle_ms", &serve.settle_ms);
            flag("gateway", "latency_ms", &serve.gateway_ms);
        }
        Command::Demo(demo) => flag("server", "listen", &demo.listen),
        Command::Import(_)
        | Command::Audit
        | Command::Bench(_)
        | Command::Conformance
        | Command::Why(_)
        | Command::Key(_)
        | Command::User(_)
        | Command::Webhook(_)
        | Command::Migrate
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Openapi
        | Command::Config(_) => {}
    }
    sources
}

impl Settings {
    /// # Errors
    /// [`Failure::Usage`] where the setting names no database.
    fn database(&self) -> Result<database::Database, Failure> {
        database::Database::parse(self.process.database.as_str())
    }
}
