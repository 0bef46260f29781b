//! Book what was picked, and what was not there.

use super::events::{PickCompleted, PickShort, ShortReason};
use super::{FulfillmentOrder, FulfillmentRefusal, lines_free, work};
use crate::attempt::Attempt;
use crate::catalog::item::Supply;
use crate::command::{Outcome, Stop};
use crate::event::Event;
use crate::footprint::Footprint;
use crate::ids::{FulfillmentOrderId, LotId};
use crate::ledger::StockAccount;
use crate::order::allocate::{Demand, plan, plan_events};
use crate::order::events::{Moved, Unpromised};
use crate::order::{Order, Step};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::world::World;

/// Books picked units, and units that could not be picked: those are allocated elsewhere or backordered at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Empty picks and shorts together pick everything that is left.
    pub picks: Vec<LinePicked>,
    pub shorts: Vec<LineShort>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePicked {
    pub line: u32,
    /// None takes any lot allocated.
    pub lot_id: Option<LotId>,
    pub quantity: Quantity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineShort {
    pub line: u32,
    pub quantity: Quantity,
    pub reason: ShortReason,
}

/// What of a fulfillment order is in `state`, lot by lot, as it is taken.
pub(super) struct Held {
    rows: Vec<Moved>,
}

impl Held {
    pub(super) fn new(order: &Order, work: &FulfillmentOrder, state: StockAccount) -> Self {
        let mut rows: Vec<Moved> = Vec::new();
        for allocation in order.allocations.iter().filter(|one| one.fulfillment_order == work.number) {
            let quantity = allocation.quantity(state);
            if quantity.is_zero() {
                continue;
            }
            match rows.iter_mut().find(|row| row.line == allocation.line && row.lot == allocation.lot_id) {
                Some(row) => row.quantity += quantity,
                None => rows.push(Moved {
                    line: allocation.line,
                    item: allocation.item_id,
                    lot: allocation.lot_id,
                    quantity,
                    counted: order.line(allocation.line).is_some_and(|line| line.supply == Supply::Stock),
                }),
            }
        }
        Self { rows }
    }

    pub(super) fn of(&self, line: u32, lot: Option<LotId>) -> Quantity {
        self.rows
            .iter()
            .filter(|row| row.line == line && lot.is_none_or(|lot| row.lot == lot))
            .map(|row| row.quantity)
            .sum()
    }

    /// Takes `quantity`, which is there.
    pub(super) fn take(&mut self, line: u32, lot: Option<LotId>, quantity: Quantity, out: &mut Vec<Moved>) {
        let mut left = quantity;
        for row in self.rows.iter_mut().filter(|row| row.line == line && lot.is_none_or(|lot| row.lot == lot)) {
            let part = row.quantity.min(left);
            if part.is_zero() {
                continue;
            }
            row.quantity -= part;
            left -= part;
            match out.iter_mut().find(|moved| moved.line == line && moved.lot == row.lot) {
                Some(moved) => moved.quantity += part,
                None => out.push(Moved { quantity: part, ..row.clone() }),
            }
        }
    }

    pub(super) fn everything(self) -> Vec<Moved> {
        self.rows.into_iter().filter(|row| !row.quantity.is_zero()).collect()
    }
}

pub fn pick(world: &World, command: &Pick, attempt: &Attempt) -> Outcome {
    let (order, work) = work(world, command.fulfillment_order_id, Step::Pick)?;
    let mut held = Held::new(order, work, StockAccount::Allocated);
    let mut picked = Vec::new();
    let mut shorts: Vec<PickShort> = Vec::new();
    let mut refused = Refusals::default();
    if command.picks.is_empty() && command.shorts.is_empty() {
        picked = held.everything();
    } else {
        let check = |held: &Held, path: String, line, lot, quantity: Quantity| -> Result<(), FulfillmentRefusal> {
            if !quantity.is_valid_demand() {
                return Err(FulfillmentRefusal::QuantityOutOfRange { path });
            }
            let allocated = held.of(line, lot);
            if quantity > allocated {
                return Err(FulfillmentRefusal::ExceedsAllocated { line, requested: quantity, allocated });
            }
            Ok(())
        };
        for (n, one) in command.picks.iter().enumerate() {
            let path = format!("picks[{n}].quantity");
            let checked = check(&held, path.clone(), one.line, one.lot_id, one.quantity);
            if refused.or(path, checked).is_some() {
                held.take(one.line, one.lot_id, one.quantity, &mut picked);
            }
        }
        for (n, one) in command.shorts.iter().enumerate() {
            let path = format!("shorts[{n}].quantity");
            let checked = check(&held, path.clone(), one.line, None, one.quantity);
            if refused.or(path, checked).is_none() {
                continue;
            }
            let short = match shorts.iter_mut().find(|short| short.reason == one.reason) {
                Some(short) => short,
                None => {
                    shorts.push(PickShort {
                        order: order.head.id,
                        fulfillment_order: work.number,
                        location: work.location_id,
                        reason: one.reason,
                        lines: Vec::new(),
                    });
                    let Some(short) = shorts.last_mut() else { continue };
                    short
                }
            };
            held.take(one.line, None, one.quantity, &mut short.lines);
        }
    }
    refused.none()?;
    if picked.is_empty() && shorts.is_empty() {
        let fulfillment_order_id = command.fulfillment_order_id;
        return Err(FulfillmentRefusal::NothingReady { fulfillment_order_id, step: Step::Pick }.into());
    }
    lines_free(order, Step::Pick, picked.iter().map(|moved| moved.line))?;
    let demands = short_demands(&shorts);
    need_levels(world, &demands)?;
    let mut events = Vec::new();
    if !picked.is_empty() {
        events.push(Event::PickCompleted(PickCompleted {
            order: order.head.id,
            fulfillment_order: work.number,
            location: work.location_id,
            lines: picked,
        }));
    }
    events.extend(shorts.into_iter().map(Event::PickShort));
    if !demands.is_empty() {
        // The count of this location was just found wrong, so what is missing comes from elsewhere or has to wait.
        let plan = plan(world, order, &demands, Some(work.location_id));
        plan_events(order.head.id, plan, Unpromised::Open, StockAccount::Allocated, None, attempt.now, &mut events);
    }
    Ok(events)
}

/// What was short, summed per line.
fn short_demands(shorts: &[PickShort]) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    for moved in shorts.iter().flat_map(|short| &short.lines) {
        match demands.iter_mut().find(|demand| demand.line == moved.line) {
            Some(demand) => demand.quantity += moved.quantity,
            None => demands.push(Demand {
                line: moved.line,
                item: moved.item,
                counted: moved.counted,
                quantity: moved.quantity,
            }),
        }
    }
    demands
}

fn need_levels(world: &World, demands: &[Demand]) -> Result<(), Stop> {
    let missing = demands.iter().filter(|demand| demand.counted && !world.has_levels(demand.item));
    let levels: Vec<_> = missing.map(|demand| demand.item).collect();
    if levels.is_empty() { Ok(()) } else { Err(Stop::Needs(Box::new(Footprint { levels, ..Footprint::default() }))) }
}
