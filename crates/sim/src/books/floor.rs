//! What was packed and sent, from what clients asked for and were told.

use super::Books;
use crate::intent::Answer;
use std::collections::BTreeMap;
use waybill_domain::command::Command;
use waybill_domain::ids::OrderId;

/// Units by line.
pub type Units = BTreeMap<u32, i64>;

/// The work of one order, as the books have it.
#[derive(Default)]
struct Floor {
    /// Picked and not packed, by fulfillment order.
    picked: BTreeMap<u32, Units>,
    /// In the order of their making: whose work each is, and what is in it until it leaves.
    parcels: Vec<(u32, Units)>,
    sent: Units,
    /// Something was cancelled, which may have taken from what was picked, or everything there was picked, and clients were not
    /// told how much that is.
    is_vague: bool,
    /// Clients were not told what a parcel holds: something was cancelled before it was packed whole, or before it left.
    is_unknown: bool,
}

impl Floor {
    fn pack(&mut self, work: u32, named: Units) {
        let picked = self.picked.entry(work).or_default();
        self.is_unknown |= named.is_empty() && self.is_vague;
        // Nothing named means everything that was picked.
        let packed = if named.is_empty() { picked.clone() } else { named };
        for (line, units) in &packed {
            *picked.entry(*line).or_default() -= units;
        }
        self.parcels.push((work, packed));
    }

    fn ship(&mut self, work: u32, named: &[u32]) {
        for (number, (of, contents)) in (1..).zip(&mut self.parcels) {
            if named.contains(&number) || (named.is_empty() && *of == work) {
                for (line, units) in std::mem::take(contents) {
                    *self.sent.entry(line).or_default() += units;
                }
            }
        }
    }

    fn cut(&mut self) {
        self.is_vague = true;
        self.is_unknown |= self.parcels.iter().any(|(_, contents)| !contents.is_empty());
    }
}

/// What left of each order that something was picked of, by line; not of those that clients were not told enough of. All
/// requests must have their answers.
pub fn sent(books: &Books) -> BTreeMap<OrderId, Units> {
    let done = books.answers.values().filter_map(|(intent, answer, _)| match answer {
        Answer::Done(receipt) => Some((receipt.position, &intent.command)),
        Answer::Refused(_) | Answer::Reused => None,
    });
    // Answers come in any order; positions are those of the acts.
    let mut acts: Vec<_> = done.collect();
    acts.sort_by_key(|(position, _)| *position);
    let mut floors: BTreeMap<OrderId, Floor> = BTreeMap::new();
    for (_, command) in acts {
        match command {
            Command::Pick(pick) => {
                let (order, work) = (pick.fulfillment_order_id.order_id, pick.fulfillment_order_id.number);
                let floor = floors.entry(order).or_default();
                floor.is_vague |= pick.picks.is_empty() && pick.shorts.is_empty();
                let picked = floor.picked.entry(work).or_default();
                pick.picks.iter().for_each(|line| *picked.entry(line.line).or_default() += line.quantity.0);
            }
            Command::Pack(pack) => {
                let (order, work) = (pack.fulfillment_order_id.order_id, pack.fulfillment_order_id.number);
                let mut named = Units::new();
                pack.lines.iter().for_each(|line| *named.entry(line.line).or_default() += line.quantity.0);
                floors.entry(order).or_default().pack(work, named);
            }
            Command::Ship(ship) => {
                let (order, work) = (ship.fulfillment_order_id.order_id, ship.fulfillment_order_id.number);
                let named: Vec<u32> = ship.parcels.iter().map(|parcel| parcel.parcel).collect();
                floors.entry(order).or_default().ship(work, &named);
            }
            Command::CancelOrder(_) | Command::CancelLine(_) | Command::RejectHold(_) => {
                let floor = command.order().and_then(|id| floors.get_mut(&id));
                floor.into_iter().for_each(Floor::cut);
            }
            _ => {}
        }
    }
    let known = floors.into_iter().filter(|(_, floor)| !floor.is_unknown);
    known.map(|(id, floor)| (id, floor.sent.into_iter().filter(|(_, units)| *units != 0).collect())).collect()
}
