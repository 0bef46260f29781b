//! The console in a real browser: `cargo xtask browser` runs the tests of `browser/`, `cargo xtask screenshots` takes a
//! picture of every page. Both play a demo shop of their own and drive the system's Chromium through Playwright.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use waybill_private_postgres::packages::{can_install, find_in_path, install};

use crate::Outcome;
use crate::python;
use crate::step::{cargo, run, target_folder, workspace_root};

/// One version each, so that a run tomorrow checks what a run today does. Playwright's own browsers are not downloaded.
const PACKAGES: [&str; 2] = ["playwright==1.65.2", "pytest==9.2.0"];
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Builds what the pages are shown by. The tests of the workspace have built it already.
pub fn build() -> Outcome {
    run(cargo().args(["build", "--package", "waybill"]))
}

/// The browser tests, of a `waybill` that is built. Where there is no Chromium and none can be installed, they are
/// skipped, which is said.
pub fn run_browser_tests(args: &[String]) -> Outcome {
    let Some(chromium) = find_or_install("the browser tests are skipped") else { return Ok(()) };
    let tools = match python::environment(&PACKAGES) {
        Ok(tools) => tools,
        // A machine that reaches no package index still runs everything else.
        Err(problem) => {
            eprintln!("==> the browser tests are skipped: {problem}");
            return Ok(());
        }
    };
    let folder = new_folder("browser")?;
    let server = Demo::start(&folder, 300)?;
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let mut tests = Command::new(tools.join("pytest"));
    tests.current_dir(workspace_root().join("browser")).args(["-q", "-p", "no:cacheprovider", "--tb=short"]).args(args);
    server.describe(&mut tests, &chromium);
    // Python leaves nothing behind beside its sources.
    run(tests.env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// A picture of every main page of a `waybill` that is built, in light and dark, at a desk and on a phone, under the
/// target folder.
pub fn take_screenshots(args: &[String]) -> Outcome {
    let Some(chromium) = find_or_install("no pictures are taken") else { return Ok(()) };
    let tools = python::environment(&PACKAGES)?;
    let folder = new_folder("screenshots")?;
    let server = Demo::start(&folder, 3_000)?;
    let pictures = folder.join("pictures");
    let mut shots = Command::new(tools.join("python"));
    shots.arg(workspace_root().join("browser/screenshots.py")).arg(&pictures).args(args);
    server.describe(&mut shots, &chromium);
    run(shots.env("PYTHONDONTWRITEBYTECODE", "1"))?;
    eprintln!("==> the pictures are in {}", pictures.display());
    Ok(())
}

fn find_or_install(without: &str) -> Option<PathBuf> {
    let find = || CHROMIUM.iter().find_map(|name| find_in_path(name));
    if let Some(found) = find() {
        return Some(found);
    }
    if can_install() {
        eprintln!(
            "==> the console is tested in a real browser: installing Debian's packages chromium and python3-venv"
        );
        if let Err(problem) = install("chromium").and_then(|()| install("python3-venv")) {
            eprintln!("==> {problem}");
        }
    }
    let found = find();
    if found.is_none() {
        eprintln!("==> {without}: there is no chromium in PATH");
    }
    found
}

fn new_folder(name: &str) -> Outcome<PathBuf> {
    let folder = target_folder().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    // Whatever is started below looks for it from elsewhere.
    folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))
}

fn program() -> PathBuf {
    target_folder().join("debug/waybill")
}

/// A running `waybill demo`. Dropping it ends it.
struct Demo {
    child: Child,
    address: String,
    /// A link that signs its owner in, once.
    link: String,
}

impl Demo {
    fn start(folder: &Path, orders: u32) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("cannot start `waybill demo`: {error}");
        let log = std::fs::File::create(folder.join("log")).map_err(failed)?;
        let mut demo = Command::new(program());
        demo.args(["--json", "demo", "--listen", "127.0.0.1:0", "--orders", &orders.to_string(), "--dir"]);
        demo.arg(folder.join("data")).current_dir(folder);
        let mut child = demo.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(failed)?;
        let said = child.stdout.take().ok_or("standard output is piped")?;
        let (mut address, mut link) = (String::new(), String::new());
        for line in BufReader::new(said).lines() {
            let line = line.map_err(failed)?;
            // {"listening":"http://127.0.0.1:12345"} and {"sign_in":"http://127.0.0.1:12345/sign-in/..."}.
            let value = |name: &str| {
                let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
                rest.split('"').next().map(str::to_owned)
            };
            address = value("listening").unwrap_or(address);
            link = value("sign_in").unwrap_or(link);
            if !address.is_empty() && !link.is_empty() {
                break;
            }
        }
        let demo = Self { child, address, link };
        if demo.address.is_empty() {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("`waybill demo` did not serve: {log}"));
        }
        Ok(demo)
    }

    fn describe(&self, command: &mut Command, chromium: &Path) {
        command.env("WAYBILL_ADDRESS", &self.address).env("WAYBILL_SIGN_IN", &self.link);
        command.env("WAYBILL_CHROMIUM", chromium).env("WAYBILL_PROGRAM", program());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
