//! `waybill demo`: a shop with a history, then a server with orders coming in.

use super::serve;
use crate::cli::Demo;
use crate::database::{self, Database};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use waybill_demo::{DemoError, Options, Shop};
use waybill_store::read::overview;
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
    serve::until_stopped(engine, &settings, output, stream).await
}

async fn is_empty(store: &dyn Store) -> Result<bool, Failure> {
    Ok(store.read("SELECT 1 FROM events LIMIT 1", &[]).await?.is_empty())
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
    engine.stop().await;
    let played = played?;
    let seconds = begun.elapsed().as_secs_f64();
    output.answer(&json!({
        "database": database.shown(), "orders": played.orders, "commands": played.commands,
        "refused": played.refused, "seconds": seconds,
    }));
    output.line(format!(
        "{} orders, {} commands ({} of them refused by the rules) in {seconds:.1} s",
        played.orders, played.commands, played.refused
    ));
    Ok(())
}
