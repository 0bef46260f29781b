//! Parcels leave.

use super::events::{ParcelSent, ShipmentShipped};
use super::{FulfillmentRefusal, lines_free, work};
use crate::attempt::Attempt;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{FulfillmentOrderId, ParcelId};
use crate::order::events::Moved;
use crate::order::money::bill;
use crate::order::{Order, Step};
use crate::payment::{PaymentMethod, TransactionKind, TransactionState};
use crate::quantity::Quantity;
use crate::refusal::Refusals;
use crate::shipping::ParcelState;
use crate::world::World;
use std::collections::BTreeMap;

/// Sends packed parcels off together; what they hold is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ship {
    pub fulfillment_order_id: FulfillmentOrderId,
    pub carrier: Option<String>,
    pub service: Option<String>,
    /// Empty sends every packed parcel, without tracking numbers.
    pub parcels: Vec<ShipParcel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipParcel {
    pub parcel: u32,
    pub tracking_number: Option<String>,
}

pub fn ship(world: &World, command: &Ship, attempt: &Attempt) -> Outcome {
    let (order, work) = work(world, command.fulfillment_order_id, Step::Ship)?;
    let mut parcels: Vec<ParcelSent> = Vec::new();
    if command.parcels.is_empty() {
        let packed = |parcel: &&crate::shipping::Parcel| {
            parcel.fulfillment_order == work.number && parcel.state == ParcelState::Packed
        };
        let send = |parcel: &crate::shipping::Parcel| ParcelSent { parcel: parcel.number, tracking_number: None };
        parcels.extend(order.parcels.iter().filter(packed).map(send));
    }
    let mut refused = Refusals::default();
    for (n, one) in command.parcels.iter().enumerate() {
        let id = ParcelId::new(order.head.id, one.parcel);
        let Some(parcel) = order.parcel(one.parcel).filter(|parcel| parcel.fulfillment_order == work.number) else {
            refused.add(format!("parcels[{n}]"), FulfillmentRefusal::UnknownParcel { parcel_id: id });
            continue;
        };
        if parcel.state != ParcelState::Packed || parcels.iter().any(|sent| sent.parcel == one.parcel) {
            let state = parcel.state.to_string();
            refused.add(format!("parcels[{n}]"), FulfillmentRefusal::ParcelNotPacked { parcel_id: id, state });
        }
        if one.tracking_number.as_ref().is_some_and(|number| number.trim().is_empty() || number.len() > 64) {
            let path = format!("parcels[{n}].tracking_number");
            refused.add(path, FulfillmentRefusal::MissingTracking { parcel_id: id });
        }
        parcels.push(ParcelSent { parcel: one.parcel, tracking_number: one.tracking_number.clone() });
    }
    refused.none()?;
    if parcels.is_empty() {
        let fulfillment_order_id = command.fulfillment_order_id;
        return Err(FulfillmentRefusal::NothingReady { fulfillment_order_id, step: Step::Ship }.into());
    }
    let mut lines: Vec<Moved> = Vec::new();
    let mut shipping: BTreeMap<u32, Quantity> = BTreeMap::new();
    for held in parcels.iter().flat_map(|sent| order.lines_of_parcel(sent.parcel)) {
        *shipping.entry(held.line).or_default() += held.quantity;
        match lines.iter_mut().find(|moved| moved.line == held.line && moved.lot == held.lot_id) {
            Some(moved) => moved.quantity += held.quantity,
            None => lines.push(held.moved(order)),
        }
    }
    lines_free(order, Step::Ship, shipping.keys().copied())?;
    let bill = bill(order, &shipping, false);
    require_money(world, order, order.head.recognized + bill.total())?;
    Ok(vec![Event::ShipmentShipped(ShipmentShipped {
        order: order.head.id,
        shipment: order.shipments.len() as u32 + 1,
        fulfillment_order: work.number,
        location: work.location_id,
        carrier: command.carrier.clone(),
        service: command.service.clone(),
        at: attempt.now,
        parcels,
        lines,
        bill,
    })])
}

/// What is billed with this shipment must be captured or received, unless it is paid later by agreement (terms, cash on
/// delivery) or the channel ships while captures are pending.
fn require_money(world: &World, order: &Order, billed: crate::money::Minor) -> Result<(), crate::command::Stop> {
    let later: crate::money::Minor = order
        .payments
        .iter()
        .filter(|payment| matches!(payment.method, PaymentMethod::Terms | PaymentMethod::Cash))
        .map(|payment| crate::money::Minor((payment.amount - payment.received).0.max(0)))
        .sum();
    let missing = billed - order.head.kept() - later;
    if missing.0 <= 0 {
        return Ok(());
    }
    let pending = order.transactions.iter().filter(|one| {
        one.kind == TransactionKind::Capture
            && matches!(one.state, TransactionState::Pending | TransactionState::Unknown)
    });
    let under_way: crate::money::Minor = pending.clone().map(|one| one.amount).sum();
    let patient = world.catalog.channel(order.head.channel_id).is_some_and(|channel| channel.ship_on_pending);
    match pending.clone().next() {
        Some(_) if patient && under_way >= missing => Ok(()),
        Some(capture) => Err(FulfillmentRefusal::CapturePending { transaction_id: capture.id() }.into()),
        None => Err(FulfillmentRefusal::NotPaid { order_id: order.head.id }.into()),
    }
}
