//! The provider of single sign-on that its tests start by themselves: a package from npm, for the system's Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use waybill_private_postgres::packages::{can_install, find_in_path, install};

use crate::Outcome;
use crate::step::{run, target_folder, workspace_root};

/// Where the tests look for the installed package.
pub const FOLDER: &str = "WAYBILL_TEST_OIDC_PROVIDER";
/// What is installed: the versions and digests of everything, and from nowhere in particular.
const LISTS: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder with the package, made first where it is not there yet. Without it those tests skip, and say so.
pub fn find_or_install() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()) {
        return Some(given.into());
    }
    if !has_node() && can_install() {
        eprintln!("==> single sign-on is tested with a real provider: installing Debian's packages nodejs and npm");
        if let Err(problem) = install("nodejs").and_then(|()| install("npm")) {
            eprintln!("==> {problem}");
        }
    }
    let without = "the tests of single sign-on with a real provider are skipped";
    if !has_node() {
        eprintln!("==> {without}: there is no node or no npm in PATH");
        return None;
    }
    match installed() {
        Ok(folder) => Some(folder),
        // A machine that reaches no package index still runs everything else.
        Err(problem) => {
            eprintln!("==> {without}: {problem}");
            None
        }
    }
}

fn has_node() -> bool {
    ["node", "npm"].iter().all(|program| find_in_path(program).is_some())
}

/// Installed anew where the lists are not those of the last time. Nothing that a package brings is run by that.
fn installed() -> Outcome<PathBuf> {
    let from = workspace_root().join("crates/web/tests/provider");
    let folder = target_folder().join("oidc-provider");
    let failed = |at: &Path, error: std::io::Error| format!("{}: {error}", at.display());
    let read = |folder: &Path| LISTS.map(|list| std::fs::read(folder.join(list)).ok());
    let made = folder.join("made");
    if !made.is_file() || read(&from) != read(&folder) {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        for list in LISTS {
            std::fs::copy(from.join(list), folder.join(list)).map_err(|error| failed(&from.join(list), error))?;
        }
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        run(Command::new("npm").args(words).current_dir(&folder))?;
        std::fs::write(&made, "").map_err(|error| failed(&made, error))?;
    }
    // The tests run in the folders of their crates.
    folder.canonicalize().map_err(|error| failed(&folder, error))
}
