//! The status language: the shape says the family, the word is the API's, and color is spent where a person is needed.

use super::html::{Html, shape};
use waybill_domain::Code;
use waybill_domain::order::{
    DeliveryStatus, FulfillmentStatus, HoldKind, Lifecycle, PaymentStatus, ReturnStatus, Step,
};
use waybill_domain::payment::{PaymentState, RefundState};
use waybill_domain::shipping::ParcelState;

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    /// A shape of the sprite.
    shape: &'static str,
    /// A tone of the style sheet: `moving`, `done`, `wait`, `bad`, `held`, `none`, `off` or nothing, with `ask` where a
    /// person is needed.
    tone: &'static str,
}

const fn look(shape: &'static str, tone: &'static str) -> Look {
    Look { shape, tone }
}

/// A code as words: `in_transit` is "In transit".
pub fn words(code: &str) -> String {
    let mut text = code.replace('_', " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn shown(look: Look, code: &str) -> Html {
    shown_as(look, &words(code))
}

fn shown_as(look: Look, words: &str) -> Html {
    let Look { shape: name, tone } = look;
    Html::of(format!("<span class=\"st {tone}\">{}{}</span>", shape(name), Html::text(words)))
}

pub fn lifecycle(value: Lifecycle) -> Html {
    let look = match value {
        Lifecycle::Draft => look("dash", "none"),
        Lifecycle::Placed => look("ring", ""),
        Lifecycle::Confirmed => look("half", "moving"),
        Lifecycle::Completed => look("done", "done"),
        Lifecycle::Cancelled => look("off", "off"),
    };
    shown(look, value.code())
}

pub fn payment(value: PaymentStatus) -> Html {
    let look = match value {
        PaymentStatus::None => look("dash", "none"),
        PaymentStatus::Pending => look("wait", "wait"),
        PaymentStatus::Authorized => look("quarter", ""),
        PaymentStatus::PartiallyAuthorized => look("quarter", "wait"),
        PaymentStatus::PartiallyPaid => look("half", "moving"),
        PaymentStatus::Paid => look("done", "done"),
        PaymentStatus::Overpaid => look("warn", "wait ask"),
        PaymentStatus::PartiallyRefunded => look("back", ""),
        PaymentStatus::Refunded => look("back", "off"),
        PaymentStatus::Failed => look("warn", "bad ask"),
        PaymentStatus::Unknown => look("ask", "wait ask"),
    };
    shown(look, value.code())
}

pub fn fulfillment(value: FulfillmentStatus) -> Html {
    let look = match value {
        FulfillmentStatus::Unfulfilled => look("ring", ""),
        FulfillmentStatus::Backordered => look("wait", "wait"),
        FulfillmentStatus::InProgress => look("quarter", "moving"),
        FulfillmentStatus::PartiallyFulfilled => look("half", "moving"),
        FulfillmentStatus::Fulfilled => look("done", "done"),
    };
    shown(look, value.code())
}

fn delivery_look(value: DeliveryStatus) -> Look {
    match value {
        DeliveryStatus::None => look("dash", "none"),
        DeliveryStatus::InTransit | DeliveryStatus::PartiallyDelivered => look("half", "moving"),
        DeliveryStatus::Delivered => look("done", "done"),
        DeliveryStatus::Exception => look("warn", "bad ask"),
    }
}

/// In a box of its own.
pub fn delivery(value: DeliveryStatus) -> Html {
    shown(delivery_look(value), value.code())
}

/// In a table, where "none" is a dash.
pub fn delivery_cell(value: DeliveryStatus) -> Html {
    match value {
        DeliveryStatus::None => Html::of("<span class=\"quiet\">–</span>"),
        other => delivery(other),
    }
}

pub fn returns(value: ReturnStatus) -> Html {
    let look = match value {
        ReturnStatus::None => look("dash", "none"),
        ReturnStatus::Requested => look("wait", "wait"),
        ReturnStatus::InProgress => look("quarter", "moving"),
        ReturnStatus::PartiallyReturned => look("back", ""),
        ReturnStatus::Returned => look("back", "off"),
    };
    shown(look, value.code())
}

/// An active hold, named by its kind, as a badge; `more` others stand behind it.
pub fn hold(kind: HoldKind, more: usize) -> Html {
    let beside = if more > 0 { format!(" +{more}") } else { String::new() };
    shown_as(look("stop", "held ask"), &format!("{}{beside}", hold_words(kind)))
}

/// What a hold is called where people read it.
pub const fn hold_words(kind: HoldKind) -> &'static str {
    match kind {
        HoldKind::Manual => "Held by hand",
        HoldKind::Fraud => "Fraud review",
        HoldKind::Credit => "Credit limit",
        HoldKind::Address => "Address",
        HoldKind::Payment => "Payment",
        HoldKind::PaymentExpired => "Payment expired",
        HoldKind::Stock => "Stock",
        HoldKind::Price => "Price",
        HoldKind::Customer => "Customer",
    }
}

/// The steps that a hold blocks, as a phrase: "confirm, release and ship".
pub fn steps(steps: &[Step]) -> String {
    match steps {
        [] => "nothing".to_owned(),
        [one] => one.code().to_owned(),
        [some @ .., last] => {
            let some: Vec<_> = some.iter().map(|step| step.code()).collect();
            format!("{} and {}", some.join(", "), last.code())
        }
    }
}

pub fn parcel(value: ParcelState) -> Html {
    let look = match value {
        ParcelState::Packed => look("quarter", "moving"),
        ParcelState::Void => look("off", "off"),
        ParcelState::Shipped | ParcelState::InTransit | ParcelState::OutForDelivery => look("half", "moving"),
        ParcelState::Exception | ParcelState::Lost => look("warn", "bad ask"),
        ParcelState::ReturnedToSender => look("back", "wait"),
        ParcelState::Delivered => look("done", "done"),
    };
    shown(look, value.code())
}

pub fn payment_state(value: PaymentState) -> Html {
    let look = match value {
        PaymentState::Created => look("dash", "none"),
        PaymentState::Pending => look("wait", "wait"),
        PaymentState::Succeeded => look("done", "done"),
        PaymentState::Failed => look("warn", "bad ask"),
        PaymentState::Unknown => look("ask", "wait ask"),
    };
    shown(look, value.code())
}

/// A card of which nothing is held any more and nothing was taken.
pub fn let_go(is_voided: bool) -> Html {
    shown(look("off", "none"), if is_voided { "voided" } else { "expired" })
}

/// A payment that was never used and by which nothing is to come any more.
pub fn not_needed() -> Html {
    shown(look("off", "none"), "not needed any more")
}

pub fn refund(value: RefundState) -> Html {
    let look = match value {
        RefundState::Granted | RefundState::Pending => look("wait", "wait"),
        RefundState::Succeeded => look("back", ""),
        RefundState::Failed => look("warn", "bad ask"),
        RefundState::Unknown => look("ask", "wait ask"),
    };
    shown(look, value.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules are the table "Status language" of docs/console.md.
    #[test]
    fn only_what_asks_for_an_act_is_a_badge() {
        let asks: Vec<&str> = PaymentStatus::ALL
            .iter()
            .filter(|one| payment(**one).to_string().contains("ask\""))
            .map(|one| one.code())
            .collect();
        assert_eq!(asks, ["overpaid", "failed", "unknown"]);
        assert!(
            DeliveryStatus::ALL
                .iter()
                .all(|one| delivery(*one).to_string().contains("ask\"") == (one.code() == "exception"))
        );
        assert!(Lifecycle::ALL.iter().all(|one| !lifecycle(*one).to_string().contains("ask\"")));
    }

    #[test]
    fn words_are_the_codes_with_spaces() {
        assert_eq!(words("partially_fulfilled"), "Partially fulfilled");
        assert_eq!(words(""), "");
        assert_eq!(steps(&[Step::Release, Step::Pick, Step::Ship]), "release, pick and ship");
    }
}
