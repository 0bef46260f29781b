//! Payments and refunds.

use crate::refusals::rows::*;

pub fn payments(rows: &mut Rows) {
    rows.receive("MUG", 20);
    let order_id = rows.place("MUG", 2, PaymentMethod::Card);
    let payment_id = PaymentId::new(order_id, 1);
    let transaction_id = TransactionId::new(order_id, 1);
    let outcome = || GatewayOutcome::Failed { code: "late".into() };
    let unknown = TransactionId::new(OrderId::NIL, 1);
    rows.refused("payment.unknown_transaction", RecordOutcome { transaction_id: unknown, outcome: outcome() });
    rows.refused("payment.in_flight", VoidPayment { payment_id });
    rows.succeed(order_id, 1);
    rows.refused("payment.already_resolved", RecordOutcome { transaction_id, outcome: outcome() });
    rows.refused("payment.unknown", VoidPayment { payment_id: PaymentId::new(order_id, 9) });
    let capture = |amount: Option<i64>| CapturePayment { payment_id, amount: amount.map(Minor) };
    rows.refused("payment.amount_out_of_range", capture(Some(0)));
    rows.refused("payment.exceeds_authorized", capture(Some(2_001)));
    rows.refused("payment.not_yet_expired", ExpireAuthorization { payment_id });
    rows.refused("payment.not_due_for_renewal", RenewAuthorization { payment_id });
    rows.refused("payment.nothing_due", CaptureDue { order_id });
    let expiring = rows.place("MUG", 1, PaymentMethod::Card);
    rows.succeed(expiring, 1);
    rows.shop.now = rows.shop.now.plus_seconds(900);
    let renewal = || RenewAuthorization { payment_id: PaymentId::new(expiring, 1) };
    rows.must(renewal());
    let no = GatewayOutcome::Failed { code: "card_declined".into() };
    rows.must(RecordOutcome { transaction_id: TransactionId::new(expiring, 2), outcome: no });
    rows.refused("payment.renewal_failed", renewal());
    let refund = |amount| GrantRefund { order_id, amount: Minor(amount), reason: "goodwill".into() };
    rows.refused("payment.exceeds_received", refund(1));
    rows.must(capture(None));
    rows.succeed(order_id, 2);
    rows.refused("payment.exceeds_received", refund(2_001));
    rows.refused("payment.nothing_authorized", VoidPayment { payment_id });
    let record = |order_id, method, amount| RecordPayment { order_id, method, amount: Minor(amount), reference: None };
    rows.refused("payment.method_not_recorded", record(order_id, PaymentMethod::Card, 1));
    rows.refused("payment.method_not_recorded", record(order_id, PaymentMethod::Terms, 1));
    let later = rows.place("MUG", 1, PaymentMethod::Terms);
    rows.refused("payment.wrong_method", VoidPayment { payment_id: PaymentId::new(later, 1) });
    rows.refused("payment.amount_out_of_range", record(order_id, PaymentMethod::Cash, i64::MAX));
    let ended = rows.place("MUG", 1, PaymentMethod::Transfer);
    rows.must(CancelOrder { order_id: ended, reason: "no".into() });
    rows.refused("payment.order_ended", record(ended, PaymentMethod::Cash, 1));
    let token = PersonalText { id: rows.shop.ids().nth(1), value: "t".into() };
    let authorize = AuthorizePayment { order_id: ended, gateway: "sim".into(), token, amount: None };
    rows.refused("payment.order_ended", authorize);
}
