//! Signing in through a provider of OpenID Connect: a small one of our own that can lie, and a real one.

mod liar;
mod lies;
mod real;

use crate::common::{Answer, Api, open};
use axum::body::Body;
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::access::Access;
use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
use waybill_domain::access::role::Role;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::command::Command;
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_engine::Submission;
use waybill_integrations::oidc::{OidcOptions, OidcProvider};
use waybill_store::Value;
use waybill_web::{SignOn, WebOptions, WebState, router};

pub const HERE: (&str, &str) = ("host", "localhost:8080");
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml");
/// Where the provider sends browsers back to.
pub const CALLBACK: &str = "http://localhost:8080/login/oidc/callback";
pub const SECRET: &str = "a secret: with + and %";

/// The same server, with this provider.
pub fn with_provider(api: &Api, issuer: &str) -> Api {
    let provider = OidcProvider::new(OidcOptions {
        issuer: issuer.to_owned(),
        client_id: "waybill".to_owned(),
        client_secret: Some(SECRET.to_owned()),
        name: "Example & Sons".to_owned(),
        limit: Duration::from_secs(20),
        ca_file: None,
    });
    let sign_on = SignOn { provider: Arc::new(provider), public_url: "http://localhost:8080".to_owned() };
    let state = WebState::new(api.engine().clone(), WebOptions { sign_on: Some(sign_on), ..open() });
    Api { router: router(state.clone()), state, secret: None }
}

pub async fn submit(api: &Api, command: impl Into<Command>) -> UserId {
    let engine = api.engine();
    let actor = Arc::new(Actor::system("test", Door::Command));
    let receipt = engine.submit(Submission::new(command, actor, engine.ids())).await.expect("done");
    receipt.subject.map_or(UserId::NIL, |subject| UserId(subject.id))
}

pub async fn invited(api: &Api, email: &str, role: Role) -> UserId {
    let value = Party { name: Some("Ada".into()), email: Some(email.into()), ..Party::default() };
    let party = Personal { id: api.engine().ids().nth(1), value };
    submit(api, InviteUser { party, access: Access::everywhere(role) }).await
}

/// Somebody who joined, and signs in by links.
pub async fn user(api: &Api, email: &str, role: Role) -> UserId {
    let user_id = invited(api, email, role).await;
    submit(api, AcceptInvitation { user_id, password_hash: None }).await
}

pub async fn get(api: &Api, path: &str, cookie: &str) -> Answer {
    api.send("GET", path, &[HERE, BROWSER, ("cookie", cookie)], Body::empty()).await
}

pub async fn me(api: &Api, cookie: &str) -> Answer {
    api.send("GET", "/api/v1/me", &[HERE, ("cookie", cookie)], Body::empty()).await
}

/// A sign-in that a browser has begun.
pub struct Begun {
    /// What the browser remembers, as it sends it.
    pub cookie: String,
    /// Where it was sent.
    pub address: String,
}

impl Begun {
    /// A parameter that the provider was given.
    pub fn given(&self, name: &str) -> String {
        let query = self.address.split_once('?').expect("a query").1;
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        pairs.into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    /// The browser comes back with this.
    pub async fn back(&self, api: &Api, query: &str) -> Answer {
        get(api, &format!("/login/oidc/callback?{query}"), &self.cookie).await
    }
}

pub async fn begin(api: &Api, path: &str) -> Begun {
    let answer = get(api, path, "").await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let set = answer.header("set-cookie").expect("a cookie");
    let (cookie, rules) = set.split_once(';').unwrap();
    assert_eq!(rules, " Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
    assert!(cookie.starts_with("waybill-sign-on="), "{cookie}");
    Begun { cookie: cookie.to_owned(), address: answer.header("location").unwrap().to_owned() }
}

/// The session that an answer gives the browser.
#[track_caller]
pub fn session(answer: &Answer) -> String {
    session_of(answer).unwrap_or_else(|| panic!("{}: {}", answer.status, answer.text))
}

pub fn session_of(answer: &Answer) -> Option<String> {
    let mut set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let session = set.find(|cookie| cookie.starts_with("waybill=") && !cookie.starts_with("waybill=;"))?;
    assert!(session.contains("HttpOnly; SameSite=Lax"), "{session}");
    Some(session.split(';').next().unwrap().to_owned())
}

/// The kinds of events about a user.
pub async fn told(api: &Api, user_id: UserId) -> Vec<String> {
    let sql = "SELECT kind FROM events WHERE aggregate_id = $1 ORDER BY position";
    let rows = api.state.store().read(sql, &[Value::Id(user_id.0)]).await.unwrap();
    rows.iter()
        .map(|row| format!("{:?}", row.values()[0]))
        .map(|text| text.split('"').nth(1).unwrap().to_owned())
        .collect()
}
