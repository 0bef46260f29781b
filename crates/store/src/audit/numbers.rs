//! Order numbers: what is handed out next was given to nobody yet.

use super::report::Findings;
use crate::backend::Store;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// The block of order numbers begins above every number there is.
pub(super) async fn compare(store: &dyn Store, findings: &mut Findings) -> Result<(), StoreError> {
    let statements: [(&str, &[Value]); 2] =
        [("SELECT next FROM number_blocks WHERE name = 'order'", &[]), ("SELECT MAX(number) FROM orders", &[])];
    let results = store.read_together(&statements).await?;
    let found = results.into_iter().map(|rows| rows.into_iter().next().map_or(Ok(None), |mut row: Row| row.take()));
    let found: Vec<Option<i64>> = found.collect::<Result<_, _>>()?;
    if let [Some(next), Some(highest)] = found[..]
        && next <= highest
    {
        let expected = format!("above {highest}, the highest order number");
        findings.add("numbers.block", "number_blocks", "name=order next", expected, next);
    }
    Ok(())
}
