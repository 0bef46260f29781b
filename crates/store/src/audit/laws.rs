//! The laws of an order, read off its stored rows.

use super::money::Money;
use super::report::Findings;
use super::slice::OrderRows;
use crate::tables::StockPostingRecord;
use std::collections::BTreeMap;
use waybill_domain::catalog::item::Supply;
use waybill_domain::ids::LineId;
use waybill_domain::ledger::{StockAccount, StockKey};
use waybill_domain::order::{HoldState, Lifecycle, OrderHead, OrderLine};
use waybill_domain::payment::{Payment, PaymentMethod, RefundState};

/// What the postings of an aggregate say.
#[derive(Debug, Default)]
pub(super) struct Books<'a> {
    pub(super) stock: Vec<Unit<'a>>,
    pub(super) money: Money,
}

/// A posting of units that the aggregate holds.
#[derive(Debug)]
pub(super) struct Unit<'a>(&'a StockPostingRecord);

impl<'a> From<&'a StockPostingRecord> for Unit<'a> {
    fn from(row: &'a StockPostingRecord) -> Self {
        Self(row)
    }
}

/// States of an allocation's units; what the customer has is what shipped.
const STATES: [StockAccount; 5] = [
    StockAccount::Reserved,
    StockAccount::Allocated,
    StockAccount::Picked,
    StockAccount::Packed,
    StockAccount::Customer,
];

pub(super) fn check(head: &OrderHead, rows: &OrderRows<'_>, books: &Books<'_>, findings: &mut Findings) {
    lines(head, rows, findings);
    holders(head, rows, books, findings);
    payments(head, rows, findings);
    books.money.compare(head, rows.payments, findings);
    let active = rows.holds.iter().filter(|hold| hold.state == HoldState::Active).count() as i64;
    findings.equal("order.holds", "orders", || format!("{} holds_active", head.id), active, head.holds_active);
}

/// Units of each line are conserved, and are what its allocations say.
fn lines(head: &OrderHead, rows: &OrderRows<'_>, findings: &mut Findings) {
    for line in rows.lines {
        let key = |what: &str| format!("{} {what}", LineId::new(head.id, line.number));
        let mut sums = [0; 5];
        for allocation in rows.allocations.iter().filter(|one| one.line == line.number) {
            let parts =
                [allocation.reserved, allocation.allocated, allocation.picked, allocation.packed, allocation.shipped];
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part.0);
        }
        let found = [line.reserved.0, line.allocated.0, line.picked.0, line.packed.0, line.shipped.0 - line.served.0];
        for (state, (expected, found)) in STATES.iter().zip(sums.into_iter().zip(found)) {
            let key = || key(&format!("{state}, the sum of its allocations"));
            findings.equal("line.allocations", "order_lines", key, expected, found);
        }
        if head.lifecycle != Lifecycle::Draft {
            conserved(line, &key, findings);
        }
    }
}

fn conserved(line: &OrderLine, key: &dyn Fn(&str) -> String, findings: &mut Findings) {
    let parts = [
        line.cancelled,
        line.open,
        line.backordered,
        line.at_supplier,
        line.reserved,
        line.allocated,
        line.picked,
        line.packed,
        line.shipped,
    ];
    let sum: i64 = parts.iter().map(|part| part.0).sum();
    findings.equal("line.conserved", "order_lines", || key("the sum of its quantities"), line.ordered.0, sum);
    if let Some(part) =
        parts.iter().chain([&line.served, &line.delivered, &line.lost, &line.returned]).find(|part| part.0 < 0)
    {
        findings.add("line.negative", "order_lines", key("a quantity"), "0 or more", part.0);
    }
    let most = line.shipped.0;
    for (what, found) in [("delivered + lost", line.delivered.0 + line.lost.0), ("returned", line.returned.0)] {
        if found > most {
            findings.add("line.shipped", "order_lines", key(what), format!("at most {most}, what shipped"), found);
        }
    }
}

/// The allocations are what the postings in this order's name add up to, per line, key and state.
fn holders(head: &OrderHead, rows: &OrderRows<'_>, books: &Books<'_>, findings: &mut Findings) {
    let mut sums: BTreeMap<(i64, StockKey), [i64; 5]> = BTreeMap::new();
    for Unit(row) in &books.stock {
        let key = StockKey { item_id: row.item_id, location_id: row.location_id, lot_id: row.lot_id };
        let sum = sums.entry((row.line.unwrap_or(0), key)).or_default();
        for (sum, state) in sum.iter_mut().zip(STATES) {
            *sum += if row.to_account == state { row.quantity.0 } else { 0 };
            *sum -= if row.from_account == state { row.quantity.0 } else { 0 };
        }
    }
    let lines = rows.lines;
    for one in rows.allocations {
        if lines.iter().any(|line| line.number == one.line && line.supply != Supply::Stock) {
            continue;
        }
        let sum = sums.entry((i64::from(one.line), one.key())).or_default();
        let parts = [one.reserved, one.allocated, one.picked, one.packed, one.shipped];
        sum.iter_mut().zip(parts).for_each(|(sum, part)| *sum -= part.0);
    }
    for ((line, key), sum) in sums {
        for (state, sum) in STATES.iter().zip(sum).filter(|(_, sum)| *sum != 0) {
            let key = format!("{} line={line} {} {state}", head.id, super::ledger::show_key(&key));
            let expected = "what the postings in its name add up to";
            findings.add("allocation.postings", "allocations", key, expected, format!("{} less", sum));
        }
    }
}

fn payments(head: &OrderHead, rows: &OrderRows<'_>, findings: &mut Findings) {
    let payments = rows.payments;
    for payment in payments {
        let key = |what: &str| format!("{} {what}", payment.id());
        if payment.method == PaymentMethod::Card && payment.received > payment.authorized {
            let most = format!("at most {}, what is authorized", payment.authorized);
            findings.add("payment.captured", "payments", key("received"), most, payment.received);
        }
        if payment.refunded + payment.charged_back > payment.received {
            let most = format!("at most {}, what was received", payment.received);
            findings.add(
                "payment.refunded",
                "payments",
                key("refunded"),
                most,
                payment.refunded + payment.charged_back,
            );
        }
    }
    let sum = |part: fn(&Payment) -> i64| payments.iter().map(part).sum::<i64>();
    let refunds = rows.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
    let columns = [
        ("received", sum(|payment| payment.received.0), head.received.0),
        ("refunded", sum(|payment| payment.refunded.0), head.refunded.0),
        ("charged_back", sum(|payment| payment.charged_back.0), head.charged_back.0),
        ("refunded, the sum of its refunds", refunds.map(|refund| refund.amount.0).sum(), head.refunded.0),
        ("applied + deposit", head.received.0 - head.refunded.0 - head.charged_back.0, head.applied.0 + head.deposit.0),
    ];
    for (column, expected, found) in columns {
        findings.equal("order.payments", "orders", || format!("{} {column}", head.id), expected, found);
    }
    if head.deposit.0 < 0 {
        findings.add("order.payments", "orders", format!("{} deposit", head.id), "0 or more", head.deposit);
    }
}
