//! `cargo xtask prove --http`: Schemathesis against the real server, led by nothing but the API's own description.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Outcome;
use crate::python;
use crate::step::{cargo, run, target_folder, workspace_root};

/// One version, so that a run tomorrow checks what a run today does.
const SCHEMATHESIS: &str = "schemathesis==4.32.0";
/// What every answer is held against: no fault, and a status, content type, headers and body that the description knows.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance";
const SHOP: [(&str, &str, &str); 5] = [
    ("PUT", "/api/v1/channels/web", r#"{"name":"Web shop"}"#),
    ("PUT", "/api/v1/locations/DUB", r#"{"name":"Dublin","country":"IE","zone":"Europe/Dublin"}"#),
    ("PUT", "/api/v1/items/MUG-1", r#"{"name":"A mug"}"#),
    ("POST", "/api/v1/stock/receipts", r#"{"location":"DUB","lines":[{"sku":"MUG-1","quantity":100}]}"#),
    (
        "POST",
        "/api/v1/orders",
        r#"{"channel":"web","currency":"EUR","lines":[{"sku":"MUG-1","quantity":2,"unit_price_minor":1999}],"payment":{"method":"terms"}}"#,
    ),
];

/// Serves a new store and lets Schemathesis at it. `args` go to `schemathesis run`.
pub fn run_prove_http(args: &[String]) -> Outcome {
    let args = args.strip_prefix(&["--".to_owned()]).unwrap_or(args);
    let tool = python::environment(&[SCHEMATHESIS])?.join("schemathesis");
    run(cargo().args(["build", "--package", "waybill"]))?;
    let folder = target_folder().join("prove-http");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let key = key(&folder)?;
    let mut server = Server::start(&folder)?;
    for (method, path, body) in SHOP {
        send(&server.address, &key, method, path, body)?;
    }
    let description = format!("{}/api/v1/openapi.json", server.address);
    let config = workspace_root().join("xtask/schemathesis.toml");
    let config = config.canonicalize().map_err(|error| format!("{}: {error}", config.display()))?;
    let mut prove = Command::new(tool);
    prove.current_dir(&folder).arg("--config-file").arg(config).args(["run", &description, "--checks", CHECKS]);
    prove.args(["--header", &format!("Authorization: Bearer {key}")]);
    // A stream does not end by itself, and lines of JSON are none of the bodies that it can make.
    prove.args(["--exclude-path", "/api/v1/events/stream", "--exclude-path", "/api/v1/orders/bulk"]);
    prove.args(["--seed", "1", "--max-examples", "30", "--workers", "2"]);
    let proved = run(prove.args(args));
    server.check()?;
    drop(server);
    let log = std::fs::read(folder.join("log")).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    if let Some(line) = log.lines().find(|line| line.contains("panicked") || line.contains("ERROR")) {
        return Err(format!("the server said: {line}\n(the whole log is {})", folder.join("log").display()));
    }
    let mut audit = Command::new(program());
    proved.and(run(audit.args(["--log", "error", "--database", &database(&folder), "audit"])))
}

fn program() -> PathBuf {
    target_folder().join("debug/waybill")
}

fn database(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("store/waybill.db").display())
}

/// A key for everything. With one in the store, only requests that carry it get further than the door.
fn key(folder: &Path) -> Outcome<String> {
    let mut create = Command::new(program());
    create.args(["--log", "error", "--database", &database(folder), "key", "create", "--name", "prove-http"]);
    let made = create.output().map_err(|error| format!("cannot run waybill: {error}"))?;
    let key = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    if made.status.success() { Ok(key) } else { Err(String::from_utf8_lossy(&made.stderr).into_owned()) }
}

/// A running `waybill serve`. Dropping it ends it.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("cannot start `waybill serve`: {error}");
        let log = std::fs::File::create(folder.join("log")).map_err(failed)?;
        let mut serve = Command::new(program());
        serve.args([
            "--json",
            "--database",
            &database(folder),
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--gateway-ms",
            "1",
        ]);
        let mut child = serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(failed)?;
        let said = child.stdout.take().ok_or("standard output is piped")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).map_err(failed)?;
        // {"listening":"http://127.0.0.1:12345"}
        let address = line.split('"').nth(3).map(str::to_owned).unwrap_or_default();
        let server = Self { child, address };
        if server.address.starts_with("http://") { Ok(server) } else { Err(format!("`waybill serve` said: {line}")) }
    }

    fn check(&mut self) -> Outcome {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            ended => Err(format!("the server ended by itself: {ended:?}")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one request that must succeed, with no more than the standard library.
fn send(address: &str, key: &str, method: &str, path: &str, body: &str) -> Outcome {
    use std::io::Write;
    let failed = |error: std::io::Error| format!("{method} {path}: {error}");
    let host = address.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).map_err(failed)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .map_err(failed)?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).map_err(failed)?;
    if status.contains(" 200 ") || status.contains(" 201 ") {
        Ok(())
    } else {
        Err(format!("{method} {path}: {status}"))
    }
}
