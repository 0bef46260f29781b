//! Programs that the tests need: finding them, and installing them where that needs no question.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::account::is_root;

/// Whether a package can be installed without asking: by root on a Debian system.
pub fn can_install() -> bool {
    is_root() && find_in_path("apt-get").is_some()
}

/// Installs one of Debian's packages.
pub fn install(package: &str) -> Outcome {
    let install = || apt_get(&["install", "-y", "--no-install-recommends", package]);
    // The package lists of a fresh machine are empty or old; only then is the slow update worth it.
    install().or_else(|_| {
        apt_get(&["update"])?;
        install()
    })
}

fn apt_get(words: &[&str]) -> Outcome {
    let shown = format!("apt-get {}", words.join(" "));
    eprintln!("==> {shown}");
    let mut command = Command::new("apt-get");
    command.args(words).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let status = command.status().map_err(|error| format!("cannot run `{shown}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// The file of a program in `PATH`.
pub fn find_in_path(program: &str) -> Option<PathBuf> {
    path_folders().into_iter().map(|folder| folder.join(program)).find(|file| file.is_file())
}

pub fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}
