//! `waybill webhook list`.

use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use waybill_store::StoreError;
use waybill_store::read::webhooks::{EndpointRow, endpoints};
use waybill_store::read::{PageRequest, Viewer};

pub async fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = settings.database()?.open_reader(settings).await?;
    store.check_schema().await?;
    let mut rows: Vec<EndpointRow> = Vec::new();
    let mut page = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
    loop {
        let found = endpoints(&*store, &Viewer::system(), None, &page).await.map_err(StoreError::from)?;
        rows.extend(found.rows);
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let list: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.id, "name": row.name, "host": row.url.host(), "state": row.state,
                "disabled_because": row.disabled_because, "position": row.position, "head": row.head,
                "retries": row.retries, "failing_since": row.failing_since.map(|at| at.to_rfc3339()),
            })
        })
        .collect();
    output.answer(&json!({"webhook_endpoints": list}));
    for row in &rows {
        let why = row.disabled_because.map_or_else(String::new, |reason| format!(" ({reason})"));
        let failing = row.failing_since.map_or_else(String::new, |at| format!(", failing since {at}"));
        let host = row.url.host().unwrap_or_default();
        let (position, head, retries) = (row.position, row.head, row.retries);
        output.line(format!(
            "{}  {}  {host}  {}{why}  at {position} of {head}, {retries} to try again{failing}",
            row.id, row.name, row.state
        ));
    }
    if rows.is_empty() {
        output.line("there is no webhook endpoint; POST /api/v1/webhook-endpoints makes one");
    }
    Ok(())
}
