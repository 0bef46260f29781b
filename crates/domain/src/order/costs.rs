//! What an order costs as it stands, part by part, and how much of that is still to come in.

use super::money::{Bill, ChargeShare, line_share};
use super::records::{Charge, ChargeKind, Order, OrderHead, OrderLine};
use crate::money::Minor;
use crate::payment::Refund;
use crate::payment::refund::is_under_way;

/// An order's cost by part: `goods`, the charges and `tax` add up to [`OrderHead::total`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Net of the lines' discounts, without tax.
    pub goods: Minor,
    /// Kind, label and amount without tax of each charge that still costs something.
    pub charges: Vec<(ChargeKind, Option<String>, Minor)>,
    /// On the goods and on the charges.
    pub tax: Minor,
}

/// Where an order's money stands, in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// Billed once and taken back since: for goods that came back, and as goodwill.
    pub credited: Minor,
    /// Still to come in: the total less `credited` and what was received and kept. Below zero it is to be given back.
    pub left: Minor,
    /// Granted to be given back and not on its way yet.
    pub promised_back: Minor,
}

/// What a line costs: its units that are not cancelled.
pub fn line_due(line: &OrderLine) -> Bill {
    line_share(line, line.wanted())
}

/// Whether anything will be or was delivered; an order of charges alone is wanted for them.
pub fn is_wanted<'a>(lines: impl IntoIterator<Item = &'a OrderLine>) -> bool {
    let mut lines = lines.into_iter().peekable();
    lines.peek().is_none() || lines.any(|line| !line.wanted().is_zero())
}

/// What a charge costs: all of it, or of an order of which nothing is wanted what was billed already.
pub fn charge_due(charge: &Charge, is_wanted: bool) -> ChargeShare {
    let (amount, tax) = if is_wanted { (charge.amount, charge.tax) } else { (charge.billed, charge.billed_tax) };
    ChargeShare { charge: charge.number, amount, tax }
}

/// What the order costs as it stands: goods net of discounts, tax on them, charges with their tax.
pub fn totals(order: &Order) -> (Minor, Minor, Minor) {
    let (mut goods, mut tax, mut charges) = (Minor::ZERO, Minor::ZERO, Minor::ZERO);
    for line in &order.lines {
        let due = line_due(line);
        goods += due.revenue - due.discounts;
        tax += due.tax;
    }
    let is_wanted = is_wanted(&order.lines);
    for charge in &order.charges {
        let due = charge_due(charge, is_wanted);
        charges += due.amount + due.tax;
    }
    (goods, tax, charges)
}

/// The parts of what an order costs.
pub fn costs<'a>(
    head: &OrderHead,
    lines: impl IntoIterator<Item = &'a OrderLine>,
    charges: impl IntoIterator<Item = &'a Charge>,
) -> Costs {
    let is_wanted = is_wanted(lines);
    let mut costs = Costs { goods: head.goods, charges: Vec::new(), tax: head.tax };
    for charge in charges {
        let due = charge_due(charge, is_wanted);
        costs.tax += due.tax;
        if !due.amount.is_zero() {
            costs.charges.push((charge.kind, charge.label.clone(), due.amount));
        }
    }
    costs
}

/// What shipments billed for lines and charges, whatever was credited afterwards.
pub fn billed<'a>(
    lines: impl IntoIterator<Item = &'a OrderLine>,
    charges: impl IntoIterator<Item = &'a Charge>,
) -> Minor {
    let lines = lines.into_iter().map(|line| line_share(line, line.shipped).total());
    let charges = charges.into_iter().map(|charge| charge.billed + charge.billed_tax);
    lines.chain(charges).sum()
}

/// Where the money of an order stands, of which so much was [`billed`].
pub fn owed<'a>(head: &OrderHead, billed: Minor, refunds: impl IntoIterator<Item = &'a Refund>) -> Owed {
    let credited = billed - head.recognized;
    let under_way = refunds.into_iter().filter(|refund| is_under_way(refund));
    Owed {
        credited,
        left: head.total() - credited - head.kept(),
        promised_back: under_way.map(|refund| refund.amount).sum(),
    }
}

impl Owed {
    /// What a refund would give back when nobody says how much: what is the customer's, else all that can be.
    pub fn to_refund(self, head: &OrderHead) -> Minor {
        let theirs = Minor::ZERO - self.left - self.promised_back;
        if theirs.0 > 0 { theirs } else { Minor((head.kept() - self.promised_back).0.max(0)) }
    }
}

impl Order {
    pub fn owed(&self) -> Owed {
        owed(&self.head, billed(&self.lines, &self.charges), &self.refunds)
    }

    /// What was billed and is no longer owed, for returns and out of goodwill.
    pub fn credited(&self) -> Minor {
        self.owed().credited
    }

    /// What the order comes to: the total of what is wanted, less what was credited. Whoever has paid this owes nothing.
    pub fn price(&self) -> Minor {
        self.head.total() - self.credited()
    }
}
