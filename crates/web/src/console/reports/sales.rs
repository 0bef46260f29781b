//! Orders and revenue by day and by channel.

use super::super::chart::{Chart, Form, Series};
use super::super::html::Html;
use super::super::{look, span};
use super::range::Range;
use super::table::{Cell, Table};
use super::{Asked, Figure, Made, Part, Report, against, share, share_words};
use std::collections::BTreeMap;
use waybill_domain::money::{Currency, Minor};
use waybill_store::read::ReadError;
use waybill_store::read::stats::{self, SalesRow, Step};

/// Channels with a color of their own; the others are one.
const NAMED_MAX: usize = 4;

/// What is added up, cancelled orders left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    pub placed: i64,
    pub orders: i64,
    pub ordered: i64,
    pub revenue: i64,
    pub cancelled: i64,
    pub lines: i64,
    pub short_lines: i64,
}

impl Sum {
    fn add(&mut self, row: &SalesRow) {
        self.placed += row.orders;
        self.orders += row.orders - row.cancelled;
        self.ordered += (row.ordered - row.cancelled_amount).0;
        self.revenue += row.revenue.0;
        self.cancelled += row.cancelled;
        self.lines += row.lines;
        self.short_lines += row.short_lines;
    }

    fn average(&self) -> i64 {
        if self.orders > 0 { (self.ordered as f64 / self.orders as f64).round() as i64 } else { 0 }
    }
}

/// The sums of a range in one currency.
pub struct Sales {
    pub all: Sum,
    columns: Vec<Sum>,
    /// By the channel's name.
    channels: BTreeMap<String, (Sum, Vec<Sum>)>,
}

/// What was ordered in a range by all channels, by day.
pub async fn rows(asked: &Asked<'_>, range: &Range) -> Result<Vec<SalesRow>, ReadError> {
    let stretches = span::days(&asked.look, range.from, range.to);
    stats::sales(asked.store, &asked.viewer, &stretches, Step::Day).await
}

pub fn sum(rows: &[SalesRow], range: &Range, currency: Option<Currency>) -> Sales {
    let empty = || vec![Sum::default(); range.columns().len()];
    let mut sales = Sales { all: Sum::default(), columns: empty(), channels: BTreeMap::new() };
    for row in rows.iter().filter(|row| currency.is_none_or(|currency| row.currency == currency)) {
        let Some(column) = range.column(span::local(row.began_local_s).0) else { continue };
        sales.all.add(row);
        sales.columns[column].add(row);
        let channel = sales.channels.entry(row.channel_name.clone()).or_insert_with(|| (Sum::default(), empty()));
        channel.0.add(row);
        channel.1[column].add(row);
    }
    sales
}

/// The currency that was asked for, or that of most orders; and how many there are.
pub fn currency(asked: &Asked<'_>, rows: &[SalesRow]) -> (Currency, usize) {
    let mut orders: BTreeMap<Currency, i64> = BTreeMap::new();
    rows.iter().for_each(|row| *orders.entry(row.currency).or_default() += row.orders);
    let count = orders.len();
    let most = orders.into_iter().max_by_key(|(_, count)| *count).map(|(currency, _)| currency);
    (asked.currency.or(most).unwrap_or(Currency::EUR), count)
}

pub async fn report(asked: &Asked<'_>) -> Made {
    let (range, look) = (&asked.range, &asked.look);
    let rows_now = rows(asked, range).await?;
    let rows_then = rows(asked, &range.before()).await?;
    let (currency, currencies) = currency(asked, &rows_now);
    let (is, was) = (sum(&rows_now, range, Some(currency)), sum(&rows_then, &range.before(), Some(currency)));
    let money = |amount| look::money(Minor(amount), currency);
    let whole = |amount| look::money_whole(Minor(amount), currency);
    let figure = |name, value, exact, beside| Figure { name, value, exact, beside };
    let (a, b) = (is.all, was.all);
    let figures = vec![
        figure("Ordered", whole(a.ordered), money(a.ordered), against(a.ordered, b.ordered, &whole(b.ordered))),
        figure("Orders", look::number(a.orders), String::new(), against(a.orders, b.orders, &look::number(b.orders))),
        figure(
            "Average order",
            money(a.average()),
            String::new(),
            against(a.average(), b.average(), &money(b.average())),
        ),
        figure("Revenue", whole(a.revenue), money(a.revenue), against(a.revenue, b.revenue, &whole(b.revenue))),
        figure(
            "Cancelled",
            share_words(a.cancelled, a.placed),
            String::new(),
            Html::of(format!(
                "{} · <a href=\"/reports/holds?{}\">reasons</a>",
                look::plural(a.cancelled, "order"),
                range.query()
            )),
        ),
    ];
    let names: Vec<String> = range.columns().into_iter().map(|day| look.day(day)).collect();
    let series = |of: fn(&Sum) -> i64| {
        vec![
            Series::new(range.words(look), is.columns.iter().map(|one| Some(of(one)))),
            Series::before(range.before().words(look), was.columns.iter().map(|one| Some(of(one)))),
        ]
    };
    let best = is
        .columns
        .iter()
        .enumerate()
        .max_by_key(|(_, one)| one.ordered)
        .filter(|(at, one)| one.ordered > 0 && at + 3 < is.columns.len());
    let chart = |form, says: String, series| Chart {
        form,
        says,
        head: range.head(),
        columns: names.clone(),
        series,
        written: &money,
        base: 10_i64.pow(currency.exponent()),
        adds_up: true,
        note: None,
    };
    let line = Chart {
        note: best.map(|(at, one)| (at, format!("{} · {}", names[at], whole(one.ordered)))),
        written: &whole,
        ..chart(Form::Line, format!("Ordered, {} in all", money(a.ordered)), series(|one| one.ordered))
    };
    let billed = Chart {
        written: &whole,
        ..chart(Form::Line, format!("Revenue, {} in all", money(a.revenue)), series(|one| one.revenue))
    };
    let mut says = format!("{} from {}.", money(a.ordered), look::plural(a.orders, "order"));
    if currencies > 1 {
        says.push_str(&format!(" Only what was ordered in {currency}; {currencies} currencies are in use."));
    }
    let parts = vec![
        Part {
            code: "days",
            title: format!("Ordered by {}", range.unit()),
            beside: "",
            chart: Some(line.plain()),
            table: by_day(&is, &was, &names, range, currency),
            is_open: false,
        },
        Part {
            code: "revenue",
            title: format!("Revenue by {}", range.unit()),
            beside: "by when it was billed",
            chart: Some(billed.plain()),
            table: billed_by_day(&is, &was, &names, range, currency),
            is_open: false,
        },
        Part {
            code: "channels",
            title: "By channel".to_owned(),
            beside: "",
            chart: Some(
                Chart { written: &whole, ..chart(Form::Stacked, "Ordered by channel".to_owned(), stacked(&is)) }
                    .plain(),
            ),
            table: by_channel(&is, &was, currency),
            is_open: true,
        },
    ];
    Ok(Report {
        title: "Orders and revenue",
        says,
        figures,
        parts,
        notes: vec![
            "Ordered is what orders cost as placed, with tax and postage, by the day they were placed. Orders cancelled as a whole since are left out.",
            "Revenue is what was billed when goods left, less credits, without tax, by the day of the bill.",
        ],
    })
}

fn by_day(is: &Sales, was: &Sales, names: &[String], range: &Range, currency: Currency) -> Table {
    let money = |amount| Cell::money(Minor(amount), currency);
    let cells = |name: &str, one: &Sum, before: &Sum| {
        vec![
            Cell::text(name),
            Cell::count(one.orders),
            money(one.ordered),
            money(before.ordered),
            money(one.revenue),
            Cell::count(one.cancelled),
        ]
    };
    let nothing = Sum::default();
    let rows = is.columns.iter().zip(range.columns()).enumerate().map(|(at, (one, day))| {
        let mut row = cells(&names[at], one, was.columns.get(at).unwrap_or(&nothing));
        // The orders that are counted: not those that were cancelled since.
        let days = format!("placed_from={day}&placed_to={}", range.end_of(day));
        row[1] = Cell::count(one.orders).to(&format!("/orders?{days}&lifecycle=placed,confirmed,completed"));
        row
    });
    Table {
        heads: vec![range.head(), "Orders", "Ordered", "Ordered before", "Revenue", "Cancelled"],
        rows: rows.collect(),
        foot: cells("All", &is.all, &was.all),
    }
}

fn billed_by_day(is: &Sales, was: &Sales, names: &[String], range: &Range, currency: Currency) -> Table {
    let money = |amount| Cell::money(Minor(amount), currency);
    let cells = |name: &str, one: &Sum, before: &Sum| vec![Cell::text(name), money(one.revenue), money(before.revenue)];
    let nothing = Sum::default();
    let rows = is.columns.iter().enumerate();
    Table {
        heads: vec![range.head(), "Revenue", "Revenue before"],
        rows: rows.map(|(at, one)| cells(&names[at], one, was.columns.get(at).unwrap_or(&nothing))).collect(),
        foot: cells("All", &is.all, &was.all),
    }
}

/// The channels with most, and the rest as one.
fn stacked(is: &Sales) -> Vec<Series> {
    let mut channels: Vec<_> = is.channels.iter().collect();
    channels.sort_by_key(|(_, (sum, _))| std::cmp::Reverse(sum.ordered));
    let named = if channels.len() > NAMED_MAX + 1 { NAMED_MAX } else { channels.len() };
    let values = |columns: &[Sum]| columns.iter().map(|one| Some(one.ordered)).collect::<Vec<_>>();
    let mut series: Vec<Series> =
        channels.iter().take(named).map(|(name, (_, columns))| Series::new(name.as_str(), values(columns))).collect();
    if named < channels.len() {
        let rest = (0..is.columns.len())
            .map(|at| Some(channels[named..].iter().map(|(_, (_, columns))| columns[at].ordered).sum()));
        series.push(Series::new("Others", rest.collect::<Vec<_>>()));
    }
    series
}

fn by_channel(is: &Sales, was: &Sales, currency: Currency) -> Table {
    let money = |amount| Cell::money(Minor(amount), currency);
    let cells = |name: &str, one: &Sum, before: &Sum| {
        vec![
            Cell::text(name),
            Cell::count(one.orders),
            Cell::count(before.orders),
            Cell::change(one.orders, before.orders),
            money(one.ordered),
            money(before.ordered),
            Cell::change(one.ordered, before.ordered),
            Cell::share(share(one.ordered, is.all.ordered)),
            money(one.average()),
            money(one.revenue),
        ]
    };
    let mut channels: Vec<_> = is.channels.iter().collect();
    channels.sort_by_key(|(_, (sum, _))| std::cmp::Reverse(sum.ordered));
    let before = |name: &str| was.channels.get(name).map(|(sum, _)| *sum).unwrap_or_default();
    Table {
        heads: vec![
            "Channel",
            "Orders",
            "Orders before",
            "Change of orders, %",
            "Ordered",
            "Ordered before",
            "Change of ordered, %",
            "Share, %",
            "Average",
            "Revenue",
        ],
        rows: channels.into_iter().map(|(name, (sum, _))| cells(name, sum, &before(name))).collect(),
        foot: cells("All channels", &is.all, &was.all),
    }
}
