//! Take goods back.

use super::events::{ReturnReceived, Returned};
use super::{Return, ReturnLine, ReturnRefusal};
use crate::attempt::Attempt;
use crate::catalog::item::Supply;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{LocationId, LotId, OrderId};
use crate::ledger::StockAccount;
use crate::money::{Minor, split_by_weights, split_first};
use crate::order::money::{Bill, line_share};
use crate::order::{ChargeKind, Order, OrderLine};
use crate::payment::refund::{refund_events, refundable};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::world::World;

/// Takes shipped units back into stock, credits what was billed for them, and refunds what was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiveReturn {
    pub order_id: OrderId,
    pub location_id: LocationId,
    pub lines: Vec<ReturnInput>,
    /// None credits each line's share of its price and tax, less its share of the order's discounts.
    pub credit: Option<Minor>,
    /// Whether money that was paid for it goes back at once.
    pub refund: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnInput {
    pub line: u32,
    pub quantity: Quantity,
    pub state: StockAccount,
    pub reason: String,
}

const STATES: [StockAccount; 5] = [
    StockAccount::Available,
    StockAccount::QualityControl,
    StockAccount::Damaged,
    StockAccount::Quarantined,
    StockAccount::Loss,
];

pub fn receive_return(world: &World, command: &ReceiveReturn, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if world.catalog.location(command.location_id).is_none() {
        return Err(ReturnRefusal::UnknownLocation { location_id: command.location_id }.into());
    }
    if command.lines.is_empty() {
        return Err(ReturnRefusal::NothingNamed.into());
    }
    let mut lines: Vec<Returned> = Vec::new();
    let mut credit = Bill::default();
    let mut goods = Minor::ZERO;
    let mut refused = Refusals::default();
    for (n, asked) in command.lines.iter().enumerate() {
        let earlier = lines.iter().filter(|one| one.line == asked.line).map(|one| one.quantity).sum();
        let (line, earlier) = match returnable(order, asked, n, earlier) {
            Ok(found) => found,
            Err((field, refusal)) => {
                refused.add(format!("lines[{n}].{field}"), refusal);
                continue;
            }
        };
        let (before, after) = (line_share(line, earlier), line_share(line, earlier + asked.quantity));
        credit.revenue += after.revenue - before.revenue;
        credit.discounts += after.discounts - before.discounts;
        credit.tax += after.tax - before.tax;
        goods += after.total() - before.total();
        lines.push(Returned {
            line: asked.line,
            item: line.item_id,
            lot: shipped_lot(order, asked.line),
            quantity: asked.quantity,
            state: asked.state,
            reason: asked.reason.clone(),
            counted: line.supply == Supply::Stock,
        });
    }
    refused.none()?;
    take_discounts(order, goods, &mut credit);
    if let Some(wanted) = command.credit {
        let billed = order.head.recognized;
        if wanted.0 < 0 || wanted > Minor(billed.0.max(0)) {
            let (requested, billed) = (wanted.of(order.head.currency), billed.of(order.head.currency));
            return Err(ReturnRefusal::CreditExceedsBilled { requested, billed }.into());
        }
        let parts = split_by_weights(wanted, &[(credit.revenue - credit.discounts).0.max(0), credit.tax.0.max(0)]);
        credit = Bill { revenue: parts[0], tax: parts[1], ..Bill::default() };
    }
    // Goodwill may have credited part of it before; no more is taken back than was billed.
    let billed = Minor(order.head.recognized.0.max(0));
    if credit.total() > billed {
        let parts = split_by_weights(billed, &[(credit.revenue - credit.discounts).0.max(0), credit.tax.0.max(0)]);
        credit = Bill { revenue: parts[0], tax: parts[1], ..Bill::default() };
    }
    // From here on the command succeeds.
    let number = order.returns.len() as u32 + 1;
    let credited = credit.total();
    // What was paid for the goods goes back; what is still unpaid is simply no longer owed.
    let owed = (credited - order.head.receivable()).0.clamp(0, credited.0.max(0));
    let back = Minor(owed.min(refundable(order).0));
    let mut events = vec![Event::ReturnReceived(ReturnReceived {
        order: command.order_id,
        return_number: number,
        location: command.location_id,
        at: attempt.now,
        lines,
        credit,
    })];
    if command.refund && back.0 > 0 {
        events.extend(refund_events(order, back, credited, "return", number, attempt));
    }
    Ok(events)
}

/// Takes from `credit` the goods' share of what was taken off the order as a whole, as the bills gave it to them. `goods` is
/// what the returned units cost, discounts of their lines and tax included.
fn take_discounts(order: &Order, goods: Minor, credit: &mut Bill) {
    let sum = |units: fn(&OrderLine) -> Quantity| -> Minor {
        order.lines.iter().map(|line| line_share(line, units(line)).total()).sum()
    };
    let (shipped, before) = (sum(|line| line.shipped), sum(|line| line.returned));
    if shipped.0 <= 0 {
        return;
    }
    let upto = |billed, part: Minor| split_first(billed, part.0.clamp(0, shipped.0), shipped.0);
    let share = |billed| upto(billed, before + goods) - upto(billed, before);
    for charge in order.charges.iter().filter(|charge| charge.kind == ChargeKind::Discount) {
        credit.discounts -= share(charge.billed);
        credit.tax += share(charge.billed_tax);
    }
}

/// The line that comes back, and how many of its units came back before; `earlier` are those of this same return. An
/// error comes with the field it is about.
fn returnable<'a>(
    order: &'a Order,
    asked: &ReturnInput,
    n: usize,
    earlier: Quantity,
) -> Result<(&'a OrderLine, Quantity), (&'static str, ReturnRefusal)> {
    if !asked.quantity.is_valid_demand() {
        return Err(("quantity", ReturnRefusal::QuantityOutOfRange { path: format!("lines[{n}].quantity") }));
    }
    if !STATES.contains(&asked.state) {
        return Err(("state", ReturnRefusal::WrongState { state: asked.state }));
    }
    let line = order.line(asked.line).ok_or(("line", ReturnRefusal::UnknownLine { line: asked.line }))?;
    let earlier = earlier + line.returned;
    let returnable = line.shipped - earlier;
    if asked.quantity > returnable {
        let (line, requested) = (asked.line, asked.quantity);
        return Err(("quantity", ReturnRefusal::ExceedsShipped { line, requested, returnable }));
    }
    Ok((line, earlier))
}

/// The lot that units of a line shipped from; the first where there were several.
fn shipped_lot(order: &Order, line: u32) -> LotId {
    order.allocations_of(line).find(|one| !one.shipped.is_zero()).map_or(LotId::NIL, |one| one.lot_id)
}

impl Order {
    pub(crate) fn apply_return_received(&mut self, event: &ReturnReceived) {
        self.returns.add(Return {
            order_id: event.order,
            number: event.return_number,
            location_id: event.location,
            received_at: event.at,
            credit: event.credit.total(),
        });
        for (n, one) in event.lines.iter().enumerate() {
            self.return_lines.add(ReturnLine {
                order_id: event.order,
                return_number: event.return_number,
                number: n as u32 + 1,
                line: one.line,
                item_id: one.item,
                lot_id: one.lot,
                state: one.state,
                quantity: one.quantity,
                reason: one.reason.clone(),
            });
            self.take_return(one.line, one.quantity);
        }
        self.head.edit().recognized -= event.credit.total();
    }
}
