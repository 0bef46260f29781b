//! How people get in, stay in and are put out: through the real pages, on each database.

use crate::common::{Answer, Api, on_each};
use axum::body::Body;
use serde_json::json;
use std::sync::Arc;
use waybill_domain::access::Access;
use waybill_domain::access::change::ChangeUser;
use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
use waybill_domain::access::role::Role;
use waybill_domain::access::sessions::EndSessions;
use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, TotpSecret};
use waybill_domain::actor::{Actor, Door, Permission};
use waybill_domain::command::Command;
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_domain::time::Timestamp;
use waybill_engine::Submission;
use waybill_store::Value;
use waybill_store::tables::LinkPurpose;
use waybill_web::sign_in::{self, links};

const HERE: (&str, &str) = ("host", "localhost:8080");
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml");
pub const PASSWORD: &str = "four brown mugs left";

pub async fn submit(api: &Api, command: impl Into<Command>) -> UserId {
    let engine = api.engine();
    let actor = Arc::new(Actor::system("test", Door::Command));
    let receipt = engine.submit(Submission::new(command, actor, engine.ids())).await.expect("done");
    receipt.subject.map_or(UserId::NIL, |subject| UserId(subject.id))
}

async fn invited(api: &Api, name: &str, email: &str, role: Role) -> UserId {
    let value = Party { name: Some(name.into()), email: Some(email.into()), ..Party::default() };
    let party = Personal { id: api.engine().ids().nth(1), value };
    submit(api, InviteUser { party, access: Access::everywhere(role) }).await
}

/// Somebody who joined, with [`PASSWORD`].
pub async fn user(api: &Api, email: &str, role: Role) -> UserId {
    called(api, "Ada", email, role).await
}

/// As [`user`], by another name than Ada.
pub async fn called(api: &Api, name: &str, email: &str, role: Role) -> UserId {
    let user_id = invited(api, name, email, role).await;
    let hash = sign_in::hash(&api.state, PASSWORD).await.expect("a hash");
    submit(api, AcceptInvitation { user_id, password_hash: Some(hash) }).await
}

fn form(fields: &[(&str, &str)]) -> Body {
    let coded = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if byte.is_ascii_alphanumeric() {
                out.push(byte.into())
            } else {
                out.push_str(&format!("%{byte:02X}"))
            }
            out
        })
    };
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
    Body::from(pairs.join("&"))
}

/// Posts a form as a page of ours does.
pub async fn post(api: &Api, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    api.send("POST", path, &[HERE, OURS, BROWSER, kind, ("cookie", cookie)], form(fields)).await
}

pub async fn get(api: &Api, path: &str, cookie: &str) -> Answer {
    api.send("GET", path, &[HERE, BROWSER, ("cookie", cookie)], Body::empty()).await
}

pub async fn log_in(api: &Api, email: &str, password: &str) -> Answer {
    post(api, "/login", "", &[("email", email), ("password", password)]).await
}

/// The session that an answer gives the browser.
#[track_caller]
pub fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").unwrap_or_else(|| panic!("{}: {}", answer.status, answer.text));
    assert!(set.contains("HttpOnly; SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

/// What stands in a hidden field.
pub fn hidden(answer: &Answer, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = answer.text.split_once(&start).unwrap_or_else(|| panic!("no {name}: {}", answer.text)).1;
    rest.split('"').next().unwrap().to_owned()
}

pub async fn me(api: &Api, cookie: &str) -> Answer {
    api.send("GET", "/api/v1/me", &[HERE, ("cookie", cookie)], Body::empty()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_acts_as_themselves_and_signs_out() {
    on_each(async |api| {
        let ada = user(api, "ada@example.com", Role::OrderDesk).await;
        let wrong = log_in(api, "ada@example.com", "four brown mugs").await;
        assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (422, None));
        let nobody = log_in(api, "nobody@example.com", PASSWORD).await;
        let said = "Email and password do not match.";
        assert!(wrong.text.contains(said) && nobody.text.contains(said), "{}", nobody.text);
        let invitee = invited(api, "Ada", "ben@example.com", Role::Viewer).await;
        assert_ne!(invitee, ada);
        assert_eq!(log_in(api, "ben@example.com", PASSWORD).await.status, 422, "who has not joined does not sign in");

        let answer = log_in(api, " ADA@example.com", PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/")));
        let session = cookie(&answer);
        let told = me(api, &session).await.ok();
        assert_eq!((told["principal"].as_str(), told["name"].as_str()), (Some(ada.to_string().as_str()), Some("Ada")));
        let expected: Vec<_> = Role::OrderDesk.permissions().iter().map(ToString::to_string).collect();
        assert_eq!(told["permissions"], json!(expected));
        // What they do is done as themselves, with the permissions of their role.
        let channel = json!({"name": "Web"}).to_string();
        let kind = ("content-type", "application/json");
        let headers = [HERE, OURS, kind, ("cookie", session.as_str())];
        let refused = api.send("PUT", "/api/v1/channels/web", &headers, Body::from(channel)).await;
        refused.problem(403, "system.not_permitted");
        let customer = json!({"name": "Eve"}).to_string();
        api.send("PUT", "/api/v1/customers/eve", &headers, Body::from(customer)).await.ok();
        let sql = "SELECT actor FROM events WHERE kind = 'customer.created'";
        let rows = api.state.store().read(sql, &[]).await.unwrap();
        assert_eq!(rows[0].values(), [Value::from(ada.to_string())]);

        let out = post(api, "/logout", &session, &[]).await;
        assert_eq!((out.status.as_u16(), out.header("location")), (303, Some("/login")));
        assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
        me(api, &session).await.problem(401, "request.unauthenticated");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_acts_for_nobody() {
    on_each(async |api| {
        user(api, "ada@example.com", Role::Owner).await;
        let session = cookie(&log_in(api, "ada@example.com", PASSWORD).await);
        let write = async |headers: &[(&str, &str)]| {
            let mut all = vec![HERE, ("content-type", "application/json"), ("cookie", session.as_str())];
            all.extend_from_slice(headers);
            api.send("PUT", "/api/v1/channels/web", &all, Body::from(json!({"name": "Web"}).to_string())).await
        };
        let foreign = ("origin", "https://evil.example");
        for site in ["cross-site", "same-site", "none"] {
            write(&[("sec-fetch-site", site), ("origin", "http://localhost:8080")])
                .await
                .problem(403, "request.cross_site");
        }
        write(&[]).await.problem(403, "request.cross_site");
        write(&[foreign]).await.problem(403, "request.cross_site");
        write(&[("origin", "http://localhost:8081")]).await.problem(403, "request.cross_site");
        assert!(api.state.store().read("SELECT 1 FROM channels", &[]).await.unwrap().is_empty(), "nothing was done");
        write(&[("origin", "http://localhost:8080")]).await.ok();
        write(&[OURS]).await.ok();
        // Reading is safe, and nobody is signed in or out from elsewhere.
        api.send("GET", "/api/v1/channels", &[HERE, foreign, ("cookie", session.as_str())], Body::empty()).await.ok();
        for path in ["/login", "/login/totp", "/logout"] {
            let kind = ("content-type", "application/x-www-form-urlencoded");
            let answer = api.send("POST", path, &[HERE, foreign, kind, ("cookie", session.as_str())], form(&[])).await;
            answer.problem(403, "request.cross_site");
        }
        me(api, &session).await.ok();
        // A key is no cookie: no browser sends it by itself.
        let key = api.key(&[Permission::CatalogWrite], None, None).await;
        let program = api.with_secret(Some(&key));
        program.write("PUT", "/api/v1/channels/shop", &[foreign], &json!({"name": "Shop"})).await.ok();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_when_rights_or_proofs_change_and_after_a_while() {
    on_each(async |api| {
        let owner = user(api, "owner@example.com", Role::Owner).await;
        let ada = user(api, "ada@example.com", Role::Manager).await;
        let begin = async || cookie(&log_in(api, "ada@example.com", PASSWORD).await);
        let forget = async || {
            // What is remembered of a session lasts two seconds; a new process remembers nothing.
            let state = waybill_web::WebState::new(api.engine().clone(), crate::common::open());
            Api { router: waybill_web::router(state.clone()), state, secret: None }
        };
        for command in [
            Command::from(ChangeUser { user_id: ada, party: None, access: Access::everywhere(Role::Viewer) }),
            EndSessions { user_id: ada }.into(),
            EnrollTotp { user_id: owner, secret: TotpSecret(vec![1; 20]) }.into(),
        ] {
            let (session, others) = (begin().await, command.operation() == "user.enroll_totp");
            submit(api, command).await;
            let answer = me(&forget().await, &session).await;
            assert_eq!(answer.status.is_success(), others, "{}", answer.text);
        }
        // Each session is another token, and only its digest is kept.
        let (one, other) = (begin().await, begin().await);
        assert_ne!(one, other);
        let token = one.split_once('=').unwrap().1;
        let kept = api.state.store().read("SELECT token_hash FROM sessions", &[]).await.unwrap();
        assert!(kept.iter().all(|row| row.values() != [Value::Bytes(token.as_bytes().to_vec())]));
        // Unused for too long, and too old.
        let age = async |sql: &str, limit_s: i64| {
            let hash = Value::Bytes(waybill_web::secret_hash(token).to_vec());
            let now = api.engine().now();
            let at = |seconds: i64| Value::from(now.plus_seconds(seconds).0);
            let cut = at(limit_s + 60);
            api.state.store().execute(&[(sql, &[hash.clone(), cut])]).await.unwrap();
            me(&forget().await, &one).await.ok();
            let cut = at(limit_s - 60);
            api.state.store().execute(&[(sql, &[hash, cut])]).await.unwrap();
            me(&forget().await, &one).await.problem(401, "request.unauthenticated");
        };
        age("UPDATE sessions SET seen_at = $2 WHERE token_hash = $1", -12 * 3_600).await;
        age("UPDATE sessions SET seen_at = expires_at, expires_at = $2 WHERE token_hash = $1", 0).await;
        me(&forget().await, &other).await.ok();
    })
    .await;
}

/// What an authenticator with this secret shows at a moment.
pub fn code(secret: &TotpSecret, now: Timestamp) -> String {
    let builder = totp_rs::Builder::new().with_secret(totp_rs::Secret::from(secret.0.clone()));
    builder.build_noncompliant().generate(u64::try_from(now.0 / 1_000_000).unwrap()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_authenticator_shows_a_code_and_each_code_once() {
    on_each(async |api| {
        let user_id = user(api, "ada@example.com", Role::Viewer).await;
        let secret = TotpSecret(b"12345678901234567890".to_vec());
        submit(api, EnrollTotp { user_id, secret: secret.clone() }).await;
        assert_eq!(log_in(api, "ada@example.com", PASSWORD).await.status, 303, "not confirmed, not asked for");
        submit(api, ConfirmTotp { user_id, secret: secret.clone() }).await;

        let asked = log_in(api, "ada@example.com", PASSWORD).await;
        assert_eq!((asked.status.as_u16(), asked.header("set-cookie")), (200, None), "{}", asked.text);
        let step = hidden(&asked, "step");
        let now = api.engine().now();
        let code = code(&secret, now);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let refused = post(api, "/login/totp", "", &[("step", &step), ("code", wrong)]).await;
        assert_eq!((refused.status.as_u16(), refused.header("set-cookie")), (422, None));
        let other = post(api, "/login/totp", "", &[("step", &"0".repeat(64)), ("code", &code)]).await;
        assert!(other.header("set-cookie").is_none() && other.text.contains("Begin again"), "a step nobody took");
        let session = cookie(&post(api, "/login/totp", "", &[("step", &step), ("code", &code)]).await);
        me(api, &session).await.ok();
        let again = post(api, "/login/totp", "", &[("step", &step), ("code", &code)]).await;
        assert!(again.header("set-cookie").is_none(), "the step is used up");
        let step = hidden(&log_in(api, "ada@example.com", PASSWORD).await, "step");
        let again = post(api, "/login/totp", "", &[("step", &step), ("code", &code)]).await;
        assert_eq!((again.status.as_u16(), again.header("set-cookie")), (422, None), "the code is used up");
        // A link does not do without the code.
        let token =
            links::make(api.state.store(), api.engine().token(), user_id, LinkPurpose::SignIn, now).await.unwrap();
        let asked = get(api, &format!("/sign-in/{token}"), "").await;
        assert!(asked.header("set-cookie").is_none() && asked.text.contains("name=\"step\""), "{}", asked.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_work_once_for_their_purpose_and_for_their_time() {
    on_each(async |api| {
        let owner = user(api, "owner@example.com", Role::Owner).await;
        let session = cookie(&log_in(api, "owner@example.com", PASSWORD).await);
        let headers = [HERE, OURS, ("content-type", "application/json"), ("cookie", session.as_str())];
        let body = json!({"name": "Ben", "email": "ben@example.com", "role": "warehouse"}).to_string();
        let made = api.send("POST", "/api/v1/users", &headers, Body::from(body)).await.ok();
        let link = made["link"].as_str().unwrap().to_owned();
        assert!(link.starts_with("/join/") && link.len() == 70, "{link}");
        assert_eq!(
            api.send("GET", &link, &[HERE, BROWSER], Body::empty()).await.status,
            200,
            "looking uses nothing up"
        );
        let choose = async |link: &str, password: &str, again: &str| {
            post(api, link, "", &[("password", password), ("again", again)]).await
        };
        for (password, again, said) in [
            ("short", "short", "10 to 200 characters"),
            ("password123", "password123", "among the first"),
            ("ben@example.com", "ben@example.com", "must not be the email"),
            ("seven red plates", "seven red plate", "is not the password above"),
        ] {
            let answer = choose(&link, password, again).await;
            assert!(answer.status == 422 && answer.text.contains(said), "{password}: {}", answer.text);
        }
        let joined = choose(&link, "seven red plates", "seven red plates").await;
        let ben = me(api, &cookie(&joined)).await.ok();
        assert_eq!(ben["name"], "Ben");
        let spent = choose(&link, "seven red plates", "seven red plates").await;
        assert_eq!((spent.status.as_u16(), spent.header("set-cookie")), (404, None));

        // Another password, by a link that an owner makes; the sessions of before are over.
        let path = format!("/api/v1/users/{}/link", ben["principal"].as_str().unwrap());
        let link = api.send("POST", &path, &headers, Body::empty()).await.ok()["link"].as_str().unwrap().to_owned();
        let again = choose(&link, "eight green bowls", "eight green bowls").await;
        me(api, &cookie(&again)).await.ok();
        me(api, &cookie(&joined)).await.problem(401, "request.unauthenticated");
        assert_eq!(log_in(api, "ben@example.com", "seven red plates").await.status, 422);
        assert_eq!(log_in(api, "ben@example.com", "eight green bowls").await.status, 303);

        let now = api.engine().now();
        let store = api.state.store();
        let make = async |purpose| links::make(store, api.engine().token(), owner, purpose, now).await.unwrap();
        let token = make(LinkPurpose::SignIn).await;
        assert_eq!(get(api, &format!("/join/{token}"), "").await.status, 404, "a link is for one thing");
        let ahead = [HERE, BROWSER, ("sec-purpose", "prefetch;prerender")];
        let path = format!("/sign-in/{token}");
        assert_eq!(api.send("GET", &path, &ahead, Body::empty()).await.status, 503);
        let answer = get(api, &path, "").await;
        assert_eq!(me(api, &cookie(&answer)).await.ok()["principal"], owner.to_string());
        assert_eq!(get(api, &path, "").await.status, 404);
        let old = links::make(store, api.engine().token(), owner, LinkPurpose::SignIn, now.plus_seconds(-3_601)).await;
        assert_eq!(get(api, &format!("/sign-in/{}", old.unwrap()), "").await.status, 404, "an hour is over");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_in_the_middle_of_a_form_loses_nothing() {
    on_each(async |api| {
        user(api, "ada@example.com", Role::Owner).await;
        let away = get(api, "/orders?held=true", "").await;
        assert_eq!((away.status.as_u16(), away.header("location")), (303, Some("/login?next=%2Forders%3Fheld%3Dtrue")));
        let page = get(api, "/login?next=%2Forders%3Fheld%3Dtrue", "").await;
        let next = hidden(&page, "next");
        assert_eq!(next, "/orders?held=true");
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("next", next.as_str())];
        let back = post(api, "/login", "", &fields).await;
        assert_eq!(back.header("location"), Some("/orders?held=true"));
        for foreign in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
            let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("next", foreign)];
            assert_eq!(post(api, "/login", "", &fields).await.header("location"), Some("/"), "{foreign}");
        }

        // A form that was sent too late comes back as it was, and is done when its sender says so.
        let sent = [("reason", "a & \"b\""), ("key", "k-1"), ("password", "hidden")];
        let kept = post(api, "/orders/W-1/cancel", "", &sent).await;
        assert!(kept.status == 401 && kept.text.contains("What you entered is kept"), "{}", kept.text);
        assert!(!kept.text.contains("value=\"hidden\""), "no password is written into a page");
        let fields = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("action", "/orders/W-1/cancel"),
            ("kept.reason", "a & \"b\""),
            ("kept.key", "k-1"),
        ];
        let onward = post(api, "/login", "", &fields).await;
        cookie(&onward);
        assert!(onward.text.contains("action=\"/orders/W-1/cancel\""), "{}", onward.text);
        assert_eq!(
            (hidden(&onward, "key").as_str(), hidden(&onward, "reason").as_str()),
            ("k-1", "a &#38; &#34;b&#34;")
        );
        // What another site sent is not kept for it.
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let foreign = [HERE, BROWSER, kind, ("sec-fetch-site", "cross-site")];
        let answer = api.send("POST", "/orders/W-1/cancel", &foreign, form(&sent)).await;
        assert!(!answer.text.contains("kept."), "{}", answer.text);
        // Programs get what they always get.
        api.get("/orders").await.problem(401, "request.unauthenticated");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_owner_is_made_once_on_the_machine_itself() {
    on_each(async |api| {
        api.get("/api/v1/items").await.ok();
        assert_eq!(get(api, "/login", "").await.header("location"), Some("/setup"));
        let fields = |email: &'static str, again: &'static str| {
            [("name", "Ada"), ("email", email), ("password", PASSWORD), ("again", again)]
        };
        let wrong = post(api, "/setup", "", &fields("ada", PASSWORD)).await;
        assert!(wrong.status == 422 && wrong.text.contains("name@example.com"), "{}", wrong.text);
        assert_eq!(post(api, "/setup", "", &fields("ada@example.com", "other")).await.status, 422);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let foreign = [HERE, BROWSER, kind, ("origin", "https://evil.example")];
        let answer = api.send("POST", "/setup", &foreign, form(&fields("eve@example.com", PASSWORD))).await;
        assert_eq!(answer.status, 401, "{}", answer.text);
        assert!(api.state.store().read("SELECT 1 FROM users", &[]).await.unwrap().is_empty());

        let begun = post(api, "/setup", "", &fields("ada@example.com", PASSWORD)).await;
        let session = cookie(&begun);
        assert_eq!(me(api, &session).await.ok()["name"], "Ada");
        // From now on everybody proves who they are.
        api.get("/api/v1/items").await.problem(401, "request.unauthenticated");
        let late = post(api, "/setup", "", &fields("eve@example.com", PASSWORD)).await;
        assert!(late.header("set-cookie").is_none());
        assert_eq!(get(api, "/setup", &session).await.header("location"), Some("/"));
        assert_eq!(api.state.store().read("SELECT 1 FROM users", &[]).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_whether_there_is_such_an_account_or_not() {
    on_each(async |api| {
        user(api, "ada@example.com", Role::Owner).await;
        for email in ["ada@example.com", "nobody@example.com"] {
            for _ in 0..6 {
                let answer = log_in(api, email, "a wrong password").await;
                assert!(answer.text.contains("Email and password do not match."), "{}", answer.text);
            }
            let answer = log_in(api, email, PASSWORD).await;
            assert!(answer.status == 422 && answer.text.contains("Too many tries."), "{email}: {}", answer.text);
            assert!(answer.header("set-cookie").is_none());
        }
    })
    .await;
}

/// What a page's form to `action` hides in it.
fn key_of(answer: &Answer, action: &str) -> String {
    let form = answer.text.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("{}", answer.text)).1;
    let rest = form.split_once("name=\"key\" value=\"").unwrap_or_else(|| panic!("no key: {form}")).1;
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_manages_people_and_keys_and_sees_who_did_what() {
    on_each(async |api| {
        user(api, "owner@example.com", Role::Owner).await;
        let owner = cookie(&log_in(api, "owner@example.com", PASSWORD).await);
        let page = get(api, "/settings/users", &owner).await;
        assert!(page.status == 200 && page.text.contains("owner@example.com"), "{}", page.text);
        let key = key_of(&page, "/settings/users");
        let fields =
            [("key", key.as_str()), ("name", "<b>Ben</b>"), ("email", "ben@example.com"), ("role", "warehouse")];
        let wrong = [("key", key.as_str()), ("name", ""), ("email", "ben"), ("role", "king")];
        let answer = post(api, "/settings/users", &owner, &wrong).await;
        assert!(answer.status == 422 && answer.text.contains("value=\"ben\""), "{}", answer.text);
        let made = post(api, "/settings/users", &owner, &fields).await;
        assert!(made.status == 200 && made.text.contains("&#60;b&#62;Ben"), "{}", made.text);
        let link = made.text.split("http://localhost:8080/join/").nth(1).unwrap()[..64].to_owned();
        // The same form twice is done once, and says the link no more.
        let again = post(api, "/settings/users", &owner, &fields).await;
        assert!(again.status == 200 && !again.text.contains("/join/"), "{}", again.text);
        let joined = post(api, &format!("/join/{link}"), "", &[("password", PASSWORD), ("again", PASSWORD)]).await;
        let ben = cookie(&joined);
        let ben_id = me(api, &ben).await.ok()["principal"].as_str().unwrap().to_owned();
        for path in ["/settings/users", "/settings/keys", "/audit"] {
            assert_eq!(get(api, path, &ben).await.status, 403, "{path}");
        }
        assert_eq!(get(api, "/account", &ben).await.status, 200);

        let path = format!("/settings/users/{ben_id}");
        let page = get(api, &path, &owner).await;
        let (key, version) = (key_of(&page, &path), hidden(&page, "version"));
        let change = |role: &'static str| {
            let (key, version) = (key.clone(), version.clone());
            [
                ("key", key),
                ("version", version),
                ("name", "Ben".into()),
                ("email", "ben@example.com".into()),
                ("role", role.to_owned()),
            ]
        };
        let fields = change("support");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(post(api, &path, &owner, &fields).await.status, 303);
        me(api, &ben).await.problem(401, "request.unauthenticated");
        let stale = change("viewer");
        let mut stale: Vec<(&str, &str)> = stale.iter().map(|(name, value)| (*name, value.as_str())).collect();
        stale[0].1 = "another";
        let answer = post(api, &path, &owner, &stale).await;
        assert!(answer.status == 422 && answer.text.contains("is at version"), "{}", answer.text);
        let owner_id = me(api, &owner).await.ok()["principal"].as_str().unwrap().to_owned();
        let last = post(api, &format!("/settings/users/{owner_id}/archive"), &owner, &[]).await;
        assert!(last.status == 422 && last.text.contains("last active owner"), "{}", last.text);
        assert_eq!(post(api, &format!("{path}/archive"), &owner, &[]).await.status, 303);
        assert_eq!(log_in(api, "ben@example.com", PASSWORD).await.status, 422);

        let page = get(api, "/settings/keys", &owner).await;
        let key = key_of(&page, "/settings/keys");
        let fields = [("key", key.as_str()), ("name", "till"), ("permission", "orders.read")];
        let made = post(api, "/settings/keys", &owner, &fields).await;
        let secret = format!("wbk_{}", &made.text.split("wbk_").nth(2).unwrap()[..64]);
        let till = api.with_secret(Some(&secret));
        till.get("/api/v1/orders").await.ok();
        till.get("/api/v1/items").await.problem(403, "system.not_permitted");
        let listed = get(api, "/settings/keys", &owner).await;
        assert!(listed.text.contains("till") && !listed.text.contains(&secret));
        let id = listed.text.split("/settings/keys/key_").nth(1).unwrap().split('/').next().unwrap().to_owned();
        assert_eq!(post(api, &format!("/settings/keys/key_{id}/revoke"), &owner, &[]).await.status, 303);

        let trail = get(api, "/audit", &owner).await;
        for said in ["user invited", "user changed", "user archived", "api key created", "api key revoked", ">Ada<"] {
            assert!(trail.text.contains(said), "{said}: {}", trail.text);
        }
        let one = get(api, &format!("/audit?user={ben_id}&kind=user.joined"), &owner).await;
        assert!(one.text.contains("user joined") && !one.text.contains(">user invited</td>"), "{}", one.text);
        assert!(get(api, "/audit?before=0", &owner).await.status.is_client_error());
        let marked = get(api, "/audit?utm_source=mail", &owner).await;
        assert_eq!(marked.status, 200, "a link may carry where it was found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_changes_password_and_authenticator_and_ends_sessions() {
    on_each(async |api| {
        let ada = user(api, "ada@example.com", Role::Viewer).await;
        let begin = async || cookie(&log_in(api, "ada@example.com", PASSWORD).await);
        let (here, there, gone) = (begin().await, begin().await, begin().await);
        let page = get(api, "/account", &here).await;
        assert_eq!(page.text.matches("name=\"id\"").count(), 2, "{}", page.text);
        let (_, sessions) = (get(api, "/account", &gone).await, get(api, "/account", &there).await);
        // Ends one of the others, whichever is named first.
        let id = hidden(&sessions, "id");
        assert_eq!(post(api, "/account/sessions/end", &there, &[("id", &id)]).await.status, 303);
        let left = api.state.store().read("SELECT 1 FROM sessions WHERE ended_at IS NULL", &[]).await.unwrap().len();
        assert_eq!(left, 2);
        let here = begin().await;
        let change = async |cookie: &str, present: &str, password: &str, again: &str| {
            let fields = [("present", present), ("password", password), ("again", again)];
            post(api, "/account/password", cookie, &fields).await
        };
        for (present, password, again, said) in [
            ("wrong password", "seven red plates", "seven red plates", "not your present password"),
            (PASSWORD, "seven red plates", "seven red plate", "is not the password above"),
            (PASSWORD, "short", "short", "10 to 200"),
        ] {
            let answer = change(&here, present, password, again).await;
            assert!(answer.status == 422 && answer.text.contains(said), "{said}: {}", answer.text);
        }
        let changed = change(&here, PASSWORD, "seven red plates", "seven red plates").await;
        let mut new = changed.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let new = new.rfind(|value| value.starts_with("waybill=")).unwrap().split(';').next().unwrap().to_owned();
        assert_ne!(new, here, "another token");
        me(api, &new).await.ok();
        for old in [&here, &there] {
            me(api, old).await.problem(401, "request.unauthenticated");
        }

        let present = ("present", "seven red plates");
        assert_eq!(post(api, "/account/totp", &new, &[("present", "x")]).await.status, 422);
        assert_eq!(post(api, "/account/totp", &new, &[present]).await.status, 303);
        let page = get(api, "/account", &new).await;
        assert!(page.text.contains("<svg xmlns") && page.text.contains("/account/totp/confirm"), "{}", page.text);
        let sql = "SELECT totp_secret FROM users WHERE id = $1";
        let rows = api.state.store().read(sql, &[Value::Id(ada.0)]).await.unwrap();
        let Value::Bytes(secret) = rows[0].values()[0].clone() else { panic!("no secret") };
        let secret = TotpSecret(secret);
        assert!(page.text.contains(&sign_in::code::written(&secret)));
        let right = code(&secret, api.engine().now());
        let confirmed = post(api, "/account/totp/confirm", &new, &[("code", &right)]).await;
        assert_eq!(confirmed.status, 303, "{}", confirmed.text);
        me(api, &new).await.problem(401, "request.unauthenticated");
        let asked = log_in(api, "ada@example.com", "seven red plates").await;
        assert!(asked.text.contains("name=\"step\""), "{}", asked.text);
    })
    .await;
}
