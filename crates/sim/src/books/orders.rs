//! What the auditor knows of one order.

use super::ItemBook;
use std::collections::{BTreeMap, BTreeSet};
use waybill_domain::order::OrderNumber;
use waybill_domain::order::place::PlaceOrder;
use waybill_domain::shipping::TrackingStatus;
use waybill_domain::time::Timestamp;
use waybill_engine::Receipt;

type Fact = (TrackingStatus, Timestamp, Option<String>);

#[derive(Clone, Debug)]
pub struct LineBook {
    pub sku: String,
    pub ordered: i64,
    /// At least so many; some cancellations do not say how many.
    pub cancelled: i64,
    pub returned: i64,
    /// As it was last read; goods that left do not come back onto the line.
    pub shipped: i64,
}

/// An acknowledged order.
#[derive(Clone, Debug)]
pub struct OrderBook {
    pub number: Option<OrderNumber>,
    pub lines: Vec<LineBook>,
    /// What lines and charges cost as ordered, in minor units.
    pub goods_and_tax: i64,
    pub charges: i64,
    /// Received by hand, in minor units.
    pub recorded: i64,
    pub version: i64,
    /// By parcel, what the carrier said.
    pub tracking: BTreeMap<u32, Vec<Fact>>,
}

impl OrderBook {
    pub fn new(placed: &PlaceOrder, receipt: &Receipt, items: &BTreeMap<String, ItemBook>) -> Self {
        let precision = |sku: &str| items.get(sku).map_or(0, |item| item.precision);
        let cost = placed.lines.iter().map(|line| {
            line_total(line.unit_price.0, line.quantity.0, precision(&line.sku), 2) - line.discount.0 + line.tax.0
        });
        let line = |line: &waybill_domain::order::place::LineInput| LineBook {
            sku: line.sku.clone(),
            ordered: line.quantity.0,
            cancelled: 0,
            returned: 0,
            shipped: 0,
        };
        Self {
            number: receipt.number,
            goods_and_tax: cost.sum(),
            charges: placed.charges.iter().map(|charge| charge.amount.0 + charge.tax.0).sum(),
            lines: placed.lines.iter().map(line).collect(),
            recorded: 0,
            version: receipt.version,
            tracking: BTreeMap::new(),
        }
    }

    fn line(&mut self, number: u32) -> Option<&mut LineBook> {
        self.lines.get_mut((number as usize).checked_sub(1)?)
    }

    pub fn sku(&self, number: u32) -> Option<&str> {
        Some(&self.lines.get((number as usize).checked_sub(1)?)?.sku)
    }

    pub fn returned(&mut self, line: u32, quantity: i64) {
        if let Some(line) = self.line(line) {
            line.returned += quantity;
        }
    }

    pub fn cancelled(&mut self, line: u32, quantity: i64) {
        if let Some(line) = self.line(line) {
            line.cancelled += quantity;
        }
    }

    /// How many different facts the carrier told about a parcel.
    pub fn facts(&self, parcel: u32) -> usize {
        self.tracking.get(&parcel).map_or(0, |facts| facts.iter().collect::<BTreeSet<_>>().len())
    }
}

/// Price (in millionths of a major unit) times quantity, in minor units, half to even.
pub fn line_total(unit_price: i64, quantity: i64, precision: u32, exponent: u32) -> i64 {
    let divisor = 10_i128.pow(precision + 6 - exponent);
    let product = i128::from(unit_price) * i128::from(quantity);
    let (whole, rest) = (product / divisor, product % divisor);
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    (whole + i128::from(up)) as i64
}
