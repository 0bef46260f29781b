//! Orders: a customer's demand, prices frozen at placing.
//!
//! The order is the root of everything that happens for it: lines, charges, allocations, holds, payments, fulfillment
//! orders, parcels, shipments, returns and refunds. Whoever changes any of them holds the order's root row.

pub mod allocate;
pub mod apply;
pub mod axes;
pub mod cancel;
pub mod charge;
pub mod complete;
pub mod confirm;
pub mod costs;
pub mod events;
pub mod hold;
pub mod money;
pub mod note;
pub mod place;
pub mod priority;
pub mod records;
pub mod release;
pub mod reservation;
pub mod to_do;

pub use records::*;

use crate::ids::{HoldId, LineId, OrderId, ReservationId};
use crate::money::Amount;
use crate::quantity::Quantity;
use crate::refusal::Problem;
use crate::stock::reservation::ReservationState;
use serde::{Deserialize, Serialize};

/// The readable number of an order, shown as `W-100001`. Leased in blocks, so gaps are normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderNumber(pub i64);

impl std::fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "W-{}", self.0)
    }
}

impl std::str::FromStr for OrderNumber {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix("W-")
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| "expected an order number such as W-100001".into())
    }
}

refusals! {
    /// Why an order command was not carried out.
    pub enum OrderRefusal in "order" {
        Invalid { problems: Vec<Problem> } => "invalid", AfterChange, "The order has problems.", "Correct every problem listed and send it again.";
        DuplicateExternalRef { external_ref: String, order_id: OrderId } => "duplicate_external_ref", Never, "This channel already has an order with the reference {external_ref}: {order_id}.", "Use that order, or send another reference.";
        ChargeWrongSign { kind: ChargeKind, amount: Amount, tax: Amount } => "charge_wrong_sign", Never, "A charge of kind {kind} cannot be {amount} with {tax} of tax.", "Send a discount with amounts of 0 or less, and every other kind with amounts of 0 or more.";
        TotalBelowZero { total: Amount } => "total_below_zero", Never, "The order would cost {total}.", "Take off no more than the lines and the other charges cost; give money back with a refund. To cancel part of an order with a large discount, take the discount back first with a charge, or cancel the whole order.";
        UnknownReservation { reservation_id: ReservationId } => "unknown_reservation", Never, "There is no reservation {reservation_id} that this order can take.", "Correct the id, or leave the reservation out.";
        ReservationEnded { reservation_id: ReservationId, state: ReservationState } => "reservation_ended", Never, "Reservation {reservation_id} is {state} and keeps no stock.", "Reserve again, or leave it out: what is available is promised all the same.";
        ReservationNotWanted { reservation_id: ReservationId } => "reservation_not_wanted", Never, "No line of the order wants the item of reservation {reservation_id}.", "Leave the reservation out, or order its item.";
        Unknown { order_id: OrderId } => "unknown", Never, "There is no order {order_id}.", "Check the id.";
        UnknownLine { line_id: LineId } => "unknown_line", Never, "The order has no line {line_id}.", "Read the order and use one of its lines.";
        UnknownHold { hold_id: HoldId } => "unknown_hold", Never, "The order has no hold {hold_id}.", "Read the order and use one of its holds.";
        HoldEnded { hold_id: HoldId, state: String } => "hold_ended", Never, "The hold is {state} already.", "Nothing needs to be done.";
        NoStepsBlocked => "no_steps_blocked", Never, "A hold must block at least one step.", "Name the steps it blocks.";
        ExceedsOpenQuantity { line_id: LineId, requested: Quantity, open: Quantity } => "exceeds_open_quantity", AfterChange, "{requested} units were asked for and {open} have not shipped or been cancelled.", "Ask for no more than that; shipped units are returned instead.";
        LineEnded { line_id: LineId } => "line_ended", Never, "Nothing of line {line_id} is left to cancel: all of it has shipped or was cancelled.", "Return shipped units instead.";
        QuantityOutOfRange { path: String } => "quantity_out_of_range", Never, "The quantity at {path} is outside 1 to 1,000,000,000,000.", "Send a whole number of the item's smallest unit within that range.";
        WrongLifecycle { order_id: OrderId, lifecycle: Lifecycle, needs: String } => "wrong_lifecycle", AfterChange, "The order is {lifecycle}; this needs it {needs}.", "Read the order and take the step that fits its state.";
        StaleVersion { order_id: OrderId, expected: i64, found: i64 } => "stale_version", AfterChange, "The order is at version {found}, the request was made for version {expected}.", "Read the order again and decide on what is there now.";
        Held { order_id: OrderId, step: Step, holds: Vec<HoldId> } => "held", AfterChange, "A hold blocks {step}.", "Release the holds named, or wait until they are.";
        NotPaid { order_id: OrderId } => "not_paid", AfterChange, "The order is not paid as its channel requires.", "Record or authorize the payment first.";
        NothingToRelease { order_id: OrderId } => "nothing_to_release", AfterChange, "Nothing of the order is allocated and waiting for release.", "Allocate stock first, or wait for the backorder.";
        NothingToAllocate { order_id: OrderId } => "nothing_to_allocate", AfterChange, "No unit of the order waits for stock, or none is available.", "Receive stock or wait.";
        NotFinished { order_id: OrderId, open: Vec<String> } => "not_finished", AfterChange, "The order cannot be completed yet.", "Finish what is listed under open.";
        ShippedAlready { order_id: OrderId } => "shipped_already", Never, "Parts of the order have shipped.", "Cancel the lines that have not shipped, and return the others.";
        NothingToCancel { order_id: OrderId } => "nothing_to_cancel", Never, "Nothing of the order is left to cancel.", "Return shipped units instead.";
        NotYetExpired { order_id: OrderId } => "not_yet_expired", AfterChange, "The order's reservation has not expired.", "Wait until its expiry.";
        NothingReserved { order_id: OrderId } => "nothing_reserved", Never, "The order has no reserved stock.", "Nothing needs to be done.";
    }
}
