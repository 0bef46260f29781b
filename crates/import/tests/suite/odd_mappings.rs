//! Mappings that people write: whatever they hold, every problem is told, and what is read can be rehearsed.

use proptest::prelude::*;
use proptest::sample::Index;
use std::path::Path;
use toml::Value;
use waybill_import::{ImportPlan, Map, PRESETS, Silent, StockMode, dry_run};

/// What may stand in the place of any value.
fn other() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[A-Za-z ]{0,12}", "%[a-zA-Z]", "\\PC{0,4}", Just("$FILE".to_owned())];
    prop_oneof![
        text.prop_map(Value::String),
        any::<i64>().prop_map(Value::Integer),
        (-3..100_i64).prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Float),
        any::<bool>().prop_map(Value::Boolean),
        Just(Value::Array(Vec::new())),
        Just(Value::Table(toml::Table::new())),
    ]
}

/// Goes down to one place, chosen by `way`, and changes what is there: another value, or none.
fn change(value: &mut Value, way: &mut impl Iterator<Item = Index>, to: Option<Value>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            let Some(index) = way.next() else { return };
            let key = table.keys().nth(index.index(table.len())).cloned().unwrap_or_default();
            let is_leaf = !matches!(table.get(&key), Some(Value::Table(_) | Value::Array(_)));
            match to {
                None if is_leaf => drop(table.remove(&key)),
                to => table.get_mut(&key).into_iter().for_each(|inner| change(inner, way, to.clone())),
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let Some(index) = way.next() else { return };
            let index = index.index(list.len());
            change(&mut list[index], way, to);
        }
        place => {
            if let Some(to) = to {
                *place = to;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_is_a_mapping_or_has_problems(text in any::<String>()) {
        let _ = Map::parse(&text);
    }

    /// Presets with some values changed: nothing panics, neither when they are read nor when they are used.
    #[test]
    fn a_preset_that_was_changed_is_refused_or_can_be_rehearsed(
        preset in prop_oneof![2 => Just(0), 1 => 0..PRESETS.len()],
        changes in prop::collection::vec((prop::collection::vec(any::<Index>(), 6), prop::option::weighted(0.8, other())), 1..3),
    ) {
        let mut value = Value::Table(PRESETS[preset].1.parse().expect("a preset"));
        for (way, to) in changes {
            change(&mut value, &mut way.into_iter(), to);
        }
        let text = toml::to_string(&value).expect("TOML");
        if let Ok(map) = Map::parse(&text) {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/small.csv");
            let plan = ImportPlan { map, source, stock: StockMode::Receive };
            let _ = dry_run(&plan, &Silent);
        }
    }
}
