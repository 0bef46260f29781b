//! The lines of an order, each with a bar that says where its units are.

use super::super::html::Html;
use super::super::look::{self, plural};
use super::act::{Act, Offer};
use std::collections::BTreeMap;
use waybill_domain::ids::ItemId;
use waybill_domain::money::Currency;
use waybill_domain::order::OrderLine;
use waybill_domain::order::costs::line_due;
use waybill_domain::quantity::Quantity;
use waybill_store::read::order::OrderDetail;

/// A line as the table shows it.
#[derive(Debug)]
pub struct Line {
    pub number: u32,
    pub sku: String,
    pub name: String,
    pub bar: Html,
    /// Places of the units, as style classes and words.
    pub words: Vec<(&'static str, String)>,
    pub ordered: String,
    /// What is still wanted, where some was cancelled.
    pub wanted: Option<String>,
    pub price: String,
    /// Taken off what is still wanted.
    pub discount: Option<String>,
    /// Of what is still wanted; all lines together are the goods.
    pub amount: String,
    pub note: Option<String>,
    pub expected: Option<String>,
    /// What can be done to it.
    pub offers: Vec<Offer>,
}

/// Where the units of a line are, the furthest first. Together they are what was ordered.
fn places(line: &OrderLine) -> [(&'static str, &'static str, Quantity); 10] {
    let on_the_way = line.shipped - line.delivered - line.lost;
    [
        ("q-delivered", "delivered", line.delivered),
        ("q-shipped", "shipped", on_the_way),
        ("q-cancelled", "lost", line.lost),
        ("q-packed", "packed", line.packed),
        ("q-picked", "picked", line.picked),
        ("q-allocated", "allocated", line.allocated),
        ("q-allocated", "reserved", line.reserved),
        ("q-open", "with the supplier", line.at_supplier),
        ("q-backordered", "backordered", line.backordered),
        ("q-open", "not promised yet", line.open),
    ]
}

/// Where the units of a line are, as words; "nothing" where none is left.
pub fn places_in_words(line: &OrderLine) -> String {
    let said = places(line).into_iter().filter(|(_, _, units)| units.0 > 0);
    let said: Vec<String> =
        said.map(|(_, word, units)| format!("{} {word}", look::quantity(units, line.precision))).collect();
    if said.is_empty() { "nothing left".to_owned() } else { said.join(", ") }
}

impl Line {
    pub fn new(
        line: &OrderLine,
        note: &Option<String>,
        names: &BTreeMap<ItemId, String>,
        detail: &OrderDetail,
        offers: &[Offer],
    ) -> Self {
        let mut mine: Vec<Offer> =
            offers.iter().filter(|offer| offer.act == Act::CancelLine(line.number)).cloned().collect();
        if let Some(hold) = offers.iter().find(|offer| offer.act == Act::Hold) {
            let act = Act::HoldLine(line.number);
            let path = act.path(detail.head.number);
            mine.insert(0, Offer { act, path, words: act.words(), obstacle: hold.obstacle.clone() });
        }
        let quantity = |quantity| look::quantity(quantity, line.precision);
        let due = line_due(line);
        let mut parts: Vec<(&'static str, &'static str, Quantity)> =
            places(line).into_iter().filter(|(_, _, units)| units.0 > 0).collect();
        if line.cancelled.0 > 0 {
            parts.push(("q-cancelled", "cancelled", line.cancelled));
        }
        let words: Vec<(&'static str, String)> =
            parts.iter().map(|(class, word, units)| (*class, format!("{} {word}", quantity(*units)))).collect();
        let said = words.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join(", ");
        let label = format!("{} ordered: {said}", quantity(line.ordered));
        Self {
            number: line.number,
            sku: line.sku.clone(),
            name: names.get(&line.item_id).cloned().unwrap_or_else(|| line.sku.clone()),
            bar: bar(&parts, line.ordered, &label),
            words,
            ordered: quantity(line.ordered),
            wanted: (line.cancelled.0 > 0).then(|| quantity(line.wanted())),
            price: look::price(line.unit_price, detail.head.currency),
            discount: (!due.discounts.is_zero()).then(|| look::money(-due.discounts, detail.head.currency)),
            amount: amount_of(line, detail.head.currency),
            note: note.clone(),
            offers: mine,
            expected: line.expected_on.filter(|_| line.backordered.0 > 0).map(|day| day.strftime("%b %-d").to_string()),
        }
    }
}

/// What is still wanted of a line costs so much.
pub fn amount_of(line: &OrderLine, currency: Currency) -> String {
    let due = line_due(line);
    look::money(due.revenue - due.discounts, currency)
}

/// Widths in percent of the whole, with a gap of two thirds of a percent between them.
fn bar(parts: &[(&'static str, &'static str, Quantity)], whole: Quantity, label: &str) -> Html {
    const GAP: f64 = 2.0 / 3.0;
    let mut out = format!("<svg class=\"qbar\" role=\"img\" aria-label=\"{}\">", Html::text(label));
    let mut at = 0.0_f64;
    for (place, (class, _, units)) in parts.iter().enumerate() {
        let share = 100.0 * units.0 as f64 / whole.0.max(1) as f64;
        let width = if place + 1 < parts.len() { (share - GAP).max(GAP) } else { (100.0 - at).max(GAP) };
        out.push_str(&format!("<rect class=\"{class}\" x=\"{at:.2}%\" width=\"{width:.2}%\" height=\"8\"/>"));
        at += share;
    }
    out.push_str("</svg>");
    Html::of(out)
}

/// `5 lines · 24 units ordered, 1 cancelled`.
pub fn summary(detail: &OrderDetail) -> String {
    let units = |of: fn(&OrderLine) -> Quantity| -> i64 {
        detail.lines.iter().map(|(line, _)| of(line).0 / 10_i64.pow(line.precision.min(9))).sum()
    };
    let (ordered, cancelled) = (units(|line| line.ordered), units(|line| line.cancelled));
    let count = i64::try_from(detail.lines.len()).unwrap_or(i64::MAX);
    let end = if cancelled > 0 { format!(", {} cancelled", look::number(cancelled)) } else { String::new() };
    format!("{} · {} ordered{end}", plural(count, "line"), plural(ordered, "unit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_and_its_parts_do_not_overlap() {
        let parts = [("q-delivered", "delivered", Quantity(8)), ("q-shipped", "shipped", Quantity(4))];
        let bar = bar(&parts, Quantity(12), "12 ordered").to_string();
        assert!(bar.contains("x=\"0.00%\" width=\"66.00%\""), "{bar}");
        assert!(bar.contains("x=\"66.67%\" width=\"33.33%\""), "{bar}");
    }
}
