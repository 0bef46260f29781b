//! `waybill key create`, `list` and `revoke`.

use crate::cli::{Key, KeyCreate, KeyRevoke};
use crate::database::{engine, open_current, open_existing};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::actor::{Actor, AllMarker, Door, Permission, Scope};
use waybill_domain::chain::{digest, hex};
use waybill_domain::ids::{ApiKeyId, ChannelId, LocationId};
use waybill_domain::system::{CreateApiKey, RevokeApiKey};
use waybill_engine::{Engine, Submission};
use waybill_store::read::keys::KeyRow;
use waybill_store::read::{self, PageRequest, Viewer, catalog};
use waybill_store::{Store, StoreError};

/// How a key's secret begins, so that a leaked one is recognized.
const SECRET_PREFIX: &str = "wbk_";

pub async fn run(key: Key, settings: &Settings, output: Output) -> Result<(), Failure> {
    match key {
        Key::Create(create) => self::create(&create, settings, output).await,
        Key::List => list(settings, output).await,
        Key::Revoke(revoke) => self::revoke(&revoke, settings, output).await,
    }
}

async fn create(asked: &KeyCreate, settings: &Settings, output: Output) -> Result<(), Failure> {
    let permissions = permissions(&asked.permissions)?;
    let database = settings.database()?;
    let store = open_current(&database, settings).await?;
    let channels = channels(&*store, &asked.channels).await?;
    let locations = locations(&*store, &asked.locations).await?;
    let secret = secret()?;
    let command = CreateApiKey {
        name: asked.name.clone(),
        secret_hash: digest(secret.as_bytes()),
        permissions,
        channels,
        locations,
    };
    let engine = engine(store, settings, false).await?;
    let actor = Arc::new(Actor::system("command_line", Door::Command));
    let answer = engine.submit(Submission::new(command, actor, engine.ids())).await;
    engine.stop().await;
    let id = answer?.subject.map(|subject| subject.to_string()).unwrap_or_default();
    output.answer(&json!({"id": id, "name": asked.name, "secret": secret}));
    output.line(&secret);
    if !output.is_json() {
        eprintln!(
            "This is the secret of {id} ({}); it is shown only now. Send it as `Authorization: Bearer {SECRET_PREFIX}...`.",
            asked.name
        );
    }
    Ok(())
}

/// Makes a key for every channel and location; returns its secret.
pub async fn make(engine: &Engine, name: &str, permissions: Vec<Permission>) -> Result<String, Failure> {
    let secret = secret()?;
    let (name, secret_hash) = (name.to_owned(), digest(secret.as_bytes()));
    let command = CreateApiKey { name, secret_hash, permissions, channels: Scope::ALL, locations: Scope::ALL };
    let actor = Arc::new(Actor::system("command_line", Door::Command));
    engine.submit(Submission::new(command, actor, engine.ids())).await?;
    Ok(secret)
}

/// 32 bytes nobody can guess.
fn secret() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Other(format!("the operating system gives no randomness: {error}")))?;
    Ok(format!("{SECRET_PREFIX}{}", hex(&bytes)))
}

fn permissions(words: &[String]) -> Result<Vec<Permission>, Failure> {
    if words.iter().any(|word| word == "all") {
        return Ok(Permission::ALL.to_vec());
    }
    let known = || Permission::ALL.iter().map(|one| one.code()).collect::<Vec<_>>().join(", ");
    let unknown: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| Permission::from_code(word).is_none()).collect();
    if !unknown.is_empty() {
        let what = format!("--permissions: no such permission: {}; there are: all, {}", unknown.join(", "), known());
        return Err(Failure::Usage(what));
    }
    Ok(words.iter().filter_map(|word| Permission::from_code(word)).collect())
}

/// The channels behind codes; all where none is named.
pub async fn channels(store: &dyn Store, codes: &[String]) -> Result<Scope<ChannelId>, Failure> {
    let known = catalog::channel_codes(store).await.map_err(StoreError::from)?;
    scope("--channels: no channel", known.into_iter().map(|channel| (channel.code, channel.id)), codes)
}

/// The locations behind codes; all where none is named.
pub async fn locations(store: &dyn Store, codes: &[String]) -> Result<Scope<LocationId>, Failure> {
    let known = catalog::location_codes(store).await.map_err(StoreError::from)?;
    scope("--locations: no location", known.into_iter().map(|location| (location.code, location.id)), codes)
}

fn scope<T: Copy>(none: &str, known: impl Iterator<Item = (String, T)>, codes: &[String]) -> Result<Scope<T>, Failure> {
    if codes.is_empty() {
        return Ok(Scope::All(AllMarker::All));
    }
    let known: BTreeMap<String, T> = known.collect();
    let unknown: Vec<&str> = codes.iter().map(String::as_str).filter(|code| !known.contains_key(*code)).collect();
    if unknown.is_empty() {
        Ok(Scope::Only(codes.iter().filter_map(|code| known.get(code).copied()).collect()))
    } else {
        Err(Failure::Usage(format!("{none} with the code {}", unknown.join(", "))))
    }
}

async fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = settings.database()?.open_reader(settings).await?;
    store.check_schema().await?;
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let request = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after };
        let page = read::keys::keys(&*store, &Viewer::system(), &request).await.map_err(StoreError::from)?;
        keys.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let words = |key: &KeyRow| key.permissions.iter().map(|one| one.code()).collect::<Vec<_>>();
    let list: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id, "name": key.name, "permissions": words(key), "channels": key.channels,
                "locations": key.locations, "created_at": key.created_at.to_rfc3339(),
                "revoked_at": key.revoked_at.map(|at| at.to_rfc3339()),
            })
        })
        .collect();
    output.answer(&json!({"keys": list}));
    for key in &keys {
        let state = key.revoked_at.map_or_else(String::new, |at| format!(", revoked {at}"));
        let all = key.permissions.len() == Permission::ALL.len();
        let may = if all { "all".to_owned() } else { words(key).join(",") };
        output.line(format!("{}  {}  {may}  created {}{state}", key.id, key.name, key.created_at));
    }
    if keys.is_empty() {
        output.line("there is no key yet; `waybill key create --name NAME` makes one");
    }
    Ok(())
}

async fn revoke(asked: &KeyRevoke, settings: &Settings, output: Output) -> Result<(), Failure> {
    let key_id: ApiKeyId = asked.id.parse().map_err(|error| Failure::Usage(format!("{}: {error}", asked.id)))?;
    let store = open_existing(&settings.database()?, settings).await?;
    let engine = engine(store, settings, false).await?;
    let actor = Arc::new(Actor::system("command_line", Door::Command));
    let answer = engine.submit(Submission::new(RevokeApiKey { key_id }, actor, engine.ids())).await;
    engine.stop().await;
    answer?;
    output.answer(&json!({"id": key_id, "revoked": true}));
    output.line(format!("{key_id} is revoked"));
    Ok(())
}
