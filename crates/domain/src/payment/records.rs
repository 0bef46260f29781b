//! The records of payments.

use crate::ids::{OrderId, PaymentId, TextId, TransactionId};
use crate::money::Minor;
use crate::time::Timestamp;

codes! {
    pub enum PaymentMethod {
        /// Through a gateway: authorized, captured when goods ship.
        Card = "card",
        /// The customer sends money to the bank before goods ship.
        Transfer = "transfer",
        /// On delivery or at the counter.
        Cash = "cash",
        /// Goods first, invoice later.
        Terms = "terms",
    }

    pub enum PaymentState {
        Created = "created",
        Pending = "pending",
        Succeeded = "succeeded",
        Failed = "failed",
        Unknown = "unknown",
    }

    pub enum TransactionKind {
        Authorize = "authorize",
        Capture = "capture",
        Void = "void",
        Refund = "refund",
    }

    pub enum TransactionState {
        Pending = "pending",
        Succeeded = "succeeded",
        Failed = "failed",
        Unknown = "unknown",
    }

    pub enum RefundState {
        Granted = "granted",
        Pending = "pending",
        Succeeded = "succeeded",
        Failed = "failed",
        Unknown = "unknown",
    }
}

/// One instrument that pays (part of) an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub order_id: OrderId,
    pub number: u32,
    pub method: PaymentMethod,
    /// Which gateway moves it; None where none does.
    pub gateway: Option<String>,
    /// Where the gateway's token for the instrument is kept.
    pub token: Option<TextId>,
    /// What it is to pay.
    pub amount: Minor,
    pub state: PaymentState,
    /// Authorized and neither voided nor expired; what was captured of it included.
    pub authorized: Minor,
    pub expires_at: Option<Timestamp>,
    /// When the gateway is to be asked for a new authorization; None where it is not, or has refused.
    pub renew_at: Option<Timestamp>,
    /// Captured, or received by transfer or in cash.
    pub received: Minor,
    pub refunded: Minor,
    pub charged_back: Minor,
    /// Of what was received and not refunded, what came in cash: an invoice may be settled so.
    pub in_cash: Minor,
    /// The gateway's or bank's own reference.
    pub reference: Option<String>,
}

impl Payment {
    pub fn id(&self) -> PaymentId {
        PaymentId::new(self.order_id, self.number)
    }

    /// Authorized and not captured. Methods without authorization have none.
    pub fn open_authorization(&self) -> Minor {
        match self.method {
            PaymentMethod::Card => self.authorized - self.received,
            PaymentMethod::Transfer | PaymentMethod::Cash | PaymentMethod::Terms => Minor::ZERO,
        }
    }

    /// Whether a card's authorization is over and nothing was taken by it: it was voided, or it expired.
    pub fn is_let_go(&self) -> bool {
        let was_authorized = self.method == PaymentMethod::Card && self.state == PaymentState::Succeeded;
        was_authorized && self.authorized.is_zero() && self.received.is_zero()
    }
}

/// One authorize, capture, void or refund sent to a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTransaction {
    pub order_id: OrderId,
    pub number: u32,
    pub payment: u32,
    pub kind: TransactionKind,
    pub amount: Minor,
    /// The refund it moves; 0 for others.
    pub refund: u32,
    pub requested_at: Timestamp,
    pub state: TransactionState,
    pub resolved_at: Option<Timestamp>,
    pub reference: Option<String>,
    /// The gateway's reason for a failure.
    pub code: Option<String>,
}

impl PaymentTransaction {
    /// Also the key under which the gateway knows the call.
    pub fn id(&self) -> TransactionId {
        TransactionId::new(self.order_id, self.number)
    }

    /// Has no final outcome yet.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, TransactionState::Pending | TransactionState::Unknown)
    }
}

/// Money granted back: a decision; moving it is a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub order_id: OrderId,
    pub number: u32,
    pub payment: u32,
    pub amount: Minor,
    /// How much of it gives back what had paid bills; the rest comes from deposits.
    pub credited: Minor,
    pub reason: String,
    /// The return it belongs to; 0 for none.
    pub return_number: u32,
    pub granted_at: Timestamp,
    pub state: RefundState,
    pub ended_at: Option<Timestamp>,
}
