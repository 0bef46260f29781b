//! The plan of every statement that reads, judged: rows of a table that grows with the store are found by index.

use super::filled::Sample;
use super::questions;
use crate::around::{Around, Surrounded};
use crate::backend::Store;
use crate::read::Viewer;
use crate::record::{Index, Table};
use crate::tables::tables;
use crate::value::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Tables that stay small however much is sold.
const SMALL: &[&str] = &[
    "store_state",
    "receipt_turn",
    "log_head",
    "number_blocks",
    "leases",
    "cursors",
    "settings",
    "api_keys",
    "webhook_endpoints",
    "webhook_replays",
    "webhook_cursors",
    "users",
    "totp_uses",
    "channels",
    "locations",
    "stats_stock",
    // As many as nobody has answered yet.
    "waiting_messages",
];

type Statement = (String, Vec<Value>);

/// Remembers what was read.
#[derive(Default)]
struct Ear(Mutex<Vec<Statement>>);

impl Ear {
    fn heard(&self) -> Vec<Statement> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Around for Ear {
    fn reads(&self, sql: &str, params: &[Value]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((sql.to_owned(), params.to_vec()));
    }
}

/// Asks every question and judges the plan of every statement behind it.
///
/// # Panics
/// Where a plan goes through a whole table that grows, and the question has no reason to.
pub async fn check(store: Arc<dyn Store>, sample: &Sample) {
    let ear = Arc::new(Ear::default());
    let store = Surrounded::new(store, ear.clone());
    let mut wrong = Vec::new();
    let mut statements = 0;
    for question in questions::ALL {
        (question.ask)(&store, &Viewer::system(), sample).await.unwrap_or_else(|error| panic!("{question:?}: {error}"));
        for (sql, params) in ear.heard() {
            statements += 1;
            if let Err(why) = judge(&store, &sql, &params).await
                && question.walks.is_none()
            {
                wrong.push(format!("{question:?}: {why}"));
            }
        }
    }
    assert!(statements >= questions::ALL.len(), "the statements were heard");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Reads the plan of one statement.
///
/// # Errors
/// The step that goes through a whole table which grows with the store, in words.
///
/// # Panics
/// Where there is no plan.
pub async fn judge(store: &dyn Store, sql: &str, params: &[Value]) -> Result<(), String> {
    let plan = store.explain(sql, params).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(!plan.is_empty(), "{sql}: no plan");
    let tables = tables();
    for (place, step) in plan.iter().enumerate() {
        let rest = &plan[place + 1..];
        if let Some(table) = scanned(sql, step, rest, &tables)
            && !SMALL.contains(&table.name)
        {
            return Err(format!("goes through all of {} in\n{sql}\n{}", table.name, plan.join("\n")));
        }
    }
    Ok(())
}

/// The table that a step goes through from end to end. The words are SQLite's or PostgreSQL's; none means the other thing
/// in the other. A partial index holds the few rows it is for, so that going through it is no scan.
fn scanned<'a>(sql: &str, step: &str, rest: &[String], tables: &[&'a Table]) -> Option<&'a Table> {
    let step = step.trim_start_matches(['-', '>', ' ']);
    let partial = |name: &str| {
        tables.iter().any(|table| table.indexes.iter().any(|index| index.name == name && index.only.is_some()))
    };
    let named = |alias: &str| {
        let word = alias.split_whitespace().next()?;
        tables.iter().find(|table| table.name == word || is_alias(sql, table.name, word)).copied()
    };
    // SQLite: `SCAN o USING INDEX orders_lifecycle`, and an index it would make for this one statement.
    if let Some(scan) = step.strip_prefix("SCAN ") {
        let index = scan.split_once(" INDEX ").map_or("", |(_, index)| index);
        return if partial(index) { None } else { named(scan) };
    }
    if let Some(search) = step.strip_prefix("SEARCH ") {
        return if search.contains("AUTOMATIC") { named(search) } else { None };
    }
    // PostgreSQL: `Index Scan using orders_key on orders o (cost=...)`, with the condition in the lines below it.
    let (kind, on) = step.split_once(" on ")?;
    if kind.ends_with("Seq Scan") {
        return named(on);
    }
    let index = match kind.split_once(" using ") {
        Some((_, index)) => index,
        None if kind.starts_with("Bitmap Index Scan") => on.split_whitespace().next()?,
        None => return None,
    };
    let of = |table: &&&Table| {
        index.strip_prefix(table.name).is_some_and(|rest| rest == "_key" || by_name(table, index).is_some())
    };
    let table = tables.iter().find(of).copied()?;
    let first = by_name(table, index).map_or(table.key, |index| index.columns).first()?;
    // A condition on a later column only spares the rows, not the way through the whole index.
    let mut below = rest.iter().take_while(|line| !line.contains("->")).map(|line| line.trim_start());
    let found = below.any(|line| line.starts_with("Index Cond:") && line.contains(first));
    if partial(index) || found { None } else { Some(table) }
}

fn by_name(table: &Table, name: &str) -> Option<Index> {
    table.indexes.iter().find(|index| index.name == name).copied()
}

/// Whether a statement calls a table by this name: `FROM orders o`, `JOIN orders AS o`.
fn is_alias(sql: &str, table: &str, alias: &str) -> bool {
    let words: Vec<_> =
        sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| pair == [table, alias])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_told_from_a_search() {
        let sql = "SELECT o.id FROM orders o JOIN channels ch ON ch.id = o.channel_id";
        let found =
            |step: &str, below: &str| scanned(sql, step, &[below.to_owned()], &tables()).map(|table| table.name);
        for scan in [
            "SCAN o",
            "SCAN orders USING COVERING INDEX orders_lifecycle",
            "SEARCH o USING AUTOMATIC COVERING INDEX (channel_id=?)",
            "  ->  Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=8)",
            "Parallel Seq Scan on orders o  (cost=0.00..1.00 rows=1 width=8)",
            "Index Scan Backward using orders_key on orders o  (cost=0.00..1.00 rows=1 width=8)",
        ] {
            assert_eq!(found(scan, "        Filter: (origin = 'live'::text)"), Some("orders"), "{scan}");
        }
        for search in [
            "SEARCH o USING PRIMARY KEY (id=?)",
            "SCAN o USING INDEX orders_to_fill",
            "Index Only Scan using orders_to_fill on orders o  (cost=0.00..1.00 rows=1 width=8)",
            "Nested Loop  (cost=0.00..1.00 rows=1 width=8)",
        ] {
            assert_eq!(found(search, ""), None, "{search}");
        }
        let scan = "->  Index Scan using orders_lifecycle on orders o  (cost=0.00..1.00 rows=1 width=8)";
        assert_eq!(found(scan, "          Index Cond: (lifecycle = 'placed'::text)"), None);
        assert_eq!(found("SCAN ch", ""), Some("channels"));
    }
}
