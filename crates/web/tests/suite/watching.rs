//! What operators are told to watch is what the server shows.

use crate::common::on_each;
use std::collections::BTreeSet;

const DOCUMENT: &str = include_str!("../../../../docs/operations.md");
const DASHBOARD: &str = include_str!("../../../../docs/grafana-dashboard.json");

/// Every name of a metric in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !is_name(c)).filter(|word| word.starts_with("waybill_") && !word.ends_with('_'));
    words.map(str::to_owned).collect()
}

/// The queries of all panels.
fn queries(panels: &serde_json::Value) -> Vec<String> {
    let targets =
        panels.as_array().expect("panels").iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    targets.map(|target| target["expr"].as_str().expect("a query").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_documented_and_every_query_of_the_dashboard_names_one() {
    on_each(async |api| {
        api.shop().await;
        let shown = api.get("/metrics").await.text;
        let kinds = shown.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let families: BTreeSet<String> = kinds.map(|kind| kind.split(' ').next().unwrap().to_owned()).collect();
        let series: BTreeSet<String> = shown
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(['{', ' ']).next().unwrap().to_owned())
            .collect();
        assert!(families.len() > 10 && series.len() > families.len(), "{families:?}");

        let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `waybill_"));
        let documented: BTreeSet<String> =
            rows.map(|row| format!("waybill_{}", row.split('`').next().unwrap())).collect();
        assert_eq!(documented, families, "the table in docs/operations.md");
        let named: BTreeSet<String> = metrics_in(DOCUMENT).into_iter().filter(|name| !series.contains(name)).collect();
        let named: Vec<_> = named.difference(&families).collect();
        assert!(named.is_empty(), "docs/operations.md names {named:?}");

        let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
        let queries = queries(&dashboard["panels"]);
        for query in &queries {
            let names = metrics_in(query);
            assert!(!names.is_empty(), "{query}");
            let strange: Vec<_> = names.difference(&series).collect();
            assert!(strange.is_empty(), "{strange:?} in {query}");
        }
        let asked: BTreeSet<String> = queries.iter().flat_map(|query| metrics_in(query)).collect();
        let family = |name: &str| families.iter().any(|family| name.starts_with(family.as_str()));
        assert!(asked.iter().all(|name| family(name)));
        let unseen: Vec<_> =
            families.iter().filter(|family| !asked.iter().any(|name| name.starts_with(*family))).collect();
        assert!(unseen.is_empty(), "no panel shows {unseen:?}");
    })
    .await;
}
