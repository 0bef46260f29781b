//! One file per command.

mod audit;
mod bench;
mod config;
mod conformance;
mod copies;
mod demo;
mod import;
mod keys;
mod migrate;
mod openapi;
mod serve;
mod users;
mod webhooks;
mod why;

use crate::cli::{self, Command, Import};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;

/// # Errors
/// As the command says.
pub async fn run(command: Command, settings: Settings, output: Output) -> Result<(), Failure> {
    match command {
        Command::Serve(_) => serve::run(&settings, output).await,
        Command::Demo(demo) => demo::run(demo, settings, output).await,
        Command::Import(Import::Orders(import)) => import::run(import, &settings, output).await,
        Command::Audit => audit::run(&settings, output).await,
        Command::Bench(bench) => bench::run(bench, &settings, output).await,
        Command::Conformance => conformance::run(&settings, output).await,
        Command::Why(why) => why::run(&why, &settings, output).await,
        Command::Key(key) => keys::run(key, &settings, output).await,
        Command::User(user) => users::run(user, &settings, output).await,
        Command::Webhook(cli::Webhook::List) => webhooks::list(&settings, output).await,
        Command::Migrate => migrate::run(&settings, output).await,
        Command::Backup(backup) => copies::backup(&backup, &settings, output).await,
        Command::Restore(restore) => copies::restore(&restore, &settings, output),
        Command::Openapi => openapi::run(output),
        Command::Config(_) => config::check(&settings, output),
    }
}
