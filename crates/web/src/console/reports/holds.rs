//! Holds by kind and how long they lasted; cancellations and their reasons.

use super::super::chart::{Chart, Form, Series};
use super::super::html::Html;
use super::super::{look, span, status};
use super::table::{Cell, Table};
use super::{Asked, Figure, Made, Part, Report, against_bad, share, share_words};
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::order::HoldKind;
use waybill_store::histogram::Histogram;
use waybill_store::read::stats;

/// Reasons with a row of their own.
const REASONS_MAX: usize = 20;
/// Bars of a chart.
const BARS_MAX: usize = 8;

pub async fn report(asked: &Asked<'_>) -> Made {
    let (range, look, viewer) = (&asked.range, &asked.look, &asked.viewer);
    let is = stats::counts(asked.store, viewer, &span::days(look, range.from, range.to)).await?;
    let was = stats::counts(asked.store, viewer, &span::days(look, range.before_from, range.before_to())).await?;
    let times = stats::times(asked.store, viewer, range.from, range.to).await?;
    let sum = |counts: &BTreeMap<String, i64>, prefix: &str| -> i64 {
        counts.iter().filter(|(what, _)| what.starts_with(prefix)).map(|(_, count)| count).sum()
    };
    let (applied, released, rejected) =
        (sum(&is, "hold.applied."), sum(&is, "hold.released."), sum(&is, "hold.rejected."));
    let cancelled = sum(&is, "cancelled.");
    let mut all = Histogram::default();
    times.iter().filter(|(stage, _)| stage.starts_with("hold.")).for_each(|(_, one)| all.add(&one.buckets));
    let words = |seconds: Option<i64>| seconds.map_or("–".to_owned(), look::duration);
    let (held_before, cancelled_before) = (sum(&was, "hold.applied."), sum(&was, "cancelled."));
    let figure = |name, value, beside| Figure { name, value, exact: String::new(), beside };
    let figures = vec![
        figure("Holds put on", look::number(applied), against_bad(applied, held_before, &look::number(held_before))),
        figure(
            "Released",
            look::number(released),
            Html::text(&format!("{} of those that ended", share_words(released, released + rejected))),
        ),
        figure("Rejected", look::number(rejected), Html::text("the order went no further")),
        figure(
            "Held, half of them",
            words(all.percentile(50)),
            Html::text(&format!("9 of 10 within {}", words(all.percentile(90)))),
        ),
        figure(
            "Orders cancelled",
            look::number(cancelled),
            against_bad(cancelled, cancelled_before, &look::number(cancelled_before)),
        ),
    ];
    let kinds: Vec<HoldKind> = <HoldKind as Code>::ALL
        .iter()
        .copied()
        .filter(|kind| is.keys().any(|what| what.starts_with("hold.") && what.ends_with(&format!(".{}", kind.code()))))
        .collect();
    let of = |how: &str, kind: HoldKind| is.get(&format!("hold.{how}.{}", kind.code())).copied().unwrap_or_default();
    let rows = kinds.iter().map(|kind| {
        let ended = times.get(&format!("hold.{}", kind.code())).copied().unwrap_or_default();
        vec![
            Cell::text(status::hold_words(*kind)),
            Cell::count(of("applied", *kind)),
            Cell::count(of("released", *kind)),
            Cell::count(of("rejected", *kind)),
            Cell::seconds(ended.buckets.percentile(50)),
            Cell::seconds(ended.buckets.percentile(90)),
        ]
    });
    let holds = Part {
        code: "holds",
        title: "Holds by kind".to_owned(),
        beside: "",
        chart: bars(
            "Kind",
            "Put on",
            kinds.iter().map(|kind| (status::hold_words(*kind).to_owned(), of("applied", *kind))),
        ),
        table: Table {
            heads: vec!["Kind", "Put on", "Released", "Rejected", "Half ended within", "9 of 10 within"],
            rows: rows.collect(),
            foot: vec![
                Cell::text("All"),
                Cell::count(applied),
                Cell::count(released),
                Cell::count(rejected),
                Cell::seconds(all.percentile(50)),
                Cell::seconds(all.percentile(90)),
            ],
        },
        is_open: true,
    };
    Ok(Report {
        title: "Holds and cancellations",
        says: format!("{} put on, {} cancelled.", look::plural(applied, "hold"), look::plural(cancelled, "order")),
        figures,
        parts: vec![holds, reasons(&is, cancelled)],
        notes: vec![
            "Holds count when they were put on and when they ended. How long they lasted is by the day (UTC) on which they ended, from counts in steps of a quarter.",
            "Cancelled are orders as a whole, by the day the order was placed: a past day’s number may still grow.",
        ],
    })
}

fn reasons(counts: &BTreeMap<String, i64>, cancelled: i64) -> Part {
    let mut reasons: Vec<(String, i64)> = counts
        .iter()
        .filter_map(|(what, count)| Some((status::words(what.strip_prefix("cancelled.")?), *count)))
        .collect();
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if reasons.len() > REASONS_MAX {
        let rest = reasons.split_off(REASONS_MAX - 1);
        reasons.push(("Other reasons".to_owned(), rest.iter().map(|(_, count)| count).sum()));
    }
    Part {
        code: "reasons",
        title: "Why orders were cancelled".to_owned(),
        beside: "",
        chart: bars("Reason", "Orders", reasons.iter().cloned()),
        table: Table {
            heads: vec!["Reason", "Orders", "Share"],
            foot: vec![Cell::text("All"), Cell::count(cancelled), Cell::share(share(cancelled, cancelled))],
            rows: reasons
                .into_iter()
                .map(|(name, count)| vec![Cell::text(name), Cell::count(count), Cell::share(share(count, cancelled))])
                .collect(),
        },
        is_open: true,
    }
}

/// A bar for each of the first few; no chart of nothing.
fn bars(head: &str, series: &str, values: impl Iterator<Item = (String, i64)>) -> Option<Html> {
    let (columns, values): (Vec<String>, Vec<Option<i64>>) =
        values.take(BARS_MAX).map(|(name, count)| (name, Some(count))).unzip();
    let chart = Chart {
        form: Form::Bars,
        says: format!("{series} by {}", head.to_lowercase()),
        head,
        columns,
        series: vec![Series::new(series, values)],
        written: &look::number,
        base: 1,
        adds_up: true,
        note: None,
    };
    (!chart.columns.is_empty()).then(|| chart.plain())
}
