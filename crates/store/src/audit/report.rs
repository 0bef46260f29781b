//! What an audit found.

use crate::record::Table;
use crate::value::Value;
use serde::Serialize;

/// Violations named in a report; more are counted only.
const NAMED_MAX: usize = 100;

/// A part of the audit, for whoever watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Adding up the postings; counted in log positions.
    Ledger,
    /// Comparing stock levels; counted in levels.
    Levels,
    /// Walking through the histories of all aggregates; counted in events.
    Histories,
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What is broken, as a stable word such as `level.balance`.
    pub kind: &'static str,
    pub table: &'static str,
    /// Which row, or which key.
    pub key: String,
    pub expected: String,
    pub found: String,
}

/// The outcome of an audit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    pub ok: bool,
    /// Stock and money postings added up.
    pub postings: i64,
    pub events: i64,
    pub orders: i64,
    /// The log position up to which the ledgers were added up.
    pub position: i64,
    /// How many violations there are; `violations` names the first ones.
    pub violations_found: usize,
    pub violations: Vec<Violation>,
    pub seconds: f64,
}

/// Collects violations.
#[derive(Debug, Default)]
pub(super) struct Findings {
    named: Vec<Violation>,
    found: usize,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        table: &'static str,
        key: impl ToString,
        expected: impl ToString,
        found: impl ToString,
    ) {
        self.found += 1;
        if self.named.len() < NAMED_MAX {
            let (key, expected, found) = (key.to_string(), expected.to_string(), found.to_string());
            self.named.push(Violation { kind, table, key, expected, found });
        }
    }

    /// Adds what was found elsewhere.
    pub(super) fn append(&mut self, more: Self) {
        self.found += more.found;
        self.named.extend(more.named.into_iter().take(NAMED_MAX - self.named.len()));
    }

    /// Adds a violation unless the two are equal.
    pub(super) fn equal<T: PartialEq + ToString>(
        &mut self,
        kind: &'static str,
        table: &'static str,
        key: impl Fn() -> String,
        expected: T,
        found: T,
    ) {
        if expected != found {
            self.add(kind, table, key(), expected.to_string(), found.to_string());
        }
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.found == 0
    }

    pub(super) const fn found(&self) -> usize {
        self.found
    }

    pub(super) fn into_violations(self) -> Vec<Violation> {
        self.named
    }
}

/// A value as a person reads it.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Bool(answer) => answer.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Id(id) => id.to_string(),
        Value::Bytes(bytes) => waybill_domain::chain::hex(bytes),
    }
}

/// The key of a row of `table`, `item_id=itm_... location_id=loc_...`.
pub(super) fn row_key(table: &Table, values: &[Value]) -> String {
    let part = |name: &&str| {
        let place = table.columns.iter().position(|column| column.name == *name);
        let value = place.and_then(|place| values.get(place)).map_or_else(|| "?".to_owned(), show);
        format!("{name}={}{value}", prefix(table.name, name))
    };
    table.key.iter().map(part).collect::<Vec<_>>().join(" ")
}

/// How ids of this column begin everywhere else.
fn prefix(table: &str, column: &str) -> &'static str {
    match (table, column) {
        ("orders", "id") | (_, "order_id") => "ord_",
        ("items", "id") | (_, "item_id") => "itm_",
        ("locations", "id") | (_, "location_id") => "loc_",
        ("channels", "id") => "chn_",
        ("customers", "id") => "cus_",
        ("stock_documents", "id") => "stk_",
        ("transfers", "id") | (_, "transfer_id") => "trf_",
        ("reservations", "id") => "res_",
        ("api_keys", "id") => "key_",
        ("webhook_endpoints", "id") | ("webhook_replays", "endpoint_id") => "whe_",
        ("users", "id") => "usr_",
        (_, "lot_id") => "lot_",
        _ => "",
    }
}
