//! The real server on a real port: it answers, counts, and stops without waiting for streams.

mod common;

use common::{api, open};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waybill_store_sqlite::testing::TestFolder;

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
    assert!(page.contains("Taking orders"), "{page}");

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
