//! Hand an order's allocated stock to its locations to be picked.

use super::OrderRefusal;
use super::events::LineQuantity;
use super::money::bill;
use super::records::{Lifecycle, Step};
use crate::attempt::Attempt;
use crate::catalog::item::Supply;
use crate::command::Outcome;
use crate::event::Event;
use crate::fulfillment::events::{FulfillmentReleased, Work};
use crate::ids::OrderId;
use crate::world::World;
use std::collections::BTreeMap;

/// Makes one fulfillment order per location of what is allocated and not released yet. Services count as delivered,
/// dropship lines go to their supplier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseOrder {
    pub order_id: OrderId,
}

pub fn release_order(world: &World, command: &ReleaseOrder, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Confirmed {
        return Err(world.wrong_lifecycle(order, "confirmed").into());
    }
    let holds = order.holds_blocking(Step::Release, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: command.order_id, step: Step::Release, holds }.into());
    }
    let held = |line: u32| !order.holds_blocking(Step::Release, Some(line)).is_empty();
    let mut work: Vec<Work> = Vec::new();
    for allocation in &order.allocations {
        if allocation.fulfillment_order != 0 || allocation.allocated.is_zero() || held(allocation.line) {
            continue;
        }
        match work.iter_mut().find(|one| one.location == allocation.location_id) {
            Some(one) => one.allocations.push(allocation.number),
            None => work.push(Work {
                number: (order.fulfillment_orders.len() + work.len()) as u32 + 1,
                location: allocation.location_id,
                allocations: vec![allocation.number],
            }),
        }
    }
    let waiting = |supply: Supply| -> Vec<LineQuantity> {
        order
            .lines
            .iter()
            .filter(|line| line.supply == supply && !line.open.is_zero() && !held(line.number))
            .map(|line| LineQuantity { line: line.number, quantity: line.open })
            .collect()
    };
    let (served, to_supplier) = (waiting(Supply::Service), waiting(Supply::Dropship));
    if work.is_empty() && served.is_empty() && to_supplier.is_empty() {
        return Err(OrderRefusal::NothingToRelease { order_id: command.order_id }.into());
    }
    let shipping: BTreeMap<_, _> = served.iter().map(|line| (line.line, line.quantity)).collect();
    let bill = if served.is_empty() { Default::default() } else { bill(order, &shipping, false) };
    Ok(vec![Event::FulfillmentReleased(FulfillmentReleased {
        order: command.order_id,
        at: attempt.now,
        priority: order.head.priority,
        work,
        served,
        to_supplier,
        bill,
    })])
}
