//! Everything that happened to an order, in words, the latest first.

use super::super::html::{Html, icon};
use super::super::look::{self, Look, plural};
use super::super::people::People;
use super::super::status;
use super::call;
use crate::{mentions, portal};
use std::collections::BTreeMap;
use waybill_domain::event::Event;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::ids::LocationId;
use waybill_domain::money::{Currency, Minor};
use waybill_domain::order::events::{AtLocation, Moved, ReleaseReason};
use waybill_domain::quantity::Quantity;
use waybill_store::read::order::OrderDetail;
use waybill_store::read::timeline::Note;
use waybill_store::read::why::Reason;
use waybill_store::tables::EventRecord;

/// What happened on one day.
#[derive(Debug)]
pub struct Day {
    pub name: String,
    pub entries: Vec<Entry>,
}

#[derive(Debug)]
pub struct Entry {
    /// A tone of the style sheet: `good`, `held`, `wait`, `bad` or nothing.
    pub tone: &'static str,
    pub icon: Html,
    pub text: String,
    /// Through which hands, where those were not Waybill's own.
    pub by: String,
    /// Names the popover that says why, where something was decided.
    pub position: i64,
    pub why: Option<Html>,
    /// What a person wrote, with names of colleagues marked.
    pub note: Option<Html>,
    pub at: Html,
}

/// The history, days and entries both the latest first.
pub fn days(
    history: &[EventRecord],
    notes: &[Note],
    reasons: &[Reason],
    detail: &OrderDetail,
    people: &People,
    look: &Look,
) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for record in history.iter().rev() {
        let day = look.day_of(record.happened_at);
        let name = if day == look.today() { format!("Today, {}", Look::long_day(day)) } else { full(day, look) };
        if days.last().is_none_or(|last| last.name != name) {
            days.push(Day { name, entries: Vec::new() });
        }
        if let Some(last) = days.last_mut() {
            let reason = reasons.iter().find(|reason| reason.position == record.position);
            let why = reason.map(|reason| look.told(&reason.sentence));
            last.entries.push(Entry { why, ..entry(record, notes, detail, people, look) });
        }
    }
    days
}

/// Everybody who had the work of a location.
pub fn handed_over_to(history: &[EventRecord]) -> Vec<String> {
    let handed = history.iter().filter(|record| record.kind == "fulfillment_order.handed_over");
    let events = handed.filter_map(|one| Event::decode(&one.kind, one.version, &one.payload).ok());
    let words = events.filter_map(|event| match event {
        Event::FulfillmentHandedOver(one) => Some([one.from, one.assignee]),
        _ => None,
    });
    words.flatten().flatten().collect()
}

fn full(day: waybill_domain::time::Date, look: &Look) -> String {
    let year = if day.year() == look.today().year() { String::new() } else { format!(", {}", day.year()) };
    format!("{}{year}", Look::long_day(day))
}

fn entry(record: &EventRecord, notes: &[Note], detail: &OrderDetail, people: &People, look: &Look) -> Entry {
    let event = Event::decode(&record.kind, record.version, &record.payload).ok();
    let line = |number| {
        let found = detail.lines.iter().map(|(line, _)| line).find(|line| line.number == number);
        found.map(|line| (line.sku.clone(), line.precision))
    };
    let words = Words { currency: detail.head.currency, locations: &detail.locations, line: &line, look };
    let (name, tone, text) = match event.as_ref().and_then(|event| said(event, &words)) {
        Some(said) => said,
        // An event of a later version still happened.
        None => ("file-text", "", status::words(&record.kind.replace('.', " "))),
    };
    let is_customers = portal::is_customers(&record.actor);
    let by = match record.actor.strip_prefix("system:") {
        Some(_) if is_customers => "the customer".to_owned(),
        Some(worker) => format!("Waybill, {}", worker.replace('_', " ")),
        None => people.name(&record.actor).to_owned(),
    };
    let text = match &event {
        Some(Event::HoldHandedOver(one)) if one.owner.is_some() => {
            format!("Hold handed to {}", people.owner(one.owner.as_deref().unwrap_or_default()))
        }
        Some(Event::FulfillmentHandedOver(one)) => {
            let name = |word: &Option<String>| word.as_deref().map(|word| people.owner(word));
            handed_over(name(&one.from), name(&one.assignee))
        }
        Some(Event::NoteAdded(_)) if is_customers => "Message from the customer".to_owned(),
        _ => text,
    };
    let note = notes.iter().find(|note| note.position == record.position);
    let note = note.map(|note| marked(note, people));
    let (position, at) = (record.position, look.minute(record.happened_at));
    Entry { tone, icon: icon(name, ""), text, by, position, why: None, note, at }
}

/// What sentences are made with.
pub struct Words<'a> {
    pub currency: Currency,
    pub locations: &'a BTreeMap<LocationId, String>,
    /// SKU and precision of a line of the order.
    pub line: &'a dyn Fn(u32) -> Option<(String, u32)>,
    pub look: &'a Look,
}

impl Words<'_> {
    fn money(&self, amount: Minor) -> String {
        look::money(amount, self.currency)
    }

    fn place(&self, id: LocationId) -> String {
        self.locations.get(&id).cloned().unwrap_or_else(|| "another location".to_owned())
    }

    fn sku(&self, line: u32) -> (String, u32) {
        (self.line)(line).unwrap_or_else(|| (format!("line {line}"), 0))
    }

    fn units(&self, line: u32, quantity: Quantity) -> String {
        let (sku, precision) = self.sku(line);
        format!("{} × {sku}", look::quantity(quantity, precision))
    }

    fn moved(&self, lines: &[Moved]) -> String {
        list(lines.iter().map(|line| self.units(line.line, line.quantity)))
    }

    fn at(&self, places: &[AtLocation]) -> String {
        list(places.iter().map(|at| format!("{} at {}", self.moved(&at.lines), self.place(at.location))))
    }
}

fn list(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    match parts.as_slice() {
        [some @ .., last] if !some.is_empty() => format!("{} and {last}", some.join(", ")),
        [one] => one.clone(),
        _ => String::new(),
    }
}

/// An icon, a tone and a sentence; None for what is said elsewhere.
pub fn said(event: &Event, words: &Words<'_>) -> Option<(&'static str, &'static str, String)> {
    let money = |amount| words.money(amount);
    Some(match event {
        Event::OrderDrafted(one) => ("pencil", "", format!("Drafted, {}", lines(one.lines.len()))),
        Event::OrderPlaced(one) => ("file-text", "", format!("Placed, {}", lines(one.lines.len()))),
        Event::OrderSubmitted(_) => ("file-text", "", "Submitted".to_owned()),
        Event::OrderConfirmed(_) => ("check", "good", "Confirmed".to_owned()),
        Event::OrderCompleted(_) => ("check", "good", "Completed".to_owned()),
        Event::OrderCancelled(one) => ("x", "bad", format!("Cancelled: {}", plain(&one.reason))),
        Event::LinesCancelled(one) => {
            let lines = one.lines.iter().map(|line| {
                let open = line.open + line.backordered + line.at_supplier;
                if open.is_zero() { words.sku(line.line).0 } else { words.units(line.line, open) }
            });
            ("pencil", "", format!("Cancelled {}: {}", list(lines), plain(&one.reason)))
        }
        Event::ChargeAdded(one) => (
            "credit-card",
            "",
            format!("{} of {} added", status::words(waybill_domain::Code::code(one.kind)), money(one.amount)),
        ),
        Event::HoldApplied(one) => (
            "octagon-pause",
            "held",
            format!("Hold put on: {}. Blocks {}.", status::hold_words(one.kind), status::steps(&one.steps)),
        ),
        Event::NoteAdded(_) => ("message-square", "person", "Note".to_owned()),
        Event::HoldHandedOver(one) => (
            "octagon-pause",
            "",
            format!(
                "Hold handed to {}",
                one.owner.as_deref().map_or("nobody in particular".to_owned(), |owner| owner.replace('_', " "))
            ),
        ),
        Event::HoldReleased(one) => ("check", "good", ended("Hold released", one.reason.as_deref())),
        Event::HoldRejected(one) => ("x", "bad", ended("Hold rejected", one.reason.as_deref())),
        Event::RoutingDecided(one) => {
            let from = one.winners.iter().map(|winner| words.place(winner.location));
            ("route", "", format!("Sourced from {}", list(from)))
        }
        Event::AllocationMade(one) if one.at.is_empty() => {
            ("boxes", "wait", format!("No stock could be {}", waybill_domain::Code::code(one.to)))
        }
        Event::AllocationMade(one) => {
            ("boxes", "", format!("{}: {}", status::words(waybill_domain::Code::code(one.to)), words.at(&one.at)))
        }
        Event::AllocationHardened(one) => ("boxes", "", format!("Allocated: {}", words.at(&one.at))),
        Event::AllocationReleased(one) => {
            let why = match one.reason {
                ReleaseReason::Expired => "the payment did not come in time",
                ReleaseReason::Cancelled => "cancelled",
                ReleaseReason::Held => "a hold kept them too long",
                ReleaseReason::ShortPick => "not found when picked",
            };
            ("undo-2", "", format!("Given back, {why}: {}", words.at(&one.at)))
        }
        Event::BackorderOpened(one) => {
            let expected = one.expected_on.map(|day| format!(", expected {}", words.look.day(day))).unwrap_or_default();
            let units = list(one.lines.iter().map(|line| words.units(line.line, line.quantity)));
            ("hourglass", "wait", format!("Backordered: {units}{expected}"))
        }
        Event::FulfillmentReleased(one) => {
            let to = list(one.work.iter().map(|work| words.place(work.location)));
            let to = if to.is_empty() { "its supplier".to_owned() } else { to };
            ("list", "", format!("Released to {to}"))
        }
        Event::FulfillmentHandedOver(one) => {
            let name = |word: &Option<String>| word.as_deref().map(|word| word.replace('_', " "));
            ("list", "", handed_over(name(&one.from), name(&one.assignee)))
        }
        Event::PickCompleted(one) => {
            ("scan-barcode", "", format!("Picked at {}: {}", words.place(one.location), words.moved(&one.lines)))
        }
        Event::PickShort(one) => {
            let why = match one.reason {
                ShortReason::Missing => "missing",
                ShortReason::Damaged => "damaged",
                ShortReason::Skipped => "skipped",
            };
            let units = words.moved(&one.lines);
            ("scan-barcode", "wait", format!("Picked short at {}, {why}: {units}", words.place(one.location)))
        }
        Event::ParcelPacked(one) => {
            ("package", "", format!("Parcel P-{} packed at {}", one.parcel, words.place(one.location)))
        }
        Event::ParcelUnpacked(one) => ("package", "", format!("Parcel P-{} unpacked", one.parcel)),
        Event::ShipmentShipped(one) => {
            let parcels = list(one.parcels.iter().map(|parcel| format!("P-{}", parcel.parcel)));
            let with = one.carrier.as_ref().map(|carrier| format!(" with {carrier}")).unwrap_or_default();
            ("truck", "", format!("{parcels} shipped from {}{with}", words.place(one.location)))
        }
        Event::SupplierShipped(_) => ("truck", "", "Shipped by the supplier".to_owned()),
        Event::ShipmentTracked(one) => {
            ("truck", "", format!("P-{} {}", one.parcel, waybill_domain::Code::code(one.status).replace('_', " ")))
        }
        Event::ShipmentDelivered(one) => ("check", "good", format!("P-{} delivered", one.parcel)),
        Event::ShipmentException(one) => ("truck", "bad", format!("P-{}: the carrier met an exception", one.parcel)),
        Event::ShipmentLost(one) => ("truck", "bad", format!("P-{} is lost", one.parcel)),
        Event::PaymentAdded(one) => {
            let method = waybill_domain::Code::code(one.method);
            ("credit-card", "", format!("Payment by {method} of {} added", money(one.amount)))
        }
        Event::PaymentRequested(one) => {
            ("credit-card", "", format!("Asked the gateway for the {} of {}", call(one.kind), money(one.amount)))
        }
        Event::PaymentAuthorized(one) => ("credit-card", "good", format!("{} authorized", money(one.amount))),
        Event::PaymentCaptured(one) => ("credit-card", "good", format!("{} captured", money(one.amount))),
        Event::PaymentReceived(one) => ("credit-card", "good", format!("{} received", money(one.amount))),
        Event::PaymentVoided(one) => ("credit-card", "", format!("Authorization of {} voided", money(one.amount))),
        Event::PaymentExpired(one) => {
            ("credit-card", "wait", format!("Authorization of {} expired", money(one.amount)))
        }
        Event::PaymentFailed(one) => {
            ("credit-card", "bad", format!("The {} failed: {}", call(one.kind), one.code.replace('_', " ")))
        }
        Event::PaymentUnknown(_) => {
            ("credit-card", "wait", "The gateway did not answer; it is asked again until it does".to_owned())
        }
        Event::PaymentResolved(one) => {
            ("credit-card", "", format!("The gateway's answer is known: {}", waybill_domain::Code::code(one.state)))
        }
        Event::RefundGranted(one) => {
            ("undo-2", "", format!("Refund of {} granted: {}", money(one.amount), plain(&one.reason)))
        }
        Event::RefundSucceeded(one) => ("undo-2", "good", format!("{} refunded", money(one.amount))),
        Event::ReturnReceived(one) => {
            let units = list(one.lines.iter().map(|line| words.units(line.line, line.quantity)));
            ("undo-2", "", format!("Came back to {}: {units}", words.place(one.location)))
        }
        _ => return None,
    })
}

/// Whose work became whose, by their names.
fn handed_over(from: Option<String>, to: Option<String>) -> String {
    match (from, to) {
        (None, Some(to)) => format!("Work goes to {to}"),
        (Some(from), Some(to)) => format!("Work goes from {from} to {to}"),
        (Some(from), None) => format!("{from} let go of the work"),
        (None, None) => "Work is nobody’s".to_owned(),
    }
}

fn lines(count: usize) -> String {
    plural(i64::try_from(count).unwrap_or(i64::MAX), "line")
}

/// A reason as words within a sentence.
fn plain(reason: &str) -> String {
    reason.replace('_', " ")
}

fn ended(what: &str, reason: Option<&str>) -> String {
    reason.map_or_else(|| what.to_owned(), |reason| format!("{what}: {}", plain(reason)))
}

/// A note as HTML: whom it names is marked, and a line of the note is a line.
pub fn marked(note: &Note, people: &People) -> Html {
    let Some(text) = note.text.as_deref() else { return Html::of("erased") };
    let ids: Vec<String> = note.mentions.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = ids.iter().map(|id| people.name(id)).collect();
    let lines = |text: &str| Html::text(text).to_string().replace('\n', "<br>");
    let mut out = String::with_capacity(text.len() + 32);
    let mut from = 0;
    for (range, _) in mentions::found(text, &names) {
        out.push_str(&lines(&text[from..range.start]));
        out.push_str(&format!("<span class=\"at\">{}</span>", Html::text(&text[range.clone()])));
        from = range.end;
    }
    out.push_str(&lines(&text[from..]));
    Html::of(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use waybill_domain::ids::{Id, TextId, UserId};
    use waybill_domain::time::Timestamp;

    #[test]
    fn a_colleague_is_marked_and_a_stranger_is_not() {
        let mei = UserId::NIL;
        let people = People::from_iter([(mei.to_string(), "Mei Tran".to_owned())]);
        let html = |text: &str| {
            let (text, actor) = (Some(text.to_owned()), String::new());
            let (id, about, happened_at) = (TextId::NIL, Id::NIL, Timestamp(0));
            marked(&Note { id, about, position: 1, happened_at, actor, text, mentions: vec![mei] }, &people).to_string()
        };
        assert_eq!(html("@mei call\n<b>"), "<span class=\"at\">@mei</span> call<br>&lt;b&gt;");
        assert_eq!(html("mei@example.org, @nobody"), "mei@example.org, @nobody");
    }
}
