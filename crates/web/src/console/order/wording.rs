//! How each act is asked for and said to be done, in words.

use super::super::look;
use super::super::owners::Owners;
use super::super::status;
use super::act::Act;
use waybill_domain::command::Command;
use waybill_domain::money::Minor;
use waybill_domain::order::OrderLine;
use waybill_domain::quantity::Quantity;
use waybill_store::read::order::OrderDetail;

/// The words of a dialog.
#[derive(Clone, Debug)]
pub struct Words {
    /// The question.
    pub title: String,
    /// On the harmless button.
    pub keep: &'static str,
    /// On the button that does it: verb and amount.
    pub does: String,
    /// When it is done.
    pub said: String,
}

/// How it is asked for, with the amounts that were typed.
pub fn wording(
    act: Act,
    detail: &OrderDetail,
    command: Option<&Command>,
    names: &dyn Fn(&OrderLine) -> String,
    owners: &Owners,
) -> Words {
    let number = detail.head.number;
    let money = |amount| look::money(amount, detail.head.currency);
    let words =
        |title: String, keep: &'static str, does: &str, said: String| Words { title, keep, does: does.into(), said };
    let hold_name = |part: u32| {
        let hold = detail.holds.iter().find(|(hold, _)| hold.number == part);
        hold.map_or("hold", |(hold, _)| status::hold_words(hold.kind))
    };
    match (act, command) {
        (Act::Submit, _) => {
            words(format!("Place the draft {number}?"), "Keep the draft", "Place order", format!("Placed {number}"))
        }
        (Act::Confirm, _) => words(format!("Confirm {number}?"), "Not now", "Confirm", format!("Confirmed {number}")),
        (Act::Allocate, _) => {
            words(format!("Allocate stock to {number}?"), "Not now", "Allocate", format!("Allocated stock to {number}"))
        }
        (Act::Release, _) => words(
            format!("Release {number} to the floor?"),
            "Not now",
            "Release",
            format!("Released {number} to the floor"),
        ),
        (Act::Complete, _) => {
            words(format!("Complete {number}?"), "Not now", "Complete", format!("Completed {number}"))
        }
        (Act::Cancel, _) => {
            words(format!("Cancel {number}?"), "Keep the order", "Cancel the order", format!("Cancelled {number}"))
        }
        (Act::CancelLine(line), command) => {
            let line = detail.lines.iter().find(|(one, _)| one.number == line).map(|(line, _)| line);
            let (name, precision) =
                line.map_or_else(|| ("the line".to_owned(), 0), |line| (names(line), line.precision));
            let open = line.map_or(Quantity::ZERO, OrderLine::unshipped);
            let asked = match command {
                Some(Command::CancelLine(command)) => command.quantity.unwrap_or(open),
                _ => open,
            };
            let units = look::quantity(asked, precision);
            let plural = if units == "1" { "1 unit".to_owned() } else { format!("{units} units") };
            words(
                format!("Cancel {units} of {name}?"),
                "Keep the line",
                &format!("Cancel {plural}"),
                format!("Cancelled {plural} of {name}"),
            )
        }
        (Act::Hold, _) => {
            words(format!("Put {number} on hold?"), "No hold", "Put on hold", format!("Put a hold on {number}"))
        }
        (Act::HoldLine(line), _) => words(
            format!("Put line {line} of {number} on hold?"),
            "No hold",
            "Hold the line",
            format!("Put a hold on line {line} of {number}"),
        ),
        (Act::ReleaseHold(hold), _) => words(
            format!("Release the hold on {number}?"),
            "Keep the hold",
            "Release",
            format!("Hold released on {number}: {}", hold_name(hold)),
        ),
        (Act::RejectHold(hold), _) => words(
            format!("Reject the hold on {number} and cancel what it is about?"),
            "Keep the order",
            "Reject and cancel",
            format!("Hold rejected on {number}: {}", hold_name(hold)),
        ),
        (Act::HandOver(_), command) => {
            let owner = match command {
                Some(Command::HandOverHold(command)) => command.owner.as_deref(),
                _ => None,
            };
            let to = owners.name(owner);
            words(
                format!("Who looks at the hold on {number}?"),
                "Leave it",
                "Hand over",
                format!("Hold on {number} handed to {to}"),
            )
        }
        (Act::Charge, Some(Command::AddCharge(charge))) => {
            let amount = money(charge.amount + charge.tax);
            words(
                format!("Add {amount} to {number}?"),
                "No charge",
                &format!("Add {amount}"),
                format!("Added {amount} to {number}"),
            )
        }
        (Act::Charge, _) => words(format!("Add a charge to {number}?"), "No charge", "Add the charge", String::new()),
        (Act::Pay, Some(Command::RecordPayment(payment))) => {
            let amount = money(payment.amount);
            words(
                format!("Record {amount} for {number}?"),
                "Record nothing",
                &format!("Record {amount}"),
                format!("Recorded {amount} for {number}"),
            )
        }
        (Act::Pay, _) => words(format!("Record a payment for {number}?"), "Record nothing", "Record", String::new()),
        (Act::Refund, Some(Command::GrantRefund(refund))) => {
            let amount = money(refund.amount);
            words(
                format!("Refund {amount} of {number}?"),
                "No refund",
                &format!("Refund {amount}"),
                format!("Refunded {amount} of {number}"),
            )
        }
        (Act::Refund, _) => words(format!("Refund on {number}?"), "No refund", "Refund", String::new()),
        (Act::Capture(_), None) => words(format!("Capture on {number}?"), "Not now", "Capture", String::new()),
        (Act::Capture(payment), command) => {
            let open = detail
                .payments
                .iter()
                .find(|one| one.number == payment)
                .map_or(Minor::ZERO, |one| one.open_authorization());
            let amount = match command {
                Some(Command::CapturePayment(capture)) => money(capture.amount.unwrap_or(open)),
                _ => money(open),
            };
            words(
                format!("Capture {amount} of {number}?"),
                "Not now",
                &format!("Capture {amount}"),
                format!("Asked for the capture of {amount}"),
            )
        }
        (Act::Void(payment), _) => {
            let open = detail
                .payments
                .iter()
                .find(|one| one.number == payment)
                .map_or(Minor::ZERO, |one| one.open_authorization());
            let amount = money(open);
            words(
                format!("Void {amount} authorized for {number}?"),
                "Keep it",
                &format!("Void {amount}"),
                format!("Asked for the void of {amount}"),
            )
        }
        (Act::ShipFromSupplier, _) => words(
            format!("Has the supplier shipped these units of {number}?"),
            "Not yet",
            "Book as shipped",
            format!("Booked what the supplier shipped for {number}"),
        ),
        (Act::Return, _) => words(
            format!("Receive a return of {number}?"),
            "Not now",
            "Receive",
            format!("Received a return of {number}"),
        ),
        (Act::Note, _) => {
            words(format!("Write a note on {number}"), "No note", "Add the note", format!("Noted on {number}"))
        }
    }
}
