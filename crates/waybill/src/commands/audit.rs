//! `waybill audit`.

use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::settings::Settings;
use waybill_store::Store;
use waybill_store::audit::{AuditReport, Stage};

pub async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let database = settings.database()?;
    let store = database.open_reader(settings).await?;
    store.check_schema().await?;
    let report = of(&*store, output).await?;
    output.answer(&report);
    say(&report, output);
    if report.ok { Ok(()) } else { Err(Failure::NotAsItMustBe) }
}

/// Audits a store and shows how far it is.
pub async fn of(store: &dyn Store, output: Output) -> Result<AuditReport, Failure> {
    let mut shown: Option<(Stage, Progress)> = None;
    let mut progress = |stage: Stage, done: i64, of: i64| {
        if shown.as_ref().is_none_or(|(showing, _)| *showing != stage) {
            let (what, unit) = match stage {
                Stage::Ledger => ("adding up the ledgers", "events"),
                Stage::Levels => ("comparing stock levels", "levels"),
                Stage::Histories => ("walking through all histories", "events"),
            };
            shown = Some((stage, output.progress(what, unit)));
        }
        if let Some((_, bar)) = &mut shown {
            bar.at(done.unsigned_abs(), of.unsigned_abs());
        }
    };
    Ok(waybill_store::audit::audit(store, &mut progress).await?)
}

/// For people.
pub fn say(report: &AuditReport, output: Output) {
    for one in &report.violations {
        output.line(format!(
            "{} in {}: {}: expected {}, found {}",
            one.kind, one.table, one.key, one.expected, one.found
        ));
    }
    let more = report.violations_found - report.violations.len();
    if more > 0 {
        output.line(format!("... and {more} more"));
    }
    let verdict = if report.ok { "the books are right" } else { "THE BOOKS ARE NOT RIGHT" };
    output.line(format!(
        "{verdict}: orders {}, events {}, postings {}, up to position {}, violations {}, in {:.1} s",
        report.orders, report.events, report.postings, report.position, report.violations_found, report.seconds
    ));
}
