//! The log of this process, on standard error so that standard output stays for answers.

use crate::failure::Failure;
use crate::settings::{Problem, Process};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// # Errors
/// [`Failure::Settings`] where the filter is not one.
pub fn start(process: &Process) -> Result<(), Failure> {
    // PostgreSQL's notices are about statements, which are Waybill's own and not the operator's.
    let quiet = if process.log.contains("tokio_postgres") { "" } else { ",tokio_postgres=warn" };
    let filter = EnvFilter::try_new(format!("{}{quiet}", process.log)).map_err(|error| {
        Failure::Settings(vec![Problem { place: "log".to_owned(), what: format!("is not a filter: {error}") }])
    })?;
    // Colors are for people; in a file they are noise.
    let colors = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // What took time says how long when it is over.
    let log = log.with_ansi(colors).with_span_events(FmtSpan::CLOSE);
    let started = if process.log_json { log.json().try_init() } else { log.try_init() };
    started.map_err(|error| Failure::Other(format!("no log: {error}")))
}
