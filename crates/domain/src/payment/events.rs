//! What happened to an order's money.

use super::records::{PaymentMethod, TransactionKind, TransactionState};
use crate::ids::{OrderId, TextId};
use crate::money::Minor;
use crate::order::money::Bill;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// `payment.added`: another instrument for an order that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentAdded {
    pub order: OrderId,
    pub payment: u32,
    pub method: PaymentMethod,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TextId>,
}

/// `payment.requested`: the gateway will be asked; the transaction is pending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRequested {
    pub order: OrderId,
    pub transaction: u32,
    pub payment: u32,
    pub kind: TransactionKind,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refund: u32,
    pub at: Timestamp,
}

/// `payment.authorized`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentAuthorized {
    pub order: OrderId,
    pub payment: u32,
    pub transaction: u32,
    pub amount: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub at: Timestamp,
}

/// `payment.captured` (transaction set) and `payment.received` (money by transfer or in cash): money came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyReceived {
    pub order: OrderId,
    pub payment: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub transaction: u32,
    pub method: PaymentMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    pub amount: Minor,
    /// How much of it pays what was billed; the rest is a deposit.
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub applied: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub at: Timestamp,
}

/// `payment.voided` and `payment.expired`: an authorization ended without being captured in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationEnded {
    pub order: OrderId,
    pub payment: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub transaction: u32,
    pub amount: Minor,
    pub at: Timestamp,
}

/// `payment.failed`: the gateway said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFailed {
    pub order: OrderId,
    pub payment: u32,
    pub transaction: u32,
    pub kind: TransactionKind,
    pub code: String,
    pub at: Timestamp,
}

/// `payment.unknown`: no answer, or none that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentUnknown {
    pub order: OrderId,
    pub payment: u32,
    pub transaction: u32,
}

/// `payment.resolved`: what was unknown is known; the outcome is the next event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentResolved {
    pub order: OrderId,
    pub transaction: u32,
    pub state: TransactionState,
}

/// `refund.granted`: money will be given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundGranted {
    pub order: OrderId,
    pub refund: u32,
    pub payment: u32,
    pub amount: Minor,
    /// How much of it gives back what had paid bills; the rest comes from deposits.
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub credited: Minor,
    /// Goodwill: what is taken back of the bills by this grant itself, as amounts above zero.
    #[serde(default, skip_serializing_if = "Bill::is_zero")]
    pub credit: Bill,
    pub reason: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub return_number: u32,
    pub at: Timestamp,
}

/// `refund.succeeded`: the money is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSucceeded {
    pub order: OrderId,
    pub refund: u32,
    pub payment: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub transaction: u32,
    pub method: PaymentMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    pub amount: Minor,
    /// How much of it gives back what had paid bills; the rest comes from deposits.
    #[serde(default, skip_serializing_if = "Minor::is_zero_ref")]
    pub credited: Minor,
    pub at: Timestamp,
}
