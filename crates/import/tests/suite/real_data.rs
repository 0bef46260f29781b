//! The four data sets, classed and matched, against figures computed by an independent script (`reference/`).

use crate::common::data;
use serde_json::Value;
use std::path::{Path, PathBuf};
use waybill_import::{ImportPlan, Map, Outcome, Silent, StockMode, dry_run};

fn expected(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/reference/expected/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn rehearsed(preset: &str, source: PathBuf) -> Outcome {
    let plan = ImportPlan { map: Map::preset(preset).unwrap(), source, stock: StockMode::Receive };
    dry_run(&plan, &Silent).unwrap()
}

/// Classes, orders and rejects are those of the reference.
fn agrees(preset: &str, source: &str) -> Option<Outcome> {
    let outcome = rehearsed(preset, data(source)?);
    let (summary, expected) = (&outcome.summary, expected(preset));
    assert_eq!(serde_json::to_value(summary.classes).unwrap(), expected["classes"], "classes of {preset}");
    assert_eq!(summary.orders, expected["orders"].as_u64().unwrap(), "orders of {preset}");
    assert_eq!(summary.rejected_rows, expected["rejected_rows"].as_u64().unwrap(), "rejected rows of {preset}");
    assert_eq!(serde_json::to_value(&summary.rejects).unwrap(), expected["rejects"], "rejects of {preset}");
    let file = &expected["file"];
    let total = summary.classes.total();
    assert_eq!(
        serde_json::to_value(total).unwrap(),
        serde_json::json!({
            "lines": file["lines"], "units": file["units"], "minor": file["minor"],
        })
    );
    let currency = expected["currency"].as_str().unwrap();
    assert_eq!(summary.money_minor[currency], total.minor - summary.classes.reject.minor);
    Some(outcome)
}

#[test]
fn a_year_of_a_wholesaler_is_classed_to_the_penny() {
    let Some(outcome) = agrees("online-retail", "uci_online_retail_2010-12_2011-12.csv.gz") else {
        return;
    };
    let summary = outcome.summary;
    assert!(summary.classes.cancellation.lines + summary.classes.returned.lines >= 7_400);
    assert!(summary.rejected_rows * 1_000 <= 541_909 * 5, "at most half a percent");
    assert_eq!(outcome.rejects.len(), 1_272);
    let first = &outcome.rejects[0];
    assert!(first.reason.starts_with("cancel_") && first.line > 1 && !first.column.is_empty(), "{first:?}");
}

#[test]
fn line_totals_with_four_decimals_are_classed_to_the_cent() {
    agrees("superstore", "superstore_us_2014_2017.csv.gz");
}

#[test]
fn a_directory_with_freight_per_order_is_classed_to_the_cent() {
    agrees("northwind", "northwind");
}

#[test]
fn several_sellers_payments_and_times_are_classed_to_the_cent() {
    agrees("olist", "olist");
}
