//! `waybill why`: the reasons kept in an order's history.

use crate::cli::Why;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::sync::Arc;
use waybill_domain::actor::{Actor, Door};
use waybill_domain::ids::OrderId;
use waybill_domain::order::{OrderHead, OrderNumber};
use waybill_store::read::{ReadError, Viewer, why};
use waybill_store::{Record, Store, Value};

pub async fn run(asked: &Why, settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = settings.database()?.open_reader(settings).await?;
    store.check_schema().await?;
    let head = find(&*store, &asked.id).await?;
    let viewer = Viewer::from(Arc::new(Actor::system("command_line", Door::Command)));
    let reasons = why::of_order(&*store, &viewer, head.id).await.map_err(|error| match error {
        ReadError::Store(error) => Failure::Store(error),
        other => Failure::Other(other.to_string()),
    })?;
    let list: Vec<_> = reasons
        .iter()
        .map(|reason| {
            json!({
                "position": reason.position, "at": reason.happened_at.to_rfc3339(), "event": reason.kind,
                "sentence": reason.sentence, "facts": reason.facts,
            })
        })
        .collect();
    output.answer(&json!({
        "id": head.id, "number": head.number.to_string(), "lifecycle": head.lifecycle,
        "payment_status": head.payment_status, "fulfillment_status": head.fulfillment_status,
        "delivery_status": head.delivery_status, "return_status": head.return_status, "reasons": list,
    }));
    output.line(format!(
        "{} ({}): {}, payment {}, fulfillment {}, delivery {}, returns {}",
        head.number,
        head.id,
        head.lifecycle,
        head.payment_status,
        head.fulfillment_status,
        head.delivery_status,
        head.return_status
    ));
    for reason in &reasons {
        output.line(format!("{}  {}: {}", reason.happened_at, reason.kind, reason.sentence));
    }
    Ok(())
}

async fn find(store: &dyn Store, text: &str) -> Result<OrderHead, Failure> {
    let (column, value) = match (text.parse::<OrderId>(), text.parse::<OrderNumber>()) {
        (Ok(id), _) => ("id", Value::Id(id.0)),
        (_, Ok(number)) => ("number", Value::Int(number.0)),
        _ => {
            return Err(Failure::Usage(format!("{text} is neither an order's id (ord_...) nor a number (W-100001)")));
        }
    };
    let sql = format!("SELECT {} FROM orders WHERE {column} = $1", OrderHead::table().column_list());
    match store.read(&sql, &[value]).await?.first_mut() {
        Some(row) => Ok(OrderHead::read(row)?),
        None => Err(Failure::Usage(format!("there is no order {text} in this store; check the id and --database"))),
    }
}
