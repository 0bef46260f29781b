//! From steps to commands.

use super::under_way::Run;
use crate::history::records::{Deed, Order, Units};
use crate::map::ChargeKind as MappedKind;
use crate::source::names::Name;
use crate::steps::{Action, Step};
use waybill_domain::command::Command;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::fulfillment::ship::Ship;
use waybill_domain::ids::{FulfillmentOrderId, IdSource, LineId, LocationId, LotId, ParcelId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::hold::ApplyHold;
use waybill_domain::order::place::{ChargeInput, LineInput, PaymentInput, PlaceOrder};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{ChargeKind, Destination, HoldKind, Step as OrderStep};
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

impl Run<'_> {
    /// A command and its key within the mapping.
    pub(super) fn command(&self, step: Step, ids: IdSource) -> Option<(Command, String)> {
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
                let method = if one.cash { PaymentMethod::Cash } else { PaymentMethod::Transfer };
                let (order_id, amount, reference) = (id(order)?, Minor(one.minor), one.reference.clone());
                let command = RecordPayment { order_id, method, amount, reference };
                keyed(command.into(), order, format!("pay/{payment}"))
            }
            Action::CancelOrder(order) => {
                let reason = "cancelled".to_owned();
                let command = CancelOrder { order_id: id(order)?, reason };
                keyed(command.into(), order, "cancel".into())
            }
            Action::Release(order) => keyed(ReleaseOrder { order_id: id(order)? }.into(), order, "release".into()),
            Action::Pick { order, work: n } => keyed(pick(work(order, n)?), order, format!("pick/{n}")),
            Action::Pack { order, work: n } => keyed(pack(work(order, n)?), order, format!("pack/{n}")),
            Action::Ship { order, work: n } => keyed(self.ship(order, work(order, n)?), order, format!("ship/{n}")),
            Action::Deliver { order, parcel } => {
                keyed(deliver(ParcelId::new(id(order)?, parcel), step.at), order, format!("deliver/{parcel}"))
            }
            Action::Complete(order) => keyed(CompleteOrder { order_id: id(order)? }.into(), order, "complete".into()),
            Action::CancelLine { effect, .. }
            | Action::Surcharge(effect)
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
            format!("{}/{}/{reference}", self.text(order.head.channel), self.text(order.number))
        };
        match (&effect.deed, action) {
            (Deed::Cancel { order, lines, .. }, Action::CancelLine { line, .. }) => {
                let Units { line, units, .. } = lines[line];
                let command = CancelLine {
                    line_id: LineId::new(self.orders[*order].id?, line as u32 + 1),
                    quantity: Some(Quantity(units)),
                    reason: reference.clone(),
                    // The file says how much goes back, in a step of its own.
                    refund: false,
                };
                Some((command.into(), format!("{}/cancel/{}", named(*order), line + 1)))
            }
            (Deed::Cancel { order, surcharge, .. }, Action::Surcharge(_)) => {
                let command = AddCharge {
                    order_id: self.orders[*order].id?,
                    kind: ChargeKind::Surcharge,
                    amount: Minor(*surcharge),
                    tax: Minor::ZERO,
                    label: Some(reference.clone()),
                };
                Some((command.into(), format!("{}/surcharge", named(*order))))
            }
            (Deed::Cancel { order, refund: amount, .. }, _) | (Deed::Refund { order, amount }, _) => {
                let order_id = self.orders[*order].id?;
                let command = GrantRefund { order_id, amount: Minor(*amount), reason: reference.clone() };
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
            (Deed::Adjust { sku, location, delta, reason }, _) => {
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
        let terms = PaymentInput { method: PaymentMethod::Terms, gateway: None, token: None, amount: None };
        // A known customer's name is the customer's; a guest's stands on the order.
        let guest = head.customer_party.as_deref().filter(|_| order.customer.is_none());
        PlaceOrder {
            reservations: Vec::new(),
            draft: false,
            channel: self.text(head.channel).to_owned(),
            external_ref: Some(self.text(order.number).to_owned()),
            currency: head.currency,
            customer: order.customer.map(|code| self.text(code).to_owned()),
            party: guest.map(|value| PersonalParty { id: ids.nth(1), value: value.clone() }),
            ship_to: head.address.as_deref().map(|value| PersonalAddress { id: ids.nth(2), value: value.clone() }),
            destination: Destination { country: head.country.map(str::to_owned), ..Destination::default() },
            instructions: None,
            po_number: None,
            requested_by: head.requested_by,
            lines: lines.collect(),
            charges: charges.collect(),
            payments: if order.total() > 0 { vec![terms] } else { Vec::new() },
        }
        .into()
    }

    pub(super) fn ship(&self, order: usize, work: FulfillmentOrderId) -> Command {
        let head = &self.history.orders[order].head;
        let (carrier, service) = (head.carrier.clone(), head.service.clone());
        Ship { fulfillment_order_id: work, carrier, service, parcels: Vec::new() }.into()
    }
}

pub(super) fn pick(work: FulfillmentOrderId) -> Command {
    Pick { fulfillment_order_id: work, picks: Vec::new(), shorts: Vec::new() }.into()
}

pub(super) fn pack(work: FulfillmentOrderId) -> Command {
    Pack { fulfillment_order_id: work, lines: Vec::new(), weight_g: None }.into()
}

pub(super) fn deliver(parcel_id: ParcelId, at: Timestamp) -> Command {
    let status = TrackingStatus::Delivered;
    RecordTracking { parcel_id, status, occurred_at: at, carrier_event: None, raw: None }.into()
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
