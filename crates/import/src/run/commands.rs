//! From steps to commands, and what their answers mean.

use super::Program;
use super::catalog::{Locations, actor};
use super::window::{Answer, Window};
use crate::Outcome;
use crate::error::ImportError;
use crate::history::records::{Deed, History, Order, Units};
use crate::map::{ChargeKind as MappedKind, Map};
use crate::reject::Reject;
use crate::source::names::Name;
use crate::state::{Existing, ExistingOrder};
use crate::steps::{Action, Receipt as Delivery, Step};
use crate::summary::Summary;
use std::sync::Arc;
use waybill_domain::actor::Actor;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::{FulfillmentOrderId, IdSource, LineId, LocationId, LotId, OrderId, ParcelId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::hold::ApplyHold;
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{ChargeKind, Destination, HoldKind, Lifecycle, Step as OrderStep};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::{PersonalAddress, PersonalParty};
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::stock::adjust::{AdjustLine, AdjustStock};
use waybill_domain::stock::receive::{ReceiveLine, ReceiveStock};
use waybill_domain::time::Timestamp;
use waybill_engine::{Engine, Submission, SubmitError};

/// How far an order is in this run.
#[derive(Clone, Debug, Default)]
struct OrderRun {
    id: Option<OrderId>,
    /// Placing it was refused: nothing that follows can be done.
    refused: bool,
    /// Money handed in so far.
    received: i64,
    /// Fulfillment orders, where the rules made more than the file's locations.
    works: Option<u32>,
}

/// An import under way.
pub struct Run<'a> {
    engine: &'a Engine,
    map: &'a Map,
    history: History,
    steps: Vec<Step>,
    receipts: Vec<Delivery>,
    existing: &'a Existing,
    locations: Locations,
    actor: Arc<Actor>,
    orders: Vec<OrderRun>,
    /// How much was there at the start. Part of every key: what an earlier run was refused, because it stopped in the
    /// middle, is asked anew; what it did shows in the store.
    generation: usize,
    summary: Summary,
}

impl<'a> Run<'a> {
    pub fn new(
        engine: &'a Engine,
        map: &'a Map,
        program: Program,
        existing: &'a Existing,
        locations: Locations,
    ) -> Self {
        let Program {
            history,
            steps,
            receipts,
            ..
        } = program;
        let orders = vec![OrderRun::default(); history.orders.len()];
        let summary = Summary::of(&history);
        let generation = existing.orders.len() + existing.documents.len();
        let actor = actor();
        Self {
            engine,
            map,
            history,
            steps,
            receipts,
            existing,
            locations,
            actor,
            orders,
            generation,
            summary,
        }
    }

    pub const fn steps(&self) -> usize {
        self.steps.len()
    }

    fn text(&self, name: Name) -> &str {
        self.history.names.text(name)
    }

    fn known(&self, order: usize) -> Option<&'a ExistingOrder> {
        let order = &self.history.orders[order];
        self.existing
            .order(self.text(order.head.channel), self.text(order.number))
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
        Some(
            Submission::new(command, self.actor.clone(), ids)
                .keyed(key)
                .imported(step.at),
        )
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
            Action::CancelRefund(effect) | Action::Refund(effect) => {
                cancelled || known.refunds.contains(&self.history.effects[effect].reference)
            }
            Action::Return(effect) => known.returns.contains(&self.history.effects[effect].reference),
            Action::Receive(_) | Action::Adjust(_) => false,
        }
    }

    /// A command and its key within the mapping.
    fn command(&self, step: Step, ids: IdSource) -> Option<(Command, String)> {
        let number = |order: usize| {
            let order = &self.history.orders[order];
            format!("{}/{}", self.text(order.head.channel), self.text(order.number))
        };
        let id = |order: usize| self.orders[order].id;
        let work = |order: usize, work: u32| id(order).map(|id| FulfillmentOrderId::new(id, work));
        let keyed = |command: Command, order: usize, what: String| Some((command, format!("{}/{what}", number(order))));
        match step.action {
            Action::Receive(place) => self.receive(place),
            Action::Place(order) => keyed(self.place(&self.history.orders[order], ids), order, "place".into()),
            Action::Hold(order) => {
                let hold = ApplyHold {
                    order_id: id(order)?,
                    kind: HoldKind::Stock,
                    steps: vec![OrderStep::Release],
                    line: None,
                    reason: "import_backordered".into(),
                    note: None,
                    owner: None,
                    due_at: None,
                };
                keyed(hold.into(), order, "hold".into())
            }
            Action::Pay { order, payment } => {
                let one = &self.history.orders[order].payments[payment];
                let method = if one.cash {
                    PaymentMethod::Cash
                } else {
                    PaymentMethod::Transfer
                };
                let (order_id, amount, reference) = (id(order)?, Minor(one.minor), one.reference.clone());
                let command = RecordPayment {
                    order_id,
                    method,
                    amount,
                    reference,
                };
                keyed(command.into(), order, format!("pay/{payment}"))
            }
            Action::CancelOrder(order) => {
                let reason = "cancelled".to_owned();
                let command = CancelOrder {
                    order_id: id(order)?,
                    reason,
                    expected_version: None,
                };
                keyed(command.into(), order, "cancel".into())
            }
            Action::Release(order) => keyed(ReleaseOrder { order_id: id(order)? }.into(), order, "release".into()),
            Action::Pick { order, work: n } => keyed(pick(work(order, n)?), order, format!("pick/{n}")),
            Action::Pack { order, work: n } => keyed(pack(work(order, n)?), order, format!("pack/{n}")),
            Action::Ship { order, work: n } => keyed(self.ship(order, work(order, n)?), order, format!("ship/{n}")),
            Action::Deliver { order, parcel } => keyed(
                deliver(ParcelId::new(id(order)?, parcel), step.at),
                order,
                format!("deliver/{parcel}"),
            ),
            Action::Complete(order) => keyed(CompleteOrder { order_id: id(order)? }.into(), order, "complete".into()),
            Action::CancelLine { effect, .. }
            | Action::CancelRefund(effect)
            | Action::Return(effect)
            | Action::Refund(effect)
            | Action::Adjust(effect) => self.effect(step.action, effect),
        }
    }

    fn effect(&self, action: Action, place: usize) -> Option<(Command, String)> {
        let effect = &self.history.effects[place];
        let reference = &effect.reference;
        let named = |order: usize| {
            let order = &self.history.orders[order];
            format!(
                "{}/{}/{reference}",
                self.text(order.head.channel),
                self.text(order.number)
            )
        };
        match (&effect.deed, action) {
            (Deed::Cancel { order, lines, .. }, Action::CancelLine { line, .. }) => {
                let Units { line, units, .. } = lines[line];
                let command = CancelLine {
                    line_id: LineId::new(self.orders[*order].id?, line as u32 + 1),
                    quantity: Some(Quantity(units)),
                    reason: reference.clone(),
                    expected_version: None,
                };
                Some((command.into(), format!("{}/cancel/{}", named(*order), line + 1)))
            }
            (
                Deed::Cancel {
                    order, refund: amount, ..
                },
                _,
            )
            | (Deed::Refund { order, amount }, _) => {
                let order_id = self.orders[*order].id?;
                let command = GrantRefund {
                    order_id,
                    amount: Minor(*amount),
                    reason: reference.clone(),
                };
                Some((command.into(), format!("{}/refund", named(*order))))
            }
            (Deed::Return { order, lines, credit }, _) => {
                let sold = &self.history.orders[*order];
                let location = lines.first().map(|units| sold.lines[units.line].location)?;
                let input = |units: &Units| ReturnInput {
                    line: units.line as u32 + 1,
                    quantity: Quantity(units.units),
                    state: StockAccount::Available,
                    reason: reference.clone(),
                };
                let command = ReceiveReturn {
                    order_id: self.orders[*order].id?,
                    location_id: self.location(location)?,
                    lines: lines.iter().map(input).collect(),
                    credit: Some(Minor(*credit)),
                    refund: true,
                };
                Some((command.into(), format!("{}/return", named(*order))))
            }
            (
                Deed::Adjust {
                    sku,
                    location,
                    delta,
                    reason,
                },
                _,
            ) => {
                if self.existing.documents.contains(reference) {
                    return None;
                }
                let line = AdjustLine {
                    sku: self.text(*sku).to_owned(),
                    lot_id: LotId::NIL,
                    state: StockAccount::Available,
                    to: None,
                    delta: *delta,
                };
                let command = AdjustStock {
                    location_id: self.location(*location)?,
                    reason: *reason,
                    reference: Some(reference.clone()),
                    lines: vec![line],
                };
                Some((command.into(), reference.clone()))
            }
        }
    }

    fn location(&self, name: Name) -> Option<LocationId> {
        self.locations.get(&name).copied()
    }

    fn receive(&self, place: usize) -> Option<(Command, String)> {
        let receipt = &self.receipts[place];
        if self.existing.documents.contains(&receipt.reference) {
            return None;
        }
        let line = |(sku, units): &(Name, i64)| ReceiveLine {
            sku: self.text(*sku).to_owned(),
            lot_id: LotId::NIL,
            quantity: Quantity(*units),
        };
        let command = ReceiveStock {
            location_id: self.location(receipt.location)?,
            state: StockAccount::Available,
            reference: Some(receipt.reference.clone()),
            lines: receipt.lines.iter().map(line).collect(),
        };
        Some((command.into(), receipt.reference.clone()))
    }

    /// On terms, settled by what was paid: an order goes on whether or not the file has its payment yet.
    fn place(&self, order: &Order, ids: IdSource) -> Command {
        let head = &order.head;
        let lines = order.lines.iter().map(|line| LineInput {
            sku: self.text(line.sku).to_owned(),
            quantity: Quantity(line.quantity),
            unit_price: line.price.unit,
            discount: line.price.discount,
            tax: Minor::ZERO,
            note: None,
        });
        let charges = order.charges.iter().map(|charge| ChargeInput {
            kind: charge_kind(charge.kind, charge.minor),
            amount: Minor(charge.minor),
            tax: Minor::ZERO,
            label: Some(self.text(charge.label).to_owned()),
        });
        let terms = PaymentInput {
            method: PaymentMethod::Terms,
            gateway: None,
            token: None,
            amount: None,
        };
        // A known customer's name is the customer's; a guest's stands on the order.
        let guest = head.customer_party.as_deref().filter(|_| order.customer.is_none());
        PlaceOrder {
            draft: false,
            channel: self.text(head.channel).to_owned(),
            external_ref: Some(self.text(order.number).to_owned()),
            currency: head.currency,
            customer: order.customer.map(|code| self.text(code).to_owned()),
            party: guest.map(|value| PersonalParty {
                id: ids.nth(1),
                value: value.clone(),
            }),
            ship_to: head.address.as_deref().map(|value| PersonalAddress {
                id: ids.nth(2),
                value: value.clone(),
            }),
            destination: Destination {
                country: head.country.map(str::to_owned),
                ..Destination::default()
            },
            instructions: None,
            po_number: None,
            requested_by: head.requested_by,
            lines: lines.collect(),
            charges: charges.collect(),
            payments: if order.total() > 0 { vec![terms] } else { Vec::new() },
        }
        .into()
    }

    fn ship(&self, order: usize, work: FulfillmentOrderId) -> Command {
        let head = &self.history.orders[order].head;
        let (carrier, service) = (head.carrier.clone(), head.service.clone());
        Ship {
            fulfillment_order_id: work,
            carrier,
            service,
            parcels: Vec::new(),
        }
        .into()
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
                let works = made
                    .iter()
                    .filter(|id| id.starts_with(FulfillmentOrderId::PREFIX))
                    .count();
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
            | Action::CancelRefund(effect)
            | Action::Return(effect)
            | Action::Refund(effect)
            | Action::Adjust(effect) => self.history.effects[effect].line,
            _ => order.map_or(0, |order| self.history.orders[order].first_line),
        };
        let file = self.map.lines_file().map(|file| file.name.as_str()).unwrap_or_default();
        self.history
            .rejects
            .push(Reject::new(file, u64::from(line), "", code.to_owned(), message));
    }

    /// Orders that the rules sent from more locations than the file names: the rest of their way.
    ///
    /// # Errors
    /// Where the engine stops.
    pub async fn finish_splits(&mut self, window: &mut Window<'_>) -> Result<(), ImportError> {
        for n in 0..self.orders.len() {
            let OrderRun {
                id: Some(id),
                works: Some(works),
                ..
            } = self.orders[n]
            else {
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
                let submission = Submission::new(command, self.actor.clone(), self.engine.ids()).imported(at);
                window.submit(0, submission, &mut |_, _| ()).await?;
            }
        }
        window.drain(&mut |_, _| ()).await
    }

    pub fn outcome(mut self, seconds: f64) -> Outcome {
        self.summary.count_rejects(&self.history);
        self.summary.seconds = seconds;
        Outcome {
            summary: self.summary,
            rejects: self.history.rejects,
        }
    }
}

fn pick(work: FulfillmentOrderId) -> Command {
    Pick {
        fulfillment_order_id: work,
        picks: Vec::new(),
        shorts: Vec::new(),
    }
    .into()
}

fn pack(work: FulfillmentOrderId) -> Command {
    Pack {
        fulfillment_order_id: work,
        lines: Vec::new(),
        weight_g: None,
    }
    .into()
}

fn deliver(parcel_id: ParcelId, at: Timestamp) -> Command {
    let status = TrackingStatus::Delivered;
    RecordTracking {
        parcel_id,
        status,
        occurred_at: at,
        carrier_event: None,
        raw: None,
    }
    .into()
}

/// Corrections by hand, vouchers and the like have no kind of their own: the code stays as the label.
const fn charge_kind(kind: MappedKind, minor: i64) -> ChargeKind {
    match kind {
        MappedKind::Shipping => ChargeKind::Shipping,
        MappedKind::Fee | MappedKind::Sample => ChargeKind::Fee,
        MappedKind::Discount | MappedKind::Manual | MappedKind::GiftVoucher | MappedKind::WriteOff => {
            if minor < 0 {
                ChargeKind::Discount
            } else {
                ChargeKind::Surcharge
            }
        }
    }
}
