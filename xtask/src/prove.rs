//! `cargo xtask prove`: the simulator, built for speed, with fresh seeds.

use crate::Outcome;
use crate::postgres::PrivatePostgres;
use crate::step::{cargo, run};

/// The option that takes the URL of a PostgreSQL server.
const POSTGRES: &str = "--postgres";

/// Runs the simulator with the developer's own arguments. Where these name PostgreSQL and no server, one is started for it.
pub fn prove(args: &[String]) -> Outcome {
    let mut simulator = cargo();
    simulator.args(["run", "--release", "--package", "waybill-sim", "--bin", "prove", "--"]);
    match without_server(args) {
        None => run(simulator.args(args)),
        Some(behind) => {
            let server = PrivatePostgres::start()?;
            run(simulator.args(&args[..behind]).arg(server.url()).args(&args[behind..]))
            // Dropping `server` stops it, whatever the simulator said.
        }
    }
}

/// Where in `args` a server's URL is missing.
fn without_server(args: &[String]) -> Option<usize> {
    let behind = 1 + args.iter().position(|arg| arg == POSTGRES)?;
    args.get(behind).is_none_or(|next| next.starts_with('-')).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::without_server;

    #[test]
    fn a_server_is_started_where_postgres_is_asked_for_without_one() {
        let behind = |args: &str| without_server(&args.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(behind("--minutes 5 --postgres"), Some(3));
        assert_eq!(behind("--postgres --minutes 5"), Some(1));
        for named in ["--postgres postgres://host/db", "--postgres=postgres://host/db --minutes 5", "--minutes 5"] {
            assert_eq!(behind(named), None, "{named}");
        }
    }
}
