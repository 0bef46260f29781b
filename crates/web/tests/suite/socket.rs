//! The real server on a real port: it answers, counts, stops without waiting for streams, and for no client's head.

use crate::common::{api, open};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waybill_store_sqlite::testing::TestFolder;
use waybill_web::WebOptions;

async fn ask(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_ends_its_streams_and_finishes() {
    let folder = TestFolder::create();
    let api = api(Arc::new(folder.open()), open()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(waybill_web::serve(listener, api.state.clone(), async move {
        let _ = stopped.await;
    }));
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
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), server).await.expect("it stops").unwrap().unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    api.engine().stop().await;
}

/// A client that never finishes its head, or keeps a connection for nothing, would keep it for ever: a few hundred of them,
/// and nobody else gets in.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_client_does_nothing_is_closed() {
    let folder = TestFolder::create();
    let options = WebOptions { head_limit: Duration::from_millis(50), ..open() };
    let api = api(Arc::new(folder.open()), options).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(waybill_web::serve(listener, api.state.clone(), async move {
        let _ = stopped.await;
    }));
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
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), server).await.expect("it stops").unwrap().unwrap();
    api.engine().stop().await;
}
