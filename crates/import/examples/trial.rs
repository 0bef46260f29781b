//! Imports into a store of its own and says how long it took and whether the books are right.
//!
//!     cargo run --release -p waybill-import --example trial -- MAP SOURCE DATABASE [receive|strict]
//!
//! DATABASE is the path of a new SQLite file or the URL of an empty PostgreSQL database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use waybill_engine::{Engine, EngineOptions, Ports};
use waybill_import::{ImportPlan, Map, Silent, StockMode, import};
use waybill_store::Store;
use waybill_store::audit::audit;
use waybill_store_postgres::{PostgresOptions, PostgresStore};
use waybill_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::INFO).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [map, source, database, rest @ ..] = arguments.as_slice() else {
        return Err("usage: trial MAP SOURCE DATABASE [receive|strict]".into());
    };
    let stock: StockMode = rest.first().map_or("receive", String::as_str).parse()?;
    let store: Arc<dyn Store> = if database.starts_with("postgres") {
        Arc::new(PostgresStore::connect(database, &PostgresOptions::default()).await?)
    } else {
        Arc::new(SqliteStore::open(database, SqliteOptions::default())?)
    };
    store.migrate().await?;
    let options = EngineOptions { workers: false, ..EngineOptions::default() };
    let engine = Engine::start(store.clone(), Ports::system([]), options).await?;
    let plan = ImportPlan { map: Map::named(map)?, source: source.into(), stock };
    let outcome = import(&engine, &plan, &Silent).await?;
    println!("{}", serde_json::to_string_pretty(&outcome.summary)?);
    for reject in outcome.rejects.iter().filter(|reject| reject.reason.contains('.')).take(20) {
        println!("{reject:?}");
    }
    let figures = engine.figures();
    let ms = |figure: &std::sync::atomic::AtomicU64| figure.load(Ordering::Relaxed) / 1_000;
    println!(
        "{} commands, {} refused, {} batches, {} events; load {} ms, decide {} ms, commit {} ms",
        figures.commands.load(Ordering::Relaxed),
        figures.refusals.load(Ordering::Relaxed),
        figures.batches.load(Ordering::Relaxed),
        figures.events.load(Ordering::Relaxed),
        ms(&figures.load_us),
        ms(&figures.decide_us),
        ms(&figures.commit_us),
    );
    engine.stop().await;
    let gauges = store.gauges().await?;
    println!("{} MB", gauges.data_bytes / 1_000_000);
    let report = audit(&*store, &mut |_, _, _| ()).await?;
    println!("audit ok: {}, {} violations, {:.1} s", report.ok, report.violations_found, report.seconds);
    for violation in report.violations.iter().take(10) {
        println!("{violation:?}");
    }
    Ok(())
}
