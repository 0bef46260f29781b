//! Which route is for whom: each one is asked as nobody and as each role, and the answers are kept in
//! `docs/access-routes.txt`. A route that lets more through than it did is seen in that file's history.

use crate::common::{Api, api, open, order};
use axum::body::Body;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::access::Access;
use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
use waybill_domain::access::role::Role;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::command::Command;
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_engine::Submission;
use waybill_store::tables::LinkPurpose;
use waybill_store_sqlite::testing::TestFolder;
use waybill_web::sign_in::{self, Come, links};

const HERE: [(&str, &str); 2] = [("host", "localhost"), ("sec-fetch-site", "same-origin")];

/// A route, and for those of the API what its body is described to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    path: String,
    method: &'static str,
    schema: Option<String>,
}

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

fn api_routes(description: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in METHODS.into_iter().filter(|method| methods[method.to_lowercase()].is_object()) {
            let body = &methods[method.to_lowercase()]["requestBody"]["content"];
            let schema = body.as_object().and_then(|kinds| kinds.values().next()?["schema"]["$ref"].as_str());
            let schema = schema.and_then(|name| name.rsplit('/').next()).map(str::to_owned);
            routes.push(Route { path: path.clone(), method, schema });
        }
    }
    routes
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            out.push(path);
        }
    }
}

/// Pages, found where they are routed: `.route("/path", get(...).post(...))`.
fn page_routes() -> Vec<Route> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut routes = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("a source");
        for part in text.split(".route(").skip(1) {
            let Some((path, rest)) = part.trim_start().strip_prefix('"').and_then(|part| part.split_once('"')) else {
                continue;
            };
            let mut depth = 1;
            let end = rest.char_indices().find(|(_, letter)| {
                depth += i32::from(*letter == '(') - i32::from(*letter == ')');
                depth == 0
            });
            let handlers = &rest[..end.expect("the route ends").0];
            let has = |method: &str| {
                let call = format!("{}(", method.to_lowercase());
                handlers
                    .match_indices(&call)
                    .any(|(at, _)| !handlers[..at].ends_with(|last: char| last.is_alphanumeric() || last == '_'))
            };
            let found: Vec<_> = METHODS.into_iter().filter(|method| has(method)).collect();
            assert!(!found.is_empty(), "{path}: {handlers}");
            routes.extend(found.into_iter().map(|method| Route { path: path.to_owned(), method, schema: None }));
        }
    }
    routes
}

/// What some bodies need beside what their schemas require.
const MORE: &[(&str, &str)] = &[
    ("/replay", r#"{"position": 1}"#),
    ("/orders/{id}/payments", r#"{"amount_minor": 1}"#),
    ("/tracking-events", r#"{"parcel_id": "pcl_01h455vb4pex5vsknk084sn02q-1"}"#),
];

/// What some addresses need.
const QUERIES: &[(&str, &str)] = &[
    ("/stock/postings", "?sku=MUG-1&location=DUB"),
    ("/api/v1/search", "?q=mug"),
    ("/board/move", "?card=W-100001&to=released"),
    ("/scan", "?code=MUG-1"),
];

/// Something that a schema takes; what is looked up by name exists.
fn sample(description: &Value, name: &str, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = &description["components"]["schemas"][reference.rsplit('/').next().unwrap()];
        return sample(description, name, target);
    }
    let known = [
        ("location", "DUB"),
        ("from", "DUB"),
        ("to", "ORK"),
        ("channel", "web"),
        ("sku", "MUG-1"),
        ("currency", "EUR"),
        ("country", "IE"),
        ("zone", "Europe/Dublin"),
        ("email", "somebody@example.com"),
        ("url", "https://hooks.example/x"),
        ("token", "sim_ok"),
        ("method", "terms"),
    ];
    if let Some(choice) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()).and_then(|all| all.last()) {
        return sample(description, name, choice);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("object"),
        one => one.as_str().unwrap_or("object"),
    };
    match kind {
        "string" => {
            let example = schema["description"].as_str().and_then(|about| {
                let (_, example) = about.rsplit_once("such as ").or_else(|| about.rsplit_once("looks like "))?;
                Some(example.trim_end_matches('.'))
            });
            let first = schema["enum"].as_array().and_then(|all| all.first()?.as_str());
            let named = known.iter().find(|(one, _)| *one == name).map(|(_, value)| *value);
            json!(named.or(first).or(example).unwrap_or("x"))
        }
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "array" => json!([sample(description, name, &schema["items"])]),
        _ => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut object = Map::new();
            for field in required.iter().filter_map(Value::as_str) {
                object.insert(field.to_owned(), sample(description, field, &schema["properties"][field]));
            }
            Value::Object(object)
        }
    }
}

async fn submit(api: &Api, command: impl Into<Command>) -> UserId {
    let engine = api.engine();
    let actor = Arc::new(Actor::system("test", Door::Command));
    let receipt = engine.submit(Submission::new(command, actor, engine.ids())).await.expect("done");
    receipt.subject.map_or(UserId::NIL, |subject| UserId(subject.id))
}

/// The cookie of somebody with this role.
async fn member(api: &Api, role: Role) -> String {
    let value = Party { name: Some(role.to_string()), email: Some(format!("{role}@example.com")), ..Party::default() };
    let party = Personal { id: api.engine().ids().nth(1), value };
    let user_id = submit(api, InviteUser { party, access: Access::everywhere(role) }).await;
    submit(api, AcceptInvitation { user_id, password_hash: None }).await;
    let (store, random, now) = (api.state.store(), api.engine().token(), api.engine().now());
    let token = links::make(store, random, user_id, LinkPurpose::SignIn, now).await.expect("a link");
    match sign_in::with_link(&api.state, &token, None).await {
        Ok(Come::In(token)) => format!("waybill={token}"),
        other => panic!("{other:?}"),
    }
}

/// The path with something in each place: things that are there, or could be.
fn filled(path: &str, order: &str) -> String {
    let work = format!("ful_{}-1", order.trim_start_matches("ord_"));
    let parcel = format!("pcl_{}-1", order.trim_start_matches("ord_"));
    let id = |prefix: &str| format!("{prefix}_01h455vb4pex5vsknk084sn02q");
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        let before = parts.last().map(String::as_str).unwrap_or_default();
        let value = match (part.starts_with('{'), before) {
            (false, _) => part.to_owned(),
            (true, "orders") => order.to_owned(),
            (true, "holds") => format!("hld_{}-1", order.trim_start_matches("ord_")),
            (true, "payments") => format!("pay_{}-1", order.trim_start_matches("ord_")),
            (true, "fulfillment-orders") => work.clone(),
            (true, "parcels") => parcel.clone(),
            (true, "users") => id("usr"),
            (true, "keys") => id("key"),
            (true, "webhook-endpoints") => id("whe"),
            (true, "transfers") => id("trf"),
            (true, "reservations") => id("res"),
            (true, "items" | "locations" | "channels" | "customers") => "NONE".to_owned(),
            (true, _) => "1".to_owned(),
        };
        parts.push(value);
    }
    parts.join("/")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_is_for_those_the_table_names() {
    let folder = TestFolder::create();
    let api = api(Arc::new(folder.open()), open()).await;
    api.shop().await;
    let placed = api.post("/api/v1/orders", &order("1")).await.ok();
    let order = placed["id"].as_str().unwrap().to_owned();
    api.step(&format!("/api/v1/orders/{order}/release")).await.ok();
    let mut members = Vec::new();
    for role in Role::ALL {
        members.push((*role, member(&api, *role).await));
    }
    // The answer that there was nobody may be remembered for a moment; another process has none.
    let state = waybill_web::WebState::new(api.engine().clone(), open());
    let api = Api { router: waybill_web::router(state.clone()), state, secret: None };

    let description: Value = serde_json::from_str(&waybill_web::openapi_json()).unwrap();
    let pages = page_routes();
    assert!(pages.iter().any(|route| route.path == "/login" && route.method == "POST"), "{pages:?}");
    let routes: BTreeSet<Route> = api_routes(&description).into_iter().chain(pages).collect();
    let mut table = String::new();
    let mut wrong = BTreeSet::new();
    for Route { path, method, schema } in &routes {
        let query = QUERIES.iter().find(|(end, _)| path.ends_with(end)).map_or("", |(_, query)| query);
        let at = filled(path, &order) + query;
        let more = MORE.iter().find(|(end, _)| path.ends_with(end)).map(|(_, fields)| fields);
        let body = schema.as_ref().map(|name| {
            let mut body = sample(&description, "", &description["components"]["schemas"][name.as_str()]);
            let more: Option<Map<String, Value>> = more.map(|fields| serde_json::from_str(fields).unwrap());
            body.as_object_mut().unwrap().extend(more.unwrap_or_default());
            body.to_string()
        });
        let kind = if path.ends_with("/bulk") { "application/x-ndjson" } else { "application/json" };
        let ask = async |cookie: &str| {
            let mut headers = HERE.to_vec();
            headers.extend([("cookie", cookie), ("last-event-id", "x")]);
            headers.extend(body.as_ref().map(|_| ("content-type", kind)));
            let body = body.clone().map_or_else(Body::empty, Body::from);
            api.send(method, &at, &headers, body).await
        };
        let open = waybill_web::is_public(path);
        let answer = ask("").await;
        assert_eq!(answer.status == 401, !open, "{method} {at} as nobody: {} {}", answer.status, answer.text);
        let is_page = !path.starts_with("/api/");
        let who = if open {
            "anybody".to_owned()
        } else if is_page && *method != "GET" {
            "signed in; the command it carries out decides".to_owned()
        } else {
            let mut let_in = Vec::new();
            for (role, cookie) in &members {
                // A stream goes on for ever, and is let in or not like the list beside it.
                if path.ends_with("/stream") || path == "/live" {
                    continue;
                }
                let answer = ask(cookie).await;
                let known = answer.status == 403 || !answer.text.contains("\"request.");
                let missing = answer.text.contains("request.not_found");
                if !(known || missing) {
                    wrong.insert(format!("{method} {path} as {role} with {body:?}: {}", answer.text));
                }
                assert!(!answer.status.is_server_error(), "{method} {at} as {role}: {}", answer.text);
                // Of many at once each has its own answer.
                if answer.status != 403 && !answer.text.contains("system.not_permitted") {
                    let_in.push(role.code());
                }
            }
            if let_in.is_empty() { "signed in".to_owned() } else { let_in.join(" ") }
        };
        writeln!(table, "{method:<6} {path:<52} {who}").unwrap();
    }
    assert!(wrong.is_empty(), "requests that say nothing of who may: {wrong:#?}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access-routes.txt");
    if std::env::var_os("WAYBILL_WRITE_ACCESS").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    for (line, known) in table.lines().zip(kept.lines()) {
        assert_eq!(
            line, known,
            "docs/access-routes.txt says something else; docs/access.md tells how to write it anew"
        );
    }
    assert_eq!(table.lines().count(), kept.lines().count(), "docs/access-routes.txt has other routes");
    api.engine().stop().await;
}
