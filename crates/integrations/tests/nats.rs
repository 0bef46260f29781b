//! The log in a stream of a real NATS server: everything once, in order, and nothing lost while the server is away.

use async_nats::jetstream::{self, stream::Stream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_engine::{Engine, EngineOptions, Ports, Submission};
use waybill_integrations::sinks::nats::{NatsOptions, NatsSink};
use waybill_store::Store;
use waybill_store::read::Viewer;
use waybill_store::read::events::{self, EventFilter, ShownEvent};
use waybill_store_sqlite::testing::TestFolder;

/// A NATS server with JetStream, on a port of its own and with its data in a folder. Killed when dropped.
struct Server {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// None, and says so, where the machine has no NATS server.
    async fn start(folder: &TestFolder) -> Option<Self> {
        Self::start_with(folder, "").await
    }

    /// With more settings, as its configuration file has them.
    async fn start_with(folder: &TestFolder, settings: &str) -> Option<Self> {
        let given = std::env::var_os("WAYBILL_TEST_NATS_SERVER").map(PathBuf::from);
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let places = std::env::split_paths(&paths).chain([PathBuf::from("/usr/sbin")]);
        let found = given.or_else(|| places.map(|place| place.join("nats-server")).find(|file| file.is_file()));
        let Some(program) = found else {
            eprintln!("skipped: no nats-server in PATH (Debian and Ubuntu: apt-get install nats-server)");
            return None;
        };
        let folder = folder.path().join("nats");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("settings"), settings).unwrap();
        // The server picks a free port and writes it to a file.
        let child = run(&program, &folder, "-1");
        let file = folder.join(format!("nats-server_{}.ports", child.id()));
        let port = loop {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let ports: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(url) = ports["nats"][0].as_str() {
                break url.rsplit(':').next().unwrap().parse().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        Some(Self { program, folder, port, child })
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn start_again(&mut self) {
        self.child = run(&self.program, &self.folder, &self.port.to_string());
    }

    fn options(&self) -> NatsOptions {
        let url = format!("nats://127.0.0.1:{}", self.port);
        NatsOptions { url, stream: "WAYBILL".into(), subject_prefix: "waybill".into() }
    }

    async fn stream(&self) -> Stream {
        loop {
            if let Ok(client) = async_nats::connect(self.options().url).await
                && let Ok(stream) = jetstream::new(client).get_stream("WAYBILL").await
            {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn run(program: &PathBuf, folder: &PathBuf, port: &str) -> Child {
    let mut command = Command::new(program);
    command.args(["-a", "127.0.0.1", "-p", port, "-js", "-sd"]).arg(folder).arg("--ports_file_dir").arg(folder);
    command.arg("-c").arg(folder.join("settings"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nats-server starts")
}

async fn engine(store: &Arc<dyn Store>, options: NatsOptions) -> Engine {
    let mut ports = Ports::system([]);
    ports.sinks.push(Arc::new(NatsSink::new(options)));
    Engine::start(store.clone(), ports, EngineOptions::default()).await.expect("an engine")
}

/// Makes some events.
async fn tell(engine: &Engine, codes: std::ops::Range<u32>, is_history: bool) {
    for n in codes {
        tell_one(engine, n, "A channel", is_history).await;
    }
}

async fn tell_one(engine: &Engine, n: u32, name: &str, is_history: bool) {
    let actor = Arc::new(Actor::system("test", Door::Command));
    let facts = ChannelFacts { code: format!("c{n}"), name: name.into(), ship_on_pending: false, auto_release: false };
    let submission = Submission::new(PutChannel { facts }, actor, engine.ids());
    let submission = if is_history { submission.imported(engine.now()) } else { submission };
    engine.submit(submission).await.expect("carried out");
}

/// Waits until the stream has `count` messages, and reads them.
async fn messages(server: &Server, count: u64) -> Vec<(String, String, serde_json::Value)> {
    let mut stream = server.stream().await;
    while stream.info().await.is_ok_and(|info| info.state.messages < count) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let last = stream.info().await.expect("a stream").state.last_sequence;
    let mut messages = Vec::new();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.expect("a message");
        let id = message.headers.get("Nats-Msg-Id").map(|id| id.as_str().to_owned()).unwrap_or_default();
        messages.push((message.subject.to_string(), id, serde_json::from_slice(&message.payload).unwrap()));
    }
    messages
}

/// What the stream should hold: the live events of the feed.
async fn expected(store: &dyn Store) -> Vec<(String, String, serde_json::Value)> {
    let filter = EventFilter { origins: vec![waybill_domain::attempt::Origin::Live], ..EventFilter::default() };
    let feed = events::after(store, &Viewer::system(), &filter, 0, 1_000).await.expect("the log");
    let shown = feed.events.into_iter().map(ShownEvent::from);
    shown.map(|one| (format!("waybill.{}", one.kind), one.id.clone(), serde_json::to_value(&one).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_holds_the_log_once_and_in_order_whatever_happens_to_the_server() {
    let folder = TestFolder::create();
    let Some(mut server) = Server::start(&folder).await else { return };
    let store: Arc<dyn Store> = Arc::new(folder.open());
    store.migrate().await.expect("a schema");
    let first = engine(&store, server.options()).await;
    tell(&first, 0..20, false).await;
    tell(&first, 20..23, true).await;
    tell(&first, 30..31, false).await;
    assert_eq!(messages(&server, 21).await, expected(&*store).await, "history is left out");

    // The server vanishes; orders go on, and so does the log.
    server.kill();
    tell(&first, 31..60, false).await;
    server.start_again();
    assert_eq!(messages(&server, 50).await, expected(&*store).await);

    // This process vanishes too, and the next goes on behind what is there.
    server.kill();
    tell(&first, 60..70, false).await;
    first.stop().await;
    drop(first);
    server.start_again();
    let second = engine(&store, server.options()).await;
    tell(&second, 70..80, false).await;
    assert_eq!(messages(&server, 70).await, expected(&*store).await);

    // A page that was handed over and not noted is handed over again: the stream knows it.
    second.stop().await;
    drop(second);
    store.execute(&[("UPDATE cursors SET position = 10", &[])]).await.expect("a cursor");
    let third = engine(&store, server.options()).await;
    tell(&third, 80..81, false).await;
    assert_eq!(messages(&server, 71).await, expected(&*store).await);
    third.stop().await;
}

/// The server's limit counts headers too. What is too large must not keep back what comes behind it.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_larger_than_the_server_takes_goes_without_its_payload_and_the_rest_follows() {
    let folder = TestFolder::create();
    let Some(server) = Server::start_with(&folder, "max_payload: 1024").await else { return };
    let store: Arc<dyn Store> = Arc::new(folder.open());
    store.migrate().await.expect("a schema");
    let engine = engine(&store, server.options()).await;
    tell(&engine, 0..3, false).await;
    // A name of 200 bytes, of which JSON makes 1,200.
    tell_one(&engine, 3, &"\u{1}".repeat(200), false).await;
    tell(&engine, 4..7, false).await;
    let mut wanted = expected(&*store).await;
    let large = serde_json::to_vec(&wanted[3].2).unwrap().len();
    assert!(large > 1_024, "{large} bytes");
    wanted[3].2["payload"] = serde_json::Value::Null;
    wanted[3].2["payload_omitted"] = serde_json::json!({"bytes": large, "feed": "/api/v1/events?after=3&limit=1"});
    assert_eq!(wanted[3].2["position"], 4);
    assert_eq!(messages(&server, 7).await, wanted);
    engine.stop().await;
}

/// Nobody else should publish there. Where somebody does, the stream still gets everything, once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_message_does_not_stop_the_stream() {
    let folder = TestFolder::create();
    let Some(server) = Server::start(&folder).await else { return };
    let store: Arc<dyn Store> = Arc::new(folder.open());
    store.migrate().await.expect("a schema");
    let first = engine(&store, server.options()).await;
    tell(&first, 0..5, false).await;
    messages(&server, 5).await;
    first.stop().await;
    drop(first);
    let foreign = jetstream::new(async_nats::connect(server.options().url).await.expect("a connection"));
    foreign.publish("waybill.foreign", "{}".into()).await.expect("sent").await.expect("stored");
    // The next page begins with what the stream has already, and goes on behind the foreign message.
    store.execute(&[("UPDATE cursors SET position = 3", &[])]).await.expect("a cursor");
    let second = engine(&store, server.options()).await;
    tell(&second, 5..8, false).await;
    let mut found = messages(&server, 9).await;
    assert_eq!(found.remove(5).0, "waybill.foreign");
    assert_eq!(found, expected(&*store).await);
    second.stop().await;
}
