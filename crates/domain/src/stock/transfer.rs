//! Move stock between locations, with what is on the way kept in the books.

use super::StockRefusal;
use super::events::{TransferLineMoved, TransferReceived, TransferSent};
use crate::attempt::Attempt;
use crate::chain::Chain;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{ItemId, LocationId, LotId, TransferId};
use crate::ledger::{StockAccount, StockKey};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::rows::{Rows, Tracked};
use crate::time::Timestamp;
use crate::world::World;
use std::collections::BTreeMap;

codes! {
    /// How far a transfer is.
    pub enum TransferState {
        Open = "open",
        Partial = "partial",
        Done = "done",
    }
}

/// The root of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferHead {
    pub id: TransferId,
    pub from_location_id: LocationId,
    pub to_location_id: LocationId,
    pub state: TransferState,
    pub sent_at: Timestamp,
    pub chain: Chain,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLine {
    pub transfer_id: TransferId,
    pub number: u32,
    pub item_id: ItemId,
    pub lot_id: LotId,
    pub sent: Quantity,
    pub received: Quantity,
    pub lost: Quantity,
}

impl TransferLine {
    pub fn in_transit(&self) -> Quantity {
        self.sent - self.received - self.lost
    }
}

/// A transfer with its lines.
#[derive(Clone, Debug)]
pub struct Transfer {
    pub head: Tracked<TransferHead>,
    pub lines: Rows<TransferLine>,
}

/// Sends available units from one location to another; they are in transit at the destination until received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendTransfer {
    pub from_location_id: LocationId,
    pub to_location_id: LocationId,
    pub lines: Vec<SendLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendLine {
    pub sku: String,
    pub lot_id: LotId,
    pub quantity: Quantity,
}

/// Books what arrived, and what is known to be lost on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveTransfer {
    pub transfer_id: TransferId,
    pub lines: Vec<ReceiveTransferLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveTransferLine {
    pub line: u32,
    pub received: Quantity,
    pub lost: Quantity,
}

/// Refused, with everything at fault, when a location is unknown, the destination is archived or the same, or a line asks for
/// something that is not available where it comes from. An archived location may be emptied, and what is on the way to one arrives.
pub fn send_transfer(world: &World, command: &SendTransfer, attempt: &Attempt) -> Outcome {
    let mut lines = Vec::with_capacity(command.lines.len());
    let mut refused = Refusals::default();
    let is_known = world.catalog.location(command.from_location_id).is_some();
    if !is_known {
        let location = command.from_location_id.to_string();
        refused.add("from", StockRefusal::UnknownLocation { location });
    }
    let to = refused.or("to", world.stocked_location(command.to_location_id));
    if to.is_some_and(|to| to.id == command.from_location_id) {
        refused.add("to", StockRefusal::SameLocation);
    }
    if command.lines.is_empty() {
        refused.add("lines", StockRefusal::NothingToDo);
    }
    let mut taken: BTreeMap<StockKey, Quantity> = BTreeMap::new();
    for (n, line) in command.lines.iter().enumerate() {
        let path = format!("lines[{n}].quantity");
        let in_range = line.quantity.is_valid_demand();
        if !in_range {
            refused.add(path.as_str(), StockRefusal::QuantityOutOfRange { path: path.clone() });
        }
        let item = refused.or(format!("lines[{n}].sku"), world.stocked_item(&line.sku));
        let Some(item) = item.filter(|_| in_range) else { continue };
        let key = StockKey { item_id: item.id, location_id: command.from_location_id, lot_id: line.lot_id };
        let sum = taken.entry(key).or_default();
        *sum += line.quantity;
        let balance = world.level(key).map_or(Quantity::ZERO, |level| level.available());
        if *sum > balance && is_known {
            let (item_id, location_id, requested) = (item.id, key.location_id, *sum);
            let state = StockAccount::Available;
            refused.add(path, StockRefusal::ExceedsBalance { item_id, location_id, state, requested, balance });
        }
        lines.push(TransferLineMoved { line: n as u32 + 1, item: item.id, lot: line.lot_id, quantity: line.quantity });
    }
    refused.none()?;
    Ok(vec![Event::TransferSent(TransferSent {
        transfer: attempt.ids.nth(0),
        from: command.from_location_id,
        to: command.to_location_id,
        at: attempt.now,
        lines,
    })])
}

pub fn receive_transfer(world: &World, command: &ReceiveTransfer) -> Outcome {
    let id = command.transfer_id;
    let transfer = world.transfer(id).ok_or(StockRefusal::UnknownTransfer { transfer_id: id })?;
    if transfer.head.state == TransferState::Done {
        return Err(StockRefusal::TransferClosed { transfer_id: id }.into());
    }
    let mut left: BTreeMap<u32, Quantity> =
        transfer.lines.iter().map(|line| (line.number, line.in_transit())).collect();
    let mut refused = Refusals::default();
    let mut received = Vec::new();
    let mut lost = Vec::new();
    for (n, asked) in command.lines.iter().enumerate() {
        if asked.received.0 < 0 || asked.lost.0 < 0 || asked.received > Quantity::MAX || asked.lost > Quantity::MAX {
            let path = format!("lines[{n}]");
            refused.add(path.as_str(), StockRefusal::QuantityOutOfRange { path: path.clone() });
            continue;
        }
        let sum = asked.received + asked.lost;
        let in_transit = left.get(&asked.line).copied().unwrap_or_default();
        if sum > in_transit {
            let (line, requested) = (asked.line, sum);
            let refusal = StockRefusal::ExceedsInTransit { transfer_id: id, line, requested, in_transit };
            refused.add(format!("lines[{n}]"), refusal);
            continue;
        }
        left.insert(asked.line, in_transit - sum);
        let Some(line) = transfer.lines.iter().find(|line| line.number == asked.line) else {
            continue;
        };
        let moved = |quantity| TransferLineMoved { line: line.number, item: line.item_id, lot: line.lot_id, quantity };
        received.extend(Some(moved(asked.received)).filter(|_| !asked.received.is_zero()));
        lost.extend(Some(moved(asked.lost)).filter(|_| !asked.lost.is_zero()));
    }
    refused.none()?;
    if received.is_empty() && lost.is_empty() {
        return Err(StockRefusal::NothingToDo.into());
    }
    let done = left.values().all(|quantity| quantity.is_zero());
    Ok(vec![Event::TransferReceived(TransferReceived {
        transfer: id,
        to: transfer.head.to_location_id,
        lines: received,
        lost,
        done,
    })])
}
