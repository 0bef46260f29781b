//! A table of a report, as it is shown and as CSV.

use super::super::html::Html;
use super::super::look;
use super::super::today::trend::{change, change_tenths};
use crate::pages::escape;
use waybill_domain::money::{Currency, Minor};

/// A value as it is shown, and as a program reads it.
#[derive(Clone, Debug)]
pub struct Cell {
    pub shown: Html,
    raw: String,
    pub is_number: bool,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        let raw = text.into();
        Self { shown: Html::text(&raw), raw, is_number: false }
    }

    /// The same, as a way to what it is about.
    pub fn to(self, href: &str) -> Self {
        Self { shown: Html::of(format!("<a href=\"{}\">{}</a>", escape(href), self.shown)), ..self }
    }

    pub fn count(count: i64) -> Self {
        Self { shown: Html::text(&look::number(count)), raw: count.to_string(), is_number: true }
    }

    pub fn money(amount: Minor, currency: Currency) -> Self {
        let digits = currency.exponent() as usize;
        let (sign, units) = (if amount.0 < 0 { "-" } else { "" }, amount.0.unsigned_abs());
        let scale = 10_u64.pow(currency.exponent());
        let raw = match digits {
            0 => format!("{sign}{units}"),
            _ => format!("{sign}{}.{:0>digits$}", units / scale, units % scale),
        };
        Self { shown: Html::text(&look::money(amount, currency)), raw, is_number: true }
    }

    /// Tenths of a percent; a dash where there is none.
    pub fn share(tenths: Option<i64>) -> Self {
        let raw = tenths.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)).unwrap_or_default();
        Self { shown: Html::text(&tenths.map_or("–".to_owned(), look::percent)), raw, is_number: true }
    }

    /// Seconds, shown as a duration.
    pub fn seconds(seconds: Option<i64>) -> Self {
        let raw = seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
        Self { shown: Html::text(&seconds.map_or("–".to_owned(), look::duration)), raw, is_number: true }
    }

    /// A change against before, in tenths of a percent; nothing where there was nothing.
    pub fn change(is: i64, was: i64) -> Self {
        let raw = change_tenths(is, was).map(|tenths| {
            let (sign, units) = (if tenths < 0 { "-" } else { "" }, tenths.unsigned_abs());
            format!("{sign}{}.{}", units / 10, units % 10)
        });
        Self { shown: change(is, was), raw: raw.unwrap_or_default(), is_number: true }
    }

    pub fn number(shown: String) -> Self {
        Self { raw: shown.replace(',', ""), shown: Html::text(&shown), is_number: true }
    }
}

#[derive(Debug, Default)]
pub struct Table {
    pub heads: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
    pub foot: Vec<Cell>,
}

impl Table {
    /// RFC 4180, with a line of heads. Text that a spreadsheet would take for a formula is marked as text.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let line = |cells: Vec<String>, out: &mut String| {
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        };
        line(self.heads.iter().map(|head| quoted(head)).collect(), &mut out);
        let written = |cell: &Cell| if cell.is_number { cell.raw.clone() } else { quoted(&cell.raw) };
        for row in self.rows.iter().chain((!self.foot.is_empty()).then_some(&self.foot)) {
            line(row.iter().map(written).collect(), &mut out);
        }
        out
    }

    /// Whether the column holds numbers, for its head.
    pub fn is_number(&self, column: &usize) -> bool {
        self.rows.first().unwrap_or(&self.foot).get(*column).is_some_and(|cell| cell.is_number)
    }
}

fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_written_in_percent_as_it_is_shown() {
        let raw = |is, was| Cell::change(is, was).raw;
        assert_eq!([raw(1_128, 1_000), raw(995, 1_000), raw(400, 1_000)], ["12.8", "-0.5", "-60.0"]);
        assert_eq!(raw(7, 0), "", "of nothing there is no percentage");
    }

    #[test]
    fn a_table_is_read_back_by_programs() {
        let usd = "USD".parse().unwrap();
        let row = |name: &str, amount| vec![Cell::text(name), Cell::money(Minor(amount), usd), Cell::share(Some(571))];
        let table = Table {
            heads: vec!["Channel", "Ordered", "Share"],
            rows: vec![row("Web, \"new\"", 123_456_789), row("=SUM(A1)", -5)],
            foot: vec![Cell::text("All"), Cell::count(1_000), Cell::share(None)],
        };
        let led = Cell::text("A & B").to("/stock/A%26B?x=\"y");
        assert_eq!(led.shown.to_string(), "<a href=\"/stock/A%26B?x=&quot;y\">A &amp; B</a>");
        assert_eq!(
            table.csv(),
            "Channel,Ordered,Share\r\n\"Web, \"\"new\"\"\",1234567.89,57.1\r\n'=SUM(A1),-0.05,57.1\r\nAll,1000,\r\n"
        );
    }
}
