//! A supplier ships dropship units.

use super::events::SupplierShipped;
use super::{FulfillmentRefusal, lines_free};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::order::events::LineQuantity;
use crate::order::money::bill;
use crate::order::{Lifecycle, OrderRefusal, Step};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::world::World;
use std::collections::BTreeMap;

/// Books that a supplier sent dropship units to the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipFromSupplier {
    pub order_id: OrderId,
    pub lines: Vec<(u32, Quantity)>,
}

pub fn ship_from_supplier(world: &World, command: &ShipFromSupplier, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Confirmed {
        return Err(world.wrong_lifecycle(order, "confirmed").into());
    }
    if command.lines.is_empty() {
        return Err(FulfillmentRefusal::NothingNamed.into());
    }
    let mut refused = Refusals::default();
    let mut shipping: BTreeMap<u32, Quantity> = BTreeMap::new();
    for (n, (line, quantity)) in command.lines.iter().enumerate() {
        let path = format!("lines[{n}].quantity");
        if !quantity.is_valid_demand() {
            refused.add(path.as_str(), FulfillmentRefusal::QuantityOutOfRange { path: path.clone() });
            continue;
        }
        let sum = shipping.entry(*line).or_default();
        *sum += *quantity;
        let at_supplier = order.line(*line).map_or(Quantity::ZERO, |line| line.at_supplier);
        if *sum > at_supplier {
            let (line, requested) = (*line, *sum);
            refused.add(path, FulfillmentRefusal::ExceedsAtSupplier { line, requested, at_supplier });
        }
    }
    refused.none()?;
    // What a supplier sent is a fact, so money does not keep it from being booked; it is captured afterwards.
    let holds = order.holds_blocking(Step::Ship, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: command.order_id, step: Step::Ship, holds }.into());
    }
    lines_free(order, Step::Ship, shipping.keys().copied())?;
    Ok(vec![Event::SupplierShipped(SupplierShipped {
        order: command.order_id,
        at: attempt.now,
        bill: bill(order, &shipping, false),
        lines: shipping.into_iter().map(|(line, quantity)| LineQuantity { line, quantity }).collect(),
    })])
}
