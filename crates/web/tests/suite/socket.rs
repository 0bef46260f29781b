//! The real server on a real port: it answers, counts, stops without waiting for streams, and for no client's head.

use crate::common::{Api, api, open};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use waybill_store_sqlite::testing::TestFolder;
use waybill_web::WebOptions;

/// A server on a port of its own.
struct Serving {
    api: Api,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Serving {
    async fn begin(folder: &TestFolder, options: WebOptions) -> Self {
        let api = api(Arc::new(folder.open()), options).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(waybill_web::serve(listener, api.state.clone(), async move {
            let _ = stopped.await;
        }));
        Self { api, address, stop, server }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(10), self.server).await.expect("it stops").unwrap().unwrap();
        self.api.engine().stop().await;
    }
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_its_streams_and_finishes() {
    let folder = TestFolder::create();
    let serving = Serving::begin(&folder, open()).await;
    let (api, address) = (&serving.api, serving.address);
    let ready = ask(address, "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(ready.starts_with("HTTP/1.1 200 OK\r\n"), "{ready}");
    let page = ask(address, "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(page.contains("<title>Today"), "{page}");

    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /api/v1/events/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).await.unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    let waiting = tokio::spawn(ask(
        address,
        "GET /api/v1/events?after=0&wait_s=30 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ));
    api.shop().await;
    assert!(waiting.await.unwrap().contains("channel.created"));
    serving.end().await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
}

/// Many that never finish their heads do not keep anybody else out, and who is being answered stays.
#[tokio::test(flavor = "multi_thread")]
async fn connections_of_silent_clients_give_way_to_others() {
    let folder = TestFolder::create();
    let options = WebOptions { connections_max: 8, head_limit: Duration::from_secs(3_600), ..open() };
    let serving = Serving::begin(&folder, options).await;
    let (api, address) = (&serving.api, serving.address);
    let mut feed = TcpStream::connect(address).await.unwrap();
    feed.write_all(b"GET /api/v1/events/stream HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    feed.read_exact(&mut first).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /healthz HTT").await.unwrap();
        silent.push(stream);
        let healthy = ask(address, "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        assert!(healthy.starts_with("HTTP/1.1 200 OK\r\n"), "{healthy}");
    }
    let mut closed = Vec::new();
    assert!(matches!(silent[0].read_to_end(&mut closed).await, Ok(0) | Err(_)), "the first of them was closed");
    api.shop().await;
    let mut events = Vec::new();
    while !String::from_utf8_lossy(&events).contains("channel.created") {
        let mut more = [0; 1_024];
        let count = feed.read(&mut more).await.unwrap();
        assert!(count > 0, "the feed was closed");
        events.extend_from_slice(&more[..count]);
    }
    drop((silent, feed));
    serving.end().await;
}

/// Nor do those that never send the bodies that their heads speak of.
#[tokio::test(flavor = "multi_thread")]
async fn connections_whose_clients_owe_bodies_give_way_to_others() {
    let folder = TestFolder::create();
    let serving = Serving::begin(&folder, WebOptions { connections_max: 8, ..open() }).await;
    let address = serving.address;
    let unfinished = [
        "POST /login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nx",
        "POST /api/v1/orders HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    ];
    let mut held = Vec::new();
    for round in 0..30 {
        for begun in unfinished {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begun.as_bytes()).await.unwrap();
            held.push(stream);
        }
        // Not what spare seats are for.
        let answer =
            ask(address, "GET /api/v1/channels HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "round {round}: {answer}");
    }
    drop(held);
    serving.end().await;
}

/// While all that may be open are being answered, whoever watches is answered, and others are told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_house_still_says_how_it_does() {
    let folder = TestFolder::create();
    let serving = Serving::begin(&folder, WebOptions { connections_max: 1, ..open() }).await;
    let address = serving.address;
    let mut busy = TcpStream::connect(address).await.unwrap();
    // It waits for an event on this server's side.
    busy.write_all(b"GET /api/v1/events?after=0&wait_s=30 HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut refused = String::new();
    while !refused.starts_with("HTTP/1.1 503") {
        // Until the head is read, the connection gives way; then it is another's turn to wait.
        refused = ask(address, "GET /readyzz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
        if !refused.starts_with("HTTP/1.1 503") {
            busy = TcpStream::connect(address).await.unwrap();
            busy.write_all(b"GET /api/v1/events?after=0&wait_s=30 HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        }
    }
    assert!(refused.contains("engine.overloaded") && refused.to_lowercase().contains("retry-after: 1"), "{refused}");
    let healthy = ask(address, "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    assert!(healthy.starts_with("HTTP/1.1 200 OK\r\n"), "{healthy}");
    serving.api.shop().await;
    let mut answer = [0; 12];
    busy.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    drop(busy);
    serving.end().await;
}

/// A client that never finishes its head, or keeps a connection for nothing, would keep it for ever: a few hundred of them,
/// and nobody else gets in.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_client_does_nothing_is_closed() {
    let folder = TestFolder::create();
    let options = WebOptions { head_limit: Duration::from_millis(50), ..open() };
    let serving = Serving::begin(&folder, options).await;
    let address = serving.address;
    let all = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for (sent, answered) in [("", ""), ("GET /healthz HTT", ""), (&all[..all.len() - 2], ""), (all, "HTTP/1.1 200 OK")]
    {
        let closed = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            let mut answer = String::new();
            // The other side closes; this one never does.
            let _ = stream.read_to_string(&mut answer).await;
            answer
        };
        let answer = tokio::time::timeout(Duration::from_secs(20), closed).await.expect("it is closed");
        assert!(answer.starts_with(answered) && (answered.is_empty() || answer.ends_with("ok\n")), "{sent}: {answer}");
    }
    serving.end().await;
}

/// Reads nothing before it has sent everything, as urllib does; a broken connection is no answer.
async fn answer_to(address: SocketAddr, head: &str, body: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Whoever sends ten megabytes is to read why they are not wanted, whoever asks first is not to send them, and whoever goes on
/// sending is cut off.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_all_before_it_reads_is_told_that_the_body_is_too_large() {
    let folder = TestFolder::create();
    let serving = Serving::begin(&folder, open()).await;
    let address = serving.address;
    let head = |path: &str, more: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n{more}\r\n"
        )
    };
    for megabytes in [3, 10] {
        let body = vec![b' '; megabytes << 20];
        let declared = head("/api/v1/orders", &format!("content-length: {}\r\n", body.len()));
        let chunked = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        let streamed = head("/api/v1/orders", "transfer-encoding: chunked\r\n");
        for (head, body) in [(&declared, &body), (&streamed, &chunked)] {
            let answer = answer_to(address, head, body).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("request.too_large"), "{answer}");
        }
        // Nor is it read by anybody here.
        let lost = declared.replace("/orders", "/nowhere");
        let answer = answer_to(address, &lost, &body).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    }
    let asks = head("/api/v1/orders", "content-length: 10485760\r\nexpect: 100-continue\r\n");
    let answer = ask(address, &asks).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");

    let endless = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(head("/api/v1/orders", "content-length: 1000000000000\r\n").as_bytes()).await?;
        let more = vec![b' '; 1 << 20];
        loop {
            stream.write_all(&more).await?;
        }
    };
    let cut: std::io::Result<()> = tokio::time::timeout(Duration::from_secs(20), endless).await.expect("it is cut off");
    assert!(cut.is_err());
    serving.end().await;
}
