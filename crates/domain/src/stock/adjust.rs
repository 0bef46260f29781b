//! Correct the books of a location.

use super::events::{AdjustedLine, StockAdjusted};
use super::{StockRefusal, by_hand};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{LocationId, LotId};
use crate::ledger::{StockAccount, StockKey};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::world::World;
use std::collections::BTreeMap;

codes! {
    /// Why the books were wrong.
    pub enum AdjustReason {
        Count = "count",
        Damaged = "damaged",
        Lost = "lost",
        Found = "found",
        Expired = "expired",
        Sample = "sample",
        Correction = "correction",
        Other = "other",
    }
}

/// Books differences of balances, each with the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustStock {
    pub location_id: LocationId,
    pub reason: AdjustReason,
    pub reference: Option<String>,
    pub lines: Vec<AdjustLine>,
}

/// `delta` units of `state`: above zero found, below zero written off. With `to` units move between two states instead
/// (`delta` above zero).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdjustLine {
    pub sku: String,
    pub lot_id: LotId,
    pub state: StockAccount,
    pub to: Option<StockAccount>,
    pub delta: i64,
}

/// Refused when a balance would go below zero, counting all lines of the request together, and when a line moves units
/// from a state to the same state.
pub fn adjust_stock(world: &World, command: &AdjustStock, attempt: &Attempt) -> Outcome {
    let location = world
        .catalog
        .location(command.location_id)
        .ok_or_else(|| StockRefusal::UnknownLocation { location: command.location_id.to_string() })?;
    if command.lines.is_empty() {
        return Err(StockRefusal::NothingToDo.into());
    }
    let mut lines = Vec::with_capacity(command.lines.len());
    let mut refused = Refusals::default();
    let mut taken: BTreeMap<(StockKey, StockAccount), Quantity> = BTreeMap::new();
    let mut found: BTreeMap<StockKey, Quantity> = BTreeMap::new();
    for (n, line) in command.lines.iter().enumerate() {
        let quantity = Quantity(line.delta.saturating_abs());
        let path = |field: &str| format!("lines[{n}].{field}");
        let in_range = quantity.is_valid_demand() && (line.to.is_none() || line.delta >= 0);
        if !in_range {
            refused.add(path("quantity"), StockRefusal::QuantityOutOfRange { path: path("quantity") });
        }
        let from_hand = refused.or(path("state"), by_hand(line.state)).is_some();
        let to_hand = refused.or(path("to"), line.to.map_or(Ok(()), by_hand)).is_some();
        let moves = line.to != Some(line.state);
        if !moves {
            refused.add(path("to"), StockRefusal::NothingToDo);
        }
        let item = refused.or(path("sku"), world.stocked_item(&line.sku));
        let Some(item) = item.filter(|_| in_range && from_hand && to_hand && moves) else { continue };
        let (from, to) = match (line.to, line.delta > 0) {
            (Some(to), _) => (line.state, to),
            (None, true) => (StockAccount::Gain, line.state),
            (None, false) => (line.state, StockAccount::Loss),
        };
        let key = StockKey { item_id: item.id, location_id: location.id, lot_id: line.lot_id };
        let here = world.level(key).map_or(Quantity::ZERO, |level| level.on_hand());
        if from == StockAccount::Gain {
            let sum = found.entry(key).or_default();
            *sum += quantity;
            if here + *sum > Quantity::MAX {
                let (item_id, location_id) = (item.id, location.id);
                refused.add(path("quantity"), StockRefusal::ExceedsCapacity { item_id, location_id });
            }
        }
        if from.state_index().is_some() {
            let sum = taken.entry((key, from)).or_default();
            *sum += quantity;
            let balance = world.level(key).map_or(Quantity::ZERO, |level| level.balance(from));
            if *sum > balance {
                let (item_id, location_id, requested) = (item.id, location.id, *sum);
                let refusal = StockRefusal::ExceedsBalance { item_id, location_id, state: from, requested, balance };
                refused.add(path("quantity"), refusal);
            }
        }
        lines.push(AdjustedLine { item: item.id, lot: line.lot_id, from, to, quantity });
    }
    refused.none()?;
    Ok(vec![Event::StockAdjusted(StockAdjusted {
        document: attempt.ids.nth(0),
        location: location.id,
        reason: command.reason,
        reference: command.reference.clone(),
        at: attempt.now,
        lines,
    })])
}
