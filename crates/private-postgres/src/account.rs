//! Whose rights the server gets. PostgreSQL refuses to run as root, and so do we.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::packages::find_in_path;

/// The account the server runs under.
#[derive(Clone, Debug)]
pub enum Account {
    /// Our own, when we are not root.
    Own,
    /// Another one, when we are root: `postgres` where the system has it, else `nobody`.
    Other { name: &'static str, uid: u32, gid: u32 },
}

impl Account {
    pub fn choose() -> Outcome<Self> {
        if !is_root() {
            return Ok(Self::Own);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some(Self::Other { name, uid: id("-u", name)?, gid: id("-g", name)? }))
            .ok_or_else(|| {
                "PostgreSQL must not run as root, and there is neither a user `postgres` nor `nobody`".into()
            })
    }

    /// Gives `path` to the account.
    pub fn own(&self, path: &Path) -> Outcome {
        match self {
            Self::Own => Ok(()),
            Self::Other { name, uid, gid } => chown(path, Some(*uid), Some(*gid))
                .map_err(|error| format!("cannot give {} to {name}: {error}", path.display())),
        }
    }

    /// A command that runs `program` with the account's rights and nothing on standard input.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Own => Command::new(program),
            Self::Other { name, uid, gid } => match find_in_path("setpriv") {
                Some(setpriv) => {
                    let mut command = Command::new(setpriv);
                    command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
                    command.arg("--").arg(program);
                    command
                }
                None => {
                    let mut command = Command::new("su");
                    // The shell is named because these accounts may have none; it hands its arguments on unchanged.
                    command.args(["-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", name, "--"]).arg(program);
                    command
                }
            },
        };
        // Messages are compared with English text, and locales differ between machines.
        command.stdin(Stdio::null()).env("LC_ALL", "C");
        command
    }
}

pub fn is_root() -> bool {
    id_of(&[OsStr::new("-u")]) == Some(0)
}

fn id(which: &str, name: &str) -> Option<u32> {
    id_of(&[OsStr::new(which), OsStr::new(name)])
}

fn id_of(args: &[&OsStr]) -> Option<u32> {
    let output = Command::new("id").args(args).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
