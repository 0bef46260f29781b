//! `waybill why`: the reasons kept in an order's history.

use crate::cli::Why;
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use waybill_domain::event::Event;
use waybill_domain::ids::{Id, LocationId, OrderId};
use waybill_domain::order::events::{RoutingDecided, RoutingFigure, RoutingOption};
use waybill_domain::order::{OrderHead, OrderNumber, Step};
use waybill_domain::time::Timestamp;
use waybill_store::tables::EventRecord;
use waybill_store::{Record, Store, Value};

/// One thing that was decided, and why.
#[derive(Debug, Serialize)]
struct Reason {
    position: i64,
    at: String,
    event: String,
    text: String,
    facts: Json,
}

pub async fn run(asked: &Why, settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = settings.database()?.open_reader(settings).await?;
    store.check_schema().await?;
    let head = find(&*store, &asked.id).await?;
    let sql = format!(
        "SELECT {} FROM events WHERE aggregate_id = $1 ORDER BY sequence",
        EventRecord::table().column_list()
    );
    let locations = locations(&*store).await?;
    let mut reasons = Vec::new();
    for mut row in store.read(&sql, &[Value::Id(head.id.0)]).await? {
        let record = EventRecord::read(&mut row)?;
        let Ok(event) = Event::decode(&record.kind, record.version, &record.payload) else {
            continue;
        };
        if let Some(text) = explain(&event, &locations) {
            reasons.push(Reason {
                position: record.position,
                at: record.happened_at.to_rfc3339(),
                event: record.kind,
                text,
                facts: serde_json::from_str(&record.payload).unwrap_or_default(),
            });
        }
    }
    output.answer(&json!({
        "id": head.id, "number": head.number.to_string(), "lifecycle": head.lifecycle,
        "payment_status": head.payment_status, "fulfillment_status": head.fulfillment_status,
        "delivery_status": head.delivery_status, "return_status": head.return_status, "reasons": reasons,
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
        output.line(format!("{}  {}: {}", reason.at, reason.event, reason.text));
    }
    Ok(())
}

async fn find(store: &dyn Store, text: &str) -> Result<OrderHead, Failure> {
    let (column, value) = match (text.parse::<OrderId>(), text.parse::<OrderNumber>()) {
        (Ok(id), _) => ("id", Value::Id(id.0)),
        (_, Ok(number)) => ("number", Value::Int(number.0)),
        _ => {
            return Err(Failure::Usage(format!(
                "{text} is neither an order's id (ord_...) nor a number (W-100001)"
            )));
        }
    };
    let sql = format!(
        "SELECT {} FROM orders WHERE {column} = $1",
        OrderHead::table().column_list()
    );
    match store.read(&sql, &[value]).await?.first_mut() {
        Some(row) => Ok(OrderHead::read(row)?),
        None => Err(Failure::Usage(format!(
            "there is no order {text} in this store; check the id and --database"
        ))),
    }
}

async fn locations(store: &dyn Store) -> Result<BTreeMap<LocationId, String>, Failure> {
    let mut names = BTreeMap::new();
    for mut row in store.read("SELECT id, code FROM locations ORDER BY id", &[]).await? {
        names.insert(LocationId(row.take::<Id>()?), row.take()?);
    }
    Ok(names)
}

fn explain(event: &Event, locations: &BTreeMap<LocationId, String>) -> Option<String> {
    let list = |steps: &[Step]| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let code = |id: &LocationId| locations.get(id).cloned().unwrap_or_else(|| id.to_string());
    Some(match event {
        Event::OrderPlaced(placed) | Event::OrderDrafted(placed) => {
            let judged = placed.priority;
            let due = Timestamp(judged.due.saturating_mul(60_000_000));
            let (tier, value) = (judged.tier, judged.value);
            format!(
                "priority {}: ought to leave by {due}, {tier} min sooner for its customer's tier, {value} min for its value",
                judged.score
            )
        }
        Event::RoutingDecided(decided) => routing(decided, &code),
        Event::BackorderOpened(opened) => {
            let lines: Vec<String> = opened
                .lines
                .iter()
                .map(|line| format!("{} of line {}", line.quantity, line.line))
                .collect();
            format!("no location had {}", lines.join(", "))
        }
        Event::HoldApplied(hold) => format!("{} hold before {}: {}", hold.kind, list(&hold.steps), hold.reason),
        Event::HoldReleased(ended) => format!(
            "the hold ended: {}",
            ended.reason.as_deref().unwrap_or("no reason given")
        ),
        Event::HoldRejected(ended) => format!(
            "the hold was rejected: {}",
            ended.reason.as_deref().unwrap_or("no reason given")
        ),
        Event::AllocationReleased(released) => format!("stock went back: {}", released.reason),
        Event::PickShort(short) => format!(
            "not all was there to pick at {}: {}",
            code(&short.location),
            short.reason
        ),
        Event::PaymentFailed(failed) => format!("the gateway refused to {}: {}", failed.kind, failed.code),
        Event::PaymentUnknown(_) => "the gateway gave no answer that can be trusted; the janitor asks again".to_owned(),
        Event::PaymentResolved(resolved) => format!("what was unknown is known: {}", resolved.state),
        Event::LinesCancelled(cancelled) => format!("units were cancelled: {}", cancelled.reason),
        Event::OrderCancelled(cancelled) => format!("cancelled: {}", cancelled.reason),
        Event::RefundGranted(granted) => format!("{} minor units granted back: {}", granted.amount, granted.reason),
        Event::ReturnReceived(received) => {
            let reasons: Vec<&str> = received.lines.iter().map(|line| line.reason.as_str()).collect();
            format!("came back to {}: {}", code(&received.location), reasons.join(", "))
        }
        _ => return None,
    })
}

/// The winner, the best loser, and the figure that set them apart.
fn routing(decided: &RoutingDecided, code: &dyn Fn(&LocationId) -> String) -> String {
    let winners: Vec<String> = decided.winners.iter().map(|option| code(&option.location)).collect();
    let winners = winners.join(" and ");
    let Some((loser, winner)) = decided.losers.first().zip(decided.winners.last()) else {
        return format!("{winners}: every location that had something");
    };
    let figure = |option: &RoutingOption| match decided.decided_by {
        RoutingFigure::FewestSplits => format!("{} units of it in stock", option.units),
        RoutingFigure::Distance => option
            .distance_km
            .map_or("unknown distance".to_owned(), |km| format!("{km} km")),
        RoutingFigure::Preference => format!("preference {}", option.preference),
        RoutingFigure::Balance => format!("{} units available", option.available),
        RoutingFigure::Order => "first in order of ids".to_owned(),
    };
    format!(
        "{winners} ({}) rather than {} ({})",
        figure(winner),
        code(&loser.location),
        figure(loser)
    )
}
