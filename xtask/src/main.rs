//! Developer commands of Waybill: `cargo xtask help` lists them.
//!
//! Only the standard library is used, so that the first `cargo xtask` after a clone compiles in seconds.

#[cfg(not(unix))]
compile_error!("the developer commands need a Unix system: they start and stop a private PostgreSQL server");

mod browser;
mod ci;
mod crash;
mod nats;
mod node;
mod postgres;
mod prove;
mod prove_http;
mod python;
mod step;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Developer commands of Waybill.

Usage: cargo xtask <command>

Commands:
  test [-- ARGS...]   Run every test of the workspace, with a private PostgreSQL server beside it.
                      ARGS go to `cargo nextest run` (to `cargo test` where nextest is not installed):
                        cargo xtask test -- cancel_line
                        cargo xtask test -- --package waybill-store-postgres
                      With ARGS only the chosen tests run; without them the doc tests run too.
  browser [ARGS...]   The console's tests in a real Chromium (part of `test` without ARGS); ARGS go to pytest:
                        cargo xtask browser -k keyboard
  screenshots [NAMES] A picture of every page of a demo shop (or of those named in browser/pages.py), light and dark, desk
                      and phone, in the target folder.
  crash [ARGS...]     Kill the real program and its database under load, again and again, and prove that nothing
                      acknowledged was lost; in release, on SQLite and on a PostgreSQL server of its own:
                        cargo xtask crash --kills 200 --database postgres
  postgres            Start the same private server, print its URL, and keep it until Ctrl-C.
  prove [ARGS...]     Simulate Waybill under faults with fresh seeds and audit every run (release build):
                        cargo xtask prove --minutes 10
                        cargo xtask prove --seed 42
                        cargo xtask prove --postgres --minutes 10   (two processes on a server started for it)
                        cargo xtask prove --help
  prove --http [ARGS...]
                      Let Schemathesis (from PyPI, into an environment under the target folder) at the real server, led
                      by the API's own description: no fault, no answer that the description does not know. ARGS go to
                      `schemathesis run`: cargo xtask prove --http --max-examples 200 --seed 7
  ci                  What has to pass before a change lands: format, lints, all tests.
  deny                Check licenses, bans and sources of the dependencies (skipped without cargo-deny).
  help                Print this text.

Environment:
  WAYBILL_TEST_POSTGRES   URL of a PostgreSQL server for the tests, of a role that may create databases.
                          When set, no server is started:
                            WAYBILL_TEST_POSTGRES=postgres://postgres@127.0.0.1:5432/postgres cargo xtask test
  WAYBILL_TEST_NATS_SERVER
                          The program nats-server, where it is not in PATH. The tests of the NATS sink start it
                          themselves; without one they are skipped.
  WAYBILL_TEST_OIDC_PROVIDER
                          A folder where oidc-provider (npm) is installed. Without it `test` installs the versions of
                          crates/web/tests/provider into the target folder; without node, npm or a registry the tests of
                          single sign-on with a real provider are skipped.

The private server lives in a new folder of the system's temporary folder, listens on 127.0.0.1 alone, keeps
PostgreSQL's durable defaults, and is removed at the end, also after a failure or Ctrl-C. It needs PostgreSQL's
server programs; where they are missing and the commands run as root on a Debian system, they are installed.
";

/// What went wrong, as a sentence for the developer.
type Outcome<T = ()> = Result<T, String>;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = args.collect();
    let outcome = match (command.as_str(), rest.as_slice()) {
        ("help" | "-h" | "--help", _) => {
            print!("{HELP}");
            Ok(())
        }
        ("prove", [http, args @ ..]) if http == "--http" => prove_http::run_prove_http(args),
        ("prove", args) => prove::prove(args),
        (_, [only]) if only == "-h" || only == "--help" => {
            print!("{HELP}");
            Ok(())
        }
        ("test", args) => test::run_tests(args),
        ("browser", args) => browser::build().and_then(|()| browser::run_browser_tests(args)),
        ("screenshots", args) => browser::build().and_then(|()| browser::take_screenshots(args)),
        ("crash", args) => crash::run_crash(args),
        ("postgres", []) => postgres::run_in_foreground(),
        (postgres::KEEPER, []) => postgres::keep(),
        ("ci", []) => ci::run_all(),
        ("deny", []) => ci::deny(),
        ("postgres" | "ci" | "deny", [extra, ..]) => Err(format!("`{command}` takes no arguments, but got `{extra}`")),
        _ => Err(format!("there is no command `{command}`; `cargo xtask help` lists them")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
