//! Loading beside whoever writes: what a question that changes nothing needs.

use crate::backend::{Loader, Select, Store};
use crate::error::StoreError;
use crate::value::{Row, Value};
use async_trait::async_trait;

/// Loads on a connection that only reads, without locks. What is asked for together is seen in one state; two times of
/// asking may see two states.
#[derive(Clone, Copy)]
pub struct Beside<'a>(pub &'a dyn Store);

impl std::fmt::Debug for Beside<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Beside").field(&self.0.name()).finish()
    }
}

/// Finds the rows of one key, in the order of the table's key, as a writer's load does.
fn statement(select: &Select) -> String {
    let matches = select.by.iter().zip(1..).map(|(column, place)| format!("{column} = ${place}"));
    format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {}",
        select.table.column_list(),
        select.table.name,
        matches.collect::<Vec<_>>().join(" AND "),
        select.table.key.join(", ")
    )
}

#[async_trait]
impl Loader for Beside<'_> {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        let texts: Vec<String> = selects.iter().map(statement).collect();
        let mut asked: Vec<(&str, &[Value])> = Vec::new();
        for (text, select) in texts.iter().zip(selects) {
            asked.extend(select.keys.iter().map(|key| (text.as_str(), key.as_slice())));
        }
        if asked.is_empty() {
            return Ok(selects.iter().map(|_| Vec::new()).collect());
        }
        let mut found = self.0.read_together(&asked).await?.into_iter();
        let rows = selects.iter().map(|select| found.by_ref().take(select.keys.len()).flatten().collect());
        Ok(rows.collect())
    }
}
