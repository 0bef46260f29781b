//! Reads the lines file with everything joined to it into invoices.

use super::books::{Books, Class, Tally};
use super::columns::LineColumns;
use super::head::{Fault, HeadReader, money, stray_payments};
use super::price::Price;
use super::records::{Invoice, Row};
use crate::error::ImportError;
use crate::map::{CancellationMark, Map, Role, SeveralTimes};
use crate::reject::Reject;
use crate::source::decimal::{Decimal, Notation};
use crate::source::field::{Column, Finder, RowView};
use crate::source::names::{Name, Names};
use crate::source::open;
use crate::source::table::{Header, Joined, Tables};
use csv::StringRecord;
use rustc_hash::FxHashMap;
use std::path::Path;
use waybill_domain::money::Currency;

/// The source as read.
#[derive(Debug)]
pub struct Source {
    pub names: Names,
    pub books: Books,
    /// In the order of their first rows.
    pub invoices: Vec<Invoice>,
    pub rejects: Vec<Reject>,
    pub tables: Tables,
    /// The header of the lines file.
    pub header: Header,
    /// Rows of the lines file.
    pub rows: u64,
}

/// Reads everything. `rows_read` is told now and then how many rows are read.
///
/// # Errors
/// Files or columns that are not there, or a file that cannot be read.
pub fn read(map: &Map, source: &Path, rows_read: &dyn Fn(u64)) -> Result<Source, ImportError> {
    let lines_file = map.files.iter().position(|file| file.role == Role::Lines).unwrap_or_default();
    let spec = &map.files[lines_file];
    let path = open::locate(spec, source)?
        .ok_or_else(|| ImportError::MissingFile { name: spec.name.clone(), paths: spec.path.clone() })?;
    let unreadable = |error: csv::Error| ImportError::Unreadable { path: path.clone(), source: error.into() };
    let mut reader = open::records(&path, &spec.format)?;
    let header = Header::new(reader.headers().map_err(unreadable)?);
    let mut rejects = Vec::new();
    let tables = Tables::read(map, source, &header, &mut rejects)?;
    let mut finder = Finder { map, lines_file, lines: &header, tables: &tables, missing: Vec::new() };
    let mut intake = Intake {
        map,
        tables: &tables,
        lines_file,
        orders_file: tables.of_role(Role::Orders).map(|(n, _)| n),
        columns: LineColumns::new(map, &mut finder),
        heads: HeadReader::new(map, &mut finder),
        notation: spec.format.notation,
        names: Names::default(),
        books: Books::default(),
        invoices: Vec::new(),
        by_number: FxHashMap::default(),
        rejects,
        joined: Joined::new(),
        orders_seen: vec![],
        payments_seen: vec![],
        several: Vec::new(),
    };
    if !finder.missing.is_empty() {
        return Err(ImportError::MissingColumns { file: spec.name.clone(), columns: finder.missing });
    }
    let mut record = StringRecord::new();
    let mut rows = 0u64;
    loop {
        let before = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => intake.row(&record, record.position().map_or(before, csv::Position::line), header.len()),
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                let fault = Fault { column: String::new(), reason: "bad_row", detail: "is not in the encoding".into() };
                intake.reject(before, 0, 0, fault);
            }
            Err(error) => return Err(unreadable(error)),
        }
        rows += 1;
        if rows.is_multiple_of(10_000) {
            rows_read(rows);
        }
    }
    rows_read(rows);
    intake.orders_without_lines();
    stray_payments(&tables, &intake.payments_seen, &mut intake.rejects);
    intake.reject_several();
    let Intake { names, books, invoices, rejects, .. } = intake;
    Ok(Source { names, books, invoices, rejects, tables, header, rows })
}

struct Intake<'a> {
    map: &'a Map,
    tables: &'a Tables,
    lines_file: usize,
    orders_file: Option<usize>,
    columns: LineColumns,
    heads: HeadReader,
    notation: Notation,
    names: Names,
    books: Books,
    invoices: Vec<Invoice>,
    by_number: FxHashMap<Name, usize>,
    rejects: Vec<Reject>,
    joined: Joined,
    orders_seen: Vec<bool>,
    payments_seen: Vec<bool>,
    /// Invoices whose rows carry several times.
    several: Vec<usize>,
}

impl Intake<'_> {
    fn reject(&mut self, line: u64, units: i64, minor: i64, fault: Fault) {
        self.books.read(units, minor);
        self.books.post(Class::Reject, self.map.currency, Tally::new(1, units, minor));
        let file = &self.map.files[self.lines_file].name;
        self.rejects.push(Reject::new(file, line, &fault.column, fault.reason, fault.detail));
    }

    fn row(&mut self, record: &StringRecord, line: u64, columns: usize) {
        if record.len() != columns {
            let detail = format!("{} columns, the header has {columns}", record.len());
            return self.reject(line, 0, 0, Fault { column: String::new(), reason: "bad_row", detail });
        }
        let mut joined = std::mem::take(&mut self.joined);
        self.tables.join(self.lines_file, record, &mut joined);
        let view = RowView { record, joined: &joined, tables: self.tables };
        let (mut units, mut minor) = (0, 0);
        let taken = self.values(view, line, &mut units, &mut minor);
        self.joined = joined;
        match taken {
            Ok(()) => self.books.read(units, minor),
            Err(fault) => self.reject(line, units, minor, fault),
        }
    }

    /// `units` and `minor` are set as soon as they are known, so that a rejected row counts with them.
    fn values(&mut self, view: RowView<'_>, line: u64, units: &mut i64, minor: &mut i64) -> Result<(), Fault> {
        let currency = self.heads.currency(self.map, view)?;
        let (quantity, price) = self.quantity_and_price(view)?;
        *units = quantity;
        *minor = price
            .worth(quantity, quantity, currency)
            .ok_or_else(|| Fault::new(&self.columns.price, "bad_number", "too large"))?;
        if let Some(file) = self.orders_file {
            self.known_order(view, file)?;
        }
        let missing = |column: &Column| Fault::new(column, "missing_value", "");
        let number = self.columns.number.text(view).ok_or_else(|| missing(&self.columns.number))?;
        let number = self.names.keep(&number);
        let sku = self.columns.sku.text(view).ok_or_else(|| missing(&self.columns.sku))?;
        if sku.len() > 64 {
            return Err(Fault::new(&self.columns.sku, "too_long", "more than 64 bytes"));
        }
        let at = self.columns.placed_at.moment(view)?.ok_or_else(|| missing(&self.columns.placed_at.column))?;
        if let Some(column) = &mut self.columns.ship_by {
            column.moment(view)?;
        }
        let customer = self.columns.customer.as_ref().and_then(|column| Some((column, column.text(view)?)));
        if let Some((column, code)) = &customer
            && code.len() > 64
        {
            return Err(Fault::new(column, "too_long", "more than 64 bytes"));
        }
        let mut charges = Vec::new();
        for (n, column) in &self.columns.charges {
            let amount = money(self.map, column, view, currency)?;
            charges.extend((amount != 0).then_some((*n, amount)));
        }
        let location = [&self.columns.location, &self.columns.order_location];
        let location = location.into_iter().flatten().find_map(|column| column.text(view));
        let description = self.columns.description.as_ref().and_then(|column| column.text(view));
        let row = Row {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            sku: self.names.keep(&sku),
            description: description.map(|text| self.names.keep(text.trim())),
            quantity,
            price,
            customer: customer.map(|(_, code)| self.names.keep(&code)),
            location: self.names.keep(location.as_deref().unwrap_or(&self.map.location)),
            minor: *minor,
            charges,
        };
        let place = self.invoice(number, at, row.line, currency, view)?;
        self.invoices[place].rows.push(row);
        Ok(())
    }

    fn quantity_and_price(&self, view: RowView<'_>) -> Result<(i64, Price), Fault> {
        let columns = &self.columns;
        let number = |column: &Column| -> Result<Option<Decimal>, Fault> {
            let Some(text) = column.text(view) else { return Ok(None) };
            Decimal::parse(&text, self.notation).map(Some).ok_or_else(|| Fault::new(column, "bad_number", text))
        };
        let required =
            |column: &Column| number(column)?.ok_or_else(|| Fault::new(column, "missing_value", String::new()));
        let quantity = required(&columns.quantity)?;
        let units = quantity.whole().filter(|units| units.unsigned_abs() <= 1_000_000_000_000);
        let units = units.ok_or_else(|| Fault::new(&columns.quantity, "bad_number", "not a whole number in range"))?;
        let amount = required(&columns.price)?;
        let discount = columns.discount.as_ref().map_or(Ok(None), &number)?.unwrap_or_default();
        if discount.is_negative() || i128::from(discount.mantissa) > discount.denominator() {
            let column = columns.discount.as_ref().unwrap_or(&columns.price);
            return Err(Fault::new(column, "bad_number", "not a fraction from 0 to 1"));
        }
        Ok((units, Price { amount, is_total: columns.is_total, discount }))
    }

    /// A line of an order that the orders file does not have is rejected.
    fn known_order(&mut self, view: RowView<'_>, file: usize) -> Result<(), Fault> {
        let Some(table) = self.tables.of_file(file) else {
            return Ok(());
        };
        match view.joined.get(file).copied().flatten() {
            Some(row) => {
                self.orders_seen.resize(table.rows.len(), false);
                self.orders_seen[row as usize] = true;
                Ok(())
            }
            None => {
                let column = self.map.files[file].join.as_ref().map(|join| join.to_column.clone()).unwrap_or_default();
                Err(Fault { column, reason: "no_such_order", detail: String::new() })
            }
        }
    }

    /// The place of the row's invoice, made when it is new.
    fn invoice(
        &mut self,
        number: Name,
        at: waybill_domain::time::Timestamp,
        line: u32,
        currency: Currency,
        view: RowView<'_>,
    ) -> Result<usize, Fault> {
        if let Some(place) = self.by_number.get(&number).copied() {
            let invoice = &mut self.invoices[place];
            if invoice.at != at && self.map.order.several_times == SeveralTimes::Reject {
                self.several.push(place);
            }
            invoice.at = invoice.at.min(at);
            return Ok(place);
        }
        let mut head = self.heads.head(self.map, view, &mut self.names)?;
        head.payments = self.heads.payments(self.map, view, currency, &mut self.payments_seen, &mut self.rejects);
        let cancellation = match self.map.cancellation.as_ref().map(|rule| &rule.mark) {
            None => false,
            Some(CancellationMark::NumberPrefix(prefixes)) => {
                prefixes.iter().any(|prefix| self.names.text(number).starts_with(prefix.as_str()))
            }
            Some(CancellationMark::Column { values, .. }) => {
                let mark = self.columns.mark.as_ref().and_then(|column| column.text(view));
                mark.is_some_and(|mark| values.iter().any(|value| **value == *mark))
            }
        };
        let place = self.invoices.len();
        self.invoices.push(Invoice { number, first_line: line, at, cancellation, rows: Vec::new(), head });
        self.by_number.insert(number, place);
        Ok(place)
    }

    fn orders_without_lines(&mut self) {
        let Some(table) = self.orders_file.and_then(|file| self.tables.of_file(file)) else {
            return;
        };
        for n in 0..table.rows.len() {
            if !self.orders_seen.get(n).copied().unwrap_or(false) {
                let column = table.header.name(table.key);
                self.rejects.push(Reject::new(&table.name, table.lines[n], column, "order_without_lines", ""));
            }
        }
    }

    /// `several_times = "reject"`: every row of such an order.
    fn reject_several(&mut self) {
        self.several.sort_unstable();
        self.several.dedup();
        let file = self.map.files[self.lines_file].name.clone();
        let column = self.columns.placed_at.column.header.clone();
        for place in std::mem::take(&mut self.several) {
            let invoice = &mut self.invoices[place];
            for row in std::mem::take(&mut invoice.rows) {
                let tally = Tally::new(1, row.quantity, row.minor);
                self.books.post(Class::Reject, invoice.head.currency, tally);
                self.rejects.push(Reject::new(&file, u64::from(row.line), &column, "several_times", ""));
            }
        }
    }
}
