//! Programs from PyPI, each in an environment of its own under the target folder, made once.

use std::path::PathBuf;
use std::process::Command;

use crate::Outcome;
use crate::step::{run, target_folder};

/// The folder of programs of an environment that has exactly these packages (`name==version`), made first where it is
/// not there yet.
pub fn environment(packages: &[&str]) -> Outcome<PathBuf> {
    let name: Vec<String> = packages.iter().map(|package| package.replace("==", "-")).collect();
    let folder = target_folder().join(name.join("-"));
    let bin = folder.join("bin");
    let made = folder.join("made");
    if !made.is_file() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(bin.join("pip")).args(["install", "--quiet"]).args(packages))?;
        std::fs::write(&made, packages.join("\n")).map_err(|error| format!("{}: {error}", made.display()))?;
    }
    Ok(bin)
}
