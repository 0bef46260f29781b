//! The money of an order, in a panel that adds up.

use super::super::html::Html;
use super::super::look;
use super::super::status;
use super::act::{Act, Offer};
use super::call;
use waybill_domain::Code;
use waybill_domain::money::Minor;
use waybill_domain::order::ChargeKind;
use waybill_domain::payment::{PaymentMethod, PaymentState, PaymentTransaction, TransactionKind, TransactionState};
use waybill_store::read::order::OrderDetail;

/// One payment of the order.
#[derive(Debug)]
pub struct PaymentRow {
    /// What can be done to it now.
    pub offers: Vec<Offer>,
    pub name: String,
    pub state: Html,
    pub amount: String,
    pub authorized: Option<String>,
    pub received: String,
    pub refunded: Option<String>,
    /// What is still to come by it, where that is less than it was to pay at first.
    pub expected: Option<String>,
    /// Calls to its gateway without a final answer.
    pub waits: Vec<String>,
}

/// What the order costs, and what came in.
#[derive(Debug)]
pub struct Money {
    pub status: Html,
    /// Label and amount, which add up to `total`.
    pub costs: Vec<(String, String)>,
    pub total: String,
    /// Taken off again, for what came back and as goodwill.
    pub credited: Option<String>,
    /// Label and amount of what came in and went out: with `left` they add up to `total` less `credited`.
    pub moved: Vec<(String, String)>,
    /// What is still to come in, or to be given back.
    pub left: (&'static str, String),
    /// Label and amount of what has not moved yet.
    pub beside: Vec<(&'static str, String)>,
    pub payments: Vec<PaymentRow>,
    pub refunds: Vec<(Html, String, String)>,
}

impl Money {
    pub fn of(detail: &OrderDetail, offers: &[Offer]) -> Self {
        let head = &detail.head;
        let money = |amount| look::money(amount, head.currency);
        let owed = detail.owed();
        let authorized: Minor = detail
            .payments
            .iter()
            .map(|payment| payment.open_authorization())
            .fold(Minor::ZERO, |sum, open| sum + open);
        let mut moved =
            vec![("Received".to_owned(), money(head.received)), ("Refunded".to_owned(), money(-head.refunded))];
        if !head.charged_back.is_zero() {
            moved.push(("Charged back".to_owned(), money(-head.charged_back)));
        }
        let beside = [("Authorized, not captured", authorized), ("Refund under way", owed.promised_back)];
        let beside = beside.into_iter().filter(|(_, amount)| !amount.is_zero());
        let refunds = detail
            .refunds
            .iter()
            .map(|refund| (status::refund(refund.state), money(refund.amount), status::words(&refund.reason)));
        Self {
            status: status::payment(head.payment_status),
            costs: costs(detail),
            total: money(head.total()),
            credited: (!owed.credited.is_zero()).then(|| money(-owed.credited)),
            moved,
            left: left(owed.left, money),
            beside: beside.map(|(label, amount)| (label, money(amount))).collect(),
            payments: detail.payments.iter().map(|payment| row(detail, payment, offers)).collect(),
            refunds: refunds.collect(),
        }
    }
}

/// Label and amount of what the order costs, its items first; together they are its total.
pub fn costs(detail: &OrderDetail) -> Vec<(String, String)> {
    let money = |amount| look::money(amount, detail.head.currency);
    let parts = detail.costs();
    let mut costs = vec![("Items".to_owned(), money(parts.goods))];
    costs.extend(parts.charges.into_iter().map(|(of, label, amount)| {
        let label = label.map(|label| format!(" {label}")).unwrap_or_default();
        (format!("{}{label}", kind(of)), money(amount))
    }));
    costs.push(("Tax".to_owned(), money(parts.tax)));
    costs
}

/// What is still to come in, or to be given back.
pub fn left(left: Minor, money: impl Fn(Minor) -> String) -> (&'static str, String) {
    if left.0 < 0 { ("To give back", money(-left)) } else { ("Left to receive", money(left)) }
}

fn row(detail: &OrderDetail, payment: &waybill_domain::payment::Payment, offers: &[Offer]) -> PaymentRow {
    let money = |amount| look::money(amount, detail.head.currency);
    let open = detail.transactions.iter().filter(|one| one.payment == payment.number && one.is_open());
    let about = [Act::Capture(payment.number), Act::Void(payment.number)];
    let is_void = |one: &&PaymentTransaction| {
        (one.payment, one.kind, one.state) == (payment.number, TransactionKind::Void, TransactionState::Succeeded)
    };
    let is_voided = detail.transactions.iter().any(|one| is_void(&one));
    let left = detail.owed().left;
    let is_unused = payment.received.is_zero() && payment.open_authorization().is_zero();
    let is_idle = payment.state == PaymentState::Created && is_unused && open.clone().next().is_none();
    let state = if is_idle && left.0 <= 0 {
        status::not_needed()
    } else if payment.is_let_go() {
        status::let_go(is_voided)
    } else {
        status::payment_state(payment.state)
    };
    // Of several payments nobody knows which one brings what is left.
    let expected = Some(left).filter(|left| detail.payments.len() == 1 && left.0 > 0 && *left < payment.amount);
    let possible = |offer: &&Offer| about.contains(&offer.act) && offer.obstacle.is_none();
    PaymentRow {
        offers: offers.iter().filter(possible).cloned().collect(),
        name: status::words(payment.method.code()),
        state,
        amount: money(payment.amount),
        authorized: (!payment.authorized.is_zero()).then(|| money(payment.authorized)),
        received: money(payment.received),
        refunded: (!payment.refunded.is_zero()).then(|| money(payment.refunded)),
        expected: expected.filter(|_| payment.method != PaymentMethod::Card).map(money),
        waits: open.map(|one| format!("{} of {} {}", call(one.kind), money(one.amount), one.state)).collect(),
    }
}

const fn kind(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::Shipping => "Shipping",
        ChargeKind::Fee => "Fee",
        ChargeKind::Surcharge => "Surcharge",
        ChargeKind::Discount => "Discount",
    }
}
