//! HTTP requests, each answered or not.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::time::Duration;

/// No answer after this is none. Longer than any that the server may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer that came whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// The server says that it answered the same key before.
    pub replayed: bool,
    pub body: Value,
}

impl Answer {
    /// The code of a problem; empty where there is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

/// A client that keeps connections open. Clones share them.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
}

impl Default for Client {
    fn default() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { pool: Pool::builder(TokioExecutor::new()).build(connector) }
    }
}

impl Client {
    /// Sends one request to `server` (`http://host:port`). Changes ask for the receipt alone.
    ///
    /// # Errors
    /// Why no whole answer came. What was asked may have been done or not.
    pub async fn send(
        &self,
        server: &str,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
        let mut request = Request::builder().method(method).uri(format!("{server}{path}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key).header("prefer", "return=minimal");
        }
        let body = body.map(|body| Bytes::from(body.to_string()));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(|error| error.to_string())?;
        let answered = async {
            let answer = self.pool.request(request).await.map_err(|error| error.to_string())?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            let replayed = head.headers.contains_key("idempotency-replayed");
            let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
            Ok(Answer { status: head.status.as_u16(), replayed, body })
        };
        tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| Err(format!("no answer in {PATIENCE:?}")))
    }

    /// The JSON at a path.
    ///
    /// # Errors
    /// Where no answer came, or another than success.
    pub async fn get(&self, server: &str, path: &str) -> Result<Value, String> {
        let answer = self.send(server, "GET", path, None, None).await?;
        if answer.status == 200 { Ok(answer.body) } else { Err(format!("{path}: {} {}", answer.status, answer.body)) }
    }
}
