//! `waybill import orders`.

use crate::cli::{ImportOrders, StockMode};
use crate::database;
use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::settings::Settings;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use waybill_import::{ImportError, ImportPlan, Map, MapError, Outcome, write_rejects};

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => Self::Store(error),
            other => Self::Other(other.to_string()),
        }
    }
}

pub async fn run(asked: ImportOrders, settings: &Settings, output: Output) -> Result<(), Failure> {
    let map = Map::named(&asked.map).map_err(|error| match error {
        MapError::Unreadable { .. } | MapError::UnknownPreset { .. } => Failure::Usage(error.to_string()),
        other => Failure::Other(other.to_string()),
    })?;
    let stock = match asked.stock {
        StockMode::Receive => waybill_import::StockMode::Receive,
        StockMode::Strict => waybill_import::StockMode::Strict,
    };
    let plan = ImportPlan { map, source: asked.file.clone(), stock };
    let shown = Shown::new(output);
    let outcome = if asked.dry_run {
        rehearse(&plan, settings, &shown).await?
    } else {
        carry_out(&plan, settings, &shown).await?
    };
    drop(shown);
    if let Some(path) = &asked.rejects {
        keep_rejects(path, &outcome)?;
    }
    output.answer(&outcome.summary);
    say(&asked, &outcome, output);
    if asked.strict_rejects && outcome.summary.rejected_rows > 0 { Err(Failure::NotAsItMustBe) } else { Ok(()) }
}

async fn carry_out(plan: &ImportPlan, settings: &Settings, shown: &Shown) -> Result<Outcome, Failure> {
    let store = database::open_current(&settings.database()?, settings).await?;
    let engine = database::engine(store, settings, false).await?;
    let outcome = waybill_import::import(&engine, plan, shown).await;
    engine.stop().await;
    Ok(outcome?)
}

/// For the store as it is; as for an empty one where there is none.
async fn rehearse(plan: &ImportPlan, settings: &Settings, shown: &Shown) -> Result<Outcome, Failure> {
    let database = settings.database()?;
    if !database.exists() {
        return Ok(waybill_import::dry_run(plan, shown)?);
    }
    let store = database.open_reader(settings).await?;
    store.check_schema().await?;
    Ok(waybill_import::dry_run_on(&*store, plan, shown).await?)
}

fn keep_rejects(path: &Path, outcome: &Outcome) -> Result<(), Failure> {
    let written = File::create(path).and_then(|file| write_rejects(BufWriter::new(file), &outcome.rejects));
    written.map_err(|error| Failure::Other(format!("the rejects cannot be written to {}: {error}", path.display())))
}

fn say(asked: &ImportOrders, outcome: &Outcome, output: Output) {
    let summary = &outcome.summary;
    let done = if asked.dry_run { "would bring in" } else { "brought in" };
    output.line(format!(
        "{done} {} orders with {} lines and {} units in {:.1} s; {} were there already",
        summary.orders, summary.lines, summary.units, summary.seconds, summary.already_there
    ));
    for (currency, amount) in &summary.money_minor {
        output.line(format!("money in the file: {amount} minor units of {currency}"));
    }
    for (kind, orders) in &summary.holds {
        output.line(format!("on hold ({kind}): {orders} orders"));
    }
    if summary.rejected_rows > 0 {
        output.line(format!("{} rows were rejected:", summary.rejected_rows));
        for (reason, rows) in &summary.rejects {
            output.line(format!("  {reason}: {rows}"));
        }
        if asked.rejects.is_none() {
            output.line("name a file with --rejects to get them with line number, column and reason");
        }
    }
}

/// Shows how far the import is.
struct Shown {
    output: Output,
    reading: Mutex<Option<Progress>>,
    importing: Mutex<Option<Progress>>,
}

impl Shown {
    fn new(output: Output) -> Self {
        let reading = Mutex::new(Some(output.progress("reading", "rows")));
        Self { output, reading, importing: Mutex::new(None) }
    }
}

impl waybill_import::Progress for Shown {
    fn reading(&self, rows: u64) {
        if let Some(bar) = &mut *self.reading.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.at(rows, rows);
        }
    }

    fn importing(&self, rows: u64, total: u64) {
        drop(self.reading.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut bar = self.importing.lock().unwrap_or_else(PoisonError::into_inner);
        bar.get_or_insert_with(|| self.output.progress("importing", "rows")).at(rows, total);
    }
}
