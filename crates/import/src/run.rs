//! Carries an import out.

mod catalog;
mod commands;
mod under_way;
mod window;

use crate::error::ImportError;
use crate::history::classify::history;
use crate::history::read::{self, Source};
use crate::history::records::History;
use crate::history::stock::Shelf;
use crate::map::Map;
use crate::progress::Progress;
use crate::state::{self, Existing};
use crate::steps::{Cast, Receipt, Step, steps};
use crate::summary::Summary;
use crate::{ImportPlan, Outcome, StockMode};
use rustc_hash::FxHashSet;
use std::time::Instant;
use under_way::Run;
use waybill_engine::Engine;
use waybill_store::Store;
use window::Window;

/// Everything that will be done, worked out.
pub(crate) struct Program {
    pub history: History,
    pub steps: Vec<Step>,
    pub receipts: Vec<Receipt>,
    pub cast: Cast,
}

/// Imports. What is in the store already is skipped, so that an import that was stopped goes on where it was.
///
/// The engine should run without workers and without other writers meanwhile: `--stock strict` counts on the stock
/// that it saw at the start.
///
/// # Errors
/// [`ImportError`]: the files cannot be read, or the engine stopped taking commands. Rows that cannot be imported are
/// rejects, not errors.
pub async fn import(engine: &Engine, plan: &ImportPlan, progress: &dyn Progress) -> Result<Outcome, ImportError> {
    let start = Instant::now();
    let source = read::read(&plan.map, &plan.source, &|rows| progress.reading(rows))?;
    let existing = look(&**engine.store(), &plan.map, &source, plan.stock).await?;
    let program = program(&plan.map, source, plan.stock, &existing);
    tracing::info!(
        orders = program.history.orders.len(),
        steps = program.steps.len(),
        duration_ms = start.elapsed().as_millis() as u64,
        "the history is worked out"
    );
    let locations = catalog::prepare(engine, &plan.map, &program, &existing).await?;
    let total = program.history.rows;
    let mut run = Run::new(engine, &plan.map, program, &existing, locations);
    let mut window = Window::new(engine);
    for place in 0..run.steps() {
        if let Some(submission) = run.submission(place) {
            window.submit(place, submission, &mut |place, answer| run.answered(place, answer)).await?;
        }
        if place.is_multiple_of(512) {
            progress.importing(total * place as u64 / run.steps() as u64, total);
        }
    }
    window.drain(&mut |place, answer| run.answered(place, answer)).await?;
    run.finish_splits(&mut window).await?;
    // What was brought in stands, and without this the first lists are only slow.
    if let Err(error) = engine.store().count_anew().await {
        tracing::warn!(%error, "the database did not count its rows anew");
    }
    progress.importing(total, total);
    Ok(run.outcome(start.elapsed().as_secs_f64()))
}

/// Reads, classes and matches everything without writing, as for an empty store. With `StockMode::Strict` nothing is
/// there, so every order waits; see [`dry_run_on`].
///
/// # Errors
/// Where the files cannot be read.
pub fn dry_run(plan: &ImportPlan, progress: &dyn Progress) -> Result<Outcome, ImportError> {
    let start = Instant::now();
    let source = read::read(&plan.map, &plan.source, &|rows| progress.reading(rows))?;
    let existing = Existing::default();
    Ok(rehearse(plan, source, &existing, start))
}

/// Like [`dry_run`], for the store as it is: counts what is there already and what strict stock would hold.
///
/// # Errors
/// Where the files or the store cannot be read.
pub async fn dry_run_on(store: &dyn Store, plan: &ImportPlan, progress: &dyn Progress) -> Result<Outcome, ImportError> {
    let start = Instant::now();
    let source = read::read(&plan.map, &plan.source, &|rows| progress.reading(rows))?;
    let existing = look(store, &plan.map, &source, plan.stock).await?;
    Ok(rehearse(plan, source, &existing, start))
}

fn rehearse(plan: &ImportPlan, source: Source, existing: &Existing, start: Instant) -> Outcome {
    let Program { history, .. } = program(&plan.map, source, plan.stock, existing);
    let mut summary = Summary::of(&history);
    for order in &history.orders {
        let names = &history.names;
        if existing.order(names.text(order.head.channel), names.text(order.number)).is_some() {
            summary.already_there += 1;
            continue;
        }
        summary.orders += 1;
        summary.lines += order.lines.len() as u64;
        summary.units += order.lines.iter().map(|line| line.quantity).sum::<i64>();
        if order.held {
            *summary.holds.entry("stock".into()).or_default() += 1;
        }
    }
    summary.seconds = start.elapsed().as_secs_f64();
    Outcome { summary, rejects: history.rejects }
}

async fn look(store: &dyn Store, map: &Map, source: &Source, stock: StockMode) -> Result<Existing, ImportError> {
    let names = &source.names;
    let channels: FxHashSet<String> =
        source.invoices.iter().map(|invoice| names.text(invoice.head.channel).to_owned()).collect();
    let is_wanted = |number: &str| names.find(number).is_some();
    Ok(state::load(store, &map.name, &channels, is_wanted, stock == StockMode::Strict).await?)
}

fn program(map: &Map, source: Source, stock: StockMode, existing: &Existing) -> Program {
    let shelf = match stock {
        StockMode::Receive => Shelf::Endless,
        StockMode::Strict => Shelf::strict(existing),
    };
    let mut history = history(map, source, shelf, existing);
    let (steps, receipts) = steps(map, &mut history, stock == StockMode::Receive);
    let cast = Cast::of(&history);
    debug_assert_eq!(history.books.classes.total(), history.books.file, "the classes add up to the file");
    Program { history, steps, receipts, cast }
}
