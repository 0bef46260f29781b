//! What the system has to do next for an order by itself, as far as the order alone can say. Stored with the order, so that
//! a worker finds the few orders it has work with among millions; stock, channels and the clock are asked when it looks,
//! and the decision asks everything again.

use super::complete::open_matters;
use super::records::{DeliveryStatus, Lifecycle, Order, Step};
use crate::catalog::item::Supply;
use crate::payment::Payment;
use crate::payment::capture::{capturable, due};
use crate::time::Timestamp;

fn goes_on(order: &Order, step: Step) -> bool {
    order.head.lifecycle == Lifecycle::Confirmed && order.holds_blocking(step, None).is_empty()
}

/// Units wait for stock. An order under any hold does not take what others could have.
pub fn to_fill(order: &Order) -> bool {
    order.head.lifecycle == Lifecycle::Confirmed
        && order.head.holds_active == 0
        && order.lines.iter().any(|line| {
            matches!(line.supply, Supply::Stock | Supply::Untracked)
                && !(line.open.is_zero() && line.backordered.is_zero())
        })
}

/// Something is allocated and not handed to its location, or waits to be served or ordered from a supplier.
pub fn to_release(order: &Order) -> bool {
    let held = |line: u32| !order.holds_blocking(Step::Release, Some(line)).is_empty();
    goes_on(order, Step::Release)
        && (order.allocations.iter().any(|allocation| {
            allocation.fulfillment_order == 0 && !allocation.allocated.is_zero() && !held(allocation.line)
        }) || order.lines.iter().any(|line| {
            matches!(line.supply, Supply::Service | Supply::Dropship) && !line.open.is_zero() && !held(line.number)
        }))
}

/// Money is due that is authorized and not captured, and no call is under way that may change that.
pub fn to_capture(order: &Order) -> bool {
    let authorized = |payment: &Payment| capturable(order, payment).0 > 0;
    order.payments.iter().any(authorized)
        && goes_on(order, Step::Capture)
        && !order.transactions.iter().any(|one| one.is_open())
        && order.head.kept() < due(order)
}

/// Everything arrived and is paid. Where a parcel was lost or came back, a person decides.
pub fn to_complete(order: &Order) -> bool {
    matches!(order.head.delivery_status, DeliveryStatus::Delivered | DeliveryStatus::None)
        && order.lines.iter().all(|line| line.unshipped().is_zero())
        && goes_on(order, Step::Complete)
        && open_matters(order, order.price()).is_empty()
}

/// When the first authorization that holds money is to be renewed or, where it is not, expires.
pub fn authorization_due_at(order: &Order) -> Option<Timestamp> {
    if order.transactions.iter().any(|one| one.is_open()) {
        return None;
    }
    let ended = matches!(order.head.lifecycle, Lifecycle::Completed | Lifecycle::Cancelled);
    let renewed = |payment: &Payment| payment.renew_at.filter(|_| !ended).or(payment.expires_at);
    order.payments.iter().filter(|payment| payment.open_authorization().0 > 0).filter_map(renewed).min()
}
