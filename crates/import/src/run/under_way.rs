//! An import under way: which steps are done already, and what the answers mean.

use super::Program;
use super::catalog::{Locations, actor};
use super::commands::{deliver, pack, pick};
use super::window::{Answer, Window};
use crate::Outcome;
use crate::error::ImportError;
use crate::history::records::{Deed, History};
use crate::map::Map;
use crate::reject::Reject;
use crate::source::names::Name;
use crate::state::{Existing, ExistingOrder};
use crate::steps::{Action, Receipt as Delivery, Step};
use crate::summary::Summary;
use std::sync::Arc;
use waybill_domain::actor::Actor;
use waybill_domain::command::Command;
use waybill_domain::ids::{FulfillmentOrderId, OrderId, ParcelId};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::{HoldKind, Lifecycle};
use waybill_domain::time::Timestamp;
use waybill_engine::{Engine, Submission, SubmitError};

/// How far an order is in this run.
#[derive(Clone, Debug, Default)]
pub(super) struct OrderRun {
    pub(super) id: Option<OrderId>,
    /// Placing it was refused: nothing that follows can be done.
    refused: bool,
    /// When the latest of its steps happened.
    latest: Timestamp,
    /// Money handed in so far.
    received: i64,
    /// Fulfillment orders, where the rules made more than the file's locations.
    works: Option<u32>,
}

/// An import under way.
pub struct Run<'a> {
    pub(super) engine: &'a Engine,
    pub(super) map: &'a Map,
    pub(super) history: History,
    pub(super) steps: Vec<Step>,
    pub(super) receipts: Vec<Delivery>,
    pub(super) existing: &'a Existing,
    pub(super) locations: Locations,
    pub(super) actor: Arc<Actor>,
    pub(super) orders: Vec<OrderRun>,
    /// How much was there at the start. Part of every key: what an earlier run was refused, because it stopped in the
    /// middle, is asked anew; what it did shows in the store.
    pub(super) generation: usize,
    pub(super) summary: Summary,
}
impl<'a> Run<'a> {
    pub fn new(
        engine: &'a Engine,
        map: &'a Map,
        program: Program,
        existing: &'a Existing,
        locations: Locations,
    ) -> Self {
        let Program { history, steps, receipts, .. } = program;
        let orders = vec![OrderRun::default(); history.orders.len()];
        let summary = Summary::of(&history);
        let generation = existing.orders.len() + existing.documents.len();
        let actor = actor();
        Self { engine, map, history, steps, receipts, existing, locations, actor, orders, generation, summary }
    }

    pub const fn steps(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn text(&self, name: Name) -> &str {
        self.history.names.text(name)
    }

    fn known(&self, order: usize) -> Option<&'a ExistingOrder> {
        let order = &self.history.orders[order];
        self.existing.order(self.text(order.head.channel), self.text(order.number))
    }

    /// The order a step is about.
    fn order_of(&self, action: Action) -> Option<usize> {
        match action {
            Action::Place(order)
            | Action::Hold(order)
            | Action::Pay { order, .. }
            | Action::CancelOrder(order)
            | Action::Release(order)
            | Action::Pick { order, .. }
            | Action::Pack { order, .. }
            | Action::Ship { order, .. }
            | Action::Deliver { order, .. }
            | Action::Complete(order) => Some(order),
            Action::CancelLine { effect, .. }
            | Action::Surcharge(effect)
            | Action::CancelRefund(effect)
            | Action::Return(effect)
            | Action::Refund(effect) => match self.history.effects[effect].deed {
                Deed::Cancel { order, .. } | Deed::Return { order, .. } | Deed::Refund { order, .. } => Some(order),
                Deed::Adjust { .. } => None,
            },
            Action::Receive(_) | Action::Adjust(_) => None,
        }
    }

    /// The command of a step; None where it is done already or cannot be done.
    pub fn submission(&mut self, place: usize) -> Option<Submission> {
        let step = self.steps[place];
        let order = self.order_of(step.action);
        if let Some(order) = order {
            let latest = &mut self.orders[order].latest;
            *latest = step.at.max(*latest);
        }
        if let Some(order) = order
            && (self.is_done(step.action, order) || self.orders[order].refused)
        {
            return None;
        }
        let ids = self.engine.ids();
        if let Action::Place(order) = step.action {
            self.orders[order].id = Some(ids.nth(0));
        }
        let (command, key) = self.command(step, ids)?;
        let key = format!("{}/{}/{key}", self.map.name, self.generation);
        Some(Submission::new(command, self.actor.clone(), ids).keyed(key).imported(step.at))
    }

    /// Whether the store shows that an earlier run did this step of an order.
    fn is_done(&mut self, action: Action, order: usize) -> bool {
        if let Action::Pay { payment, .. } = action {
            self.orders[order].received += self.history.orders[order].payments[payment].minor;
        }
        let Some(known) = self.known(order) else { return false };
        let cancelled = known.lifecycle == Lifecycle::Cancelled;
        match action {
            Action::Place(_) => {
                self.orders[order].id = Some(known.id);
                self.summary.already_there += 1;
                true
            }
            Action::Hold(_) => known.held || known.is_ended(),
            Action::Pay { .. } => cancelled || self.orders[order].received <= known.received,
            Action::CancelOrder(_) | Action::Complete(_) => known.is_ended(),
            Action::Release(_) | Action::Pick { .. } | Action::Pack { .. } | Action::Ship { .. } => {
                known.fulfilled || known.is_ended()
            }
            Action::Deliver { .. } => known.delivered || known.is_ended(),
            Action::CancelLine { effect, line } => {
                let Deed::Cancel { lines, .. } = &self.history.effects[effect].deed else {
                    return true;
                };
                let units = lines[line];
                let done = known.cancelled.get(&(units.line as u32 + 1));
                cancelled || done.is_some_and(|done| *done >= units.cancelled_then)
            }
            Action::Surcharge(effect) => cancelled || known.charges.contains(&self.history.effects[effect].reference),
            Action::CancelRefund(effect) | Action::Refund(effect) => {
                cancelled || known.refunds.contains(&self.history.effects[effect].reference)
            }
            Action::Return(effect) => known.returns.contains(&self.history.effects[effect].reference),
            Action::Receive(_) | Action::Adjust(_) => false,
        }
    }

    /// Takes an answer to a step.
    pub fn answered(&mut self, place: usize, answer: Answer) {
        let step = self.steps[place];
        match answer {
            Ok(receipt) => self.done(step.action, &receipt.made),
            Err(SubmitError::Refused { refusal, .. }) => self.refused(step.action, &refusal.code, &refusal.message),
            Err(_) => {}
        }
    }

    fn done(&mut self, action: Action, made: &[String]) {
        match action {
            Action::Place(order) => {
                let order = &self.history.orders[order];
                self.summary.orders += 1;
                self.summary.lines += order.lines.len() as u64;
                self.summary.units += order.lines.iter().map(|line| line.quantity).sum::<i64>();
            }
            Action::Hold(_) => *self.summary.holds.entry(HoldKind::Stock.to_string()).or_default() += 1,
            Action::Release(order) => {
                let works = made.iter().filter(|id| id.starts_with(FulfillmentOrderId::PREFIX)).count();
                if works > self.history.orders[order].locations().len() {
                    self.orders[order].works = u32::try_from(works).ok();
                }
            }
            _ => {}
        }
    }

    /// A refusal that only says that something is done already is none; every other one is a reject.
    fn refused(&mut self, action: Action, code: &str, message: &str) {
        let order = self.order_of(action);
        if let Some(order) = order {
            let follows = !matches!(action, Action::Place(_));
            let under_way = matches!(
                action,
                Action::Release(_)
                    | Action::Pick { .. }
                    | Action::Pack { .. }
                    | Action::Ship { .. }
                    | Action::Deliver { .. }
                    | Action::Complete(_)
            );
            // The rules may ship from fewer locations than the file did.
            let merged = matches!(code, "fulfillment.unknown" | "shipping.unknown_parcel")
                && self.history.orders[order].locations().len() > 1;
            let split = matches!(action, Action::Complete(_)) && self.orders[order].works.is_some();
            if (follows && self.orders[order].refused)
                || (under_way && self.known(order).is_some())
                || (under_way && merged)
                || split
            {
                return;
            }
            self.orders[order].refused |= !follows;
            if code == "order.duplicate_external_ref" {
                // Somebody else placed it meanwhile.
                self.summary.already_there += 1;
                return;
            }
        }
        let line = match action {
            Action::CancelLine { effect, .. }
            | Action::Surcharge(effect)
            | Action::CancelRefund(effect)
            | Action::Return(effect)
            | Action::Refund(effect)
            | Action::Adjust(effect) => self.history.effects[effect].line,
            _ => order.map_or(0, |order| self.history.orders[order].first_line),
        };
        let file = self.map.lines_file().map(|file| file.name.as_str()).unwrap_or_default();
        self.history.rejects.push(Reject::new(file, u64::from(line), "", code.to_owned(), message));
    }

    /// Orders that the rules sent from more locations than the file names: the rest of their way.
    ///
    /// # Errors
    /// Where the engine stops.
    pub async fn finish_splits(&mut self, window: &mut Window<'_>) -> Result<(), ImportError> {
        for n in 0..self.orders.len() {
            let OrderRun { id: Some(id), works: Some(works), latest, .. } = self.orders[n] else {
                continue;
            };
            let order = &self.history.orders[n];
            let Some(shipped) = order.shipped_at else { continue };
            let mut rest: Vec<(Timestamp, Command)> = Vec::new();
            for work in order.locations().len() as u32 + 1..=works {
                let work_id = FulfillmentOrderId::new(id, work);
                rest.extend([pick(work_id), pack(work_id), self.ship(n, work_id)].map(|command| (shipped, command)));
                if let Some(at) = order.delivered_at {
                    rest.push((at, deliver(ParcelId::new(id, work), at)));
                }
            }
            if let Some(at) = order.delivered_at {
                rest.push((at, CompleteOrder { order_id: id }.into()));
            }
            for (at, command) in rest {
                // The steps that the file knows came first.
                let at = at.max(latest);
                let submission = Submission::new(command, self.actor.clone(), self.engine.ids()).imported(at);
                window.submit(0, submission, &mut |_, _| ()).await?;
            }
        }
        window.drain(&mut |_, _| ()).await
    }

    pub fn outcome(mut self, seconds: f64) -> Outcome {
        self.summary.count_rejects(&self.history);
        self.summary.seconds = seconds;
        Outcome { summary: self.summary, rejects: self.history.rejects }
    }
}
