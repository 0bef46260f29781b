//! Sending over TLS, to a receiver whose certificate an authority of its own has signed.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use waybill_domain::webhook::DeliveryOutcome;
use waybill_domain::webhook::url::EndpointUrl;
use waybill_engine::{WebhookAnswer, WebhookMessage, WebhookSender};
use waybill_integrations::webhooks::{HttpSender, WebhookOptions};
use waybill_store_sqlite::testing::TestFolder;

/// A receiver on a port of its own, and its authority's certificate in PEM form.
async fn receiver(names: &[&str]) -> (u16, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = Vec::new();
            while !bytes.ends_with(b"{}") && stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {}
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    (port, authority.pem())
}

fn sender(ca_file: Option<PathBuf>) -> HttpSender {
    let limit = Duration::from_secs(30);
    HttpSender::new(WebhookOptions { allow_http: false, allow_private: true, limit, ca_file })
}

async fn send(sender: &HttpSender, host: &str, port: u16) -> WebhookAnswer {
    let message = WebhookMessage {
        url: EndpointUrl(format!("https://{host}:{port}/")),
        id: "evt_1".into(),
        timestamp_s: 1,
        signature: "v1,x".into(),
        body: b"{}".to_vec(),
    };
    sender.send(&message).await
}

#[tokio::test]
async fn a_receiver_is_believed_whose_authority_is_in_the_file() {
    let folder = TestFolder::create();
    let (port, authority) = receiver(&["127.0.0.1"]).await;
    let (_, another) = receiver(&["127.0.0.1"]).await;
    let (ours, other) = (folder.path().join("ours.pem"), folder.path().join("other.pem"));
    std::fs::write(&ours, format!("{another}\n{authority}")).unwrap();
    std::fs::write(&other, another).unwrap();
    let answer = send(&sender(Some(ours.clone())), "127.0.0.1", port).await;
    assert_eq!((answer.outcome, answer.status), (DeliveryOutcome::Delivered, Some(204)), "{answer:?}");
    // By another name, by another authority, by nobody.
    for (sender, host) in
        [(sender(Some(ours)), "localhost"), (sender(Some(other)), "127.0.0.1"), (sender(None), "127.0.0.1")]
    {
        let answer = send(&sender, host, port).await;
        assert_eq!((answer.outcome, answer.status), (DeliveryOutcome::Unreachable, None), "{answer:?}");
        assert!(answer.text.as_deref().is_some_and(|text| text.starts_with("no TLS")), "{answer:?}");
    }
}

/// What was wrong when the process began may be mended while it runs.
#[tokio::test]
async fn certificates_that_could_not_be_read_are_read_again() {
    let folder = TestFolder::create();
    let (port, authority) = receiver(&["127.0.0.1"]).await;
    let file = folder.path().join("authority.pem");
    let options = WebhookOptions { ca_file: Some(file.clone()), ..WebhookOptions::default() };
    let sender = sender(Some(file.clone()));
    for (text, why) in
        [(None, "No such file"), (Some("nothing"), "holds no certificate"), (Some(BROKEN), "authority.pem: ")]
    {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let answer = send(&sender, "127.0.0.1", port).await;
        assert_eq!(answer.outcome, DeliveryOutcome::Unreachable);
        assert!(answer.text.as_deref().is_some_and(|text| text.contains(why)), "{answer:?}");
        assert!(options.check().is_err_and(|what| what.contains(why)));
    }
    std::fs::write(&file, authority).unwrap();
    assert_eq!(send(&sender, "127.0.0.1", port).await.outcome, DeliveryOutcome::Delivered);
    assert_eq!(options.check(), Ok(()));
}

const BROKEN: &str = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
