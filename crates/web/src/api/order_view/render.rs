//! How the records of an order become its view.

use super::*;
use waybill_domain::ids::*;
use waybill_domain::order::{Allocation, Charge, Hold, OrderLine};
use waybill_domain::payment::{Payment, PaymentTransaction, Refund};
use waybill_domain::personal::{Address, Party};
use waybill_domain::shipping::{Parcel, Shipment};
use waybill_store::read::order::OrderDetail;

/// A lot's id; None where the item is not tracked by lot.
pub fn lot(id: LotId) -> Option<String> {
    (id != LotId::NIL).then(|| id.to_string())
}

pub fn party_view(code: Option<String>, party: Option<&Party>) -> Option<PartyView> {
    if code.is_none() && party.is_none() {
        return None;
    }
    let party = party.cloned().unwrap_or_default();
    Some(PartyView { code, name: party.name, company: party.company, email: party.email, phone: party.phone })
}

fn address_view(address: &Address) -> AddressView {
    let address = address.clone();
    AddressView {
        name: address.name,
        company: address.company,
        line1: address.line1,
        line2: address.line2,
        city: address.city,
        region: address.region,
        postal_code: address.postal_code,
        country: Some(address.country).filter(|country| !country.is_empty()),
        phone: address.phone,
    }
}

impl OrderView {
    pub fn new(detail: &OrderDetail) -> Self {
        let head = &detail.head;
        let place = |id: LocationId| detail.locations.get(&id).cloned().unwrap_or_else(|| id.to_string());
        Self {
            id: head.id.to_string(),
            number: head.number.to_string(),
            external_ref: head.external_ref.clone(),
            channel: detail.channel.clone(),
            origin: head.origin.to_string(),
            lifecycle: head.lifecycle.to_string(),
            payment_status: head.payment_status.to_string(),
            fulfillment_status: head.fulfillment_status.to_string(),
            delivery_status: head.delivery_status.to_string(),
            return_status: head.return_status.to_string(),
            currency: head.currency.to_string(),
            customer: party_view(detail.customer.clone(), detail.party.as_ref()),
            ship_to: detail.ship_to.as_ref().map(address_view),
            instructions: detail.instructions.clone(),
            po_number: head.po_number.clone(),
            requested_by: head.requested_by.map(|day| day.to_string()),
            placed_at: head.placed_at.to_string(),
            confirmed_at: head.confirmed_at.map(|at| at.to_string()),
            ended_at: head.ended_at.map(|at| at.to_string()),
            reserved_until: head.reserved_until.map(|at| at.to_string()),
            priority: head.priority,
            holds: detail.holds.iter().map(|(hold, note)| hold_view(hold, note)).collect(),
            lines: detail.lines.iter().map(|(line, note)| line_view(line, note)).collect(),
            charges: detail.charges.iter().map(charge_view).collect(),
            totals: TotalsView {
                goods_minor: head.goods.0,
                tax_minor: head.tax.0,
                charges_minor: head.charges.0,
                total_minor: head.total().0,
                billed_minor: head.recognized.0,
                received_minor: head.received.0,
                refunded_minor: head.refunded.0,
                currency: head.currency.to_string(),
            },
            payments: detail.payments.iter().map(|payment| payment_view(payment, &detail.transactions)).collect(),
            refunds: detail.refunds.iter().map(refund_view).collect(),
            allocations: detail.allocations.iter().map(|one| allocation_view(one, place(one.location_id))).collect(),
            fulfillment_orders: detail
                .fulfillment_orders
                .iter()
                .map(|work| OrderWorkView {
                    id: work.id().to_string(),
                    location: place(work.location_id),
                    state: work.state.to_string(),
                    assignee: work.assignee.clone(),
                    released_at: work.released_at.to_string(),
                })
                .collect(),
            parcels: detail.parcels.iter().map(|one| order_parcel(detail, one, place(one.location_id))).collect(),
            shipments: detail.shipments.iter().map(|one| shipment_view(one, place(one.location_id))).collect(),
            returns: detail
                .returns
                .iter()
                .map(|one| ReturnView {
                    id: one.id().to_string(),
                    location: place(one.location_id),
                    received_at: one.received_at.to_string(),
                    credit_minor: one.credit.0,
                    lines: return_lines(detail, one.number),
                })
                .collect(),
            version: head.chain.sequence,
            position: detail.position,
        }
    }
}

fn hold_view(hold: &Hold, note: &Option<String>) -> HoldView {
    HoldView {
        id: HoldId::new(hold.order_id, hold.number).to_string(),
        kind: hold.kind.to_string(),
        steps: hold.steps.list().iter().map(ToString::to_string).collect(),
        line: (hold.line != 0).then_some(hold.line),
        reason: hold.reason.clone(),
        note: note.clone(),
        owner: hold.owner.clone(),
        due_at: hold.due_at.map(|at| at.to_string()),
        applied_at: hold.applied_at.to_string(),
        state: hold.state.to_string(),
        ended_at: hold.ended_at.map(|at| at.to_string()),
    }
}

fn line_view(line: &OrderLine, note: &Option<String>) -> LineView {
    LineView {
        id: line.id().to_string(),
        number: line.number,
        sku: line.sku.clone(),
        supply: line.supply.to_string(),
        precision: line.precision,
        unit_price: line.unit_price.to_decimal(),
        ordered: line.ordered.0,
        discount_minor: line.discount.0,
        tax_minor: line.tax.0,
        total_minor: line.total.0,
        note: note.clone(),
        cancelled: line.cancelled.0,
        open: line.open.0,
        backordered: line.backordered.0,
        at_supplier: line.at_supplier.0,
        reserved: line.reserved.0,
        allocated: line.allocated.0,
        picked: line.picked.0,
        packed: line.packed.0,
        shipped: line.shipped.0,
        delivered: line.delivered.0,
        lost: line.lost.0,
        returned: line.returned.0,
        expected_on: line.expected_on.map(|day| day.to_string()),
    }
}

fn charge_view(charge: &Charge) -> ChargeView {
    ChargeView {
        number: charge.number,
        kind: charge.kind.to_string(),
        amount_minor: charge.amount.0,
        tax_minor: charge.tax.0,
        label: charge.label.clone(),
    }
}

fn payment_view(payment: &Payment, transactions: &[PaymentTransaction]) -> PaymentView {
    let of_payment = transactions.iter().filter(|one| one.payment == payment.number);
    PaymentView {
        id: payment.id().to_string(),
        method: payment.method.to_string(),
        gateway: payment.gateway.clone(),
        state: payment.state.to_string(),
        amount_minor: payment.amount.0,
        authorized_minor: payment.authorized.0,
        received_minor: payment.received.0,
        refunded_minor: payment.refunded.0,
        expires_at: payment.expires_at.map(|at| at.to_string()),
        reference: payment.reference.clone(),
        transactions: of_payment
            .map(|one| TransactionView {
                id: one.id().to_string(),
                kind: one.kind.to_string(),
                amount_minor: one.amount.0,
                state: one.state.to_string(),
                code: one.code.clone(),
                reference: one.reference.clone(),
                requested_at: one.requested_at.to_string(),
                resolved_at: one.resolved_at.map(|at| at.to_string()),
            })
            .collect(),
    }
}

fn refund_view(refund: &Refund) -> RefundView {
    RefundView {
        id: RefundId::new(refund.order_id, refund.number).to_string(),
        payment_id: PaymentId::new(refund.order_id, refund.payment).to_string(),
        amount_minor: refund.amount.0,
        reason: refund.reason.clone(),
        return_id: (refund.return_number != 0)
            .then(|| ReturnId::new(refund.order_id, refund.return_number).to_string()),
        state: refund.state.to_string(),
        granted_at: refund.granted_at.to_string(),
        ended_at: refund.ended_at.map(|at| at.to_string()),
    }
}

fn allocation_view(one: &Allocation, location: String) -> AllocationView {
    let work = (one.fulfillment_order != 0).then(|| FulfillmentOrderId::new(one.order_id, one.fulfillment_order));
    AllocationView {
        line: one.line,
        location,
        lot_id: lot(one.lot_id),
        fulfillment_order_id: work.map(|id| id.to_string()),
        reserved: one.reserved.0,
        allocated: one.allocated.0,
        picked: one.picked.0,
        packed: one.packed.0,
        shipped: one.shipped.0,
    }
}

/// A parcel without its lines and tracking.
pub fn parcel_view(parcel: &Parcel, location: String) -> ParcelView {
    let shipment = (parcel.shipment != 0).then(|| ShipmentId::new(parcel.order_id, parcel.shipment));
    ParcelView {
        id: parcel.id().to_string(),
        fulfillment_order_id: FulfillmentOrderId::new(parcel.order_id, parcel.fulfillment_order).to_string(),
        location,
        state: parcel.state.to_string(),
        tracking_number: parcel.tracking_number.clone(),
        shipment_id: shipment.map(|id| id.to_string()),
        weight_g: parcel.weight_g,
        packed_at: parcel.packed_at.to_string(),
        ended_at: parcel.ended_at.map(|at| at.to_string()),
        lines: Vec::new(),
        tracking: Vec::new(),
    }
}

fn order_parcel(detail: &OrderDetail, parcel: &Parcel, location: String) -> ParcelView {
    let mut view = parcel_view(parcel, location);
    let lines = detail.parcel_lines.iter().filter(|line| line.parcel == parcel.number);
    view.lines.extend(lines.map(|line| ParcelLineView {
        line: line.line,
        lot_id: lot(line.lot_id),
        quantity: line.quantity.0,
    }));
    let tracking = detail.tracking.iter().filter(|one| one.parcel == parcel.number);
    view.tracking.extend(
        tracking.map(|one| TrackingView { status: one.status.to_string(), occurred_at: one.occurred_at.to_string() }),
    );
    view.tracking.sort_by(|one, other| one.occurred_at.cmp(&other.occurred_at));
    view
}

fn shipment_view(one: &Shipment, location: String) -> ShipmentView {
    ShipmentView {
        id: one.id().to_string(),
        fulfillment_order_id: FulfillmentOrderId::new(one.order_id, one.fulfillment_order).to_string(),
        location,
        carrier: one.carrier.clone(),
        service: one.service.clone(),
        shipped_at: one.shipped_at.to_string(),
    }
}

fn return_lines(detail: &OrderDetail, number: u32) -> Vec<ReturnLineView> {
    let lines = detail.return_lines.iter().filter(|line| line.return_number == number);
    lines
        .map(|line| ReturnLineView {
            line: line.line,
            quantity: line.quantity.0,
            state: line.state.to_string(),
            reason: line.reason.clone(),
        })
        .collect()
}
