//! A real router over a real store and engine, on each database.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;
use waybill_domain::actor::{Actor, Door, Permission, Scope};
use waybill_domain::ids::{ChannelId, LocationId};
use waybill_domain::system::CreateApiKey;
use waybill_engine::ports::SystemClock;
use waybill_engine::{Engine, EngineOptions, Ports, Submission};
use waybill_integrations::gateways::simulator::Simulator;
use waybill_integrations::webhooks::{HttpSender, WebhookOptions};
use waybill_store::Store;
use waybill_store_postgres::testing::TestDatabase;
use waybill_store_sqlite::testing::TestFolder;
use waybill_web::{WebOptions, WebState, router, secret_hash};

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The JSON of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.json()
    }

    /// Checks that it is a whole problem with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["type"], format!("/docs/errors/{code}"));
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"));
        for field in ["title", "detail", "retry", "next_step"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", self.text);
        }
        assert!(waybill_web::errors::page(code).is_some(), "{code} has no page");
        problem
    }
}

/// A server without a socket.
#[derive(Clone)]
pub struct Api {
    pub state: WebState,
    pub router: Router,
    /// Sent with every request.
    pub secret: Option<String>,
}

impl Api {
    pub fn engine(&self) -> &Engine {
        self.state.engine()
    }

    /// The same server for somebody else.
    pub fn with_secret(&self, secret: Option<&str>) -> Self {
        Self { secret: secret.map(str::to_owned), ..self.clone() }
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        if let Some(secret) = &self.secret {
            request = request.header("authorization", format!("Bearer {secret}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Body::empty()).await
    }

    pub async fn write(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.send(method, path, &all, Body::from(body.to_string())).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.write("POST", path, &[], body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.write("PUT", path, &[], body).await
    }

    /// A step without a body.
    pub async fn step(&self, path: &str) -> Answer {
        self.send("POST", path, &[], Body::empty()).await
    }

    /// A channel `web`, locations `DUB` and `ORK`, items `MUG-1` (40 and 60 there) and `CARD-1` (a service).
    pub async fn shop(&self) {
        self.put("/api/v1/channels/web", &json!({"name": "Web shop"})).await.ok();
        for (code, latitude, longitude) in [("DUB", 53.35, -6.26), ("ORK", 51.9, -8.47)] {
            let body = json!({"name": code, "country": "IE", "zone": "Europe/Dublin", "latitude": latitude, "longitude": longitude});
            self.put(&format!("/api/v1/locations/{code}"), &body).await.ok();
        }
        self.put("/api/v1/items/MUG-1", &json!({"name": "A mug"})).await.ok();
        self.put("/api/v1/items/CARD-1", &json!({"name": "A greeting", "supply": "service"})).await.ok();
        for (location, quantity) in [("DUB", 40), ("ORK", 60)] {
            let body = json!({"location": location, "lines": [{"sku": "MUG-1", "quantity": quantity}]});
            self.post("/api/v1/stock/receipts", &body).await.ok();
        }
    }

    /// Makes a key; `None` for every channel or location.
    pub async fn key(
        &self,
        permissions: &[Permission],
        channels: Option<Vec<ChannelId>>,
        locations: Option<Vec<LocationId>>,
    ) -> String {
        let engine = self.engine();
        let secret = format!("wbk_{}", engine.ids().nth::<waybill_domain::ids::EventId>(0));
        let command = CreateApiKey {
            name: "test".into(),
            secret_hash: secret_hash(&secret),
            permissions: permissions.to_vec(),
            channels: channels.map_or(Scope::ALL, Scope::Only),
            locations: locations.map_or(Scope::ALL, Scope::Only),
        };
        let actor = Arc::new(Actor::system("test", Door::Command));
        engine.submit(Submission::new(command, actor, engine.ids())).await.unwrap();
        secret
    }
}

/// A page as a browser asks for it.
pub async fn page(api: &Api, path: &str) -> Answer {
    api.send("GET", path, &[("accept", "text/html")], Body::empty()).await
}

/// Posts a form as a browser does.
pub async fn send(api: &Api, path: &str, fields: &[(&str, &str)]) -> Answer {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let coded = |text: &str| {
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
    };
    let body = fields.iter().map(|(name, value)| format!("{name}={}", coded(value))).collect::<Vec<_>>().join("&");
    api.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], Body::from(body)).await
}

/// The value of a hidden field of a page.
pub fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    let value = &page[start + name.len() + 15..];
    &value[..value.find('"').unwrap()]
}

/// An order as the documentation shows one, with its own reference.
pub fn order(external_ref: &str) -> Value {
    json!({
        "channel": "web", "external_ref": external_ref, "currency": "EUR",
        "customer": {"email": "ada@example.org", "name": "Ada Example"},
        "ship_to": {"name": "Ada Example", "line1": "1 Main Street", "city": "Dublin", "postal_code": "D01 F5P2",
            "country": "IE", "latitude": 53.3, "longitude": -6.3},
        "lines": [{"sku": "MUG-1", "quantity": 2, "unit_price_minor": 1999}],
        "charges": [{"kind": "shipping", "amount_minor": 499}],
        "payment": {"method": "card", "token": "sim_ok"},
        "requested_by": "2030-12-01", "instructions": "Leave with the neighbour"
    })
}

pub async fn api(store: Arc<dyn Store>, options: WebOptions) -> Api {
    api_of(store, options, EngineOptions::default()).await
}

pub async fn api_of(store: Arc<dyn Store>, options: WebOptions, engine: EngineOptions) -> Api {
    store.migrate().await.unwrap();
    let mut ports = Ports::system([
        Arc::new(Simulator::new(Arc::new(SystemClock), Duration::ZERO)) as Arc<dyn waybill_engine::Gateway>
    ]);
    ports.webhooks = Some(Arc::new(HttpSender::new(WebhookOptions::default())));
    let engine = Engine::start(store, ports, engine).await.unwrap();
    let state = WebState::new(engine, options);
    Api { router: router(state.clone()), state, secret: None }
}

/// Options of a server that only this machine reaches.
pub fn open() -> WebOptions {
    WebOptions { loopback_open: true, ..WebOptions::default() }
}

/// Runs a test on SQLite, and on PostgreSQL where a server is named.
pub async fn on_each(test: impl AsyncFn(&Api)) {
    let folder = TestFolder::create();
    let sqlite = api(Arc::new(folder.open()), open()).await;
    test(&sqlite).await;
    sqlite.engine().stop().await;
    if let Some(database) = TestDatabase::create().await {
        let postgres = api(Arc::new(database.open().await), open()).await;
        test(&postgres).await;
        postgres.engine().stop().await;
    }
}
