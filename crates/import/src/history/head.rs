//! What a row says about its order as a whole.

use super::records::{Head, ListedPayment};
use crate::map::{Map, PaymentRule, TENDERS};
use crate::reject::Reject;
use crate::source::country;
use crate::source::dates::DateReader;
use crate::source::decimal::Decimal;
use crate::source::field::{Column, Finder, RowView};
use crate::source::names::Names;
use crate::source::table::Tables;
use jiff::civil::Time;
use std::borrow::Cow;
use waybill_domain::money::{Currency, divide_half_even};
use waybill_domain::personal::{Address, Party};
use waybill_domain::time::{Date, Timestamp};

/// Why a row was not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub column: String,
    pub reason: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(column: &Column, reason: &'static str, detail: impl Into<String>) -> Self {
        Self { column: column.header.clone(), reason, detail: detail.into() }
    }
}

/// A column of dates.
#[derive(Clone, Debug)]
pub struct DateColumn {
    pub column: Column,
    reader: DateReader,
}

impl DateColumn {
    pub fn new(map: &Map, finder: &mut Finder<'_>, field: &crate::map::Field) -> Self {
        let zone = field.zone.clone().unwrap_or_else(|| map.zone.clone());
        let time = field.time.unwrap_or(Time::midnight());
        Self { column: finder.column(field), reader: DateReader::new(field.format.clone(), time, zone) }
    }

    /// # Errors
    /// `bad_date`.
    pub fn moment(&mut self, row: RowView<'_>) -> Result<Option<Timestamp>, Fault> {
        let Some(text) = self.column.text(row) else {
            return Ok(None);
        };
        match self.reader.moment(&text) {
            Some(at) => Ok(Some(at)),
            None => Err(Fault::new(&self.column, "bad_date", text)),
        }
    }

    fn day(&self, row: RowView<'_>) -> Result<Option<Date>, Fault> {
        let Some(text) = self.column.text(row) else {
            return Ok(None);
        };
        match self.reader.day(&text) {
            Some(day) => Ok(Some(day)),
            None => Err(Fault::new(&self.column, "bad_date", text)),
        }
    }
}

/// Reads heads of orders.
pub struct HeadReader {
    currency: Option<Column>,
    channel: Option<Column>,
    customer_name: Option<Column>,
    customer_email: Option<Column>,
    approved_at: Option<DateColumn>,
    required_at: Option<DateColumn>,
    promised_on: Option<DateColumn>,
    shipped_at: Option<DateColumn>,
    delivered_at: Option<DateColumn>,
    cancelled_at: Option<DateColumn>,
    status: Option<Column>,
    service: Option<Column>,
    carrier: Option<Column>,
    address: [Option<Column>; 5],
    country: Option<Column>,
    charges: Vec<(usize, Column)>,
    payments: Option<PaymentReader>,
}

impl HeadReader {
    pub fn new(map: &Map, finder: &mut Finder<'_>) -> Self {
        let order = &map.order;
        let to = &order.ship_to;
        let mut date =
            |field: &Option<crate::map::Field>| field.as_ref().map(|field| DateColumn::new(map, finder, field));
        let dates = [
            date(&order.approved_at),
            date(&order.required_at),
            date(&order.promised_on),
            date(&order.shipped_at),
            date(&order.delivered_at),
            date(&order.cancelled_at),
        ];
        let [approved_at, required_at, promised_on, shipped_at, delivered_at, cancelled_at] = dates;
        let charges = map.charge_columns.iter().enumerate().filter(|(_, charge)| !charge.per_line);
        Self {
            currency: finder.optional(order.currency.as_ref()),
            channel: finder.optional(order.channel.as_ref()),
            customer_name: finder.optional(order.customer_name.as_ref()),
            customer_email: finder.optional(order.customer_email.as_ref()),
            approved_at,
            required_at,
            promised_on,
            shipped_at,
            delivered_at,
            cancelled_at,
            status: finder.optional(order.status.as_ref()),
            service: finder.optional(order.service.as_ref()),
            carrier: finder.optional(order.carrier.as_ref()),
            address: [&to.name, &to.street, &to.city, &to.state, &to.postal_code]
                .map(|field| finder.optional(field.as_ref())),
            country: finder.optional(to.country.as_ref()),
            charges: charges.map(|(n, charge)| (n, finder.column(&charge.column))).collect(),
            payments: PaymentReader::new(map, finder),
        }
    }

    /// # Errors
    /// The first value that does not convert.
    pub fn currency(&self, map: &Map, row: RowView<'_>) -> Result<Currency, Fault> {
        match self.currency.as_ref().and_then(|column| Some((column, column.text(row)?))) {
            None => Ok(map.currency),
            Some((column, text)) => text.parse().map_err(|_| Fault::new(column, "unmapped_value", text)),
        }
    }

    /// # Errors
    /// The first value that does not convert.
    pub fn head(&mut self, map: &Map, row: RowView<'_>, names: &mut Names) -> Result<Head, Fault> {
        let text = |column: &Option<Column>| column.as_ref().and_then(|column| column.text(row)).map(Cow::into_owned);
        let currency = self.currency(map, row)?;
        let cancelled = match self.status.as_ref().and_then(|column| Some((column, column.text(row)?))) {
            None => false,
            Some((_, status)) if status == "cancelled" => true,
            Some((column, status)) => return Err(Fault::new(column, "unmapped_value", status)),
        };
        let country = match self.country.as_ref().and_then(|column| Some((column, column.text(row)?))) {
            None => None,
            Some((column, text)) => {
                Some(country::code(&text).ok_or_else(|| Fault::new(column, "unmapped_value", text))?)
            }
        };
        let [name, line1, city, region, postal_code] = self.address.each_ref().map(text);
        let detailed = [&name, &line1, &city, &region, &postal_code].iter().any(|part| part.is_some());
        let address = detailed.then(|| {
            let country = country.unwrap_or_default().to_owned();
            Box::new(Address { name, line1, city, region, postal_code, country, ..Address::default() })
        });
        let (name, email) = (text(&self.customer_name), text(&self.customer_email));
        let party = (name.is_some() || email.is_some()).then(|| Box::new(Party { name, email, ..Party::default() }));
        let mut charges = Vec::new();
        for (n, column) in &self.charges {
            let minor = money(map, column, row, currency)?;
            charges.extend((minor != 0).then_some((*n, minor)));
        }
        let (service, carrier, channel) = (text(&self.service), text(&self.carrier), text(&self.channel));
        let promised = self.promised_on.as_ref().map_or(Ok(None), |column| column.day(row))?;
        let required = self.required_at.as_ref().map_or(Ok(None), |column| column.day(row))?;
        let moment = |column: &mut Option<DateColumn>| column.as_mut().map_or(Ok(None), |column| column.moment(row));
        Ok(Head {
            currency,
            channel: names.keep(channel.as_deref().unwrap_or(&map.channel)),
            customer_party: party,
            approved_at: moment(&mut self.approved_at)?,
            requested_by: required.or(promised),
            shipped_at: moment(&mut self.shipped_at)?,
            delivered_at: moment(&mut self.delivered_at)?,
            cancelled_at: moment(&mut self.cancelled_at)?,
            cancelled,
            service,
            carrier,
            country,
            address,
            charges,
            payments: Vec::new(),
        })
    }

    /// The order's payments; those that are none are rejects. `seen` marks the rows of the payments file.
    pub fn payments(
        &self,
        map: &Map,
        row: RowView<'_>,
        currency: Currency,
        seen: &mut Vec<bool>,
        rejects: &mut Vec<Reject>,
    ) -> Vec<ListedPayment> {
        let Some(reader) = &self.payments else {
            return Vec::new();
        };
        let Some(table) = row.tables.of_file(reader.file) else {
            return Vec::new();
        };
        seen.resize(table.rows.len(), false);
        let (to, column) = table.to;
        let key = match row.tables.of_file(to) {
            Some(other) => row.joined.get(to).copied().flatten().map(|found| other.value(found, column)),
            None => row.record.get(column),
        };
        let mut payments = Vec::new();
        let mut joined = row.joined.clone();
        for found in key.map_or(&[][..], |key| table.find(key)) {
            if std::mem::replace(&mut seen[*found as usize], true) {
                continue;
            }
            joined[reader.file] = Some(*found);
            match reader.payment(map, RowView { joined: &joined, ..row }, currency) {
                Ok(payment) => payments.push(payment),
                Err(fault) => {
                    let line = table.lines.get(*found as usize).copied().unwrap_or_default();
                    rejects.push(Reject::new(&table.name, line, &fault.column, fault.reason, fault.detail));
                }
            }
        }
        payments
    }
}

/// Reads rows of the payments file.
struct PaymentReader {
    file: usize,
    amount: Column,
    tender: Option<Column>,
    number: Option<Column>,
}

impl PaymentReader {
    fn new(map: &Map, finder: &mut Finder<'_>) -> Option<Self> {
        let PaymentRule::Listed { amount, tender, number, installments } = &map.payment else {
            return None;
        };
        finder.optional(installments.as_deref());
        Some(Self {
            file: map.files.iter().position(|file| file.role == crate::map::Role::Payments)?,
            amount: finder.column(amount),
            tender: finder.optional(tender.as_deref()),
            number: finder.optional(number.as_deref()),
        })
    }

    fn payment(&self, map: &Map, row: RowView<'_>, currency: Currency) -> Result<ListedPayment, Fault> {
        let minor = money(map, &self.amount, row, currency)?;
        if minor <= 0 {
            return Err(Fault::new(&self.amount, "payment_not_positive", ""));
        }
        let tender = self.tender.as_ref().and_then(|column| Some((column, column.text(row)?)));
        if let Some((column, text)) = &tender
            && !TENDERS.contains(&&**text)
        {
            return Err(Fault::new(column, "unmapped_value", text.clone()));
        }
        let tender = tender.map_or(Cow::Borrowed("other"), |(_, text)| text);
        let number = self.number.as_ref().and_then(|column| column.text(row)).unwrap_or_default();
        let reference = format!("{tender} {number}").trim_end().to_owned();
        Ok(ListedPayment { minor, cash: tender == "cash", reference })
    }
}

/// An amount in minor units, rounded half to even; 0 where it is empty.
pub fn money(map: &Map, column: &Column, row: RowView<'_>, currency: Currency) -> Result<i64, Fault> {
    let Some(text) = column.text(row) else { return Ok(0) };
    let notation = map.lines_file().map(|file| file.format.notation).unwrap_or_default();
    let minor = Decimal::parse(&text, notation).and_then(|amount| {
        let minor = i128::from(amount.mantissa).checked_mul(10i128.pow(currency.exponent()))?;
        i64::try_from(divide_half_even(minor, amount.denominator())).ok()
    });
    minor.ok_or_else(|| Fault::new(column, "bad_number", text))
}

/// Payments nobody asked for: of orders that are not there, or that were rejected.
pub fn stray_payments(tables: &Tables, seen: &[bool], rejects: &mut Vec<Reject>) {
    let Some((_, table)) = tables.of_role(crate::map::Role::Payments) else {
        return;
    };
    let (to, column) = table.to;
    let known: rustc_hash::FxHashSet<&str> = tables
        .of_file(to)
        .into_iter()
        .flat_map(|orders| orders.rows.iter().filter_map(move |row| row.get(column)))
        .collect();
    for (n, row) in table.rows.iter().enumerate().filter(|(n, _)| !seen.get(*n).copied().unwrap_or(false)) {
        let key = row.get(table.key).unwrap_or_default();
        let reason = if known.contains(key) { "order_rejected" } else { "no_such_order" };
        let line = table.lines.get(n).copied().unwrap_or_default();
        rejects.push(Reject::new(&table.name, line, table.header.name(table.key), reason, ""));
    }
}
