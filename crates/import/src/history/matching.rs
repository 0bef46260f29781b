//! Finds the sales whose units a cancellation invoice takes back.

use super::books::{Class, Tally};
use super::classify::{Classifier, header};
use super::records::{Deed, Effect, Invoice, Order, Row, Units, credit_note};
use crate::source::names::Name;
use rustc_hash::FxHashMap;
use waybill_domain::money::{Minor, split_first};
use waybill_domain::time::Timestamp;

/// An order and a line of it, by their places.
type Sold = (u32, u32);

/// Sales and charges by who bought what, in the order of time.
#[derive(Debug, Default)]
pub struct Sales {
    /// Orders and their lines per customer and SKU.
    sold: FxHashMap<(Option<Name>, Name), Vec<Sold>>,
    /// Orders and what is left of the charge, per customer and code.
    charged: FxHashMap<(Name, Name), Vec<(usize, i64)>>,
}

impl Sales {
    pub fn sold(&mut self, customer: Option<Name>, sku: Name, order: usize, line: usize) {
        self.sold.entry((customer, sku)).or_default().push((order as u32, line as u32));
    }

    pub fn charged(&mut self, customer: Option<Name>, code: Name, order: usize, minor: i64) {
        if let Some(customer) = customer {
            self.charged.entry((customer, code)).or_default().push((order, minor));
        }
    }

    /// The latest order of the customer whose charge has that much left (`minor` is below zero), which is taken.
    pub fn refund(&mut self, customer: Option<Name>, code: Name, minor: i64) -> Option<usize> {
        let charges = self.charged.get_mut(&(customer?, code))?;
        let (order, left) = charges.iter_mut().rev().find(|(_, left)| *left >= -minor)?;
        *left += minor;
        Some(*order)
    }
}

/// Units of a cancellation row that found a sale.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    order: usize,
    line: usize,
    units: i64,
    returned: bool,
    /// What the row credits for these units; above zero.
    credit: i64,
    /// The row's line in the file.
    row: u32,
}

/// Parts of one cancellation invoice on one order.
struct Group {
    order: usize,
    returned: bool,
    lines: Vec<(usize, i64)>,
    credit: i64,
    row: u32,
}

impl Order {
    fn shipped_by(&self, at: Timestamp) -> bool {
        self.shipped_at.is_some_and(|shipped| shipped <= at)
    }

    /// What is billed once everything that is not cancelled has shipped.
    pub fn billed(&self) -> i64 {
        let share = |line: &super::records::Line| {
            split_first(Minor(line.minor), line.quantity - line.cancelled, line.quantity).0
        };
        self.lines.iter().map(share).sum::<i64>() + self.charged() + self.surcharged
    }
}

impl Classifier<'_> {
    /// A row of a cancellation invoice: its units come from earlier sales, latest first; the rest is rejected.
    pub(super) fn cancellation(&mut self, invoice: &Invoice, row: &Row, parts: &mut Vec<Part>) {
        let currency = invoice.head.currency;
        let guests = self.map.cancellation.as_ref().is_some_and(|rule| rule.guests);
        if row.customer.is_none() && !guests {
            let column = header(self.map.order.customer.as_ref());
            return self.reject(currency, row, column, "cancel_without_customer", "");
        }
        let wanted = -row.quantity;
        let sold = self.sales.sold.get(&(row.customer, row.sku)).map_or(&[][..], Vec::as_slice);
        let never = sold.is_empty();
        let mut found = take(&mut self.history.orders, sold, wanted, invoice.at, row.line);
        let need = wanted - found.iter().map(|part| part.units).sum::<i64>();
        // Returned, then cancelled, then rejected: shares of the row's money are cumulative in this order.
        found.sort_by_key(|part| !part.returned);
        let (mut line, mut done, mut booked) = (1, 0, 0);
        let mut worth = |units: i64| {
            done += units;
            let total = row.price.worth(-done, row.quantity, currency).unwrap_or_default();
            let part = total - booked;
            booked = total;
            part
        };
        for part in &mut found {
            let minor = worth(part.units);
            part.credit = -minor;
            let class = if part.returned { Class::Return } else { Class::Cancellation };
            self.history.books.post(class, currency, Tally::new(std::mem::take(&mut line), -part.units, minor));
        }
        match (need, found.is_empty()) {
            (0, _) => self.history.matched.0 += 1,
            (_, false) => self.history.matched.1 += 1,
            (_, true) => {}
        }
        if need > 0 {
            self.history.books.post(Class::Reject, currency, Tally::new(line, -need, worth(need)));
            let fields = &self.map.line;
            let (field, reason) = match never {
                true => (&fields.sku, "cancel_no_earlier_sale"),
                false => (&fields.quantity, "cancel_no_units_left"),
            };
            self.note(row, header(Some(field)), reason, &format!("{need} of {wanted} units"));
        }
        parts.append(&mut found);
    }

    /// One effect per order and kind for all rows of a cancellation invoice.
    pub(super) fn apply_matches(&mut self, invoice: &Invoice, parts: Vec<Part>) {
        let mut groups: Vec<Group> = Vec::new();
        for part in parts {
            let same = |group: &&mut Group| group.order == part.order && group.returned == part.returned;
            let group = match groups.iter_mut().find(same) {
                Some(group) => group,
                None => {
                    let Part { order, returned, row, .. } = part;
                    groups.push(Group { order, returned, lines: Vec::new(), credit: 0, row });
                    let Some(group) = groups.last_mut() else { continue };
                    group
                }
            };
            group.credit += part.credit;
            match group.lines.iter_mut().find(|(line, _)| *line == part.line) {
                Some((_, units)) => *units += part.units,
                None => group.lines.push((part.line, part.units)),
            }
        }
        let reference = credit_note(self.history.names.text(invoice.number));
        for group in groups {
            let row = group.row;
            let deed = if group.returned { self.give_back(group, &reference) } else { self.call_off(group) };
            let (at, first_line, reference) = (invoice.at, invoice.first_line, reference.clone());
            self.history.effects.push(Effect { at, first_line, reference, line: row, deed });
        }
    }

    /// Shipped units come back; the credit is the file's, up to what was billed.
    fn give_back(&mut self, group: Group, reference: &str) -> Deed {
        let history = &mut self.history;
        let order = &mut history.orders[group.order];
        let credit = group.credit.min(order.billed() - order.credited).max(0);
        order.credited += credit;
        order.kept -= credit.min(order.kept);
        let names = &history.names;
        let known = self.existing.order(names.text(order.head.channel), names.text(order.number));
        if !known.is_some_and(|known| known.returns.contains(reference)) {
            for (line, units) in &group.lines {
                self.shelf.put_back(names.text(order.lines[*line].sku), *units);
            }
        }
        let units = |(line, units): &(usize, i64)| Units { line: *line, units: *units, cancelled_then: 0 };
        Deed::Return { order: group.order, lines: group.lines.iter().map(units).collect(), credit }
    }

    /// Unshipped units are cancelled. The refund is the file's, up to their price, so that what is left stays paid;
    /// more than that goes back once the rest has left. What is less was not given back: it becomes a charge.
    fn call_off(&mut self, group: Group) -> Deed {
        let history = &mut self.history;
        let order = &mut history.orders[group.order];
        let names = &history.names;
        let known = self.existing.order(names.text(order.head.channel), names.text(order.number));
        let before = order.billed();
        let mut lines = Vec::with_capacity(group.lines.len());
        for (place, units) in group.lines {
            let line = &mut order.lines[place];
            line.cancelled += units;
            let number = place as u32 + 1;
            let done = known.and_then(|known| known.cancelled.get(&number)).is_some_and(|done| *done >= line.cancelled);
            if !done {
                self.shelf.cancel(line, units, |line| names.text(line.sku).to_owned());
            }
            lines.push(Units { line: place, units, cancelled_then: line.cancelled });
        }
        let price = before - order.billed();
        // The last units of an order give back all that was paid by themselves.
        let refund = if order.is_cancelled() { 0 } else { group.credit.min(price).min(order.kept).max(0) };
        let surcharge = if order.is_cancelled() { 0 } else { (price - group.credit.max(0)).max(0) };
        if order.is_cancelled() {
            (order.kept, order.surcharged) = (0, 0);
        } else if order.shipped_at.is_some() {
            order.owed_after_shipping += (group.credit - price).max(0);
        }
        order.kept -= refund;
        order.surcharged += surcharge;
        Deed::Cancel { order: group.order, lines, refund, surcharge }
    }
}

/// Takes up to `wanted` units from sales, latest order first; within an order its lines in file order.
fn take(orders: &mut [Order], sold: &[Sold], wanted: i64, at: Timestamp, row: u32) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut need, mut end) = (wanted, sold.len());
    while need > 0 && end > 0 {
        let place = sold[end - 1].0;
        let start = sold[..end].iter().rposition(|(order, _)| *order != place).map_or(0, |before| before + 1);
        let order = &mut orders[place as usize];
        let returned = order.shipped_by(at);
        for (_, line) in &sold[start..end] {
            let left = &mut order.lines[*line as usize].left;
            let units = need.min(*left);
            if units > 0 {
                *left -= units;
                need -= units;
                parts.push(Part { order: place as usize, line: *line as usize, units, returned, credit: 0, row });
            }
        }
        end = start;
    }
    parts
}
