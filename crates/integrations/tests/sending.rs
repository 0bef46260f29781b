//! Sending to programs that answer badly, or stand where nothing may be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use waybill_domain::time::Timestamp;
use waybill_domain::webhook::DeliveryOutcome;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_engine::{RetryAfter, WebhookAnswer, WebhookMessage, WebhookSender};
use waybill_integrations::webhooks::{HttpSender, WebhookOptions};

/// How the other side behaves once it has read the head of a request.
#[derive(Clone, Copy)]
enum Behaves {
    Says(&'static str),
    /// Speaks first, and is no HTTP server.
    Greets,
    /// A head, and then more than any buffer between here and there holds.
    Floods(&'static str),
    /// Keeps the connection and says nothing.
    Hangs,
}

/// What a server saw.
#[derive(Default)]
struct Saw {
    connections: AtomicUsize,
    /// Floods that ended, and those of which everything was taken.
    ended: AtomicUsize,
    whole: AtomicUsize,
}

async fn server(behaves: Behaves) -> (u16, Arc<Saw>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let saw = Arc::new(Saw::default());
    let here = saw.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            here.connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(behave(stream, behaves, here.clone()));
        }
    });
    (port, saw)
}

async fn behave(mut stream: TcpStream, behaves: Behaves, saw: Arc<Saw>) {
    if let Behaves::Greets = behaves {
        drop(stream.write_all(b"220 mail.example ESMTP\r\n").await);
        return;
    }
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    match behaves {
        Behaves::Says(answer) => drop(stream.write_all(answer.as_bytes()).await),
        Behaves::Floods(head) => {
            let _ = stream.write_all(head.as_bytes()).await;
            let mut is_whole = true;
            for _ in 0..1_024 {
                is_whole &= stream.write_all(&[b'x'; 64 << 10]).await.is_ok();
            }
            saw.whole.fetch_add(usize::from(is_whole), Ordering::Relaxed);
            saw.ended.fetch_add(1, Ordering::Relaxed);
        }
        Behaves::Hangs => std::future::pending().await,
        Behaves::Greets => {}
    }
}

fn open() -> WebhookOptions {
    WebhookOptions { allow_http: true, allow_private: true, limit: Duration::from_secs(30), ca_file: None }
}

async fn send(options: WebhookOptions, url: &str) -> WebhookAnswer {
    let message = WebhookMessage {
        url: EndpointUrl(url.into()),
        id: "evt_1".into(),
        timestamp_s: 1,
        signature: "v1,x".into(),
        body: b"{}".to_vec(),
    };
    HttpSender::new(options).send(&message).await
}

#[tokio::test]
async fn the_head_of_an_answer_says_how_it_went() {
    let cases = [
        ("HTTP/1.1 204 No Content\r\n\r\n", DeliveryOutcome::Delivered, Some(204), None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", DeliveryOutcome::Delivered, Some(200), None),
        ("HTTP/1.1 500 No\r\ncontent-length: 4\r\n\r\nwhy?", DeliveryOutcome::Refused, Some(500), Some("why?")),
        ("HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n", DeliveryOutcome::Refused, Some(429), None),
    ];
    for (says, outcome, status, text) in cases {
        let (port, _) = server(Behaves::Says(says)).await;
        let answer = send(open(), &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(answer, WebhookAnswer { outcome, status, text: text.map(str::to_owned), retry_after: None });
    }
    let (port, _) = server(Behaves::Says("no status line\r\n\r\n")).await;
    assert_eq!(send(open(), &format!("http://127.0.0.1:{port}/")).await.outcome, DeliveryOutcome::Garbled);
    // Nobody listens: the port was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_eq!(send(open(), &format!("http://127.0.0.1:{port}/")).await.outcome, DeliveryOutcome::Unreachable);
    // And a listener that speaks no TLS.
    let (port, _) = server(Behaves::Greets).await;
    assert_eq!(send(open(), &format!("https://127.0.0.1:{port}/")).await.outcome, DeliveryOutcome::Unreachable);
}

/// The three dates are those of RFC 9110, section 5.6.7: 784,111,777 seconds since 1970.
#[tokio::test]
async fn when_to_come_again_is_told_in_seconds_or_as_a_date() {
    let date = Some(RetryAfter::At(Timestamp(784_111_777_000_000)));
    let cases = [
        ("429 No", "120", Some(RetryAfter::Seconds(120))),
        ("503 No", " 0 ", Some(RetryAfter::Seconds(0))),
        ("503 No", "99999999999999999999999", Some(RetryAfter::Seconds(u64::MAX))),
        ("429 No", "Sun, 06 Nov 1994 08:49:37 GMT", date),
        ("429 No", "Sunday, 06-Nov-94 08:49:37 GMT", date),
        ("429 No", "Sun Nov  6 08:49:37 1994", date),
        ("429 No", "-1", None),
        ("429 No", "1.5", None),
        ("429 No", "soon", None),
        ("429 No", "", None),
        ("500 No", "120", None),
        ("200 Yes", "120", None),
    ];
    for (status, says, wanted) in cases {
        let answer = format!("HTTP/1.1 {status}\r\nretry-after: {says}\r\ncontent-length: 0\r\n\r\n");
        let (port, _) = server(Behaves::Says(answer.leak())).await;
        let answer = send(open(), &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(answer.retry_after, wanted, "{status}: {says}");
    }
}

#[tokio::test]
async fn a_flood_is_not_read() {
    let long = "content-length: 67108864\r\n\r\n";
    for (head, outcome, text) in [
        (format!("HTTP/1.1 200 OK\r\n{long}"), DeliveryOutcome::Delivered, None),
        (format!("HTTP/1.1 500 No\r\n{long}"), DeliveryOutcome::Refused, Some("x".repeat(512))),
        ("HTTP/1.1 200 OK\r\nx: ".to_owned(), DeliveryOutcome::Garbled, None),
    ] {
        let (port, saw) = server(Behaves::Floods(head.leak())).await;
        let answer = send(open(), &format!("http://127.0.0.1:{port}/")).await;
        assert_eq!(answer.outcome, outcome);
        if outcome != DeliveryOutcome::Garbled {
            assert_eq!(answer.text, text);
        }
        while saw.ended.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(saw.whole.load(Ordering::Relaxed), 0, "all of it was taken");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let options = WebhookOptions { limit: Duration::from_millis(100), ..open() };
    let (port, _) = server(Behaves::Hangs).await;
    let answer = send(options, &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!((answer.outcome, answer.status), (DeliveryOutcome::TimedOut, None));
    // A head that came counts, whenever the rest comes.
    let (port, _) = server(Behaves::Says("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nwait")).await;
    let answer = send(open(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!((answer.outcome, answer.status), (DeliveryOutcome::Delivered, Some(200)));
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let (target, visits) = server(Behaves::Says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let answer = format!("HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:{target}/\r\ncontent-length: 0\r\n\r\n");
    let (port, _) = server(Behaves::Says(answer.leak())).await;
    let answer = send(open(), &format!("http://127.0.0.1:{port}/")).await;
    assert_eq!((answer.outcome, answer.status), (DeliveryOutcome::Redirected, Some(307)));
    assert_eq!(visits.connections.load(Ordering::Relaxed), 0);
}

/// A webhook must be no way to talk to what only this machine, or its network, can reach.
#[tokio::test]
async fn private_addresses_are_not_even_connected_to() {
    let (port, visits) = server(Behaves::Says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let closed = WebhookOptions { allow_private: false, ..open() };
    // Written out, behind a name, as a number that the system's resolver understands, and mapped.
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "169.254.169.254"] {
        let answer = send(closed.clone(), &format!("http://{host}:{port}/")).await;
        let refused = matches!(answer.outcome, DeliveryOutcome::Forbidden | DeliveryOutcome::Unreachable);
        assert!(refused && answer.status.is_none(), "{host}: {answer:?}");
    }
    assert_eq!(send(closed.clone(), &format!("http://localhost:{port}/")).await.outcome, DeliveryOutcome::Forbidden);
    assert_eq!(visits.connections.load(Ordering::Relaxed), 0);
    assert_eq!(send(open(), &format!("http://localhost:{port}/")).await.outcome, DeliveryOutcome::Delivered);
    assert_eq!(visits.connections.load(Ordering::Relaxed), 1, "the name leads there where that is allowed");
}

#[tokio::test]
async fn what_may_be_sent_to_is_known_beforehand() {
    let objection = |options, url: &str| HttpSender::new(options).objection(&EndpointUrl(url.into()));
    let closed = WebhookOptions::default();
    assert_eq!(objection(closed.clone(), "https://hooks.example/x"), None);
    for (url, word) in [
        ("http://hooks.example/", "webhooks.allow_http"),
        ("https://10.0.0.1/", "webhooks.allow_private"),
        ("https://[fe80::1]/", "webhooks.allow_private"),
        ("https://a b/", "is not a URL"),
    ] {
        assert!(objection(closed.clone(), url).is_some_and(|why| why.contains(word)), "{url}");
    }
    assert_eq!(objection(open(), "http://10.0.0.1/"), None);
}
