//! What of an order is billed when goods leave, and how it closes to the penny.

use super::records::{ChargeKind, Order, OrderLine};
use crate::ids::OrderId;
use crate::ledger::{MoneyAccount, MoneyPosting};
use crate::money::{Minor, split_first};
use crate::payment::refund::free_deposit;
use crate::quantity::Quantity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of a charge that a bill takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeShare {
    pub charge: u32,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub tax: Minor,
}

/// What becomes due for goods that ship (or, below zero, is credited), by account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Goods before discounts.
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub revenue: Minor,
    /// Taken off; above zero lowers the bill.
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub discounts: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub tax: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub shipping: Minor,
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub fees: Minor,
    /// Which charges `shipping`, `fees`, discounts and their tax came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<ChargeShare>,
    /// How much of the money already received pays for it.
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub from_deposit: Minor,
}

impl Bill {
    pub fn total(&self) -> Minor {
        self.revenue - self.discounts + self.tax + self.shipping + self.fees
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Receivable against revenue, discounts, tax, shipping and fees; then deposits against receivable.
    pub fn postings(&self, order_id: OrderId, out: &mut Vec<MoneyPosting>) {
        use MoneyAccount::{Deposits, Discounts, Fees, Receivable, Revenue, Shipping, Tax};
        let post = |debit, credit, amount| MoneyPosting::signed(order_id, 0, debit, credit, amount);
        out.extend(post(Receivable, Revenue, self.revenue));
        out.extend(post(Discounts, Receivable, self.discounts));
        out.extend(post(Receivable, Tax, self.tax));
        out.extend(post(Receivable, Shipping, self.shipping));
        out.extend(post(Receivable, Fees, self.fees));
        out.extend(post(Deposits, Receivable, self.from_deposit));
    }

    fn add_charge(&mut self, kind: ChargeKind, share: ChargeShare) {
        match kind {
            ChargeKind::Shipping => self.shipping += share.amount,
            ChargeKind::Fee | ChargeKind::Surcharge => self.fees += share.amount,
            ChargeKind::Discount => self.discounts -= share.amount,
        }
        self.tax += share.tax;
        self.charges.push(share);
    }
}

/// The share of a line's money that falls on its first `quantity` units.
pub fn line_share(line: &OrderLine, quantity: Quantity) -> Bill {
    let goods = goods_share(line.total, line.discount, line.ordered, quantity);
    Bill { tax: split_first(line.tax, quantity.0, line.ordered.0), ..goods }
}

/// The same before tax, of `ordered` units that cost `total` after `discount`.
pub fn goods_share(total: Minor, discount: Minor, ordered: Quantity, quantity: Quantity) -> Bill {
    let share = |whole| split_first(whole, quantity.0, ordered.0);
    Bill { revenue: share(total + discount), discounts: share(discount), ..Bill::default() }
}

/// The bill for `shipping` more units per line, on top of what has shipped and was billed.
///
/// Charges follow the value of what has shipped (by units where everything is free) and close with the last unit;
/// `all` bills them whole. Money received before pays first.
pub fn bill(order: &Order, shipping: &BTreeMap<u32, Quantity>, all: bool) -> Bill {
    let mut bill = Bill::default();
    let (mut done, mut whole) = (Minor::ZERO, Minor::ZERO);
    let (mut done_units, mut whole_units) = (0, 0);
    for line in &order.lines {
        let after = line.shipped + shipping.get(&line.number).copied().unwrap_or_default();
        let (share_before, share_after) = (line_share(line, line.shipped), line_share(line, after));
        bill.revenue += share_after.revenue - share_before.revenue;
        bill.discounts += share_after.discounts - share_before.discounts;
        bill.tax += share_after.tax - share_before.tax;
        done += share_after.total();
        whole += line_share(line, line.wanted()).total();
        done_units += after.0;
        whole_units += line.wanted().0;
    }
    let all = all || done_units == whole_units;
    let (part, of) = if whole.0 > 0 { (done.0.clamp(0, whole.0), whole.0) } else { (done_units, whole_units) };
    for charge in &order.charges {
        let target = |amount| if all { amount } else { split_first(amount, part, of) };
        let share = ChargeShare {
            charge: charge.number,
            amount: target(charge.amount) - charge.billed,
            tax: target(charge.tax) - charge.billed_tax,
        };
        if !share.amount.is_zero() || !share.tax.is_zero() {
            bill.add_charge(charge.kind, share);
        }
    }
    let due = order.head.receivable() + bill.total();
    bill.from_deposit = Minor(due.0.clamp(0, free_deposit(order).0));
    bill
}
