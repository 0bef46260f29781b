//! A provider on loopback that answers whatever a test wants.

use super::{Begun, CALLBACK, SECRET};
use axum::Router;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use waybill_domain::time::Timestamp;

/// What it does, until a test changes it.
pub struct Manner {
    /// The keys that it shows.
    pub shown: Vec<(&'static str, Arc<EcdsaKeyPair>)>,
    /// The header of its tokens, and the key that signs them; None signs as `alg` says, with what everybody knows.
    pub header: Value,
    pub signer: Option<Arc<EcdsaKeyPair>>,
    /// What its tokens say.
    pub claims: Value,
    /// What it says where it is asked who somebody is.
    pub told: Value,
    /// What it answers instead of a token.
    pub instead: Option<(StatusCode, String)>,
    /// Of the sign-in that is under way.
    challenge: String,
}

#[derive(Clone)]
pub struct Liar {
    pub issuer: String,
    pub manner: Arc<Mutex<Manner>>,
}

pub fn key() -> Arc<EcdsaKeyPair> {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    Arc::new(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
}

fn coded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Liar {
    /// Honest, at first.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = key();
        let manner = Manner {
            shown: vec![("one", key.clone())],
            header: json!({"alg": "ES256", "kid": "one"}),
            signer: Some(key),
            claims: json!({}),
            told: json!({}),
            instead: None,
            challenge: String::new(),
        };
        let liar = Self { issuer, manner: Arc::new(Mutex::new(manner)) };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(who))
            .with_state(liar.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        liar
    }

    /// Vouches for somebody in the sign-in that was begun, for five minutes.
    pub fn vouch(&self, begun: &Begun, now: Timestamp, subject: &str, email: Value) {
        let now_s = now.0 / 1_000_000;
        let mut manner = self.manner.lock().unwrap();
        manner.challenge = begun.given("code_challenge");
        manner.claims = json!({
            "iss": self.issuer, "aud": "waybill", "sub": subject, "nonce": begun.given("nonce"),
            "iat": now_s, "exp": now_s + 300
        });
        manner.told = json!({"sub": subject});
        manner.claims.as_object_mut().unwrap().extend(email.as_object().cloned().unwrap());
    }

    pub fn change(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner.lock().unwrap());
    }
}

async fn metadata(State(liar): State<Liar>) -> Response {
    let at = |path: &str| format!("{}{path}", liar.issuer);
    axum::Json(json!({
        "issuer": liar.issuer, "authorization_endpoint": at("/auth?tenant=1"), "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/me"), "jwks_uri": at("/keys")
    }))
    .into_response()
}

async fn keys(State(liar): State<Liar>) -> Response {
    let manner = liar.manner.lock().unwrap();
    let shown = manner.shown.iter().map(|(kid, key)| {
        let point = key.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": kid, "x": part(1..33), "y": part(33..65)})
    });
    // One of a kind that nobody knows is no trouble.
    let odd = json!({"kty": "XX", "kid": "odd"});
    axum::Json(json!({"keys": std::iter::once(odd).chain(shown).collect::<Vec<_>>()})).into_response()
}

async fn token(State(liar): State<Liar>, headers: HeaderMap, Form(fields): Form<BTreeMap<String, String>>) -> Response {
    let manner = liar.manner.lock().unwrap();
    if let Some((status, text)) = &manner.instead {
        return (*status, Body::from(text.clone())).into_response();
    }
    // As RFC 6749 and RFC 7636 have it: who asks, for what, and that it is who began.
    let basic = headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
    let (id, secret) = pair.split_once(':').unwrap();
    let plain = |text: &str| form_urlencoded::parse(text.as_bytes()).next().unwrap().0.into_owned();
    assert_eq!((id, plain(secret).as_str()), ("waybill", SECRET));
    assert_eq!((fields["grant_type"].as_str(), fields["redirect_uri"].as_str()), ("authorization_code", CALLBACK));
    let hashed = URL_SAFE_NO_PAD.encode(digest(&SHA256, fields["code_verifier"].as_bytes()));
    if hashed != manner.challenge || fields["code"] != "a-code" {
        return (StatusCode::BAD_REQUEST, r#"{"error": "invalid_grant"}"#).into_response();
    }
    let message = format!("{}.{}", coded(&manner.header), coded(&manner.claims));
    let signature = match (&manner.signer, manner.header["alg"].as_str()) {
        (Some(key), _) => key.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
        (None, Some("HS256")) => {
            let known = manner.shown[0].1.public_key().as_ref();
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, known), message.as_bytes()).as_ref().to_vec()
        }
        (None, _) => Vec::new(),
    };
    let id_token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    axum::Json(json!({"id_token": id_token, "access_token": "an-access-token", "token_type": "Bearer"})).into_response()
}

async fn who(State(liar): State<Liar>, headers: HeaderMap) -> Response {
    assert_eq!(headers["authorization"], "Bearer an-access-token");
    axum::Json(liar.manner.lock().unwrap().told.clone()).into_response()
}
