//! Gives every row its class, and makes orders and effects of them, in the order of time.

use super::books::{Class, Tally};
use super::matching::Sales;
use super::read::Source;
use super::records::*;
use super::stock::Shelf;
use crate::map::{ChargeKind, Field, Map, Origin, ReasonTest, Unpriced};
use crate::reject::Reject;
use crate::source::names::Name;
use crate::state::Existing;
use rustc_hash::{FxHashMap, FxHashSet};
use waybill_domain::money::Currency;
use waybill_domain::stock::adjust::AdjustReason;
use waybill_domain::time::Timestamp;

/// Works through the invoices of a source.
pub struct Classifier<'a> {
    pub(super) map: &'a Map,
    pub(super) existing: &'a Existing,
    pub(super) history: History,
    pub(super) shelf: Shelf,
    pub(super) sales: Sales,
    lines_file: String,
    charge_kinds: FxHashMap<Name, Option<ChargeKind>>,
    items: FxHashMap<Name, usize>,
    customers: FxHashSet<Name>,
    /// Numbers of orders that came back as a whole.
    pub(super) returned: FxHashSet<Name>,
}

/// The header of a field's column, for rejects.
pub(super) fn header(field: Option<&Field>) -> &str {
    match field.map(|field| &field.origin) {
        Some(Origin::Column { column, .. }) => column,
        Some(Origin::Const(_)) | None => "",
    }
}

/// What the files say happened.
pub fn history(map: &Map, source: Source, shelf: Shelf, existing: &Existing) -> History {
    let Source { names, books, mut invoices, rejects, tables, header, rows } = source;
    let history = History { names, books, rejects, rows, ..History::default() };
    let mut classifier = Classifier {
        map,
        existing,
        history,
        shelf,
        sales: Sales::default(),
        lines_file: map.lines_file().map(|file| file.name.clone()).unwrap_or_default(),
        charge_kinds: FxHashMap::default(),
        items: FxHashMap::default(),
        customers: FxHashSet::default(),
        returned: FxHashSet::default(),
    };
    let list = super::returns::read(map, &tables, &header, &mut classifier.history.names);
    classifier.returned.extend(list.iter().map(|entry| entry.number));
    drop(tables);
    invoices.sort_by_key(|invoice| (invoice.at, invoice.first_line));
    for invoice in invoices {
        classifier.invoice(invoice);
    }
    super::returns::reject_unknown(map, list, &mut classifier.history);
    classifier.history
}

impl Classifier<'_> {
    fn invoice(&mut self, mut invoice: Invoice) {
        let Self { shelf, history, .. } = self;
        shelf.ended(invoice.at, &history.orders, |line| history.names.text(line.sku).to_owned());
        let rows = std::mem::take(&mut invoice.rows);
        let (mut lines, mut charges) = (Vec::new(), Vec::new());
        let mut parts = Vec::new();
        let mut customer = None;
        for row in rows {
            customer = customer.or(row.customer);
            if let Some(code) = row.customer
                && self.customers.insert(code)
            {
                self.history.customers.push((code, invoice.at));
            }
            if let Some(kind) = self.charge_kind(row.sku) {
                self.charge(&invoice, &row, kind, &mut charges);
            } else {
                self.item(&row, invoice.at);
                self.goods(&invoice, row, &mut lines, &mut charges, &mut parts);
            }
        }
        self.apply_matches(&invoice, parts);
        if lines.is_empty() && charges.is_empty() {
            return;
        }
        if !invoice.cancellation {
            for (n, minor) in std::mem::take(&mut invoice.head.charges) {
                charges.push(self.column_charge(n, minor, invoice.head.currency));
            }
        }
        let order = self.order(invoice, customer, lines, charges);
        self.history.orders.push(order);
    }

    fn charge_kind(&mut self, sku: Name) -> Option<ChargeKind> {
        let names = &self.history.names;
        *self.charge_kinds.entry(sku).or_insert_with(|| {
            let sku = names.text(sku);
            let fits = |code: &String| match code.strip_suffix('*') {
                Some(prefix) => sku.starts_with(prefix),
                None => sku == code,
            };
            self.map.charge_codes.iter().find(|charge| charge.codes.iter().any(fits)).map(|charge| charge.kind)
        })
    }

    fn item(&mut self, row: &Row, at: Timestamp) {
        let items = &mut self.history.items;
        let place = *self.items.entry(row.sku).or_insert_with(|| {
            items.push((row.sku, row.description, at));
            items.len() - 1
        });
        let (_, description, _) = &mut items[place];
        *description = description.or(row.description);
    }

    /// Class `charge`: of this order, a refund of an earlier one, or of a credit order.
    fn charge(&mut self, invoice: &Invoice, row: &Row, kind: ChargeKind, charges: &mut Vec<Charge>) {
        let tally = Tally::new(1, row.quantity, row.minor);
        self.history.books.post(Class::Charge, invoice.head.currency, tally);
        let charge = Charge { kind, label: row.sku, minor: row.minor };
        if !invoice.cancellation {
            if row.minor > 0 {
                self.sales.charged(row.customer, row.sku, self.history.orders.len(), row.minor);
            }
            charges.push(charge);
            return;
        }
        match self.sales.refund(row.customer, row.sku, row.minor) {
            Some(order) => self.refund(invoice, row, order),
            None => charges.push(charge),
        }
    }

    /// Money of a charge goes back on an earlier order; once its goods have left, so that they can.
    fn refund(&mut self, invoice: &Invoice, row: &Row, place: usize) {
        let order = &mut self.history.orders[place];
        let amount = (-row.minor).min(order.kept);
        if amount <= 0 {
            return;
        }
        order.kept -= amount;
        order.credited += amount;
        let at = order.shipped_at.filter(|shipped| *shipped > invoice.at).unwrap_or(invoice.at);
        let reference = credit_note(&format!("{}-{}", self.history.names.text(invoice.number), row.line));
        let deed = Deed::Refund { order: place, amount };
        self.history.effects.push(Effect { at, first_line: invoice.first_line, reference, line: row.line, deed });
    }

    fn goods(
        &mut self,
        invoice: &Invoice,
        row: Row,
        lines: &mut Vec<Line>,
        charges: &mut Vec<Charge>,
        parts: &mut Vec<super::matching::Part>,
    ) {
        let currency = invoice.head.currency;
        let unpriced = self.map.unpriced;
        if row.price.is_zero() && row.customer.is_none() && unpriced.without_customer != Unpriced::Free {
            return match unpriced.without_customer {
                Unpriced::Reject => {
                    self.reject(currency, &row, header(Some(self.map.line.price.field())), "unpriced", "")
                }
                Unpriced::Adjustment | Unpriced::Free => self.adjustment(invoice, &row),
            };
        }
        let column = |wrong_quantity: bool| {
            let line = &self.map.line;
            header(Some(if wrong_quantity { &line.quantity } else { line.price.field() }))
        };
        if invoice.cancellation {
            if row.quantity >= 0 || row.price.amount.is_negative() {
                return self.reject(currency, &row, column(row.quantity >= 0), "not_negative", "");
            }
            return self.cancellation(invoice, &row, parts);
        }
        if row.quantity <= 0 || row.price.amount.is_negative() {
            return self.reject(currency, &row, column(row.quantity <= 0), "not_positive", "");
        }
        if row.price.is_zero() && row.customer.is_some() && unpriced.with_customer == Unpriced::Reject {
            return self.reject(currency, &row, column(false), "unpriced", "");
        }
        self.history.books.post(Class::Sale, currency, Tally::new(1, row.quantity, row.minor));
        for (n, minor) in &row.charges {
            charges.push(self.column_charge(*n, *minor, currency));
        }
        if self.map.cancellation.as_ref().is_some_and(|rule| row.customer.is_some() || rule.guests) {
            self.sales.sold(row.customer, row.sku, self.history.orders.len(), lines.len());
        }
        lines.push(Line {
            sku: row.sku,
            quantity: row.quantity,
            price: row.price.of_line(row.quantity, row.minor, currency),
            minor: row.minor,
            location: row.location,
            left: row.quantity,
            cancelled: 0,
            short: 0,
        });
    }

    /// A value of a charge column: one more line of the file, without units.
    fn column_charge(&mut self, column: usize, minor: i64, currency: Currency) -> Charge {
        self.history.books.read(0, minor);
        self.history.books.post(Class::Charge, currency, Tally::new(1, 0, minor));
        let spec = &self.map.charge_columns[column];
        Charge { kind: spec.kind, label: self.history.names.keep(header(Some(&spec.column))), minor }
    }

    pub(super) fn reject(&mut self, currency: Currency, row: &Row, column: &str, reason: &'static str, detail: &str) {
        self.history.books.post(Class::Reject, currency, Tally::new(1, row.quantity, row.minor));
        self.note(row, column, reason, detail);
    }

    /// A row in the rejects file, without touching the books.
    pub(super) fn note(&mut self, row: &Row, column: &str, reason: &'static str, detail: &str) {
        self.history.rejects.push(Reject::new(&self.lines_file, u64::from(row.line), column, reason, detail));
    }

    fn adjustment(&mut self, invoice: &Invoice, row: &Row) {
        let number = self.history.names.text(invoice.number);
        let reference = format!("import:{}:{number}:{}", self.map.name, row.line);
        let done = self.existing.documents.contains(&reference);
        let sku = self.history.names.text(row.sku);
        // What an earlier run came past without booking it was refused then, whatever is there today.
        let refused_before = self.existing.latest.is_some_and(|latest| invoice.at < latest) && self.shelf.is_counted();
        if !done && (refused_before || !self.shelf.adjust(sku, row.quantity)) {
            let column = header(Some(&self.map.line.quantity));
            return self.reject(invoice.head.currency, row, column, "no_stock", "");
        }
        let tally = Tally::new(1, row.quantity, row.minor);
        self.history.books.post(Class::Adjustment, invoice.head.currency, tally);
        let description = row.description.map(|name| self.history.names.text(name)).unwrap_or_default();
        let reason = reason(self.map, description);
        let deed = Deed::Adjust { sku: row.sku, location: row.location, delta: row.quantity, reason };
        let (at, first_line) = (invoice.at, invoice.first_line);
        self.history.effects.push(Effect { at, first_line, reference, line: row.line, deed });
    }

    fn order(&mut self, invoice: Invoice, customer: Option<Name>, mut lines: Vec<Line>, charges: Vec<Charge>) -> Order {
        let names = &self.history.names;
        let head = invoice.head;
        let known = self.existing.order(names.text(head.channel), names.text(invoice.number));
        let held = self.shelf.place(&mut lines, |line| names.text(line.sku).to_owned(), known);
        let mut order = Order {
            number: invoice.number,
            first_line: invoice.first_line,
            placed_at: invoice.at,
            customer,
            lines,
            charges,
            shipped_at: None,
            delivered_at: None,
            payments: Vec::new(),
            cancelled_at: None,
            returned_at: None,
            held,
            kept: 0,
            credited: 0,
            owed_after_shipping: 0,
            surcharged: 0,
            head,
        };
        self.life(&mut order);
        let ends = order.cancelled_at.or(order.returned_at);
        if let Some(at) = ends.filter(|_| !known.is_some_and(|known| known.is_ended() || !known.returns.is_empty())) {
            self.shelf.ends_at(at, self.history.orders.len());
        }
        order
    }
}

/// Why stock was adjusted, from the description: the first rule that fits.
fn reason(map: &Map, description: &str) -> AdjustReason {
    let text = description.trim();
    let lower = text.to_lowercase();
    let fits = |test: &ReasonTest| match test {
        ReasonTest::Contains(phrases) => phrases.iter().any(|phrase| lower.contains(phrase.as_str())),
        ReasonTest::Only(characters) => !text.is_empty() && text.chars().all(|one| characters.contains(one)),
        ReasonTest::AllUpper => text.chars().any(char::is_alphabetic) && !text.chars().any(char::is_lowercase),
        ReasonTest::Default => true,
    };
    let rule = map.adjustment_reasons.iter().find(|rule| fits(&rule.test));
    rule.map_or(AdjustReason::Other, |rule| rule.reason)
}
