//! Everything one can do to an order here: each act with its address, its words, and whether the rules allow it now.

use super::ask;
use super::obstacle::obstacle;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::WebState;
use waybill_domain::order::{HoldState, Lifecycle, OrderNumber};
use waybill_domain::payment::PaymentMethod;
use waybill_engine::Submission;
use waybill_store::read::order::OrderDetail;

/// Something to do to an order, or to a numbered part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Submit,
    Confirm,
    Allocate,
    Release,
    Complete,
    Cancel,
    Hold,
    Charge,
    Pay,
    Refund,
    ShipFromSupplier,
    Return,
    Note,
    CancelLine(u32),
    HoldLine(u32),
    ReleaseHold(u32),
    RejectHold(u32),
    HandOver(u32),
    Capture(u32),
    Void(u32),
}

/// What can be done to the order as a whole, in the order of a menu.
const WHOLE: &[Act] = &[
    Act::Submit,
    Act::Confirm,
    Act::Allocate,
    Act::Release,
    Act::ShipFromSupplier,
    Act::Complete,
    Act::Hold,
    Act::Charge,
    Act::Pay,
    Act::Refund,
    Act::Return,
    Act::Note,
    Act::Cancel,
];

/// Lines whose menus are asked about; of a longer order, the others can be cancelled only through the API.
const LINES_MAX: usize = 200;

impl Act {
    /// As it stands in an address: the act, and the number of the part it is about.
    pub fn read(slug: &str, part: Option<u32>) -> Option<Self> {
        Some(match (slug, part) {
            ("submit", None) => Self::Submit,
            ("confirm", None) => Self::Confirm,
            ("allocate", None) => Self::Allocate,
            ("release", None) => Self::Release,
            ("complete", None) => Self::Complete,
            ("cancel", None) => Self::Cancel,
            ("hold", None) => Self::Hold,
            ("charge", None) => Self::Charge,
            ("pay", None) => Self::Pay,
            ("refund", None) => Self::Refund,
            ("supplier-shipment", None) => Self::ShipFromSupplier,
            ("return", None) => Self::Return,
            ("note", None) => Self::Note,
            ("cancel-line", Some(line)) => Self::CancelLine(line),
            ("hold-line", Some(line)) => Self::HoldLine(line),
            ("release-hold", Some(hold)) => Self::ReleaseHold(hold),
            ("reject-hold", Some(hold)) => Self::RejectHold(hold),
            ("hand-over", Some(hold)) => Self::HandOver(hold),
            ("capture", Some(payment)) => Self::Capture(payment),
            ("void", Some(payment)) => Self::Void(payment),
            _ => return None,
        })
    }

    const fn slug(self) -> (&'static str, Option<u32>) {
        match self {
            Self::Submit => ("submit", None),
            Self::Confirm => ("confirm", None),
            Self::Allocate => ("allocate", None),
            Self::Release => ("release", None),
            Self::Complete => ("complete", None),
            Self::Cancel => ("cancel", None),
            Self::Hold => ("hold", None),
            Self::Charge => ("charge", None),
            Self::Pay => ("pay", None),
            Self::Refund => ("refund", None),
            Self::ShipFromSupplier => ("supplier-shipment", None),
            Self::Return => ("return", None),
            Self::Note => ("note", None),
            Self::CancelLine(line) => ("cancel-line", Some(line)),
            Self::HoldLine(line) => ("hold-line", Some(line)),
            Self::ReleaseHold(hold) => ("release-hold", Some(hold)),
            Self::RejectHold(hold) => ("reject-hold", Some(hold)),
            Self::HandOver(hold) => ("hand-over", Some(hold)),
            Self::Capture(payment) => ("capture", Some(payment)),
            Self::Void(payment) => ("void", Some(payment)),
        }
    }

    /// Whether the order has the line, hold or payment that this is about.
    pub fn has_its_part(self, detail: &OrderDetail) -> bool {
        match self {
            Self::CancelLine(number) | Self::HoldLine(number) => {
                detail.lines.iter().any(|(line, _)| line.number == number)
            }
            Self::ReleaseHold(number) | Self::RejectHold(number) | Self::HandOver(number) => {
                detail.holds.iter().any(|(hold, _)| hold.number == number)
            }
            Self::Capture(number) | Self::Void(number) => {
                detail.payments.iter().any(|payment| payment.number == number)
            }
            Self::Submit
            | Self::Confirm
            | Self::Allocate
            | Self::Release
            | Self::Complete
            | Self::Cancel
            | Self::Hold
            | Self::Charge
            | Self::Pay
            | Self::Refund
            | Self::ShipFromSupplier
            | Self::Return
            | Self::Note => true,
        }
    }

    pub fn path(self, number: OrderNumber) -> String {
        match self.slug() {
            (slug, Some(part)) => format!("/orders/{number}/{slug}/{part}"),
            (slug, None) => format!("/orders/{number}/{slug}"),
        }
    }

    /// In a menu or on a button.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Submit => "Place the draft",
            Self::Confirm => "Confirm",
            Self::Allocate => "Allocate stock",
            Self::Release => "Release to the floor",
            Self::Complete => "Complete",
            Self::Cancel => "Cancel the order",
            Self::Hold => "Put on hold",
            Self::Charge => "Add a charge",
            Self::Pay => "Record a payment",
            Self::Refund => "Refund",
            Self::ShipFromSupplier => "Shipped by the supplier",
            Self::Return => "Receive a return",
            Self::Note => "Write a note",
            Self::CancelLine(_) => "Cancel units",
            Self::HoldLine(_) => "Hold this line",
            Self::ReleaseHold(_) => "Release",
            Self::RejectHold(_) => "Reject",
            Self::HandOver(_) => "Hand over",
            Self::Capture(_) => "Capture",
            Self::Void(_) => "Void",
        }
    }

    /// Whether it is about the order as a whole.
    pub const fn is_about_all(self) -> bool {
        self.slug().1.is_none()
    }

    /// The key that begins it, where it has one.
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Self::ReleaseHold(_) => Some("r"),
            Self::RejectHold(_) => Some("b"),
            Self::HandOver(_) => Some("h"),
            _ => None,
        }
    }

    /// Whether it takes something away for good.
    pub const fn is_danger(self) -> bool {
        matches!(self, Self::Cancel | Self::CancelLine(_) | Self::RejectHold(_) | Self::Void(_))
    }
}

/// An act as the page offers it.
#[derive(Clone, Debug)]
pub struct Offer {
    pub act: Act,
    pub path: String,
    pub words: &'static str,
    /// Why the rules forbid it now; None where they allow it.
    pub obstacle: Option<String>,
}

impl Offer {
    pub const fn is_danger(&self) -> bool {
        self.act.is_danger()
    }

    pub const fn key(&self) -> Option<&'static str> {
        self.act.key()
    }

    /// The one thing to do about a hold.
    pub const fn is_main(&self) -> bool {
        matches!(self.act, Act::ReleaseHold(_))
    }
}

/// Every act that could be about this order, judged by the rules as it stands. What the caller may not do at all is left
/// out.
///
/// # Errors
/// Where the store does not answer.
pub async fn offers(state: &WebState, caller: &Caller, detail: &OrderDetail) -> Result<Vec<Offer>, Problem> {
    let mut acts: Vec<Act> = WHOLE.to_vec();
    if detail.head.lifecycle != Lifecycle::Draft {
        acts.retain(|act| *act != Act::Submit);
    }
    if detail.lines.iter().all(|(line, _)| line.supply != waybill_domain::catalog::item::Supply::Dropship) {
        acts.retain(|act| *act != Act::ShipFromSupplier);
    }
    acts.extend(detail.lines.iter().take(LINES_MAX).map(|(line, _)| Act::CancelLine(line.number)));
    for (hold, _) in detail.holds.iter().filter(|(hold, _)| hold.state == HoldState::Active) {
        acts.extend([Act::ReleaseHold(hold.number), Act::RejectHold(hold.number), Act::HandOver(hold.number)]);
    }
    for payment in detail.payments.iter().filter(|payment| payment.method == PaymentMethod::Card) {
        acts.extend([Act::Capture(payment.number), Act::Void(payment.number)]);
    }
    let offers = judged(state, caller, detail, acts).await?;
    // What can be done stands before what cannot.
    let (possible, forbidden): (Vec<Offer>, Vec<Offer>) = offers.into_iter().partition(|one| one.obstacle.is_none());
    Ok(possible.into_iter().chain(forbidden).collect())
}

/// What can be done about one active hold.
///
/// # Errors
/// Where the store does not answer.
pub async fn offers_of_hold(
    state: &WebState,
    caller: &Caller,
    detail: &OrderDetail,
    hold: u32,
) -> Result<Vec<Offer>, Problem> {
    let acts = vec![Act::ReleaseHold(hold), Act::RejectHold(hold), Act::HandOver(hold)];
    judged(state, caller, detail, acts).await
}

async fn judged(
    state: &WebState,
    caller: &Caller,
    detail: &OrderDetail,
    acts: Vec<Act>,
) -> Result<Vec<Offer>, Problem> {
    let ids = state.engine().ids();
    let asked = acts.iter().filter_map(|act| Some((*act, ask::typical(*act, detail, caller, ids)?)));
    let (acts, commands): (Vec<Act>, Vec<_>) = asked.unzip();
    let submissions = commands.into_iter().map(|command| Submission::new(command, caller.actor.clone(), ids));
    let verdicts = state.engine().judge(submissions.collect()).await?;
    let offer = |(act, refusal): (Act, Option<Box<waybill_domain::refusal::Refusal>>)| {
        let forbidden = refusal.as_ref().is_some_and(|refusal| refusal.code.ends_with(".not_permitted"));
        (!forbidden).then(|| Offer {
            act,
            path: act.path(detail.head.number),
            words: act.words(),
            obstacle: refusal.and_then(|refusal| obstacle(act, &refusal, detail)),
        })
    };
    Ok(acts.into_iter().zip(verdicts).filter_map(offer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_found_again_by_its_address() {
        let parts = [
            Act::CancelLine(3),
            Act::HoldLine(3),
            Act::ReleaseHold(3),
            Act::RejectHold(3),
            Act::HandOver(3),
            Act::Capture(3),
            Act::Void(3),
        ];
        for act in WHOLE.iter().copied().chain(parts) {
            let (slug, part) = act.slug();
            assert_eq!(Act::read(slug, part), Some(act));
        }
        assert_eq!(Act::CancelLine(3).path(OrderNumber(7)), "/orders/W-7/cancel-line/3");
        assert_eq!(Act::read("cancel-line", None), None);
    }
}
