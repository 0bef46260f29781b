//! The binary as a person or a script uses it.

use std::path::Path;
use std::process::{Command, Output};
use waybill_store_sqlite::testing::TestFolder;

struct Shell {
    folder: TestFolder,
}

impl Shell {
    fn new() -> Self {
        Self { folder: TestFolder::create() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Runs `waybill` on this folder's store.
    fn run(&self, words: &[&str]) -> Output {
        let database = format!("sqlite:{}", self.path("shop/waybill.db"));
        // Only where the words name none of their own.
        let named = if words.contains(&"--database") { vec![] } else { vec!["--database", &database] };
        Command::new(env!("CARGO_BIN_EXE_waybill"))
            .args(named)
            .args(["--log", "error"])
            .args(words)
            .env_remove("WAYBILL_DATABASE")
            .output()
            .expect("the binary runs")
    }

    #[track_caller]
    fn answers(&self, code: i32, words: &[&str]) -> serde_json::Value {
        let words = [words, &["--json"]].concat();
        let output = self.run(&words);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{words:?}\n{out}\n{err}");
        let text = if out.trim().is_empty() { err } else { out };
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}\n{text}"))
    }
}

#[test]
fn a_store_is_made_filled_proved_copied_and_put_back() {
    let shell = Shell::new();
    let made = shell.answers(0, &["demo", "--no-serve", "--orders", "60"]);
    assert_eq!(made["orders"], 60);
    let audit = shell.answers(0, &["audit"]);
    assert_eq!((audit["ok"].as_bool(), audit["orders"].as_i64()), (Some(true), Some(60)));
    let copy = shell.path("copy.db");
    assert!(shell.answers(0, &["backup", &copy])["bytes"].as_u64() > Some(0));
    let nowhere = shell.path("no/such/folder/copy.db");
    for wrong in [["backup", copy.as_str()], ["backup", nowhere.as_str()], ["restore", nowhere.as_str()]] {
        assert_eq!(shell.answers(2, &wrong)["error"]["code"], "usage", "{wrong:?}");
    }
    shell.answers(0, &["restore", &copy]);
    assert_eq!(shell.answers(0, &["audit"])["events"], audit["events"]);
    let why = shell.answers(0, &["why", "W-100001"]);
    assert!(why["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{why}");
    // A part of the order has the reasons about it, and those of its order where there are none.
    let order = why["id"].as_str().expect("an id");
    let part = |prefix: &str, number: u32| format!("{}-{number}", order.replace("ord_", prefix));
    for prefix in ["lin_", "pay_", "ful_"] {
        let about = shell.answers(0, &["why", &part(prefix, 1)]);
        assert_eq!((&about["id"], &about["about"]), (&why["id"], &serde_json::json!(part(prefix, 1))));
        assert!(about["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{about}");
    }
    let routed = shell.answers(0, &["why", &part("ful_", 1)]);
    assert!(
        routed["reasons"].as_array().unwrap().iter().all(|reason| reason["event"] == "routing.decided"),
        "{routed}"
    );
    for wrong in ["W-1", &part("pay_", 99), "itm_01h455vb4pex5vsknk084sn02q", "nonsense"] {
        assert_eq!(shell.answers(2, &["why", wrong])["error"]["code"], "usage", "{wrong}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::fs::metadata(Path::new(&shell.path("shop"))).expect("the folder");
        assert_eq!(folder.permissions().mode() & 0o777, 0o700, "others can look into the store's folder");
    }
}

#[test]
fn an_audit_that_finds_something_ends_with_code_1() {
    let shell = Shell::new();
    shell.answers(0, &["demo", "--no-serve", "--orders", "20"]);
    let store = rusqlite::Connection::open(shell.path("shop/waybill.db")).expect("the file");
    let changed = store.execute("UPDATE orders SET priority = priority + 1 WHERE number = 100001", []);
    assert_eq!(changed, Ok(1));
    drop(store);
    let audit = shell.answers(1, &["audit"]);
    assert_eq!(audit["ok"], false);
    assert_eq!(audit["violations"][0]["kind"], "record.differs");
    assert!(audit["violations"][0]["key"].as_str().is_some_and(|key| key.ends_with("priority")), "{audit}");
}

#[test]
fn a_person_is_invited_by_a_link_that_is_shown_once() {
    let shell = Shell::new();
    let create = ["user", "create", "--name", "Ada", "--email", "Ada@example.com", "--role", "warehouse"];
    let made = shell.answers(0, &create);
    let link = made["link"].as_str().expect("a link");
    assert!(link.starts_with("http://127.0.0.1:8080/join/"), "{link}");
    assert_eq!(shell.answers(4, &create)["error"]["code"], "refused");
    let wrong = ["user", "create", "--name", "Ben", "--email", "ben@example.com", "--role", "king"];
    assert_eq!(shell.answers(2, &wrong)["error"]["code"], "usage");
    let listed = shell.answers(0, &["user", "list"]);
    let user = &listed["users"][0];
    assert_eq!(
        (&user["id"], user["email"].as_str(), user["role"].as_str()),
        (&made["id"], Some("Ada@example.com"), Some("warehouse"))
    );
    assert_eq!((user["state"].as_str(), listed["users"].as_array().map(Vec::len)), (Some("invited"), Some(1)));
    assert!(!listed.to_string().contains(link.rsplit('/').next().expect("a token")));
    for who in ["ada@example.com", made["id"].as_str().expect("an id")] {
        let again = shell.answers(0, &["user", "link", who]);
        assert!(again["link"].as_str().is_some_and(|other| other.starts_with("http://") && other != link), "{again}");
    }
    assert_eq!(shell.answers(2, &["user", "link", "nobody@example.com"])["error"]["code"], "usage");
    assert_eq!(shell.answers(0, &["audit"])["ok"], true);
}

#[test]
fn keys_are_made_listed_and_ended_and_the_secret_is_shown_once() {
    let shell = Shell::new();
    let made = shell.answers(0, &["key", "create", "--name", "till", "--permissions", "orders.write,orders.read"]);
    let secret = made["secret"].as_str().expect("a secret");
    assert!(secret.starts_with("wbk_") && secret.len() == 4 + 64, "{secret}");
    assert_eq!(shell.answers(0, &["webhook", "list"])["webhook_endpoints"], serde_json::json!([]));
    let listed = shell.answers(0, &["key", "list"]);
    assert_eq!(listed["keys"][0]["permissions"], serde_json::json!(["orders.write", "orders.read"]));
    assert!(!listed.to_string().contains(secret));
    let id = made["id"].as_str().expect("an id");
    shell.answers(0, &["key", "revoke", id]);
    assert!(shell.answers(0, &["key", "list"])["keys"][0]["revoked_at"].is_string());
    assert_eq!(shell.answers(2, &["key", "create", "--name", "x", "--permissions", "fly"])["error"]["code"], "usage");
    assert_eq!(shell.answers(2, &["key", "create", "--name", "x", "--channels", "no"])["error"]["code"], "usage");
    assert!(shell.answers(0, &["audit"])["ok"].as_bool().is_some_and(|ok| ok));
}

#[test]
fn what_cannot_be_done_is_said_in_one_line_with_its_own_code() {
    let shell = Shell::new();
    let problems = |answer: serde_json::Value| answer["error"]["problems"].to_string();
    let text = problems(shell.answers(2, &["serve", "--listen", "0.0.0.0:0"]));
    assert!(text.contains("key create"), "{text}");
    assert!(problems(shell.answers(2, &["serve", "--listen", "here"])).contains("--listen"));
    let config = shell.path("bad.toml");
    std::fs::write(&config, "color = 1\n[server]\nlisten = 5\n").expect("a file");
    let both = shell.answers(2, &["config", "check", "--config", &config]);
    assert_eq!(both["error"]["problems"].as_array().map(Vec::len), Some(2), "{both}");
    let noise = shell.path("shop/waybill.db");
    std::fs::write(&noise, vec![b'x'; 10_000]).expect("a file");
    assert_eq!(shell.answers(3, &["audit"])["error"]["code"], "store");
    let plain = shell.run(&["audit"]);
    assert_eq!(String::from_utf8_lossy(&plain.stderr).lines().count(), 1, "{plain:?}");
}

#[test]
fn the_settings_and_the_api_describe_themselves() {
    let shell = Shell::new();
    let example = shell.run(&["config", "example"]);
    let path = shell.path("example.toml");
    std::fs::write(&path, &example.stdout).expect("a file");
    assert_eq!(shell.answers(0, &["config", "check", "--config", &path])["ok"], true);
    let secret = shell.path("secret.toml");
    std::fs::write(&secret, "[nats]\nurl = \"ada:zq-password@host:4222\"\n").expect("a file");
    let shown =
        shell.run(&["config", "check", "--config", &secret, "--database", "postgres://ada:zq-password@db/shop"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("host:4222") && shown.contains("db/shop") && !shown.contains("zq-password"), "{shown}");
    let openapi = shell.answers(0, &["openapi"]);
    assert!(openapi["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", openapi["openapi"]);
}

#[test]
fn a_small_benchmark_measures_everything_and_its_books_are_right() {
    let shell = Shell::new();
    let words = ["bench", "--seconds", "1", "--prefill", "100", "--clients", "16", "--connections", "4"];
    let report = shell.answers(0, &words);
    assert_eq!(report["audit_ok"], true, "{report}");
    for figure in
        ["engine_orders_per_s", "card_orders_per_s", "http_orders_per_s", "raw_orders_per_s", "rows_per_order"]
    {
        assert!(report[figure].as_f64() > Some(0.0), "{figure} in {report}");
    }
    for ratio in ["engine_ratio", "http_ratio", "hot_item_ratio"] {
        assert!(report[ratio].is_number(), "{ratio} in {report}");
    }
    let left = std::fs::read_dir(shell.path("shop")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "the benchmark left something behind");
}

#[test]
fn a_shop_is_not_measured_beside_its_real_orders_unless_that_is_said() {
    let shell = Shell::new();
    let words = ["bench", "--engine", "--no-raw", "--seconds", "1", "--prefill", "100", "--clients", "16"];
    shell.answers(0, &["migrate"]);
    assert_eq!(shell.answers(0, &words)["audit_ok"], true, "a store without orders");
    shell.answers(0, &["demo", "--no-serve", "--orders", "20"]);
    assert_eq!(shell.answers(0, &words)["audit_ok"], true, "nobody placed those");
    let store = rusqlite::Connection::open(shell.path("shop/waybill.db")).expect("the store");
    store
        .execute("UPDATE orders SET origin = 'live' WHERE number = (SELECT MAX(number) FROM orders)", [])
        .expect("one");
    drop(store);
    let said = shell.answers(2, &words);
    let said = said["error"]["problems"][0].as_str().unwrap_or_default();
    assert!(said.contains("holds real orders") && said.contains("--beside-real-orders"), "{said}");
    let meant = shell.answers(0, &[words.as_slice(), &["--beside-real-orders"]].concat());
    assert_eq!(meant["audit_ok"], true);
}

#[test]
fn pages_and_housekeeping_are_measured_beside_orders_being_placed() {
    let shell = Shell::new();
    let small = ["--seconds", "1", "--prefill", "100", "--clients", "16"];
    let report = shell.answers(0, &[["bench", "--reads"].as_slice(), &small].concat());
    let reads = report["reads"].as_array().expect("reads");
    let placing: Vec<bool> = reads.iter().map(|reads| reads["placed_per_s"].as_f64() > Some(0.0)).collect();
    assert_eq!((placing, &report["audit_ok"]), (vec![false, true, true], &true.into()), "{report}");
    for figure in ["list", "order", "queue"] {
        assert!(reads.iter().all(|reads| reads[figure]["p99_ms"].as_f64() > Some(0.0)), "{figure} in {report}");
    }
    let report = shell.answers(0, &[["bench", "--housekeeping"].as_slice(), &small].concat());
    let works = report["housekeeping"].as_array().expect("works");
    let named: Vec<_> = works.iter().filter_map(|beside| beside["work"].as_str()).collect();
    assert_eq!(named, ["nothing", "audit", "export", "backup"]);
    let is_measured = |beside: &serde_json::Value| {
        ["times", "placed_per_s", "p99_ms", "log_mb"].iter().all(|figure| beside[figure].as_f64() > Some(0.0))
    };
    assert!(works.iter().all(is_measured), "{report}");
    let left = std::fs::read_dir(shell.path("shop")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "the benchmark left something behind");
}

#[test]
fn a_database_is_told_to_keep_the_contract_and_left_as_it_was() {
    let shell = Shell::new();
    shell.answers(0, &["demo", "--no-serve", "--orders", "5"]);
    let held = shell.answers(0, &["conformance"]);
    let parts = held["parts"].as_array().expect("parts");
    assert!(parts.len() > 5 && parts.iter().all(|part| part["holds"] == true), "{held}");
    assert_eq!(shell.answers(0, &["audit"])["orders"], 5, "the store beside it is as it was");
    let left = std::fs::read_dir(shell.path("shop")).expect("the folder").flatten().map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("trial")).collect();
    assert!(left.is_empty(), "{left:?}");

    // On a server: in a schema of its own, in a database that holds something else under a name of ours.
    let Ok(server) = std::env::var("WAYBILL_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: WAYBILL_TEST_POSTGRES names no server for tests");
        return;
    };
    let held = shell.answers(0, &["--database", &server, "conformance"]);
    assert_eq!((&held["ok"], held["parts"].as_array().map(Vec::len)), (&serde_json::json!(true), Some(parts.len())));
}

#[test]
fn only_a_whole_backup_of_a_known_version_is_restored() {
    let shell = Shell::new();
    shell.answers(0, &["demo", "--no-serve", "--orders", "20"]);
    let (copy, store) = (shell.path("copy.db"), shell.path("shop/waybill.db"));
    shell.answers(0, &["backup", &copy]);
    let whole = std::fs::read(&copy).expect("the copy");
    let problem = |answer: serde_json::Value| answer["error"]["problems"][0].as_str().unwrap_or_default().to_owned();
    std::fs::write(&copy, &whole[..whole.len() / 2]).expect("half a copy");
    let said = problem(shell.answers(3, &["restore", &copy]));
    assert!(said.contains("was cut off"), "{said}");
    std::fs::write(&copy, &whole).expect("the copy");
    let later = rusqlite::Connection::open(&copy).expect("the copy");
    let sql = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1000, 'later', '', 0)";
    later.execute(sql, []).expect("a migration of a later version");
    drop(later);
    let said = problem(shell.answers(3, &["restore", &copy]));
    assert!(said.contains("start the newer version"), "{said}");
    // A copy from before a migration is put back as it is, and then brought up by hand.
    let earlier = rusqlite::Connection::open(&copy).expect("the copy");
    earlier.execute("DELETE FROM schema_migrations WHERE version = 1000", []).expect("the version as it was");
    drop(earlier);
    assert_eq!(shell.answers(0, &["audit"])["orders"], 20, "the store is as it was");
    assert!(Path::new(&store).is_file());
    shell.answers(0, &["restore", &copy]);
    assert_eq!(shell.answers(0, &["audit"])["orders"], 20);
}
