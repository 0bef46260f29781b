//! The work of one location for one order: pick, pack, ship.

pub mod apply;
pub mod events;
pub mod hand_over;
pub mod pack;
pub mod pick;
pub mod ship;
pub mod supplier;

use crate::command::Stop;
use crate::ids::{FulfillmentOrderId, HoldId, LocationId, OrderId, ParcelId, TransactionId};
use crate::order::{Lifecycle, Order, OrderRefusal, Step};
use crate::quantity::Quantity;
use crate::time::Timestamp;
use crate::world::World;
use hand_over::Assignee;

codes! {
    /// How far the work is; read off the allocations it works on.
    pub enum FulfillmentState {
        Scheduled = "scheduled",
        Open = "open",
        OnHold = "on_hold",
        InProgress = "in_progress",
        Incomplete = "incomplete",
        Closed = "closed",
        Cancelled = "cancelled",
    }
}

/// The work of one location for one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfillmentOrder {
    pub order_id: OrderId,
    pub number: u32,
    pub location_id: LocationId,
    pub released_at: Timestamp,
    pub state: FulfillmentState,
    /// The order's, so that pick queues follow it.
    pub priority: i64,
    /// Whose it is: a role, a queue or the id of a principal.
    pub assignee: Option<String>,
}

impl FulfillmentOrder {
    pub fn id(&self) -> FulfillmentOrderId {
        FulfillmentOrderId::new(self.order_id, self.number)
    }
}

refusals! {
    /// Why work on a fulfillment order was not booked.
    pub enum FulfillmentRefusal in "fulfillment" {
        Unknown { fulfillment_order_id: FulfillmentOrderId } => "unknown", Never, "There is no fulfillment order {fulfillment_order_id}.", "Check the id.";
        NotOpen { fulfillment_order_id: FulfillmentOrderId, state: String } => "not_open", Never, "Fulfillment order {fulfillment_order_id} is {state}; only work that is open or in progress is somebody's.", "Nothing needs to be done.";
        AssigneeChanged { fulfillment_order_id: FulfillmentOrderId, expected: Assignee, found: Assignee } => "assignee_changed", AfterChange, "The request takes fulfillment order {fulfillment_order_id} from {expected}, and it is with {found} now.", "Name who has it now as the one it is taken from.";
        NothingNamed => "nothing_named", Never, "The request names nothing to do.", "Name at least one line.";
        NothingReady { fulfillment_order_id: FulfillmentOrderId, step: Step } => "nothing_ready", AfterChange, "Nothing of fulfillment order {fulfillment_order_id} is ready for this step: {step}.", "Pick before packing, and pack before shipping; the fulfillment order says what is left.";
        QuantityOutOfRange { path: String } => "quantity_out_of_range", Never, "The quantity at {path} is outside 1 to 1,000,000,000,000.", "Send a whole number of the item's smallest unit within that range.";
        ExceedsAllocated { line: u32, requested: Quantity, allocated: Quantity } => "exceeds_allocated", AfterChange, "{requested} units of line {line} were picked or reported short and {allocated} are to be picked.", "Pick no more than the fulfillment order asks for.";
        ExceedsPicked { line: u32, requested: Quantity, picked: Quantity } => "exceeds_picked", AfterChange, "{requested} units of line {line} were packed and {picked} are picked.", "Pick them first.";
        UnknownParcel { parcel_id: ParcelId } => "unknown_parcel", Never, "The fulfillment order has no parcel {parcel_id}.", "Pack a parcel first, or name one of its parcels.";
        ParcelNotPacked { parcel_id: ParcelId, state: String } => "parcel_not_packed", AfterChange, "Parcel {parcel_id} is {state}; only a packed parcel can ship.", "Pack a parcel, or name another one.";
        MissingTracking { parcel_id: ParcelId } => "missing_tracking", Never, "The tracking number of parcel {parcel_id} is blank or longer than 64 bytes.", "Send the carrier's number, or leave it out where there is none.";
        CapturePending { transaction_id: TransactionId } => "capture_pending", AfterChange, "The capture for what ships has not succeeded.", "Wait for the gateway, or let the channel ship on pending captures.";
        NotPaid { order_id: OrderId } => "not_paid", AfterChange, "What ships is neither paid nor authorized.", "Authorize another payment or record one; where the customer is to pay less, take it off with a discount.";
        ExceedsAtSupplier { line: u32, requested: Quantity, at_supplier: Quantity } => "exceeds_at_supplier", AfterChange, "{requested} units of line {line} were shipped by the supplier and {at_supplier} are there.", "Send no more than was asked of the supplier.";
    }
}

/// Refuses where holds on these lines block `step`, and names them all.
pub(crate) fn lines_free(order: &Order, step: Step, lines: impl Iterator<Item = u32>) -> Result<(), OrderRefusal> {
    let mut holds: Vec<HoldId> = lines.flat_map(|line| order.holds_blocking(step, Some(line))).collect();
    holds.sort_unstable();
    holds.dedup();
    if holds.is_empty() { Ok(()) } else { Err(OrderRefusal::Held { order_id: order.head.id, step, holds }) }
}

/// The order and the work asked for, where no hold blocks `step`.
pub(crate) fn work(world: &World, id: FulfillmentOrderId, step: Step) -> Result<(&Order, &FulfillmentOrder), Stop> {
    let unknown = FulfillmentRefusal::Unknown { fulfillment_order_id: id };
    let order = world.order(id.order_id).ok_or_else(|| unknown.clone())?;
    let work = order.fulfillment_order(id.number).ok_or(unknown)?;
    if order.head.lifecycle != Lifecycle::Confirmed {
        return Err(world.wrong_lifecycle(order, "confirmed").into());
    }
    let holds = order.holds_blocking(step, None);
    if !holds.is_empty() {
        return Err(OrderRefusal::Held { order_id: id.order_id, step, holds }.into());
    }
    Ok((order, work))
}
