//! Receive goods into a location.

use super::events::StockReceived;
use super::{StockLine, StockRefusal, by_hand};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{LocationId, LotId};
use crate::ledger::{StockAccount, StockKey};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::world::World;
use std::collections::BTreeMap;

/// Books goods into `location`, in `state` (available, quality control, damaged or quarantined).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveStock {
    pub location_id: LocationId,
    pub state: StockAccount,
    pub reference: Option<String>,
    pub lines: Vec<ReceiveLine>,
}

/// A quantity in base units of the item with this SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveLine {
    pub sku: String,
    pub lot_id: LotId,
    pub quantity: Quantity,
}

/// Refused, with everything at fault, when the location is unknown or archived, the state is not for receipts, a SKU is unknown
/// or not stocked, or a quantity is out of range.
pub fn receive_stock(world: &World, command: &ReceiveStock, attempt: &Attempt) -> Outcome {
    let location_id = command.location_id;
    let mut lines = Vec::with_capacity(command.lines.len());
    let mut refused = Refusals::default();
    refused.or("location", world.stocked_location(location_id));
    refused.or("state", by_hand(command.state));
    if command.lines.is_empty() {
        refused.add("lines", StockRefusal::NothingToDo);
    }
    let mut sums: BTreeMap<StockKey, Quantity> = BTreeMap::new();
    for (n, line) in command.lines.iter().enumerate() {
        let path = format!("lines[{n}].quantity");
        let in_range = line.quantity.is_valid_demand();
        if !in_range {
            refused.add(path.as_str(), StockRefusal::QuantityOutOfRange { path: path.clone() });
        }
        let item = refused.or(format!("lines[{n}].sku"), world.stocked_item(&line.sku));
        let Some(item) = item.filter(|_| in_range) else { continue };
        let key = StockKey { item_id: item.id, location_id, lot_id: line.lot_id };
        let here = world.level(key).map_or(Quantity::ZERO, |level| level.on_hand());
        let sum = sums.entry(key).or_default();
        *sum += line.quantity;
        if here + *sum > Quantity::MAX {
            refused.add(path, StockRefusal::ExceedsCapacity { item_id: item.id, location_id });
        }
        lines.push(StockLine { item: item.id, lot: line.lot_id, quantity: line.quantity });
    }
    refused.none()?;
    // From here on the command succeeds.
    Ok(vec![Event::StockReceived(StockReceived {
        document: attempt.ids.nth(0),
        location: location_id,
        state: command.state,
        reference: command.reference.clone(),
        at: attempt.now,
        lines,
    })])
}
