//! The statements derived from a description, written once per table and way of writing.

use std::collections::HashMap;
use waybill_store::{Table, WriteMode};

/// A statement that writes one row.
#[derive(Debug)]
pub struct WriteStatement {
    pub sql: String,
    /// The parameter of each column in the description's order; 0 where the statement does not use it.
    pub places: Vec<usize>,
}

/// Statements by what they are for. Asking again costs a look-up.
#[derive(Debug, Default)]
pub struct Statements {
    writes: HashMap<(&'static str, WriteMode), WriteStatement>,
    selects: HashMap<(&'static str, &'static [&'static str]), String>,
}

impl Statements {
    pub fn write(&mut self, table: &'static Table, mode: WriteMode) -> &WriteStatement {
        self.writes.entry((table.name, mode)).or_insert_with(|| match mode {
            WriteMode::Insert => insert(table),
            WriteMode::Update => update(table),
            WriteMode::Delete => delete(table),
        })
    }

    pub fn select(&mut self, table: &'static Table, by: &'static [&'static str]) -> &str {
        self.selects.entry((table.name, by)).or_insert_with(|| select(table, by))
    }
}

fn insert(table: &Table) -> WriteStatement {
    let places: Vec<_> = (1..=table.columns.len()).collect();
    let values = places.iter().map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ");
    WriteStatement { sql: format!("INSERT INTO {} ({}) VALUES ({values})", table.name, table.column_list()), places }
}

fn update(table: &Table) -> WriteStatement {
    let (mut sets, mut matches, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for column in &table.columns {
        let is_key = table.key.contains(&column.name);
        if column.fixed && !is_key {
            places.push(0);
            continue;
        }
        let place = sets.len() + matches.len() + 1;
        let part = format!("{} = ?{place}", column.name);
        if is_key {
            matches.push(part)
        } else {
            sets.push(part)
        }
        places.push(place);
    }
    let sql = format!("UPDATE {} SET {} WHERE {}", table.name, sets.join(", "), matches.join(" AND "));
    WriteStatement { sql, places }
}

fn delete(table: &Table) -> WriteStatement {
    let (mut matches, mut places) = (Vec::new(), Vec::new());
    for column in &table.columns {
        if table.key.contains(&column.name) {
            matches.push(format!("{} = ?{}", column.name, matches.len() + 1));
            places.push(matches.len());
        } else {
            places.push(0);
        }
    }
    WriteStatement { sql: format!("DELETE FROM {} WHERE {}", table.name, matches.join(" AND ")), places }
}

fn select(table: &Table, by: &[&str]) -> String {
    let matches = by.iter().zip(1..).map(|(column, place)| format!("{column} = ?{place}")).collect::<Vec<_>>();
    format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {}",
        table.column_list(),
        table.name,
        matches.join(" AND "),
        table.key.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use waybill_store::Record;
    use waybill_store::specimen::SpecimenPart;

    #[test]
    fn a_description_becomes_statements_of_one_row() {
        let mut statements = Statements::default();
        let table = SpecimenPart::table();
        let write = statements.write(table, WriteMode::Insert);
        assert_eq!(write.sql, "INSERT INTO specimen_parts (specimen_id, part, quantity) VALUES (?1, ?2, ?3)");
        assert_eq!(write.places, [1, 2, 3]);
        let write = statements.write(table, WriteMode::Update);
        assert_eq!(write.sql, "UPDATE specimen_parts SET quantity = ?3 WHERE specimen_id = ?1 AND part = ?2");
        assert_eq!(write.places, [1, 2, 3]);
        let write = statements.write(table, WriteMode::Delete);
        assert_eq!(write.sql, "DELETE FROM specimen_parts WHERE specimen_id = ?1 AND part = ?2");
        assert_eq!(write.places, [1, 2, 0]);
        assert_eq!(
            statements.select(table, &["specimen_id"]),
            "SELECT specimen_id, part, quantity FROM specimen_parts WHERE specimen_id = ?1 ORDER BY specimen_id, part"
        );
    }
}
