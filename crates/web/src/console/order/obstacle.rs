//! Why the rules forbid an act, for whoever looks at the order: its amounts and units as the page shows them.

use super::super::access::words;
use super::super::look;
use super::act::Act;
use serde_json::Value;
use waybill_domain::money::Minor;
use waybill_domain::order::{Lifecycle, OrderLine};
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal::Refusal;
use waybill_store::read::order::OrderDetail;

/// What stands in the way of an act that nobody has filled in yet: something about the order, not about what was asked.
/// None where only what is to be filled in was missing.
pub fn obstacle(act: Act, refusal: &Refusal, detail: &OrderDetail) -> Option<String> {
    let head = &detail.head;
    let shipped = |line: &OrderLine| !line.shipped.is_zero();
    let some = |of: fn(&OrderLine) -> Quantity| detail.lines.iter().any(|(line, _)| !of(line).is_zero());
    let sentence = match (act, refusal.code.as_str()) {
        (Act::Return, "return.unknown_location") if some(|line| line.shipped - line.returned) => return None,
        (Act::Return, _) if !detail.lines.iter().any(|(line, _)| shipped(line)) => "Nothing has shipped yet.",
        (Act::Return, "return.exceeds_shipped" | "return.unknown_location") => "Everything that shipped has come back.",
        (_, "payment.exceeds_received") if head.received.is_zero() => "Nothing was received yet.",
        (_, "payment.exceeds_received") => "Everything that was received has been given back, or is on its way back.",
        (_, "payment.nothing_authorized") => "Nothing is authorized that could be captured.",
        (_, "order.nothing_to_cancel") if head.lifecycle == Lifecycle::Cancelled => "It is cancelled already.",
        (_, "order.exceeds_open_quantity") => "All of it has shipped or was cancelled.",
        (_, "fulfillment.exceeds_at_supplier") => "Nothing waits for a supplier.",
        _ => return Some(sentence(&refusal.code, &refusal.facts, &refusal.message, detail)),
    };
    Some(sentence.to_owned())
}

/// The sentence of a refusal whose facts are `facts`; `told` is how the rules say it.
pub fn sentence(code: &str, facts: &Value, told: &str, detail: &OrderDetail) -> String {
    let fact = |name: &str| facts[name].as_i64().unwrap_or_default();
    let money = |name: &str| look::money(Minor(fact(name)), detail.head.currency);
    if let Some(permission) = words::missing(facts) {
        return words::told(permission);
    }
    match code {
        "payment.exceeds_received" => {
            format!("{} was asked for and {} was received and not refunded.", money("requested"), money("refundable"))
        }
        "payment.exceeds_authorized" => format!(
            "{} was asked for and {} is authorized and not yet captured.",
            money("requested"),
            money("authorized")
        ),
        "payment.amount_out_of_range" => "The amount has to be above zero, and no more than can be booked.".to_owned(),
        "order.total_below_zero" => format!("The order would cost {}.", money("total")),
        "order.charge_wrong_sign" => {
            format!(
                "A {} cannot be {} with {} of tax.",
                facts["kind"].as_str().unwrap_or("charge"),
                money("amount"),
                money("tax")
            )
        }
        "order.exceeds_open_quantity" => {
            let line = facts["line_id"]
                .as_str()
                .and_then(|id| detail.lines.iter().find(|(line, _)| line.id().to_string() == id));
            let precision = line.map_or(0, |(line, _)| line.precision);
            let units = |name: &str| look::quantity(Quantity(fact(name)), precision);
            let (asked, open) = (units("requested"), units("open"));
            let plural = if asked == "1" { "unit was" } else { "units were" };
            format!("{asked} {plural} asked for and {open} have not shipped or been cancelled.")
        }
        "order.nothing_to_cancel" if detail.head.lifecycle == Lifecycle::Cancelled => {
            "The order is cancelled already.".to_owned()
        }
        "order.wrong_lifecycle" => match detail.head.lifecycle {
            Lifecycle::Draft => "The draft is not placed yet.",
            Lifecycle::Placed => "The order is not confirmed yet.",
            Lifecycle::Confirmed => "The order is confirmed already.",
            Lifecycle::Completed => "The order is completed.",
            Lifecycle::Cancelled => "The order is cancelled.",
        }
        .to_owned(),
        _ => told.to_owned(),
    }
}

/// What to do instead; `told` is how the rules say it to a program.
pub fn next_step(code: &str, told: &str) -> String {
    match code {
        "payment.amount_out_of_range" => "Type such an amount.".to_owned(),
        "order.nothing_to_cancel" => "What shipped can come back as a return.".to_owned(),
        "order.charge_wrong_sign" => "Choose a discount to take something off.".to_owned(),
        _ => told.to_owned(),
    }
}

/// What is wrong with the units typed for a line; `told` is how the rules say it.
pub fn about_units(code: &str, line: &OrderLine, told: &str) -> String {
    let units = |quantity| look::quantity(quantity, line.precision);
    match code {
        "exceeds_shipped" => match line.shipped - line.returned {
            Quantity::ZERO => "Nothing of it can come back.".to_owned(),
            left => format!("No more than {} can come back.", units(left)),
        },
        "exceeds_at_supplier" => format!("No more than {} wait for the supplier.", units(line.at_supplier)),
        _ => told.to_owned(),
    }
}
