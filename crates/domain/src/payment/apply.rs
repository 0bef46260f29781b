//! Folds payment events into an order.

use super::events::*;
use super::records::*;
use crate::money::Minor;
use crate::order::Order;
use crate::time::Timestamp;

impl Order {
    fn end_transaction(&mut self, number: u32, state: TransactionState, at: Timestamp, note: Outcome) {
        if let Some(transaction) = self.transactions.edit_where(|one| one.number == number) {
            transaction.state = state;
            transaction.resolved_at = Some(at);
            match note {
                Outcome::Reference(reference) => transaction.reference = reference,
                Outcome::Code(code) => transaction.code = Some(code),
            }
        }
    }

    pub(crate) fn apply_payment_added(&mut self, event: &PaymentAdded) {
        self.payments.add(Payment {
            order_id: event.order,
            number: event.payment,
            method: event.method,
            gateway: event.gateway.clone(),
            token: event.token,
            amount: event.amount,
            state: PaymentState::Created,
            authorized: Minor::ZERO,
            expires_at: None,
            renew_at: None,
            received: Minor::ZERO,
            refunded: Minor::ZERO,
            charged_back: Minor::ZERO,
            in_cash: Minor::ZERO,
            reference: None,
        });
    }

    pub(crate) fn apply_payment_requested(&mut self, event: &PaymentRequested) {
        self.transactions.add(PaymentTransaction {
            order_id: event.order,
            number: event.transaction,
            payment: event.payment,
            kind: event.kind,
            amount: event.amount,
            refund: event.refund,
            requested_at: event.at,
            state: TransactionState::Pending,
            resolved_at: None,
            reference: None,
            code: None,
        });
        if event.kind == TransactionKind::Authorize
            && let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment)
        {
            payment.state = PaymentState::Pending;
        }
        if let Some(refund) = self.refunds.edit_where(|refund| refund.number == event.refund) {
            refund.state = RefundState::Pending;
        }
    }

    pub(crate) fn apply_payment_authorized(&mut self, event: &PaymentAuthorized) {
        self.end_transaction(
            event.transaction,
            TransactionState::Succeeded,
            event.at,
            Outcome::Reference(event.reference.clone()),
        );
        if let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment) {
            payment.state = PaymentState::Succeeded;
            // A renewed authorization takes the place of the one before.
            payment.authorized = payment.received + event.amount;
            payment.expires_at = event.expires_at;
            payment.renew_at = event.renew_at;
            payment.reference = event.reference.clone();
        }
    }

    pub(crate) fn apply_money_received(&mut self, event: &MoneyReceived) {
        self.end_transaction(
            event.transaction,
            TransactionState::Succeeded,
            event.at,
            Outcome::Reference(event.reference.clone()),
        );
        if let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment) {
            payment.received += event.amount;
            if event.method == PaymentMethod::Cash {
                payment.in_cash += event.amount;
            }
            payment.state = PaymentState::Succeeded;
        }
        let head = self.head.edit();
        head.received += event.amount;
        head.applied += event.applied;
        head.deposit += event.amount - event.applied;
    }

    pub(crate) fn apply_authorization_ended(&mut self, event: &AuthorizationEnded) {
        self.end_transaction(event.transaction, TransactionState::Succeeded, event.at, Outcome::Reference(None));
        if let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment) {
            payment.authorized -= event.amount;
            payment.expires_at = None;
            payment.renew_at = None;
        }
    }

    pub(crate) fn apply_payment_failed(&mut self, event: &PaymentFailed) {
        self.end_transaction(event.transaction, TransactionState::Failed, event.at, Outcome::Code(event.code.clone()));
        match event.kind {
            TransactionKind::Authorize => {
                if let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment) {
                    // A renewal that fails leaves the authorization there is as it was.
                    let holds_money = payment.authorized.0 > 0;
                    payment.state = if holds_money { PaymentState::Succeeded } else { PaymentState::Failed };
                    payment.renew_at = None;
                }
            }
            TransactionKind::Refund => {
                let refund = self.transaction(event.transaction).map_or(0, |transaction| transaction.refund);
                if let Some(refund) = self.refunds.edit_where(|one| one.number == refund) {
                    refund.state = RefundState::Failed;
                    refund.ended_at = Some(event.at);
                }
            }
            TransactionKind::Capture | TransactionKind::Void => {}
        }
    }

    pub(crate) fn apply_payment_unknown(&mut self, event: &PaymentUnknown) {
        if let Some(transaction) = self.transactions.edit_where(|one| one.number == event.transaction) {
            transaction.state = TransactionState::Unknown;
        }
        let (kind, refund) =
            self.transaction(event.transaction).map_or((TransactionKind::Void, 0), |one| (one.kind, one.refund));
        if kind == TransactionKind::Authorize
            && let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment)
        {
            payment.state = PaymentState::Unknown;
        }
        if let Some(refund) = self.refunds.edit_where(|one| one.number == refund) {
            refund.state = RefundState::Unknown;
        }
    }

    pub(crate) fn apply_refund_granted(&mut self, event: &RefundGranted) {
        self.refunds.add(Refund {
            order_id: event.order,
            number: event.refund,
            payment: event.payment,
            amount: event.amount,
            credited: event.credited,
            reason: event.reason.clone(),
            return_number: event.return_number,
            granted_at: event.at,
            state: RefundState::Granted,
            ended_at: None,
        });
        if !event.credit.is_zero() {
            self.head.edit().recognized -= event.credit.total();
        }
    }

    pub(crate) fn apply_refund_succeeded(&mut self, event: &RefundSucceeded) {
        self.end_transaction(event.transaction, TransactionState::Succeeded, event.at, Outcome::Reference(None));
        if let Some(refund) = self.refunds.edit_where(|refund| refund.number == event.refund) {
            refund.state = RefundState::Succeeded;
            refund.ended_at = Some(event.at);
        }
        if let Some(payment) = self.payments.edit_where(|payment| payment.number == event.payment) {
            payment.refunded += event.amount;
            if event.method == PaymentMethod::Cash {
                payment.in_cash -= event.amount;
            }
        }
        let head = self.head.edit();
        head.refunded += event.amount;
        head.applied -= event.credited;
        head.deposit -= event.amount - event.credited;
    }
}

/// What the gateway added to its outcome.
enum Outcome {
    Reference(Option<String>),
    Code(String),
}
