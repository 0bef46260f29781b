//! Sections that name no columns: charges, reasons, lead times.

use super::reader::Reader;
use super::*;

const CHARGE_KINDS: &[(&str, ChargeKind)] = &[
    ("shipping", ChargeKind::Shipping),
    ("fee", ChargeKind::Fee),
    ("discount", ChargeKind::Discount),
    ("manual", ChargeKind::Manual),
    ("gift_voucher", ChargeKind::GiftVoucher),
    ("sample", ChargeKind::Sample),
    ("write_off", ChargeKind::WriteOff),
];

pub(super) const DEFAULT_UNPRICED: UnpricedRule =
    UnpricedRule { with_customer: Unpriced::Free, without_customer: Unpriced::Adjustment };

pub(super) fn pad(section: Reader<'_>) -> Option<(usize, char)> {
    let width = section.number("width").and_then(|width| usize::try_from(width).ok()).filter(|width| *width <= 64);
    let mut characters = section.text("char").unwrap_or_default().chars();
    let character = characters.next().filter(|_| characters.next().is_none());
    if width.is_none() || character.is_none() {
        section.problem("width", "missing", "width (up to 64) and char (one character) are required");
    }
    section.finish();
    width.zip(character)
}

pub(super) fn required_kind(section: &Reader<'_>) -> Option<ChargeKind> {
    if !section.has("kind") {
        section.missing("kind");
    }
    section.one_of("kind", CHARGE_KINDS)
}

pub(super) fn charge_code(section: Reader<'_>) -> Option<ChargeCode> {
    let codes = section.texts("codes");
    if !section.has("codes") {
        section.missing("codes");
    }
    let kind = required_kind(&section);
    section.finish();
    Some(ChargeCode { codes: codes?, kind: kind? })
}

pub(super) fn unpriced(section: Reader<'_>) -> UnpricedRule {
    let with = [("free", Unpriced::Free), ("reject", Unpriced::Reject)];
    let without = [("adjustment", Unpriced::Adjustment), ("free", Unpriced::Free), ("reject", Unpriced::Reject)];
    let rule = UnpricedRule {
        with_customer: section.one_of("with_customer", &with).unwrap_or(DEFAULT_UNPRICED.with_customer),
        without_customer: section.one_of("without_customer", &without).unwrap_or(DEFAULT_UNPRICED.without_customer),
    };
    section.finish();
    rule
}

pub(super) fn reason(section: Reader<'_>) -> Option<ReasonRule> {
    let reason: Option<AdjustReason> = match section.required_text("reason").parse() {
        Ok(reason) => Some(reason),
        Err(message) => {
            section.problem("reason", "unknown_value", message);
            None
        }
    };
    let contains =
        section.texts("contains").map(|phrases| phrases.iter().map(|phrase| phrase.to_lowercase()).collect());
    let tests: Vec<ReasonTest> = contains
        .map(ReasonTest::Contains)
        .into_iter()
        .chain(section.text("only").map(|characters| ReasonTest::Only(characters.to_owned())))
        .chain(section.flag("all_upper").then_some(ReasonTest::AllUpper))
        .chain(section.flag("default").then_some(ReasonTest::Default))
        .collect();
    if tests.len() != 1 {
        section.problem("contains", "ambiguous", "exactly one of contains, only, all_upper and default is required");
    }
    section.finish();
    Some(ReasonRule { reason: reason?, test: tests.into_iter().next()? })
}

pub(super) fn lead_times(section: Reader<'_>) -> LeadTimes {
    let lead = LeadTimes {
        ship_after: duration(&section, "ship_after"),
        deliver_after: duration(&section, "deliver_after"),
        cancel_after: duration(&section, "cancel_after"),
        return_after: duration(&section, "return_after"),
    };
    section.finish();
    lead
}

/// `"4h"`, `"2d"`: a whole number and a unit.
pub(super) fn duration(section: &Reader<'_>, key: &str) -> Option<SignedDuration> {
    let text = section.text(key)?;
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => 0,
    };
    let count: Option<i64> = text[..text.len() - unit.len_utf8()].parse().ok().filter(|n| (0..=100_000).contains(n));
    match count {
        Some(count) if seconds > 0 => Some(SignedDuration::from_secs(count * seconds)),
        _ => {
            section.problem(key, "format", "must be a number and s, m, h, d or w, such as 4h");
            None
        }
    }
}
