//! Whether orders came in full by the day they were wanted, and whether stock was there.

use super::super::chart::{Chart, Form, Series};
use super::super::html::Html;
use super::super::{look, span};
use super::table::{Cell, Table};
use super::{Asked, Figure, Made, Part, Report, sales, share, share_words};
use std::collections::BTreeMap;
use waybill_domain::time::Date;
use waybill_store::read::stats::{self, Promises};

fn total<'a>(days: impl Iterator<Item = &'a Promises>) -> Promises {
    let mut all = Promises::default();
    days.for_each(|one| all.add(one));
    all
}

pub async fn report(asked: &Asked<'_>) -> Made {
    let (range, look, viewer) = (&asked.range, &asked.look, &asked.viewer);
    let is = stats::promises(asked.store, viewer, range.from, range.to).await?;
    let was = total(stats::promises(asked.store, viewer, range.before_from, range.before_to()).await?.values());
    let counts = stats::counts(asked.store, viewer, &span::days(look, range.from, range.to)).await?;
    let lines = sales::sum(&sales::rows(asked, range).await?, range, None).all;
    let lines_before = sales::sum(&sales::rows(asked, &range.before()).await?, &range.before(), None).all;
    let all = total(is.values());
    let count = |what: &str| counts.get(what).copied().unwrap_or_default();
    let before = |part: i64, of: i64| Html::text(&format!("{} before", share_words(part, of)));
    let figure = |name, value, beside| Figure { name, value, exact: String::new(), beside };
    let figures = vec![
        figure("On time, in full", share_words(all.kept, all.counted()), before(was.kept, was.counted())),
        figure("On time", share_words(all.on_time, all.counted()), before(was.on_time, was.counted())),
        figure("In full", share_words(all.in_full, all.counted()), before(was.in_full, was.counted())),
        figure(
            "Lines from stock",
            share_words(lines.lines - lines.short_lines, lines.lines),
            before(lines_before.lines - lines_before.short_lines, lines_before.lines),
        ),
        figure(
            "Parcels delivered",
            look::number(count("delivered")),
            Html::text(&format!("{} after the day wanted", look::number(count("delivered.late")))),
        ),
    ];
    let columns = range.columns();
    let mut sums = vec![Promises::default(); columns.len()];
    for (day, one) in &is {
        if let Some(column) = range.column(*day) {
            sums[column].add(one);
        }
    }
    let names: Vec<String> = columns.iter().map(|day: &Date| look.day(*day)).collect();
    let chart = Chart {
        form: Form::Stacked,
        says: format!("{} of {} promises kept", look::number(all.kept), look::number(all.counted())),
        head: range.head(),
        columns: names.clone(),
        series: vec![
            Series::new("Kept", sums.iter().map(|one| Some(one.kept))),
            Series::new("Not kept", sums.iter().map(|one| Some(one.counted() - one.kept))),
        ],
        written: &look::number,
        base: 1,
        adds_up: true,
        note: None,
    };
    let cells = |name: &str, one: &Promises| {
        vec![
            Cell::text(name),
            Cell::count(one.counted()),
            Cell::count(one.on_time),
            Cell::count(one.in_full),
            Cell::count(one.kept),
            Cell::share(share(one.kept, one.counted())),
        ]
    };
    let days = Part {
        code: "promises",
        title: format!("Promises by {} wanted", range.unit()),
        beside: "",
        chart: Some(chart.plain()),
        table: Table {
            heads: vec![range.head(), "Wanted", "On time", "In full", "Both", "Share"],
            rows: sums.iter().zip(&names).map(|(one, name)| cells(name, one)).collect(),
            foot: cells("All", &all),
        },
        is_open: false,
    };
    Ok(Report {
        title: "Promises",
        says: format!(
            "{} of {} came in full by the day they were wanted.",
            look::number(all.kept),
            look::plural(all.counted(), "order")
        ),
        figures,
        parts: vec![days, troubles(&counts)],
        notes: vec![
            "Counted are orders that name a day, by that day; orders cancelled before anything was delivered are left out. What has not arrived yet is not kept, also while its day is to come.",
            "The day of a delivery is that of the place the parcel left from, since the customer’s own is not known. Nothing cancelled of the order: in full.",
            "Lines from stock: lines of orders placed in these days that never had to wait for stock.",
        ],
    })
}

fn troubles(counts: &BTreeMap<String, i64>) -> Part {
    let row = |name: &str, what: &str| {
        let count = counts.get(what).copied().unwrap_or_default();
        (name.to_owned(), count)
    };
    let rows = [
        row("Picked short: missing", "short.missing"),
        row("Picked short: damaged", "short.damaged"),
        row("Picked short: skipped", "short.skipped"),
        row("Carrier met an exception", "exception"),
        row("Parcel lost", "lost"),
    ];
    let chart = Chart {
        form: Form::Bars,
        says: "What went wrong on the way".to_owned(),
        head: "What",
        columns: rows.iter().map(|(name, _)| name.clone()).collect(),
        series: vec![Series::new("Times", rows.iter().map(|(_, count)| Some(*count)))],
        written: &look::number,
        base: 1,
        adds_up: true,
        note: None,
    };
    Part {
        code: "troubles",
        title: "On the way".to_owned(),
        beside: "by when it happened",
        chart: Some(chart.plain()),
        table: Table {
            heads: vec!["What", "Times"],
            foot: vec![Cell::text("All"), Cell::count(rows.iter().map(|(_, count)| count).sum())],
            rows: rows.into_iter().map(|(name, count)| vec![Cell::text(name), Cell::count(count)]).collect(),
        },
        is_open: true,
    }
}
