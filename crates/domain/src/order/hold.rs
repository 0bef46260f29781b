//! Holds: block named steps until somebody releases them.

use super::events::{AllocationReleased, HoldApplied, HoldEnded, HoldHandedOver, ReleaseReason};
use super::records::{HoldKind, HoldState, Lifecycle, Order, Step};
use super::{OrderRefusal, confirm};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{HoldId, LineId, OrderId};
use crate::ledger::StockAccount;
use crate::money::Minor;
use crate::personal::PersonalText;
use crate::time::Timestamp;
use crate::world::World;

/// Holds an order, or one line of it, before the steps named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplyHold {
    pub order_id: OrderId,
    pub kind: HoldKind,
    pub steps: Vec<Step>,
    pub line: Option<u32>,
    /// Short and machine-readable.
    pub reason: String,
    pub note: Option<PersonalText>,
    pub owner: Option<String>,
    pub due_at: Option<Timestamp>,
}

/// Ends a hold: the order goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseHold {
    pub hold_id: HoldId,
    pub reason: Option<String>,
}

/// Ends a hold by giving the order up: what it is about is cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectHold {
    pub hold_id: HoldId,
    pub reason: Option<String>,
}

/// Says who is to look at a hold, or that nobody in particular is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOverHold {
    pub hold_id: HoldId,
    /// A role, a queue or the id of a principal, not a person's name.
    pub owner: Option<String>,
}

/// Gives back the unreleased stock of an order whose hold is overdue, so that others can have it. The order waits on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseHeldStock {
    pub order_id: OrderId,
}

/// A hold that a rule applies by itself until `payment` is answered, due in three days.
pub(crate) fn payment_hold(
    order: &Order,
    payment: u32,
    kind: HoldKind,
    steps: &[Step],
    reason: &str,
    attempt: &Attempt,
) -> HoldApplied {
    HoldApplied {
        order: order.head.id,
        hold: order.holds.len() as u32 + 1,
        kind,
        steps: steps.to_vec(),
        line: 0,
        payment,
        reason: reason.to_owned(),
        note: None,
        owner: None,
        due_at: Some(attempt.now.plus_seconds(3 * 86_400)),
        at: attempt.now,
    }
}

/// Releases the holds that wait for `payment`, which has brought `more`, authorized or as money; those of other payments
/// too, once the order is secured without them: a second card took the place of the first.
pub(crate) fn release_payment_holds(
    order: &Order,
    payment: u32,
    more: Minor,
    reason: &str,
    attempt: &Attempt,
    events: &mut Vec<Event>,
) {
    let waiting = order.holds.iter().filter(|hold| hold.state == HoldState::Active && hold.payment != 0);
    let in_doubt = |number: u32| number != payment && waiting.clone().any(|hold| hold.payment == number);
    let sure: Minor = order.payments.iter().filter(|one| !in_doubt(one.number)).map(confirm::agreed).sum();
    let all = order.head.kept() + sure + more >= order.price();
    for hold in waiting.clone().filter(|hold| all || hold.payment == payment) {
        events.push(Event::HoldReleased(HoldEnded {
            order: order.head.id,
            hold: hold.number,
            reason: Some(reason.to_owned()),
            at: attempt.now,
        }));
    }
}

pub fn apply_hold(world: &World, command: &ApplyHold, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if matches!(order.head.lifecycle, Lifecycle::Completed | Lifecycle::Cancelled) {
        return Err(world.wrong_lifecycle(order, "not ended").into());
    }
    if command.steps.is_empty() {
        return Err(OrderRefusal::NoStepsBlocked.into());
    }
    if let Some(number) = command.line
        && order.line(number).is_none()
    {
        return Err(OrderRefusal::UnknownLine { line_id: LineId::new(command.order_id, number) }.into());
    }
    Ok(vec![Event::HoldApplied(HoldApplied {
        order: command.order_id,
        hold: order.holds.len() as u32 + 1,
        kind: command.kind,
        steps: command.steps.clone(),
        line: command.line.unwrap_or(0),
        payment: 0,
        reason: command.reason.clone(),
        note: command.note.as_ref().map(|note| note.id),
        owner: command.owner.clone(),
        due_at: command.due_at,
        at: attempt.now,
    })])
}

/// The order and that the hold is active.
fn active(world: &World, id: HoldId) -> Result<&Order, crate::command::Stop> {
    let order = world.known_order(id.order_id)?;
    let hold =
        order.holds.iter().find(|hold| hold.number == id.number).ok_or(OrderRefusal::UnknownHold { hold_id: id })?;
    match hold.state {
        HoldState::Active => Ok(order),
        state @ (HoldState::Released | HoldState::Rejected) => {
            Err(OrderRefusal::HoldEnded { hold_id: id, state: state.to_string() }.into())
        }
    }
}

/// Released, and an order that only waited for this goes on to be confirmed.
pub fn release_hold(world: &World, command: &ReleaseHold, attempt: &Attempt) -> Outcome {
    let order = active(world, command.hold_id)?;
    let mut events = vec![Event::HoldReleased(HoldEnded {
        order: order.head.id,
        hold: command.hold_id.number,
        reason: command.reason.clone(),
        at: attempt.now,
    })];
    confirm::once_paid(world, order, Minor::ZERO, attempt, &mut events)?;
    Ok(events)
}

/// Does nothing where the hold has that owner already.
pub fn hand_over_hold(world: &World, command: &HandOverHold, attempt: &Attempt) -> Outcome {
    let order = active(world, command.hold_id)?;
    let mine = |hold: &&super::Hold| hold.number == command.hold_id.number;
    if order.holds.iter().find(mine).is_some_and(|hold| hold.owner == command.owner) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::HoldHandedOver(HoldHandedOver {
        order: order.head.id,
        hold: command.hold_id.number,
        owner: command.owner.clone(),
        at: attempt.now,
    })])
}

pub fn reject_hold(world: &World, command: &RejectHold, attempt: &Attempt) -> Outcome {
    let order = active(world, command.hold_id)?;
    if matches!(order.head.lifecycle, Lifecycle::Completed | Lifecycle::Cancelled) {
        return Err(world.wrong_lifecycle(order, "not ended").into());
    }
    let line = order.holds.iter().find(|hold| hold.number == command.hold_id.number).map_or(0, |hold| hold.line);
    let mut events = vec![Event::HoldRejected(HoldEnded {
        order: order.head.id,
        hold: command.hold_id.number,
        reason: command.reason.clone(),
        at: attempt.now,
    })];
    super::cancel::cancel_events(order, (line != 0).then_some(line), "hold_rejected", attempt, &mut events)?;
    super::cancel::go_on(world, order, attempt, &mut events)?;
    Ok(events)
}

pub fn release_held_stock(world: &World, command: &ReleaseHeldStock, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    let overdue = order
        .holds
        .iter()
        .any(|hold| hold.state == HoldState::Active && hold.due_at.is_some_and(|due_at| due_at <= attempt.now));
    let at = super::cancel::unreleased_at(order);
    if !overdue || at.is_empty() || order.head.lifecycle != Lifecycle::Confirmed {
        return Err(OrderRefusal::NothingReserved { order_id: command.order_id }.into());
    }
    Ok(vec![Event::AllocationReleased(AllocationReleased {
        order: command.order_id,
        reason: ReleaseReason::Held,
        from: StockAccount::Allocated,
        at,
    })])
}
