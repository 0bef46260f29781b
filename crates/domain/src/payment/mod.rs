//! Payments: instruments, and the transactions on them.
//!
//! A card is moved through a gateway in two commits: an intent (`pending`) is committed, the gateway is called with
//! the transaction's id as its key, and the outcome is committed. `unknown` is an answer; a janitor asks again.

pub mod apply;
pub mod authorization;
pub mod capture;
pub mod events;
pub mod outcome;
pub mod receive;
pub mod records;
pub mod refund;

pub use records::*;

use crate::ids::{OrderId, PaymentId, TransactionId};
use crate::money::Amount;

refusals! {
    /// Why a payment command was not carried out.
    pub enum PaymentRefusal in "payment" {
        Unknown { payment_id: PaymentId } => "unknown", Never, "The order has no payment {payment_id}.", "Read the order and use one of its payments.";
        UnknownTransaction { transaction_id: TransactionId } => "unknown_transaction", Never, "There is no transaction {transaction_id}.", "Check the id.";
        AlreadyResolved { transaction_id: TransactionId, state: TransactionState } => "already_resolved", Never, "The transaction has {state} already.", "Nothing needs to be done.";
        AmountOutOfRange => "amount_out_of_range", Never, "The amount is outside 1 to 10,000,000,000,000 minor units.", "Send a whole number of minor units within that range.";
        ExceedsAuthorized { payment_id: PaymentId, requested: Amount, authorized: Amount } => "exceeds_authorized", AfterChange, "{requested} was asked for and {authorized} is authorized and not yet captured.", "Capture no more than that, or authorize again.";
        NothingAuthorized { order_id: OrderId } => "nothing_authorized", AfterChange, "The order holds no authorization to use.", "Authorize a payment first.";
        ExceedsReceived { order_id: OrderId, requested: Amount, refundable: Amount } => "exceeds_received", AfterChange, "{requested} was asked for and {refundable} was received and not refunded.", "Refund no more than that.";
        WrongMethod { payment_id: PaymentId, method: PaymentMethod } => "wrong_method", Never, "Payment {payment_id} is {method}; this needs another method.", "Choose a payment whose method fits.";
        MethodNotRecorded { method: PaymentMethod } => "method_not_recorded", Never, "Money that came in is recorded as a transfer or as cash, not as {method}.", "Send the method by which the money came, also for an order on terms; a card is authorized with its token.";
        InFlight { transaction_id: TransactionId } => "in_flight", AfterChange, "Transaction {transaction_id} on this payment has no outcome yet.", "Wait for its outcome; the janitor asks the gateway.";
        NotYetExpired { payment_id: PaymentId } => "not_yet_expired", AfterChange, "The authorization has not expired.", "Wait until its expiry or void it.";
        RenewalFailed { payment_id: PaymentId } => "renewal_failed", AfterChange, "The gateway has refused to renew this authorization.", "Ship before it expires, or authorize another payment.";
        NotDueForRenewal { payment_id: PaymentId } => "not_due_for_renewal", AfterChange, "The authorization has long enough to go.", "Wait; it is renewed by itself before it expires.";
        NothingDue { order_id: OrderId } => "nothing_due", AfterChange, "Nothing that is authorized is due to be captured.", "Ship first, or authorize a payment.";
        OrderEnded { order_id: OrderId } => "order_ended", Never, "The order is cancelled.", "Refund what was received instead.";
    }
}
