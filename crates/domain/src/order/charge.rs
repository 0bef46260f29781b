//! Charges beside the lines: which amounts they may have, and one that comes after the order was placed.

use super::confirm::{once_paid, secured};
use super::events::ChargeAdded;
use super::place::LINES_MAX;
use super::records::{ChargeKind, Lifecycle, Order};
use super::{Charge, OrderRefusal};
use crate::attempt::{Attempt, Origin};
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::OrderId;
use crate::money::{Amount, Minor};
use crate::payment::{Payment, PaymentMethod};
use crate::refusal::Problem;
use crate::world::World;

/// Adds a charge to an order that has not ended: a fee for a wish, money off for a complaint.
///
/// What ships from now on takes its share of it, and what has shipped before catches up with the next bill, at the latest
/// when the order completes. What a card was authorized for stays as it is; what is missing then has to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCharge {
    pub order_id: OrderId,
    pub kind: ChargeKind,
    /// 0 or less for a discount, 0 or more for every other kind; not 0 with a tax of 0.
    pub amount: Minor,
    pub tax: Minor,
    /// A code, such as POST.
    pub label: Option<String>,
}

pub fn add_charge(world: &World, command: &AddCharge, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    match order.head.lifecycle {
        Lifecycle::Draft | Lifecycle::Placed | Lifecycle::Confirmed => {}
        Lifecycle::Completed | Lifecycle::Cancelled => return Err(world.wrong_lifecycle(order, "not ended").into()),
    }
    let mut problems = Vec::new();
    for (path, amount) in [("amount_minor", command.amount), ("tax_minor", command.tax)] {
        if !amount.is_valid() {
            problems.push(Problem::new(path, "out_of_range", "must be within 10,000,000,000,000 either way"));
        }
    }
    if command.amount.is_zero() && command.tax.is_zero() {
        problems.push(Problem::new("amount_minor", "empty", "must not be 0"));
    }
    if order.charges.len() >= LINES_MAX {
        problems.push(Problem::new("", "too_many", format!("an order has at most {LINES_MAX} charges")));
    }
    let more = Minor(command.amount.0.saturating_add(command.tax.0));
    let total = Minor(order.head.total().0.saturating_add(more.0));
    if problems.is_empty() && !total.is_valid() {
        problems.push(Problem::new("totals", "out_of_range", "the order's total is larger than can be accounted for"));
    }
    if !problems.is_empty() {
        return Err(OrderRefusal::Invalid { problems }.into());
    }
    let currency = order.head.currency;
    check_sign(command.kind, command.amount.of(currency), command.tax.of(currency), attempt.origin)?;
    check_total(total.of(currency), attempt.origin)?;
    let (payment, promised) = carried(order, total, more);
    let mut events = vec![Event::ChargeAdded(ChargeAdded {
        order: command.order_id,
        charge: order.charges.len() as u32 + 1,
        kind: command.kind,
        amount: command.amount,
        tax: command.tax,
        label: command.label.clone(),
        payment,
        promised,
        at: attempt.now,
    })];
    if order.head.lifecycle == Lifecycle::Placed {
        // Money off may be all that was missing; what is promised beside is as certain as the promise before it.
        once_paid(world, order, promised - more, attempt, &mut events)?;
    }
    Ok(events)
}

/// Which payment takes on (part of) what the order costs `more`, and how much: one that is settled later takes what
/// nothing else secures. Of a draft nobody has been asked for anything yet, so any payment follows the total.
fn carried(order: &Order, total: Minor, more: Minor) -> (u32, Minor) {
    let later = |payment: &&Payment| matches!(payment.method, PaymentMethod::Terms | PaymentMethod::Cash);
    let fits = |payment: &&Payment| (payment.amount + more).0 >= 0;
    let mut payments = order.payments.iter();
    let (payment, promised) = match order.head.lifecycle {
        Lifecycle::Draft => (payments.clone().filter(later).find(fits).or_else(|| payments.find(fits)), more),
        Lifecycle::Placed | Lifecycle::Confirmed | Lifecycle::Completed | Lifecycle::Cancelled => {
            (payments.find(later), Minor((total - secured(order)).0.clamp(0, more.0.max(0))))
        }
    };
    match payment {
        Some(payment) if !promised.is_zero() => (payment.number, promised),
        Some(_) | None => (0, Minor::ZERO),
    }
}

impl Order {
    pub(crate) fn apply_charge_added(&mut self, event: &ChargeAdded) {
        self.charges.add(Charge {
            order_id: event.order,
            number: event.charge,
            kind: event.kind,
            amount: event.amount,
            tax: event.tax,
            label: event.label.clone(),
            billed: Minor::ZERO,
            billed_tax: Minor::ZERO,
        });
        if let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment) {
            payment.amount += event.promised;
        }
    }
}

/// Money off is a discount and everything else costs something; the tax on it goes the same way. A history that is
/// brought in has charges given back on documents of their own, so there a charge of any other kind may be below zero.
pub(super) fn check_sign(kind: ChargeKind, amount: Amount, tax: Amount, origin: Origin) -> Result<(), OrderRefusal> {
    let fits = match (kind, origin) {
        (ChargeKind::Discount, _) => amount.minor.0 <= 0 && tax.minor.0 <= 0,
        (ChargeKind::Shipping | ChargeKind::Fee | ChargeKind::Surcharge, Origin::Import) => true,
        (ChargeKind::Shipping | ChargeKind::Fee | ChargeKind::Surcharge, Origin::Live | Origin::Simulation) => {
            amount.minor.0 >= 0 && tax.minor.0 >= 0
        }
    };
    if fits { Ok(()) } else { Err(OrderRefusal::ChargeWrongSign { kind, amount, tax }) }
}

/// Nobody is paid for ordering. History has credit orders: charges given back, and no goods.
pub(super) fn check_total(total: Amount, origin: Origin) -> Result<(), OrderRefusal> {
    match origin {
        Origin::Live | Origin::Simulation if total.minor.0 < 0 => Err(OrderRefusal::TotalBelowZero { total }),
        Origin::Live | Origin::Simulation | Origin::Import => Ok(()),
    }
}
