//! The whole way with a provider that others wrote: `oidc-provider` (npm), in a process of its own on loopback.

use super::{CALLBACK, begin, get, invited, me, session, told, with_provider};
use crate::common::{Answer, Api, on_each};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio::net::TcpStream;
use waybill_domain::access::role::Role;

/// The folder where the package is installed; `cargo xtask test` makes it.
const FOLDER: &str = "WAYBILL_TEST_OIDC_PROVIDER";

struct Provider {
    child: Child,
    issuer: String,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Provider {
    /// None, and says so, where it is not installed.
    fn start() -> Option<Self> {
        let Some(folder) = std::env::var_os(FOLDER) else {
            eprintln!(
                "skipped: {FOLDER} names no folder with oidc-provider; `cargo xtask test` makes one with node and npm"
            );
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/provider/provider.mjs");
        let mut command = Command::new("node");
        command
            .arg(script)
            .arg(folder)
            .arg(CALLBACK)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("node starts");
        let mut issuer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider did not start: {issuer:?}");
        Some(Self { child, issuer: issuer.trim().to_owned() })
    }
}

/// A browser at the provider's: keeps cookies and looks where it is sent.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Asks the provider; where it sends one then.
    async fn ask(&mut self, issuer: &str, path: &str, form: Option<&str>) -> Option<String> {
        let host = issuer.strip_prefix("http://").unwrap();
        let stream = TokioIo::new(TcpStream::connect(host).await.unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = hyper::Request::builder()
            .method(if form.is_some() { "POST" } else { "GET" })
            .uri(path)
            .header("host", host)
            .header("cookie", cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.unwrap_or_default().to_owned())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        to.map(|to| to.strip_prefix(issuer).unwrap_or(&to).to_owned())
    }

    /// From where Waybill sent the browser until it is sent back, as somebody who agrees to everything, or to nothing.
    async fn pass(&mut self, provider: &Provider, address: &str, name: &str, agrees: bool) -> String {
        let login = format!("prompt=login&login={name}&password=x");
        let mut at = address.strip_prefix(&provider.issuer).expect("an address of the provider").to_owned();
        let mut asked = 0;
        loop {
            let to = match self.ask(&provider.issuer, &at, None).await {
                Some(to) => to,
                // A page: it wants to know who, and then whether they agree.
                None if !agrees => self.ask(&provider.issuer, &format!("{at}/abort"), None).await.expect("a way back"),
                None => {
                    let form = if asked == 0 { login.as_str() } else { "prompt=consent" };
                    asked += 1;
                    self.ask(&provider.issuer, &at, Some(form)).await.expect("a way on")
                }
            };
            if let Some(back) = to.strip_prefix("http://localhost:8080") {
                return back.to_owned();
            }
            at = to;
        }
    }
}

async fn through(api: &Api, provider: &Provider, name: &str, agrees: bool) -> Answer {
    let begun = begin(api, "/login/oidc?next=%2Fholds").await;
    let back = Browser::default().pass(provider, &begun.address, name, agrees).await;
    let answer = get(api, &back, &begun.cookie).await;
    if answer.status == 303 {
        // Its code is used up, here and there.
        let again = get(api, &back, &begun.cookie).await;
        assert!(again.text.contains("sign_on.expired"), "{}", again.text);
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_joins_and_comes_again_through_a_real_provider() {
    let Some(provider) = Provider::start() else { return };
    on_each(async |api| {
        let api = with_provider(api, &provider.issuer);
        let user_id = invited(&api, "ada@example.com", Role::OrderDesk).await;
        invited(&api, "unverified@example.com", Role::OrderDesk).await;
        for _ in 0..2 {
            let answer = through(&api, &provider, "ada%40example.com", true).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/holds")), "{}", answer.text);
            assert_eq!(me(&api, &session(&answer)).await.ok()["principal"], user_id.to_string());
        }
        assert_eq!(told(&api, user_id).await, ["user.invited", "user.joined", "user.identity_bound"]);
        for (name, agrees, code) in [
            ("ada%40example.com", false, "sign_on.declined"),
            ("eve%40example.com", true, "sign_on.not_invited"),
            ("unverified%40example.com", true, "sign_on.email_unverified"),
        ] {
            let answer = through(&api, &provider, name, agrees).await;
            assert!(answer.text.contains(code), "{name}: {}", answer.text);
        }
    })
    .await;
}
