//! `waybill demo`: a shop with a history, then a server with orders coming in.

use super::serve;
use crate::cli::Demo;
use crate::database::{self, Database};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use waybill_demo::{DemoError, Options, Shop};
use waybill_domain::Code;
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::invite::AcceptInvitation;
use waybill_domain::access::role::Role;
use waybill_domain::access::{Access, UserState};
use waybill_domain::actor::{Actor, Door, Permission};
use waybill_domain::ids::UserId;
use waybill_engine::{Engine, Submission};
use waybill_store::read::overview;
use waybill_store::read::users::{self, AccountKey};
use waybill_store::tables::LinkPurpose;
use waybill_store::{Store, StoreError};

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Store(error) => Self::Store(error),
            DemoError::Submit(error) => Self::Refused(error),
        }
    }
}

pub async fn run(asked: Demo, mut settings: Settings, output: Output) -> Result<(), Failure> {
    if settings.process.database == Settings::default().process.database {
        settings.process.database = format!("sqlite:{}", asked.dir.join("waybill.db").display()).into();
    }
    let database = settings.database()?;
    let store = database::open_current(&database, &settings).await?;
    if is_empty(&*store).await? {
        make(&asked, &database, store.clone(), &settings, output).await?;
    } else {
        let overview = overview::overview(&*store).await.map_err(StoreError::from)?;
        let orders: i64 = overview.orders.iter().map(|(_, count)| count).sum();
        output.line(format!(
            "{} has a shop already, with {orders} orders; it is used as it is, begin anew by deleting it",
            database.shown()
        ));
    }
    if asked.no_serve {
        return Ok(());
    }
    let engine = database::engine(store, &settings, true).await?;
    let shop = Shop::read(&engine).await?;
    let orders = engine.clone();
    let stream = async move {
        let Some(shop) = shop else { return };
        if let Err(error) = waybill_demo::keep_going(&orders, &shop).await {
            tracing::warn!(%error, "no more orders come in");
        }
    };
    let host = engine.clone();
    let welcome = async move |address: SocketAddr| {
        if let Some(link) = way_in(&host, &format!("http://{address}")).await? {
            output.answer(&json!({"sign_in": link}));
            output.line(format!("sign in as the shop's owner, once and within the hour: {link}"));
        }
        Ok(())
    };
    serve::until_stopped(engine, &settings, output, welcome, stream).await
}

/// The demo shop's owner; nobody's real address.
const OWNER: (&str, &str) = ("Demo Owner", "owner@demo.invalid");

/// A link that signs in as the demo's owner, who is made where the shop knows nobody. None where it has people of its own.
async fn way_in(engine: &Engine, address: &str) -> Result<Option<String>, Failure> {
    let store = &**engine.store();
    let digest = AccountKey::Email(EmailDigest::of(OWNER.1));
    let known = users::account(store, digest).await.map_err(StoreError::from)?;
    let user_id = match known.map(|account| account.user) {
        Some(user) if user.state == UserState::Active => user.id,
        Some(user) => join(engine, user.id).await?,
        None if users::any(store).await.map_err(StoreError::from)? => return Ok(None),
        None => {
            let id = super::users::invite(engine, OWNER.0, OWNER.1, Access::everywhere(Role::Owner)).await?;
            join(engine, id).await?
        }
    };
    super::users::make_link(engine, user_id, LinkPurpose::SignIn, address).await.map(Some)
}

/// Without a password: the owner of a demo signs in by links.
async fn join(engine: &Engine, user_id: UserId) -> Result<UserId, Failure> {
    let actor = Arc::new(Actor::system("demo", Door::Command));
    let command = AcceptInvitation { user_id, password_hash: None };
    engine.submit(Submission::new(command, actor, engine.ids())).await?;
    Ok(user_id)
}

async fn is_empty(store: &dyn Store) -> Result<bool, Failure> {
    Ok(overview::position(store).await.map_err(StoreError::from)? == 0)
}

async fn make(
    asked: &Demo,
    database: &Database,
    store: Arc<dyn Store>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let begun = Instant::now();
    output.line(format!("making a shop with {} orders of the last 60 days in {}", asked.orders, database.shown()));
    // The past is played to its end before anything reacts to it.
    let engine = database::engine(store, settings, false).await?;
    let options = Options { seed: asked.seed, orders: asked.orders, ..Options::default() };
    let mut bar = output.progress("playing", "orders");
    let played = waybill_demo::play(&engine, options, &mut |done, of| bar.at(u64::from(done), u64::from(of))).await;
    drop(bar);
    let key = match &played {
        Ok(_) => Some(super::keys::make(&engine, "demo", Permission::ALL.to_vec()).await),
        Err(_) => None,
    };
    engine.stop().await;
    let played = played?;
    let secret = key.transpose()?.unwrap_or_default();
    let seconds = begun.elapsed().as_secs_f64();
    output.answer(&json!({
        "database": database.shown(), "orders": played.orders, "commands": played.commands,
        "refused": played.refused, "seconds": seconds, "api_key": secret,
    }));
    output.line(format!(
        "{} orders, {} commands ({} of them refused by the rules) in {seconds:.1} s",
        played.orders, played.commands, played.refused
    ));
    output.line(format!("an API key that may do everything, shown only now: {secret}"));
    Ok(())
}
