//! What the auditor expects of single things, said in its own words.

use waybill_domain::command::Command;
use waybill_domain::ids::Id;

/// How far an order whose lines say this is; None where that depends on more than what has shipped.
pub const fn fulfillment(wanted: i64, shipped: i64) -> Option<&'static str> {
    match (shipped, shipped >= wanted) {
        (0, _) => None,
        (_, true) => Some("fulfilled"),
        (_, false) => Some("partially_fulfilled"),
    }
}

pub const fn returned(shipped: i64, returned: i64) -> &'static str {
    match (returned, returned == shipped) {
        (0, _) => "none",
        (_, true) => "returned",
        (_, false) => "partially_returned",
    }
}

/// Of an order with no call under way; None where no money came in yet.
pub fn payment(received: i64, back: i64, total: i64) -> Option<&'static str> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match (received, back) {
        (0, _) => None,
        (_, 1..) if back == received => Some("refunded"),
        (_, 1..) => Some("partially_refunded"),
        _ => Some(match received.cmp(&total) {
            Less => "partially_paid",
            Equal => "paid",
            Greater => "overpaid",
        }),
    }
}

/// Which operation a worker's event came from: `renew_authorizations payment.expired`.
pub fn operation_of(work: &str) -> Option<&'static str> {
    let (worker, event) = work.split_once(' ')?;
    Some(match (worker, event) {
        ("expire_reservations", _) => "reservation.expire",
        ("expire_orders" | "abandoned_orders", _) => "order.expire_reservation",
        ("capture", _) => "payment.capture_due",
        ("renew_authorizations", "payment.requested") => "payment.renew",
        ("renew_authorizations", "payment.expired") => "payment.expire",
        ("fill_backorders", _) => "order.allocate",
        ("release", _) => "order.release",
        ("complete", "order.completed") => "order.complete",
        ("overdue_holds", _) => "hold.release_stock",
        _ => return None,
    })
}

/// The rows about people that a command brings.
pub fn personal_ids(command: &Command) -> Vec<Id> {
    match command {
        Command::PlaceOrder(order) => {
            let tokens = order.payments.iter().filter_map(|payment| payment.token.as_ref());
            let (party, address) = (order.party.as_ref(), order.ship_to.as_ref());
            let people = party.map(|party| party.id.0).into_iter().chain(address.map(|address| address.id.0));
            people.chain(tokens.map(|token| token.id.0)).collect()
        }
        Command::PutCustomer(customer) => customer.party.as_ref().map(|party| party.id.0).into_iter().collect(),
        Command::AddCustomerNote(note) => vec![note.note.id.0],
        Command::InviteUser(invitation) => vec![invitation.party.id.0],
        Command::ChangeUser(change) => change.party.as_ref().map(|party| party.id.0).into_iter().collect(),
        Command::AuthorizePayment(payment) => vec![payment.token.id.0],
        Command::AddNote(note) => vec![note.note.id.0],
        _ => Vec::new(),
    }
}
