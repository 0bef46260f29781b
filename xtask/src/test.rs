//! `cargo xtask test`: every test of the workspace, with a PostgreSQL server beside it.

use crate::Outcome;
use crate::browser;
use crate::nats;
use crate::node;
use crate::postgres::PrivatePostgres;
use crate::step::{cargo, cargo_has, run};

/// Where the tests look for their PostgreSQL server.
const SERVER_URL: &str = "WAYBILL_TEST_POSTGRES";

/// Runs the tests `args` choose, or all of them, doc tests too, when there are none.
///
/// Starts a private server unless `WAYBILL_TEST_POSTGRES` names one.
pub fn run_tests(args: &[String]) -> Outcome {
    let given = std::env::var(SERVER_URL).ok().filter(|url| !url.is_empty());
    match given {
        Some(url) => {
            eprintln!("==> tests use the PostgreSQL server of {SERVER_URL}");
            run_against(&url, args)
        }
        None => {
            let server = PrivatePostgres::start()?;
            eprintln!("==> private PostgreSQL server: {}", server.url());
            run_against(server.url(), args)
            // Dropping `server` stops it, whatever the tests said.
        }
    }
}

fn run_against(url: &str, args: &[String]) -> Outcome {
    let nextest = cargo_has("nextest");
    let runner: &[&str] = if nextest { &["nextest", "run"] } else { &["test"] };
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let nats = nats::find_or_install().map(|program| (nats::PROGRAM, program));
    let provider = node::find_or_install().map(|folder| (node::FOLDER, folder));
    let mut tests = cargo();
    tests.args(runner).args(selection(args)).env(SERVER_URL, url).envs(nats).envs(provider);
    let tests = run(&mut tests);
    // nextest does not run doc tests, `cargo test` already did. They run even after a failure: one run, all the news.
    let doc_tests = if nextest && args.is_empty() {
        run(cargo().args(["test", "--doc", "--workspace", "--no-fail-fast"]).env(SERVER_URL, url))
    } else {
        Ok(())
    };
    let browser_tests = if args.is_empty() { browser::run_browser_tests(&[]) } else { Ok(()) };
    tests.and(doc_tests).and(browser_tests)
}

/// The arguments of the test runner: the whole workspace to the end, unless the developer chose.
fn selection(args: &[String]) -> Vec<&str> {
    if args.is_empty() {
        return vec!["--workspace", "--no-fail-fast"];
    }
    // With `--workspace` cargo would overrule a chosen package and run everything.
    let chooses_package =
        args.iter().any(|arg| arg == "--package" || arg.starts_with("--package=") || is_short_package(arg));
    let scope = if chooses_package { None } else { Some("--workspace") };
    scope.into_iter().chain(args.iter().map(String::as_str)).collect()
}

/// `-p` or `-pNAME`, the short way to choose a package.
fn is_short_package(arg: &str) -> bool {
    arg.starts_with("-p")
}

#[cfg(test)]
mod tests {
    use super::selection;

    fn strings(args: &[&str]) -> Vec<String> {
        args.iter().map(|&arg| arg.to_owned()).collect()
    }

    #[test]
    fn a_run_without_arguments_takes_the_whole_workspace_to_the_end() {
        assert_eq!(selection(&[]), ["--workspace", "--no-fail-fast"]);
    }

    #[test]
    fn a_filter_searches_every_package_but_a_chosen_package_stays_alone() {
        assert_eq!(selection(&strings(&["cancel_line"])), ["--workspace", "cancel_line"]);
        for chosen in [&["-p", "waybill-store"][..], &["--package", "waybill-store"], &["--package=waybill-store"]] {
            assert_eq!(selection(&strings(chosen)), chosen);
        }
    }
}
