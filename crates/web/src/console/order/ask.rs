//! What each act asks for: its fields, and the command that they make.

use super::super::form::Form;
use super::super::look;
use super::super::owners;
use super::super::status;
use super::act::Act;
use crate::auth::Caller;
use waybill_domain::Code;
use waybill_domain::catalog::location::Location;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::supplier::ShipFromSupplier;
use waybill_domain::ids::{HoldId, IdSource, LineId, LocationId, PaymentId};
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::allocate::AllocateOrder;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::complete::CompleteOrder;
use waybill_domain::order::confirm::ConfirmOrder;
use waybill_domain::order::hold::{ApplyHold, HandOverHold, RejectHold, ReleaseHold};
use waybill_domain::order::note::AddNote;
use waybill_domain::order::place::SubmitOrder;
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{ChargeKind, HoldKind, OrderLine, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::authorization::VoidPayment;
use waybill_domain::payment::capture::CapturePayment;
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::personal::Personal;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::system::reasons::Reasons;
use waybill_store::read::order::OrderDetail;

/// How a field is filled in.
#[derive(Clone, Debug)]
pub enum Input {
    Text,
    /// A number, typed on a phone's number pad.
    Number,
    Area,
    /// A text in which `@` names a colleague.
    Note,
    Choice(Vec<(String, String)>),
    /// Several of them.
    Boxes(Vec<(String, String)>),
    /// Yes or no, said beside the box.
    Tick,
}

/// A field of a dialog.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub input: Input,
    /// What stands in it.
    pub values: Vec<String>,
    pub is_optional: bool,
    pub hint: Option<String>,
    pub problems: Vec<String>,
}

impl Field {
    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    pub fn has(&self, value: &str) -> bool {
        self.values.iter().any(|one| one == value)
    }
}

pub const NOTE_MAX: usize = 2_000;
const LABEL_MAX: usize = 100;

/// Where units that come back can go.
const DISPOSITIONS: &[StockAccount] = &[
    StockAccount::Available,
    StockAccount::QualityControl,
    StockAccount::Damaged,
    StockAccount::Quarantined,
    StockAccount::Loss,
];

/// The reasons there are for an act; none where it needs none.
fn reasons_for(act: Act, reasons: &Reasons) -> &[String] {
    match act {
        Act::Cancel | Act::CancelLine(_) => &reasons.cancel,
        Act::Hold | Act::HoldLine(_) => &reasons.hold,
        Act::ReleaseHold(_) => &reasons.release,
        Act::RejectHold(_) => &reasons.reject,
        Act::Refund => &reasons.refund,
        Act::Return => &reasons.returned,
        _ => &[],
    }
}

fn codes<T: Code>(all: &[T]) -> Vec<(String, String)> {
    all.iter().map(|one| (one.code().to_owned(), status::words(one.code()))).collect()
}

/// Lines of which units can be taken, with how many.
fn lines(detail: &OrderDetail, of: impl Fn(&OrderLine) -> Quantity) -> Vec<(&OrderLine, Quantity)> {
    let lines = detail.lines.iter().map(|(line, _)| (line, of(line)));
    lines.filter(|(_, units)| units.0 > 0).collect()
}

/// Whether there is anything to refund.
fn is_paid(detail: &OrderDetail) -> bool {
    detail.head.kept().0 > 0
}

fn returnable(line: &OrderLine) -> Quantity {
    line.shipped - line.returned - line.lost
}

/// The field for units of a line.
pub fn units_field(line: u32) -> String {
    format!("units-{line}")
}

/// What stands in the fields before anybody typed: all of it, as far as that makes sense.
pub fn defaults(act: Act, detail: &OrderDetail, caller: &Caller, reasons: &Reasons) -> Vec<(String, String)> {
    let currency = detail.head.currency;
    let amount = |amount: Minor| amount.0.max(0).to_string_at(currency.exponent());
    let one = |name: &str, value: String| (name.to_owned(), value);
    let reason = || one("reason", reasons_for(act, reasons).first().cloned().unwrap_or_default());
    match act {
        Act::CancelLine(number) => {
            let line = detail.lines.iter().find(|(line, _)| line.number == number).map(|(line, _)| line);
            let mut fields = vec![reason()];
            fields.extend(is_paid(detail).then(|| one("refund", "yes".into())));
            if let Some(line) = line.filter(|line| line.unshipped().0 > 0) {
                fields.push(one("quantity", plain(line.unshipped(), line.precision)));
            }
            fields
        }
        Act::Cancel => vec![reason()],
        Act::Hold | Act::HoldLine(_) => {
            vec![one("kind", HoldKind::Manual.code().into()), reason(), one("step", Step::Release.code().into())]
        }
        Act::ReleaseHold(_) => vec![reason()],
        Act::RejectHold(_) => vec![reason()],
        Act::HandOver(number) => {
            let mine = owners::word_of(caller);
            let hold = detail.holds.iter().find(|(hold, _)| hold.number == number).map(|(hold, _)| hold);
            let is_mine = hold.and_then(|hold| hold.owner.as_ref()).is_some_and(|owner| *owner == mine);
            if is_mine { Vec::new() } else { vec![one("owner", mine)] }
        }
        Act::Charge => vec![one("kind", ChargeKind::Fee.code().into())],
        Act::Pay => {
            let left = Some(detail.owed().left).filter(|left| left.0 > 0);
            let amount = left.map(|left| one("amount", amount(left)));
            amount.into_iter().chain([one("method", PaymentMethod::Transfer.code().into())]).collect()
        }
        Act::Refund => {
            let back = Some(detail.owed().to_refund(&detail.head)).filter(|back| back.0 > 0);
            let amount = back.map(|back| one("amount", amount(back)));
            amount.into_iter().chain([reason()]).collect()
        }
        Act::Capture(number) => {
            let payment = detail.payments.iter().find(|payment| payment.number == number);
            vec![one("amount", amount(payment.map_or(Minor::ZERO, |payment| payment.open_authorization())))]
        }
        Act::ShipFromSupplier => lines(detail, |line| line.at_supplier)
            .into_iter()
            .map(|(line, units)| (units_field(line.number), plain(units, line.precision)))
            .collect(),
        Act::Return => {
            let mut fields = vec![one("state", StockAccount::Available.code().into()), reason()];
            fields.extend(is_paid(detail).then(|| one("refund", "yes".into())));
            fields
        }
        Act::Submit | Act::Confirm | Act::Allocate | Act::Release | Act::Complete | Act::Note | Act::Void(_) => {
            Vec::new()
        }
    }
}

/// A quantity as a field takes it: without grouping.
fn plain(quantity: Quantity, precision: u32) -> String {
    quantity.0.to_string_at(precision)
}

/// A whole number of the smallest unit, written with a decimal point.
trait Scaled {
    fn to_string_at(self, digits: u32) -> String;
}

impl Scaled for i64 {
    fn to_string_at(self, digits: u32) -> String {
        if digits == 0 {
            return self.to_string();
        }
        let scale = 10_i64.pow(digits.min(9));
        format!("{}.{:0>width$}", self / scale, (self % scale).unsigned_abs(), width = digits as usize)
    }
}

/// The command that stands for an act when nobody has typed yet, for asking the rules whether it is possible at all.
pub fn typical(act: Act, detail: &OrderDetail, caller: &Caller, ids: IdSource) -> Option<Command> {
    // Which reason it will be changes nothing of whether it can be done.
    let mut fields = defaults(act, detail, caller, &Reasons::default());
    let mut put = |name: &str, value: &str| {
        fields.retain(|(one, _)| one != name);
        fields.push((name.to_owned(), value.to_owned()));
    };
    let least = 1_i64.to_string_at(detail.head.currency.exponent());
    match act {
        Act::Charge | Act::Refund | Act::Pay => put("amount", &least),
        Act::Note => put("text", "note"),
        // The least of what is open, or of nothing: then the rules say so.
        Act::CancelLine(_) | Act::Capture(_) => fields.retain(|(name, _)| name != "quantity" && name != "amount"),
        Act::ShipFromSupplier if fields.is_empty() => {
            let line = detail.lines.first().map_or(1, |(line, _)| line.number);
            fields.push((units_field(line), "1".to_owned()));
        }
        Act::Return => {
            let (line, units) = match lines(detail, returnable).first() {
                Some((line, _)) => (line.number, plain(Quantity(1), line.precision)),
                None => (detail.lines.first().map_or(1, |(line, _)| line.number), "1".to_owned()),
            };
            let location = detail.allocations.first().map(|one| one.location_id).unwrap_or(LocationId::NIL);
            fields.push((units_field(line), units));
            fields.push(("location".to_owned(), location.to_string()));
        }
        _ => {}
    }
    command(act, detail, &mut Form::blank(caller.clone(), fields), ids)
}

/// The command that was asked for; None where the form has problems or is not filled in yet.
pub fn command(act: Act, detail: &OrderDetail, form: &mut Form, ids: IdSource) -> Option<Command> {
    let order_id = detail.head.id;
    let currency = detail.head.currency;
    let reason = |form: &mut Form| form.word("reason").unwrap_or_else(|| "other".to_owned());
    let command = match act {
        Act::Submit => SubmitOrder { order_id }.into(),
        Act::Confirm => ConfirmOrder { order_id }.into(),
        Act::Allocate => AllocateOrder { order_id }.into(),
        Act::Release => ReleaseOrder { order_id }.into(),
        Act::Complete => CompleteOrder { order_id }.into(),
        Act::Cancel => CancelOrder { order_id, reason: reason(form) }.into(),
        Act::CancelLine(number) => {
            let line = detail.lines.iter().find(|(line, _)| line.number == number);
            let precision = line.map_or(0, |(line, _)| line.precision);
            CancelLine {
                line_id: LineId::new(order_id, number),
                quantity: form.quantity("quantity", precision),
                reason: reason(form),
                refund: form.ticked("refund"),
            }
            .into()
        }
        Act::Hold | Act::HoldLine(_) => {
            let chosen: Vec<Step> = form.all("step").filter_map(Step::from_code).collect();
            let note = form.text("note", NOTE_MAX).map(|value| Personal { id: ids.nth(1), value });
            ApplyHold {
                order_id,
                kind: form.code("kind").unwrap_or(HoldKind::Manual),
                steps: chosen,
                line: match act {
                    Act::HoldLine(line) => Some(line),
                    _ => None,
                },
                reason: reason(form),
                note,
                owner: form.word("owner"),
                due_at: None,
            }
            .into()
        }
        Act::ReleaseHold(number) => {
            ReleaseHold { hold_id: HoldId::new(order_id, number), reason: form.word("reason") }.into()
        }
        Act::RejectHold(number) => {
            RejectHold { hold_id: HoldId::new(order_id, number), reason: form.word("reason") }.into()
        }
        Act::HandOver(number) => {
            HandOverHold { hold_id: HoldId::new(order_id, number), owner: form.word("owner") }.into()
        }
        Act::Charge => {
            let kind = form.one_of("kind").unwrap_or(ChargeKind::Fee);
            form.typed("amount")?;
            let tax = form.money("tax", currency).unwrap_or(Minor::ZERO);
            let amount = form.money("amount", currency)?;
            // People type what is taken off without a sign.
            let signed = |amount: Minor| if kind == ChargeKind::Discount { Minor(-amount.0.abs()) } else { amount };
            let label = form.text("label", LABEL_MAX);
            AddCharge { order_id, kind, amount: signed(amount), tax: signed(tax), label }.into()
        }
        Act::Pay => {
            form.typed("amount")?;
            let method = form.one_of("method").unwrap_or(PaymentMethod::Transfer);
            let amount = form.money("amount", currency)?;
            RecordPayment { order_id, method, amount, reference: form.text("reference", 200) }.into()
        }
        Act::Refund => {
            form.typed("amount")?;
            let amount = form.money("amount", currency)?;
            GrantRefund { order_id, amount, reason: reason(form) }.into()
        }
        Act::Capture(number) => {
            let amount = form.money("amount", currency);
            CapturePayment { payment_id: PaymentId::new(order_id, number), amount }.into()
        }
        Act::Void(number) => VoidPayment { payment_id: PaymentId::new(order_id, number) }.into(),
        Act::ShipFromSupplier => {
            let lines = units(detail, form);
            (!lines.is_empty()).then_some(())?;
            ShipFromSupplier { order_id, lines }.into()
        }
        Act::Return => {
            let state = form.one_of("state").unwrap_or(StockAccount::Available);
            let why = reason(form);
            let lines: Vec<ReturnInput> = units(detail, form)
                .into_iter()
                .map(|(line, quantity)| ReturnInput { line, quantity, state, reason: why.clone() })
                .collect();
            (!lines.is_empty()).then_some(())?;
            let location_id = form.typed("location").and_then(|text| text.parse().ok())?;
            ReceiveReturn { order_id, location_id, lines, credit: None, refund: form.ticked("refund") }.into()
        }
        Act::Note => {
            form.typed("text")?;
            let value = form.text("text", NOTE_MAX)?;
            // Whom it names is looked up before it is written.
            AddNote { order_id, note: Personal { id: ids.nth(1), value }, mentions: Vec::new() }.into()
        }
    };
    form.is_sound().then_some(command)
}

/// The units typed per line.
fn units(detail: &OrderDetail, form: &mut Form) -> Vec<(u32, Quantity)> {
    let mut found = Vec::new();
    for (line, _) in &detail.lines {
        if let Some(quantity) = form.quantity(&units_field(line.number), line.precision) {
            found.push((line.number, quantity));
        }
    }
    found
}

/// What must be filled in and is not; said when the form was sent.
pub fn missing(act: Act, form: &mut Form) {
    let (name, code) = match act {
        Act::Charge | Act::Pay | Act::Refund => ("amount", "An amount is needed."),
        Act::Note => ("text", "A note needs some words."),
        Act::ShipFromSupplier | Act::Return => ("units", "At least one unit is needed."),
        _ => return,
    };
    form.problem(name, "missing", code);
}

/// The fields of an act, filled with what stands in the form.
pub fn fields(
    act: Act,
    detail: &OrderDetail,
    form: &Form,
    names: &dyn Fn(&OrderLine) -> String,
    locations: &[Location],
    reasons: &Reasons,
) -> Vec<Field> {
    let field = |name: &str, label: &str, input: Input| Field {
        values: form.all(name).map(str::to_owned).collect(),
        problems: form.problems().iter().filter(|one| one.path == name).map(|one| one.message.clone()).collect(),
        name: name.to_owned(),
        label: label.to_owned(),
        input,
        is_optional: false,
        hint: None,
    };
    let why = || {
        let words = reasons_for(act, reasons).iter().map(|code| (code.clone(), status::words(code)));
        Input::Choice(words.collect())
    };
    let optional = |field: Field| Field { is_optional: true, ..field };
    let hint = |field: Field, hint: String| Field { hint: Some(hint), ..field };
    let money = |label: &str| field("amount", &format!("{label}, {}", detail.head.currency), Input::Number);
    let unit_fields = |of: &dyn Fn(&OrderLine) -> Quantity| {
        let one = |(line, units): (&OrderLine, Quantity)| {
            let label = format!("{}. {}", line.number, names(line));
            let field = optional(field(&units_field(line.number), &label, Input::Number));
            hint(field, format!("of {}", look::quantity(units, line.precision)))
        };
        lines(detail, of).into_iter().map(one).collect::<Vec<_>>()
    };
    let refund = || is_paid(detail).then(|| field("refund", "Refund what was paid for them", Input::Tick));
    match act {
        Act::Submit | Act::Confirm | Act::Allocate | Act::Release | Act::Complete | Act::Void(_) => Vec::new(),
        Act::Cancel => vec![field("reason", "Reason", why())],
        Act::CancelLine(_) => {
            let mut all = vec![field("quantity", "Units to cancel", Input::Number), field("reason", "Reason", why())];
            all.extend(refund());
            all
        }
        Act::Hold | Act::HoldLine(_) => vec![
            field(
                "kind",
                "Kind",
                Input::Choice(
                    HoldKind::ALL
                        .iter()
                        .map(|kind| (kind.code().to_owned(), status::hold_words(*kind).to_owned()))
                        .collect(),
                ),
            ),
            field("reason", "Reason", why()),
            field("step", "Blocks", Input::Boxes(codes(Step::ALL))),
            optional(field("owner", "Who looks at it", Input::Text)),
            optional(field("note", "Note", Input::Area)),
        ],
        Act::ReleaseHold(_) => vec![field("reason", "Reason", why())],
        Act::RejectHold(_) => vec![field("reason", "Reason", why())],
        Act::HandOver(_) => vec![field("owner", "Who looks at it", Input::Text)],
        Act::Charge => vec![
            field("kind", "Kind", Input::Choice(codes(ChargeKind::ALL))),
            money("Amount"),
            optional(field("tax", "Tax on it", Input::Number)),
            hint(optional(field("label", "Label", Input::Text)), "A code such as EXPRESS.".to_owned()),
        ],
        Act::Pay => vec![
            field("method", "Came by", Input::Choice(codes(&[PaymentMethod::Transfer, PaymentMethod::Cash]))),
            money("Amount"),
            optional(field("reference", "The bank's reference", Input::Text)),
        ],
        Act::Refund => vec![money("Amount"), field("reason", "Reason", why())],
        Act::Capture(_) => vec![money("Amount")],
        Act::ShipFromSupplier => unit_fields(&|line| line.at_supplier),
        Act::Return => {
            let mut all = unit_fields(&returnable);
            let places = locations.iter().map(|one| (one.id.to_string(), format!("{}, {}", one.code, one.name)));
            all.extend([
                field("location", "Came back to", Input::Choice(places.collect())),
                field("state", "The units are", Input::Choice(codes(DISPOSITIONS))),
                field("reason", "Reason", why()),
            ]);
            all.extend(refund());
            all
        }
        Act::Note => vec![hint(field("text", "Note", Input::Note), "@ names a colleague, who is told.".to_owned())],
    }
}
