//! Why an order stands where it stands: every choice that was made, as a sentence and the facts behind it.

use super::query::Query;
use super::{ReadError, Viewer, timeline};
use crate::backend::Store;
use crate::tables::EventRecord;
use std::collections::BTreeMap;
use waybill_domain::event::Event;
use waybill_domain::fulfillment::events::{PickShort, ShortReason};
use waybill_domain::ids::{LocationId, OrderId};
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::events::{
    HoldApplied, ReleaseReason, RoutingDecided, RoutingFigure, RoutingOption, Unpromised,
};
use waybill_domain::order::priority::Priority;
use waybill_domain::quantity::Quantity;
use waybill_domain::time::Timestamp;

/// One choice: what was decided and on which facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The event that carries it.
    pub position: i64,
    pub kind: String,
    pub happened_at: Timestamp,
    /// For a person.
    pub sentence: String,
    /// For a program: the event's own facts.
    pub facts: serde_json::Value,
}

/// Codes of locations by id.
type Places = BTreeMap<LocationId, String>;

/// The reasons behind an order, oldest first. Empty where the order is not in the viewer's channels.
pub async fn of_order(store: &dyn Store, viewer: &Viewer, order_id: OrderId) -> Result<Vec<Reason>, ReadError> {
    let events = timeline::of_order(store, viewer, order_id, 0).await?;
    let mut places = Places::new();
    for mut row in Query::new("SELECT l.id, l.code FROM locations l").rows(store).await? {
        places.insert(row.take()?, row.take()?);
    }
    Ok(reasons(&events, &places))
}

/// The reasons that a history carries.
fn reasons(events: &[EventRecord], places: &Places) -> Vec<Reason> {
    let mut currency = None;
    let reason = |record: &EventRecord| {
        let event = Event::decode(&record.kind, record.version, &record.payload).ok()?;
        if let Event::OrderPlaced(placed) | Event::OrderDrafted(placed) = &event {
            currency = Some(placed.currency);
        }
        Some(Reason {
            position: record.position,
            kind: record.kind.clone(),
            happened_at: record.happened_at,
            sentence: sentence(&event, places, currency).or_else(|| by_itself(record, &event))?,
            facts: serde_json::from_str(&record.payload).ok()?,
        })
    };
    events.iter().filter_map(reason).collect()
}

/// The choice an event stands for; None where nothing was chosen.
fn sentence(event: &Event, places: &Places, currency: Option<Currency>) -> Option<String> {
    let money = |amount: Minor| currency.map_or_else(|| amount.to_string(), |currency| amount.display(currency));
    let plain = |reason: &str| reason.replace('_', " ");
    Some(match event {
        Event::OrderPlaced(event) => {
            let mut text = priority(&event.priority);
            if !event.reservations.is_empty() {
                let reservations = list(event.reservations.iter().map(ToString::to_string));
                text.push_str(&format!(" Its lines took first what {reservations} kept for the cart."));
            }
            text
        }
        Event::RoutingDecided(event) => routing(event, places),
        Event::AllocationMade(event) => {
            let at = list(event.at.iter().map(|at| place(places, at.location)));
            match (event.from, event.reserved_until) {
                (_, Some(until)) if event.at.is_empty() => {
                    format!("Nothing is there to be kept; the payment is awaited until {until}.")
                }
                (_, Some(until)) => format!("No payment is certain yet, so stock at {at} is kept until {until} only."),
                (Unpromised::Backordered, None) => format!("Stock at {at} came free for what was backordered."),
                (Unpromised::Open, None) => format!("The payment is certain, so stock at {at} is promised."),
            }
        }
        Event::AllocationHardened(_) => "The payment became certain, so what was kept is promised for good.".to_owned(),
        Event::OrderConfirmed(_) => "What it costs is certain to be paid, and no hold stood in the way.".to_owned(),
        Event::HoldApplied(event) => hold(event),
        Event::HoldReleased(event) => match &event.reason {
            Some(reason) => format!("Hold {} was released: {}.", event.hold, plain(reason)),
            None => format!("Hold {} was released.", event.hold),
        },
        Event::HoldRejected(event) => match &event.reason {
            Some(reason) => {
                format!("Hold {} was rejected, so what it is about was cancelled: {}.", event.hold, plain(reason))
            }
            None => format!("Hold {} was rejected, so what it is about was cancelled.", event.hold),
        },
        Event::PickShort(event) => short(event, places),
        Event::BackorderOpened(event) => {
            let lines = event.lines.iter().map(|line| units(line.quantity, line.line));
            let expected = event.expected_on.map(|day| format!(", expected on {day}")).unwrap_or_default();
            format!("No location has {} available, so they are backordered{expected}.", list(lines))
        }
        Event::AllocationReleased(event) => {
            let from = list(event.at.iter().map(|at| place(places, at.location)));
            let why = match event.reason {
                ReleaseReason::Expired => "the payment did not come in time",
                ReleaseReason::Cancelled => "the units were cancelled",
                ReleaseReason::Held => "a hold kept them too long",
                ReleaseReason::ShortPick => "they were not found when picked",
            };
            format!("Stock at {from} was given back because {why}.")
        }
        Event::PaymentFailed(event) => {
            format!("Payment {} failed: the gateway answered {} to {}.", event.payment, event.code, event.kind)
        }
        Event::PaymentUnknown(event) => {
            format!("The gateway gave no answer for payment {}; it is asked again until it does.", event.payment)
        }
        Event::PaymentExpired(event) => {
            format!("The authorization of payment {} expired before it was captured in full.", event.payment)
        }
        Event::OrderCancelled(event) => format!("The order was cancelled: {}.", plain(&event.reason)),
        Event::ChargeAdded(event) => {
            let label = event.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
            let tax = if event.tax.is_zero() { String::new() } else { format!(" and {} of tax", money(event.tax)) };
            format!("A {}{label} of {}{tax} was added.", event.kind, money(event.amount))
        }
        Event::LinesCancelled(event) => {
            let lines = list(event.lines.iter().map(|line| format!("line {}", line.line)));
            format!("Units of {lines} were cancelled: {}.", plain(&event.reason))
        }
        Event::RefundGranted(event) => {
            let (amount, reason) = (money(event.amount), plain(&event.reason));
            format!("{amount} were refunded on payment {}: {reason}.", event.payment)
        }
        Event::ReturnReceived(event) => {
            let lines = event
                .lines
                .iter()
                .map(|line| format!("{} to {} ({})", units(line.quantity, line.line), line.state, line.reason));
            format!("Came back to {}: {}.", place(places, event.location), list(lines))
        }
        _ => return None,
    })
}

/// Why Waybill did something that people do as well; None where it was a person's doing.
fn by_itself(record: &EventRecord, event: &Event) -> Option<String> {
    let text = match event {
        Event::FulfillmentReleased(_) => {
            "It was confirmed, nothing held it, and its channel releases orders by itself."
        }
        _ => return None,
    };
    record.actor.starts_with("system:").then(|| text.to_owned())
}

fn place(places: &Places, id: LocationId) -> String {
    places.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

fn units(quantity: Quantity, line: u32) -> String {
    let unit = if quantity.0 == 1 { "unit" } else { "units" };
    format!("{quantity} {unit} of line {line}")
}

fn list(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

fn priority(priority: &Priority) -> String {
    let due = Timestamp(priority.due.saturating_mul(60_000_000));
    let mut text = format!("It ought to leave by {due}");
    if priority.tier > 0 {
        text.push_str(&format!(", {} minutes earlier for the customer's tier", priority.tier));
    }
    if priority.value > 0 {
        text.push_str(&format!(", {} minutes earlier for its value", priority.value));
    }
    text.push_str(&format!(" (priority {}).", priority.score));
    text
}

/// The figure that set an option apart, in words.
fn figure(option: &RoutingOption, decided_by: RoutingFigure) -> String {
    match decided_by {
        RoutingFigure::FewestSplits => match option.lines_filled {
            1 => "fills 1 line".to_owned(),
            lines => format!("fills {lines} lines"),
        },
        RoutingFigure::Distance => match option.distance_km {
            Some(distance) => format!("{distance} km away"),
            None if option.same_country => "distance unknown, same country".to_owned(),
            None => "distance unknown, abroad".to_owned(),
        },
        RoutingFigure::Preference => format!("preference {}", option.preference),
        RoutingFigure::Balance => format!("{} units available", option.available),
        RoutingFigure::Order => format!("{} units", option.units),
    }
}

fn routing(event: &RoutingDecided, places: &Places) -> String {
    let name =
        |option: &RoutingOption| format!("{} ({})", place(places, option.location), figure(option, event.decided_by));
    let winners = list(event.winners.iter().map(name));
    let by = match event.decided_by {
        RoutingFigure::FewestSplits => "fewest splits",
        RoutingFigure::Distance => "distance",
        RoutingFigure::Preference => "the locations' preference",
        RoutingFigure::Balance => "balance of stock",
        RoutingFigure::Order => "the order of the locations, everything else being equal",
    };
    let rule = format!("rule {}, version {}", event.rule, event.version);
    if event.losers.is_empty() {
        return format!("Stock comes from {winners}; decided by {by} ({rule}).");
    }
    let losers = list(event.losers.iter().map(name));
    format!("Stock comes from {winners} rather than {losers}; decided by {by} ({rule}).")
}

fn hold(event: &HoldApplied) -> String {
    let steps = list(event.steps.iter().map(ToString::to_string));
    let line = if event.line == 0 { String::new() } else { format!(" for line {}", event.line) };
    let due = event.due_at.map(|at| format!(", due {at}")).unwrap_or_default();
    let reason = event.reason.replace('_', " ");
    format!("Hold {} ({}: {reason}) blocks {steps}{line}{due}.", event.hold, event.kind)
}

fn short(event: &PickShort, places: &Places) -> String {
    let lines = list(event.lines.iter().map(|line| units(line.quantity, line.line)));
    let at = place(places, event.location);
    match event.reason {
        ShortReason::Missing => format!("{lines} were not there when picked at {at}; they were written off."),
        ShortReason::Damaged => format!("{lines} were damaged when picked at {at}."),
        ShortReason::Skipped => format!("{lines} were skipped by the picker at {at} and are available again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_between_locations_names_winner_losers_and_the_figure_that_decided() {
        let option = |id, km| RoutingOption {
            location: LocationId(waybill_domain::ids::Id(id)),
            lines_filled: 1,
            units: Quantity(2),
            distance_km: Some(km),
            same_country: true,
            preference: 0,
            available: Quantity(9),
        };
        let decided = RoutingDecided {
            order: OrderId::NIL,
            rule: "rule".into(),
            version: 1,
            winners: vec![option(1, 12)],
            losers: vec![option(2, 180)],
            decided_by: RoutingFigure::Distance,
        };
        let places = Places::from([
            (LocationId(waybill_domain::ids::Id(1)), "DUB".to_owned()),
            (LocationId(waybill_domain::ids::Id(2)), "ORK".to_owned()),
        ]);
        assert_eq!(
            routing(&decided, &places),
            "Stock comes from DUB (12 km away) rather than ORK (180 km away); decided by distance (rule rule, version 1)."
        );
    }
}
