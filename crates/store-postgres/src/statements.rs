//! The statements derived from a description. One statement writes or finds any number of rows, given as an array per
//! column.

use waybill_store::{ColumnKind, Table, WriteMode};

/// Moves the log's head on; returns where it was.
pub const TAKE_POSITIONS: &str = "UPDATE log_head SET position = position + $1 WHERE id = 1 RETURNING position - $1";

/// A statement over the columns of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteStatement {
    pub sql: String,
    /// The array of each column in the description's order; `None` where the statement does not use it.
    pub places: Vec<Option<usize>>,
}

pub fn write(table: &Table, mode: WriteMode) -> WriteStatement {
    let mut used = Vec::new();
    let mut places = Vec::new();
    for column in &table.columns {
        let wanted = match mode {
            WriteMode::Insert => true,
            WriteMode::Update => !column.fixed || table.key.contains(&column.name),
            WriteMode::Delete => table.key.contains(&column.name),
        };
        places.push(wanted.then_some(used.len()));
        if wanted {
            used.push((column.name, column.kind));
        }
    }
    let names = used.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let arrays: Vec<_> = used.iter().zip(1..).map(|((_, kind), place)| array(*kind, place)).collect();
    let (name, list, all) = (table.name, names.join(", "), arrays.join(", "));
    let matches = || equal(table.key, "t", "u", table.key);
    let sql = match mode {
        // Unnested one by one, which the executor does row by row: unnested together in FROM, all arrays are first
        // written to temporary storage, at a tenth more processor time.
        WriteMode::Insert => {
            let values = arrays.iter().map(|array| format!("UNNEST({array})")).collect::<Vec<_>>().join(", ");
            format!("INSERT INTO {name} ({list}) SELECT {values}")
        }
        WriteMode::Update => {
            let changed = names.iter().filter(|name| !table.key.contains(name));
            let sets = changed.map(|name| format!("{name} = u.{name}")).collect::<Vec<_>>().join(", ");
            format!("UPDATE {name} AS t SET {sets} FROM UNNEST({all}) AS u ({list}) WHERE {}", matches())
        }
        WriteMode::Delete => format!("DELETE FROM {name} AS t USING UNNEST({all}) AS u ({list}) WHERE {}", matches()),
    };
    WriteStatement { sql, places }
}

/// Finds rows by some columns, in the order of those and of the key. Locks are taken in that order too: PostgreSQL locks
/// what it has sorted.
pub fn select(table: &Table, by: &[&str], lock: bool) -> String {
    let columns = table.columns.iter().map(|column| format!("t.{}", column.name)).collect::<Vec<_>>().join(", ");
    let mut order: Vec<_> = by.to_vec();
    order.extend(table.key.iter().filter(|key| !by.contains(key)));
    let order = order.iter().map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ");
    let kinds = by.iter().map(|name| table.column(name).map_or(ColumnKind::Int, |column| column.kind));
    let arrays = kinds.zip(1..).map(|(kind, place)| array(kind, place)).collect::<Vec<_>>().join(", ");
    let (name, lock) = (table.name, if lock { " FOR NO KEY UPDATE OF t" } else { "" });
    match by {
        [one] => format!("SELECT {columns} FROM {name} AS t WHERE t.{one} = ANY({arrays}) ORDER BY {order}{lock}"),
        _ => format!(
            "SELECT {columns} FROM UNNEST({arrays}) AS u ({list}) JOIN {name} AS t ON {matches} ORDER BY {order}{lock}",
            list = by.join(", "),
            matches = equal(by, "t", "u", by),
        ),
    }
}

fn equal(left: &[&str], left_of: &str, right_of: &str, right: &[&str]) -> String {
    let pairs = left.iter().zip(right);
    pairs.map(|(left, right)| format!("{left_of}.{left} = {right_of}.{right}")).collect::<Vec<_>>().join(" AND ")
}

/// `$1::uuid[]`
fn array(kind: ColumnKind, place: usize) -> String {
    format!("${place}::{}[]", element(kind))
}

const fn element(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Int => "bigint",
        ColumnKind::Bool => "boolean",
        ColumnKind::Text => "text",
        ColumnKind::Id => "uuid",
        ColumnKind::Bytes => "bytea",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waybill_store::Record;
    use waybill_store::specimen::SpecimenPart;

    #[test]
    fn a_description_becomes_statements_of_many_rows() {
        let table = SpecimenPart::table();
        let insert = write(table, WriteMode::Insert);
        assert_eq!(
            insert.sql,
            "INSERT INTO specimen_parts (specimen_id, part, quantity) \
             SELECT UNNEST($1::uuid[]), UNNEST($2::bigint[]), UNNEST($3::bigint[])"
        );
        assert_eq!(insert.places, [Some(0), Some(1), Some(2)]);
        let update = write(table, WriteMode::Update);
        assert_eq!(
            update.sql,
            "UPDATE specimen_parts AS t SET quantity = u.quantity \
             FROM UNNEST($1::uuid[], $2::bigint[], $3::bigint[]) AS u (specimen_id, part, quantity) \
             WHERE t.specimen_id = u.specimen_id AND t.part = u.part"
        );
        let delete = write(table, WriteMode::Delete);
        assert_eq!(
            delete.sql,
            "DELETE FROM specimen_parts AS t USING UNNEST($1::uuid[], $2::bigint[]) AS u (specimen_id, part) \
             WHERE t.specimen_id = u.specimen_id AND t.part = u.part"
        );
        assert_eq!(delete.places, [Some(0), Some(1), None]);
        assert_eq!(
            select(table, &["specimen_id"], false),
            "SELECT t.specimen_id, t.part, t.quantity FROM specimen_parts AS t \
             WHERE t.specimen_id = ANY($1::uuid[]) ORDER BY t.specimen_id, t.part"
        );
        assert_eq!(
            select(table, &["specimen_id", "part"], true),
            "SELECT t.specimen_id, t.part, t.quantity \
             FROM UNNEST($1::uuid[], $2::bigint[]) AS u (specimen_id, part) \
             JOIN specimen_parts AS t ON t.specimen_id = u.specimen_id AND t.part = u.part \
             ORDER BY t.specimen_id, t.part FOR NO KEY UPDATE OF t"
        );
    }
}
