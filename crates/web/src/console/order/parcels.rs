//! The parcels of an order.

use super::super::html::Html;
use super::super::look::{self, Look};
use super::super::status;
use super::super::tracking;
use waybill_domain::shipping::Parcel;
use waybill_store::read::order::OrderDetail;

#[derive(Debug)]
pub struct ParcelRow {
    pub name: String,
    pub location: String,
    pub service: Option<String>,
    pub tracking_number: Option<String>,
    /// Where its carrier tells more of it.
    pub tracking_page: Option<String>,
    pub weight: Option<String>,
    pub state: Html,
    pub last: Html,
    pub contents: String,
}

pub fn rows(detail: &OrderDetail, look: &Look) -> Vec<ParcelRow> {
    detail.parcels.iter().map(|parcel| row(parcel, detail, look)).collect()
}

fn row(parcel: &Parcel, detail: &OrderDetail, look: &Look) -> ParcelRow {
    let shipment = detail.shipments.iter().find(|one| one.number == parcel.shipment && parcel.shipment != 0);
    let service = shipment.map(|one| {
        [one.carrier.as_deref(), one.service.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    let inside = detail.parcel_lines.iter().filter(|line| line.parcel == parcel.number);
    let contents = inside.map(|inside| {
        let line = detail.lines.iter().map(|(line, _)| line).find(|line| line.number == inside.line);
        let (sku, precision) = line.map_or(("", 0), |line| (line.sku.as_str(), line.precision));
        format!("{} × {sku}", look::quantity(inside.quantity, precision))
    });
    let last = parcel.tracked_at.or(shipment.map(|one| one.shipped_at)).unwrap_or(parcel.packed_at);
    ParcelRow {
        name: format!("P-{}", parcel.number),
        location: detail.locations.get(&parcel.location_id).cloned().unwrap_or_default(),
        service: service.filter(|service| !service.is_empty()),
        tracking_page: shipment
            .and_then(|one| tracking::page(one.carrier.as_deref()?, parcel.tracking_number.as_deref()?)),
        tracking_number: parcel.tracking_number.clone(),
        weight: parcel.weight_g.map(|grams| format!("{}.{:02} kg", grams / 1_000, grams % 1_000 / 10)),
        state: status::parcel(parcel.state),
        last: look.moment(last),
        contents: contents.collect::<Vec<_>>().join(", "),
    }
}
