//! Put picked units into a box, or take a box apart.

use super::events::{ParcelPacked, ParcelUnpacked};
use super::pick::{Held, LinePicked};
use super::{FulfillmentRefusal, lines_free, work};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::FulfillmentOrderId;
use crate::ledger::StockAccount;
use crate::order::events::Moved;
use crate::order::money::bill;
use crate::order::{Order, Step};
use crate::payment::capture::capture_intents;
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::shipping::ParcelState;
use crate::world::World;
use std::collections::BTreeMap;

/// Packs one parcel and asks for the money of what is packed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    pub fulfillment_order_id: FulfillmentOrderId,
    /// Empty packs everything picked.
    pub lines: Vec<LinePicked>,
    pub weight_g: Option<i64>,
}

pub fn pack(world: &World, command: &Pack, attempt: &Attempt) -> Outcome {
    let (order, work) = work(world, command.fulfillment_order_id, Step::Pack)?;
    let mut held = Held::new(order, work, StockAccount::Picked);
    let mut refused = Refusals::default();
    if command.weight_g.is_some_and(|weight| !(0..=1_000_000_000).contains(&weight)) {
        refused.add("weight_g", FulfillmentRefusal::QuantityOutOfRange { path: "weight_g".into() });
    }
    let mut packed = Vec::new();
    if command.lines.is_empty() {
        packed = held.everything();
    } else {
        for (n, one) in command.lines.iter().enumerate() {
            let path = format!("lines[{n}].quantity");
            if !one.quantity.is_valid_demand() {
                refused.add(path.as_str(), FulfillmentRefusal::QuantityOutOfRange { path: path.clone() });
                continue;
            }
            let picked = held.of(one.line, one.lot_id);
            if one.quantity > picked {
                let (line, requested) = (one.line, one.quantity);
                refused.add(path, FulfillmentRefusal::ExceedsPicked { line, requested, picked });
                continue;
            }
            held.take(one.line, one.lot_id, one.quantity, &mut packed);
        }
    }
    refused.none()?;
    if packed.is_empty() {
        let fulfillment_order_id = command.fulfillment_order_id;
        return Err(FulfillmentRefusal::NothingReady { fulfillment_order_id, step: Step::Pack }.into());
    }
    lines_free(order, Step::Pack, packed.iter().map(|moved| moved.line))?;
    let due = due_with(order, &packed);
    let mut events = vec![Event::ParcelPacked(ParcelPacked {
        order: order.head.id,
        fulfillment_order: work.number,
        parcel: order.parcels.len() as u32 + 1,
        location: work.location_id,
        weight_g: command.weight_g,
        at: attempt.now,
        lines: packed,
    })];
    if order.holds_blocking(Step::Capture, None).is_empty() {
        events.extend(capture_intents(order, due, attempt));
    }
    Ok(events)
}

/// What will have been billed once everything packed, `more` included, has shipped.
pub(crate) fn due_with(order: &Order, more: &[Moved]) -> crate::money::Minor {
    let mut leaving: BTreeMap<u32, Quantity> = BTreeMap::new();
    for line in order.lines.iter().filter(|line| !line.packed.is_zero()) {
        leaving.insert(line.number, line.packed);
    }
    for moved in more {
        *leaving.entry(moved.line).or_default() += moved.quantity;
    }
    order.head.recognized + bill(order, &leaving, false).total()
}

/// Opens the parcels that hold units of `line` and have not left, so that their units are picked again.
pub(crate) fn unpack_holding(order: &Order, line: u32, events: &mut Vec<Event>) {
    for parcel in order.parcels.iter().filter(|parcel| parcel.state == ParcelState::Packed) {
        let holds = order.lines_of_parcel(parcel.number).any(|held| held.line == line);
        let opened = events
            .iter()
            .any(|event| matches!(event, Event::ParcelUnpacked(unpacked) if unpacked.parcel == parcel.number));
        if !holds || opened {
            continue;
        }
        events.push(Event::ParcelUnpacked(ParcelUnpacked {
            order: order.head.id,
            fulfillment_order: parcel.fulfillment_order,
            parcel: parcel.number,
            location: parcel.location_id,
            lines: order.lines_of_parcel(parcel.number).map(|held| held.moved(order)).collect(),
        }));
    }
}
